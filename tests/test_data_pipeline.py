"""A folder of one's own through the whole pipeline, really run by DVC."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .making import PHOTO_CLASSES as CLASSES
from .making import photographs
from .test_browser import browser, opened
from .workspace import Workspace

__all__ = ["browser"]

PHOTOS = 240


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace.make(tmp_path_factory.mktemp("folder"))
    photographs(made.root / "my photos", PHOTOS)
    (made.root / "my photos/beach/broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    values = made.values()
    values["data"] |= {"name": "folder", "path": "my photos", "size": 32, "channels": 3, "on_error": "skip"}
    values["grid"]["dense"]["model"] = []
    values["grid"]["conv"] |= {"model": ["ConvVAE"], "latent_dim": [1]}
    values["train"]["batch_size"] = 50
    made.set(values)
    return made


def test_a_folder_of_photographs_ends_in_a_gallery(workspace: Workspace) -> None:
    assert len(workspace.dvc("repro")) == 9
    card = json.loads((workspace.root / "data/card.json").read_text())
    assert card["shape"] == [3, 32, 32]
    assert sum(card["counts"].values()) == PHOTOS
    assert card["classes"] == sorted(CLASSES)
    assert card["skipped"] == 1
    page = (workspace.root / "reports/gallery.html").read_text()
    assert "my photos/beach/broken.jpg: not an image" in page
    assert "&lt;b&gt;forest" in page
    assert "<b>forest" not in page
    assert workspace.dvc("repro") == []


def test_the_gallery_opens_with_its_data_card(workspace: Workspace, browser: Browser) -> None:
    workspace.dvc("repro")
    address = (workspace.root / "reports/gallery.html").as_uri()
    with opened(browser, address) as page:
        page.get_by_text("Data card").click()
        card = page.locator("details", has_text="Data card")
        assert card.locator("img").first.evaluate("(image) => image.naturalWidth") > 0
        bars = card.locator("svg rect").evaluate_all("(all) => all.map((bar) => bar.height.baseVal.value)")
        assert len(bars) == len(CLASSES)
        assert max(bars) == 40


def test_dvc_watches_the_folder(workspace: Workspace) -> None:
    (workspace.root / "my photos/beach/broken.jpg").unlink()
    assert workspace.dvc("repro") == ["prepare", "report"]  # no cell: the images are the same as before
    assert "could not be read as an image" not in (workspace.root / "reports/gallery.html").read_text()
    (workspace.root / "my photos/beach/000.jpg").unlink()
    assert workspace.dvc("repro", "prepare") == ["prepare"]
    assert sum(json.loads((workspace.root / "data/card.json").read_text())["counts"].values()) == PHOTOS - 1


def test_a_folder_that_is_not_there_stops_before_anything_is_deleted(workspace: Workspace) -> None:
    before = workspace.results()
    assert "data/images.safetensors" in before
    values = workspace.values()
    values["data"]["path"] = "no such folder"
    workspace.set(values)
    assert "data.path: found 'no such folder'; allowed: an existing folder" in workspace.refused("repro")
    values["data"] |= {"path": "my photos", "size": 4}
    values["grid"]["conv"]["depth"] = [3]
    workspace.set(values)
    said = workspace.refused("repro")
    assert "grid.conv.depth: found 3; allowed: up to 2, as images of 4×4 can be halved 2 times" in said
    assert workspace.results() == before


def test_a_queued_experiment_has_the_images_that_dvc_tracks(tmp_path: Path) -> None:
    workspace = Workspace.make(tmp_path / "copy")
    photographs(workspace.root / "images/photos", 12)
    workspace.dvc("add", "images/photos")
    workspace.commit()
    changes = ("-S", "data.name=folder", "-S", "data.size=16", "-S", "data.path=images/photos")
    workspace.dvc("exp", "run", "--queue", *changes, "prepare")
    done = workspace.run("python", "-m", "dvc", "exp", "run", "--run-all")
    assert "Success" in workspace.said("queue", "status"), done.stdout + done.stderr
