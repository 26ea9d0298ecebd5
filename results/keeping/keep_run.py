"""A finished run, thinned out, in its place in the repository."""

import tempfile
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.pages.run_page import draw_page
from common.recipe import get_recipe
from common.run.remarks import NAME as REMARKS
from common.run.run_folder import RunFolder, setting_values
from common.system.files import TEMPORARY, write_bytes
from common.system.tensorflow_import import quiet_import
from results.keeping.bounds import generator_bytes, run_bytes, size_of
from results.keeping.look_back import look_back
from results.keeping.pictures import keep_figures, keep_grids
from results.keeping.weights import shrink_generator
from results.verdicts.families import FAMILIES, recipes_of

AS_THEY_ARE = ("config.json", "log.csv", REMARKS)


def keep_run(run: RunFolder, place: str, results: Path, generator: bool = True) -> RunFolder:
    """Thin a run out and put it into `results/FAMILY/RECIPE`, in place of what is there.

    Args:
        run: finished, or stopped after an epoch or more. It may be the kept run itself.
        place: `FAMILY/RECIPE`.
        results: the folder of all kept runs.
        generator: keep it too; it is most of what a run has, and of some runs log and pictures say all.

    Returns:
        The kept run. Nothing is changed where an error is raised.

    Raises:
        UserError: it is no run, has no epoch or no generator yet, is of another recipe than `place`, or is too large.
    """
    config = _check(run, place)
    target = results / place
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=target.parent) as folder:
        kept = RunFolder(Path(folder) / "kept")
        for name in AS_THEY_ARE:
            if (run.path / name).exists():
                write_bytes(kept.path / name, (run.path / name).read_bytes())
        shrink_generator(run.generator, kept.generator)
        _draw(run, kept, config)
        if not (kept.path / REMARKS).exists():
            look_back(kept)
        if not generator:
            kept.generator.unlink()
        draw_page(kept, ended=True)
        _check_size(kept, config)
        _replace(target, kept.path, Path(folder) / "before")
    return RunFolder(target)


def _replace(target: Path, new: Path, aside: Path) -> None:
    if target.exists():
        target.rename(aside)
    try:
        new.rename(target)
    except OSError:
        if aside.exists():
            aside.rename(target)
        raise


def _check(run: RunFolder, place: str) -> dict[str, Any]:
    family, _, recipe = place.partition("/")
    if family not in FAMILIES:
        raise UserError(f"{place!r} is no FAMILY/RECIPE: the family is one of {', '.join(FAMILIES)}")
    get_recipe(recipes_of(family), recipe)
    config = run.read_config()
    if (found := f"{config['family']}/{config['recipe']}") != place:
        raise UserError(f"{run.path} is a run of {found}, not of {place}")
    if not run.log.exists() or not run.read_log().rows:
        raise UserError(f"{run.log} has no epoch yet; a run has one after its first epoch")
    if not run.generator.exists():
        raise UserError(f"{run.generator} does not exist; it is the larger part of what is kept")
    return config


def _draw(run: RunFolder, kept: RunFolder, config: dict[str, Any]) -> None:
    """The pictures: the run's own, and the samples once more, of the generator with rounded weights."""
    with quiet_import():  # here: mistakes are found before it
        from common.run.generator_file import load_generator
        from common.sampling.sampler import Sampler
        from common.training.fixed_samples import FixedSamples

    names = tuple((config.get("data") or {}).get("classes") or ())
    values = setting_values(config)
    sampler = Sampler(load_generator(kept.generator), values["latent_dim"], len(names))
    samples = FixedSamples(sampler, names, values["image_size"], values["seed"])
    samples.save(kept, samples.grid())
    keep_figures(run, kept)
    keep_grids(run, kept, samples.names, values["image_size"])


def _check_size(kept: RunFolder, config: dict[str, Any]) -> None:
    size, most = size_of(kept.path), run_bytes(config["settings"]["image_size"]["value"], generator_bytes(kept))
    if size > most:
        largest = sorted(((path.stat().st_size, path.name) for path in kept.path.glob("*.*")), reverse=True)[:3]
        words = ", ".join(f"{name} {count / 1e6:.2f} MB" for count, name in largest)
        raise UserError(f"{size / 1e6:.2f} MB would be kept, and at most {most / 1e6:.2f} MB may be: {words}")
