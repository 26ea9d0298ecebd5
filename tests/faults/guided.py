"""Every reader under guided fuzzing: atheris keeps an input that reaches new lines of the project, and changes it on.

`python -m tests.faults.guided READER` is one reader alone, for as long as it is let; arguments of libFuzzer may follow.
What is neither read nor refused in a line ends it, with the traceback.
"""

import contextlib
import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tests.faults.fuzz import BYTES, ONE_LINE, SECONDS
from tests.faults.fuzz_readers import READERS
from tests.helpers import ROOT

PROJECT = ["common", "fid", "results", "dcgan", "sagan", "csagan"]


def table(folder: Path, only: list[str], seed: int, seconds: int) -> Iterator[list[list[str]]]:
    """The rows so far, a reader more each time, each tried for so many seconds in a process of its own."""
    if find_spec("atheris") is None:
        print("atheris is not installed: nothing done")
        return
    rows = [["reader", "cases", "kept for new lines", "ended by"]]
    for name in only or READERS:
        arguments = [f"-seed={seed + 1}", f"-max_total_time={seconds}", "-print_final_stats=1"]
        ran = subprocess.run([sys.executable, "-m", "tests.faults.guided", name, *arguments], cwd=ROOT,
                             capture_output=True, text=True, errors="replace")  # fmt: skip
        counts = dict(re.findall(r"stat::(\w+): +(\d+)", ran.stderr))
        cells = [f"{int(counts.get(key, 0)):,}" for key in ("number_of_executed_units", "new_units_added")]
        rows.append([name, *cells, "its time" if not ran.returncode else _last(ran.stdout + ran.stderr)])
        print("  ".join(rows[-1]), flush=True)
        yield rows


def _last(output: str) -> str:
    errors = re.findall(r"^(?:\w+\.)*\w*(?:Error|Exception)\b.*|^ERROR: .*", output, re.MULTILINE)
    return (errors or ["a code other than 0"])[0][:150]


def main() -> None:
    """Prepare one reader, its modules instrumented as they are imported, and fuzz it."""
    import atheris

    name, *more = sys.argv[1:]
    limits = [f"-timeout={SECONDS}", f"-rss_limit_mb={2 * BYTES >> 20}", "-verbosity=0"]
    with tempfile.TemporaryDirectory() as folder:
        place, corpus = Path(folder) / "reader", Path(folder) / "corpus"
        place.mkdir()
        corpus.mkdir()
        with atheris.instrument_imports(include=PROJECT):
            read, whole = READERS[name].prepare(place)
        (corpus / "whole").write_bytes(whole)

        def one(data: bytes) -> None:
            with contextlib.suppress(*ONE_LINE), contextlib.redirect_stderr(io.StringIO()):
                read(data)

        atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={folder}/", *more, str(corpus)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
