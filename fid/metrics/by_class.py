"""Metrics by class: the Frechet distance, how often samples are of the class asked for, what samples are taken for."""

from dataclasses import dataclass

import numpy as np

from fid.metrics.feature_arrays import check_features, check_pair
from fid.metrics.frechet import frechet_distance_features


@dataclass(frozen=True)
class ClassAccuracy:
    """Share of images that a classifier assigns to the class that they are labelled with."""

    overall: float
    by_class: dict[int, float]  # of the classes that occur


@dataclass(frozen=True)
class ClassShares:
    """What a classifier takes images for: of each class the share, and how sure it is of those, NaN where none is."""

    shares: np.ndarray  # (classes,)
    confidence: np.ndarray  # (classes,), the mean probability of the class, of the images taken for it
    overall: float  # the same, of all images


def frechet_by_class(
    real: np.ndarray, real_labels: np.ndarray, fake: np.ndarray, fake_labels: np.ndarray
) -> dict[int, float]:
    """Return the Frechet distance between the real and the generated images of each class.

    A class has few images, and few images give large distances: compare only figures of equal counts.

    Args:
        real, fake: features, (N, D) and (M, D).
        real_labels, fake_labels: integers, (N,) and (M,).

    Raises:
        ValueError: labels that do not fit, or a class with fewer than two images in one of the sets.
    """
    real, fake = check_pair(real, fake, ("real", "fake"), least=2)
    real_labels = _check_labels(real_labels, len(real), "real")
    fake_labels = _check_labels(fake_labels, len(fake), "fake")
    return {
        label: frechet_distance_features(real[real_labels == label], fake[fake_labels == label])
        for label in classes_of(real_labels, fake_labels)
    }


def classes_of(real_labels: np.ndarray, fake_labels: np.ndarray) -> list[int]:
    """Return the classes that occur, ascending.

    Raises:
        ValueError: one has fewer than two images in one of the sets.
    """
    classes = [int(label) for label in np.union1d(real_labels, fake_labels)]
    for label in classes:
        a, b = (int((labels == label).sum()) for labels in (real_labels, fake_labels))
        if min(a, b) < 2:
            raise ValueError(f"class {label} has {a} real and {b} fake images; both need at least 2")
    return classes


def class_accuracy(logits: np.ndarray, labels: np.ndarray) -> ClassAccuracy:
    """Compare a classifier's first choice with the labels.

    Args:
        logits: (N, classes).
        labels: integers from 0 to classes - 1, (N,).

    Raises:
        ValueError: labels that do not fit the logits, or logits that are not finite.
    """
    logits = check_features(logits, "logits")
    labels = _check_labels(labels, len(logits), "the")
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(
            f"labels reach from {labels.min()} to {labels.max()}, the classifier has {logits.shape[1]} classes"
        )
    right = logits.argmax(axis=1) == labels
    return ClassAccuracy(float(right.mean()), {int(c): float(right[labels == c].mean()) for c in np.unique(labels)})


def class_shares(logits: np.ndarray) -> ClassShares:
    """Count the images that a classifier takes for each class.

    Args:
        logits: (N, classes), before the softmax.

    Raises:
        ValueError: no images, or logits that are not finite.
    """
    logits = check_features(logits, "logits").astype(np.float64)
    sure = 1 / np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1)  # the first choice's probability
    first, classes = logits.argmax(axis=1), logits.shape[1]
    counts = np.bincount(first, minlength=classes)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(first, sure, classes) / counts
    return ClassShares(counts / len(logits), confidence, float(sure.mean()))


def _check_labels(labels: np.ndarray, count: int, name: str) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{name} labels must be {count} integers, got {labels.dtype} of shape {labels.shape}")
    return labels
