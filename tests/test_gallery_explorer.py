"""What of decoders and maps goes into the page: within the budget, the same images for all, and nothing broken."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from stages.report import main
from tests import explorable
from tests.explorable import CODED, DEEP, PLANE
from tests.fake_workspace import Plan
from vaeplay.errors import UserError
from vaeplay.gallery.explorer import decoders
from vaeplay.gallery.explorer.data import opening, traded
from vaeplay.gallery.explorer.order import Network, ordered
from vaeplay.gallery.map import points as maps
from vaeplay.gallery.map.data import methods
from vaeplay.gallery.page import Cell, Estimate
from vaeplay.gallery.read import read
from vaeplay.settings.cells import Axes
from vaeplay.verdicts.table import Compared, Comparison, OfModels

MODELS = (("AE", None), ("VAE", None), ("BetaVAE", 2.0))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("explorable")
    explorable.make(root, [DEEP, CODED, PLANE])
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "copy")


def ways(root: Path, cells: list[str] | None, megabytes: float) -> dict[str, str]:
    path = root / "settings/report.json"
    report = json.loads(path.read_text())
    report["params"]["explorer"] = {"cells": cells, "megabytes": megabytes}
    path.write_text(json.dumps(report))
    return {item.cell: item.way for item in read(root).explorer}


def test_decoders_go_in_while_the_budget_lasts(root: Path) -> None:
    names = [DEEP.name, CODED.name, PLANE.name]
    assert ways(root, None, 50) == dict.fromkeys(names, "live")
    assert ways(root, None, 0) == dict.fromkeys(names, "none")
    assert ways(root, [], 50) == dict.fromkeys(names, "atlas")
    assert ways(root, [PLANE.name], 50)[PLANE.name] == "live"
    assert ways(root, [PLANE.name], 50)[DEEP.name] == "atlas"
    sizes = {item.cell: len(item.payload) for item in read(root).explorer}
    assert sizes[DEEP.name] > 0
    ways(root, None, 50)
    live = {item.cell: len(item.payload) for item in read(root).explorer}
    megabytes = live[PLANE.name] / (1 - decoders.SHARE_OF_ATLASES) / 1e6
    found = ways(root, [PLANE.name, DEEP.name], megabytes)
    assert found[PLANE.name] == "live" and found[DEEP.name] != "live"
    assert sum(len(item.payload) for item in read(root).explorer) <= megabytes * 1e6


def test_the_comparisons_of_the_default_grid_come_first() -> None:
    dense = [Plan(model, beta, size, depth) for depth in (2, 1) for size in (2, 8) for model, beta in MODELS]
    others = [Plan("ConvVAE", None, 8, 2), Plan("VQVAE", None, 16, 3), Plan("VQVAE", None, 8, 3)]
    names = [plan.name for plan in [*dense, *others]]
    networks: dict[str, Network] = dict.fromkeys(names, "dense")
    networks |= {others[0].name: "convolutional", others[1].name: "map", others[2].name: "map"}
    cells = [Cell(name=name, label=name, configuration=name, run=1, axes=Axes.parse(name)) for name in names]
    betas = {plan.name: plan.beta for plan in dense}
    cells = [replace(cell, beta=betas.get(cell.name)) for cell in cells]
    again = replace(cells[3], name=f"{cells[3].name}_r2", run=2)
    found = ordered([again, *cells], networks | {again.name: "dense"})
    wide = [f"{model}_latent8_depth1_ReLU" for model, _ in MODELS]
    flat = [f"{model}_latent2_depth1_ReLU" for model in ("AE", "VAE")]
    assert found[:7] == [*wide, *flat, others[0].name, others[1].name]
    assert found[-1] == again.name and sorted(found) == sorted([*names, again.name])


def test_the_page_says_which_cells_are_live_and_why_others_are_not(root: Path) -> None:
    ways(root, [PLANE.name], 50)
    main(root)
    text = (root / "reports/gallery.html").read_text()
    assert text.count("<td>live</td>") == 1
    assert text.count("<td>atlas: explorer.cells leaves it out</td>") == 2
    ways(root, None, 0)
    assert {item.reason for item in read(root).explorer} == {decoders.SPENT}


def test_the_explorer_opens_on_the_pair_whose_holes_differ_most(made: Path) -> None:
    page = read(made)
    plans = [Plan("AE", None, 2, 1), Plan("VAE", None, 2, 1), Plan("AE", None, 8, 1), Plan("VAE", None, 8, 1)]
    holes = dict(zip(plans, (0.1, 0.0, 0.4, 0.1), strict=True))
    cells = tuple(Cell(name=plan.name, label="", configuration="", run=1, axes=Axes.parse(plan.name)) for plan in plans)
    cells = tuple(replace(c, metrics=(Estimate("holes", holes[p]),)) for c, p in zip(cells, plans, strict=True))
    item = page.explorer[0]
    shown = tuple(replace(item, cell=p.name, plane=p.latent_dim == 2, hole=(1.0, 2.0)) for p in plans)
    page = replace(page, cells=cells, explorer=shown)
    assert opening(page) == {"cells": [plans[0].name, plans[1].name], "at": (1.0, 2.0)}
    page = replace(page, explorer=(*shown[2:], replace(shown[0], way="atlas")))
    assert opening(page)["cells"] == [plans[2].name, plans[3].name]
    assert opening(replace(page, explorer=shown[2:3])) == {"cells": [plans[2].name], "at": None}


def test_a_pair_says_what_the_first_does_better(tmp_path: Path) -> None:
    def compared(metric: str, first: float, second: float) -> Comparison:
        gap = second - first
        models = OfModels(difference=gap, low=gap, high=gap, p=0.0, adjusted=0.0, over=None, better=None)
        return Comparison(metric=metric, first=first, second=second, models=models, kinds=None, obstacle=None)

    def pair(*comparisons: Comparison) -> Compared:
        return Compared(
            change="objective", title="From A to B", first="A", second="B", falling=(False, False),
            comparisons=comparisons,
        )  # fmt: skip

    def plain(text: str) -> str:
        return text.replace("\u00a0", " ")

    holes = compared("holes", 0.1, 0.0)
    assert plain(traded(pair(holes, compared("mse", 0.1, 0.2)))) == (
        "From A to B: Holes 10 points better. What it costs: MSE 100 % worse."
    )
    assert plain(traded(pair(holes, compared("mse", 0.2, 0.1)))).endswith(
        "It costs nothing that was measured. MSE 50 % better."
    )


def test_each_cell_shows_the_same_images(root: Path) -> None:
    page = read(root)
    assert page.images is not None
    assert page.images.rows == tuple(range(0, 60, 2))
    assert page.images.labels == tuple(row % 3 for row in page.images.rows)
    assert {map.cell for map in page.maps} == {DEEP.name, CODED.name, PLANE.name}
    assert methods(page) == {"pca": "PCA", "umap": "UMAP", "latent": "Latent space"}


def test_many_cells_show_fewer_points(root: Path) -> None:
    many = {DEEP.name: maps.Found(list(range(60)) * 20, {}, {})}
    counts = [len(maps.images(root, many, cells).rows) for cells in (1, 50, 1000)]
    assert counts == [1000, 400, 200]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"maps/{DEEP.name}.json", b'{"rows": [1, 2], "methods": {"pca": {"points": [[0, 1]]}}}'),
        (f"maps/{DEEP.name}.json", b'{"rows": [1], "methods": {"pca": {"points": [["a", 1]]}}}'),
        (f"evaluation/{DEEP.name}/explorer.safetensors", b"short"),
        (f"evaluation/{DEEP.name}/explorer.safetensors", b"\x02" + bytes(7) + b"{}"),
        (f"codes/{DEEP.name}.safetensors", b"\x02" + bytes(7) + b"{}"),
        ("data/images.safetensors", b""),
    ],
)
def test_a_damaged_file_is_one_line(root: Path, name: str, content: bytes) -> None:
    (root / name).write_bytes(content)
    with pytest.raises(UserError, match=f"^{re.escape(name)}: [^\n]+$"):
        read(root)
