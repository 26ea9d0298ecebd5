"""`generator.keras`: the best checkpoint's generator, which loads with Keras alone."""

import importlib
import re
import zipfile
from pathlib import Path

import keras

from common.errors import UserError
from common.system.files import replacing

OWN_MODULE = re.compile(r'"module": "((?:common|dcgan|sagan|csagan)\.\w+)"')  # where a saved layer's class lives


def load_generator(path: Path) -> keras.Model:
    """Load a `generator.keras`. Of code, only this project's own layers are imported for it.

    Raises:
        UserError: there is none yet, or it is damaged.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist; a run has one after its first epoch")
    try:
        with zipfile.ZipFile(path) as archive:
            for module in OWN_MODULE.findall(archive.read("config.json").decode()):
                importlib.import_module(module)
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its zip, JSON and HDF5 readers raise
        raise UserError(f"cannot load {path}: {type(error).__name__}: {' '.join(str(error).split())[:200]}") from error


def save_generator(path: Path, generator: keras.Model) -> None:
    """Write a `generator.keras` in one piece, as a plain functional model that Keras loads without this project."""
    with replacing(path) as temporary:
        keras.Model(generator.inputs, generator.outputs, name="generator").save(temporary)
