"""Draw images from a DCGAN run: `python dcgan/sample.py RUN --count 10`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the project runs from any folder, without an install

from common.commands.sample import sample_command

if __name__ == "__main__":
    sample_command("dcgan")
