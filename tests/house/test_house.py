"""The house: who may import whom, in every file of common < fid < dcgan < sagan < csagan, and how large a room is."""

import ast
import graphlib
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import ROOT

# The one table of the order. A room is a package or a file; `common` and `fid` alone are the files that lie flat in
# them. Each package's docstring repeats its row, "May import: ...", and a test compares the two.
HOUSE = {
    "common.errors": "nothing of the project",
    "common.system": "`common.errors`",
    "common.data": "`common.errors`, `common.system`",
    "common.run": "`common.errors`, `common.system`, `common.data`",
    "common.sampling": "`common.errors`, `common.system`, `common.data`, `common.run`",
    "common.figures": "`common.errors`, `common.system`, `common.data`, `common.run`",
    "common": "`common.errors`, `common.system`, `common.data`, `common.settings`",
    "common.settings": "`common.errors`, `common.system`, `common.data`, `common`",
    "common.pages": "`common.errors`, `common.system`, `common.data`, `common.run`, `common`",
    "common.gan": "`common.errors`, `common`, `common.settings`",
    "common.training": "all of `common` but `common.commands`",
    "common.commands": "all of `common`",
    "fid.metrics": "nothing of the project",
    "fid.protocols": "`common.errors`",
    "fid.inputs": "`common.errors`, `common.system`, `common.data`, `common.run`, `common.sampling`, `fid.protocols`",
    "fid.networks": "`common.errors`, `common.system`, `common.data`, `fid.protocols`",
    "fid.evaluation": "`common.errors`, `common.system`, `common.data`, `fid.metrics`, `fid.protocols`, `fid.inputs`, "
    "`fid.networks`",
    "fid.benchmarks": "`common.errors`, `common.system`, `common.data`, `fid.metrics`, `fid.protocols`, `fid.inputs`, "
    "`fid.networks`, `fid.evaluation`",
    "fid": "`common.errors`, `common.system`, `common.data`, `common.figures`, all of `fid`",
    "dcgan": "all of `common`, all of `fid`, `dcgan.benchmarks`",
    "dcgan.benchmarks": "all of `common`, all of `fid`, `dcgan`",
    "sagan": "all of `common`, all of `fid`, `dcgan`",
    "csagan": "all of `common`, all of `fid`, `dcgan`, `sagan`",
    "results.verdicts": "all of `common`, all of `fid`, `dcgan`, `sagan`, `csagan`",
    "results.keeping": "all of `common`, all of `fid`, `dcgan`, `sagan`, `csagan`, `results.verdicts`",
    "results.report_page": "all of `common`, all of `fid`, `dcgan`, `sagan`, `csagan`, `results.verdicts`, "
    "`results.keeping`",
    "results.playground": "all of `common`",
    "results": "all of `common`, all of `fid`, `dcgan`, `sagan`, `csagan`, `results.verdicts`, `results.keeping`, "
    "`results.report_page`, `results.playground`",
}
FOLDERS = sorted({room.split(".")[0] for room in HOUSE})
MAX_LINES, MAX_ENTRIES = 300, {"common": 20, "fid": 12}


def granted(row: str) -> set[str]:
    """The rooms that a row names: "all of `a`" has those within `a` too, and "but `b`" takes `b` away."""
    rooms, _, without = row.partition(" but ")
    return _named(rooms) - _named(without)


def _named(text: str) -> set[str]:
    names = re.findall(r"(all of )?`([\w.]+)`", text)
    return {room for every, name in names for room in HOUSE if room == name or (every and room.startswith(f"{name}."))}


def room_of(module: str) -> str:
    """The longest row that the module lies in."""
    return max((room for room in HOUSE if f"{module}.".startswith(f"{room}.")), key=len)


def modules(root: Path) -> dict[str, Path]:
    """Every file of the project by its module's name; a package's own file is `package.__init__`."""
    files = (path for folder in FOLDERS for path in (root / folder).rglob("*.py"))
    return {".".join(path.relative_to(root).with_suffix("").parts): path for path in files}


def imports(module: str, path: Path) -> Iterator[str]:
    """Dotted names that a file imports, wherever in it: in functions and under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*package, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def edges(root: Path) -> list[tuple[str, str]]:
    """(module, module that it imports), of the project's own."""
    known = modules(root)
    found = ((module, _resolve(name, known)) for module, path in known.items() for name in imports(module, path))
    return [(module, target) for module, target in found if target]


def _resolve(name: str, known: dict[str, Path]) -> str | None:
    """The file behind `package.module.attribute`; None for a name from elsewhere."""
    while name:
        for candidate in (name, f"{name}.__init__"):
            if candidate in known:
                return candidate
        name = name.rpartition(".")[0]
    return None


def upward(root: Path) -> list[str]:
    """Imports that the table does not grant. Within a room all is granted: there the circles are looked for."""
    rooms = ((module, target, room_of(module), room_of(target)) for module, target in edges(root))
    return sorted(f"{m} imports {t}" for m, t, own, other in rooms if other != own and other not in granted(HOUSE[own]))


def circles(root: Path) -> list[list[str]]:
    """One circle of each folder in which files or folders import each other round; that has every circle of files."""
    entries: dict[tuple[str, ...], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for module, target in edges(root):
        a, b = module.split("."), target.split(".")
        depth = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
        if depth is not None:
            entries[tuple(a[:depth])][a[depth]].add(b[depth])
    return [[*folder, *circle] for folder, graph in entries.items() if (circle := _circle(graph))]


def _circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def packages(root: Path) -> list[str]:
    return sorted(name.removesuffix(".__init__") for name in modules(root) if name.endswith(".__init__"))


def test_imports_run_one_way():
    assert len(edges(ROOT)) > 200
    assert upward(ROOT) == []


def test_no_circle_between_files_or_folders():
    assert circles(ROOT) == []


def test_the_metrics_are_numpy_alone():
    names = {name.split(".")[0] for m, path in modules(ROOT).items() if room_of(m) == "fid.metrics"
             for name in imports(m, path)}  # fmt: skip
    assert names - set(sys.stdlib_module_names) == {"numpy", "fid"}


@pytest.mark.parametrize("package", packages(ROOT))
def test_each_package_says_what_it_may_import_and_the_table_agrees(package):
    text = ast.get_docstring(ast.parse((ROOT / package.replace(".", "/") / "__init__.py").read_text()))
    assert package in HOUSE
    assert f"May import: {HOUSE[package]}." in " ".join(text.split())


def test_every_row_of_the_table_is_in_the_tree():
    known = modules(ROOT)
    assert all(room in known or (ROOT / room.replace(".", "/")).is_dir() for room in HOUSE)
    assert all(room in HOUSE for row in HOUSE.values() for room in re.findall(r"`([\w.]+)`", row))


def test_no_file_is_long_and_each_folder_fits_on_a_screen():
    files = [path for folder in (*FOLDERS, "tests") for path in (ROOT / folder).rglob("*.py")]
    assert [path.name for path in files if len(path.read_text().splitlines()) > MAX_LINES] == []
    for folder, most in MAX_ENTRIES.items():
        entries = [path.name for path in (ROOT / folder).iterdir() if not path.name.startswith(("__", "."))]
        assert len(entries) <= most, sorted(entries)


def test_tests_lie_where_the_tree_has_what_they_test():
    own = {"house", "faults"}  # of the whole tree: its order and texts, and how it breaks
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    assert len(folders) > 10 and [f for f in folders if str(f) not in own and not (ROOT / f).is_dir()] == []


def _exists(name: str, known: dict[str, Path]) -> bool:
    """`package/file.py`, or `package.module`, `package.module.name` with the name somewhere in that file."""
    if "/" in name:
        return "NAME" in name or (ROOT / name).exists()
    file = _resolve(name, known)
    rest = name.removeprefix(file.removesuffix(".__init__")).split(".") if file else []
    return file is not None and (len(rest) < 2 or re.search(rf"\b{rest[1]}\b", known[file].read_text()) is not None)


def test_what_docs_and_docstrings_name_is_there():
    known, any_of = modules(ROOT), "|".join(FOLDERS)
    named = re.compile(rf"`((?:{any_of})(?:\.\w+)+)`|(?<![\w./-])((?:{any_of}|tests)/[\w./]*\w\.(?:py|md|npz|csv))")
    texts = [
        *known.values(),
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("results/**/*.md"),
        *ROOT.glob("fid/**/*.md"),
    ]
    found = [(path, a or b) for path in texts for a, b in named.findall(path.read_text(encoding="utf-8"))]
    assert len(found) > 40
    assert [(path.name, name) for path, name in found if not _exists(name, known)] == []


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    from common.training.loop import Training",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import common.training.loop",
        "class A:\n    def f(self):\n        from ..training import loop",
        "from common import training",
    ],
)
def test_an_upward_import_is_found_wherever_it_stands(tmp_path, text):
    files = {"common/training/__init__.py": "", "common/training/loop.py": "from common.data import load",
             "common/data/load.py": ""}  # fmt: skip
    assert upward(tree(tmp_path, files)) == []
    (wrong,) = upward(tree(tmp_path, {"common/data/load.py": text}))
    assert wrong.startswith("common.data.load imports common.training")


def test_what_the_table_leaves_out_is_not_granted(tmp_path):
    """The game may not import the machinery beside it, `fid` nothing of training, and errors nothing at all."""
    files = {"common/losses.py": "import common.run.log", "common/run/log.py": "", "common/gan.py": "",
             "common/settings.py": "import common.gan", "fid/inputs/find.py": "import common.gan",
             "common/errors.py": "import common.losses", "dcgan/model.py": "import sagan.model",
             "sagan/model.py": "import common.gan, common.losses"}  # fmt: skip
    assert upward(tree(tmp_path, files)) == [
        "common.errors imports common.losses",
        "common.losses imports common.run.log",
        "common.settings imports common.gan",
        "dcgan.model imports sagan.model",
        "fid.inputs.find imports common.gan",
    ]


def test_a_circle_of_files_and_one_of_folders_alone_are_found(tmp_path):
    assert circles(tree(tmp_path, {"common/data/a.py": "import common.data.b", "common/data/b.py": ""})) == []
    (circle,) = circles(tree(tmp_path, {"common/data/b.py": "def f():\n    from .a import x"}))
    assert circle[:2] == ["common", "data"] and set(circle[2:]) == {"a", "b"}
    other = tree(tmp_path / "folders", {"fid/inputs/a.py": "import fid.metrics.a", "fid/metrics/a.py": "",
                                        "fid/metrics/b.py": "import fid.inputs.b", "fid/inputs/b.py": ""})  # fmt: skip
    (circle,) = circles(other)
    assert circle[0] == "fid" and set(circle[1:]) == {"inputs", "metrics"}
