"""Claims and outcomes for tests: a file, records of runs that nobody did, and a project that trains in no time."""

import json
import os
import subprocess
import sys
from pathlib import Path

from results.verdicts.claim import Claim, read_claim
from results.verdicts.verdict import reach_verdict
from tests.helpers import ROOT

HEAD = """
writeup = "a test"
quote = "wider is better"
tested = "tiny networks"
"""
AHEAD = """
ahead = "wide"
seeds = [1, 2, 3]
steps = 8
every = 2
"""
SETTINGS = """
[settings]
data = "photos"
metrics = "cifar"
precision = "float32"
batch_size = 16
metric_real = 64
metric_fake = 64
d_width = 8
"""
ARMS = """
[arms.wide]
family = "dcgan"
recipe = "bendale"
settings = { g_width = 16 }

[arms.narrow]
family = "dcgan"
recipe = "bendale"
settings = { g_width = 8 }
"""
MEASURE = '[measure]\nend = ["fid768"]\n'


def write_claim(folder: Path, name: str = "tiny", text: str = HEAD + AHEAD + SETTINGS + MEASURE + ARMS) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def claim_of(tmp_path: Path, rest: str, arms: str = ARMS, measure: str = "end = []") -> Claim:
    """A claim with the keys of `rest`, measured as `measure` says."""
    return read_claim(write_claim(tmp_path, text=f"{HEAD}{rest}\n{SETTINGS}\n[measure]\n{measure}\n{arms}"))


def record(trial, values, end=None, state="done", seconds_a_step=1.0, column="cifar"):
    """What a run of `trial` left that measured `values`, evenly until its last step."""
    steps = [trial.steps * (i + 1) // len(values) for i in range(len(values))]
    curve = {"step": steps, "seconds": [seconds_a_step * step for step in steps], column: list(values)}
    return {
        "id": trial.id, "family": trial.family, "recipe": trial.recipe, "seed": trial.seed, "state": state,
        "diverged": None if state == "done" else "the loss is no longer finite", "steps": steps[-1], "minutes": 1.0,
        "curve": curve, "end": end or {}, "data": {"fingerprint": "f"},
        "device": "a device", "share": {"cores": 2, "gpu": None},
        "protocols": {column: {"metric": "a distance", "real_count": 64, "fake_count": 64, "split": "train"}},
    }  # fmt: skip


def records_of(claim, values_by_arm, **more):
    """Records of all runs by id; `values_by_arm[name][i]` are those of its i-th seed, or None where it diverged."""
    found = {}
    for name, arm in claim.arms.items():
        for trial, values in zip(arm.trials, values_by_arm[name], strict=True):
            one = record(trial, [9.0], state="diverged") if values is None else record(trial, values, **more)
            found[trial.id] = one
    return found


LOW = [[9, 9, 9, 1.0], [9, 9, 9, 1.2], [9, 9, 9, 1.1]]
HIGH = [[9, 9, 9, 5.0], [9, 9, 9, 5.3], [9, 9, 9, 5.1]]


def judge(claim, **values):
    """The verdict on runs that measured these values, by arm."""
    return reach_verdict(claim, records_of(claim, values))


TRAIN = '''
"""Stands in for train.py: an epoch takes a moment, a metric is a hash of settings and epoch; a stopped run goes on."""
import csv, fcntl, hashlib, json, os, sys, time
from pathlib import Path
arguments = sys.argv[1:]
settings = dict(item.removeprefix("--set=").split("=", 1) for item in arguments if item.startswith("--set="))
out = Path(arguments[arguments.index("--out") + 1])
out.mkdir(parents=True, exist_ok=True)
held = os.open(out, os.O_RDONLY)
try:
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit(f"error: another process trains in {out}; wait for it, stop it, or choose another --out")
with open(out.parent / "started", "a") as count:
    count.write(".")
def write(path, text):
    path.with_suffix(".new").write_text(text)
    os.replace(path.with_suffix(".new"), path)
columns = ["epoch", "step", "images", "seconds", "d_loss", "g_loss", "images_per_second", "cifar"]
data = {"name": "photos", "train": 1, "test": 1, "fingerprint": "f", "classes": []}
rows = []
if (out / "log.csv").exists():
    rows = [list(row.values()) for row in csv.DictReader(open(out / "log.csv"))]
if settings.get("dropout") == "0.9":
    print("error: nothing of the kind", file=sys.stderr)
    sys.exit(2)
write(out / "config.json", json.dumps({
    "family": "dcgan", "recipe": "bendale", "settings": {"latent_dim": {"value": 4}}, "data": data,
    "metrics": {"cifar": {"metric": "a distance", "real_count": 64, "fake_count": 64, "split": "train"}}}))
every = int(settings["steps_per_epoch"])
for epoch in range(len(rows) + 1, int(settings["epochs"]) + 1):
    time.sleep(float(os.environ.get("STUB_PAUSE", 0.02)))
    if settings.get("g_learning_rate") == "9.0" and epoch == 3:
        print("error: the loss is no longer finite (d_loss nan, g_loss nan) in epoch 3, within; in " + str(out),
              file=sys.stderr)
        sys.exit(1)
    known = json.dumps([settings["seed"], settings["g_width"], epoch])
    value = int(hashlib.sha256(known.encode()).hexdigest()[:4], 16) / 1000 + 90 * (settings["g_width"] == "8")
    if settings.get("g_learning_rate") == "8.0":
        value = "nan"
    rows.append([epoch, epoch * every, 1, epoch, 0.5, 0.5, 1, value])
    lines = [",".join(map(str, row)) for row in [columns, *rows]]
    write(out / "log.csv", "\\n".join(lines) + "\\n")
'''
FID = """
import json, os, sys
from pathlib import Path
if words := os.environ.get("STUB_FID_SAYS"):
    sys.exit(words)
log = (Path(sys.argv[2]) / "log.csv").read_text().strip().splitlines()
print(json.dumps([{"protocol": sys.argv[4], "metric": "a distance", "value": float(log[-1].split(",")[-1]) / 10,
                   "feature_dimension": 2, "split": "train", "real_count": 64, "fake_count": 64}]))
"""


def stub_project(folder: Path) -> Path:
    """A project with a `dcgan/train.py` and a `python -m fid` that compute nothing."""
    for name, text in (("dcgan/train.py", TRAIN), ("fid/__main__.py", FID)):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    return folder


DRIVER = """
import sys
from pathlib import Path
from results.claims import run_missing
from results.verdicts.library import Library
claims, runs, root, jobs = sys.argv[1:]
failures = run_missing(Library([], Path(claims)), Path(runs), int(jobs), Path(root))
print(*failures, sep="\\n")
"""


def driver(claims: Path, runs: Path, root: Path, jobs: int = 2) -> list[str]:
    """The command that does all claims of a folder with the training of a stub project."""
    return [sys.executable, "-c", DRIVER, str(claims), str(runs), str(root), str(jobs)]


def run_claims(claims: Path, runs: Path, root: Path, jobs: int = 2, **variables: str) -> subprocess.CompletedProcess:
    """Run that command to its end, with more variables in its environment."""
    return subprocess.run(driver(claims, runs, root, jobs), capture_output=True, text=True, timeout=120, cwd=ROOT,
                          env=os.environ | variables)  # fmt: skip


def figures(outcome: Path) -> list[tuple]:
    """What an outcome says of its runs, but for times and versions."""
    runs = json.loads(outcome.read_text())["runs"]
    return [(r["arm"], r["id"], r["state"], r["steps"], r["curve"]["cifar"], r["end"], r["protocols"]) for r in runs]
