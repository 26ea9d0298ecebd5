"""What a killed process leaves in the temporary folder is gone after the next start; what a living one has stays."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from common.system.temporary_folder import PREFIX, YOUNG, temporary_folder
from tests.helpers import ROOT

COMMAND = """
import sys, tempfile
from common.system.command_line import run_command
def command():
    tempfile.NamedTemporaryFile(prefix="__autograph_generated_file", delete=False)
    print("made", flush=True)
    sys.stdin.read()
run_command(command)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def begin(place):
    process = subprocess.Popen([sys.executable, "-c", COMMAND], cwd=ROOT, stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.PIPE, env=os.environ | {"TMPDIR": str(place)})  # fmt: skip
    assert process.stdout.readline() == "made\n"
    return process


def old_folders(place):
    """Names of the folders, all made older than a folder that is perhaps not locked yet."""
    for folder in place.iterdir():
        os.utime(folder, (time.time() - 2 * YOUNG,) * 2)
    return sorted(path.name for path in place.iterdir())


def test_a_killed_process_leaves_nothing_once_another_has_begun(place):
    living, killed = begin(place), begin(place)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert len(list(place.glob(f"{PREFIX}*/__autograph*"))) == len(old_folders(place)) == 2
    with temporary_folder():
        assert Path(tempfile.mkdtemp()).parent.parent == place
        assert len(list(place.glob(f"{PREFIX}*/__autograph*"))) == 1  # the living one's
    assert len(old_folders(place)) == 1 and tempfile.gettempdir() == str(place)
    living.communicate()
    assert living.returncode == 0 and old_folders(place) == []


def test_a_folder_that_is_only_just_made_is_left_alone(place):
    (place / f"{PREFIX}new").mkdir()
    with temporary_folder():
        pass
    assert old_folders(place) == [f"{PREFIX}new"]


def test_where_there_is_no_room_for_a_folder_commands_run(place, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(place / "gone"))
    with temporary_folder():
        assert tempfile.tempdir == str(place / "gone")
