"""`sample.py` of every family: images from a finished run, a running one, or one that was killed."""

import argparse
from pathlib import Path

from common.cli import Parser, run_command
from common.errors import UserError
from common.quiet import quiet_import
from common.run_folder import RunFolder


def sample_command(family: str) -> None:
    """Run `sample.py` and exit."""
    run_command(lambda: _main(family))


def _main(family: str) -> None:
    parser = Parser(
        prog=f"python {family}/sample.py",
        description="Draw new images from a run's best generator; the run may be finished, running or killed.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("run", type=Path, help="run folder")
    parser.add_argument("--count", type=int, default=10, help="images to draw")
    parser.add_argument("--seed", type=int, default=0, help="seed of the latents; another seed, other images")
    parser.add_argument("--out", type=Path, help="folder for the images (default: RUN/samples)")
    args = parser.parse_args()
    if args.count < 1 or args.seed < 0:
        raise UserError("--count is at least 1 and --seed at least 0")
    run = RunFolder(args.run)
    config = run.read_config()
    if config["family"] != family:
        raise UserError(f"{run.path} is a run of {config['family']}; use python {config['family']}/sample.py")
    if not run.generator.exists():
        raise UserError(f"{run.generator} does not exist; a run has one after its first epoch")
    _draw(run, config["settings"]["latent_dim"]["value"], args)


def _draw(run: RunFolder, latent_dim: int, args: argparse.Namespace) -> None:
    with quiet_import():
        import tensorflow  # noqa: F401
    from common.figures import grid, save_image
    from common.sampling import Sampler, load_generator

    out = args.out or run.path / "samples"
    images = Sampler(load_generator(run.generator), latent_dim).draw(args.count, args.seed, "sample")
    digits = max(2, len(str(args.count - 1)))
    for index, image in enumerate(images):
        save_image(out / f"{index:0{digits}d}.png", image)
    save_image(out / "grid.png", grid(images, columns=min(10, args.count)))
    print(f"{args.count} images and grid.png in {out}")
