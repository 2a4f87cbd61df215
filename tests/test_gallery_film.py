"""The film on the page: what is packed of film/<cell>.safetensors, and how it moves in a browser."""

import base64
import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from safetensors.numpy import save

from stages.report import main
from tests import explorable
from tests.explorable import CODED, DEEP, PLANE
from tests.test_browser import NARROW, browser, opened
from vaeplay.gallery.film import frames

__all__ = ["browser"]
EPOCHS = (0, 1, 2, 4)
CELLS = (PLANE, DEEP, CODED)


def film(codes: np.ndarray) -> bytes:
    """A film's file with these codes (E, N, …): its images brighten from frame to frame."""
    pictures = np.stack([np.full((16, 1, 28, 28), 60 * frame, np.uint8) for frame in range(len(EPOCHS))])
    images = np.arange(codes.shape[1], dtype=np.int32)
    return save({"codes": codes, "reconstructions": pictures, "epochs": np.array(EPOCHS, np.int32), "images": images})


def codes(size: int, count: int = 50) -> np.ndarray:
    """Codes that contract towards the origin: their scale halves from frame to frame."""
    last = np.random.default_rng(0).standard_normal((count, size))
    return np.stack([last * 2 ** (len(EPOCHS) - 1 - frame) for frame in range(len(EPOCHS))]).astype(np.float16)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("film")
    explorable.make(root, list(CELLS))
    (root / "film").mkdir()
    for cell in CELLS:
        coded = np.random.default_rng(1).integers(0, 8, (len(EPOCHS), 50, 3, 3)).astype(np.int16)
        content = film(coded if cell is CODED else codes(cell.latent_dim))
        (root / f"film/{cell.name}.safetensors").write_bytes(content)
    main(root)
    return root


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)


def test_a_plane_of_two_numbers_is_the_code_itself(root: Path) -> None:
    [made] = frames.read(root, [PLANE.name])
    assert made.epochs == EPOCHS and made.reach is not None
    places = unpacked(made.places).reshape(len(EPOCHS), -1, 2) / 255 * 2 - 1
    expected = codes(2).astype(float) / made.reach
    inside = np.abs(expected) < 1
    assert np.abs(places - expected)[inside].max() <= 1.01 / 255


def test_more_numbers_are_seen_in_the_principal_plane_of_the_last_frame(root: Path) -> None:
    [made] = frames.read(root, [DEEP.name])
    places = unpacked(made.places).reshape(len(EPOCHS), -1, 2) / 255 * 2 - 1
    spreads = places.std((1, 2))
    np.testing.assert_allclose(
        spreads[:-1] / spreads[1:], 2, rtol=0.1
    )  # as the codes contract, in one and the same plane


def test_of_a_codebook_the_use_of_entries_is_shown(root: Path) -> None:
    [made] = frames.read(root, [CODED.name])
    assert made.reach is None and made.labels == ()
    assert unpacked(made.places).reshape(len(EPOCHS), 8).max() == 255


def test_films_that_do_not_fit_are_left_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [cell.name for cell in CELLS]
    assert [made.cell for made in frames.read(root, names)] == names
    first = frames.read(root, names)[0]
    monkeypatch.setattr(frames, "BUDGET", len(first.places) + len(first.sheet))
    assert [made.cell for made in frames.read(root, names)] == names[:1]


def test_a_page_without_films_has_no_such_section(tmp_path: Path) -> None:
    explorable.make(tmp_path, [PLANE])
    main(tmp_path)
    assert 'id="film"' not in (tmp_path / "reports/gallery.html").read_text()


@pytest.mark.parametrize("size", [(1280, 900), NARROW])
def test_the_scrubber_moves_all_cells_and_a_link_opens_where_it_was(
    root: Path, browser: Browser, size: tuple[int, int]
) -> None:
    address = (root / "reports/gallery.html").as_uri()
    with opened(browser, f"{address}#film=1", size) as page:
        section = page.locator("#film")
        expect(section).to_have_attribute("data-frame", "1")
        expect(section.locator("output")).to_have_text("after epoch 1")
        spread = "() => [...document.querySelectorAll('#film .film-plane')].map((canvas) => canvas.toDataURL())"
        before = page.evaluate(spread)
        section.locator("input[type=range]").press("End")
        expect(section).to_have_attribute("data-frame", "3")
        assert all(one != other for one, other in zip(page.evaluate(spread), before, strict=True))
        assert re.search(r"film=3", page.url)
        section.locator("[data-play]").click()  # from the beginning
        expect(section).to_have_attribute("data-frame", "2", timeout=8000)
        section.locator("[data-play]").click()
        expect(section.locator("[data-play]")).to_have_text("Play")


def test_what_the_page_holds_of_a_film_is_small(root: Path) -> None:
    page = (root / "reports/gallery.html").read_text()
    data = json.loads(re.search(r'id="film-data">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert all(len(film["places"]) + len(film["sheet"]) < 20_000 for film in data["films"].values())
