"""What a reader needs to judge a figure or a timing: the device and the versions."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

# Instruction sets to which oneDNN may be held: under avx512_core it emulates bfloat16, under avx2 it refuses it.
BELOW_BFLOAT16 = {"sse41", "avx", "avx2", "avx2_vnni", "avx2_vnni_2", "avx512_core", "avx512_core_vnni"}


def device_name() -> str:
    """The GPUs that this process computes on, or the CPU and how many of its cores. Imports TensorFlow."""
    import tensorflow as tf

    gpus = [
        tf.config.experimental.get_device_details(gpu).get("device_name")
        for gpu in tf.config.get_visible_devices("GPU")
    ]
    cores = len(available_cores())
    cpu = f"CPU, {cores} core{'s' * (cores != 1)}, {_cpu_line('model name') or _other_cpu_name()}"
    return ", ".join(map(str, gpus)) or cpu


def available_cores() -> list[int]:
    """Numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))  # macOS, Windows


def cpu_flags() -> set[str]:
    """What oneDNN, which convolves on a CPU, may use of it, as Linux words it ("avx512_bf16"); empty elsewhere.

    Its own variables can hold it to less than the processor has, and TensorFlow's can switch it off.
    """
    limits = {os.environ.get(name, "").lower() for name in ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")}
    if limits & BELOW_BFLOAT16 or os.environ.get("TF_ENABLE_ONEDNN_OPTS", "").lower() in ("0", "false"):
        return set()
    return set(_cpu_line("flags").split())


def compute_capabilities() -> list[tuple[int, int] | None]:
    """Of every GPU that TensorFlow sees: major and minor, None where it has none (AMD, Apple). Imports TensorFlow."""
    import tensorflow as tf

    details = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU"))
    return [each.get("compute_capability") for each in details]


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that compute, by name."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("tensorflow", "keras", "numpy")}}


def _cpu_line(name: str) -> str:
    """The line of that name in /proc/cpuinfo, of the first core; empty where there is none."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.split(":")[0].strip() == name), "")


def _other_cpu_name() -> str:
    return platform.processor() or platform.machine()
