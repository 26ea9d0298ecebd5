"""How far apart are two sets of real images? `python fid/noise_floor.py` measures it, since no metric starts at zero.

Disjoint draws of one data set, N against N, come from one distribution: whatever distance they show is noise, and a
generated set of N images cannot be told from real ones below it.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # runs from any directory

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
import csv
import io
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.system.command_line import Parser, run_command
from common.system.files import replacing, write_text
from common.system.tensorflow_import import quiet_import
from fid.evaluation.cache import Cache
from fid.evaluation.measure import extract
from fid.inputs.find import Draw, find_input
from fid.inputs.saved_moments import SavedMoments
from fid.metrics.frechet import frechet_distance_features
from fid.protocols import get_protocol

OUT = Path(__file__).resolve().parent.parent / "results" / "noise_floor.csv"
COLUMNS = ("protocol", "real", "real_fingerprint", "weights_sha256", "images", "pairs", "mean", "lowest", "highest")


def floors(features: np.ndarray, counts: list[int]) -> list[dict[str, float]]:
    """Distances between disjoint stretches of `features` (M, D), for each count N: as many pairs as M allows."""
    rows = []
    for count in counts:
        sets = [features[start : start + count] for start in range(0, len(features) - count + 1, count)]
        distances = [frechet_distance_features(a, b) for a, b in zip(sets[::2], sets[1::2], strict=False)]
        rows.append({"images": count, "pairs": len(distances), "mean": float(np.mean(distances)),
                     "lowest": min(distances), "highest": max(distances)})  # fmt: skip
    return rows


def main() -> None:
    """Measure the floors and write them as CSV, and as a plot beside it."""
    parser = Parser(prog="python fid/noise_floor.py", description=__doc__)
    parser.add_argument("--data", default="cifar10:train", help="data set and split (default: cifar10:train)")
    parser.add_argument("--protocols", default="fid768,cifar", help="comma-separated (default: fid768,cifar)")
    parser.add_argument("--counts", default="256,1000,2000,5000,10000", help="N (default: 256,1000,2000,5000,10000)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default: 0)")
    parser.add_argument("--weights", help="weights of the FID network (default: $FID_WEIGHTS, the cache, a download)")
    parser.add_argument("--out", type=Path, default=OUT, help="(default: results/noise_floor.csv)")
    args = parser.parse_args()
    try:
        counts = [int(text) for text in args.counts.split(",")]
    except ValueError:
        raise UserError(f"--counts {args.counts!r} is not a list of numbers") from None
    if min(counts) < 2:
        raise UserError("--counts: a distance needs at least 2 images")
    protocols = [get_protocol(name) for name in args.protocols.split(",")]
    total = 2 * max(counts)
    if args.seed < 0:
        raise UserError(f"--seed {args.seed} is less than 0")
    source = find_input(args.data)(Draw(total, total, args.seed))
    if isinstance(source, SavedMoments):
        raise UserError(f"--data {args.data} holds moments; a floor needs images")
    with quiet_import():
        from fid.networks.extractor import Extractor
    rows = []
    for protocol in protocols:
        extractor = Extractor(protocol, args.weights)
        of = {"protocol": protocol.name, "real": source.name, "real_fingerprint": source.fingerprint,
              "weights_sha256": extractor.weights_sha256}  # fmt: skip
        for row in floors(extract(source, extractor, {"features"}, Cache()).features, counts):
            rows.append(of | row)
            print("{protocol}: {images:,} against {images:,} real images: {mean:.4g} "
                  "(from {lowest:.4g} to {highest:.4g}, {pairs} pairs)".format(**rows[-1]), flush=True)  # fmt: skip
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()}
                     for row in rows)  # fmt: skip
    write_text(args.out, text.getvalue())
    _plot(args.out.with_suffix(".png"), rows, args.data)


def _plot(path: Path, rows: list[dict], data: str) -> None:
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(row["protocol"] for row in rows))
    figure = Figure(figsize=(3.6 * len(names), 3), dpi=150, layout="constrained")
    for axes, name in zip(np.atleast_1d(figure.subplots(1, len(names))), names, strict=True):
        mine = [row for row in rows if row["protocol"] == name]
        means = np.array([row["mean"] for row in mine])
        spread = [means - [row["lowest"] for row in mine], [row["highest"] for row in mine] - means]
        axes.errorbar([row["images"] for row in mine], means, yerr=spread, marker=".", capsize=3)
        axes.set(title=name, xlabel="images in each set", ylabel="distance, real against real", xscale="log")
        axes.set_ylim(bottom=0)
        axes.set_xticks([row["images"] for row in mine], [f"{row['images']:,}" for row in mine])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    figure.suptitle(f"Noise floors on {data}")
    with replacing(path) as temporary:
        figure.savefig(temporary)


if __name__ == "__main__":
    run_command(main)
