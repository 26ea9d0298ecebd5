"""The plateau of Hamed's report, from the command that shows it."""

import re
import subprocess
import sys

import pytest

from tests.helpers import ROOT

COMMAND = ROOT / "dcgan" / "dead_discriminator.py"


@pytest.mark.slow
def test_the_clamped_loss_stays_at_27_6_and_that_of_logits_does_not(tmp_path):
    options = ["--data", "photos", "--width", "8", "--steps", "10"]
    done = subprocess.run([sys.executable, COMMAND, *options], cwd=tmp_path, capture_output=True, text=True)
    ends = dict(re.findall(r"\| (bce\S*) \| both, again \(4\) \| (\S+) \|", done.stdout))
    assert float(ends["bce-clamped"]) == pytest.approx(27.63, abs=0.5), done.stderr
    assert float(ends["bce"]) < 20
