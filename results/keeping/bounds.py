"""How much of a run may be kept, and how much of all."""

from pathlib import Path

from common.run.run_folder import RunFolder

GRIDS = 8
GIF_BYTES = 1_000_000
RUN_BYTES, LARGE_RUN_BYTES = 4_000_000, 10_000_000  # of a run; of one at 64x64 and more
LARGE = 64  # pixels
BESIDE_BYTES = 1_500_000  # what a run may have beside a generator that alone leaves no more than this
ALL_BYTES = 60_000_000  # of results/ altogether


def run_bytes(image_size: int, generator_bytes: int) -> int:
    """Bytes that a kept run may have: those of its image size, or more where its generator needs them.

    The weights' 11 significant bits are not given up for the bound: the 3 million weights of `dcgan/desai`, as many as
    its author's code has, take 5.4 MB.
    """
    return max(LARGE_RUN_BYTES if image_size >= LARGE else RUN_BYTES, generator_bytes + BESIDE_BYTES)


def generator_bytes(run: RunFolder) -> int:
    """Bytes of a kept run's generator; 0 where it was not kept."""
    return run.generator.stat().st_size if run.generator.exists() else 0


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
