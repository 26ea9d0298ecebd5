"""How a discriminator dies of a clamped loss: `python dcgan/dead_discriminator.py`.

Hamed's report has D's loss on a plateau "around 27" and G's "around 0", and takes it for convergence. 27.6 is
-log(1e-12), the most that cross-entropy on clamped probabilities can cost: D calls every fake real, with a probability
that float32 rounds to 1. There the gradient is 0 and D stays as it is. Whole runs get there late and by chance; here
they are brought there: D's logits are multiplied, so that it is sure of all it says, and G alone trains until D calls
every fake of a batch real. Then both train on, with the clamped loss and with that of logits.
"""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
import itertools

from common.data.load import load_dataset
from common.errors import UserError
from common.system.command_line import Parser, run_command
from common.system.hardware import device_name
from common.system.tensorflow_import import quiet_import
from dcgan.recipes import HAMED

SURE = 20.0  # a logit from which on float32's sigmoid is 1
FACTOR = 50.0  # on the kernel before D's logit


def main() -> None:
    """Print the mean losses of every stretch of steps, under both losses."""
    parser = Parser(prog="python dcgan/dead_discriminator.py", description=__doc__)
    parser.add_argument("--steps", type=int, default=50, help="steps of a stretch; there are six (default: 50)")
    parser.add_argument("--alone", type=int, default=1000, help="steps of G alone, at most (default: 1000)")
    parser.add_argument("--data", default="cifar10", choices=("cifar10", "photos"), help="(default: cifar10)")
    parser.add_argument("--width", default="64", help="of both networks (default: 64, the recipe's)")
    args = parser.parse_args()
    if min(args.steps, args.alone) < 1:
        raise UserError("--steps and --alone are at least 1")
    dataset = load_dataset(args.data, 32)
    print(f"dcgan/hamed at 32x32, width {args.width}; {dataset.name}, float32\n\n"
          "| loss | stretch | d_loss | g_loss |\n|---|---|---|---|", flush=True)  # fmt: skip
    for loss in ("bce-clamped", "bce"):
        changes = {"data": args.data, "image_size": 32, "width": args.width, "loss": loss}
        _train(HAMED.override(changes).settings, dataset.train, args.steps, args.alone)
    print(f"\n{device_name()}")


def _train(settings, images, steps: int, alone: int) -> None:
    with quiet_import():
        import tensorflow as tf
    from common.data.batches import Batches
    from common.training.timing import as_in_training
    from dcgan.model import DCGAN

    as_in_training()
    gan, batches = DCGAN(settings), Batches(images, settings.batch_size, settings.seed)
    stream = (data for epoch in itertools.count() for data in batches.epoch(epoch, 0, batches.steps))
    step, g_step = tf.function(gan.train_step), tf.function(lambda labels: _train_generator(gan, labels))

    def stretch(name: str) -> None:
        for data in itertools.islice(stream, steps):
            losses = step(data)
        print(f"| {settings.loss} | {name} | {losses['d_loss']:.2f} | {losses['g_loss']:.2f} |", flush=True)
        gan.d_loss.reset_state()
        gan.g_loss.reset_state()

    stretch("both")
    kernel = gan.discriminator.trainable_variables[-1]
    kernel.assign(FACTOR * kernel)
    lowest = (float(g_step(labels)) for _, labels in itertools.islice(stream, alone))
    done = next((done for done, logit in enumerate(lowest, 1) if logit > SURE), None)
    if done is None:
        raise UserError(f"after {alone} steps alone, D still doubts some of G's images; --alone takes more")
    print(f"| {settings.loss} | G alone, {done} steps | - | - |", flush=True)
    for index in range(1, 5):
        stretch(f"both, again ({index})")


def _train_generator(gan, labels):
    """One update of G towards logits without end; returns D's lowest logit of the batch of fakes."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        logits = gan.score(gan.generate(labels), labels)
        loss = -tf.reduce_mean(logits)
    variables = gan.generator.trainable_variables
    gan.g_optimizer.apply(tape.gradient(loss, variables), variables)
    return tf.reduce_min(logits)


if __name__ == "__main__":
    run_command(main)
