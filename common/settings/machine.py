"""Settings of how the machine computes."""

from dataclasses import dataclass
from typing import ClassVar

from common.errors import UserError
from common.system.fields import Group, setting

AUTO, ALL = "auto", "all"  # left to the machine; common.training.automatic


@dataclass(frozen=True, kw_only=True)
class MachineSettings(Group):
    """How the machine computes. `auto` is its own choice, made when a run begins and recorded: see `--help`."""

    owner: ClassVar[str] = "the machine"

    precision: str = setting(
        "arithmetic of the networks; auto: what is fast on this machine, chosen when a run begins",
        AUTO,
        choices=(AUTO, "float32", "mixed_bfloat16", "mixed_float16"),
        flag=True,
    )
    deterministic: str = setting(
        "operations sum in a fixed order, so that a resumed run has the same bits, not only the same state; auto: true "
        "on a CPU, false on a GPU, where it is slower",
        AUTO,
        choices=(AUTO, "true", "false"),
        flag=True,
    )
    devices: str = setting(
        f"devices of this machine that share every batch: GPUs, or {ALL} of them; without a GPU, parts of the CPU",
        "1",
        flag=True,
    )
    sync_batch_norm: bool = setting("batch norm of several devices takes its moments from the whole batch", False)
    jit: str = setting(
        "the step is compiled by XLA, which takes a minute at every start; auto: false",
        AUTO,
        choices=(AUTO, "true", "false"),
        flag=True,
    )

    def __post_init__(self):
        super().__post_init__()
        if self.devices != ALL and (not self.devices.isdecimal() or int(self.devices) < 1):
            raise UserError(f"devices={self.devices} is neither a number from 1 on nor {ALL}")
        if self.jit == "true" and self.devices != "1":
            raise UserError("jit=true is for one device: XLA cannot join several")
        if self.jit == self.deterministic == "true":
            raise UserError("jit=true and deterministic=true exclude each other: XLA promises no order of sums")
