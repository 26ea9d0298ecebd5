"""Progress lines: of a training on standard output, of work on images on standard error."""

import sys
import time


class Progress:
    """One line that rewrites itself on a terminal; in a file or a pipe, one line an epoch.

    The images a second are those of the training steps; the time left is of everything, measurements too.
    """

    def __init__(self, epochs: int, steps: int, done_steps: int):
        self.epochs, self.steps, self.first_step = epochs, steps, done_steps
        self.began, self.live = time.monotonic(), sys.stdout.isatty()

    def update(self, epoch: int, step: int, losses: tuple[float, float], images_per_second: float) -> None:
        """Show the state within an epoch; `step` counts from 0 in this epoch, `losses` are D's and G's."""
        if self.live:
            self._show(self._line(epoch, step, losses, images_per_second), end="")

    def end_epoch(
        self, epoch: int, losses: tuple[float, float], images_per_second: float, metrics: dict[str, float]
    ) -> None:
        """Show an epoch's last line, with what was measured, but for the figures of single classes (NAME/CLASS)."""
        line = self._line(epoch, self.steps, losses, images_per_second)
        line += "".join(f"  {name} {value:.4g}" for name, value in metrics.items() if "/" not in name)
        self._show(line, end="\n")

    def _show(self, line: str, end: str) -> None:
        print(("\r\x1b[K" if self.live else "") + line, end=end, flush=True)

    def _line(self, epoch: int, step: int, losses: tuple[float, float], images_per_second: float) -> str:
        done = (epoch - 1) * self.steps + step
        rate = (done - self.first_step) / max(time.monotonic() - self.began, 1e-9)
        left = (self.epochs * self.steps - done) / rate if rate else float("inf")
        return (
            f"epoch {epoch}/{self.epochs}  step {step}/{self.steps}  d_loss {losses[0]:.3f}  g_loss {losses[1]:.3f}"
            f"  {images_per_second:.0f} images/s  {duration(left)} left"
        )


class ImageProgress:
    """Images done, a second, and time left, on standard error: one live line on a terminal, in a file one a minute."""

    def __init__(self, name: str, total: int | None = None):
        self.name, self.total, self.done, self._live = name, total, 0, sys.stderr.isatty()
        self._start = time.monotonic()
        self._shown = 0.0 if self._live else self._start

    def add(self, count: int) -> None:
        """Count images that are done; `total` of them end the line."""
        self.done += count
        now, ended = time.monotonic(), self._live and self.done == self.total
        if now - self._shown < (0.5 if self._live else 60.0) and not ended:
            return
        self._shown = now
        rate = self.done / max(now - self._start, 1e-9)
        text = f"{self.name}: {self.done:,}" + (f" of {self.total:,}" if self.total else "") + f" images, {rate:.0f}/s"
        if self.total:
            text += f", {(self.total - self.done) / rate:.0f} s left"
        if self._live:
            text = f"\r{text} "
        print(text, end="" if self._live and not ended else "\n", file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Seconds as `1:02:03`, or `2:03` under an hour, or days above one."""
    if seconds == float("inf"):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
