"""Draw images of a conditional SAGAN run by class: `python csagan/sample.py RUN --label cat --attention`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the project runs from any folder, without an install

from common.commands.sample import sample_command
from sagan.sample_attention import ATTENTION

if __name__ == "__main__":
    sample_command("csagan", [ATTENTION])
