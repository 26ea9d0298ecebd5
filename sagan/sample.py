"""Draw images from a SAGAN run, and where it looks: `python sagan/sample.py RUN --count 10 --attention`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the project runs from any folder, without an install

from common.commands.sample import sample_command
from sagan.sample_attention import ATTENTION

if __name__ == "__main__":
    sample_command("sagan", [ATTENTION])
