"""Latents of a seed: the same on every machine, and apart for every purpose."""

import numpy as np
from scipy.special import ndtr, ndtri


def latents(count: int, latent_dim: int, seed: int, purpose: str, truncation: float | None = None) -> np.ndarray:
    """z ~ N(0, 1), (count, latent_dim) float32; the first rows are the same whatever the count.

    `purpose` keeps streams of one seed apart: the grid's latents are not the metric's. With `truncation`, values beyond
    +-truncation are drawn again until they lie within, as in BigGAN (1809.11096, section 3.1); the others stay.
    """
    random = np.random.default_rng([seed, *purpose.encode()])
    z = random.standard_normal((count, latent_dim), np.float32)
    if truncation is None:
        return z
    # By the inverse of the distribution function: what redrawing ends with, in one draw however narrow the interval.
    low, high = ndtr(-truncation), ndtr(truncation)
    uniform = np.random.default_rng([seed, *f"{purpose} truncated".encode()]).random((count, latent_dim))
    redrawn = np.clip(ndtri(low + uniform * (high - low)), -truncation, truncation)
    return np.where(np.abs(z) > truncation, redrawn, z).astype(np.float32)
