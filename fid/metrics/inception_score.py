"""The Inception Score (Salimans et al. 2016, arXiv 1606.03498)."""

import numpy as np

from fid.metrics.feature_arrays import check_features


def inception_score(logits: np.ndarray, splits: int = 10) -> tuple[float, float]:
    """Return mean and standard deviation over the splits of exp E KL(p(y | x) || p(y)).

    The images are split in the order given, as the authors do, so shuffle them where they come sorted by class.

    Args:
        logits: (N, classes), before the softmax.
        splits: consecutive parts that are scored apart.

    Raises:
        ValueError: fewer images than splits, no split, or logits that are not finite.
    """
    logits = check_features(logits, "logits").astype(np.float64)
    if not 1 <= splits <= len(logits):
        raise ValueError(f"{len(logits)} images cannot be scored in {splits} splits")
    log_p = logits - logits.max(axis=1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    scores = []
    for part in np.split(log_p, np.arange(1, splits) * len(log_p) // splits):
        p = np.exp(part)
        marginal = p.mean(axis=0)
        # A class with no probability anywhere (underflow) adds nothing.
        log_marginal = np.log(np.where(marginal > 0, marginal, 1.0))
        scores.append(np.exp((p * (part - log_marginal)).sum(axis=1).mean()))
    return float(np.mean(scores)), float(np.std(scores))
