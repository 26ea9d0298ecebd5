"""Time and value of the 768-d FID of two folders of PNGs, beside pytorch-fid's; and memory while images stream."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
from PIL import Image

from common.data.load import load_dataset
from common.errors import UserError
from common.system.files import cache_dir

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "tests" / "requirements-peers.txt"
TORCH = "torch==2.13.0"
TOLD_AFTER = 10_000  # images, the peak of memory so far


def extract(weights: Path, count: int, repeats: int) -> None:
    """Print time and value of `python -m fid` and of pytorch-fid on the same two folders, by turns.

    Args:
        weights: an `.npz` with the Inception network at least up to `mixed_7`.
        count: images of each folder, the first of CIFAR-10's train and test split.
        repeats: turns; the shortest times count.
    """
    peer = _peer_python()
    with tempfile.TemporaryDirectory() as temporary:
        folders = _write_folders(Path(temporary), count)
        flags = ["--protocol", "fid768", "--count", str(count), "--weights", str(weights)]
        ours = [sys.executable, "-m", "fid", *folders, *flags, "--no-cache", "--json"]
        theirs = [str(peer), str(ROOT / "fid" / "benchmarks" / "peer.py"), *folders, "--weights", str(weights)]
        runs = [(_timed(ours), _timed(theirs)) for _ in range(repeats)]
    (our_text, _), (their_text, _) = runs[0]
    value, expected = json.loads(our_text)[0]["value"], float(their_text.split()[-1])
    seconds, their_seconds = (min(run[side][1] for run in runs) for side in (0, 1))
    print(f"768-d FID of 2 x {count:,} PNGs of 32x32, whole commands, {os.cpu_count()} CPUs, best of {repeats}")
    rows = (("python -m fid", seconds, value), ("pytorch-fid", their_seconds, expected))
    for name, time_taken, figure in rows:
        print(f"  {name:14} {time_taken:8.1f} s  {2 * count / time_taken:6.1f} images/s  value {figure:.6f}")
    print(f"  time {seconds / their_seconds:.1%}, value differs by {abs(value / expected - 1):.4%}")


def stream(count: int) -> None:
    """Print the peak of the process's memory while random images go through protocol `cifar`, now and then."""
    from fid.metrics.moments import Moments
    from fid.networks.extractor import Extractor, gather
    from fid.protocols import get_protocol

    extractor = Extractor(get_protocol("cifar"))
    moments, rng = Moments(extractor.dimension), np.random.default_rng(0)
    start = time.perf_counter()
    while moments.count < count:
        batches = (rng.integers(0, 256, (250, 32, 32, 3), dtype=np.uint8) for _ in range(TOLD_AFTER // 250))
        for outputs in gather(extractor(batches)):
            moments.update(outputs.features)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{moments.count:>9,} images  {time.perf_counter() - start:6.1f} s  peak memory {peak:,.0f} MiB")


def _peer_python() -> Path:
    """Return the Python of an environment with the peers in it, made on the first call."""
    environment = cache_dir() / "peers"
    python = environment / "bin" / "python"
    if not (environment / "complete").exists():
        print(f"installing the peers into {environment}", file=sys.stderr)
        venv.create(environment, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, TORCH, "numpy", "scipy", "pillow", "tqdm"], check=True)
        subprocess.run([*pip, "--no-deps", "-r", str(PEERS)], check=True)
        (environment / "complete").touch()
    return python


def _write_folders(folder: Path, count: int) -> list[str]:
    dataset = load_dataset("cifar10")
    for name in ("train", "test"):
        (folder / name).mkdir()
        for index, image in enumerate(getattr(dataset, name).images[:count]):
            Image.fromarray(image).save(folder / name / f"{index:05}.png")
    return [str(folder / "train"), str(folder / "test")]


def _timed(command: list[str]) -> tuple[str, float]:
    """Run a command; return what it printed and the seconds it took, imports and all.

    Raises:
        UserError: it failed.
    """
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise UserError(f"{' '.join(command[:3])} ended with exit code {done.returncode}; what it said is above")
    return done.stdout, time.perf_counter() - start
