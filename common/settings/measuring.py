"""Settings of what is measured, and kept by it."""

from dataclasses import dataclass
from typing import ClassVar

from common.settings.machine import AUTO
from common.system.fields import Group, setting


@dataclass(frozen=True, kw_only=True)
class MeasuringSettings(Group):
    """What is measured during a run, how often, and what is kept by it."""

    owner: ClassVar[str] = "measuring"

    validation_steps: int = setting("test batches whose losses are logged after every epoch; 0: none", 0, low=0)
    metrics: str = setting(
        "protocols, each alone or with metrics of python -m fid: fid768,cifar:kid+prdc; the first figure keeps the "
        "best checkpoint; auto: on CIFAR-10 writeup,cifar, else fid768,cifar, else cifar, by whose weights are at hand "
        "or can be fetched as the run begins",
        AUTO,
        flag=True,
    )
    metrics_every: int = setting("epochs between measurements; 0: never", 10, low=0, flag=True)
    metric_real: int = setting(
        "real images of a measurement; writeup and hamed-keras have their own number", 5000, low=2
    )
    metric_fake: int = setting(
        "generated images of a measurement; writeup and hamed-keras have their own", 2000, low=2, high=1_000_000
    )
    keep: str = setting(
        "generator and pictures that the folder keeps: of the best measurement so far, or of the last epoch",
        "best",
        choices=("best", "last"),
    )

    def metric_names(self) -> list[str]:
        """What `metrics` names, in the order given; nothing while it is auto."""
        return [] if self.metrics == AUTO else [name.strip() for name in self.metrics.split(",") if name.strip()]
