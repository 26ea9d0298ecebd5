"""A generator's file made small: weights of 11 significant bits, which deflate well, that compute in float32.

Half-precision policies are taken out of it: under them weights that are rounded twice make pictures up to six levels
apart, in float32 rounded and unrounded weights make the same picture to within one.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from common.errors import UserError
from common.system.files import replacing

BITS = 11  # significant ones of a weight, as float16 has them, with float32's range
WEIGHTS, CONFIG = "model.weights.h5", "config.json"
POLICIES = ("mixed_bfloat16", "mixed_float16")
SHUFFLED = 1000  # values; smaller arrays gain nothing


def shrink_generator(source: Path, target: Path) -> None:
    """Write a `generator.keras` with rounded weights, deflated; the same bytes for the same file, and for its own.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            members = {name: archive.read(name) for name in sorted(archive.namelist())}
        members[CONFIG] = json.dumps(in_float32(json.loads(members[CONFIG]))).encode()
        members[WEIGHTS] = _rounded_file(members[WEIGHTS])
    except Exception as error:  # zipfile, JSON and HDF5 raise whatever the damage leads them to
        raise UserError(f"cannot read {source}: {type(error).__name__}: {error}") from error
    with replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)  # its date is that of all: 1980


def rounded(values: np.ndarray) -> np.ndarray:
    """Float32 values to the nearest that have `BITS` significant bits; halves to even."""
    mantissa, exponent = np.frexp(values.astype(np.float64))
    return np.ldexp(np.round(np.ldexp(mantissa, BITS)), exponent - BITS).astype(np.float32)


def in_float32(config: Any) -> Any:
    """A model's config with float32 in place of half-precision policies."""
    if isinstance(config, list):
        return [in_float32(item) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy" and config.get("config", {}).get("name") in POLICIES:
        return config | {"config": config["config"] | {"name": "float32"}}
    return {key: in_float32(value) for key, value in config.items()}


def _rounded_file(data: bytes) -> bytes:
    """The HDF5 file with every float32 array rounded and its bytes shuffled: first bytes first, which deflates best."""
    import h5py  # here: it takes a tenth of a second, and mistakes are found before

    text = io.BytesIO()
    with h5py.File(io.BytesIO(data)) as old, h5py.File(text, "w") as new:
        _copy_attributes(old, new)
        old.visititems(lambda name, item: _copy(name, item, new))
    return text.getvalue()


def _copy(name: str, item: Any, new: Any) -> None:
    if not hasattr(item, "dtype"):
        copied = new.require_group(name)
    else:
        values = rounded(item[()]) if item.dtype == np.float32 else item[()]
        layout = {"shuffle": True, "chunks": item.shape} if item.size >= SHUFFLED else {}
        copied = new.create_dataset(name, data=values, **layout)
    _copy_attributes(item, copied)


def _copy_attributes(old: Any, new: Any) -> None:
    for key, value in old.attrs.items():
        new.attrs[key] = value
