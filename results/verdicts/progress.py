"""One line for all trials: how many are done, what is under way, and the time left."""

import sys
import time
from collections.abc import Sequence

from common.system.progress import duration
from results.verdicts.outcome import Record
from results.verdicts.runner import Runner
from results.verdicts.trial import Trial

EVERY_LIVE, EVERY = 1.0, 60.0  # seconds between two lines, on a terminal and in a file


class Overview:
    """On a terminal the line rewrites itself; in a file or a pipe there is one a minute, and one a finished trial."""

    def __init__(self, runner: Runner, trials: Sequence[Trial]):
        self._runner, self._trials = runner, {trial.id: trial for trial in trials}
        self._finished: set[str] = set()
        self._diverged: set[str] = set()
        self._began, self._shown, self._live = time.monotonic(), time.monotonic(), sys.stdout.isatty()
        self._before = {trial.id: self._steps(trial) for trial in trials}

    def finish(self, record: Record) -> None:
        """Say that a trial is done, and what came of it."""
        self._finished.add(record["id"])
        if record["state"] == "diverged":
            self._diverged.add(record["id"])
        words = record["diverged"] or f"{record['minutes']:.1f} minutes of training"
        self._print(f"{self._trials[record['id']].title}: {words}", "\n")
        self._shown = 0.0

    def show(self) -> None:
        """Show the state, if it is time."""
        now = time.monotonic()
        if now - self._shown >= (EVERY_LIVE if self._live else EVERY):
            self._shown = now
            self._print(self.line(now), "" if self._live else "\n")

    def line(self, now: float) -> str:
        """The state in one line; the time left is by the steps done since the start, measurements included."""
        under_way, failed = dict(self._runner.under_way), set(self._runner.failed)  # threads change them
        finished, diverged = set(self._finished), set(self._diverged)
        at = {key: self._steps(trial) for key, trial in under_way.items()}
        done = self._before | at | {key: self._trials[key].steps for key in finished}
        # Runs that ended before their last step leave nothing to be done, and say nothing of how long that takes.
        counted = self._trials.keys() - failed - diverged
        left = sum(self._trials[key].steps - done[key] for key in counted)
        rate = sum(done[key] - self._before[key] for key in counted) / max(now - self._began, 1e-9)
        time_left = duration(left / rate) if rate > 0 else "?"
        running = ", ".join(f"{trial.title} at step {at[key]:,}" for key, trial in under_way.items())
        ended = f"{len(finished)} of {len(self._trials)} runs done{f', {len(failed)} failed' if failed else ''}"
        return f"{ended}, {time_left} left; {running or 'none under way'}"

    def _steps(self, trial: Trial) -> int:
        return min(self._runner.steps_done(trial), trial.steps)

    def _print(self, text: str, end: str) -> None:
        print(("\r\x1b[K" if self._live else "") + text, end=end, flush=True)
