"""Drawing in a real browser: what the page makes of an image is what torch makes of it, and every way to draw works."""

import base64
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from stages.report import main
from tests import explorable, fake_workspace
from tests.explorable import CODED, DEEP, HEAVY, PLANE, Model
from tests.test_browser import NARROW, browser, opened
from vaeplay import data
from vaeplay.data import mnist5k
from vaeplay.data.fitting import fit
from vaeplay.models.parts import losses

__all__ = ["browser"]
SOME = [PLANE, DEEP, HEAVY, CODED, Model("AE", None, 2, 1), Model("AE", None, 3, 1)]
PASS = """async ([cell, x, seed]) => {
    const file = await modules['explorer/engine.js'].load(cell);
    const passed = modules['draw/passing.js'].passing.through(file)(Float32Array.from(x), seed);
    return Object.fromEntries(Object.entries(passed).map(
        ([key, value]) => [key, value === null || typeof value === 'number' ? value : [...value]]));
}"""
FRAMED = """([name, width, height, values, ...rest]) =>
    [...modules['draw/framing.js'][name]({ width, height, values: Float32Array.from(values) }, ...rest)]"""
DROP = """([bytes]) => {
    const data = new DataTransfer();
    const content = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
    data.items.add(new File([content], 'photo.png', { type: 'image/png' }));
    document.querySelector('#draw').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
}"""
SEEN = """() => {
    const canvas = document.querySelector('#draw .seen');
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    return [...data].filter((_, at) => at % 4 === 0);
}"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("drawn")
    explorable.make(root, SOME)
    card = json.loads((root / "data/card.json").read_text())
    frame = data.framing("mnist5k")
    assert frame
    fake_workspace.write(root / "data/card.json", card | {"frame": asdict(frame)})
    main(root)
    return root / "reports/gallery.html"


def passed(page: Page) -> None:
    """Wait until the models are through with the image, and no further one waits."""
    page.wait_for_timeout(30)
    page.wait_for_function("""() => {
        const { dataset } = document.querySelector('#draw');
        return dataset.passed > 0 && dataset.busy !== 'true';
    }""")


def at_the_pad(page: Page) -> None:
    page.locator("#draw").scroll_into_view_if_needed()
    passed(page)


def stroke(page: Page, *places: tuple[float, float]) -> None:
    """Draw through places, in shares of the pad."""
    paper = page.locator("#draw .paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    assert box
    for place, (x, y) in enumerate(places):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=3)
        if not place:
            page.mouse.down()
    page.mouse.up()
    passed(page)


def seen(page: Page) -> NDArray[np.int64]:
    found = np.array(page.evaluate(SEEN))
    side = round(len(found) ** 0.5)
    return found.reshape(side, side)


def png(pixels: NDArray[Any]) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_every_network_agrees_with_torch(browser: Browser, shared: Path) -> None:
    link = (explorable.page_of_all(shared) / "reports/gallery.html").as_uri()
    with opened(browser, link) as page:
        names = page.locator("#draw .drawn > li").evaluate_all("(rows) => rows.map(({ dataset }) => dataset.cell)")
        drawn = [plan for plan in explorable.ALL if plan.name in names]
        core = {"AE", "VAE", "BetaVAE", "ConvAE", "ConvVAE", "ConvBetaVAE", "VQVAE", "MultiRateVAE", "WAE", "IWAE"}
        assert core <= {plan.model for plan in drawn} and len(drawn) == len(names)
        for plan in drawn:
            subject = plan.subject()
            model, image = subject.model, subject.test.images[7]
            found = page.evaluate(PASS, [plan.name, (image / 255).flatten().tolist(), 3])
            agrees(model, (image / 255)[None], found, float(subject.codes.std()))


@torch.no_grad()
def agrees(model: Any, x: torch.Tensor, found: dict[str, Any], spread: float) -> None:
    """Hold what the page makes of an image against the model."""
    code = torch.tensor(found["code"]).view(1, *model.code_shape)
    posterior = model.posterior(x)
    if posterior is not None:
        mean, logvar = posterior
        deviation = (logvar / 2).exp()
        near = 0.01 * max(spread, float(deviation.max()))
        torch.testing.assert_close(torch.tensor(found["mean"])[None], mean, atol=near, rtol=0)
        torch.testing.assert_close(torch.tensor(found["deviation"])[None], deviation, atol=1e-6, rtol=0.011)
        epsilon = (code - torch.tensor(found["mean"])) / torch.tensor(found["deviation"])
        assert 0 < float(epsilon.abs().max()) < 5
        rate = float(losses.gaussian_rates(mean, logvar).sum())
        assert found["rate"] == pytest.approx(rate, rel=0.02, abs=0.05)
    elif model.codebook() is not None:
        true = model.nearest_entries(model.encode(x)).flatten().tolist()
        assert np.mean(np.not_equal(found["entries"], true)) <= 0.03
        torch.testing.assert_close(model.quantise(code), code)
    else:
        torch.testing.assert_close(code, model.encode(x), atol=0.011 * spread, rtol=0)
        assert found["rate"] is None
    levels = torch.tensor(found["levels"]).view(1, *model.shape)
    assert float((levels - 255 * model.decode(code)).abs().max()) <= 1
    distortion = float(model.distortion(x, code))
    assert found["distortion"] == pytest.approx(distortion, abs=0.01 * x[0].numel())


def test_posteriors_are_sampled_from_a_standard_normal(browser: Browser, made: Path) -> None:
    with opened(browser, made.as_uri()) as page:
        x = [0.3] * 144
        found = [page.evaluate(PASS, [DEEP.name, x, seed]) for seed in range(1, 120)]
        draws = np.array([np.subtract(one["code"], one["mean"]) / one["deviation"] for one in found]).ravel()
        assert abs(draws.mean()) < 0.2 and draws.std() == pytest.approx(1, abs=0.12)
        again = page.evaluate(PASS, [DEEP.name, x, 1])
        assert again == found[0]


@pytest.mark.parametrize(("width", "height"), [(40, 23), (9, 30), (12, 12), (5, 6)])
def test_photographs_are_cut_as_prepare_cuts_them(browser: Browser, made: Path, width: int, height: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width), np.uint8)
    expected = fit(Image.fromarray(pixels), 12, 1)
    with opened(browser, made.as_uri()) as page:
        found = page.evaluate(FRAMED, ["cropped", width, height, (pixels / 255).ravel().tolist(), 12, 12])
    assert np.abs(255 * np.reshape(found, (1, 12, 12)) - expected).max() <= 1.01


def test_ink_is_framed_as_the_data_sets_is(browser: Browser, made: Path) -> None:
    frame = data.framing("mnist5k")
    assert frame
    about = {"longest": frame.longest, "pen": frame.pen, "mass": frame.mass}
    with opened(browser, made.as_uri()) as page:
        for digit in mnist5k.read().images[::1000, 0]:
            large = np.asarray(Image.fromarray(digit).resize((196, 196), Image.Resampling.BILINEAR)) / 255
            moved = np.pad(large, ((40, 5), (10, 90)))
            high, wide = moved.shape
            found = page.evaluate(FRAMED, ["framed", wide, high, moved.ravel().tolist(), about, 28])
            back = np.reshape(found, (28, 28))
            places = np.arange(28) + 0.5
            for axis in (0, 1):
                ink = back.sum(axis)
                assert (ink * places).sum() / ink.sum() == pytest.approx(14.5, abs=0.2)
            assert np.corrcoef(back.ravel(), digit.ravel())[0, 1] > 0.85


def test_strokes_by_pointer_give_rows(browser: Browser, made: Path) -> None:
    with opened(browser, made.as_uri()) as page:
        at_the_pad(page)
        before = page.locator("#draw .cost").all_inner_texts()
        assert len(before) == len(SOME) and all("distortion" in text for text in before)
        stroke(page, (0.3, 0.2), (0.6, 0.2), (0.4, 0.8))
        after = page.locator("#draw .cost").all_inner_texts()
        assert all(one != other for one, other in zip(before, after, strict=True))
        assert sum("no rate" in text for text in after) == 2 and sum("rate at most" in text for text in after) == 1
        assert sum("ELBO" in text for text in after) == 3
        assert page.evaluate("modules['draw/passing.js'].isHired()")
        expect(page.locator("#draw .verdict")).to_contain_text("Your image:")
        page.get_by_role("button", name="Draw ε again").click()
        passed(page)
        again = page.locator("#draw .cost").all_inner_texts()
        assert [one == other for one, other in zip(after, again, strict=True)] == ["ELBO" not in text for text in after]
        page.locator("#draw [data-do=undo]").click()
        passed(page)
        assert not (seen(page) == 0).all()
        page.locator("#draw [data-do=clear]").click()
        passed(page)
        assert (seen(page) == 0).all()


def test_strokes_by_keyboard_give_rows(browser: Browser, made: Path) -> None:
    with opened(browser, made.as_uri()) as page:
        at_the_pad(page)
        page.locator("#draw [data-do=clear]").click()
        page.locator("#draw .paper").focus()
        page.keyboard.press("Space")
        for key in ("Shift+ArrowUp", "ArrowRight", "Shift+ArrowDown"):
            page.keyboard.press(key)
        expect(page.locator("#draw .verdict")).to_have_text("The brush is down.")
        page.keyboard.press("Space")
        passed(page)
        assert seen(page).max() > 200
        page.keyboard.press("Backspace")
        passed(page)
        assert (seen(page) == 0).all()


def test_odd_drawings(browser: Browser, made: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)
    with opened(browser, made.as_uri()) as page:
        at_the_pad(page)
        page.locator("#draw [data-do=clear]").click()
        passed(page)
        assert (seen(page) == 0).all()
        stroke(page, (0.1, 0.1))
        dot = seen(page)
        assert dot[5:8, 5:8].max() > 60 and (dot > 10).sum() <= 12  # in the middle, no larger than a brush
        page.locator("#draw [data-do=clear]").click()
        stroke(page, (0.2, 0.9), (0.5, 0.1), (0.8, 0.9))  # an A
        stroke(page, (0.3, 0.6), (0.7, 0.6))
        letter = seen(page)
        rows = np.flatnonzero(letter.max(1) > 50)
        assert rows[-1] - rows[0] + 1 == pytest.approx(12 * 20 / 28, abs=1)
        for pixels, least in ((np.full((50, 50), 255, np.uint8), 250), (photo, 20)):
            before = page.evaluate("Number(document.querySelector('#draw').dataset.passed)")
            page.evaluate(DROP, [png(pixels)])
            page.wait_for_function("(n) => document.querySelector('#draw').dataset.passed > n", arg=before)
            assert seen(page).max() >= least
        costs = " ".join(page.locator("#draw .cost").all_inner_texts())
        assert "NaN" not in costs and "Infinity" not in costs


def test_a_test_image_by_its_address(browser: Browser, made: Path) -> None:
    with opened(browser, f"{made.as_uri()}#drawn=20") as page:
        at_the_pad(page)
        expect(page.locator("#draw input[type=number]")).to_have_value("20")
        expected = SOME[0].subject().test.images[20, 0].numpy()
        assert (seen(page) == expected).all()
        field = page.locator("#draw input[type=number]")
        field.fill("31")
        field.press("Enter")
        expect(page.locator("#draw .not-here")).to_contain_text("the nearest are 30 and 32")
        assert "drawn=20" in page.url
        field.fill("30")
        field.press("Enter")
        page.wait_for_function("() => location.hash.includes('drawn=30')")
        expect(page.locator("#draw .verdict")).to_contain_text("Test image no. 30")
        stroke(page, (0.3, 0.2), (0.6, 0.2))
        assert "drawn=" not in page.url


LABELS = "(names) => Object.fromEntries(names.map((name) => [name, modules['frame/state.js'].cellOf(name).label]))"
VERDICT = """(found) => {
    const places = Object.fromEntries(found.map(([name, , elbo]) =>
        [name, { measure: elbo === null ? 'distortion' : 'elbo', places: [...Array(101)].map((_, n) => n - 100) }]));
    const passed = found.map(([name, level, elbo]) =>
        [name, { levels: [level], rate: elbo === null ? null : 0, distortion: elbo === null ? 1 : -elbo }]);
    return modules['draw/rows.js'].verdictOn(passed, [0], places);
}"""


def test_cells_that_tie_are_named_together_or_counted(browser: Browser, made: Path) -> None:
    a, b, c = (cell.name for cell in SOME[:3])
    with opened(browser, made.as_uri()) as page:
        label = {
            name: page.evaluate("(name) => modules['frame/state.js'].cellOf(name).label", name) for name in (a, b, c)
        }
        alone = page.evaluate(VERDICT, [[a, 26, -60], [b, 51, -40], [c, 51, None]])
        assert alone == (
            f"{label[a]} comes closest (MSE 0.0104). "
            f"It surprises {label[a]} most: more surprising than 60 % of the test images."
        )
        two = page.evaluate(VERDICT, [[a, 26, -60], [b, 26.01, -60.1], [c, 51, None]])  # equal as shown
        assert two == (
            f"{label[a]} and {label[b]} come equally close (MSE 0.0104). "
            f"It surprises {label[a]} and {label[b]} equally: more surprising than 60 % of the test images."
        )
        three = page.evaluate(VERDICT, [[a, 0, -900], [b, 0, -700], [c, 0, -800]])
        assert three == (
            "3 cells come equally close (MSE 0.0000). "
            "It surprises 3 cells equally: more surprising than every test image."
        )
        assert page.evaluate(VERDICT, [[c, 26, None]]) == f"{label[c]} comes closest (MSE 0.0104)."


def test_far_from_the_screen_nothing_runs(browser: Browser, made: Path) -> None:
    with opened(browser, f"{made.as_uri()}#to=provenance") as page:
        page.wait_for_timeout(300)
        assert page.locator("#draw").get_attribute("data-passed") is None


def test_without_workers_the_page_computes_by_itself(browser: Browser, made: Path) -> None:
    with opened(browser, made.as_uri()) as page:
        page.evaluate("() => { window.Worker = class { constructor() { throw new Error('none'); } }; }")
        at_the_pad(page)
        assert not page.evaluate("modules['draw/passing.js'].isHired()")
        assert all("distortion" in text for text in page.locator("#draw .cost").all_inner_texts())


@pytest.mark.parametrize(("scheme", "size"), [("light", (1280, 900)), ("dark", NARROW)])
def test_axe_finds_no_violation(browser: Browser, made: Path, scheme: str, size: tuple[int, int]) -> None:
    with opened(browser, made.as_uri(), size, color_scheme=scheme) as page:
        at_the_pad(page)
        found = Axe().run(page, context="#draw")
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        verdict = page.locator("#draw .verdict").evaluate("(line) => getComputedStyle(line).borderLeftStyle")
        assert verdict == "none"  # the tour's verdicts have a bar


def test_without_scripts_the_section_says_what_it_needs(browser: Browser, made: Path) -> None:
    with opened(browser, made.as_uri(), java_script_enabled=False) as page:
        expect(page.locator("#draw noscript p")).to_be_visible()
        expect(page.locator("#draw .drawing")).to_be_hidden()


def test_what_is_left_out_of_print_is_not_drawn_when_the_theme_changes(browser: Browser, made: Path) -> None:
    """Canvases without a size cannot be drawn: any error fails the test."""
    with opened(browser, made.as_uri()) as page:
        at_the_pad(page)
        page.wait_for_function("() => modules['explorer/place.js'].explorer.sides[0].painted > 0")
        page.evaluate("""() => {
            for (const section of document.querySelectorAll('main > section')) section.classList.add('unprinted');
        }""")
        page.emulate_media(media="print", color_scheme="dark")
        page.wait_for_timeout(300)
        page.emulate_media(media="screen", color_scheme="light")
        page.evaluate("""() => {
            for (const item of document.querySelectorAll('.unprinted')) item.classList.remove('unprinted');
        }""")
        page.wait_for_function("() => modules['explorer/place.js'].explorer.sides[0].pad.width > 0")
