"""The command line of every family's `train.py`: it becomes an order, all checked, which is then carried out."""

import argparse
import contextlib
import io
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from common.commands.family import Family
from common.commands.order import Order, carry_out
from common.commands.setting_flags import add_setting_flags, setting_changes
from common.data.dataset import Dataset, folder_name
from common.data.load import load_dataset
from common.errors import UserError
from common.recipe import COMMAND_LINE, Recipe, get_recipe
from common.run.run_folder import RunFolder
from common.settings import Settings
from common.system.cluster import read_cluster
from common.system.command_line import Parser, run_command
from common.system.fields import defaults
from common.system.names import file_name
from common.training.automatic import BEFORE, as_begun

EPILOG = """examples:
  %(prog)s                                         the main recipe on CIFAR-10, whole: on a CPU hours to days
  python dcgan/train.py --recipe quick             a first try: digits, nothing to download
  %(prog)s --data my-pictures --image-size 64      any folder of pictures: flat, or one folder a class
  %(prog)s --recipe RECIPE --epochs 50 --set real_target=1.0
  %(prog)s --resume RUN --epochs 90                go on, and further
  %(prog)s --init-from RUN --out runs/b --set loss=hinge    begin with its weights

The same command again goes on where a stopped run was, to the same weights as if it had never stopped."""


def train_command(family: Family) -> None:
    """Run `train.py` and exit."""
    run_command(lambda: _main(family))


def _parser(family: Family) -> argparse.ArgumentParser:
    parser = Parser(
        prog=f"python {family.name}/train.py",
        description=f"Train a {family.name} recipe and keep everything about the run in one folder.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--list", action="store_true", help="show the recipes: what is stated, in the author's code, assumed"
    )
    parser.add_argument("--settings", action="store_true",
                        help="show every setting of the recipe: value, source, meaning, what it may be")  # fmt: skip
    parser.add_argument("--recipe", help=f"one of {', '.join(family.recipes)} (default: {family.default})")
    parser.add_argument(
        "--out", type=Path, help="run folder (default: runs/FAMILY-RECIPE, with other --data FAMILY-RECIPE-DATA)"
    )
    parser.add_argument("--resume", nargs="?", const=True, metavar="RUN",
                        help="go on with RUN under its own settings; without RUN, refuse to start anew")  # fmt: skip
    parser.add_argument("--init-from", type=Path, metavar="RUN",
                        help="begin with the weights of another run, of its newest checkpoint; where it has none, with "
                             "its generator alone")  # fmt: skip
    parser.add_argument("--weights", type=Path,
                        help="weights of the FID network (default: $FID_WEIGHTS, the cache, a download)")  # fmt: skip
    parser.add_argument("--tensorboard", action="store_true", help="write TensorBoard logs into RUN/tensorboard")
    parser.add_argument("--histograms", action="store_true", help="with --tensorboard: histograms of all weights too")
    add_setting_flags(parser)
    return parser


def _main(family: Family) -> None:
    args = _parser(family).parse_args()
    if args.list:
        print("\n\n".join(recipe.describe() for recipe in family.recipes.values()))
        return
    if args.tensorboard and find_spec("tensorboard") is None:
        raise UserError("--tensorboard needs the package tensorboard: pip install tensorboard")
    if args.histograms and not args.tensorboard:
        raise UserError("--histograms go into TensorBoard's logs; add --tensorboard")
    recipe, run = _choose(family, args)
    if args.settings:
        print(recipe.explain())
        return
    order = _check(family, recipe, run, args)
    if order.cluster.leads:
        with run.held():
            carry_out(order)
        return
    print(f"worker {order.cluster.index + 1} of {order.cluster.workers}; the first one says how the training goes",
          flush=True)  # fmt: skip
    with run.copied() as copy, contextlib.redirect_stdout(io.StringIO()):
        carry_out(replace(order, run=copy))


def _check(family: Family, recipe: Recipe, run: RunFolder, args: argparse.Namespace) -> Order:
    """Whatever can be refused before TensorFlow is there, cheapest first; the folder and the data are then there."""
    family.check_metrics(recipe.settings.metric_names())
    cluster, resuming = read_cluster(), run.config.exists()
    if cluster.workers > 1 and recipe.settings.jit == "true":
        raise UserError(f"jit=true is for one device: XLA cannot join the {cluster.workers} workers of TF_CONFIG")
    if args.resume and not resuming:
        raise UserError(f"{run.path} is not a run folder; there is nothing to resume")
    if resuming:
        recipe = recipe.settle(as_begun(recipe.settings, run.read_config()))
    config = {"family": family.name, "recipe": recipe.name, "writeup": recipe.writeup, "reported": recipe.reported,
              "reported_fid": recipe.reported_fid, "reported_protocol": recipe.reported_protocol, "unit": recipe.unit,
              "workers": cluster.workers, "settings": recipe.record()}  # fmt: skip
    config |= _init_from(args.init_from, run)
    if resuming:
        run.check_same(config, earlier := defaults(recipe.kind) | BEFORE)
    if cluster.leads:
        run.create()
    settings = recipe.settings
    dataset = load_dataset(settings.data, settings.image_size, settings.crop, settings.skip_broken)
    for note in dataset.notes:
        print(f"note: {note}")
    _check_counts(settings, dataset)
    config["data"] = {"name": dataset.name, "train": len(dataset.train), "test": len(dataset.test),
                      "classes": dataset.class_names, "fingerprint": dataset.fingerprint,
                      "notes": dataset.notes}  # fmt: skip
    if resuming:
        run.check_same(config, earlier)
    return Order(family, recipe, dataset, run, config, cluster, args.weights, args.tensorboard, args.histograms)


def _check_counts(settings: Settings, dataset: Dataset) -> None:
    """Whether there are as many images as the settings ask for."""
    if settings.step_images > len(dataset.train):
        raise UserError(
            f"a step of {settings.step_images} images is more than the {len(dataset.train)} training images; "
            "lower --batch-size"
        )
    if settings.validation_steps and settings.batch_size > len(dataset.test):
        raise UserError(
            f"validation_steps={settings.validation_steps} needs {settings.batch_size} test images, a batch, and there "
            f"are {len(dataset.test)}; --set validation_steps=0 goes without"
        )
    full = len(dataset.train) // settings.step_images
    if settings.steps_per_epoch > full:
        raise UserError(f"steps_per_epoch={settings.steps_per_epoch} is more than the {full} full batches in the data")


def _choose(family: Family, args: argparse.Namespace) -> tuple[Recipe, RunFolder]:
    changes = setting_changes(args)
    name, out = args.recipe, args.out
    if isinstance(args.resume, str):
        run = RunFolder(args.resume)
        if out and RunFolder(out).path.resolve() != run.path.resolve():
            raise UserError("--resume RUN and --out name two folders; give one of them")
        config = run.read_config()
        if config["family"] != family.name:
            raise UserError(f"{run.path} is a run of {config['family']}; go on with python {config['family']}/train.py")
        name = name or config["recipe"]
        kept = {k: item["value"] for k, item in config["settings"].items() if item.get("source") == COMMAND_LINE}
        return get_recipe(family.recipes, name).override(kept | changes), run
    recipe = get_recipe(family.recipes, name or family.default).override(changes)
    data = recipe.settings.data
    suffix = "" if data == recipe.own("data").value else f"-{file_name(folder_name(data))}"
    return recipe, RunFolder(out or Path("runs") / f"{family.name}-{recipe.name}{suffix}")


def _init_from(source: Path | None, run: RunFolder) -> dict[str, Any]:
    """What config.json says of where the weights come from: what `--init-from` has, or what the run has begun with."""
    begun = run.read_config().get("init_from") if run.config.exists() else None
    if source is None:
        return {"init_from": begun} if begun else {}
    if begun and folder_name(begun["run"]) == folder_name(source):
        return {"init_from": begun | {"run": str(source)}}
    if source.resolve() == run.path.resolve():
        raise UserError(f"--init-from {source} is the run itself; the same command without it goes on with it")
    RunFolder(source).read_config()  # refused now, not when the data are there
    return {"init_from": {"run": str(source)}}
