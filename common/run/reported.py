"""The figure that a write-up reports, as a level for the curve that it can be laid beside."""

import sys
from collections.abc import Mapping
from typing import Any

WRITEUP = "writeup"  # the protocol of runs that were begun before config.json named it
DATA = "cifar10"  # of which every reported FID is


def reported_levels(config: Mapping[str, Any]) -> dict[str, float]:
    """The reported FID by the column of its protocol; empty where none is of this data and of a protocol of ours."""
    protocol, fid = config.get("reported_protocol", WRITEUP), config.get("reported_fid")
    data = (config.get("data") or {}).get("name", DATA)
    return {protocol: fid} if protocol and data == DATA and is_number(fid) else {}


def is_number(value: Any) -> bool:
    """Whether a value of a config.json, which may say anything, is a figure that can be drawn."""
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max
