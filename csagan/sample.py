"""Draw images of a conditional SAGAN run by class: `python csagan/sample.py RUN --label cat --attention`."""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
from common.commands.sample import sample_command
from sagan.sample_attention import ATTENTION

if __name__ == "__main__":
    sample_command("csagan", [ATTENTION])
