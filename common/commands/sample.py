"""`sample.py` of every family: images from a finished run, a running one, or one that was killed."""

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.data.class_labels import find_label
from common.errors import UserError
from common.run.remarks import read_remarks
from common.run.run_folder import RunFolder, check_generator
from common.system.command_line import Parser, run_command
from common.system.names import file_name
from common.system.tensorflow_import import quiet_import

if TYPE_CHECKING:  # TensorFlow is imported only when the arguments are known to be good
    import keras

    from common.sampling.sampler import Sampler

EPILOG = """examples:
  %(prog)s RUN --count 10                       ten images, of a conditional run every class in turn
  %(prog)s RUN --count 10 --label cat           ten cats
  %(prog)s RUN --label all                      a grid with a row a class, the same latents in every row
  %(prog)s RUN --interpolate                    from one latent to another: interpolation.png and .gif
  %(prog)s RUN --label cat --to-label dog --interpolate 24
  %(prog)s RUN --truncation 0.7                 less variety; whether the images gain is up to the generator"""

ALL, STEPS, COUNT, COLUMNS = "all", 16, 10, 10


@dataclass(frozen=True)
class Extra:
    """A picture that a family's sample.py offers beside the images, under a flag of its own.

    `draw` takes the generator, its inputs for the images drawn ([z (N, latent_dim)], or [z, labels (N,) int32]) and the
    folder, writes the picture and returns its path. It imports TensorFlow when called, not before.
    """

    flag: str
    help: str
    draw: Callable[["keras.Model", list[np.ndarray], Path], Path]


@dataclass(frozen=True)
class Source:
    """A run's generator, what it knows, and where its images go."""

    generator: "keras.Model"
    sampler: "Sampler"
    class_names: tuple[str, ...]  # () where the generator is unconditional
    out: Path

    def labels(self, text: str | None) -> list[int]:
        """Labels of the classes that --label names; none where it is not given.

        Raises:
            UserError: an unknown class, or an unconditional generator.
        """
        if text is None:
            return []
        if not self.class_names:
            raise UserError(f"this run is unconditional; its generator takes no label {text!r}")
        return list(range(len(self.class_names))) if text == ALL else [find_label(text, self.class_names)]


def sample_command(family: str, extras: Sequence[Extra] = ()) -> None:
    """Run `sample.py` and exit."""
    run_command(lambda: _main(family, extras))


def _parser(family: str, extras: Sequence[Extra]) -> argparse.ArgumentParser:
    parser = Parser(
        prog=f"python {family}/sample.py",
        description="Draw new images from the generator that a run keeps; the run may be finished, running or killed.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", type=Path, help="run folder", metavar="RUN")
    parser.add_argument("--count", type=int, help=f"images to draw, of each class with --label all (default: {COUNT})")
    parser.add_argument("--seed", type=int, default=0, help="seed of the latents; another seed, other images")
    parser.add_argument("--out", type=Path, help="folder for the images (default: RUN/samples)")
    parser.add_argument("--label", metavar="CLASS", help=f"a class by name or number, or {ALL}")
    parser.add_argument("--interpolate", type=int, nargs="?", const=STEPS, metavar="STEPS",
                        help=f"walk between two latents in STEPS images (default: {STEPS})")  # fmt: skip
    parser.add_argument("--to-label", metavar="CLASS", help="interpolate between two classes at one latent")
    parser.add_argument("--truncation", type=float, metavar="PSI",
                        help="draw latents from N(0, 1) cut off at +-PSI (BigGAN's truncation)")  # fmt: skip
    for extra in extras:
        parser.add_argument(f"--{extra.flag}", action="store_true", help=extra.help)
    return parser


def _check(args: argparse.Namespace, extras: Sequence[Extra]) -> None:
    if (args.count is not None and args.count < 1) or args.seed < 0:
        raise UserError("--count is at least 1 and --seed at least 0")
    if args.truncation is not None and not 0 < args.truncation < math.inf:
        raise UserError(f"--truncation {args.truncation:g} is no bound; it is above 0")
    if args.interpolate is not None and args.interpolate < 2:
        raise UserError("--interpolate needs at least 2 steps")
    if args.interpolate and args.count:
        raise UserError("--count has no meaning with --interpolate; --interpolate STEPS says how many images")
    for extra in extras:
        if args.interpolate:
            raise UserError(f"--{extra.flag} has no meaning with --interpolate")
    if args.to_label and (not args.interpolate or args.label in (None, ALL) or args.to_label == ALL):
        raise UserError("--to-label needs one class, --interpolate, and --label with the class to begin at")


def _main(family: str, extras: Sequence[Extra]) -> None:
    args = _parser(family, extras).parse_args()
    extras = [extra for extra in extras if getattr(args, extra.flag)]
    _check(args, extras)
    run = RunFolder(args.run)
    config = run.read_config()
    if config["family"] != family:
        raise UserError(f"{run.path} is a run of {config['family']}; use python {config['family']}/sample.py")
    check_generator(run.generator)
    with quiet_import():
        import tensorflow  # noqa: F401
    from common.run.generator_file import load_generator
    from common.sampling.sampler import Sampler

    generator = load_generator(run.generator)
    names = tuple((config.get("data") or {}).get("classes") or ())
    latent_dim = config["settings"].get("latent_dim", {}).get("value")
    if generator.inputs[0].shape[1:] != (latent_dim,):
        raise UserError(f"{run.path}: the generator takes latents {generator.inputs[0].shape[1:]}, not the latent_dim "
                        f"of config.json, {latent_dim!r}")  # fmt: skip
    sampler = Sampler(generator, latent_dim, len(names))
    source = Source(generator, sampler, names if sampler.conditional else (), args.out or run.path / "samples")
    if args.interpolate:
        _interpolate(source, args)
    else:
        _draw(source, args, extras)
    for remark in read_remarks(run):
        print(f"remark, {remark}")


def _draw(source: Source, args: argparse.Namespace, extras: Sequence[Extra]) -> None:
    from common.figures.grids import grid, save_image
    from common.sampling.latents import latents
    from common.sampling.sampler import every_class

    sampler, labels, count = source.sampler, source.labels(args.label), args.count or COUNT
    z = latents(count, sampler.latent_dim, args.seed, "sample", args.truncation)
    z, shown = every_class(z, labels) if labels else (z, sampler.labels(count))
    inputs = [z] if shown is None else [z, shown]
    extra_files = [extra.draw(source.generator, inputs, source.out) for extra in extras]  # first: they may refuse
    images = sampler.from_latents(z, shown)
    digits = max(2, len(str(len(images) - 1)))
    for index, image in enumerate(images):
        name = "" if shown is None else f"-{file_name(source.class_names[shown[index]])}"
        save_image(source.out / f"{index:0{digits}d}{name}.png", image)
    picture = _rows(source, labels, images) if len(labels) > 1 else grid(images, min(COLUMNS, count))
    save_image(source.out / "grid.png", picture)
    drawn = [f"{len(images)} images", *(file.name for file in extra_files)]
    print(f"{', '.join(drawn)} and grid.png in {source.out}")


def _interpolate(source: Source, args: argparse.Namespace) -> None:
    from common.figures.animation import save_animation
    from common.figures.grids import grid, save_image
    from common.sampling.interpolation import between_classes, slerp
    from common.sampling.latents import latents

    sampler, labels, steps = source.sampler, source.labels(args.label), args.interpolate
    start, end = latents(2, sampler.latent_dim, args.seed, "sample", args.truncation)
    if args.to_label:
        images = between_classes(source.generator, start, *labels, *source.labels(args.to_label), steps)
    elif sampler.conditional:
        labels = labels or source.labels(ALL)
        images = sampler.by_class(slerp(start, end, steps), labels)
    else:
        images = sampler.from_latents(slerp(start, end, steps))
    strip = _rows(source, labels, images) if len(labels) > 1 else grid(images, steps)
    save_image(source.out / "interpolation.png", strip)
    frames = [grid(images[step::steps], min(5, len(images) // steps)) for step in range(steps)]
    save_animation(source.out / "interpolation.gif", frames)
    print(f"interpolation.png and interpolation.gif, {steps} steps, in {source.out}")


def _rows(source: Source, labels: list[int], images: np.ndarray) -> np.ndarray:
    from common.figures.grids import labelled_grid

    return labelled_grid(images, [source.class_names[label] for label in labels])
