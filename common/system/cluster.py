"""Several workers on one job: what `TF_CONFIG`, TensorFlow's own variable, says of them and of this process."""

import os
from typing import NamedTuple

from common.errors import UserError
from common.system.json_text import parse_json


class Cluster(NamedTuple):
    """How many processes train together, and which of them this one is."""

    workers: int = 1
    index: int = 0

    @property
    def leads(self) -> bool:
        """This process measures, draws and writes; of several workers the first one alone does."""
        return self.index == 0


def read_cluster() -> Cluster:
    """Read `TF_CONFIG`; one worker where it is not set.

    Raises:
        UserError: it is not what TensorFlow expects.
    """
    text = os.environ.get("TF_CONFIG")
    if not text:
        return Cluster()
    try:
        config = parse_json(text)
        tasks = [(kind, index) for kind in ("chief", "worker") for index in range(len(config["cluster"].get(kind, [])))]
        return Cluster(len(tasks), tasks.index((config["task"]["type"], int(config["task"]["index"]))))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        example = '{"cluster": {"worker": ["host1:port", "host2:port"]}, "task": {"type": "worker", "index": 0}}'
        raise UserError(f"TF_CONFIG is not like {example} ({type(error).__name__}: {error})") from error
