"""Fixtures that several tests share; data of the development folder is used where it is present."""

import os
import signal

import pytest

from tests.helpers import ROOT

SHARED = ROOT.parent / "shared" / "data"

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # started in the background, as would be all that tests start
    signal.signal(signal.SIGINT, signal.default_int_handler)
if "TFDS_DATA_DIR" not in os.environ and (SHARED / "tfds").is_dir():
    os.environ["TFDS_DATA_DIR"] = str(SHARED / "tfds")


@pytest.fixture(scope="session")
def cifar10():
    """CIFAR-10, where TFDS has prepared it."""
    from common.data.load import load_dataset
    from common.data.tfds_source import data_dir

    if not any((data_dir() / "cifar10").glob("*/dataset_info.json")):
        pytest.skip("CIFAR-10 is not prepared in TFDS_DATA_DIR")
    return load_dataset("cifar10")
