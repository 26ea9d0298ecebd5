"""How time and memory grow: of a training step with its batch, images, networks and attention; of a measurement.

python results/growth.py        a table, growth.csv beside this file, and the plot growth.png
"""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
import argparse
import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from common.errors import UserError
from common.settings import Settings
from common.system.command_line import Parser, run_command
from common.system.files import replacing, write_text
from common.system.hardware import device_name, versions
from common.system.tensorflow_import import quiet_import
from common.training.automatic import precision, this_machine
from common.training.memory import HOW, each_in_a_process, peak_memory
from dcgan.recipes import BENDALE
from sagan.recipes import BENDALE as ATTENTION
from sagan.settings import SAGANSettings

OUT = Path(__file__).resolve().parent / "growth.csv"
SIZES = "g_attention_size", "d_attention_size"
STEPS: Mapping[str, Mapping[int, dict]] = {  # what grows, and the settings for each of its values
    "batch": {n: {"batch_size": n} for n in (16, 64, 256)},
    "image size": {n: {"image_size": n} for n in (16, 32, 64, 128)},
    "width": {n: {"g_width": n, "d_width": n} for n in (32, 64, 128)},
    "attention, image 64": {n: {"image_size": 64} | dict.fromkeys(SIZES, n) for n in (8, 16, 32)},
}
MEASUREMENTS = {"images, cifar": ("cifar", (500, 1000, 2000)), "images, fid768": ("fid768", (100, 200, 400))}
REAL = "photos", 128  # beside the images that are measured, which alone are timed


class Point(NamedTuple):
    """Of one value of what grows: the shortest time in seconds, and the peak of the memory in MiB."""

    growth: str
    value: int
    seconds: float
    memory: float


def main() -> None:
    """Measure, and write table, CSV and plot."""
    parser = Parser(prog="python results/growth.py", description=__doc__,
                    formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--turns", type=int, default=5, help="of a step, of which the shortest counts (default: 5)")
    parser.add_argument("--out", type=Path, default=OUT, help="(default: growth.csv beside this file)")
    args = parser.parse_args()
    if args.turns < 1:
        raise UserError(f"--turns {args.turns} is too small; the least is 1")
    (where,) = each_in_a_process(conditions, [()])
    points = []
    for point in measured(args.turns):
        print(f"{point.growth} {point.value:,}: {point.seconds:.3g} s, {point.memory:,.0f} MiB", flush=True)
        points.append(point)
    print(f"\n{where}\n\n{table(points)}")
    write_text(args.out, as_csv(points))
    draw(args.out.with_suffix(".png"), points)


def conditions() -> str:
    """The machine, and what all is of."""
    with quiet_import():
        import tensorflow as tf
    chosen, why = precision(this_machine(), BENDALE.settings)
    return (f"dcgan/bendale (attention: sagan/bendale), {chosen} ({why}); {device_name()}; "
            f"{', '.join(f'{k} {v}' for k, v in versions().items())}. "
            f"Memory: {HOW[bool(tf.config.list_physical_devices('GPU'))]}, all of it.")  # fmt: skip


def measured(turns: int) -> Iterator[Point]:
    """Every point, each in a process of its own; without the weights of a network its points are left out."""
    costs: dict[Settings, tuple[float, float]] = {}  # equal points of several growths are measured once
    for growth, values in STEPS.items():
        for value, changes in values.items():
            settings = (ATTENTION if SIZES[0] in changes else BENDALE).override(changes).settings
            if settings not in costs:
                (costs[settings],) = each_in_a_process(step_cost, [(settings, turns)])
            yield Point(growth, value, *costs[settings])
    for growth, (protocol, counts) in MEASUREMENTS.items():
        try:
            for count, cost in zip(counts, each_in_a_process(measurement_cost, [(protocol, n) for n in counts]),
                                   strict=True):  # fmt: skip
                yield Point(growth, count, *cost)
        except UserError as error:
            print(f"note: {growth} is left out: {error}", file=sys.stderr)


def step_cost(settings: Settings, turns: int) -> tuple[float, float]:
    """Seconds and MiB of a training step, in the precision that a training takes here."""
    with quiet_import():
        import keras

        from common.training.timing import as_in_training, shortest, training_step
        from dcgan.model import DCGAN
        from sagan.model import SAGAN

    chosen, _ = precision(this_machine(), settings)
    as_in_training()
    keras.config.set_dtype_policy(chosen)
    settings = replace(settings, precision=chosen)
    model = SAGAN if isinstance(settings, SAGANSettings) else DCGAN
    work = training_step(model(settings), settings)
    return shortest({"": work}, steps=1, turns=turns)[""], peak_memory()


def measurement_cost(protocol: str, count: int) -> tuple[float, float]:
    """Seconds and MiB of a measurement of so many images."""
    with quiet_import():
        from fid.benchmarks.measurement import measurement

    data, real = REAL
    return measurement(protocol, count, data, real), peak_memory()


def by_growth(points: Sequence[Point]) -> dict[str, list[Point]]:
    """The points of each thing that grows, in their order."""
    return {growth: [p for p in points if p.growth == growth] for growth in dict.fromkeys(p.growth for p in points)}


def times_for_ten(before: Point, after: Point) -> float:
    """How many times the time ten times the value takes, if it goes on as between two points."""
    return 10 ** (math.log(after.seconds / before.seconds) / math.log(after.value / before.value))


def table(points: Sequence[Point]) -> str:
    """A row a growth, in Markdown."""
    lines = ["| growth of | values | s | peak memory, MiB | ten times as much takes |", "|---|---|---|---|---|"]
    for growth, mine in by_growth(points).items():
        values = " / ".join(f"{p.value:,}" for p in mine)
        seconds, memory = " / ".join(f"{p.seconds:.3g}" for p in mine), " / ".join(f"{p.memory:,.0f}" for p in mine)
        ten = f"{times_for_ten(*mine[-2:]):.3g} times the time" if len(mine) > 1 else "-"
        lines.append(f"| {growth} | {values} | {seconds} | {memory} | {ten} |")
    return "\n".join(lines)


def as_csv(points: Sequence[Point]) -> str:
    """A line a point."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Point._fields)
    writer.writerows((p.growth, p.value, f"{p.seconds:.4g}", f"{p.memory:.0f}") for p in points)
    return text.getvalue()


def draw(path: Path, points: Sequence[Point]) -> None:
    """Time above and memory below, a column a growth; the dotted line is in proportion."""
    from matplotlib.figure import Figure

    groups = by_growth(points)
    figure = Figure(figsize=(2.6 * len(groups), 4.6), dpi=150, layout="constrained")
    axes = figure.subplots(2, len(groups), sharex="col", squeeze=False)
    for (growth, mine), upper, lower in zip(groups.items(), *axes, strict=True):
        values, seconds = [p.value for p in mine], [p.seconds for p in mine]
        upper.loglog(values, seconds, "o-")
        upper.loglog(values, [seconds[0] * v / values[0] for v in values], ":", color="0.5", label="in proportion")
        upper.set_yticks(seconds, [f"{each:.2g}" for each in seconds])
        lower.semilogx(values, [p.memory for p in mine], "o-", color="C1")
        lower.set_ylim(0, 1.1 * max(p.memory for p in mine))
        upper.set_title(growth, fontsize=10)
        lower.set_xticks(values, [f"{value:,}" for value in values])
        for each in (upper, lower):
            each.minorticks_off()
            each.grid(alpha=0.3)
    axes[0, 0].legend(frameon=False)
    axes[0, 0].set_ylabel("seconds")
    axes[1, 0].set_ylabel("peak memory, MiB")
    with replacing(path) as temporary:
        figure.savefig(temporary)


if __name__ == "__main__":
    run_command(main)
