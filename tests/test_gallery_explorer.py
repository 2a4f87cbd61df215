"""What of decoders and maps goes into the page: within the budget, the same images for all, and nothing broken."""

import json
import re
import shutil
from pathlib import Path

import pytest

from stages.report import main
from tests import explorable
from tests.explorable import CODED, DEEP, PLANE
from vaeplay.errors import UserError
from vaeplay.gallery.explorer import decoders
from vaeplay.gallery.map import points as maps
from vaeplay.gallery.map.data import methods
from vaeplay.gallery.read import read
from vaeplay.gallery.results import Explored


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


def test_the_best_cells_come_first_where_none_are_chosen(root: Path) -> None:
    ways(root, None, 50)
    page = read(root)
    assert page.images is not None
    live = {item.cell: len(item.payload) for item in page.explorer}
    megabytes = live[PLANE.name] / (1 - decoders.SHARE_OF_ATLASES) / 1e6
    budget = Explored(megabytes=megabytes)
    found = decoders.read(root, list(live), budget, page.images, [PLANE.name])
    assert [item.cell for item in found] == list(live)
    assert [item.cell for item in found if item.way == "live"] == [PLANE.name]


def test_the_page_says_which_cells_are_live(root: Path) -> None:
    ways(root, [PLANE.name], 50)
    main(root)
    text = (root / "reports/gallery.html").read_text()
    assert text.count("<td>live</td>") == 1 and text.count("<td>atlas</td>") == 2


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
