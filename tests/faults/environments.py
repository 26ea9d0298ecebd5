"""Python's versions by the lowest and the newest releases that requirements.txt allows: made by uv.

`uv` has to be at hand (`pip install uv`), and so have the Pythons; what is not is a row that says so.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.helpers import ROOT

REQUIREMENTS = ROOT / "requirements.txt"
RESOLUTIONS = {"lowest": "lowest-direct", "newest": "highest"}
NAMED = ("tensorflow", "keras", "numpy", "scipy", "scikit-image", "matplotlib")  # in the table
# A smoke test: files, a layer, fonts, trainings of a stub whose generators are loaded again, a distance.
SMOKE = (
    "tests/common/run/test_checkpoint.py", "tests/sagan/test_attention.py", "tests/common/data/test_digits.py",
    "tests/common/training/test_faults_in_training.py", "tests/fid/test_frechet.py",
)  # fmt: skip


def table(pythons: list[str], releases: list[str], tests: list[str]) -> Iterator[list[list[str]]]:
    """The rows so far, an environment more each time: what was installed, and how `pytest` ended in it."""
    rows = [["Python", "releases", *NAMED, "pytest"]]
    for python in pythons:
        for which in releases:
            with tempfile.TemporaryDirectory() as folder:
                rows.append([Path(python).name, which, *try_environment(Path(folder) / "venv", python, which, tests)])
            print("  ".join(rows[-1]), flush=True)
            yield rows


def try_environment(venv: Path, python: str, resolution: str, tests: list[str]) -> list[str]:
    """Make an environment and run the tests in it; return the versions in it, and pytest's last line."""
    own = venv / "bin" / "python"
    # Wheels alone of what is required: the lowest release with one for this Python is meant.
    wheels = [f"--only-binary={name}" for name in re.findall(r"^[\w-]+", REQUIREMENTS.read_text(), re.MULTILINE)]
    install = ["uv", "pip", "install", "-q", "--python", own, "--resolution", RESOLUTIONS[resolution], *wheels]
    for command in (["uv", "venv", "-q", "--python", python, venv], [*install, "-r", REQUIREMENTS]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return ["-"] * len(NAMED) + [f"not made: {' '.join(done.stderr.split())[:200]}"]
    listed = subprocess.run(["uv", "pip", "freeze", "--python", own], capture_output=True, text=True).stdout
    versions = dict(line.split("==") for line in listed.splitlines() if "==" in line)
    ran = subprocess.run([own, "-m", "pytest", *(tests or SMOKE)], cwd=ROOT, capture_output=True, text=True,
                         env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})  # fmt: skip
    if ran.returncode:
        print(ran.stdout[-4000:], ran.stderr[-1000:], flush=True)
    return [versions.get(name, "?") for name in NAMED] + [re.sub(r" in [\d.]+s.*", "", _last(ran.stdout))]


def _last(output: str) -> str:
    """Pytest's own last line: so many passed."""
    found = [line for line in output.splitlines() if re.search(r"passed|failed|error", line)]
    return found[-1] if found else "nothing ran"
