"""The reconstructions that can be chosen on the page: which, with which values, in how many bytes."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from tests import fake_workspace
from vaeplay.errors import UserError
from vaeplay.gallery.image import rebuilt
from vaeplay.gallery.read import read
from vaeplay.gallery.render import render

NAMES = [plan.name for plan in fake_workspace.plans()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    fake_workspace.make(tmp_path)
    fake_workspace.reconstructions(tmp_path, NAMES)
    return tmp_path


def test_every_cell_shows_the_same_images_with_its_own_values(root: Path) -> None:
    found = rebuilt.read(root, NAMES)
    assert found is not None
    assert list(found.sheets) == NAMES and len(found.rows) == 40
    assert found.labels == tuple(row % 10 for row in found.rows)
    kept = load_file(root / f"evaluation/{NAMES[3]}/images.safetensors")["mse"]
    assert found.values[NAMES[3]]["mse"] == pytest.approx(kept[list(found.rows)], abs=1e-4)
    assert "rate" not in found.values[NAMES[0]] and "rate" in found.values[NAMES[-1]]
    sheet = Image.open(io.BytesIO(base64.b64decode(found.sheets[NAMES[3]].partition(",")[2])))
    tile = load_file(root / f"evaluation/{NAMES[3]}/reconstructions.safetensors")["images"][8, 0]
    left, top = 28 * (8 % found.columns), 28 * (8 // found.columns)
    shown = np.asarray(sheet.convert("L").crop((left, top, left + 28, top + 28)), np.float64)
    assert np.abs(shown - tile).mean() < 8


def test_of_many_images_those_whose_values_are_kept_have_them(root: Path) -> None:
    path = root / f"evaluation/{NAMES[0]}/images.safetensors"
    save_file({"mse": np.linspace(0, 1, 10, dtype=np.float32)}, path)
    found = rebuilt.read(root, NAMES[:1])
    assert found is not None
    known = {
        row: value for row, value in zip(found.rows, found.values[NAMES[0]]["mse"], strict=True) if value is not None
    }
    assert set(known) <= {round(999 * place / 9) for place in range(10)} and known[0] == 0 and known[999] == 1


def test_fewer_images_of_more_cells_take_no_more_room(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilt, "BYTES", 40_000)
    found = rebuilt.read(root, NAMES)
    assert found is not None and 1 < len(found.rows) < 40
    assert sum(map(len, found.sheets.values())) < 50_000


def test_without_reconstructions_there_is_no_section(tmp_path: Path) -> None:
    fake_workspace.make(tmp_path)
    html = render(read(tmp_path))
    assert 'id="image"' not in html and 'href="#image"' not in html


def test_a_cell_of_other_images_is_an_error_that_names_it(root: Path) -> None:
    path = root / f"evaluation/{NAMES[1]}/reconstructions.safetensors"
    content = load_file(path)
    save_file(content | {"rows": content["rows"] + 1}, path)
    with pytest.raises(UserError, match=f"{NAMES[1]}/reconstructions.safetensors: of other test images than"):
        rebuilt.read(root, NAMES)
    save_file({"rows": content["rows"], "images": content["images"][0]}, path)
    with pytest.raises(UserError, match="not what the evaluation writes"):
        rebuilt.read(root, NAMES)
