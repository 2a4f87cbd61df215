"""The documentation is that of this code, builds without the network, and prints commands that work."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from docs import generate, notebook, pictures
from vaeplay.evaluation.registry import METRICS

from .conftest import ROOT

DOCS = sorted((ROOT / "docs").glob("*.md"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


WIDE = next(line for line in (ROOT / "docs/experiments.md").read_text("utf-8").splitlines() if " exp show " in line)


def commands(text: str) -> list[str]:
    """The lines of all blocks of shell commands."""
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("name", ["models.md", "metrics.md"])
def test_generated_pages_are_those_of_the_code(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == generate.pages()[name], "run `python -m docs.generate`"


def test_every_model_and_every_metric_has_its_place() -> None:
    models = {path.stem for path in (ROOT / "vaeplay/models").glob("*.py")} - {*generate.WITHOUT}
    pages = generate.pages()
    assert all(f"`vaeplay/models/{name}.py`" in pages["models.md"] for name in models)
    assert all(f"| `{metric.key}` |" in pages["metrics.md"] for metric in METRICS)


def test_the_site_builds_with_every_link_whole_and_asks_for_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", tmp_path / "site"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for path in (tmp_path / "site").rglob("*.html"):
        loaded = re.findall(r'<(?:script|img|link)[^>]+(?:src|href)="(https?://[^"]+)"', path.read_text("utf-8"))
        assert not loaded, f"{path.name} loads {loaded}"


def test_commands_in_the_documentation_are_the_readmes_or_have_a_test_of_their_own() -> None:
    """Every block marked `sh` prints commands that tests run: those of the README, and these, tried where named."""
    elsewhere = {
        "uv run dvc add images/photos",  # test_data_pipeline, with the three below
        'git add images/photos.dvc && git commit -m "My photos"',
        "uv run dvc exp run --queue -S beta=1,2 -S data.name=folder -S data.path=images/photos -S data.size=32",
        "uv run dvc exp run --run-all",
        "uv run dvc remote add --default storage ../vaeplay-storage",  # test_concurrency, with the four below
        "uv run dvc push",
        'git add .dvc/config dvc.lock && git commit -m "Results"',
        "uv run dvc pull",
        "uv run dvc repro",
        WIDE,  # test_readme
    }
    assert {line for path in DOCS for line in commands(path.read_text("utf-8"))} <= {*commands(README), *elsewhere}


def test_links_between_pages_and_to_pictures_exist() -> None:
    for path in [*DOCS, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#:]+)[)#]", path.read_text("utf-8")):
            assert (path.parent / target).is_file(), f"{path.name}: {target}"


def test_the_pictures_are_of_the_page_as_it_looks_now() -> None:
    made = json.loads((ROOT / "docs/explorer.json").read_text("utf-8"))
    assert made == {"explorer.webp": pictures.digest()}, "run the grid, and `python -m docs.pictures`"
    assert (ROOT / "docs/explorer.webp").stat().st_size < 2_000_000


def test_the_notebook_shows_what_it_computes_and_nothing_of_a_machine() -> None:
    text = notebook.NOTEBOOK.read_text("utf-8")
    assert len(text) < 450_000
    code = [cell for cell in nbformat.reads(text, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [*range(1, len(code) + 1)]
    shown = [output for cell in code for output in cell.outputs]
    assert not [output for output in shown if output.output_type == "error" or output.get("name") == "stderr"]
    assert sum("data:image/png" in str(output) or "image/png" in output.get("data", {}) for output in shown) == 4
    for place in ("/home/", "/root/", "/tmp/", "/work/", "/Users/", str(ROOT)):
        assert place not in text


def test_the_notebook_runs(tmp_path: Path) -> None:
    written = nbformat.read(notebook.NOTEBOOK, as_version=4)
    kinds = [[output.output_type for output in cell.get("outputs", ())] for cell in written.cells]
    for cell in written.cells:
        few = cell.source.replace("order[:1500], order[1500:]", "order[:200], order[200:260]")
        cell.source = re.sub(r"epochs=\d+", "epochs=1", few)
    assert sum("epochs=1" in cell.source for cell in written.cells) == 1 and "order[:200]" in str(written)
    found = notebook.run(written, tmp_path)
    assert [[output.output_type for output in cell.get("outputs", ())] for cell in found.cells] == kinds
