"""The figure that a write-up reports, as a level for the curve that it can be laid beside."""

from collections.abc import Mapping
from typing import Any

WRITEUP = "writeup"  # the protocol of runs that were begun before config.json named it


def reported_levels(config: Mapping[str, Any]) -> dict[str, float]:
    """The reported FID by the column of its protocol; empty where none is reported, or by a protocol not ours."""
    protocol, fid = config.get("reported_protocol", WRITEUP), config.get("reported_fid")
    return {protocol: fid} if protocol and isinstance(fid, int | float) else {}
