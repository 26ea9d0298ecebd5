"""`python -m fid A B`: compare two sets of images, and say under which protocol."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # runs from any directory

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from common.figures.grids import save_image
from common.system.command_line import Parser, run_command
from common.system.tensorflow_import import quiet_import
from fid.evaluation.cache import Cache
from fid.evaluation.compare import open_sources
from fid.evaluation.measure import Source, check_metrics, check_sources, extract, measure, results, save_moments
from fid.evaluation.metric import Pair
from fid.evaluation.metrics import METRICS, needed
from fid.inputs.find import KINDS, find_input
from fid.inputs.image_set import ImageSet
from fid.pairs import PICTURES
from fid.protocols import PROTOCOLS, Protocol, get_protocol

if TYPE_CHECKING:
    from fid.networks.extractor import Extractor

LARGEST = 2048  # pixels of --resize: a batch of such images takes 3 GB

EXAMPLES = """examples:
  python -m fid cifar10:train runs/dcgan-bendale --protocol cifar      a run against the training images
  python -m fid cifar10:test samples/ --protocol writeup               as CSA 250 measured
  python -m fid photos:train photos:test --protocol cifar --metrics fid,kid,prdc
  python -m fid cifar10:train --protocol cifar --save cifar-train.npz  keep the moments of a set
  python -m fid --list-cache

A is the reference (real) set, B the one to be judged. A figure can only be compared with figures of the same protocol
and the same numbers of images: at 1,000 images even two halves of one data set are far from zero.
"""


def _epilog() -> str:
    protocols = "\n".join(f"  {protocol.describe()}" for protocol in PROTOCOLS.values())
    metrics = "\n".join(f"  {name:<11} {metric.about}" for name, metric in METRICS.items())
    return f"protocols:\n{protocols}\n\nmetrics:\n{metrics}\n\n{EXAMPLES}"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m fid",
        description=f"Compare two sets of images. A and B are each {KINDS}.",
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("a", nargs="?", metavar="A", help="the reference (real) set")
    parser.add_argument("b", nargs="?", metavar="B", help="the set to be judged")
    parser.add_argument("--protocol", default="fid", help=f"one of {', '.join(PROTOCOLS)} (default: fid)")
    parser.add_argument("--metrics", default="fid", help="comma-separated, see below (default: fid)")
    parser.add_argument(
        "--count", metavar="N[,M]", help="images of A and of B (default: the protocol's, or all there are)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of which images, their order, latents, subsets (default: 0)"
    )
    parser.add_argument("--weights", help="weights of the network (default: $FID_WEIGHTS, the cache, a download)")
    parser.add_argument(
        "--resize",
        type=int,
        metavar="SIZE",
        help="bring images of folders and data sets to SIZE x SIZE first: centre crop, antialiased bicubic",
    )
    parser.add_argument("--save", metavar="FILE", help="write A's moments to an .npz, to be named as A or B later")
    parser.add_argument(
        "--pairs",
        metavar="FILE",
        help="draw the ten closest pairs: of B and A with --metrics copies, within B with duplicates",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of lines")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache of real features")
    parser.add_argument("--list-cache", action="store_true", help="show what the cache holds, and stop")
    parser.add_argument("--clear-cache", action="store_true", help="empty the cache, and stop")
    return parser


def main() -> None:
    """Run the command."""
    args = _parser().parse_args()
    cache = Cache(enabled=not args.no_cache)
    if args.list_cache or args.clear_cache:
        _manage(cache, args.clear_cache)
        return
    names, protocol, counts = _check(args)
    openers = [find_input(text, args.resize) for text in (args.a, args.b) if text is not None]
    sources = open_sources(openers, protocol, counts, args.seed)
    check_sources(names, *sources)
    _note_sizes(sources)

    with quiet_import():  # not before the arguments are known to be good
        from fid.networks.extractor import Extractor

    extractor = Extractor(protocol, args.weights, logits="logits" in needed(names, "fake"))
    if args.save:
        measured = extract(sources[0], extractor, cache=cache)
        save_moments(args.save, measured, extractor)
    if names:
        _report(args, names, measure(names, *sources, extractor, cache, args.seed), extractor)


def _check(args: argparse.Namespace) -> tuple[list[str], Protocol, tuple[int | None, int | None]]:
    """Return metrics, protocol and counts of A and B, or raise the first mistake."""
    if args.a is None or (args.b is None and not args.save):
        raise UserError("name two sets, A and B; python -m fid --help says what they can be")
    protocol = get_protocol(args.protocol)
    names = [name.strip() for name in args.metrics.split(",") if name.strip()] if args.b else []
    if args.b and not names:
        raise UserError(f"--metrics names none; choose from {', '.join(METRICS)}")
    check_metrics(names, protocol)
    if args.pairs and not set(PICTURES) & set(names):
        raise UserError(f"--pairs draws what --metrics {' or '.join(PICTURES)} finds; ask for one of them too")
    for option, path, suffix in (("--save", args.save, ".npz"), ("--pairs", args.pairs, ".png")):
        if path and Path(path).suffix != suffix:
            raise UserError(f"{option} {path}: the name has to end in {suffix}")
    if args.resize is not None and not 1 <= args.resize <= LARGEST:
        raise UserError(f"--resize {args.resize} is no image size; it is from 1 to {LARGEST}")
    if args.seed < 0:
        raise UserError(f"--seed {args.seed} is negative")
    return names, protocol, _counts(args.count)


def _counts(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    try:
        counts = [int(part.replace("_", "")) for part in text.split(",")]
    except ValueError:
        counts = []
    if len(counts) not in (1, 2) or min(counts) < 2:
        raise UserError(f"--count {text!r} is neither N nor N,M with numbers from 2 up")
    return counts[0], counts[-1]


def _report(args: argparse.Namespace, names: list[str], pair: Pair, extractor: "Extractor") -> None:
    found = results(names, pair, extractor)
    if args.json:
        print(json.dumps([result.as_dict() for result in found], indent=2))
    else:
        print("\n".join(map(str, found)))
    if args.pairs:
        name = next(name for name in PICTURES if name in names)
        title = METRICS[name].columns[0].title(pair.protocol)
        closest = next(result.details["closest"] for result in found if result.metric == title)
        save_image(Path(args.pairs), PICTURES[name](pair, closest))


def _note_sizes(sources: list[Source]) -> None:
    sizes = [f"{source.width}x{source.height}" for source in sources if isinstance(source, ImageSet)]
    if len(set(sizes)) > 1:
        print(f"note: A's images are {sizes[0]}, B's {sizes[1]}; the network's resize treats them differently",
              file=sys.stderr)  # fmt: skip


def _manage(cache: Cache, clear: bool) -> None:
    """List the cache, or empty it."""
    if clear:
        count, size = cache.clear()
        print(f"{count} files deleted, {size / 1e6:,.1f} MB")
        return
    entries = list(cache.entries())
    for entry in entries:
        print(f"{entry.size / 1e6:9,.1f} MB  {', '.join(f'{k} {_short(v)}' for k, v in entry.key.items())}")
    print(f"{len(entries)} files, {sum(entry.size for entry in entries) / 1e6:,.1f} MB in {cache.folder}")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) < 64 else text[:12]  # a hash


if __name__ == "__main__":
    run_command(main)
