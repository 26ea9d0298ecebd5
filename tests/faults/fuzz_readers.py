"""What is fuzzed: every reader of a file or text that others may have written, with a whole input to begin from."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.run.run_folder import RunFolder
from tests.helpers import ROOT

RUN = ROOT / "results" / "dcgan" / "quick"
Read = Callable[[bytes], Any]


@dataclass(frozen=True)
class Reader:
    """`prepare` makes in a folder what reads a case, and a whole input. `share`: how many cases, against the others."""

    prepare: Callable[[Path], tuple[Read, bytes]]
    share: float


class Variable:
    """What a checkpoint asks of a variable."""

    def __init__(self, value: np.ndarray):
        self.value = value

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.value

    def assign(self, value: np.ndarray) -> None:
        """Take it."""
        self.value = value


def _of_file(path: Path, read: Callable[[], Any]) -> Read:
    path.parent.mkdir(parents=True, exist_ok=True)

    def written_and_read(data: bytes) -> None:
        path.unlink(missing_ok=True)  # what is mapped stays as it was
        path.write_bytes(data)
        read()

    return written_and_read


def _npz(**arrays: np.ndarray) -> bytes:
    text = io.BytesIO()
    np.savez(text, **arrays)
    return text.getvalue()


IMAGES = np.arange(4 * 8 * 8 * 3, dtype=np.uint32).astype(np.uint8).reshape(4, 8, 8, 3)


def _config(folder: Path) -> tuple[Read, bytes]:
    from common.pages.run_page import page

    run, whole = RunFolder(folder), (RUN / "config.json").read_bytes()
    shutil.copy(RUN / "log.csv", run.log)

    def read() -> None:
        config = run.read_config()
        run.title(), run.unit(), page(run), run.check_same(config)

    return _of_file(run.config, read), whole


def _config_of_fid(folder: Path) -> tuple[Read, bytes]:
    from fid.inputs.run_images import check_run

    shutil.copy(RUN / "generator.keras", folder)
    return _of_file(folder / "config.json", lambda: check_run(folder, "x")), (RUN / "config.json").read_bytes()


def _log(folder: Path) -> tuple[Read, bytes]:
    from common.pages.run_page import page

    run = RunFolder(folder)
    shutil.copy(RUN / "config.json", run.config)

    def read() -> None:
        log = run.read_log()
        log.text(), page(run)

    return _of_file(run.log, read), (RUN / "log.csv").read_bytes()


def _remarks(folder: Path) -> tuple[Read, bytes]:
    from common.run.remarks import Remark, read_remarks

    run, remark = RunFolder(folder), Remark("collapse", "all alike", "it has collapsed", "more noise", 3, 5)
    whole = json.dumps([vars(remark), vars(remark) | {"until": None}]).encode()
    return _of_file(folder / "remarks.json", lambda: [str(item) for item in read_remarks(run)]), whole


def _checkpoint(folder: Path) -> tuple[Read, bytes]:
    from common.run.checkpoints import Checkpoints

    kept = Checkpoints(folder)
    variables = {"a": Variable(np.zeros(40, np.float32)), "b/seed": Variable(np.array([1, 2], np.uint32))}
    whole = kept.save(1, variables, {"epoch": 1, "log": "epoch"}).read_bytes()
    return _of_file(kept.files()[0], lambda: kept.restore(variables)), whole


def _generator(folder: Path) -> tuple[Read, bytes]:
    from common.run.generator_file import load_generator

    path = folder / "generator.keras"
    return _of_file(path, lambda: load_generator(path)), (RUN / "generator.keras").read_bytes()


def _layers(folder: Path) -> tuple[Read, bytes]:
    from common.run.known_layers import check_config

    with zipfile.ZipFile(RUN / "generator.keras") as archive:
        whole = archive.read("config.json")

    def read(data: bytes) -> None:
        try:
            check_config(json.loads(data))
        except (ValueError, RecursionError) as error:  # what `load_generator` makes a line of
            raise OSError from error

    return read, whole


def _prepared_data(folder: Path) -> tuple[Read, bytes]:
    from common.data import array_cache

    path, labels = folder / "x.npz", np.arange(4, dtype=np.int32)
    meta = np.array(json.dumps({"class_names": ["a"] * 4, "fingerprint": "x"}))
    whole = _npz(meta=meta, train_images=IMAGES, train_labels=labels, test_images=IMAGES, test_labels=labels)
    return _of_file(path, lambda: array_cache._read("x", path)), whole


def _mapped_data(folder: Path) -> tuple[Read, bytes]:
    from common.data import pixel_file

    stem, labels = folder / "x", np.arange(2, dtype=np.int32)
    pixels = stem.with_suffix(".pixels")
    pixels.write_bytes(IMAGES.tobytes())
    print_of = pixel_file.fingerprint(*pixel_file._map(pixels, 8, (labels, labels)))
    meta = np.array(json.dumps({"fingerprint": print_of, "notes": ["a"]}))
    whole = _npz(meta=meta, train_labels=labels, test_labels=labels)
    return _of_file(stem.with_suffix(".npz"), lambda: pixel_file._open(stem, "x", 8, ("a", "b"))), whole


def _features(folder: Path) -> tuple[Read, bytes]:
    from fid.evaluation.cache import Cache

    cache, key = Cache(folder), {"data": "abc", "count": 10}
    cache.save(key, mean=np.arange(30.0), covariance=np.eye(3))
    (path,) = folder.glob("*.npz")
    return _of_file(path, lambda: (cache.load(key, ("mean",)), list(cache.entries()))), path.read_bytes()


def _array(suffix: str, **arrays: np.ndarray) -> Callable[[Path], tuple[Read, bytes]]:
    def prepare(folder: Path) -> tuple[Read, bytes]:
        from fid.inputs.array_file import open_file

        path, text = folder / f"x{suffix}", io.BytesIO()
        np.save(text, IMAGES)

        def read() -> None:
            found = open_file(path, "x")
            if hasattr(found, "read"):
                found.read(np.arange(len(found)))

        return _of_file(path, read), _npz(**arrays) if arrays else text.getvalue()

    return prepare


def _picture(kind: str) -> Callable[[Path], tuple[Read, bytes]]:
    def prepare(folder: Path) -> tuple[Read, bytes]:
        from PIL import Image

        from fid.inputs.image_folder import open_folder

        text = io.BytesIO()
        Image.fromarray(IMAGES[0]).save(text, kind)

        def read() -> None:
            found = open_folder(folder, "x")
            found.read(np.arange(len(found)))

        return _of_file(folder / f"x.{kind}", read), text.getvalue()

    return prepare


def _weights(folder: Path) -> tuple[Read, bytes]:
    from fid.networks.weights import read_arrays

    path = folder / "x.npz"
    whole = _npz(**{"conv/kernel": np.ones((3, 3, 3, 4), np.float32), "conv/bias": np.ones(4, np.float32)})
    return _of_file(path, lambda: read_arrays(path)), whole


def _graph(folder: Path) -> tuple[Read, bytes]:
    import tensorflow as tf

    from fid.networks.weights import read_arrays

    path, graph = folder / "x.pb", tf.compat.v1.GraphDef()
    names = (
        "a/conv2d_params",
        *(f"a/batchnorm/{part}" for part in ("beta", "gamma", "moving_mean", "moving_variance")),
    )
    for name in names:
        node = graph.node.add(name=name, op="Const")
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.ones((1, 1, 3, 4) if name == names[0] else 4, "f4")))
    return _of_file(path, lambda: read_arrays(path)), graph.SerializeToString()


def _claim(folder: Path) -> tuple[Read, bytes]:
    from results.verdicts.claim import read_claim

    path = folder / "ttur-dcgan.toml"
    return _of_file(path, lambda: read_claim(path)), (ROOT / "results" / "claims" / path.name).read_bytes()


def _outcome(folder: Path) -> tuple[Read, bytes]:
    from results.verdicts.outcome import read_records

    path = folder / "x.json"
    record = {"id": "x", "family": "dcgan", "recipe": "x", "seed": 0, "state": "done", "steps": 4, "minutes": 1.0,
              "curve": {"cifar": [3.0]}, "end": {"cifar": 3.0}, "protocols": {}, "data": {}}  # fmt: skip
    return _of_file(path, lambda: read_records(path)), json.dumps({"runs": [record]}).encode()


def _set(folder: Path) -> tuple[Read, bytes]:
    from csagan.recipes import RECIPES

    def read(data: bytes) -> None:
        items = (line.partition("=") for line in data.decode(errors="replace").split("\n"))
        RECIPES["best"].override({key: value for key, equals, value in items if equals}).explain()

    settings = vars(RECIPES["best"].settings)
    return read, "\n".join(f"{key}={value}" for key, value in list(settings.items())[:60]).encode()


def _metrics(folder: Path) -> tuple[Read, bytes]:
    from fid.evaluation.training import parse_metrics

    return lambda data: parse_metrics(data.decode(errors="replace").split(",")), b"fid768,cifar:fid+kid+prdc"


IMAGES_AND_LABELS = {"images": IMAGES, "labels": np.arange(4)}
MOMENTS = {"mean": np.zeros(3), "covariance": np.eye(3), "count": np.array(9), "conditions": np.array('{"size": 3}')}
READERS: dict[str, Reader] = {
    "config.json": Reader(_config, 1), "config.json, of fid": Reader(_config_of_fid, 2), "log.csv": Reader(_log, 1),
    "remarks.json": Reader(_remarks, 4), "checkpoint": Reader(_checkpoint, 4),
    "generator.keras": Reader(_generator, 0.1), "its layers": Reader(_layers, 2),
    "prepared data": Reader(_prepared_data, 4), "mapped data": Reader(_mapped_data, 4),
    "features": Reader(_features, 4), "images.npy": Reader(_array(".npy"), 4),
    "images.npz": Reader(_array(".npz", **IMAGES_AND_LABELS), 4), "moments.npz": Reader(_array(".npz", **MOMENTS), 4),
    "a PNG of a folder": Reader(_picture("png"), 2), "a JPEG of a folder": Reader(_picture("jpeg"), 2),
    "a WebP of a folder": Reader(_picture("webp"), 2), "weights.npz": Reader(_weights, 4),
    "weights.pb": Reader(_graph, 2), "a claim": Reader(_claim, 2), "an outcome": Reader(_outcome, 4),
    "--set": Reader(_set, 1), "--metrics": Reader(_metrics, 4),
}  # fmt: skip
