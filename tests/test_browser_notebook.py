"""A model's explorer in a notebook, in a real browser: each in a frame of its own, with nothing fetched."""

import html
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

import vaeplay
from tests import making
from tests.test_browser import NARROW, browser, opened
from tests.test_browser_explorer import levels, until_changed
from tests.test_python import SETTINGS
from vaeplay.python.model import Model

__all__ = ["browser"]
CODE = "[...modules['notebook/script.js'].explorer.sides[0].code]"
HEIGHTS = "(frame) => [frame.clientHeight, frame.contentDocument.querySelector('main').offsetHeight]"


@pytest.fixture(scope="module")
def shown() -> dict[str, Model]:
    data = (making.images(60), torch.arange(60) % 3)
    own = {"VAE": {}, "ConditionalVAE": {"classes": 3}}
    models = {name: vaeplay.fit(data, name, **SETTINGS | changes) for name, changes in own.items()}
    with torch.no_grad():  # pictures that differ, as after a long training
        for model in models.values():
            for parameter in model.network.decoder.parameters():
                parameter.mul_(3)
    return models


def notebook(folder: Path, *models: Model) -> str:
    path = folder / "notebook.html"
    path.write_text("<!doctype html><title>x</title>" + "<hr>".join(model._repr_html_() for model in models), "utf-8")
    return path.as_uri()


def painted(page: Page, place: int) -> Locator:
    """The picture of an explorer, once it is there."""
    canvas = page.locator("iframe").nth(place).content_frame.locator("canvas.picture")
    page.wait_for_function("(n) => frames[n].document.querySelector('.place')?.textContent", arg=place)
    until_changed(canvas, [0] * (12 * 12 * 4))
    return canvas


@torch.no_grad()
def test_two_models_in_one_notebook_are_explored_each_by_itself(
    browser: Browser, tmp_path: Path, shown: dict[str, Model]
) -> None:
    with opened(browser, notebook(tmp_path, *shown.values())) as page:
        pictures = [painted(page, place) for place in (0, 1)]
        frames = [page.locator("iframe").nth(place).content_frame for place in (0, 1)]
        first, second = (levels(picture) for picture in pictures)
        slider = frames[0].locator(".sliders input").first
        expect(frames[0].locator(".sliders input")).to_have_count(3)
        slider.press("End")
        after = until_changed(pictures[0], first)
        code = page.frames[1].evaluate(CODE)
        assert levels(pictures[1]) == second
        expect(frames[0].locator(".class-dial")).to_be_hidden()
        frames[1].locator(".class-choice label:not(:has(:checked))").first.click()
        until_changed(pictures[1], second)
        frames[1].get_by_role("button", name="Sample from the prior").click()
        expect(frames[1].locator(".place")).to_have_text(
            "Sample 1 from the priors of 3 classes, as often as these are in the training images"
        )
        frames[1].locator("canvas.pad").press("ArrowUp")
        expect(frames[1].locator(".place")).to_contain_text("At ")
        for place in (0, 1):
            outer, inner = page.locator("iframe").nth(place).evaluate(HEIGHTS)
            assert outer == inner > 300
    expected = shown["VAE"].decode(torch.tensor([code]))[0, 0] * 255
    assert np.abs(np.array(after).reshape(12, 12, 4)[..., 0] - expected.numpy()).max() <= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_and_nothing_sticks_out(
    browser: Browser, tmp_path: Path, shown: dict[str, Model], scheme: str
) -> None:
    found = re.search(r'srcdoc="([^"]*)"', shown["ConditionalVAE"]._repr_html_())
    assert found
    path = tmp_path / "frame.html"
    path.write_text(html.unescape(found[1]), "utf-8")
    with opened(browser, path.as_uri(), NARROW, color_scheme=scheme) as page:
        expect(page.get_by_role("radio")).to_have_count(3)
        violations = Axe().run(page, context="main")
        assert violations.violations_count == 0, violations.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
