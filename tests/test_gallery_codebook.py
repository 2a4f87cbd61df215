"""The codebook of a VQ-VAE on the page: entries by their use, and what they look like."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from tests import explorable, fake_workspace, making
from tests.explorable import CODED, PLANE
from tests.fake_workspace import Plan
from vaeplay import models
from vaeplay.errors import UserError
from vaeplay.evaluation import export
from vaeplay.gallery.cells import codebook
from vaeplay.gallery.page import Cell
from vaeplay.gallery.read import read


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a VQ-VAE whose use of its codebook is known."""
    root = tmp_path_factory.mktemp("coded")
    explorable.make(root, [CODED, PLANE])
    subject = CODED.subject()
    path = root / f"evaluation/{CODED.name}/details.json"
    details = json.loads(path.read_text()) | {"usage": subject.model.usage(subject.test.images)}
    fake_workspace.write(path, details)
    return root


def cells(root: Path) -> tuple[Cell, ...]:
    return read(root).cells


@pytest.mark.parametrize("name", models.names())
def test_usage_counts_every_place_once(name: str) -> None:
    subject = making.subject(name)
    usage = subject.model.usage(subject.test.images)
    entries = subject.model.codebook()
    if entries is None:
        assert usage == []
        return
    assert len(usage) == len(entries) and sum(usage) == len(subject.test.images) * 6 * 6
    assert sum(uses > 0 for uses in usage) == subject.model.metrics(subject.test.images)["codes_in_use"]


def test_entries_stand_by_their_use_with_bars_as_long(coded: Path) -> None:
    cell, other = cells(coded)
    assert codebook.codebook(other) is None
    drawing = codebook.codebook(cell)
    assert drawing is not None and len(drawing.tiles) == len(drawing.table.rows) == 64
    counts = [cell.usage[int(entry)] for entry, *_ in drawing.table.rows]
    assert counts == sorted(cell.usage, reverse=True)
    bars = np.array([tile.bar for tile in drawing.tiles])
    np.testing.assert_allclose(bars, drawing.across * np.array(counts) / max(counts), atol=0.01)
    assert [tile.used for tile in drawing.tiles] == [count > 0 for count in counts]
    assert all(tile.x + drawing.across <= drawing.width for tile in drawing.tiles)
    assert drawing.tiles[-1].y + drawing.down <= drawing.height


def test_each_tile_is_the_part_that_its_entry_describes(coded: Path) -> None:
    cell, _ = cells(coded)
    drawing = codebook.codebook(cell)
    assert drawing is not None and cell.codes is not None
    content = base64.b64decode(cell.codes.address.partition(",")[2])
    sheet = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
    assert sheet.shape[:2] == (drawing.height, drawing.width)
    file = load_file(coded / f"evaluation/{CODED.name}/explorer.safetensors")
    assert file["palette"].shape[1:] == (1, 2, 2)  # of an image of 12 × 12, whose map is 6 × 6
    part = dict(zip(file["entries"].tolist(), file["palette"], strict=False))
    for tile, entry in zip(drawing.tiles, codebook.order(cell.usage), strict=True):
        shown = sheet[tile.y : tile.y + drawing.down, tile.x : tile.x + drawing.across]
        assert (shown[..., 3] == (255 if entry in part else 0)).all()
        if entry in part:
            step = drawing.across // 2
            np.testing.assert_array_equal(shown[::step, ::step, 0], part[entry][0])


def test_the_palette_is_what_the_decoder_makes_of_the_first_map_with_the_entry(coded: Path) -> None:
    subject = CODED.subject()
    file = load_file(coded / f"evaluation/{CODED.name}/explorer.safetensors")
    images = subject.model.decode(subject.model.encode(subject.test.images.float() / 255))
    pixels = images.detach().mul(255).round().byte().numpy()
    found = [(rank, np.argwhere(file["maps"] == rank)) for rank in range(len(file["palette"]))]
    found = [(rank, places[0]) for rank, places in found if len(places)]  # the others are from draws
    assert len(found) > 3
    for rank, (row, place) in found:
        top, left = 2 * (place // 6), 2 * (place % 6)
        np.testing.assert_array_equal(file["palette"][rank], pixels[row, :, top : top + 2, left : left + 2])


def test_of_many_entries_the_most_used_are_shown(tmp_path: Path) -> None:
    fake_workspace.make(tmp_path, [Plan("VQVAE", None, 3, 1)])
    path = tmp_path / "evaluation/VQVAE_latent3_depth1_ReLU/details.json"
    fake_workspace.write(path, json.loads(path.read_text()) | {"usage": [place % 300 for place in range(4096)]})
    (cell,) = cells(tmp_path)
    drawing = codebook.codebook(cell)
    assert cell.codes is None and drawing is not None
    assert len(drawing.tiles) == codebook.MOST == export.PALETTE
    assert "the 128 most used are shown" in drawing.summary and "of 4\u2009096" in drawing.summary


def test_a_palette_of_another_codebook_is_one_line(coded: Path, tmp_path: Path) -> None:
    (tmp_path / "evaluation/x").mkdir(parents=True)
    tensors = load_file(coded / f"evaluation/{CODED.name}/explorer.safetensors")
    save_file(tensors, tmp_path / "evaluation/x/explorer.safetensors")
    with pytest.raises(UserError, match=r"^evaluation/x/explorer.safetensors: [^\n]+delete it"):
        codebook.sheet(tmp_path, "x", (1, 2))
