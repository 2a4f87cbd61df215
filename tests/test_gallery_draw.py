"""What the page holds to draw with: encoders beside decoders within one budget, frames, and the test images' places."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from stages.report import main
from tests import explorable, fake_workspace
from tests.explorable import CODED, DEEP, PLANE, Model
from vaeplay import data
from vaeplay.data import digits, images, mnist5k
from vaeplay.gallery.draw import data as draw
from vaeplay.gallery.explorer.explorable import Explorable
from vaeplay.gallery.read import read
from vaeplay.gallery.views import view

AE = Model("AE", None, 3, 1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("drawn")
    explorable.make(root, [DEEP, CODED, PLANE, AE])
    for plan in (DEEP, CODED, PLANE, AE):
        values = {"distortion": np.linspace(50, 90, 60, dtype=np.float32)}
        values |= {} if plan is AE else {"elbo": np.linspace(-100, -60, 60, dtype=np.float32)}
        save_file(values, root / f"evaluation/{plan.name}/images.safetensors")
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "copy")


def shown(root: Path, megabytes: float = 50) -> dict[str, Explorable]:
    path = root / "settings/report.json"
    report = json.loads(path.read_text())
    report["params"]["explorer"] = {"cells": None, "megabytes": megabytes}
    path.write_text(json.dumps(report))
    return {item.cell: item for item in read(root).explorer}


@pytest.mark.parametrize(("name", "module"), [("mnist5k", mnist5k), ("digits", digits)])
def test_a_data_sets_images_are_framed_as_it_says(name: str, module: object) -> None:
    frame = data.framing(name)
    assert frame
    images = module.read().images[:500, 0].astype(float)  # type: ignore[attr-defined]
    side = images.shape[1]
    places = np.arange(side) + 0.5
    for axis in (1, 2):
        ink = images.sum(axis)
        if frame.mass is not None:
            middles = (ink * places).sum(1) / ink.sum(1)
            assert np.abs(middles - side * frame.mass).max() < 0.55  # moved by whole pixels
    rows, columns = images.max(2) > 0, images.max(1) > 0
    longest = np.maximum(rows.sum(1), columns.sum(1))
    assert np.median(longest) == pytest.approx(frame.longest * side, abs=0.1)


def test_every_frame_is_of_a_data_set() -> None:
    known = [name for name in data.names() if data.framing(name)]
    assert {"mnist", "mnist5k", "emnist", "digits"} == set(known)
    assert data.framing("folder") is None and data.framing("cifar10") is None


def test_the_page_frames_a_drawing_as_the_data_card_says(root: Path) -> None:
    own = json.loads((root / "data/card.json").read_text())
    for frame in (None, {"longest": 0.5, "pen": 0.1, "mass": None}):
        fake_workspace.write(root / "data/card.json", own | {"frame": frame})
        page = read(root)
        assert (page.data.frame and asdict(page.data.frame)) == frame
        assert draw.data(view(page))["draw_data"]["frame"] == frame
    some = images.Images(np.zeros((3, 1, 8, 8), np.uint8), np.zeros(3, np.int64), ("0",), "", "", "")
    for name in ("mnist5k", "cifar10"):
        known = data.framing(name)
        assert images.card(name, some, {"train": np.arange(3)})["frame"] == (known and asdict(known))


def test_the_budget_counts_both_networks(root: Path) -> None:
    both = shown(root)
    assert all(item.way == "live" and item.encoder for item in both.values())
    sizes = {name: len(item.payload) for name, item in both.items()}
    for plan in (DEEP, PLANE, AE, CODED):
        (root / f"evaluation/{plan.name}/encoder.safetensors").rename(root / f"{plan.name}.encoder")
    alone = {name: len(item.payload) for name, item in shown(root).items()}
    assert all(item.encoder is None and item.way == "live" for item in shown(root).values())
    assert all(alone[name] < sizes[name] for name in sizes)
    for plan in (DEEP, PLANE, AE, CODED):
        (root / f"{plan.name}.encoder").rename(root / f"evaluation/{plan.name}/encoder.safetensors")
    megabytes = (sum(sizes.values()) - 1) / 1e6
    found = shown(root, megabytes)
    assert "live" in {item.way for item in found.values()} and {item.way for item in found.values()} > {"live"}
    assert sum(len(item.payload) for item in found.values()) <= megabytes * 1e6
    assert all((item.encoder is not None) == (item.way == "live") for item in found.values())


def test_test_images_have_their_places(root: Path) -> None:
    found = shown(root)
    encoder = found[DEEP.name].encoder
    assert encoder and encoder.measure == "elbo"
    assert len(encoder.places) == 101 and encoder.places[0] == -100 and encoder.places[50] == -80
    for plan in (AE, CODED):  # no ELBO, and one whose prior is not in the page
        encoder = found[plan.name].encoder
        assert encoder and encoder.measure == "distortion" and encoder.places[100] == 90
    (root / f"evaluation/{DEEP.name}/images.safetensors").unlink()
    encoder = shown(root)[DEEP.name].encoder
    assert encoder and encoder.places == ()


def test_the_page_has_a_row_for_each_live_cell_and_says_how_exact_it_is(root: Path) -> None:
    shown(root)
    main(root)
    page = (root / "reports/gallery.html").read_text()
    section = page[page.index('<section id="draw"') : page.index('id="draw-data"')]
    assert section.count("<li data-cell") == 4
    assert "Drawing needs scripts" in section
    about = load_file(root / f"evaluation/{DEEP.name}/encoder.safetensors")
    assert {"0.weight", "0.scale", "0.bias"} <= set(about)
    encoder = read(root).explorer[0].encoder
    assert encoder and encoder.error <= 0.01
    assert f"<td>{100 * encoder.error:.2f}</td>" in page


def test_without_encoders_there_is_nothing_to_draw_with(root: Path) -> None:
    for path in root.glob("evaluation/*/encoder.safetensors"):
        path.unlink()
    main(root)
    assert '<section id="draw"' not in (root / "reports/gallery.html").read_text()
