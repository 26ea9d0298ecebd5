"""Pictures of pairs that are too much alike: generated images beside training images, or among each other."""

import colorsys
from collections.abc import Mapping, Sequence

import numpy as np

from common.errors import UserError
from common.figures.grids import grid
from fid.evaluation.metric import Pair

Closest = Sequence[tuple[int, int, float]]  # two indices and a distance, nearest first
SCALE = 3  # a pixel of an image, in pixels of the picture
MARKED, COLUMNS, GAP = 60, 10, 6  # images of the marked grid, of a row, pixels between them


def copies(pair: Pair, closest: Closest) -> np.ndarray:
    """Generated images, each above its nearest image of A; (H, W, 3) uint8.

    Raises:
        UserError: the sets differ in size.
    """
    generated, training, _ = zip(*closest, strict=True)
    above, below = pair.fake.source.at(np.array(generated)), pair.real.source.at(np.array(training))
    if above.shape != below.shape:
        raise UserError(f"--pairs: the images of B are {above.shape[2]}x{above.shape[1]}, those of A are not; "
                        "--resize SIZE brings all of them to one size")  # fmt: skip
    return _enlarged(grid(np.concatenate([above, below]), columns=len(above)))


def duplicates(pair: Pair, closest: Closest) -> np.ndarray:
    """Generated images in their own order, those that are most alike in frames, a colour a pair; (H, W, 3) uint8."""
    colours = [tuple(int(255 * x) for x in colorsys.hsv_to_rgb(i / len(closest), 1, 0.9)) for i in range(len(closest))]
    marked = {index: colour for (*two, _), colour in zip(closest, colours, strict=True) for index in two}
    others = [index for index in range(len(pair.fake.source)) if index not in marked]
    shown = sorted([*marked, *others[: max(0, MARKED - len(marked))]])
    frames: Mapping[int, tuple] = {place: marked[index] for place, index in enumerate(shown) if index in marked}
    return _enlarged(grid(pair.fake.source.at(np.array(shown)), COLUMNS, GAP, frames))


def _enlarged(picture: np.ndarray) -> np.ndarray:
    return picture.repeat(SCALE, axis=0).repeat(SCALE, axis=1)


PICTURES = {"copies": copies, "duplicates": duplicates}  # by metric; of several asked for, the first one here
