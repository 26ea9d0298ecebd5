"""`generator.keras`: the generator of a run. Its layers are Keras' own and those in `common.run.known_layers`."""

import importlib
import zipfile
from pathlib import Path

import keras

from common.errors import UserError
from common.run.known_layers import check_config, check_members
from common.run.run_folder import check_generator
from common.system.files import replacing
from common.system.json_text import parse_json


def load_generator(path: Path) -> keras.Model:
    """Load a `generator.keras`. It is read for what it names before Keras sees it: see `common.run.known_layers`.

    Raises:
        UserError: there is none yet, it is damaged, or it names what is no layer of a generator.
    """
    check_generator(path)
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive.namelist())
            modules = check_config(parse_json(archive.read("config.json")))
        for module in modules:
            importlib.import_module(module)
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its zip, JSON and HDF5 readers raise
        raise UserError(f"cannot load {path}: {type(error).__name__}: {' '.join(str(error).split())[:200]}") from error


def is_whole(path: Path) -> bool:
    """Whether every part of the file is as it was written, by the checksums of its zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive.namelist())
            return archive.testzip() is None
    except Exception:  # zipfile raises whatever the damage leads it to
        return False


def save_generator(path: Path, generator: keras.Model) -> None:
    """Write a `generator.keras` in one piece, as a plain functional model that Keras loads without this project."""
    with replacing(path) as temporary:
        keras.Model(generator.inputs, generator.outputs, name="generator").save(temporary)
