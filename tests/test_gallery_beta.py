"""The β dial: its file against the models it stands for, its drawing, and the decoder in a browser against torch."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, expect
from safetensors.numpy import load

from stages.report import main
from tests import explorable, fake_workspace, making
from tests.explorable import PLANE
from tests.fake_workspace import Plan
from tests.test_browser import NARROW, browser, opened
from vaeplay.evaluation import decoder, dial
from vaeplay.evaluation.metrics import generation, likelihood
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.multi_rate import MultiRateVAE
from vaeplay.models.parts.gates import Gate

__all__ = ["browser"]
MULTI = Plan("MultiRateVAE", None, 3, 1)
DECODE = """async (n) => {
    const section = document.querySelector('#beta');
    const canvas = section.querySelector('[data-row=samples]');
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(n * 12, 0, 12, 12);
    return [Number(section.dataset.beta), [...data].filter((_, i) => i % 4 === 0)];
}"""


def trained(name: str = "MultiRateVAE") -> tuple[MultiRateVAE, Subject]:
    """A model with random gates and weights large enough that pictures differ, and its images."""
    subject = making.subject(name)
    model = subject.model
    assert isinstance(model, MultiRateVAE)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for part in model.modules():
            if isinstance(part, Gate):
                part.a.copy_(torch.randn(len(part.a), generator=generator))
        for parameter in (*model.encoder.parameters(), *model.decoder.parameters()):
            parameter.mul_(2)
    subject.model = model.measured()
    return model, subject


@pytest.mark.parametrize("name", ["MultiRateVAE", "ConvMultiRateVAE"])
def test_each_rung_is_what_the_plain_model_measures(name: str) -> None:
    model, subject = trained(name)
    content = dial.export(model, subject)
    assert content is not None
    about = json.loads(explorable_header(content))
    ladder = about["ladder"]
    assert [rung["beta"] for rung in ladder] == pytest.approx(dial.ladder(model.betas), abs=1e-6)
    assert about["error"] <= decoder.TOLERANCE
    for rung in ladder[:: len(ladder) // 2]:
        with torch.no_grad():
            again = dial.rung(model.at(rung["beta"]), subject)
        assert {key: rung[key] for key in again} == pytest.approx(again, abs=1e-3)
        assert rung["elbo"] == pytest.approx(-(rung["rate"] + rung["distortion"]), abs=1e-3)
    one = next(rung for rung in ladder if rung["beta"] == 1)
    assert one["rate"] == pytest.approx(float(subject_rate(subject)), rel=1e-3)
    table = likelihood.metrics(subject) | generation.metrics(subject)
    assert all(
        one[key] == pytest.approx(table[key].value, abs=1e-3) for key in ("rate", "distortion", "elbo", "frechet")
    )


def subject_rate(subject: Subject) -> float:
    assert subject.posteriors is not None
    mean, logvar = subject.posteriors
    return float(0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1).mean())


def explorable_header(content: bytes) -> str:
    """The metadata of a dial's file."""
    length = int.from_bytes(content[:8], "little")
    text: str = json.loads(content[8 : 8 + length])["__metadata__"][dial.KEY]
    return text


def test_other_models_have_no_dial() -> None:
    subject = making.subject("VAE")
    assert dial.export(subject.model, subject) is None


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MultiRateVAE, bytes]:
    root = tmp_path_factory.mktemp("beta")
    explorable.make(root, [PLANE])
    vae = Plan("VAE", 1.0, 3, 1)
    names = [PLANE.name, vae.name, MULTI.name]
    for index, plan in enumerate((vae, MULTI)):
        fake_workspace.make_cell(root, plan, index)
    report = json.loads((root / "settings/report.json").read_text())
    fake_workspace.write(root / "settings/report.json", report | {"cells": names})
    model, subject = trained()
    content = dial.export(model, subject)
    assert content is not None
    (root / f"evaluation/{MULTI.name}/dial.safetensors").write_bytes(content)
    main(root)
    return root, model, content


@pytest.mark.parametrize("size", [(1280, 900), NARROW])
def test_the_page_decodes_at_every_beta_as_torch_does(
    made: tuple[Path, MultiRateVAE, bytes], browser: Browser, size: tuple[int, int]
) -> None:
    root, model, content = made
    draws = torch.from_numpy(load(content)["draws"])
    with opened(browser, f"{(root / 'reports/gallery.html').as_uri()}#dial=1.5", size) as page:
        section = page.locator("#beta")
        expect(section).to_have_attribute("data-beta", "0.237")
        for key, expected in (("", 0.237), ("Home", 0.1), ("End", 10.0)):
            if key:
                section.locator("input[type=range]").press(key)
                expect(section).to_have_attribute("data-beta", f"{expected:.3f}")
            beta, pixels = page.evaluate(DECODE, 2)
            ladder = dial.ladder(model.betas)
            exact = math.exp(np.interp(1.5, range(len(ladder)), np.log(ladder))) if not key else expected
            assert beta == pytest.approx(expected, abs=1e-3)
            with torch.no_grad():
                shown = 255 * model.at(exact).decode(draws[2:3]).flatten()
            assert np.abs(np.array(pixels) - shown.numpy()).max() <= decoder.TOLERANCE + 0.6
        assert "dial=8" in page.url


def test_every_mark_of_the_curve_can_be_seen_in_the_dark(
    made: tuple[Path, MultiRateVAE, bytes], browser: Browser
) -> None:
    with opened(browser, f"{(made[0] / 'reports/gallery.html').as_uri()}#dial=1", color_scheme="dark") as page:
        colours = page.locator("#beta svg :is(.rung, .now, .point path)").evaluate_all(
            "(marks) => marks.map((mark) => getComputedStyle(mark).fill)"
        )
        assert len(colours) > 8 and "rgb(0, 0, 0)" not in colours
        names = page.locator("#beta .dial-curve figcaption > span")
        for place in range(names.count()):  # a mark and its words stand on one line
            mark, words = (names.nth(place).locator(part).bounding_box() for part in ("svg", "a"))
            assert mark and words and 0 <= words["x"] - mark["x"] - mark["width"] <= 12


def test_separate_cells_stand_where_their_metrics_say(made: tuple[Path, MultiRateVAE, bytes]) -> None:
    page = (made[0] / "reports/gallery.html").read_text()
    section = page[page.index('id="beta"') : page.index('id="dial-data"')]
    metrics = json.loads((made[0] / "metrics/VAE_latent3_depth1_ReLU.json").read_text())
    assert f"{metrics['rate']:.2f}" in section and f"{metrics['distortion']:.2f}" in section
    assert "VAE_latent2" not in section  # another size
