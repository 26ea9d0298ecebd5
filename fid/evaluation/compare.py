"""`python -m fid` as a function."""

from collections.abc import Sequence
from pathlib import Path

from fid.evaluation.cache import Cache
from fid.evaluation.measure import Source, check_metrics, check_sources, measure, results
from fid.evaluation.metrics import as_names, needed
from fid.evaluation.result import Result
from fid.inputs.find import Draw, Images, Opener, find_images
from fid.protocols import Protocol, get_protocol

Counts = int | tuple[int | None, int | None] | None  # of both sets, or of the real and the generated one


def compare(
    real: Images,
    fake: Images,
    protocol: str | Protocol = "cifar",
    metrics: str | Sequence[str] = ("fid",),
    count: Counts = None,
    seed: int = 0,
    weights: Path | str | None = None,
) -> list[Result]:
    """Compare two sets of images, to the figures that `python -m fid REAL FAKE --protocol PROTOCOL` gives.

        compare("cifar10:train", lambda count: to_uint8(generator(noise(count))), metrics=["fid", "prdc"], count=2000)

    Args:
        real, fake: each images (N, H, W, 3) uint8, a pair of such images and labels (N,), a function count -> images,
            or the name of a folder, an `.npy` or `.npz` file, a data set ("cifar10:train"), a run folder, saved
            moments. The features of the real set are kept in the cache.
        protocol: a name, or a `fid.protocols.Protocol` of your own, whose extractor may be any Keras model.
        metrics: names, or one name, as in `python -m fid --help`.
        count: images of both sets, or (of the real one, of the generated one), drawn without replacement; None: the
            protocol's, or all where there are fewer. A function is asked for as many.
        seed: of the draws, latents and subsets.
        weights: a file of weights of the network; None: `$FID_WEIGHTS`, the cache, a download.

    Returns:
        Values with their protocol attached: `result.metric`, `result.value`, and `str(result)` in one line.

    Raises:
        UserError: an unknown name, images or labels that are not what they should be, or too few, or weights that are
            missing or damaged.
    """
    protocol = get_protocol(protocol)
    metrics = as_names(metrics)
    check_metrics(metrics, protocol)
    openers = find_images(real, "the real set"), find_images(fake, "the generated set")
    sources = open_sources(openers, protocol, count if isinstance(count, tuple) else (count, count), seed)
    check_sources(metrics, *sources)

    from fid.networks.extractor import Extractor  # imports TensorFlow

    extractor = Extractor(protocol, weights, logits="logits" in needed(metrics, "fake"))
    return results(metrics, measure(metrics, *sources, extractor, Cache(), seed), extractor)


def open_sources(
    openers: Sequence[Opener], protocol: Protocol, counts: tuple[int | None, int | None], seed: int
) -> list[Source]:
    """Open the real set, and the generated one where it is given; counts that are None are the protocol's."""
    defaults = (protocol.real_count, protocol.fake_count)
    draws = [Draw(count, default, seed) for count, default in zip(counts, defaults, strict=True)]
    return [opener(draw) for opener, draw in zip(openers, draws, strict=False)]
