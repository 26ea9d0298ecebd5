"""Sets of images from a run folder: a generator file and a latent size, nothing else of it is read."""

import hashlib
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.system.json_text import parse_json
from common.system.tensorflow_import import quiet_import
from fid.inputs.image_set import ImageSet


def open_run(path: Path, name: str, count: int, seed: int) -> ImageSet:
    """Open the images of a run's generator, made as they are read and rounded to uint8 as if saved.

    The latents are those that training measures with for the same seed. A conditional generator gets every class in
    turn.

    Raises:
        UserError: a config or generator that is missing or damaged, or a generator of another kind.
    """
    latent_dim, classes = check_run(path, name)

    with quiet_import():  # not before the arguments are known to be good
        from common.run.generator_file import load_generator
        from common.sampling.latents import latents
        from common.sampling.sampler import Sampler

    generator = load_generator(path / "generator.keras")
    if generator.inputs[0].shape[1:] != (latent_dim,) or len(generator.inputs) > 2:
        raise UserError(
            f"{name}: the generator takes {[tuple(i.shape) for i in generator.inputs]}, not z ({latent_dim},)"
        )
    if len(shape := generator.outputs[0].shape) != 4 or shape[3] != 3:
        raise UserError(f"{name}: the generator makes {tuple(shape)}, not images (N, H, W, 3)")
    sampler = Sampler(generator, latent_dim, len(classes))
    z = latents(count, latent_dim, seed, "metric")
    labels = sampler.labels(count)

    def read(indices: np.ndarray) -> np.ndarray:
        return sampler.from_latents(z[indices], None if labels is None else labels[indices])

    digest = hashlib.sha256((path / "generator.keras").read_bytes()).hexdigest()
    return ImageSet(
        name,
        "generated",
        f"{digest} latents of seed {seed}",
        *shape[1:3],
        np.arange(count),
        read,
        labels=labels,
        class_names=classes if sampler.conditional else (),
        seed=seed,
    )


def check_run(path: Path, name: str) -> tuple[int, tuple[str, ...]]:
    """Return the latent size and the class names of a run.

    Raises:
        UserError: config.json or generator.keras is missing, or the config damaged.
    """
    try:
        config = parse_json((path / "config.json").read_text(encoding="utf-8"))
        latent_dim = int(config["settings"]["latent_dim"]["value"])
        classes = tuple(map(str, config.get("data", {}).get("classes") or ()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise UserError(f"{name}: config.json is missing, damaged, or without a latent_dim ({error})") from error
    if not (path / "generator.keras").is_file():
        raise UserError(f"{name} has no generator.keras yet; a run writes it after its first epoch")
    return latent_dim, classes
