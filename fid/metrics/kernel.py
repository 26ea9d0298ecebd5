"""The kernel distance, KID (Binkowski et al. 2018, arXiv 1801.01401): an unbiased squared maximum mean discrepancy."""

import numpy as np

from fid.metrics.feature_arrays import check_pair


def kernel_distance(
    a: np.ndarray, b: np.ndarray, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Return KID and its standard error, with the kernel (x.y / D + 1)^3.

    KID is the mean over random subsets, each drawn without replacement from both sets. Its standard error says how far
    it would move with other images from the same two sources: the variance between images (first-order, from each
    image's mean kernel value), scaled from a subset to the whole set, plus what the random choice of subsets adds. It
    is not the standard deviation over subsets, which grows with small subsets and vanishes when a subset is the whole
    set. For two equal sources it is on the large side.

    Args:
        a, b: features, (N, D) and (M, D).
        subsets: how many subsets are drawn.
        subset_size: images a subset, of each set.
        seed: of the draws.

    Raises:
        ValueError: a set with fewer images than `subset_size`, different D, or values that are not finite.
    """
    if subsets < 1 or subset_size < 2:
        raise ValueError(f"needs at least 1 subset of at least 2 images, got {subsets} of {subset_size}")
    a, b = check_pair(a, b, ("the first features", "the second features"))
    if subset_size > min(len(a), len(b)):
        raise ValueError(f"subset_size {subset_size} is more than the sets have: {len(a)} and {len(b)} images")
    if subset_size == len(a) == len(b):
        subsets = 1  # every subset is the whole
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(subsets):
        x = a[rng.choice(len(a), subset_size, replace=False)].astype(np.float64)
        y = b[rng.choice(len(b), subset_size, replace=False)].astype(np.float64)
        rows.append(_discrepancy(x, y))
    values, variance_a, variance_b = np.array(rows).T
    sampling = variance_a.mean() / len(a) + variance_b.mean() / len(b)
    drawing = values.var(ddof=1) / subsets if subsets > 1 else 0.0
    return float(values.mean()), float(np.sqrt(sampling + drawing))


def _discrepancy(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Return the unbiased squared MMD of x and y, both (n, D), and the first-order variance an image of each adds."""
    n, dim = x.shape
    xx, yy, xy = ((u @ v.T / dim + 1) ** 3 for u, v in ((x, x), (y, y), (x, y)))
    # No image is compared with itself: that is what makes it unbiased.
    x_to_x = (xx.sum(axis=1) - np.diag(xx)) / (n - 1)
    y_to_y = (yy.sum(axis=1) - np.diag(yy)) / (n - 1)
    x_to_y, y_to_x = xy.mean(axis=1), xy.mean(axis=0)
    value = x_to_x.mean() + y_to_y.mean() - 2 * x_to_y.mean()
    return value, 4 * np.var(x_to_x - x_to_y, ddof=1), 4 * np.var(y_to_y - y_to_x, ddof=1)
