"""TensorBoard logs: figures, the grid, and histograms of the weights where asked for."""

from importlib.util import find_spec

import numpy as np
import pytest

from common.training.tensorboard import Summaries
from dcgan.model import DCGAN
from dcgan.recipes import RECIPES

if not find_spec("tensorboard"):
    pytest.skip("TensorBoard is not installed", allow_module_level=True)


@pytest.mark.parametrize("histograms", [False, True])
def test_an_epoch_has_figures_grid_and_histograms_on_request(tmp_path, histograms):
    import tensorflow as tf

    gan = DCGAN(RECIPES["celeba"].override({"image_size": 8, "g_width": 2, "d_width": 2}).settings)
    Summaries(tmp_path, histograms).write(3, {"epoch": 3, "d_loss": 0.5}, np.zeros((10, 10, 3), np.uint8), gan)
    (file,) = tmp_path.iterdir()
    events = [tf.compat.v1.Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(file))]
    tags = {value.tag for event in events for value in event.summary.value if event.step == 3}
    weights = {f"{net.name}/{w.path}" for net in (gan.generator, gan.discriminator) for w in net.weights}
    assert len(weights) > 4 and tags == {"d_loss", "samples"} | (weights if histograms else set())
