"""The cores and GPUs of this machine, shared out among jobs, so that each has its own and none waits for another's."""

import os
import re
import subprocess
from dataclasses import dataclass

from common.system.hardware import available_cores


@dataclass(frozen=True)
class Share:
    """What one job has of the machine: cores by number, and a GPU by the name that CUDA knows it by, or none."""

    cores: tuple[int, ...]
    gpu: str | None = None

    def about(self) -> dict[str, int | str | None]:
        """What a record says of it: minutes are of so many cores."""
        return {"cores": len(self.cores), "gpu": self.gpu}

    def pin_thread(self) -> None:
        """Bind the calling thread, and every process that it starts from now on, to the cores, where the system can."""
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, self.cores)

    def environment(self) -> dict[str, str]:
        """This process's environment, with as many threads as cores for whatever counts its own, and one GPU."""
        count = str(len(self.cores))
        threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS",
                   "TF_NUM_INTEROP_THREADS")  # fmt: skip
        seen = {"CUDA_VISIBLE_DEVICES": self.gpu} if self.gpu else {}
        return os.environ | dict.fromkeys(threads, count) | seen


def share_out(jobs: int) -> list[Share]:
    """The share of each of so many jobs, neighbouring cores together; of fewer cores or GPUs some share one."""
    cores, gpus = available_cores(), available_gpus() or [None]
    parts = [cores[len(cores) * i // jobs : len(cores) * (i + 1) // jobs] for i in range(jobs)]
    return [Share(tuple(part or [cores[i % len(cores)]]), gpus[i % len(gpus)]) for i, part in enumerate(parts)]


def available_gpus() -> list[str]:
    """Names of the GPUs that this process may use, by CUDA_VISIBLE_DEVICES or else by NVIDIA's own list."""
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        return [name.strip() for name in os.environ["CUDA_VISIBLE_DEVICES"].split(",") if name.strip()]
    try:
        listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    return re.findall(r"UUID: (GPU-[\w-]+)", listed)  # CUDA may number them otherwise than this list
