"""What every metric asks of its feature arrays, in one place."""

import numpy as np


def check_features(features: np.ndarray, name: str, least: int = 1) -> np.ndarray:
    """Return `features` as an array (N, D) of real numbers, uncopied where it is one already.

    Raises:
        ValueError: not two axes, fewer than `least` rows, not numbers, or values that are not finite.
    """
    features = np.asarray(features)
    if features.ndim != 2 or features.shape[1] == 0:
        raise ValueError(f"{name} must have the shape (N, D), got {features.shape}")
    if len(features) < least:
        raise ValueError(f"{name} must have at least {least} rows (one an image), got {len(features)}")
    try:
        finite = bool(np.isfinite(features).all())
    except TypeError:
        raise ValueError(f"{name} must hold real numbers, got the type {features.dtype}") from None
    if not finite or np.iscomplexobj(features):
        raise ValueError(f"{name} must hold finite real numbers")
    return features


def check_pair(a: np.ndarray, b: np.ndarray, names: tuple[str, str], least: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Check two feature arrays (N, D) and (M, D) that are to be compared.

    Raises:
        ValueError: as `check_features`, or the two differ in D.
    """
    a, b = check_features(a, names[0], least), check_features(b, names[1], least)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"{names[0]} and {names[1]} differ in feature dimension: {a.shape[1]} and {b.shape[1]}")
    return a, b
