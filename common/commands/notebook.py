"""A training that is followed in a notebook: its lines, curves, samples and remarks, drawn again after every epoch."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from IPython.display import Image, clear_output, display

from common.errors import TrainingFailed
from common.run.remarks import read_remarks
from common.run.run_folder import RunFolder

FIGURES = ("losses.png", "metrics.png", "samples.png")  # in this order, the picture last
LINES = 8  # the last ones of what train.py says


def follow(command: str, out: Path | str) -> RunFolder:
    """Train, and show under the notebook's cell how it goes. Needs IPython, which a notebook has.

        run = follow("python dcgan/train.py --recipe quick", "runs/first")

    Interrupt the cell to stop: the run is saved, and the same call goes on.

    Args:
        command: of a `train.py`, as on a command line.
        out: the run folder, its `--out`.

    Returns:
        The run, trained or stopped.

    Raises:
        TrainingFailed: the command ended with an error; it is the last line shown.
    """
    run, lines = RunFolder(out), []
    arguments = [sys.executable, *shlex.split(command)[1:], "--out", str(run.path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            _draw_lines(process, run, lines)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)  # a second one, where the notebook's has reached it too, does no harm
            _draw_lines(process, run, lines)
            return run
    if process.returncode:
        raise TrainingFailed(lines[-1] if lines else f"{command} ended with {process.returncode}")
    return run


def _draw_lines(process: subprocess.Popen, run: RunFolder, lines: list[str]) -> None:
    for line in process.stdout:
        lines.append(line.rstrip())
        _draw(run, lines[-LINES:])


def _draw(run: RunFolder, lines: Sequence[str]) -> None:
    clear_output(wait=True)
    print("\n".join([*lines, *(f"remark: {remark}" for remark in read_remarks(run))]))
    for figure in (run.path / name for name in FIGURES):
        if figure.exists():
            display(Image(filename=str(figure)))
