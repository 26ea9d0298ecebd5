"""What a reader needs to judge a figure or a timing: the device and the versions."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def device_name() -> str:
    """The GPUs that TensorFlow sees, or the CPU and its cores. Imports TensorFlow."""
    import tensorflow as tf

    gpus = [
        tf.config.experimental.get_device_details(gpu).get("device_name")
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    return ", ".join(map(str, gpus)) or f"CPU, {os.cpu_count()} cores, {_cpu_name()}"


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that compute, by name."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("tensorflow", "keras", "numpy")}}


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
