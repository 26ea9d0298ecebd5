"""The notebooks: what is in them, and, where Jupyter's kernel is installed, that they run from top to bottom."""

import ast
import importlib
import re
import sys
import textwrap
from unittest.mock import Mock

import imageio.v3 as iio
import numpy as np
import pytest

from common.errors import TrainingFailed
from common.run.generator_file import load_generator
from common.run.remarks import Remark, write_remarks
from common.run.run_folder import RunFolder
from dcgan.recipes import CELEBA
from sagan.attention import find_attentions
from tests.house.test_house import FOLDERS
from tests.notebooks import NOTEBOOKS, ROOT, code_cells, execute, read, texts

COLAB_ONLY = "/content/drive"  # where Colab mounts a Drive
LARGEST = 1_000_000  # bytes of a notebook with its pictures
PROJECT = re.compile(r"github(?:\.com)?/([\w.-]+/[\w.-]+?)(?=[/\"\s)])")


def tree(cell):
    """The syntax of a cell; lines for the shell become `pass`."""
    return ast.parse(re.sub(r"^( *)[!%].*$", r"\1pass", cell, flags=re.M))


def imported(name):
    """(module, name) of each import of the project."""
    nodes = [node for cell in code_cells(name) for node in ast.walk(tree(cell)) if isinstance(node, ast.ImportFrom)]
    return [(node.module, alias.name) for node in nodes for alias in node.names if node.module.split(".")[0] in FOLDERS]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_public_names_of_the_project_alone(name):
    found = imported(name)
    assert len(found) >= 3
    assert [each for each in found if any(part.startswith("_") for part in ".".join(each).split("."))] == []
    used = {node.attr for cell in code_cells(name) for node in ast.walk(tree(cell)) if isinstance(node, ast.Attribute)}
    assert [attribute for attribute in used if attribute.startswith("_")] == []


def test_what_the_tutorial_imports_is_there():
    for module, name in imported("tutorial.ipynb"):
        assert hasattr(importlib.import_module(module), name), (module, name)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_absolute_path_and_no_large_file(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST
    paths = re.findall(r"(?<![\w.:/>])/(?:content|home|mnt|opt|root|srv|tmp|usr|var|work|Users)/[\w./-]*", text)
    assert [path for path in paths if not path.startswith(COLAB_ONLY)] == []
    assert "site-packages" not in text and "Traceback" not in text


def test_every_badge_and_clone_names_one_project():
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in (*NOTEBOOKS, "README.md")]
    assert all(PROJECT.findall(text) for text in texts)
    assert len({project.removesuffix(".git") for text in texts for project in PROJECT.findall(text)}) == 1


def test_the_tutorial_has_twenty_short_cells_and_its_pictures():
    cells = code_cells("tutorial.ipynb")
    assert len(cells) == 20 and max(len(cell.splitlines()) for cell in cells) <= 30
    outputs = [out for cell in read("tutorial.ipynb")["cells"] for out in cell.get("outputs", ())]
    assert sum("image/png" in out.get("data", {}) for out in outputs) >= 10


def test_the_tutorial_s_attention_is_that_of_the_generator_in_results():
    """Where it is not: python tests/notebooks.py tutorial.ipynb."""
    gamma = float(find_attentions(load_generator(ROOT / "results/sagan/best/generator.keras"))[0].gamma)
    assert f"gamma went from 0 to {gamma:.3f}" in (ROOT / "tutorial.ipynb").read_text(encoding="utf-8")


def test_colab_keeps_no_outputs():
    assert not any(cell.get("outputs") for cell in read("colab.ipynb")["cells"])


def test_colab_measures_against_the_run_s_own_pictures_at_its_own_size(tmp_path, monkeypatch):
    pictures, run = tmp_path / "pictures", RunFolder(tmp_path / "run")
    pictures.mkdir()
    for index in range(20):
        iio.imwrite(pictures / f"{index:02d}.png", np.full((12, 16, 3), index, np.uint8))
    run.path.mkdir()
    changes = {"data": str(pictures), "image_size": 8}
    run.write_config({"family": "dcgan", "recipe": "celeba", "settings": CELEBA.override(changes).record()})
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("fid.compare", compare := Mock(return_value=[]))
    (cell,) = (cell for cell in code_cells("colab.ipynb") if "compare(" in cell)
    exec(cell, {"second": run, "IMAGES": 5000})
    assert compare.call_args.args[0].shape == (18, 8, 8, 3) and compare.call_args.kwargs["count"] == (18, 5000)


@pytest.fixture
def notebook(monkeypatch):
    """`follow`, and what it shows: a list of pictures' names and cleared pages."""
    pytest.importorskip("IPython", reason="IPython is not installed: tests/requirements-notebooks.txt")
    from common.commands import notebook

    shown = []
    monkeypatch.setattr(notebook, "display", lambda image: shown.append(image.filename))
    monkeypatch.setattr(notebook, "clear_output", lambda wait: shown.append("clear"))
    notebook.shown = shown
    return notebook


def script(folder, text):
    """A command that takes `--out`, in the place of a train.py."""
    path = folder / "train.py"
    path.write_text(textwrap.dedent(text))
    return f"python {path}"


def test_a_training_is_followed_line_by_line(tmp_path, notebook, capsys):
    run = RunFolder(tmp_path / "my run")
    run.path.mkdir()
    (run.path / "samples.png").write_bytes(b"\x89PNG")
    write_remarks(run, [Remark("a", "it has collapsed", "why", "less", 1)])
    command = script(tmp_path, "import sys; print('epoch 1'); print(sys.argv)")
    assert notebook.follow(f"{command} --recipe 'a b'", run.path).path == run.path
    assert notebook.shown == ["clear", str(run.path / "samples.png")] * 2
    said = capsys.readouterr().out
    assert "epoch 1" in said and str(["--recipe", "a b", "--out", str(run.path)])[1:] in said
    assert "remark: since epoch 1: it has collapsed" in said


def test_a_training_that_fails_says_why_in_the_notebook(tmp_path, notebook):
    with pytest.raises(TrainingFailed, match="error: no such recipe"):
        notebook.follow(script(tmp_path, "print('error: no such recipe'); raise SystemExit(2)"), tmp_path)


def test_an_interrupted_training_is_stopped_and_saved(tmp_path, notebook, monkeypatch, capsys):
    command = script(tmp_path, """
        import signal, sys, time
        signal.signal(signal.SIGINT, lambda *_: sys.exit(print("saved", flush=True)))
        print("epoch 1", flush=True)
        time.sleep(60)
        """)  # fmt: skip

    def interrupt(wait):
        monkeypatch.setattr(notebook, "clear_output", lambda wait: None)
        raise KeyboardInterrupt

    monkeypatch.setattr(notebook, "clear_output", interrupt)
    assert notebook.follow(command, tmp_path).path == tmp_path
    assert "saved" in capsys.readouterr().out


def needs_a_kernel():
    for package in ("nbclient", "ipykernel"):
        pytest.importorskip(package, reason=f"{package} is not installed: tests/requirements-notebooks.txt")


@pytest.mark.slow
def test_the_tutorial_runs_and_its_two_ways_agree():
    needs_a_kernel()
    notebook = execute("tutorial.ipynb", {"STEPS": 15, "IMAGES": 400})
    said = "\n".join(texts(notebook))
    assert "at gamma = 0 the identity: True" in said and "at gamma = 1: False" in said
    by_hand, compared = (re.search(rf"{way}[^\d]* ([\d.]+)", said)[1] for way in ("by hand", "compare CIFAR-10 "))
    assert float(by_hand) == pytest.approx(float(compared), rel=1e-4)
    shown = [out for cell in notebook.cells for out in cell.get("outputs", ()) if out.output_type == "display_data"]
    assert len(shown) >= 12


@pytest.mark.slow
def test_the_colab_notebook_trains_measures_and_packs(tmp_path):
    needs_a_kernel()
    small = "--epochs 1 --steps-per-epoch 2 --batch-size 8 --metrics-every 0 --set g_width=8 --set d_width=8"
    first, second = "python dcgan/train.py --recipe quick", "python csagan/train.py --recipe best --data photos"
    notebook = execute("colab.ipynb", {"FIRST": f"{first} {small}", "SECOND": f"{second} {small}",
                                       "RUNS": str(tmp_path), "IMAGES": 20})  # fmt: skip
    said = "\n".join(texts(notebook))
    assert said.count("epoch 1/1") == 2 and said.count("20 fake") == 5
    shown = [out for cell in notebook.cells for out in cell.get("outputs", ()) if "image/png" in out.get("data", {})]
    assert len(shown) >= 6 and "google.colab" not in sys.modules
    name, other = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert name.startswith("csagan-train.py-recipe-best-data-photos-epochs-1-")
    assert other.startswith("dcgan-train.py-recipe-quick-epochs-1-")
    assert len(list((tmp_path / name / "final_images").glob("*.png"))) == 10
    assert (tmp_path / f"{name}.zip").stat().st_size > 10_000
