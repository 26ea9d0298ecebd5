"""From an order to a trained run: networks, data and metrics are put together, and training is seen through.

TensorFlow is imported here, when the arguments are known to be good.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from common.commands.family import Family
from common.data.dataset import Dataset
from common.errors import TrainingFailed, UserError
from common.pages.run_page import PAGE, draw_page
from common.recipe import DEFAULT, Recipe, Setting
from common.run.provenance import circumstances
from common.run.reported import DATA
from common.run.run_folder import RunFolder
from common.settings import AUTO, MachineSettings, MeasuringSettings, Settings
from common.system.cluster import Cluster
from common.system.fields import fields
from common.system.tensorflow_import import quiet_import
from common.training.automatic import choose, this_machine

if TYPE_CHECKING:
    from common.gan import GAN
    from common.training.devices import OneDevice
    from common.training.evaluation import Evaluation
    from common.training.loop import Training

THEN = ", then "  # between the devices of a run that went on elsewhere


@dataclass(frozen=True)
class Order:
    """A training as the command line has it, all of it checked; `config` is what config.json will say, so far."""

    family: Family
    recipe: Recipe
    dataset: Dataset
    run: RunFolder
    config: dict[str, Any]
    cluster: Cluster
    weights: Path | None = None  # of the FID network
    tensorboard: bool = False
    histograms: bool = False


def carry_out(order: Order) -> None:
    """Train, or go on training, until the run has its epochs.

    Raises:
        SystemExit: stopped by a signal; all is saved.
        TrainingFailed: a worker is gone.
        UserError: whatever cannot be measured, restored or written.
    """
    with quiet_import():
        from common.training.devices import WORKER_GONE
        from common.training.forecast import forecast

    recipe = _settle(order)
    config = order.config | {"settings": recipe.record(), "fast_step": _has_fast_step(order.run)}
    training = _assemble(order, recipe.settings, config)
    resumed = training.resume()
    _begin(order, training, config, resumed)
    _announce(training, recipe, resumed, order.dataset)
    print(forecast(training, config) if order.cluster.workers == 1 else "", end="", flush=True)
    try:
        training.fit()
    except SystemExit:
        print(f"\nStopped and saved. The same command goes on from here, or: "
              f"python {order.family.name}/train.py --resume {order.run.path}")  # fmt: skip
        raise
    except WORKER_GONE as error:
        if order.cluster.workers == 1:
            raise
        raise TrainingFailed(
            f"a worker is gone, and the training with it ({type(error).__name__}); the same command, given again to "
            f"all {order.cluster.workers}, goes on from the last checkpoint"
        ) from error
    print(f"Done: {order.run.path}")


def _assemble(order: Order, settings: Settings, config: dict[str, Any]) -> "Training":
    """Put together what trains; `config` learns what is measured."""
    from common.data.batches import Batches
    from common.training.devices import make_devices
    from common.training.loop import Training
    from common.training.tensorboard import Summaries
    from common.training.watcher import Watcher

    dataset, run = order.dataset, order.run
    devices = make_devices(settings, order.cluster)
    devices.agree(_shared(order, settings))
    gan = _build(order, settings, devices, config["fast_step"])
    evaluation = _make_evaluation(order, settings, gan)
    config["metrics"] = evaluation.describe() if evaluation else {}
    check_weights(run, config["metrics"])
    batches = Batches(dataset.train, settings.step_images, settings.seed, settings.flip, settings.shuffle,
                      devices.place(dataset.train.images))  # fmt: skip
    validation = None
    if settings.validation_steps:
        validation = Batches(dataset.test, settings.batch_size, settings.seed)
    summaries = Summaries(run.path / "tensorboard", order.histograms) if order.tensorboard else None
    return Training(gan, batches, run, settings, evaluation, summaries, dataset.class_names, validation,
                    Watcher(gan, batches, run, settings), devices)  # fmt: skip


def _shared(order: Order, settings: Settings) -> dict[str, Any]:
    """What all workers of a training have to have alike: all but what the first one alone measures, and paths."""
    own = {*fields(MeasuringSettings), "data"}
    shared = {name: getattr(settings, name) for name in fields(type(settings)) if name not in own}
    return {"family": order.family.name, **shared, "images": order.dataset.fingerprint[:8]}


def _build(order: Order, settings: Settings, devices: "OneDevice", fast_step: bool) -> "GAN":
    """The networks, under the seed and in the precision of the settings."""
    import keras

    from common.training.determinism import make_deterministic
    from common.training.fast_step import speed_up

    make_deterministic(settings.seed, settings.deterministic == "true")
    keras.config.set_dtype_policy(settings.precision)
    with devices.scope():
        gan = order.family.build(settings, len(order.dataset.class_names))
    if fast_step:
        speed_up(gan)
    return gan


def _make_evaluation(order: Order, settings: Settings, gan: "GAN") -> "Evaluation | None":
    from common.sampling.sampler import is_conditional

    if not settings.metrics_every or not order.cluster.leads:
        return None
    return order.family.evaluate(
        settings.metric_names(), order.dataset, settings.metric_real, settings.metric_fake, order.weights,
        is_conditional(gan.sampler), _measured_before(order.run),
    )  # fmt: skip


def _begin(order: Order, training: "Training", config: dict[str, Any], resumed: bool) -> None:
    """Take over another run's weights where that is asked for, and write config.json and the run's page."""
    from common.training.init_from import init_from

    if "init_from" in config and not resumed:
        config["init_from"] = begun = init_from(training.gan, RunFolder(config["init_from"]["run"]))
        print(f"Begins with the weights of {begun['run']} ({begun['recipe']}): {', '.join(begun['networks'])}")
    config["id"] = order.run.id() if order.run.config.exists() else uuid4().hex
    if not resumed or training.settings.epochs > training.epoch:
        rollbacks = {"rollbacks": training.rollbacks} if training.rollbacks else {}
        now = circumstances()
        if resumed:
            before = order.run.read_config()
            now |= {"started": before.get("started"), "resumed": [*before.get("resumed", ()), now["started"]],
                    "device": _all_devices(before.get("device"), now["device"])}  # fmt: skip
        order.run.write_config(config | rollbacks | now)
    draw_page(order.run)


def _all_devices(before: object, now: str) -> str:
    """In words, the devices that a run has had, one after the other: its minutes are of them all."""
    if not isinstance(before, str):
        return now
    return before if before.split(THEN)[-1] == now else f"{before}{THEN}{now}"


def _settle(order: Order) -> Recipe:
    """Choose what the settings leave open: what suits this machine, and what is measured."""
    recipe = order.recipe.settle(choose(order.recipe.settings, this_machine()))
    settings = recipe.settings
    if settings.metrics != AUTO or not settings.metrics_every:
        return recipe
    metrics, why = order.family.choose_metrics(settings.data == DATA, order.weights)
    return recipe.settle({"metrics": Setting(metrics, DEFAULT, f"auto: {why}")})


def _has_fast_step(run: RunFolder) -> bool:
    """Whether a run trains by `common.training.fast_step`: one that began before there was one goes on as it was."""
    return not run.config.exists() or run.read_config().get("fast_step") is True


def _measured_before(run: RunFolder) -> set[str]:
    """Names of the protocols that a run to be gone on with has measured."""
    config = run.read_config() if run.config.exists() else {}
    return {about.get("name", column) for column, about in config.get("metrics", {}).items()}


def check_weights(run: RunFolder, metrics: dict[str, dict[str, Any]]) -> None:
    """Refuse to go on with a curve by other weights of its network: its points would not compare.

    Raises:
        UserError: names the first such metric.
    """
    before = (run.read_config().get("metrics") or {}) if run.config.exists() else {}
    for name, about in metrics.items():
        there, here = before.get(name, {}).get("weights_sha256"), about["weights_sha256"]
        if there and there != here:
            raise UserError(f"{run.path} was measured by other weights: those of {name} are {there[:8]} there and "
                            f"{here[:8]} here. Name the earlier ones (--weights), or choose another --out")  # fmt: skip


def _announce(training: "Training", recipe: Recipe, resumed: bool, dataset: Dataset) -> None:
    place, settings = training.run.path, training.settings
    networks = (
        f"G {training.gan.generator.count_params():,} and D {training.gan.discriminator.count_params():,} parameters"
    )
    print(f"{training.run.title()}: {networks}, {len(dataset.train):,} images, batch {settings.batch_size}, {place}")
    print(f"Its page, refreshed as training goes: {place / PAGE}")
    print(", ".join(f"{name} {item.value}" + (f" ({item.why})" if item.why else "")
                    for name, item in recipe.provenance().items() if name in fields(MachineSettings)))  # fmt: skip
    if parts := training.devices.looks_at_parts(training.gan):
        print(f"note: every device has its part of a batch, and {', '.join(parts)} looks at that alone")
    measured = recipe.provenance()["metrics"]
    if measured.why and settings.metrics_every:
        print(f"metrics {measured.value} ({measured.why})")
    if resumed and training.epoch >= settings.epochs:
        further = "a larger --epochs takes it further" if settings.decay_from == 1.0 else "its learning rates are at 0"
        print(f"This run has its {training.epoch} epochs; {further}.")
    elif resumed:
        print(f"Going on after epoch {training.epoch}, step {training.step}.")
