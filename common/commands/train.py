"""`train.py` of every family: choose a recipe, prepare a run folder, train or go on."""

import argparse
import contextlib
import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.commands.setting_flags import add_setting_flags, setting_changes
from common.data.dataset import Dataset, folder_name
from common.data.load import load_dataset
from common.errors import TrainingFailed, UserError
from common.pages.run_page import PAGE, draw_page
from common.recipe import COMMAND_LINE, DEFAULT, Recipe, Setting, get_recipe
from common.run.provenance import circumstances
from common.run.run_folder import RunFolder
from common.settings import AUTO, MachineSettings, Settings
from common.system.cluster import Cluster, read_cluster
from common.system.command_line import Parser, run_command
from common.system.fields import fields
from common.system.tensorflow_import import quiet_import
from common.training.automatic import as_begun, choose, this_machine

if TYPE_CHECKING:  # TensorFlow is imported only when the arguments are known to be good
    from common.gan import GAN
    from common.training.evaluation import Evaluation

EPILOG = """examples:
  %(prog)s                                         the main recipe on CIFAR-10, at the write-up's own length
  python dcgan/train.py --recipe quick             a first try: digits, nothing to download
  %(prog)s --data my-pictures --image-size 64      any folder of pictures: flat, or one folder a class
  %(prog)s --recipe csa250 --epochs 50 --set real_target=1.0
  %(prog)s --resume runs/dcgan-bendale --epochs 90    go on, and further
  %(prog)s --init-from runs/dcgan-bendale --out runs/b --set loss=hinge    begin with its weights

The same command again goes on where a stopped run was, to the same weights as if it had never stopped."""


@dataclass(frozen=True)
class Family:
    """What a family's train.py hands in. `build` and `evaluate` import TensorFlow when called, not before.

    `check_metrics` raises a UserError for names that `evaluate` could not measure; `choose_metrics` says what to
    measure where nothing is asked for, and why.
    """

    name: str
    recipes: Mapping[str, Recipe]
    default: str
    build: Callable[[Settings, int], "GAN"]  # the int: classes of the data
    check_metrics: Callable[[list[str]], Any]
    choose_metrics: Callable[[bool, Path | None], tuple[str, str]]  # of a write-up's system on CIFAR-10?; weights
    evaluate: Callable[..., "Evaluation | None"]  # see fid.evaluation.training.make_evaluation


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
    parser.add_argument("--out", type=Path, help="run folder (default: runs/FAMILY-RECIPE)")
    parser.add_argument("--resume", nargs="?", const=True, metavar="RUN",
                        help="go on with RUN under its own settings; without RUN, refuse to start anew")  # fmt: skip
    parser.add_argument("--init-from", type=Path, metavar="RUN",
                        help="begin with the weights of another run, of its newest checkpoint; where it has none, with "
                             "its generator alone")  # fmt: skip
    parser.add_argument("--weights", type=Path, help="weights of the FID network (default: $FID_WEIGHTS, the cache)")
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
    family.check_metrics(recipe.settings.metric_names())
    cluster, resuming = read_cluster(), run.config.exists()
    if args.resume and not resuming:
        raise UserError(f"{run.path} is not a run folder; there is nothing to resume")
    if resuming:
        recipe = recipe.settle(as_begun(recipe.settings, run.read_config()))
    settings = recipe.settings
    config = {"family": family.name, "recipe": recipe.name, "writeup": recipe.writeup, "reported": recipe.reported,
              "reported_fid": recipe.reported_fid, "reported_protocol": recipe.reported_protocol, "unit": recipe.unit,
              "workers": cluster.workers, "settings": recipe.record()}  # fmt: skip
    config |= _init_from(args.init_from, run)
    if resuming:
        run.check_same(config)
    if cluster.index == 0:
        run.create()
    dataset = load_dataset(settings.data, settings.image_size, settings.crop, settings.skip_broken)
    for note in dataset.notes:
        print(f"note: {note}")
    if settings.step_images > len(dataset.train):
        raise UserError(
            f"a step of {settings.step_images} images is more than the {len(dataset.train)} training images"
        )
    if settings.validation_steps and settings.batch_size > len(dataset.test):
        raise UserError(
            f"validation_steps={settings.validation_steps} needs {settings.batch_size} test images, a batch, and there "
            f"are {len(dataset.test)}; --set validation_steps=0 goes without"
        )
    full = len(dataset.train) // settings.step_images
    if settings.steps_per_epoch > full:
        raise UserError(f"steps_per_epoch={settings.steps_per_epoch} is more than the {full} full batches in the data")
    config["data"] = {"name": dataset.name, "train": len(dataset.train), "test": len(dataset.test),
                      "classes": dataset.class_names, "fingerprint": dataset.fingerprint,
                      "notes": dataset.notes}  # fmt: skip
    if resuming:
        run.check_same(config)
    if cluster.index == 0:
        with run.held():
            _train(family, recipe, dataset, run, config, args, cluster)
        return
    print(f"worker {cluster.index + 1} of {cluster.workers}; the first one says how the training goes", flush=True)
    with run.copied() as copy, contextlib.redirect_stdout(io.StringIO()):
        _train(family, recipe, dataset, copy, config, args, cluster)


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
    suffix = "" if data == recipe.own("data").value else f"-{folder_name(data)}"
    return recipe, RunFolder(out or Path("runs") / f"{family.name}-{recipe.name}{suffix}")


def _train(family: Family, recipe: Recipe, dataset: Dataset, run: RunFolder, config: dict[str, Any],
           args: argparse.Namespace, cluster: Cluster) -> None:  # fmt: skip
    with quiet_import():
        import keras
        import tensorflow as tf
    from common.data.batches import Batches
    from common.sampling.sampler import is_conditional
    from common.training.determinism import make_deterministic
    from common.training.devices import make_devices
    from common.training.fast_step import speed_up
    from common.training.forecast import forecast
    from common.training.init_from import init_from
    from common.training.loop import Training
    from common.training.tensorboard import Summaries
    from common.training.watcher import Watcher

    recipe = _with_metrics(family, recipe.settle(choose(recipe.settings, this_machine())), args.weights)
    settings, config["settings"] = recipe.settings, recipe.record()
    devices = make_devices(settings, cluster)
    make_deterministic(settings.seed, settings.deterministic == "true")
    keras.config.set_dtype_policy(settings.precision)
    with devices.scope():
        gan = family.build(settings, len(dataset.class_names))
    config["fast_step"] = _has_fast_step(run)
    if config["fast_step"]:
        speed_up(gan)
    evaluation = None
    if settings.metrics_every and cluster.index == 0:
        evaluation = family.evaluate(
            settings.metric_names(), dataset, settings.metric_real, settings.metric_fake, args.weights,
            is_conditional(gan.sampler), _measured_before(run),
        )  # fmt: skip
    config["metrics"] = evaluation.describe() if evaluation else {}
    batches = Batches(dataset.train, settings.step_images, settings.seed, settings.flip, settings.shuffle,
                      devices.place(dataset.train.images))  # fmt: skip
    validation = None
    if settings.validation_steps:
        validation = Batches(dataset.test, settings.batch_size, settings.seed)
    summaries = Summaries(run.path / "tensorboard", args.histograms) if args.tensorboard else None
    training = Training(gan, batches, run, settings, evaluation, summaries, dataset.class_names, validation,
                        Watcher(gan, batches, run, settings), devices)  # fmt: skip
    resumed = training.resume()
    if "init_from" in config and not resumed:
        config["init_from"] = begun = init_from(gan, RunFolder(config["init_from"]["run"]))
        print(f"Begins with the weights of {begun['run']} ({begun['recipe']}): {', '.join(begun['networks'])}")
    if not resumed or settings.epochs > training.epoch:
        rollbacks = {"rollbacks": training.rollbacks} if training.rollbacks else {}
        run.write_config(config | rollbacks | circumstances())
    draw_page(run)
    _announce(training, recipe, resumed, dataset)
    if cluster.workers == 1:
        print(forecast(training, config), end="", flush=True)
    try:
        training.fit()
    except SystemExit:
        print(f"\nStopped and saved. The same command goes on from here, or: "
              f"python {family.name}/train.py --resume {run.path}")  # fmt: skip
        raise
    except tf.errors.OpError as error:
        if cluster.workers == 1:
            raise
        raise TrainingFailed(
            f"a worker is gone, and the training with it ({type(error).__name__}); the same command, given again to "
            f"all {cluster.workers}, goes on from the last checkpoint"
        ) from error
    print(f"Done: {run.path}")


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


def _has_fast_step(run: RunFolder) -> bool:
    """Whether a run trains by `common.training.fast_step`: one that began before there was one goes on as it was."""
    return not run.config.exists() or run.read_config().get("fast_step") is True


def _measured_before(run: RunFolder) -> set[str]:
    """Names of the protocols that a run to be gone on with has measured."""
    config = run.read_config() if run.config.exists() else {}
    return {about.get("name", column) for column, about in config.get("metrics", {}).items()}


def _with_metrics(family: Family, recipe: Recipe, weights: Path | None) -> Recipe:
    """Choose what is measured, where that is left open."""
    settings = recipe.settings
    if settings.metrics != AUTO or not settings.metrics_every:
        return recipe
    metrics, why = family.choose_metrics(settings.data == "cifar10", weights)
    return recipe.settle({"metrics": Setting(metrics, DEFAULT, f"auto: {why}")})


def _announce(training: Any, recipe: Recipe, resumed: bool, dataset: Dataset) -> None:
    place, settings = training.run.path, training.settings
    networks = (
        f"G {training.gan.generator.count_params():,} and D {training.gan.discriminator.count_params():,} parameters"
    )
    print(f"{training.run.title()}: {networks}, {len(dataset.train):,} images, batch {settings.batch_size}, {place}")
    print(f"Its page, refreshed as training goes: {place / PAGE}")
    print(", ".join(f"{name} {item.value}" + (f" ({item.why})" if item.why else "")
                    for name, item in recipe.provenance().items() if name in fields(MachineSettings)))  # fmt: skip
    measured = recipe.provenance()["metrics"]
    if measured.why and settings.metrics_every:
        print(f"metrics {measured.value} ({measured.why})")
    if resumed and training.epoch >= settings.epochs:
        further = "a larger --epochs takes it further" if settings.decay_from == 1.0 else "its learning rates are at 0"
        print(f"This run has its {training.epoch} epochs; {further}.")
    elif resumed:
        print(f"Going on after epoch {training.epoch}, step {training.step}.")
    sys.stdout.flush()
