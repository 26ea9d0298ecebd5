"""What experience replay costs: Desai's step with and without it: `python dcgan/benchmark.py`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the project runs from any folder, without an install

from common.errors import UserError
from common.system.command_line import Parser, run_command
from common.system.hardware import device_name, versions
from common.system.tensorflow_import import quiet_import
from common.training.timing import Work, as_in_training, shortest, training_step
from dcgan.recipes import DESAI

ALLOWED = 1.05  # times the step without replay
SCHEMES = ("none", "naive", "store")


def main() -> None:
    """Measure, and print a table."""
    parser = Parser(prog="python dcgan/benchmark.py", description=__doc__)
    parser.add_argument("--cycles", type=int, default=2, help="of a turn: a batch of steps, one replay (default: 2)")
    parser.add_argument("--precision", default="mixed_bfloat16", help="(default: mixed_bfloat16)")
    args = parser.parse_args()
    if args.cycles < 1:
        raise UserError(f"--cycles {args.cycles} is too small; the least is 1")
    settings = DESAI.override({"precision": args.precision}).settings
    with quiet_import():
        import keras
    as_in_training()
    keras.config.set_dtype_policy(args.precision)
    seconds = shortest({scheme: desai_step(scheme) for scheme in SCHEMES}, args.cycles * settings.batch_size)
    print(f"dcgan/desai, {args.precision}, {device_name()}; {', '.join(f'{k} {v}' for k, v in versions().items())}")
    for scheme, time in seconds.items():
        ratio = time / seconds["none"]
        verdict = "met" if ratio <= ALLOWED else "missed"
        print(f"  replay={scheme:6} {settings.batch_size / time:7.1f} images/s, {ratio:.3f} of the step without"
              f"{'' if scheme == 'none' else f' (at most {ALLOWED}: {verdict})'}")  # fmt: skip


def desai_step(scheme: str) -> Work:
    """A training step of dcgan/desai with a scheme of replay."""
    from dcgan.model import DCGAN

    settings = DESAI.override({"replay": scheme}).settings
    return training_step(DCGAN(settings), settings)


if __name__ == "__main__":
    run_command(main)
