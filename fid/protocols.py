"""Evaluation protocols by name: a Frechet distance means nothing without all of this beside it."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common.errors import UserError

if TYPE_CHECKING:  # TensorFlow is imported only when a network is needed
    import keras

CLASSIFIER = "cifar10-classifier"


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What shapes a figure, apart from the images.

    An image is resized to `size`, scaled to `(x - centre) / scale`, and goes through the network `extractor`, whose
    `dimension` features are compared. `split`, `real_count` and `fake_count` are the protocol's own and may be set
    otherwise by whoever measures; the figure then says so.

    A protocol of your own may have any Keras model as its extractor, scaled images (B, size, size, 3) float32 ->
    features (B, dimension), or -> [features, class scores (B, classes)] with a name for them in `score`:

        Protocol(name="mine", extractor=model, dimension=64, size=48, centre=127.5, scale=127.5)

    Args:
        name: heads its columns in a log, so it has no `/`, which stands before a class there.
        metric: what readers call the distance.
        extractor: the name of a network of `fid.networks.load`, or a Keras model.
        resize: one of `fid.networks.resize.RESIZES`.
        score: what the Inception Score is called on the network's class scores; empty: it gives none.
        own_counts: its numbers of images are part of it, and a training takes them whatever others it has.
    """

    name: str
    metric: str = "Frechet distance"
    extractor: "str | keras.Model"
    dimension: int
    resize: str = "bilinear"
    size: int
    centre: float = 0.0
    scale: float = 1.0
    split: str = "train"
    real_count: int = 50_000
    fake_count: int = 50_000
    about: str = ""
    score: str = ""
    own_counts: bool = False

    def __post_init__(self):
        if not self.name or "/" in self.name:
            raise UserError(f"a protocol's name has at least one letter and no /, unlike {self.name!r}")

    @property
    def network(self) -> str:
        """The extractor's name."""
        return self.extractor if isinstance(self.extractor, str) else self.extractor.name

    def as_dict(self) -> dict[str, Any]:
        """Return what shapes a figure, ready for JSON."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        del fields["score"], fields["own_counts"]  # of no consequence to a figure
        return fields | {"extractor": self.network}

    def describe(self) -> str:
        """Return the protocol in one line."""
        return (
            f"{self.name}: {self.metric}, {self.dimension:,}-d features of {self.network}, {self.resize} resize to "
            f"{self.size}x{self.size}, {self.real_count:,} real ({self.split}) against {self.fake_count:,} generated; "
            f"{self.about}"
        )


_ALL = (
    Protocol(
        name="writeup",
        metric="FID",
        extractor="keras-inception-v3",
        dimension=2048,
        resize="nearest",
        size=299,
        centre=127.5,
        scale=127.5,
        split="test",
        real_count=1000,
        fake_count=1000,
        own_counts=True,
        about="CSA 250's protocol; Bendale's is not stated, on the ImageNet network that Keras ships",
    ),
    Protocol(
        name="hamed-keras",
        metric="FID",
        extractor="keras-inception-v3",
        dimension=2048,
        resize="bilinear",
        size=299,
        centre=127.5,
        scale=127.5,
        split="test",
        real_count=256,
        fake_count=256,
        own_counts=True,
        about="Hamed's, but for the weights: torchvision's come as a pickle, which is never opened here",
    ),
    Protocol(
        name="fid",
        metric="FID",
        extractor="inception-2015-12-05",
        dimension=2048,
        resize="legacy bilinear",
        size=299,
        centre=128.0,
        scale=128.0,
        about="the standard one (1706.08500)",
        score="Inception Score",
    ),
    Protocol(
        name="fid-clean",
        metric="FID",
        extractor="inception-2015-12-05",
        dimension=2048,
        resize="bicubic",
        size=299,
        centre=128.0,
        scale=128.0,
        about="the resize of clean-fid (2104.11222)",
        score="Inception Score",
    ),
    Protocol(
        name="fid768",
        metric="768-d FID",
        extractor="inception-2015-12-05",
        dimension=768,
        resize="bilinear",  # and [0, 255] to [-1, 1]: both as pytorch-fid does
        size=299,
        centre=127.5,
        scale=127.5,
        about="as pytorch-fid --dims 768; far smaller numbers than FID, not to be compared with it",
    ),
    Protocol(
        name="cifar",
        metric="CIFAR-10 classifier distance",
        extractor=CLASSIFIER,
        dimension=256,
        resize="bilinear",
        size=32,
        about="Frechet distance on features of the classifier that comes with this project; no download, not an FID",
        score="classifier score",
    ),
)
PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in _ALL}


def get_protocol(name: str | Protocol) -> Protocol:
    """Return the protocol of that name; one of your own is returned as it is.

    Raises:
        UserError: there is none; the message lists those there are.
    """
    if isinstance(name, Protocol):
        return name
    if name not in PROTOCOLS:
        raise UserError(f"unknown protocol {name!r}; choose from {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
