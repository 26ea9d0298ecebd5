"""What experience replay costs: Desai's step with and without it."""

from common.system.hardware import device_name, versions
from common.system.tensorflow_import import quiet_import
from common.training.timing import Work, as_in_training, shortest, training_step
from dcgan.recipes import DESAI

ALLOWED = 1.05  # times the step without replay
SCHEMES = ("none", "naive", "store")


def replay(cycles: int, precision: str) -> None:
    """Measure, and print a table; `cycles` of a turn: a batch of steps, one replay."""
    settings = DESAI.override({"precision": precision}).settings
    with quiet_import():
        import keras
    as_in_training()
    keras.config.set_dtype_policy(precision)
    seconds = shortest({scheme: desai_step(scheme) for scheme in SCHEMES}, cycles * settings.batch_size)
    print(f"dcgan/desai, {precision}, {device_name()}; {', '.join(f'{k} {v}' for k, v in versions().items())}")
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
