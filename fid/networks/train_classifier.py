"""Train the CIFAR-10 classifier of protocol `cifar`: python fid/networks/train_classifier.py

SGD with Nesterov momentum, a triangular learning rate, label smoothing, flips and shifts. It saves its state after each
epoch; the same command goes on from there, and ends with the weights in float16 and a log beside them.
"""

import csv
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # runs from any directory

from common.system.tensorflow_import import quiet_import

with quiet_import():
    import keras
    import tensorflow as tf

import numpy as np

from common.data.dataset import Split
from common.data.load import load_dataset
from common.errors import UserError
from common.system.command_line import Parser, run_command
from common.system.files import Damaged, load_arrays, replacing, save_arrays
from fid.networks.classifier import CLASSES, DEVIATION, MEAN, WEIGHTS, build_classifier, load_classifier

BATCH = 500
LEARNING_RATE = 0.5  # at the peak, a quarter of the way; zero at both ends
SHIFT_RATE = 16  # batch norm's shifts learn this much faster than kernels (Page 2018)
WEIGHT_DECAY = 5e-3  # times the learning rate, each step
LABEL_SMOOTHING = 0.1
LOGIT_SCALE = 0.125  # keeps the last layer's steps in proportion; folded into its kernel on export
PADDING = 3  # largest shift of a training image, in pixels
EPSILON = 1e-3
MOVING_RATE = 0.1  # of the moments that the export folds in


class BatchNorm(keras.layers.Layer):
    """Batch norm with a shift and no scale (a convolution follows), in one fused TensorFlow operation.

    (B, H, W, C) -> the same shape and dtype. Always normalises by the batch; the moving moments serve the export.
    """

    def build(self, shape):
        def add(name: str, initializer: str, trainable: bool):
            return self.add_weight(
                shape=(shape[-1],),
                initializer=initializer,
                trainable=trainable,
                autocast=False,
                dtype="float32",
                name=name,
            )

        self.shift = add("shift", "zeros", True)
        self.mean = add("mean", "zeros", False)
        self.variance = add("variance", "ones", False)

    def call(self, x):
        scale = tf.ones_like(self.shift)
        y, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, scale, self.shift.value, epsilon=EPSILON)
        self.mean.assign_add((mean - self.mean) * MOVING_RATE)
        self.variance.assign_add((variance - self.variance) * MOVING_RATE)
        return y


class Triangle(keras.optimizers.schedules.LearningRateSchedule):
    """Linear from 0 up to `peak` at a quarter of `steps`, then linear down to 0."""

    def __init__(self, peak: float, steps: int):
        self.peak, self.steps = peak, steps

    def __call__(self, step):
        position = tf.cast(step, tf.float32) / self.steps
        return self.peak * tf.minimum(position / 0.25, (1 - position) / 0.75)


def whitening(images: np.ndarray) -> np.ndarray:
    """Return the kernel (2, 2, 3, 24) that whitens 2x2 patches of images (N, 32, 32, 3) uint8, and its negative."""
    patches = np.lib.stride_tricks.sliding_window_view(images[:2000], (2, 2, 3), axis=(1, 2, 3)).reshape(-1, 12)
    values, vectors = np.linalg.eigh(np.cov((patches - MEAN) / DEVIATION, rowvar=False))
    kernel = (vectors / np.sqrt(values + 1e-3)).reshape(2, 2, 3, 12)
    return np.concatenate([kernel, -kernel], axis=-1)


def batches(split: Split, seed: int, epoch: int):
    """Yield an epoch's shuffled, shifted and flipped images (B, 32, 32, 3) uint8 with labels (B,)."""
    random = np.random.default_rng([seed, epoch])
    border = (PADDING, PADDING)
    padded = np.pad(split.images, ((0, 0), border, border, (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (32, 32), axis=(1, 2))  # (N, 2P+1, 2P+1, 3, 32, 32)
    for chosen in np.array_split(random.permutation(len(split)), len(split) // BATCH):
        top, left = random.integers(0, 2 * PADDING + 1, (2, len(chosen)))
        images = windows[chosen, top, left].transpose(0, 2, 3, 1)
        flip = random.random((len(chosen), 1, 1, 1)) < 0.5
        yield np.where(flip, images[:, :, ::-1], images), split.labels[chosen]


def make_step(model: keras.Model, steps: int):
    """Return `step(images, labels) -> loss`, which trains `model` by one batch, and the two optimizers' variables."""
    kernels = [weight for weight in model.trainable_variables if weight.name == "kernel"]
    shifts = [weight for weight in model.trainable_variables if weight.name == "shift"]
    groups = []
    for weights, rate in ((kernels, LEARNING_RATE), (shifts, LEARNING_RATE * SHIFT_RATE)):
        optimizer = keras.optimizers.SGD(
            Triangle(rate, steps), momentum=0.9, nesterov=True, weight_decay=WEIGHT_DECAY * LEARNING_RATE / rate
        )
        optimizer.build(weights)
        groups.append((optimizer, weights))

    @tf.function(jit_compile=False, reduce_retracing=True)
    def step(images, labels):
        targets = keras.ops.one_hot(labels, CLASSES) * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / CLASSES
        with tf.GradientTape() as tape:
            _, logits = model(tf.cast(images, tf.float32), training=True)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, logits * LOGIT_SCALE))
        gradients = tape.gradient(loss, [weights for _, weights in groups])
        for (optimizer, weights), gradient in zip(groups, gradients, strict=True):
            optimizer.apply(gradient, weights)
        return loss

    return step, [variable for optimizer, _ in groups for variable in optimizer.variables]


def export(model: keras.Model, path: Path) -> None:
    """Write the weights in float16 with batch norm folded in; pooling commutes with its positive scale."""
    folded = {"logits/kernel": model.get_layer("logits").kernel.numpy() * LOGIT_SCALE}
    folded["whitening/kernel"] = model.get_layer("whitening").kernel.numpy()
    convs = [layer for layer in model.layers if layer.name.startswith("conv_")]
    norms = [layer for layer in model.layers if isinstance(layer, BatchNorm)]
    for conv, norm in zip(convs, norms, strict=True):
        scale = 1 / np.sqrt(norm.variance.numpy() + EPSILON)
        folded[f"{conv.name}/kernel"] = conv.kernel.numpy() * scale
        folded[f"{conv.name}/bias"] = norm.shift.numpy() - norm.mean.numpy() * scale
    save_arrays(path, **{name: value.astype(np.float16) for name, value in folded.items()})


def accuracy(path: Path, split: Split) -> float:
    """Return the share of `split` that the weights in `path` classify rightly."""
    _, logits = load_classifier(path).predict(split.images, batch_size=BATCH, verbose=0)
    return float(np.mean(logits.argmax(axis=1) == split.labels))


def train(out: Path, epochs: int, seed: int, precision: str) -> None:
    """Train, or go on from the state beside `out`; write `out` and its log (.csv) at the end."""
    data = load_dataset("cifar10")
    keras.utils.set_random_seed(seed)
    model = build_classifier(BatchNorm if precision == "float32" else lambda: BatchNorm(dtype=precision), precision)
    model.get_layer("whitening").kernel.assign(whitening(data.train.images))
    step, optimizer_variables = make_step(model, epochs * (len(data.train) // BATCH))
    variables = model.variables + optimizer_variables
    settings = json.dumps({"epochs": epochs, "seed": seed, "precision": precision})
    state, unfinished = out.with_suffix(".state.npz"), out.with_suffix(".unfinished.npz")
    rows = restore(state, settings, variables) if state.exists() else []
    for epoch in range(len(rows), epochs):
        start, losses = time.perf_counter(), []
        for images, labels in batches(data.train, seed, epoch):
            losses.append(float(step(images, labels)))
        seconds = time.perf_counter() - start
        export(model, unfinished)
        score = accuracy(unfinished, data.test)
        loss = np.mean(losses)
        print(f"epoch {epoch + 1}/{epochs}: {seconds:.1f} s, loss {loss:.4f}, test accuracy {score:.4f}", flush=True)
        rows.append([epoch + 1, round(seconds, 1), round(loss, 4), round(score, 4)])
        values = {f"variable_{i}": variable.numpy() for i, variable in enumerate(variables)}
        save_arrays(state, settings=np.array(settings), rows=np.array(rows, np.float64), **values)
    export(model, out)
    write_log(out.with_suffix(".csv"), rows)
    for path in (state, unfinished):
        path.unlink(missing_ok=True)
    print(f"{out.name}: test accuracy {accuracy(out, data.test):.4f} with float16 weights, {out.stat().st_size} bytes")


def restore(state: Path, settings: str, variables: list) -> list[list]:
    """Set `variables` as `state` has them and return the log's rows so far.

    Raises:
        UserError: it is damaged, or of other settings.
    """
    try:
        stored = load_arrays(state)
    except Damaged as error:
        raise UserError(f"{state} is damaged ({error}); delete it to begin anew") from error
    if str(stored["settings"]) != settings:
        raise UserError(f"{state} is of a run with {stored['settings']}; use these flags, or delete it")
    for index, variable in enumerate(variables):
        variable.assign(stored[f"variable_{index}"])
    return [[int(row[0]), *row[1:].tolist()] for row in stored["rows"]]


def write_log(path: Path, rows: list[list]) -> None:
    """Write one row an epoch: its number, seconds, training loss and test accuracy."""
    with replacing(path) as temporary, open(temporary, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["epoch", "seconds", "train_loss", "test_accuracy"], *rows])


def main() -> None:
    """Read the arguments and train."""
    parser = Parser(prog="python fid/networks/train_classifier.py", description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", choices=["float32", "mixed_bfloat16"], default="mixed_bfloat16")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="weights (.npz); the log (.csv) goes beside them")
    args = parser.parse_args()
    if args.epochs < 1:
        raise UserError(f"--epochs {args.epochs} is too small; the least is 1")
    train(args.out, args.epochs, args.seed, args.precision)


if __name__ == "__main__":
    run_command(main)
