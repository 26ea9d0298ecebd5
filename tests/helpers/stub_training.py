"""A training run with nothing to learn, for tests of the loop and of what it writes."""

from dataclasses import replace

import keras
import numpy as np

from common.data.batches import Batches
from common.data.dataset import Split
from common.run.run_folder import RunFolder
from common.training.loop import Training
from dcgan.recipes import BENDALE


class StubGAN:
    """What the loop needs of a GAN; its generator does not learn."""

    def __init__(self, generator):
        self.sampler, self.variable = generator, keras.Variable(0.0)
        self.d_loss, self.g_loss = keras.metrics.Mean(), keras.metrics.Mean()

    def train_step(self, batch):
        self.d_loss.update_state(1.0)
        self.g_loss.update_state(1.0)

    def state(self):
        return {"variable": self.variable}

    def scalars(self):
        return {}


def train(folder, gan, names, evaluation=None, epochs=1, metrics_every=1, keep="best", watcher=None,
          validation=None, **more) -> RunFolder:  # fmt: skip
    changes = {"latent_dim": 4, "epochs": epochs, "batch_size": 4, "metrics_every": metrics_every, "keep": keep}
    settings = replace(BENDALE.settings, **(changes | more))
    random = np.random.default_rng(0)
    data = Split(random.integers(0, 256, (8, 32, 32, 3), np.uint8), np.arange(8, dtype=np.int32))
    run = RunFolder(folder)
    run.create()
    run.write_config({"family": "csagan", "recipe": "x", "settings": {}, "data": {"name": "photos"}})
    training = Training(gan, Batches(data, 4, 0), run, settings, evaluation, class_names=names, watcher=watcher,
                        validation=validation)  # fmt: skip
    training.resume()
    training.fit()
    return run
