"""What the Wasserstein SAGAN does when the sign of the generator's loss is wrong: `python sagan/wrong_sign.py`.

Bendale reports a generator loss "very low (in the negatives)" and a model that did not learn. A generator that lowers
the critic's score of its fakes, in place of raising it, has both symptoms. No recipe can be set to this, so it is here.
"""

import itertools
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the project runs from any folder, without an install

from common.data.load import load_dataset
from common.errors import UserError
from common.figures.grids import grid, save_image
from common.system.command_line import Parser, run_command
from common.system.hardware import device_name
from common.system.tensorflow_import import quiet_import
from sagan.recipes import BENDALE_WASSERSTEIN

STEPS_PER_ROW = 100


def main() -> None:
    """Train with the wrong sign; print the mean losses of every hundred steps, and save a grid of samples."""
    parser = Parser(prog="python sagan/wrong_sign.py", description=__doc__)
    parser.add_argument("--steps", type=int, default=700, help="steps, in hundreds (default: 700)")
    parser.add_argument("--data", default="cifar10", choices=("cifar10", "photos"), help="(default: cifar10)")
    parser.add_argument("--precision", default="float32", help="as in train.py (default: float32)")
    parser.add_argument("--out", type=Path, default=Path("wrong_sign.png"), help="the grid (default: wrong_sign.png)")
    args = parser.parse_args()
    if args.steps < STEPS_PER_ROW or args.steps % STEPS_PER_ROW:
        raise UserError(f"--steps {args.steps} is not a multiple of {STEPS_PER_ROW}")
    settings = BENDALE_WASSERSTEIN.override({"data": args.data, "precision": args.precision}).settings
    dataset = load_dataset(settings.data, settings.image_size)
    with quiet_import():
        import keras
        import tensorflow as tf
    from common.data.batches import Batches
    from common.sampling.sampler import Sampler
    from common.training.timing import as_in_training
    from sagan.model import SAGAN

    as_in_training()
    keras.config.set_dtype_policy(settings.precision)
    gan = SAGAN(settings)
    gan.adversarial_loss = wrong_sign
    batches = Batches(dataset.train, settings.batch_size, settings.seed)
    step = tf.function(gan.train_step)
    print(f"sagan/bendale-wasserstein, sign of the generator's loss exchanged; {dataset.name}, batch "
          f"{settings.batch_size}, seed {settings.seed}, {settings.precision}, {device_name()}\n\n"
          "| step | d_loss | g_loss |\n|---|---|---|", flush=True)  # fmt: skip
    stream = (data for epoch in itertools.count() for data in batches.epoch(epoch, 0, batches.steps))
    for done, data in enumerate(itertools.islice(stream, args.steps), 1):
        losses = step(data)
        if done % STEPS_PER_ROW == 0:
            print(f"| {done} | {losses['d_loss']:.1f} | {losses['g_loss']:.1f} |", flush=True)
            gan.d_loss.reset_state()
            gan.g_loss.reset_state()
    images = Sampler(gan.sampler, settings.latent_dim).draw(64, settings.seed, "grid")
    save_image(args.out, grid(images, columns=8))
    print(f"\n{args.out}")


def wrong_sign(real_logits, fake_logits, targets):
    """The Wasserstein loss of D, and of G the opposite of its own."""
    from common.losses import wasserstein

    d_loss, g_loss = wasserstein(real_logits, fake_logits, targets)
    return d_loss, -g_loss


if __name__ == "__main__":
    run_command(main)
