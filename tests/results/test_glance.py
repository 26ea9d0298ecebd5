"""The table of kept runs in results/README.md."""

from common.run.run_folder import RunFolder
from results.report_page.glance import glance
from results.report_page.report import read_system
from tests.helpers import ROOT

RESULTS = ROOT / "results"
PAGE = RESULTS / "README.md"


def test_the_page_has_todays_table_and_every_run_has_its_section():
    systems = [read_system(RunFolder(path.parent)) for path in sorted(RESULTS.glob("*/*/config.json"))]
    table = glance(systems, PAGE)
    assert table in PAGE.read_text(encoding="utf-8"), "run results/report.py"
    rows = table.splitlines()[2:]
    assert len(rows) == len(systems) > 10 and all(row.startswith("| [`") for row in rows)


def test_a_row_has_the_pictured_generators_figures_and_links_as_github_names_sections(tmp_path):
    """Of dcgan/bendale the best by its first metric is kept, epoch 10 of 30, where the other one is not at its best."""
    page = tmp_path / "README.md"
    system = read_system(RunFolder(RESULTS / "dcgan" / "bendale"))
    assert (system.pictured, system.epochs) == (10, 30)
    page.write_text("## Runs\n\n### `dcgan/bendale`: 3,200 epochs, at 32x32 (wide-ish)\n", encoding="utf-8")
    page.parent.joinpath("dcgan").symlink_to(RESULTS / "dcgan")
    row = glance([read_system(RunFolder(tmp_path / "dcgan" / "bendale"))], page).splitlines()[-1]
    assert row.startswith("| [`dcgan/bendale`](#dcganbendale-3200-epochs-at-32x32-wide-ish) | ![](dcgan/bendale/final")
    assert row.count("![](") == 4 and "| 1.63 | 80.6 | - | 499,840 | 47:30 | FID 69.09 at epoch 3,190" in row
    page.write_text("no sections", encoding="utf-8")
    assert "| `dcgan/bendale` |" in glance([read_system(RunFolder(tmp_path / "dcgan" / "bendale"))], page)
