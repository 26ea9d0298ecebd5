"""Settings of the data: which images, and how they reach the networks."""

from dataclasses import dataclass
from typing import ClassVar

from common.data.load import DATASETS
from common.errors import UserError
from common.system.fields import Group, setting


@dataclass(frozen=True, kw_only=True)
class DataSettings(Group):
    """Which images, and how they reach the networks."""

    owner: ClassVar[str] = "the data"

    data: str = setting(
        f"data set: {', '.join(DATASETS)}, some classes of one (cifar10:cat,dog), or a folder of pictures",
        "cifar10",
        flag=True,
    )
    image_size: int = setting(
        "height and width in pixels: 4 times a power of two", 32, low=8, high=256, flag=True
    )  # fmt: skip
    crop: str = setting(
        "how pictures become square, then resized by antialiased bicubic: the middle, or the whole, stretched",
        "center", choices=("center", "stretch"),
    )  # fmt: skip
    skip_broken: bool = setting(
        "leave out pictures of a folder that cannot be decoded, and count them",
        False,
        flag=True,
    )
    flip: bool = setting("mirror training images at random", False)
    shuffle: bool = setting("another order of the training images every epoch; false: the data set's own", True)

    def __post_init__(self):
        super().__post_init__()
        power = self.image_size // 4
        if self.image_size % 4 or power & (power - 1):
            raise UserError(f"image_size={self.image_size} is not 4 times a power of two (8, 16, 32, 64, 128 ...)")
