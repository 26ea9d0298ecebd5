"""`--recipe quick`: a newcomer's first command ends in digits that one can tell, by label."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from common.data.digits import CLASS_NAMES
from common.data.load import load_dataset
from tests.helpers import ROOT

TRAIN, SAMPLE = ROOT / "dcgan" / "train.py", ROOT / "dcgan" / "sample.py"


@pytest.fixture(scope="module")
def means():
    """The mean ink of each digit, within its box: (10, 144)."""
    train = load_dataset("digits").train
    return np.array([framed(train.images[train.labels == digit][::5]).mean(0) for digit in range(10)])


def framed(images, size=12):
    """Where the digits are, brighter than half-way from darkest to brightest, cut to their box: (N, size * size)."""
    rows = []
    for grey in images.sum(3, dtype=int):
        mask = 2 * grey > grey.min() + grey.max()
        places = (np.linspace(side.min(), side.max(), size).round().astype(int) for side in np.nonzero(mask))
        rows.append(mask[np.ix_(*places)].ravel())
    return np.array(rows, float)


def read(images, means):
    """The digit whose mean is nearest, (N,)."""
    return ((framed(images)[:, None] - means) ** 2).sum(2).argmin(1)


def test_what_is_learned_of_the_training_fonts_reads_the_others(means):
    test = load_dataset("digits").test
    right = read(test.images, means) == test.labels
    shares = [right[test.labels == digit].mean() for digit in range(10)]
    assert np.mean(shares) > 0.7 and min(shares) > 0.4, shares


@pytest.mark.slow
def test_eight_of_ten_digits_can_be_told_by_their_label(tmp_path, means):
    def command(*arguments):
        subprocess.run([sys.executable, *map(str, arguments)], cwd=tmp_path, check=True, timeout=3600)

    command(TRAIN, "--recipe", "quick")
    shares = []
    for label in CLASS_NAMES:
        command(SAMPLE, "runs/dcgan-quick", "--label", label, "--count", "40", "--out", label)
        files = sorted((tmp_path / label).glob("[0-9]*.png"))
        images = np.stack([np.asarray(Image.open(file)) for file in files])
        shares.append((read(images, means) == int(label)).mean())
    assert len(files) == 40 and sum(share > 0.5 for share in shares) >= 8, shares
