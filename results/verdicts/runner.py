"""Do trials, so many at a time, each in its folder `runs/claims/ID`; stopped at any instant, they go on from there."""

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.run.run_folder import RunFolder
from common.system.files import exclusive, write_text
from common.system.json_text import parse_json
from results.verdicts.outcome import Record, diverged_words, lacks_weights, make_record, record_text
from results.verdicts.share import Share, share_out
from results.verdicts.trial import Trial

ROOT = Path(__file__).resolve().parents[2]


class Stopped(Exception):
    """The runner was told to stop while a command ran."""


class TrialFailed(Exception):
    """A command of a trial ended with an error that is no outcome: a wrong path, a full disk."""


class Runner:
    """Threads, one a job, that take trials in turn. Each has cores of its own, and a GPU, and with it what it starts.

    Args:
        folder: where the run folders go.
        jobs: trials at a time.
        done: called with each record as it comes, one call at a time.
        root: the project whose commands are used.
    """

    def __init__(self, folder: Path, jobs: int, done: Callable[[Record], None], root: Path = ROOT):
        self.folder, self.jobs, self.root = folder.resolve(), jobs, root
        self.failures: list[str] = []  # of runs, and of measurements of runs that are done
        self.failed: set[str] = set()  # runs that came to no outcome
        self.under_way: dict[str, Trial] = {}
        self._done, self._lock, self._stopping = done, threading.Lock(), threading.Event()
        self._processes: set[subprocess.Popen] = set()
        self._queue: queue.SimpleQueue[tuple[Trial, tuple[str, ...]]] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def start(self, work: Iterable[tuple[Trial, tuple[str, ...]]]) -> None:
        """Begin with trials, each with the protocols by which its last generator is measured."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for item in work:
            self._queue.put(item)
        self._threads = [threading.Thread(target=self._work, args=(share,)) for share in share_out(self.jobs)]
        for thread in self._threads:
            thread.start()

    def busy(self) -> bool:
        """Whether a job still works."""
        return any(thread.is_alive() for thread in self._threads)

    def wait(self, seconds: float) -> None:
        """Wait until all jobs are done, or so long."""
        for thread in self._threads:
            thread.join(seconds / self.jobs)

    def stop(self) -> None:
        """Ask every command to save and end, as Ctrl-C does, and wait until all have."""
        self._stopping.set()
        with self._lock:
            for process in self._processes:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGINT)
        for thread in self._threads:
            thread.join()

    def steps_done(self, trial: Trial) -> int:
        """Steps of a trial that its log has."""
        with contextlib.suppress(UserError):
            rows = RunFolder(self.folder / trial.id).read_log().rows
            return int(rows[-1]["step"]) if rows else 0
        return 0

    def _work(self, share: Share) -> None:
        share.pin_thread()
        while not self._stopping.is_set():
            try:
                trial, protocols = self._queue.get_nowait()
            except queue.Empty:
                return
            self.under_way[trial.id] = trial
            try:
                record = self._do(trial, protocols, share)
                with self._lock:
                    self._done(record)
            except Stopped:
                return
            except Exception as error:  # whatever it is: a job that ended unseen would pass for one that is done
                self.failed.add(trial.id)
                self.failures.append(f"{trial.title}: {_words(error)}")
            finally:
                self.under_way.pop(trial.id, None)

    def _do(self, trial: Trial, protocols: Iterable[str], share: Share) -> Record:
        """Train, measure, keep the record; each of the three is done again only where it was not finished."""
        run, env = RunFolder(self.folder / trial.id), share.environment()
        self._make_free(run)
        trained_on = self._trained_on(trial, run, share)
        diverged = self._train(trial, run, env)
        end: dict[str, Any] = {}
        for protocol in () if diverged else protocols:
            try:
                if result := self._measure(trial, run, protocol, env):
                    end[protocol] = result
            except TrialFailed as error:  # what was trained counts; the next start measures again
                self.failures.append(f"{trial.title}, {protocol}: {error}")
        record = make_record(trial, run, end, diverged, trained_on)
        write_text(run.path / "record.json", record_text(record))
        return record

    def _make_free(self, run: RunFolder) -> None:
        """Wait while another process trains there: a train.py goes on to its end if this command alone is killed.

        Raises:
            Stopped: the runner was told to stop.
        """
        while run.path.is_dir():
            try:
                with exclusive(run.path):
                    break
            except BlockingIOError:
                if self._stopping.wait(0.5):
                    raise Stopped from None
        if run.path.is_dir() and not run.config.exists():
            shutil.rmtree(run.path)  # killed in its first seconds, before it was a run folder

    def _trained_on(self, trial: Trial, run: RunFolder, share: Share) -> dict[str, Any]:
        """The cores and the GPU of a run from its first step to its last; None each where a start had others."""
        kept, now = self.folder / f"{trial.id}.share.json", share.about()
        if run.path.is_dir():
            before = parse_json(kept.read_text(encoding="utf-8")) if kept.exists() else {}
            trained = self.steps_done(trial) >= trial.steps  # this start only measures
            now = {key: before.get(key) if trained or before.get(key) == value else None for key, value in now.items()}
        write_text(kept, json.dumps(now))
        return now

    def _train(self, trial: Trial, run: RunFolder, env: Mapping[str, str]) -> str | None:
        """Train to the end, from wherever the folder is; what train.py says where the run diverged."""
        script = [sys.executable, str(self.root / trial.family / "train.py")]
        changes = {**trial.changes, "data": trial.data_path}
        begin = ["--recipe", trial.recipe, *(f"--set={key}={value}" for key, value in changes.items())]
        code, _, stderr = self._call([*script, *begin, "--out", str(run.path)], trial, env)
        words = diverged_words(stderr) if code == 1 else None
        if code and not words:
            raise TrialFailed(_last_line(stderr) or f"train.py ended with exit code {code}")
        return words

    def _measure(self, trial: Trial, run: RunFolder, protocol: str, env: Mapping[str, str]) -> dict[str, Any] | None:
        """The distance of the last generator under a protocol, as `python -m fid --json` gives it.

        None where the weights of its network are not to be had; the note is in the run's own log.
        """
        kept = run.path / f"{protocol}.json"
        if kept.exists():
            return parse_json(kept.read_text(encoding="utf-8"))[0]
        real, fake = trial.counts
        real = min(real, run.read_config()["data"]["train"])  # all where there are fewer, as in training
        counts, size = f"{real},{fake}", str(trial.image_size)
        command = [sys.executable, "-m", "fid", _real(trial), str(run.path), "--protocol", protocol,
                   "--count", counts, "--resize", size, "--json"]  # fmt: skip
        code, stdout, stderr = self._call(command, trial, env)
        if code and lacks_weights(stderr):
            return None
        if code:
            raise TrialFailed(_last_line(stderr) or f"python -m fid ended with exit code {code}")
        result = parse_json(stdout)[0]
        write_text(kept, stdout)
        return result

    def _call(self, command: list[str], trial: Trial, env: Mapping[str, str]) -> tuple[int, str, str]:
        """Run a command to its end: exit code, standard output, standard error; both are kept in `ID.log` too.

        Raises:
            Stopped: the runner was told to stop.
        """
        with self._lock:  # so that `stop` sees every process, or this one is never started
            if self._stopping.is_set():
                raise Stopped
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                cwd=self.root, env=env,
            )  # fmt: skip
            self._processes.add(process)
        stdout, stderr = process.communicate()
        with self._lock:
            self._processes.discard(process)
        with open(self.folder / f"{trial.id}.log", "a", encoding="utf-8") as log:
            log.write(f"{stdout}{stderr}")
        if self._stopping.is_set() and process.returncode:
            raise Stopped
        return process.returncode, stdout, stderr


def _real(trial: Trial) -> str:
    """What `python -m fid` calls the training images of a trial."""
    path = trial.data_path
    return os.path.join(path, "train") if os.path.isdir(path) else f"{path}:train"


def _words(error: Exception) -> str:
    """An error in one line; with its kind where it is none that was to be expected."""
    kind = "" if isinstance(error, TrialFailed | UserError | OSError) else f"{type(error).__name__}: "
    return f"{kind}{' '.join(str(error).split())}"


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
