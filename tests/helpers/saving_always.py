"""A `train.py` that saves after every call of its loop: `python tests/helpers/saving_always.py dcgan/train.py ...`."""

import runpy
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from common.training import loop

loop.SAVE_SECONDS = -1
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
