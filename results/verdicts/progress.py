"""One line for all trials: how many are done, what is under way, and the time left."""

import sys
import time
from collections.abc import Sequence

from common.system.progress import duration
from results.verdicts.runner import Runner
from results.verdicts.trial import Trial

EVERY_LIVE, EVERY = 1.0, 60.0  # seconds between two lines, on a terminal and in a file


class Overview:
    """On a terminal the line rewrites itself; in a file or a pipe there is one a minute, and one a finished trial."""

    def __init__(self, runner: Runner, trials: Sequence[Trial]):
        self._runner, self._trials = runner, {trial.id: trial for trial in trials}
        self._finished: set[str] = set()
        self._began, self._shown, self._live = time.monotonic(), time.monotonic(), sys.stdout.isatty()
        self._before = sum(min(runner.steps_done(trial), trial.steps) for trial in trials)

    def finish(self, trial_id: str, words: str) -> None:
        """Say that a trial is done, and what came of it."""
        self._finished.add(trial_id)
        self._print(f"{self._trials[trial_id].title}: {words}", "\n")
        self._shown = 0.0

    def show(self) -> None:
        """Show the state, if it is time."""
        now = time.monotonic()
        if now - self._shown >= (EVERY_LIVE if self._live else EVERY):
            self._shown = now
            self._print(self.line(now), "" if self._live else "\n")

    def line(self, now: float) -> str:
        """The state in one line; the time left is by the steps done since the start, measurements included."""
        total = sum(trial.steps for trial in self._trials.values())
        under_way = dict(self._runner.under_way)  # threads change it
        done = sum(trial.steps for key, trial in self._trials.items() if key in self._finished)
        at = {key: min(self._runner.steps_done(trial), trial.steps) for key, trial in under_way.items()}
        done += sum(at.values())
        rate = max(0, done - self._before) / max(now - self._began, 1e-9)
        left = duration((total - done) / rate) if rate else "?"
        running = ", ".join(f"{trial.title} at step {at[key]:,}" for key, trial in under_way.items())
        return f"{len(self._finished)} of {len(self._trials)} runs done, {left} left; {running or 'none under way'}"

    def _print(self, text: str, end: str) -> None:
        print(("\r\x1b[K" if self._live else "") + text, end=end, flush=True)
