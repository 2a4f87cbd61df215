"""`vaeplay show` and `vaeplay open` on a made-up workspace."""

import csv
import io
import json
import webbrowser
from pathlib import Path

import pytest

from vaeplay import cli
from vaeplay.terminal import browse, sheet

from . import fake_workspace

VAE = "VAE_latent8_depth2_ReLU"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def made(root: Path) -> Path:
    fake_workspace.make(root)
    return root


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> list[str]:
    """What a command prints, which has to end with this exit code."""
    assert cli.main(words) == code
    printed = capsys.readouterr()
    return (printed.err if code else printed.out).splitlines()


@pytest.mark.usefixtures("made")
def test_the_table_fits_and_marks_the_best_and_shows_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "show")
    assert max(map(len, lines)) <= sheet.WIDTH
    assert sum("latent" in line for line in lines) == 12
    assert any(line.startswith(VAE) and "±" in line for line in lines)
    assert any("*" in line for line in lines[:-1]) and lines[-1] == "* the best of its column"


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("by", ["mse", "SSIM", "elbo"])
def test_by_a_metric_the_best_come_first_and_those_without_it_last(by: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(said(capsys, "show", "--csv", "--by", by))
    rows = list(csv.DictReader(io.StringIO(text)))
    values = [float(row[by.lower()]) for row in rows if row[by.lower()]]
    assert values == sorted(values, reverse=by != "mse")
    assert [row["cell"].startswith("AE_") for row in rows[-4:]] == [by == "elbo"] * 4 or by != "elbo"
    assert len(rows) == 12


@pytest.mark.usefixtures("made")
def test_a_cell_has_all_its_metrics_by_group_with_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "show", VAE)
    assert max(map(len, lines)) <= sheet.WIDTH
    assert {"Reconstruction", "Likelihood", "Generation", "Smoothness"} <= set(lines)
    assert next(line for line in lines if line.startswith("MSE")).count("…") == 2  # the interval, and 0…1


@pytest.mark.usefixtures("made")
def test_as_markdown_and_latex_the_best_is_bold(capsys: pytest.CaptureFixture[str]) -> None:
    head, rule, *rows = said(capsys, "show", "--md")
    assert len({line.count("|") for line in (head, rule, *rows)}) == 1 and len(rows) == 12
    assert sum("**" in row for row in rows) > 0
    lines = said(capsys, "show", "--latex")
    assert lines[0].startswith(r"\begin{tabular}{lr") and lines[-1] == r"\end{tabular}"
    assert any(r"VAE\_latent8\_depth2\_ReLU" in line and r"$\pm$" in line for line in lines)
    assert any(r"\textbf{" in line for line in lines)


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["VAE_latent9_depth2_ReLU"], "no such cell; did you mean VAE_latent8_depth2_ReLU?; `vaeplay show` lists them"),
        (["--by", "esbo"], "did you mean elbo?"),
        ([VAE, "--by", "elbo"], "give it or a CELL, not both"),
    ],
)
def test_a_wrong_name_is_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    [line] = said(capsys, "show", *words, code=1)
    assert line.startswith("error: ") and line.endswith(message)


def test_without_results_it_says_what_makes_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "show", code=1) == ["error: no results yet; run `uv run dvc repro`"]
    assert said(capsys, "open", code=1) == ["error: reports/gallery.html: no page yet; run `uv run dvc repro`"]


def test_a_value_that_is_not_finite_is_shown_and_comes_last(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = made / f"metrics/{VAE}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"mse": None}))
    assert said(capsys, "show", "--by", "mse")[-2].startswith(f"{VAE} ")


def test_the_page_is_opened_and_its_path_printed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def look(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", look)
    monkeypatch.setattr(browse, "has_screen", lambda: True)
    (root / "reports").mkdir()
    for name in ("gallery", "beta=4"):
        (root / f"reports/{name}.html").touch()
    assert said(capsys, "open") == [str(root / "reports/gallery.html")]
    assert said(capsys, "open", "beta=4") == [str(root / "reports/beta=4.html")]
    assert [address.rpartition("/")[2] for address in opened] == ["gallery.html", "beta%3D4.html"]
    [line] = said(capsys, "open", "beta=5", code=1)
    assert line.endswith("no such page; there are beta=4, gallery; did you mean beta=4?")
    monkeypatch.setattr(browse, "has_screen", lambda: False)
    assert said(capsys, "open")[1:] == ["no browser here: open this file in one"]
