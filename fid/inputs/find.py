"""What the command measures, by name: image folders, arrays, data sets, run folders, saved moments."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common.data.load import DATASETS, load_dataset
from common.errors import UserError
from fid.inputs.array_file import open_file
from fid.inputs.image_folder import is_image_folder, open_folder
from fid.inputs.image_set import ImageSet, array_set
from fid.inputs.run_images import check_run, open_run
from fid.inputs.saved_moments import SavedMoments

KINDS = (
    "a folder of images, an .npy or .npz array, a run folder, saved moments (.npz), "
    "or a data set such as cifar10:train or photos:test"
)


@dataclass(frozen=True)
class Draw:
    """Which images of a set: how many (None: `default` of them, or all where there are fewer), and the seed."""

    count: int | None
    default: int
    seed: int = 0


Opener = Callable[[Draw], ImageSet | SavedMoments]


def find_input(text: str, resize: int | None = None) -> Opener:
    """Find a set by its name or path, without reading it; what is returned opens it.

    Args:
        text: a path, or the name and split of a data set.
        resize: bring the images of a folder or a data set to this height and width first.

    Raises:
        UserError: nothing of that name; and on opening, too few images, or a file that is damaged or not what it
            should be.
    """
    path = Path(text).expanduser()
    if (path / "config.json").is_file() or (path / "generator.keras").is_file():
        check_run(path, text)
        return lambda draw: open_run(path, text, draw.count or draw.default, draw.seed)
    if path.is_dir():
        if not is_image_folder(path):
            raise UserError(f"{text} is a folder with neither images nor a generator.keras in it")
        return lambda draw: _drawn(open_folder(path, text, resize), draw)
    if path.is_file() and path.suffix in (".npy", ".npz"):
        return lambda draw: _drawn(open_file(path, text), draw)
    if path.exists():
        raise UserError(f"{text} is of no known kind; A and B are each {KINDS}")
    name, _, split = text.rpartition(":")
    if text.partition(":")[0] not in DATASETS:
        raise UserError(f"{text} does not exist; A and B are each {KINDS}")
    if split not in ("train", "test"):
        raise UserError(f"{text}: say which split, {text}:train or {text}:test")
    return lambda draw: _drawn(_open_dataset(text, name, split, resize), draw)


def _drawn(source: ImageSet | SavedMoments, draw: Draw) -> ImageSet | SavedMoments:
    if isinstance(source, SavedMoments):
        return source
    count = min(draw.default, len(source)) if draw.count is None else draw.count
    return source.draw(count, draw.seed)


def _open_dataset(text: str, name: str, split: str, resize: int | None) -> ImageSet:
    dataset = load_dataset(name, resize) if resize else load_dataset(name)
    part = getattr(dataset, split)
    return array_set(text, split, f"{dataset.fingerprint} {split}", part.images, part.labels, dataset.class_names)
