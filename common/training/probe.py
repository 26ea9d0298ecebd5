"""A few cheap numbers of the networks after an epoch, for the rules: of images and logits, pure NumPy."""

from collections.abc import Callable

import numpy as np

from common.data.pixel_range import from_uint8
from common.sampling.latents import latents
from common.sampling.sampler import Sampler

IMAGES, PAIRS = 128, 16  # images of a probe, on each side; latents whose label is changed
LOOKED_AT = 1000  # training images that are looked at for copies and plain ones, once
NEAR = 0.1  # of the distance from a real image to its nearest: below it two images are twins
ATTENDED = 4  # images over which attention is looked at: a map has as many numbers as positions squared
STRIDES = (2, 4)  # periods of a checkerboard, in pixels


class Probe:
    """Numbers of a GAN by name, from the same latents and the same real images at every call.

    It draws from a stream of its own: training is the same without it.

    Args:
        score: D: images (N, H, W, 3) float32 in [-1, 1], labels (N,) int32 -> logits (N,); None: D is not there.
        sampler: of the generator that is sampled.
        images: of the training set, (M, H, W, 3) float32 in [-1, 1]; the first `IMAGES` are those that D is shown.
        labels: of those, (M,) int32.
        seed: of the latents.
        inverted: D's logit is of fake, not of real.
        peaks: images and labels, as for `score` -> for each attention, by name, the largest weight of a position over
            all it looks at, averaged over positions.
    """

    def __init__(self, score: Callable[[np.ndarray, np.ndarray], np.ndarray] | None, sampler: Sampler,
                 images: np.ndarray, labels: np.ndarray, seed: int, inverted: bool = False,
                 peaks: Callable[[np.ndarray, np.ndarray], dict[str, float]] = lambda images, labels: {}):  # fmt: skip
        self._score, self._sampler, self._inverted = score, sampler, inverted
        self._real, self._labels = images[:IMAGES], labels[:IMAGES]
        self._z = latents(len(self._real), sampler.latent_dim, seed, "probe")
        self._images, self._peaks = images, peaks
        self._of_data = {"plain": plain(images), "copies": copies(images)}

    def __call__(self) -> dict[str, float]:
        """Measure; the keys are `spread`, `twins`, `memorised`, `checkerboard`, `plain`, `copies`, with a D `auc`, of a
        conditional generator `label_effect` too, and `peak/NAME` of each attention.
        """
        sampler, real = self._sampler, self._real
        labels = sampler.labels(len(self._z))
        fake = _pixels(sampler.from_latents(self._z, labels))
        fake_labels = self._labels if labels is None else labels
        numbers = self._of_data | {
            "spread": spread(fake) / max(spread(real), 1e-6),
            "twins": twins(fake, real),
            "memorised": memorised(fake, self._images),
            "checkerboard": checkerboard(fake) / max(checkerboard(real), 1e-6),
        }
        peaks = self._peaks(real[:ATTENDED], self._labels[:ATTENDED])
        numbers |= {f"peak/{name}": value for name, value in peaks.items()}
        if self._score:
            auc = area_under_curve(self._score(real, self._labels), self._score(fake, fake_labels))
            numbers["auc"] = 1.0 - auc if self._inverted else auc
        if sampler.conditional and sampler.classes > 1:
            numbers["label_effect"] = self._label_effect()
        return numbers

    def _label_effect(self) -> float:
        """RMS change of an image when its label changes, over that when its latent changes."""
        z = self._z[:PAIRS]
        a, b = np.split(_pixels(self._sampler.by_class(z, (0, self._sampler.classes - 1))), 2)
        return rms(a - b) / max(rms(a - np.roll(a, 1, axis=0)), 1e-6)


def _pixels(images: np.ndarray) -> np.ndarray:
    return from_uint8(images).numpy()


def rms(values: np.ndarray) -> float:
    """The root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def area_under_curve(real: np.ndarray, fake: np.ndarray) -> float:
    """The share of pairs of a real and a fake in which the real has the higher logit; ties count half."""
    difference = np.sign(real.reshape(-1, 1).astype(np.float64) - fake.reshape(1, -1))
    return float(np.mean((difference + 1.0) / 2.0))


def spread(images: np.ndarray) -> float:
    """RMS deviation of images (N, H, W, 3) from their mean image."""
    return rms(images - images.mean(axis=0))


def nearest(images: np.ndarray) -> np.ndarray:
    """RMS distance of each image (N, H, W, 3) to the nearest other one, (N,)."""
    flat = images.reshape(len(images), -1).astype(np.float64)
    squares = np.square(flat).sum(axis=1)
    distances = squares[:, None] + squares[None] - 2.0 * flat @ flat.T
    np.fill_diagonal(distances, np.inf)
    return np.sqrt(np.maximum(distances.min(axis=1), 0.0) / flat.shape[1])


def twins(fake: np.ndarray, real: np.ndarray) -> float:
    """The share of fakes with a near-duplicate among them: nearer than a tenth of what real images usually have."""
    return float(np.mean(nearest(fake) < NEAR * np.median(nearest(real))))


def memorised(fake: np.ndarray, training: np.ndarray) -> float:
    """The share of fakes (N, H, W, 3) that are a training image, of those looked at: as near as `twins` are."""
    a, b = (images.reshape(len(images), -1).astype(np.float64) for images in (fake, training))
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2.0 * a @ b.T
    distances = np.sqrt(np.maximum(squares.min(axis=1), 0.0) / a.shape[1])
    return float(np.mean(distances < NEAR * np.median(nearest(training[:IMAGES]))))


def checkerboard(images: np.ndarray) -> float:
    """Energy at the periods of the strides against that of the frequencies beside them, the largest of rows, columns.

    1 where nothing stands out; a pattern that repeats every 2 or 4 pixels is a peak.
    """
    grey = images.mean(axis=-1, dtype=np.float64)
    power = np.square(np.abs(np.fft.fft2(grey - grey.mean(axis=(1, 2), keepdims=True)))).mean(axis=0)
    peaks = []
    for profile in (power.sum(axis=0), power.sum(axis=1)):
        for period in STRIDES:
            place = len(profile) // period
            beside = np.median(profile[[place - 2, place - 1, (place + 1) % len(profile), (place + 2) % len(profile)]])
            peaks.append(profile[place] / max(beside, 1e-12))
    return float(max(peaks))


def plain(images: np.ndarray) -> float:
    """The share of images (N, H, W, 3) in [-1, 1] that have one colour: a deviation below two levels of 255."""
    return float(np.mean(images.reshape(len(images), -1, 3).std(axis=1).max(axis=1) < 4.0 / 255))


def copies(images: np.ndarray) -> float:
    """The share of images (N, H, W, 3) that are the same, to the byte, as an earlier one."""
    return 1.0 - len({image.tobytes() for image in images}) / len(images)
