"""The gallery: what it reads, what it marks, what it draws, and that no input can break or enter the page."""

import ast
import base64
import dataclasses
import io
import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, nodes
from PIL import Image
from safetensors.numpy import save_file

from stages.report import main
from tests import fake_explorer, fake_workspace
from tests.fake_workspace import HOSTILE, Plan, plans
from vaeplay.data.drawing import GAP, sheet
from vaeplay.errors import UserError
from vaeplay.evaluation.registry import BY_KEY, Metric
from vaeplay.gallery import budget, charts, columns, page, render, scale, views, words
from vaeplay.gallery.answer.pictures import ROOM
from vaeplay.gallery.cells import own, training
from vaeplay.gallery.curves.data import of_terms
from vaeplay.gallery.logs import union
from vaeplay.gallery.page import Cell, Estimate
from vaeplay.gallery.plane.drawing import ASIDE, NEAR, apart, beside, plane
from vaeplay.gallery.provenance import data as provenance
from vaeplay.gallery.read import read
from vaeplay.gallery.results import PageLimit
from vaeplay.gallery.trained import Curve, History
from vaeplay.gallery.views import view
from vaeplay.gallery.wall import samples, sheets
from vaeplay.verdicts.table import Combined, Table

PIECES = [
    *("metrics/{}.json", "evaluation/{}/details.json", "logs/cells/{}.json", "settings/{}.json"),
    *("samples/{}.png", "evaluation/{}/prior.png", "evaluation/{}/worst.png"),
]
GALLERY = Path(render.__file__).parent
cached_read = cache(read)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that tests read and do not change."""
    root = tmp_path_factory.mktemp("workspace")
    fake_workspace.make(root)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A workspace that a test may change."""
    return shutil.copytree(made, tmp_path / "copy")


def html(root: Path) -> str:
    main(root)
    return (root / "reports/gallery.html").read_text(encoding="utf-8")


class Elements(HTMLParser):
    """Every start tag of a page with its attributes, and the text of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in ("script", "style") and data.strip():
            self.raw.append(data)


def test_same_inputs_give_the_same_bytes_anywhere(made: Path, tmp_path: Path) -> None:
    pages = []
    for name in ("one", "another"):
        copy = shutil.copytree(made, tmp_path / name)
        pages += [html(copy), html(copy)]
    assert len(set(pages)) == 1
    assert str(tmp_path) not in pages[0]


def test_report_leaves_torch_alone(root: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from stages.report import main; main(Path.cwd());"
        "print([name for name in ('torch', 'torchvision', 'sklearn', 'dvc') if name in sys.modules])"
    )
    environment = {"PYTHONPATH": str(GALLERY.parents[1]), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True)
    said = done.stdout.splitlines()
    assert (done.returncode, said[-1]) == (0, "[]"), done.stderr
    assert said[0].startswith("The page: reports/gallery.html ")


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    names = fake_workspace.make(tmp_path, text=HOSTILE)
    fake_workspace.make(tmp_path / "plain")
    hostile, plain = Elements(html(tmp_path)), Elements(html(tmp_path / "plain"))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert not any(name.startswith("on") or name == "style" for _, found in hostile.tags for name in found)
    data = json.loads(next(text for text in hostile.raw if text.startswith('{"cells":')))
    assert [cell["name"] for cell in data["cells"]] == names
    assert data["cells"][0]["settings"]["likelihood.name"] == f"bernoulli{HOSTILE}"


def test_hostile_cell_names_stay_text(tmp_path: Path) -> None:
    model = "<img src=x onerror=alert(1)>\"'&\u202e{{ 7*7 }}"
    fake_workspace.make(tmp_path, [Plan(model, 1.0, 2, 1), Plan("VAE", 1.0, 2, 1)])
    text = html(tmp_path)
    found = Elements(text)
    assert {f"cell={model}_latent2_depth1_ReLU"} <= {attributes.get("id") for _, attributes in found.tags}
    assert not any("onerror" in attributes for _, attributes in found.tags)
    assert "49" not in re.findall(r"<bdi>(.*?)</bdi>", text)


def test_policy_covers_exactly_the_inline_code(made: Path) -> None:
    text = html(shutil.copytree(made, made.parent / "policy"))
    found = Elements(text)
    policy = next(a["content"] for _, a in found.tags if a.get("http-equiv") == "Content-Security-Policy")
    code = [raw for raw in found.raw if not raw.startswith("{")]
    assert policy == render.policy(code[:1], code[1:])
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    fetched = {a[name] for _, a in found.tags for name in ("src", "href") if a.get(name)}
    assert all(address is not None and address.startswith(("data:", "#")) for address in fetched)


def _names(template: nodes.Template) -> set[str]:
    found = {node.attr for node in template.find_all(nodes.Getattr)}
    return found | {node.value for node in template.find_all(nodes.Const) if isinstance(node.value, str)}


def _classes() -> list[type]:
    return [item for item in vars(page).values() if dataclasses.is_dataclass(item) and isinstance(item, type)]


def test_templates_and_page_data_are_held_together() -> None:
    """Every field of the page's data is shown: a template, or a module that lays something out, reads it."""
    used: set[str] = set()
    for path in GALLERY.rglob("*.j2"):
        used |= _names(Environment().parse(path.read_text()))
    for path in GALLERY.rglob("*.py"):
        used |= {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    fields = {field.name for item in _classes() for field in dataclasses.fields(item)}
    assert fields <= used | set(views.TITLES), fields - used


def test_page_data_are_frozen_and_typed() -> None:
    for item in _classes():
        assert item.__doc__ and not item.__doc__.startswith(f"{item.__name__}("), item
        for hint in get_type_hints(item).values():
            assert not {list, dict, set, Any} & {hint, *get_args(hint)}, item
        with pytest.raises(AttributeError):
            setattr(object.__new__(item), dataclasses.fields(item)[0].name, None)


@pytest.mark.parametrize("lost", PIECES)
def test_a_cell_that_lacks_a_file_says_so(root: Path, lost: str) -> None:
    name = plans()[0].name
    (root / lost.format(name)).unlink()
    text = html(root)
    cell = read(root).cells[0]
    assert [item.path for item in cell.missing] == [lost.format(name)]
    assert cell.missing[0].command == "uv run dvc repro evaluate@AE-2-1-ReLU-"
    assert "1 cell of 12" in text and cell.missing[0].command in text


def test_a_cell_that_failed_says_why_and_wins_nothing(root: Path) -> None:
    name = plans()[0].name
    log = json.loads((root / f"logs/cells/{name}.json").read_text())
    reason = "its <loss> is nan in epoch 3: the training diverged"
    fake_workspace.write(root / f"logs/cells/{name}.json", log | {"status": "failed", "reason": reason, "history": []})
    fake_workspace.write(root / f"metrics/{name}.json", {})
    text = html(root)
    assert "1 cell of 12 failed." in text
    assert text.count("its &lt;loss&gt; is nan in epoch 3") >= 3  # at the top, in the table, at the cell
    assert read(root).cells[0].metrics == ()
    assert not read(root).cells[0].missing


def test_nothing_made_yet(root: Path) -> None:
    for folder in ("metrics", "samples", "logs"):
        shutil.rmtree(root / folder)
    text = html(root)
    assert "12 cells of 12 are incomplete" in text
    assert "Nothing has been compared yet" in text


def test_the_data_card_shows_the_balance_of_classes_and_what_was_left_out(root: Path) -> None:
    card = json.loads((root / "data/card.json").read_text())
    card["class_counts"] = {split: [0, 100, 50, *[25] * 7] for split in card["counts"]}
    fake_workspace.write(
        root / "data/card.json",
        card | {"skipped": 1, "skipped_files": ["images/x.png: empty"], "notes": ["12 files are dark"]},
    )
    bars = provenance.balance(read(root))
    assert [(bar.count, bar.height) for bar in bars[:4]] == [(0, 0), (300, 40), (150, 20), (75, 10)]
    text = html(root)
    assert "1 file could not be read as an image and was left out" in text and "images/x.png: empty" in text
    assert "12 files are dark" in text
    rectangles = [found for tag, found in Elements(text).tags if tag == "rect" and found.get("width") == "16"]
    assert [float(found["height"] or "") for found in rectangles] == [bar.height for bar in bars]
    for key in ("factors", "own_test", "skipped", "skipped_files", "notes"):  # a card of an earlier version
        del card[key]
    fake_workspace.write(root / "data/card.json", card)
    assert "could not be read as an image" not in html(root)


def test_no_cells_at_all(tmp_path: Path) -> None:
    fake_workspace.make(tmp_path, [])
    assert "0 autoencoders" in html(tmp_path)


def test_files_of_other_cells_are_ignored(root: Path) -> None:
    before = html(root)
    orphan = Plan("VAE", 1.0, 64, 1)
    fake_workspace.make_cell(root, orphan, 3)
    suffixed = plans()[0].name + "_wide"
    shutil.copy(root / f"samples/{orphan.name}.png", root / f"samples/{suffixed}.png")
    shutil.copy(root / f"metrics/{orphan.name}.json", root / f"metrics/{suffixed}.json")
    shutil.copytree(root / f"evaluation/{orphan.name}", root / f"evaluation/{suffixed}")
    (root / "samples/notes.txt").write_text("not a picture")
    assert html(root) == before


def test_a_cell_whose_name_begins_with_another(root: Path) -> None:
    short = plans()[0].name
    long = f"{short}_v2"
    for path in [*root.glob(f"*/{short}*"), *root.glob(f"logs/cells/{short}*")]:
        copy: Callable[[Path, Path], object] = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, path.with_name(path.name.replace(short, long)))
    report = json.loads((root / "settings/report.json").read_text())
    fake_workspace.write(root / "settings/report.json", report | {"cells": [short, long]})
    kinds = {cell.name: [sample.kind for sample in cell.samples] for cell in read(root).cells}
    assert kinds == {short: list(samples.EXPECTED), long: list(samples.EXPECTED)}
    assert [cell.label for cell in read(root).cells] == ["AE, latent 2, depth 1, ReLU", long]


def test_unknown_kinds_of_samples_are_shown_last(root: Path) -> None:
    name = plans()[0].name
    shutil.copy(root / f"samples/{name}.png", root / f"evaluation/{name}/best-worst.png")
    assert read(root).cells[0].samples[-1].kind == "best-worst"
    assert read(root).kinds[-1].title == "Best worst"
    assert html(root).count("No picture yet") == 0  # the other cells have none to come


@pytest.mark.parametrize("text", ["{", "[]", '{"mse": "low"}', '{"mse": true}', ""])
@pytest.mark.parametrize("folder", ["metrics", "logs/cells"])
def test_malformed_files_are_one_line(root: Path, text: str, folder: str) -> None:
    path = f"{folder}/{plans()[0].name}.json"
    (root / path).write_text(text.replace("mse", "mse" if folder == "metrics" else "seconds"))
    with pytest.raises(UserError, match=f"^{re.escape(path)}: [^\n]+$"):
        main(root)
    assert not (root / "reports/gallery.html").exists()


@pytest.mark.parametrize("path", ["settings/report.json", "data/card.json"])
def test_an_absent_input_is_one_line(root: Path, path: str) -> None:
    (root / path).unlink()
    with pytest.raises(UserError, match=f"^{re.escape(path)}: no such file; `dvc repro` makes it$"):
        main(root)


def test_a_picture_that_is_none_is_one_line(root: Path) -> None:
    name = f"samples/{plans()[0].name}.png"
    (root / name).write_bytes(b"GIF89a")
    with pytest.raises(UserError, match=f"^{re.escape(name)}: not a PNG"):
        read(root)


def test_the_union_holds_every_log(root: Path) -> None:
    name = plans()[0].name
    log = json.loads((root / f"logs/cells/{name}.json").read_text())
    log["history"][0]["train_total"] = math.nan
    (root / f"logs/cells/{name}.json").write_text(json.dumps(log))
    html(root)
    made = json.loads((root / "logs/ae_vae_logs.json").read_text())
    assert list(made["cells"]) == sorted(plan.name for plan in plans())
    assert made["cells"][name]["history"][0]["train_total"] is None
    assert made["cells"][name]["history"][1] == log["history"][1]
    documented = set(made["fields"])
    assert set(log) <= documented
    assert {f"history[].{key}" for key in ("epoch", "seconds", "train_<term>", "validation_<term>")} <= documented
    assert union(root, read(root)) == made


def test_values_that_are_not_finite_are_shown_and_never_best(root: Path) -> None:
    name = plans()[0].name
    (root / f"metrics/{name}.json").write_text('{"mse": NaN, "distortion": -Infinity}')
    assert "NaN or infinite" in html(root)
    assert all(name not in column.best for column in columns.columns(read(root)))


def test_an_autoencoder_has_no_rate(made: Path) -> None:
    text = html(shutil.copytree(made, made.parent / "rates"))
    assert 'title="AE has no Rate: it is not defined for this model">—' in text
    drawing = plane(view(read(made)))
    assert drawing is not None
    for point in drawing.points:
        assert (point.rate is None) == (point.x < drawing.strip_right) == point.cell.startswith("AE")


@given(st.lists(st.floats(0, 400), max_size=9))
def test_points_of_a_strip_stand_apart_as_far_as_there_is_room(heights: list[float]) -> None:
    found = apart(heights)
    spots = sorted(zip(heights, found, strict=True))
    near = [[other for other in spots if abs(other[0] - spot[0]) < NEAR] for spot in spots]
    for spot, others in zip(spots, near, strict=True):
        if len(others) <= len(ASIDE):
            assert others.count(spot) == 1
    assert set(found) <= set(ASIDE)


def test_a_points_text_stays_within_its_column() -> None:
    spots, columns = [(620.0, 348.0), (190.0, 100.0), (300.0, 200.0)], [(150, 676), (150, 676), (280, 320)]
    found = beside(spots, ["3 × 3 codes of 64", "8/1", "3 × 3 codes of 64"], columns)
    assert [place and place[2] for place in found] == ["end", "start", None]


def test_iso_elbo_lines_pass_through_points_of_their_elbo(made: Path) -> None:
    drawing = plane(view(read(made)))
    assert drawing is not None and drawing.diagonals
    (x0, x1), (y0, y1) = drawing.x_ticks[:2], drawing.y_ticks[:2]
    for line in drawing.diagonals:
        for x, y in ((line.x1, line.y1), (line.x2, line.y2)):
            rate = x0.value + (x - x0.at) * (x1.value - x0.value) / (x1.at - x0.at)
            distortion = y0.value + (y - y0.at) * (y1.value - y0.value) / (y1.at - y0.at)
            assert -(rate + distortion) == pytest.approx(float(line.label.replace("−", "-")), abs=0.2)


def test_a_sweep_joins_cells_that_differ_in_beta_alone(made: Path) -> None:
    drawing = plane(view(read(made)))
    assert drawing is not None and len(drawing.sweeps) == 4  # VAE to BetaVAE at two latent sizes and two depths
    assert all(sweep.path.count("L") == 1 for sweep in drawing.sweeps)


def test_nats_under_different_likelihoods_are_not_ranked(root: Path) -> None:
    path = root / f"settings/{plans()[0].name}.json"
    cell = json.loads(path.read_text())
    fake_workspace.write(path, cell | {"settings": {"likelihood": {"name": "gaussian"}}})
    best = {column.metric.key: column.best for column in columns.columns(read(root))}
    assert best["mse"] and not best["distortion"] and not best["elbo"]
    assert "cannot be compared" in html(root)


def test_counts_are_those_of_the_grid_and_no_product(root: Path) -> None:
    assert "<dd>12<small>of 3 models</small></dd>" in html(root)
    fake_workspace.make(root, fake_workspace.plans()[:-1])
    text = html(root)
    assert "3 models in 11 cells" in text and "<dd>11<small>of 3 models</small></dd>" in text


def test_the_commit_is_named(root: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(root), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert "no commit" in html(root)
    (root / "params.yaml").write_text("seed: 0\n")
    git("init", "-q")
    git("add", "params.yaml")
    git("commit", "-qm", "start")
    assert git("rev-parse", "HEAD") in (text := html(root)) and "without later changes" in text
    (root / "params.yaml").write_text("seed: 1\n")
    assert "with later changes" in html(root)


METRIC = st.sampled_from(list(BY_KEY.values()))


@given(METRIC, st.dictionaries(st.text(max_size=3), FLOATS | st.none(), max_size=6))
def test_best_is_the_extreme_as_shown(metric: Metric, values: dict[str, float | None]) -> None:
    ranks = columns.ranks(metric, values)
    shown = {name: round(value, metric.digits) for name, value in values.items() if value is not None}
    if metric.better is None or len(shown) < 2:
        assert not ranks
        return
    extreme = min(shown.values()) if metric.better == "lower" else max(shown.values())
    assert {name for name, rank in ranks.items() if rank == 1} == {name for name in shown if shown[name] == extreme}
    for name, rank in ranks.items():
        better = [value for value in shown.values() if (value < shown[name]) == (metric.better == "lower")]
        assert rank == 1 + sum(value != shown[name] for value in better)


def _numbers(chart: charts.Chart) -> list[float]:
    found = [number for line in chart.lines for dot in line.dots for number in dot]
    found += [float(text) for line in chart.lines for text in re.findall(r"-?[\d.]+(?:e[+-]?\d+)?", line.path)]
    return found + [tick.at for tick in (*chart.x_ticks, *chart.y_ticks)]


@given(st.lists(st.tuples(FLOATS | st.none(), FLOATS | st.none()), min_size=1, max_size=8))
def test_charts_stay_inside_their_frame(rows: list[tuple[float | None, float | None]]) -> None:
    train, validation = zip(*rows, strict=True)
    history = History(tuple(range(1, len(rows) + 1)), (), (), (Curve("total", train, validation),))
    (chart,) = training.charts(history)
    assert all(math.isfinite(number) and -1 <= number <= chart.width + 1 for number in _numbers(chart))
    assert len(chart.lines[0].dots) == sum(value is not None for value in validation)
    assert chart.lines[0].path.count("M") <= len(rows)
    assert len(training.table(history).rows) == len(rows)


@given(st.lists(FLOATS, max_size=6), st.integers(1, 12), st.booleans())
def test_ticks_are_few_and_in_order(values: list[float], count: int, whole: bool) -> None:
    axis = scale.Scale(*scale.extent(values), 0.0, 100.0)
    ticks = axis.ticks(count, whole)
    assert len(ticks) <= 2 * count + 2
    assert all(-0.1 <= tick.at <= 100.1 for tick in ticks)
    assert [tick.value for tick in ticks] == sorted(tick.value for tick in ticks)


@given(st.lists(st.tuples(FLOATS | st.none(), FLOATS | st.none()), min_size=1, max_size=5))
def test_the_plane_stays_inside_its_frame(made: Path, values: list[tuple[float | None, float | None]]) -> None:
    report = cached_read(made)
    cells = tuple(
        dataclasses.replace(cell, metrics=(Estimate("rate", rate), Estimate("distortion", distortion)))
        for cell, (rate, distortion) in zip(report.cells, values, strict=False)
    )
    drawing = plane(view(dataclasses.replace(report, cells=cells)))
    if drawing is not None:
        for point in drawing.points:
            assert 0 <= point.x <= drawing.width and 0 <= point.y <= drawing.height
        for line in drawing.diagonals:
            assert all(math.isfinite(number) for number in (line.x1, line.y1, line.x2, line.y2))


def test_labels_name_what_differs(made: Path) -> None:
    cells: tuple[Cell, ...] = read(made).cells
    assert cells[0].label == "AE, latent 2, depth 1"
    assert cells[-1].label == "BetaVAE β=2, latent 8, depth 2"
    assert len({cell.label for cell in cells}) == len(cells)


def test_metrics_of_few_models_stand_with_their_cell_and_not_in_the_table(root: Path) -> None:
    name = plans()[0].name
    path = root / f"metrics/{name}.json"
    fake_workspace.write(path, json.loads(path.read_text()) | {"bits_per_dimension": 38.63})
    text = html(root)
    label = BY_KEY["bits_per_dimension"].label
    start = text.index('id="cells-table"')
    assert label not in text[start : text.index("</table>", start)]
    assert "38.6" in text[text.index('id="cells"') :]


def test_a_map_of_codes_is_named_as_such_in_curves_and_plane(tmp_path: Path) -> None:
    fake_workspace.make(tmp_path, [Plan("VAE", 1.0, 8, 1), Plan("VAE", 1.0, 16, 2), Plan("VQVAE", 1.0, 16, 2)])
    seen = view(read(tmp_path))
    code = seen.page.cells[2].code
    assert code and "codes of 64" in code
    total = of_terms(seen)[0]
    assert [chart.title for chart in total.charts] == ["8 latent dimensions", "16 latent dimensions", code]
    drawn = plane(seen)
    assert drawn and [point.short for point in drawn.points] == ["8/1", "16/2", code]


def test_a_term_that_never_changes_has_no_chart(root: Path) -> None:
    for plan in plans():
        path = root / f"logs/cells/{plan.name}.json"
        log = json.loads(path.read_text())
        for entry in log["history"]:
            entry |= {"train_bits": 54.0, "validation_bits": 54.0}
        fake_workspace.write(path, log)
    assert "bits" not in {item.term for item in of_terms(view(read(root)))}
    assert "distortion" in {item.term for item in of_terms(view(read(root)))}


def test_repeats_are_a_mean_and_only_it_is_ranked(tmp_path: Path) -> None:
    repeats = ("", "_r2", "_r3")
    fake_workspace.make(tmp_path, [Plan(model, 1.0, 2, 1, repeat) for model in ("VAE", "IWAE") for repeat in repeats])
    for place, value in enumerate((0.01, 0.02, 0.06)):
        path = tmp_path / f"metrics/VAE_latent2_depth1_ReLU{repeats[place]}.json"
        fake_workspace.write(path, json.loads(path.read_text()) | {"mse": value})
    report = read(tmp_path)
    assert [len(row.cells) for row in columns.rows(report)] == [3, 3]
    column = next(item for item in columns.columns(report) if item.metric.key == "mse")
    mean = column.means["VAE_latent2_depth1_ReLU"]
    assert mean.value == pytest.approx(0.03) and mean.low is None  # without verdicts nothing says how sure it is
    spread = Combined(value=0.031, low=0.01, high=0.05, trainings=3, over_images=True)
    compared = Table(pairs=(), combined={"VAE_latent2_depth1_ReLU": {"mse": spread}}, claims=())
    known = columns.columns(dataclasses.replace(report, verdicts=compared))
    mean = next(item for item in known if item.metric.key == "mse").means["VAE_latent2_depth1_ReLU"]
    assert (mean.value, mean.low, mean.high) == (0.031, 0.01, 0.05)
    assert columns.over(mean) == "3 trainings and their test images"
    assert column.best <= {"VAE_latent2_depth1_ReLU", "IWAE_latent2_depth1_ReLU"}
    assert report.cells[1].label == "VAE, run 2"
    assert "run" in {axis.name for axis in views.varying(report)}
    text = html(tmp_path)
    assert text.count('<tr class="mean"') == 2


def test_an_estimate_is_shown_with_its_interval_and_what_real_images_reach(made: Path) -> None:
    root = shutil.copytree(made, made.parent / "intervals")
    card = json.loads((root / "classifier/card.json").read_text())
    fake_workspace.write(root / "classifier/card.json", card | {"task": "flip or half turn"})
    text = html(root)
    assert (
        "recognise whether an image was flipped or turned upside down; on the test split, its accuracy is 98.0 %"
        in text
    )
    for over in ("test images", "samples", "pairs"):  # as the registry has it
        assert f"95 % interval over 1\u2009000 {over}: " in text, over
    assert "half of the real images" not in text
    assert "<tfoot>" in text


def test_the_spectrum_has_a_bar_a_dimension_as_high_as_its_rate(made: Path) -> None:
    cell = next(cell for cell in read(made).cells if cell.model == "VAE" and cell.latent_dim == 8)
    drawing = own.spectrum(cell)
    assert drawing is not None and len(drawing.bars) == len(drawing.table.rows) == 8
    heights = [bar.height for bar in drawing.bars]
    rates = [unit.rate or 0.0 for unit in cell.spectrum]
    for height, rate in zip(heights, rates, strict=True):
        assert height / heights[0] == pytest.approx(rate / rates[0], abs=0.02)
    assert [bar.state for bar in drawing.bars][-2:] == ["collapsed"] * 2
    assert own.row_labels(cell, "traversal", 2)[0].startswith(f"z{cell.spectrum[0].dimension + 1}: ")
    assert own.spectrum(read(made).cells[0]) is None  # an autoencoder


def _pixels(address: str) -> Any:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGBA"))


def test_packed_pictures_hold_the_same_pixels(made: Path) -> None:
    sample = read(made).cells[0].samples[1]
    name = plans()[0].name
    original = np.asarray(Image.open(made / samples.path(name, sample.kind)).convert("RGB"))
    packed = _pixels(sample.picture.address)
    images = packed[..., 3] == 255
    assert (packed[..., :3][images] == original[GAP:-GAP, GAP:-GAP][images]).all()
    assert images.sum() == 12 * 4 * 28 * 28


def test_many_cells_keep_fewer_images_each_the_same(made: Path) -> None:
    pictures = dict(zip("ab", samples.of_cells(made, [plan.name for plan in plans()[:2]]).values(), strict=True))
    whole, thinned = sheets.packed(pictures, (1, 28, 28), 1e6)
    assert not thinned
    fewer, thinned = sheets.packed(pictures, (1, 28, 28), 10_000)
    assert thinned
    assert [s.picture.width for s in fewer["a"]] == [s.picture.width for s in fewer["b"]]
    for one, other in zip(whole["a"], fewer["a"], strict=True):
        assert other.picture.width < one.picture.width and other.picture.height <= one.picture.height
    assert (_pixels(fewer["a"][0].picture.address)[:, :28] == _pixels(whole["a"][0].picture.address)[:, :28]).all()


def colour_workspace(root: Path, size: int, count: int, across: int, megabytes: float) -> None:
    """A workspace with colour images of so many pixels each way: smooth, with the noise of a camera."""
    plans = [Plan("VAE", 1.0, 2 + place, 1) for place in range(count)]
    fake_workspace.make(root, plans)
    generator = np.random.default_rng(0)
    coarse = (generator.random((24, 6, 6, 3)) * 255).astype(np.uint8)
    tiles = [Image.fromarray(tile).resize((size, size), Image.Resampling.BICUBIC) for tile in coarse]
    photos = np.stack([np.asarray(tile) + generator.normal(0, 3, (size, size, 3)) for tile in tiles]) / 255
    for plan in plans:
        for kind, rows in {"": 2, "_prior": 4, "_interpolation": 4, "_best": 2, "_worst": 2, "_traversal": 4}.items():
            chosen = generator.integers(0, len(photos), (rows, across))
            path = root / samples.path(plan.name, kind.removeprefix("_") or "reconstruction")
            path.write_bytes(sheet(photos[chosen].transpose(0, 1, 4, 2, 3)))
    (root / "data/examples.png").write_bytes(sheet(photos[:20].reshape(2, 10, size, size, 3).transpose(0, 1, 4, 2, 3)))
    images = (photos * 255).clip(0, 255).astype(np.uint8).transpose(0, 3, 1, 2)[np.arange(60) % 24]
    save_file({"test_images": images, "test_labels": np.zeros(60, np.int64)}, root / "data/images.safetensors")
    points = {"pca": {"points": generator.random((60, 2)).tolist(), "trustworthiness": 0.9}}
    for plan in plans:
        fake_workspace.write(root / f"maps/{plan.name}.json", {"rows": list(range(60)), "methods": points})
    fake_workspace.write(
        root / "data/card.json", json.loads((root / "data/card.json").read_text()) | {"shape": [3, size, size]}
    )
    report = json.loads((root / "settings/report.json").read_text())
    report["params"]["report"] = {"megabytes": megabytes, "megabytes_a_cell": 0.0535}
    fake_workspace.write(root / "settings/report.json", report)


@pytest.mark.parametrize(("size", "cells", "across"), [(128, 2, 16), (300, 1, 8)])
def test_pages_of_large_colour_images_fit_and_say_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, cells: int, across: int
) -> None:
    """Beside an explorer of five megabytes, the settings leave 4.3 and a little for each cell."""
    colour_workspace(tmp_path, size, cells, across, megabytes=4.3)
    pages: list[page.Page] = []

    def remembered(root: Path) -> page.Page:
        pages.append(read(root))
        return pages[0]

    monkeypatch.setattr("stages.report.read", remembered)
    main(tmp_path)  # it refuses a page that is too large
    text = (tmp_path / "reports/gallery.html").read_text()
    assert "To keep this page small" in text
    [shown] = pages
    assert all(len(cell.samples) == 6 for cell in shown.cells)
    original = np.asarray(
        Image.open(tmp_path / samples.path(shown.cells[0].name, "reconstruction")).convert("RGB"), float
    )
    first = _pixels(shown.cells[0].samples[0].picture.address)
    side = first[0, :, 3].argmin()  # up to the first gap
    whole = original[GAP : GAP + size, GAP : GAP + size]
    step = round(size / side)
    reduced = whole[: side * step, : side * step].reshape(side, step, side, step, 3).mean((1, 3))
    assert np.abs(first[:side, :side, :3] - reduced).mean() < 6, "the same image, as an eye sees it"


def test_a_page_above_its_limit_is_refused_and_says_what_takes_the_room(root: Path) -> None:
    report = json.loads((root / "settings/report.json").read_text())
    report["params"]["report"] = {"megabytes": 0.2, "megabytes_a_cell": 0.01}
    fake_workspace.write(root / "settings/report.json", report)
    shares = r"cells 0\.\d, (\w[\w ]* 0\.\d, ){1,2}explorer 0\.0"
    allowed = r"params\.yaml allows 12 cells 0\.3 MB by report\.megabytes and report\.megabytes_a_cell"
    with pytest.raises(UserError, match=rf"^reports/gallery.html: [\d.]+ MB, of which {shares}; {allowed}"):
        main(root)
    assert not (root / "reports/gallery.html").exists()


def test_the_default_grid_may_have_twelve_megabytes_and_two_hundred_cells_twenty_three(values: Any) -> None:
    settings = PageLimit(**values["report"])
    assert 11.9 < budget.megabytes(settings, 15) <= 12
    assert 22.9 < budget.megabytes(settings, 200) <= 23.1


def test_the_pictures_take_what_the_rest_of_the_page_leaves(tmp_path: Path) -> None:
    plans = [Plan(model, 1.0, 2 + place, 1) for place in range(3) for model in ("VAE", "VQVAE")]
    fake_workspace.make(tmp_path, plans, noisy=True)
    fake_explorer.make(tmp_path, plans, megabytes=1.0)
    report = json.loads((tmp_path / "settings/report.json").read_text())
    report["params"]["report"] = {"megabytes": 2.6, "megabytes_a_cell": 0.0}
    fake_workspace.write(tmp_path / "settings/report.json", report)
    text = html(tmp_path)
    assert read(tmp_path).thinned
    assert 2.1e6 < len(text.encode()) <= 2.6e6
    assert 0.5e6 < budget.parts(text)["explorer"] <= 1.02e6


def test_the_parts_of_the_page_add_up(root: Path) -> None:
    text = html(root)
    sizes = budget.parts(text)
    assert sum(sizes.values()) == len(text.encode())
    assert {"pictures", "table", "wall", "cells", "map", "glossary", "scripts and data"} <= set(sizes)
    cut = text[text.index('<section id="answer"') : text.index('<section id="wall"')]
    own = sum(map(len, re.findall(r"data:image/webp;base64,[^\"]+", cut)))  # strips of the first section
    assert 0 < own < ROOM
    samples_and_strips = own + sum(len(s.picture.address) for cell in read(root).cells for s in cell.samples)
    assert sizes["pictures"] == samples_and_strips + len(read(root).data.examples.address)  # type: ignore[union-attr]


def test_a_schedule_is_drawn_where_it_changes_something(tmp_path: Path) -> None:
    fake_workspace.make(tmp_path, [Plan("VAE", 1.0, 8, 1), Plan("BetaVAE", 4.0, 8, 1)], warm_up=10)
    still, warmed = (cell.history for cell in read(tmp_path).cells)
    assert still and warmed and still.rate_weight == ()
    assert warmed.rate_weight[:2] == (0.4, 0.8) and warmed.rate_weight[-1] == 4.0
    (chart,) = training.of_schedules(warmed)  # its learning rate stays as it is
    assert chart.title == "Weight of the rate" and chart.x_name == "epoch"
    assert chart.lines[0].last == "4.00" and len(chart.lines[0].dots) == 20
    falling = dataclasses.replace(still, lr=tuple(0.1 / epoch for epoch in still.epochs))
    assert [chart.title for chart in training.of_schedules(falling)] == ["Learning rate, thousandths"]
    assert "Weight of the rate" in training.table(warmed).heads
    assert "Weight of the rate" not in training.table(still).heads
    assert not training.of_schedules(dataclasses.replace(warmed, rate_weight=(4.0,) * 20))


@pytest.mark.parametrize(
    ("convergence", "flag", "said"),
    [
        ("falling", "still falling", "was still falling when training ended, after 20 epochs"),
        ("overfitting", "overfits", "Overfits after epoch 20"),
        ("best", "", "Converged"),
    ],
)
def test_a_reader_is_told_whether_a_training_was_long_enough(
    root: Path, convergence: str, flag: str, said: str
) -> None:
    """In the table, in a notice, and in the cell's own account."""
    plan = next(plan for plan in fake_workspace.plans() if plan.model == "VAE")
    fake_workspace.make_cell(root, plan, 1, convergence=convergence)
    found = read(root)
    text = render.render(found)
    cell = next(cell for cell in found.cells if cell.name == plan.name)
    assert words.training_flag(cell) == flag
    assert said in words.training_length(cell)
    assert text.count(said) == (2 if flag else len(found.cells))  # as the flag's hint, and in the account
    assert ("was not trained to the end" in text) == (convergence == "falling")
