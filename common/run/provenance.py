"""Where a run comes from: versions, device, commit, time. What a reader needs to judge a figure."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common.system.hardware import device_name, versions


def circumstances() -> dict[str, Any]:
    """Versions, device, commit and time of a start, ready for JSON. Imports TensorFlow."""
    return {
        "versions": versions(),
        "device": device_name(),
        "git_commit": _git_commit(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _git_commit() -> str | None:
    here = ["git", "--no-optional-locks", "-C", str(Path(__file__).parent)]
    command = [*here, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
