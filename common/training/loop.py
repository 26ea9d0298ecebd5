"""The training loop: compiled steps, a run folder that is whole after every epoch, exact resume.

Why not Keras' `fit`, which works too (`gan.compile()`, `gan.fit(dataset)`) and is right for a notebook? Three things it
does not do: stop in the middle of an epoch and go on from there to the same bytes (its data sets start anew, and its
`BackupAndRestore` drops random states); run as many steps a call as fill about a second, so that a signal is obeyed at
once on a slow machine and calls cost nothing on a fast one; write log, figures, generator and checkpoint in an order in
which a kill between any two of them loses nothing.
"""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from common.data.batches import Batches
from common.errors import NotFinite, TrainingFailed
from common.figures.grids import save_image
from common.figures.run_figures import draw_classes, draw_figures
from common.gan import GAN
from common.pages.run_page import draw_page
from common.run.checkpoints import Checkpoints, check_finite
from common.run.generator_file import is_whole, save_generator
from common.run.log import VALIDATION, Log
from common.run.run_folder import RunFolder
from common.sampling.sampler import Sampler
from common.settings import Settings
from common.system.progress import Progress
from common.system.signals import Interrupt, SystemExitBySignal
from common.training.devices import OneDevice
from common.training.evaluation import Evaluation
from common.training.fixed_samples import FixedSamples
from common.training.rollback import MOST, order_of, redraw
from common.training.tensorboard import Summaries
from common.training.watcher import Watcher

SAVE_SECONDS = 60  # between checkpoints, at least; the last epoch always ends with one
CALL_SECONDS, CALL_STEPS = 1.0, 1000  # a call of the compiled loop: about a second, at most so many steps
FIGURE_SHARE = 0.03  # of the time, at most, for curves and GIF; the grid is drawn every epoch


def compiled_steps(train_step: Callable, batches: Batches) -> Callable[[tf.data.Iterator, tf.Tensor], None]:
    """A compiled loop: so many training steps, each on the next of an iterator of `batches`."""

    @tf.function
    def run(iterator: tf.data.Iterator, count: tf.Tensor) -> None:
        for _ in tf.range(count):
            train_step(batches.load(*next(iterator)))

    return run


class Training:
    """A GAN, its data and its run folder, from wherever it stopped to the last epoch.

    `epoch` counts the epochs that are complete; `step` the steps done in the one after it.
    """

    def __init__(self, gan: GAN, batches: Batches, run: RunFolder, settings: Settings, evaluation: Evaluation | None,
                 summaries: Summaries | None = None, class_names: Sequence[str] = (),
                 validation: Batches | None = None, watcher: Watcher | None = None,
                 devices: OneDevice | None = None):  # fmt: skip
        self.gan, self.batches, self.run, self.settings = gan, batches, run, settings
        self.evaluation, self.summaries, self.validation, self.watcher = evaluation, summaries, validation, watcher
        self.devices = devices or OneDevice()
        self._held_out_losses = tf.function(gan.held_out_losses) if validation else None
        self.steps = settings.steps_per_epoch or batches.steps
        gan.total_steps = settings.epochs * self.steps
        self.sampler = Sampler(gan.sampler, settings.latent_dim, len(class_names))
        self.samples = FixedSamples(self.sampler, class_names, settings.image_size, settings.seed)
        self.checkpoints = Checkpoints(run.checkpoints)
        self.variables = gan.state()
        self.log = Log(run.log)
        self.epoch, self.step, self.seconds, self.best = 0, 0, 0.0, math.inf
        self.rolls_back, self.rollbacks = settings.on_nan == "rollback", []  # the epochs that were begun anew
        self._call_steps = self.devices.call_steps or 1
        self._figures_due = 0.0
        step = tf.function(gan.train_step, jit_compile=True) if settings.jit == "true" else gan.train_step
        self.run_steps = compiled_steps(self.devices.spread(gan, step), batches)

    def resume(self) -> bool:
        """Restore the newest whole checkpoint and the log as it was then; False where the run starts anew.

        Raises:
            UserError: the checkpoint is older than logs in checkpoints, and log.csv is damaged.
        """
        meta = self.checkpoints.restore(self.variables, run=self.run.id())
        if meta:
            self._take(meta)
            self._mend_generator()
        self.run.cut_grids(self.epoch)
        for name in self.evaluation.names if self.evaluation else ():
            if name not in self.log.metrics:
                self.log.metrics.append(name)
        return meta is not None

    def _take(self, meta: dict[str, Any]) -> None:
        self.epoch, self.step, self.rollbacks = meta["epoch"], meta["step"], meta.get("rollbacks", [])
        self.seconds, self.best = meta["seconds"], meta["best"]
        self._restore_log(meta)

    def _restore_log(self, meta: dict[str, Any]) -> None:
        if "log" in meta:
            self.log = Log.parse(meta["log"], self.run.log)
            self.log.write()
        else:
            self.log = self.run.read_log()
            self.log.cut(self.epoch)

    def _mend_generator(self) -> None:
        """Write the generator as it is now where the kept one is gone or damaged, and look for the best one anew."""
        there = self.run.generator.exists()
        if not is_whole(self.run.generator) if there else self.epoch:  # before the first epoch's end there is none
            is_what = "is damaged" if there else "is gone"
            print(f"note: {self.run.generator} {is_what}; the last checkpoint's generator takes its place", flush=True)
            save_generator(self.run.generator, self.gan.sampler)
            self.best = math.inf

    def fit(self) -> None:
        """Train up to `settings.epochs`.

        Raises:
            SystemExitBySignal: stopped by a signal, after a checkpoint.
            TrainingFailed: a loss or a weight is no longer finite (and may not be rolled back), the disk is full, or
                the folder is gone; nothing is written then, and the last good checkpoint stays.
        """
        self._saved = time.monotonic()
        self.progress = self._new_progress()
        with Interrupt() as interrupt:
            try:
                if self.rolls_back and not self.checkpoints.files():
                    self._save()
                while self.epoch < self.settings.epochs:
                    try:
                        self._train_epoch(interrupt)
                    except NotFinite as error:
                        self._roll_back(error)
                        continue
                    with interrupt.at_once():
                        metrics = self._measure()
                    self._finish_epoch(metrics)
                self._draw_figures()
            except KeyboardInterrupt:
                try:
                    self._save()
                except NotFinite:
                    if not self.rolls_back:
                        raise  # else the same command fails again, and goes back
                raise SystemExitBySignal(interrupt.signal_number or 2) from None
            except OSError as error:
                self.run.check_there()
                raise TrainingFailed(
                    f"cannot write to {self.run.path}: {error.strerror or error}; the last checkpoint stays, and the "
                    "same command goes on from there"
                ) from error

    def _train_epoch(self, interrupt: Interrupt) -> None:
        order = order_of(self.epoch, len(self.rollbacks))
        iterator = iter(self.devices.distribute(self.batches.epoch(order, self.step, self.steps)))
        while self.step < self.steps:
            count = min(self._call_steps, self.steps - self.step)
            began = time.monotonic()
            self.run_steps(iterator, tf.constant(count))
            d_loss, g_loss = self._losses()
            spent = time.monotonic() - began
            self.step += count
            self.seconds += spent
            if not self.devices.call_steps:
                self._call_steps = max(1, min(CALL_STEPS, int(count * CALL_SECONDS / spent)))
            if not math.isfinite(d_loss + g_loss):
                raise NotFinite(
                    f"the loss is no longer finite (d_loss {d_loss}, g_loss {g_loss}) in epoch {self.epoch + 1}, "
                    f"within the {count} steps before step {self.step}",
                    f"the last good checkpoint stays in {self.run.checkpoints}",
                )
            rate = count * self.settings.step_images / spent
            self.progress.update(self.epoch + 1, self.step, (d_loss, g_loss), rate)
            interrupt.check()
            self._save_if_due()
        check_finite(self.variables, (self.epoch + 1) * self.steps)  # before it is measured, drawn and kept

    def _roll_back(self, error: NotFinite) -> None:
        """Begin the epoch anew with other random numbers, where that is asked for and was not done too often."""
        if not self.rolls_back or len(self.rollbacks) == MOST:
            raise error
        rollbacks, start = [*self.rollbacks, self.epoch + 1], self.epoch * self.steps
        run = self.run.id()
        meta = self.checkpoints.restore(self.variables, start, run) or self.checkpoints.restore(self.variables, run=run)
        if meta is None:
            raise error
        self._take(meta)
        self.rollbacks = rollbacks
        redraw(self.variables, len(rollbacks))
        self.checkpoints.drop_after(self.epoch * self.steps + self.step)
        self._save()  # a stop before this line is one before the rollback: the epoch fails again, and comes here
        self.run.write_config(self.run.read_config() | {"rollbacks": rollbacks})
        self.progress = self._new_progress()
        print(f"\nnote: {error.what}; back to epoch {self.epoch}, step {self.step}, and on with other random numbers "
              f"(rollback {len(rollbacks)} of at most {MOST})", flush=True)  # fmt: skip

    def _new_progress(self) -> Progress:
        return Progress(self.settings.epochs, self.steps, self.epoch * self.steps + self.step)

    def _losses(self) -> tuple[float, float]:
        return float(self.gan.d_loss.result()), float(self.gan.g_loss.result())

    def _validate(self) -> dict[str, float]:
        """Losses on the first `validation_steps` batches of held-out images, the same ones after every epoch."""
        if not self.validation:
            return {}
        steps = min(self.settings.validation_steps, self.validation.steps)
        losses = [self._held_out_losses(batch) for batch in self.validation.epoch(0, 0, steps)]
        return {VALIDATION + name: float(np.mean([step[name] for step in losses])) for name in ("d_loss", "g_loss")}

    def _measure(self) -> dict[str, float]:
        epoch, every = self.epoch + 1, self.settings.metrics_every
        if not self.evaluation or not every or (epoch % every and epoch != self.settings.epochs):
            return {}
        return self.evaluation(self.sampler.drawing(self.settings.seed, "metric"))

    def _finish_epoch(self, metrics: dict[str, float]) -> None:
        """Log, images and figures first, the checkpoint last: what a kill finds without one is done again."""
        self.run.check_there()
        d_loss, g_loss = self._losses()
        self.epoch, self.step = self.epoch + 1, 0
        step = self.epoch * self.steps
        images = step * self.settings.step_images
        row = {"epoch": self.epoch, "step": step, "images": images, "seconds": round(self.seconds, 2),
               "d_loss": d_loss, "g_loss": g_loss, "images_per_second": self._rate(images)}  # fmt: skip
        scalars = self.gan.scalars() | self._validate()
        self.log.add(row, metrics | scalars)
        picture = self.samples.grid()
        save_image(self.run.grids / f"{self.epoch:04d}.png", picture)
        kept = self._keep_best(metrics, picture)
        if self.summaries:
            self.summaries.write(self.epoch, row | metrics | scalars, picture, self.gan)
        remarks = self.watcher.look(self.log, self.evaluation.numbers if metrics else None) if self.watcher else []
        if time.monotonic() >= self._figures_due:
            self._draw_figures()
        elif metrics:
            draw_classes(self.run)
        self.gan.d_loss.reset_state()
        self.gan.g_loss.reset_state()
        # A generator that was kept by its figure goes with the row of its figure, whatever comes.
        self._save_if_due(self.rolls_back or self.epoch == self.settings.epochs or (bool(metrics) and kept))
        self.progress.end_epoch(self.epoch, (d_loss, g_loss), row["images_per_second"], metrics)
        for remark in remarks:
            print(f"remark, {remark}", flush=True)

    def _rate(self, images: int) -> float:
        before = self.log.rows[-1] if self.log.rows else {"images": 0, "seconds": 0.0}
        return (images - before["images"]) / max(self.seconds - before["seconds"], 1e-9)

    def _keep_best(self, metrics: dict[str, float], picture: np.ndarray) -> bool:
        """Keep the generator that is best by the first metric; the last one for as long as no metric is measured.

        With keep=last it is always the last one. Returns whether it was kept.
        """
        value = next(iter(metrics.values()), math.inf)
        if metrics and self.evaluation.higher_is_better:
            value = -value
        if math.isnan(value):  # worse than any figure
            value = math.inf
        behind = value >= self.best < math.inf
        if behind and self.settings.keep == "best" and self.run.generator.exists():
            return False
        self.best = min(self.best, value)
        save_generator(self.run.generator, self.gan.sampler)
        self.samples.save(self.run, picture)
        return True

    def _draw_figures(self) -> None:
        began = time.monotonic()
        draw_figures(self.run)
        draw_page(self.run)
        self._figures_due = time.monotonic() + (time.monotonic() - began) / FIGURE_SHARE

    def _save_if_due(self, due: bool = False) -> None:
        if due or time.monotonic() - self._saved > SAVE_SECONDS:
            self._save()

    def _save(self) -> None:
        self.run.check_there()
        meta = {"epoch": self.epoch, "step": self.step, "seconds": self.seconds, "best": self.best,
                "log": self.log.text(), "rollbacks": self.rollbacks, "run": self.run.id()}  # fmt: skip
        start = self.epoch * self.steps
        self.checkpoints.save(start + self.step, self.variables, meta, keep=start if self.rolls_back else None)
        self._saved = time.monotonic()
