"""Evaluation protocols by name: a Frechet distance means nothing without all of this beside it."""

from dataclasses import dataclass

from common.errors import UserError


@dataclass(frozen=True)
class Protocol:
    """What shapes a figure, apart from the images.

    An image is resized to `size`, scaled to `(x - centre) / scale`, and goes through the network `extractor`, whose
    `dimension` features are compared. `split`, `real_count` and `fake_count` are the protocol's own and may be set
    otherwise by whoever measures; the figure then says so.
    """

    name: str
    metric: str
    extractor: str
    dimension: int
    resize: str
    size: int
    centre: float
    scale: float
    split: str
    real_count: int
    fake_count: int
    about: str

    def describe(self) -> str:
        """Return the protocol in one line."""
        return (
            f"{self.name}: {self.metric}, {self.dimension:,}-d features of {self.extractor}, {self.resize} resize to "
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
        about="the tutorial protocol of the write-ups, on the ImageNet network that Keras ships",
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
        split="train",
        real_count=50000,
        fake_count=50000,
        about="the standard one (1706.08500)",
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
        split="train",
        real_count=50000,
        fake_count=50000,
        about="the resize of clean-fid (2104.11222)",
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
        split="train",
        real_count=50000,
        fake_count=50000,
        about="as pytorch-fid --dims 768; far smaller numbers than FID, not to be compared with it",
    ),
    Protocol(
        name="cifar",
        metric="CIFAR-10 classifier distance",
        extractor="cifar10-classifier",
        dimension=256,
        resize="bilinear",
        size=32,
        centre=0.0,
        scale=1.0,
        split="train",
        real_count=50000,
        fake_count=50000,
        about="Frechet distance on features of the classifier that comes with this project; no download, not an FID",
    ),
)
PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in _ALL}


def get_protocol(name: str) -> Protocol:
    """Return the protocol of that name.

    Raises:
        UserError: there is none; the message lists those there are.
    """
    if name not in PROTOCOLS:
        raise UserError(f"unknown protocol {name!r}; choose from {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
