"""What a training measures where nothing is asked for: the best protocols whose weights are here or can be fetched."""

from pathlib import Path

from fid.networks.weights import INCEPTION_2015, KERAS_INCEPTION_V3, MissingWeights, at_hand, find_weights, reachable

WRITE_UP = ("writeup,cifar", KERAS_INCEPTION_V3, "Keras' InceptionV3, with which CSA 250 measures,")
STANDARD = ("fid768,cifar", INCEPTION_2015, "the FID network")
EMBEDDED = ("cifar", "no weights of an Inception network are at hand or can be fetched")


def choose_metrics(write_up: bool, weights: Path | str | None = None) -> tuple[str, str]:
    """Choose once, at the start of a run, and fetch the weights where that has to be done.

    Without a network this takes as long as `fid.networks.weights.TIMEOUT` at most: one host has both files.

    Args:
        write_up: the run is a write-up's system on CIFAR-10, whose curve can be laid beside the reported FID.
        weights: a file of weights that was named.

    Returns:
        What `--metrics` takes, and the reason.

    Raises:
        UserError: weights that were named and are not there.
    """
    online = None  # not asked yet
    for metrics, published, network in (WRITE_UP, STANDARD) if write_up else (STANDARD,):
        if at_hand(published, weights) is None:
            online = reachable(published) if online is None else online
            if not online:
                continue
        try:
            find_weights(published, weights)
        except MissingWeights:
            continue
        return metrics, f"the weights of {network} are at hand"
    return EMBEDDED
