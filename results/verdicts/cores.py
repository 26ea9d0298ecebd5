"""The cores of this machine, shared out among jobs, so that each has its own and none waits for another's."""

import os


def share_out(jobs: int) -> list[list[int]]:
    """Cores of each of `jobs` jobs, neighbours together; where there are more jobs than cores, some share one."""
    cores = available()
    parts = [cores[len(cores) * i // jobs : len(cores) * (i + 1) // jobs] for i in range(jobs)]
    return [part or [cores[i % len(cores)]] for i, part in enumerate(parts)]


def available() -> list[int]:
    """Numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))  # macOS, Windows


def pin_thread(cores: list[int]) -> None:
    """Bind the calling thread, and every process that it starts from now on, to `cores`, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def environment(cores: list[int]) -> dict[str, str]:
    """This process's environment, with as many threads as cores for whatever counts its own."""
    count = str(len(cores))
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS",
               "TF_NUM_INTEROP_THREADS")  # fmt: skip
    return os.environ | dict.fromkeys(threads, count) | {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}
