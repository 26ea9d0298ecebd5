"""A Keras callback that follows the figures of any model trained by `fit`."""

from collections.abc import Sequence
from pathlib import Path

import keras

from fid.evaluation.followed import Followed
from fid.evaluation.metrics import as_names
from fid.inputs.find import Draw, Images, Sample, find_images, made
from fid.protocols import Protocol, get_protocol


class FIDCallback(keras.callbacks.Callback):
    """Write the figures of generated images into the logs of an epoch.

        model.fit(images, epochs=50, callbacks=[
            FIDCallback(lambda count: model.sample(count), images),
            keras.callbacks.ModelCheckpoint("best.keras", monitor="cifar", mode="min", save_best_only=True),
        ])

    Put it first in the list: callbacks before it do not see its figures, those after it do, and so does `History`.
    They are in the logs of the first epoch, of every `every`-th after it and of the last one, under the protocol's name
    (`cifar`) and, of other metrics, the names that train.py's log has (`cifar_kid`). Needs Keras on TensorFlow.
    """

    def __init__(
        self,
        sample: Sample,
        real: Images,
        protocol: str | Protocol = "cifar",
        every: int = 1,
        *,
        metrics: str | Sequence[str] = ("fid",),
        count: int = 2000,
        real_count: int = 5000,
        seed: int = 0,
        weights: Path | str | None = None,
    ):
        """Load the network and measure the real images.

        Args:
            sample: count -> images (count, H, W, 3) uint8, 0 to 255.
            real: images to compare with, whatever `fid.compare` takes.
            protocol: as in `fid.compare`; `cifar` needs no download, but is no FID.
            every: epochs from one measurement to the next.
            metrics: as in `fid.compare`, but for those that need labels of generated images.
            count: generated images of a measurement. Fewer images give larger distances.
            real_count: real images, drawn without replacement; all where there are fewer.
            seed: of that draw and of subsets.
            weights: as in `fid.compare`.

        Raises:
            UserError: as in `fid.compare`.
            ValueError: `every` is less than 1.
        """
        super().__init__()
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self._sample, self._every, self._count = sample, every, count
        source = find_images(real, "the real set")(Draw(None, real_count, seed))
        self._followed = Followed(get_protocol(protocol), as_names(metrics), source, count, seed=seed, weights=weights)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Measure, where it is this epoch's turn."""
        last = epoch + 1 == (self.params or {}).get("epochs")
        if logs is not None and (epoch % self._every == 0 or last):
            logs.update(self._followed(made(self._sample, "the generated set", self._count)))
