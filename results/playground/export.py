"""A run's generator as text: what the page's script needs, and what a reader wants to know of it."""

import hashlib
from typing import Any

import keras
import numpy as np

from common.errors import UserError
from common.run.generator_file import load_generator
from common.run.run_folder import RunFolder
from results.playground.layers import translate
from results.playground.program import CODE, Program, Z
from results.playground.weights import encode

DIRECTIONS = 6
DECIMALS = 4  # of a direction's components


def export_run(run: RunFolder) -> dict[str, Any]:
    """The generator of a run, for JSON.

    Raises:
        UserError: it is no run, has no generator yet, or has a layer that the page does not compute.
    """
    config, epochs = run.read_config(), len(run.read_log().rows)
    data = config.get("data") or {}
    about = {
        "name": f"{config['family']}/{config['recipe']}",
        "writeup": str(config.get("writeup", "")),
        "trained": f"{epochs} epochs on {data.get('name', '?')}",
    }
    text = export(load_generator(run.generator), list(data.get("classes") or ()))
    return about | {"file": fingerprint(run)} | text


def fingerprint(run: RunFolder) -> str:
    """What tells this generator.keras from others: the first twelve digits of its SHA-256."""
    return hashlib.sha256(run.generator.read_bytes()).hexdigest()[:12]


def export(generator: keras.Model, classes: list[str]) -> dict[str, Any]:
    """A generator of z (B, D), or of [z, label (B,)], for JSON; `classes` are the names of its labels.

    Raises:
        UserError: it has a layer that the page does not compute, or other classes.
    """
    program = translate(generator)
    names = classes if program.classes else []
    if len(names) != program.classes:
        raise UserError(f"the generator has {program.classes} classes, and {len(names)} names are given")
    latent_dim, image = generator.inputs[0].shape[-1], generator.outputs[0].shape[1:]
    if len(image) != 3 or image[-1] != 3:
        raise UserError(f"the generator makes arrays of {tuple(image)}; the page shows pictures (H, W, 3)")
    tensors, weights = encode(program.arrays)
    return {
        "latent_dim": latent_dim,
        "classes": names,
        "image": list(image),
        "directions": directions(program, latent_dim).round(DECIMALS).tolist(),
        "steps": program.steps,
        "tensors": tensors,
        "weights": weights,
    }


def directions(program: Program, latent_dim: int) -> np.ndarray:
    """Directions of z that the first layer with a kernel stretches most: (DIRECTIONS or fewer, latent_dim).

    They are the first right singular vectors of its matrix, as batch norm scales its outputs: the closed form of Shen
    and Zhou (2007.06600), which needs no samples. The largest component of each is positive.
    """
    found = next((index for index, step in enumerate(program.steps) if _reads_z(program, step)), None)
    if found is None:
        raise UserError("no layer with a kernel takes z; the page has no directions for it")
    kernel = program.arrays[program.steps[found]["kernel"]]
    for step in program.steps[found + 1 :]:
        if step["step"] != "affine":
            break
        kernel = kernel * np.resize(program.arrays[step["scale"]], kernel.shape[-1])  # a reshape may lie between
    matrix = np.moveaxis(kernel, 2, 0)
    left, _, _ = np.linalg.svd(matrix[:latent_dim].reshape(latent_dim, -1).astype(np.float64), full_matrices=False)
    best = left[:, :DIRECTIONS].T
    return best * np.sign(best[np.arange(len(best)), np.abs(best).argmax(axis=1)])[:, None]


def _reads_z(program: Program, step: dict[str, Any]) -> bool:
    """Whether a step has a kernel and takes z, alone or before what it is joined with."""
    place = step["from"][0]
    if step["step"] != "convolution" or place == CODE:
        return False
    source = program.steps[place - CODE - 1] if place > CODE else {}
    return place == Z or (source.get("step") == "concatenate" and source["from"][0] == Z)
