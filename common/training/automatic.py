"""What `auto` comes to on this machine: chosen when a run begins, recorded in its config.json, and kept."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from common.recipe import DEFAULT, Setting
from common.run.run_folder import setting_values
from common.settings import ALL, AUTO, MachineSettings
from common.system.fields import fields
from common.system.hardware import compute_capabilities, cpu_flags

BFLOAT16_FLAGS = {"avx512_bf16": "AVX-512 BF16", "amx_bf16": "AMX"}
BFLOAT16_CAPABILITY = (8, 0)  # NVIDIA's Ampere


class Machine(NamedTuple):
    """What the choices look at: the processor's abilities, and of every GPU its compute capability, if it has one."""

    cpu_flags: set[str]
    gpus: list[tuple[int, int] | None]


def this_machine() -> Machine:
    """What TensorFlow finds here. Imports TensorFlow."""
    return Machine(cpu_flags(), compute_capabilities())


def precision(machine: Machine, settings: MachineSettings) -> tuple[str, str]:
    """The fastest arithmetic that the hardware itself has."""
    if None in machine.gpus:
        return "float32", "a GPU without a compute capability"
    if machine.gpus:
        least = min(machine.gpus)
        fit = "mixed_bfloat16" if least >= BFLOAT16_CAPABILITY else "mixed_float16"
        return fit, "a GPU of compute capability {}.{}".format(*least)
    found = [name for flag, name in BFLOAT16_FLAGS.items() if flag in machine.cpu_flags]
    return (
        ("mixed_bfloat16", f"a processor with {found[0]}")
        if found
        else ("float32", "a processor without bfloat16, or oneDNN without it")
    )


def deterministic(machine: Machine, settings: MachineSettings) -> tuple[str, str]:
    """True where it costs nothing."""
    if settings.jit == "true":
        return "false", "XLA promises no order of sums"
    return ("false", "slower on a GPU") if machine.gpus else ("true", "free on a CPU")


def jit(machine: Machine, settings: MachineSettings) -> tuple[str, str]:
    """False: on a CPU it was measured; a GPU needs CUDA's compiler beside TensorFlow, and many installs lack it."""
    return "false", "not measured on a GPU yet" if machine.gpus else "XLA is several times slower on a CPU"


def devices(machine: Machine, settings: MachineSettings) -> tuple[str, str]:
    """Every GPU; a CPU is one device."""
    return str(max(1, len(machine.gpus))), "every GPU" if machine.gpus else "no GPU"


CHOICES: Mapping[str, Callable[[Machine, MachineSettings], tuple[str, str]]] = {
    "precision": precision, "deterministic": deterministic, "jit": jit, "devices": devices,
}  # fmt: skip
BEFORE = {"deterministic": "true", "jit": "false", "devices": "1"}  # of runs that are older than the setting


def choose(settings: MachineSettings, machine: Machine) -> dict[str, Setting]:
    """What is still `auto` or `all`, with the value chosen and the reason."""
    chosen = {name: CHOICES[name](machine, settings) for name in open_settings(settings) if name in CHOICES}
    return {name: Setting(value, DEFAULT, f"{getattr(settings, name)}: {why}") for name, (value, why) in chosen.items()}


def as_begun(settings: MachineSettings, config: Mapping[str, Any]) -> dict[str, Setting]:
    """What is `auto` or `all`, with the value under which the run of that config.json began."""
    recorded = BEFORE | setting_values(config)
    return {
        name: Setting(recorded[name], DEFAULT, f"{getattr(settings, name)}: as the run began")
        for name in open_settings(settings)
    }


def open_settings(settings: MachineSettings) -> list[str]:
    """Names of the settings that are left to the machine, or to what is at hand (`metrics`)."""
    return [name for name in (*fields(MachineSettings), "metrics") if getattr(settings, name) in (AUTO, ALL)]
