"""Metrics of labelled sets: the Frechet distance class by class, and how often samples are of the class asked for."""

from dataclasses import dataclass

import numpy as np

from fid.metrics.feature_arrays import check_features, check_pair
from fid.metrics.frechet import frechet_distance_features


@dataclass(frozen=True)
class ClassAccuracy:
    """Share of images that a classifier assigns to the class that they are labelled with."""

    overall: float
    by_class: dict[int, float]  # of the classes that occur


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


def _check_labels(labels: np.ndarray, count: int, name: str) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{name} labels must be {count} integers, got {labels.dtype} of shape {labels.shape}")
    return labels
