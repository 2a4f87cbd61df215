"""The tour in a real browser: predictions and verdicts, keys, links that land where they should, the worksheet.

As in test_browser, any console message, error or further request fails a test.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from safetensors.numpy import load_file, save_file

from stages.report import main
from tests import explorable, fake_workspace
from tests.explorable import CODED, PLANE, Model
from tests.test_browser import browser, opened
from tests.test_gallery_beta import MULTI, trained
from tests.test_gallery_tour import judged, piece
from vaeplay.evaluation import dial
from vaeplay.gallery.lab.data import PRESETS
from vaeplay.gallery.tour.stations import STATIONS
from vaeplay.verdicts.claims import BY_KEY
from vaeplay.verdicts.table import Table, Verdict

__all__ = ["browser"]
AE, BETA = Model("AE", None, 2, 1), Model("BetaVAE", 2.0, 2, 1)
CELLS = [AE, PLANE, BETA, CODED]
EPOCHS = (0, 1, 5, 20)
PAIRS = {
    "reconstruction": (AE, PLANE),
    "holes": (AE, PLANE),
    "blur": (AE, PLANE),
    "beta": (PLANE, BETA),
    "samplers": (PLANE, PLANE),
    "elbo": (PLANE, PLANE),
    "overfitting": (AE, PLANE),
    "codebook": (PLANE, CODED),
}
VERDICTS: dict[str, Verdict] = {"reconstruction": "fails", "holes": "cannot tell"}
"""By station, where a claim does not hold."""
PHONE = (390, 844)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with everything that the tour leads to."""
    root = tmp_path_factory.mktemp("tour")
    explorable.make(root, CELLS)
    fake_workspace.make_cell(root, MULTI, 4)
    report = json.loads((root / "settings/report.json").read_text())
    fake_workspace.write(root / "settings/report.json", report | {"cells": [*report["cells"], MULTI.name]})
    content = dial.export(*trained())
    assert content is not None
    (root / f"evaluation/{MULTI.name}/dial.safetensors").write_bytes(content)
    fill(root)
    claims = tuple(
        judged(
            item.claim,
            verdict := VERDICTS.get(item.key, "holds"),
            piece(BY_KEY[item.claim], verdict, (PAIRS[item.key][0].name, PAIRS[item.key][1].name)),
        )
        for item in STATIONS
    )
    fake_workspace.write(
        root / "verdicts/verdicts.json", Table(pairs=(), combined={}, claims=claims).model_dump(mode="json")
    )
    main(root)
    return (root / "reports/gallery.html").as_uri()


def fill(root: Path) -> None:
    """Films, reconstructions of test images, and training images for the lab."""
    images = load_file(root / "data/images.safetensors")
    tests, labels = images["test_images"], images["test_labels"]
    save_file(images | {"train_images": tests, "train_labels": labels}, root / "data/images.safetensors")
    rows = np.arange(0, len(tests), 3, dtype=np.int32)
    random = np.random.default_rng(0)
    (root / "film").mkdir()
    for cell in CELLS:
        folder = root / f"evaluation/{cell.name}"
        save_file({"rows": rows, "images": tests[rows] // 2}, folder / "reconstructions.safetensors")
        save_file({"mse": random.random(len(tests)).astype(np.float32)}, folder / "images.safetensors")
        shape = (len(EPOCHS), len(tests), *((3, 3) if cell is CODED else (2,)))
        codes = random.integers(0, 8, shape) if cell is CODED else random.standard_normal(shape)
        frames: dict[str, np.ndarray[Any, Any]] = {"codes": codes.astype(np.int16 if cell is CODED else np.float16)}
        frames["reconstructions"] = random.integers(0, 256, (len(EPOCHS), 16, *tests.shape[1:]), np.uint8)
        frames |= {"epochs": np.array(EPOCHS, np.int32), "images": np.arange(len(tests), dtype=np.int32)}
        save_file(frames, root / f"film/{cell.name}.safetensors")


def station(page: Page, key: str) -> Locator:
    return page.locator(f"#tour [data-station={key}]")


def begin(page: Page) -> None:
    page.locator("#tour summary").first.click()


def test_a_prediction_comes_first_and_stands_beside_the_verdict(browser: Browser, address: str) -> None:
    with opened(browser, address, folded=True) as page:
        begin(page)
        first = station(page, "reconstruction")
        expect(page.locator("#tour .station:visible")).to_have_count(1)
        expect(first.locator(".told")).to_be_hidden()
        button = first.locator("[data-tell]")
        expect(button).to_have_text("Show me without a prediction")
        first.get_by_label("Yes: noise and a price").check()
        expect(first.locator(".told")).to_be_hidden()  # arrow keys choose too, and must not give it away
        expect(button).to_have_text("See what happened")
        button.click()
        expect(first.locator(".told")).to_be_focused()
        expect(first.locator(".yours")).to_have_text(
            "You predicted: “Yes: noise and a price must cost something.” It turned out otherwise."
        )
        expect(first.locator(".verdict")).to_contain_text(
            "Fails: holds in 0 of 1 pair, fails in 1. Claimed: the VAE's MSE is at least 2 % higher than the AE's."
        )
        expect(button).to_be_hidden()
        expect(first.locator("input").first).to_be_disabled()
        page.locator("#tour [data-step='1']").click()
        second = station(page, "holes")
        second.get_by_label("cannot be told").check()
        second.locator("[data-tell]").click()
        expect(second.locator(".yours")).to_contain_text("That is what happened.")
        expect(page.locator("#tour .score")).to_have_text("1 of 2 predicted correctly")
        page.reload()
        expect(second).to_be_in_viewport()
        expect(second.locator(".yours")).to_contain_text("That is what happened.")
        expect(page.locator("#tour .score")).to_have_text("1 of 2 predicted correctly")
        page.locator("#tour [data-again]").click()
        expect(first).to_be_visible()
        expect(first.locator(".told")).to_be_hidden()
        assert "#" not in page.url or "predicted" not in page.url


def test_it_can_be_walked_by_keys_and_skipped(browser: Browser, address: str) -> None:
    with opened(browser, address, folded=True) as page:
        page.locator("#tour summary").first.press("Enter")
        page.keyboard.press("n")
        expect(station(page, "holes")).to_be_visible()
        expect(station(page, "holes").locator("h3")).to_be_focused()
        assert "station=holes" in page.url
        page.keyboard.press("p")
        page.keyboard.press("p")  # before the first there is none
        expect(station(page, "reconstruction")).to_be_visible()
        expect(page.locator("#tour [data-step='-1']")).to_be_disabled()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")  # from the second choice to the third
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(station(page, "reconstruction").locator(".yours")).to_contain_text("cannot be told")
        page.get_by_role("button", name="Station 8").click()
        station(page, "codebook").locator("[data-tell]").click()
        expect(station(page, "codebook").locator(".told")).to_be_visible()
        expect(station(page, "codebook").locator(".yours")).to_have_text("")
        expect(page.locator("#tour .score")).to_have_text("0 of 1 predicted correctly")
        expect(page.locator("#tour [data-step='1']")).to_be_disabled()


def follow(page: Page, key: str, text: str) -> None:
    """Open a station, look without a prediction, and follow one of its links."""
    place = station(page, key)
    place.locator("[data-tell]").click()
    place.get_by_role("link", name=text).click()


def values(page: Page, selector: str) -> list[str]:
    return list(page.locator(selector).evaluate_all("all => all.map(({ value }) => value)"))


PLACE = "() => modules['explorer/place.js'].explorer.state"
SHOWN = """(names) => names.every((name, n) => {
    const side = modules['explorer/place.js'].explorer.sides[n];
    return side.cell?.cell === name && side.painted > 0;
})"""


def compares(first: Model, second: Model) -> Callable[[Page], None]:
    def check(page: Page) -> None:
        assert values(page, "#compare .choice select")[:2] == [first.name, second.name]
        expect(page.locator("#compare [data-way=side]")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#compare .reconstructions figure")).to_have_count(2)

    return check


def explores(*cells: Model, **state: Any) -> Callable[[Page], None]:
    def check(page: Page) -> None:
        page.wait_for_function(SHOWN, arg=[cell.name for cell in cells])
        found = page.evaluate(PLACE)
        assert found["cells"] == [cell.name for cell in cells]
        assert {name: found[name] for name in state} == state
        if "exact" in found["layers"]:
            expect(page.locator("#explorer [data-value=elbo]")).to_contain_text("nats", timeout=20_000)
        expect(page.locator("#explorer .codes")).to_be_visible(visible=cells[0] is CODED)

    return check


def trains(title: str) -> Callable[[Page], None]:
    def check(page: Page) -> None:
        page.wait_for_function("() => modules['lab/script.js'].lab.latest()")
        wanted = next(preset.settings for preset in PRESETS if preset.title == title)
        found = page.evaluate("modules['lab/script.js'].lab.settings()")
        assert {name: str(found[name]) for name in wanted} == wanted

    return check


def shows_image(page: Page) -> None:
    assert values(page, "#image [data-by=of]") == [PLANE.name]
    expect(page.locator("#image .chosen-image")).to_contain_text("(1 of ")


def turns_dial(page: Page) -> None:
    expect(page.locator("#beta")).to_have_attribute("data-beta", "10.000")


def plays_film(page: Page) -> None:
    expect(page.locator("#film")).to_have_attribute("data-frame", "0")
    expect(page.locator(f"#film [data-film={AE.name}]")).to_be_visible()


def draws_curves(page: Page) -> None:
    expect(page.locator("#curves svg.chart").first).to_be_visible()


LANDINGS: dict[str, tuple[str, str, Callable[[Page], None]]] = {
    "compare": ("reconstruction", "Compare two", compares(AE, PLANE)),
    "holes": ("holes", "Fly over", explores(AE, PLANE, base=None, layers=["holes"])),
    "drift": ("holes", "drifting codes", trains("An AE's drifting codes")),
    "image": ("blur", "rebuilds worst", shows_image),
    "blur": ("blur", "lab: Blur", trains("Blur")),
    "dial": ("beta", "Turn β", turns_dial),
    "collapse": ("beta", "Collapse", trains("Collapse")),
    "draws": ("samplers", "prior draws", explores(PLANE, base={"kind": "draw", "n": 0}, layers=["holes"])),
    "exact": (
        "elbo",
        "posterior",
        explores(PLANE, base={"kind": "image", "index": 0}, layers=["ellipses", "exact"]),
    ),
    "film": ("overfitting", "Watch the training", plays_film),
    "curves": ("overfitting", "all curves", draws_curves),
    "memorising": ("overfitting", "Memorising", trains("Memorising")),
    "code": ("codebook", "Change a word", explores(CODED, base={"kind": "image", "index": 0})),
}
SECTIONS = {
    **dict.fromkeys(("holes", "draws", "exact", "code"), "explorer"),
    **dict.fromkeys(("drift", "blur", "collapse", "memorising"), "lab"),
    "dial": "beta",
}


@pytest.mark.parametrize("landing", LANDINGS)
def test_a_link_lands_in_the_state_that_it_names_and_leads_back(browser: Browser, address: str, landing: str) -> None:
    key, text, check = LANDINGS[landing]
    with opened(browser, f"{address}#station={key}", folded=True) as page:
        follow(page, key, text)
        expect(page.locator(f"#{SECTIONS.get(landing, landing)}")).to_be_in_viewport()
        check(page)
        expect(page.locator(".guide")).to_contain_text("Tour, station")
        page.get_by_role("button", name="Back to the tour").click()
        expect(station(page, key).locator("h3")).to_be_in_viewport()
        expect(station(page, key).locator(".told")).to_be_visible()
        expect(page.locator(".guide")).to_be_hidden()


def test_every_link_of_the_tour_is_followed_above(browser: Browser, address: str) -> None:
    with opened(browser, address, folded=True) as page:
        assert page.locator("#tour .look a").count() == len(LANDINGS) + 1  # compare stands at two stations


PAINTED = """(canvas) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return new Set(copy.getImageData(0, 0, canvas.width, canvas.height).data).size;
}"""


def test_holes_are_drawn_with_the_draws_farthest_out(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#station=holes", folded=True) as page:
        station(page, "holes").locator("[data-tell]").click()
        figures = page.locator("#tour [data-hollow]")
        assert figures.evaluate_all("(all) => all.map(({ dataset }) => dataset.hollow)") == [AE.name, PLANE.name]
        for place in range(2):
            expect(figures.nth(place).locator("figcaption")).to_contain_text("draws in holes: ")
            strip = figures.nth(place).locator(".farthest")
            expect(strip).to_have_attribute("width", "48")  # four images of twelve pixels
            assert strip.evaluate(PAINTED) > 8 and figures.nth(place).locator(".hollow").evaluate(PAINTED) > 8
        order = """async (name) => {
            const cell = await modules['explorer/engine.js'].load(name);
            const { fieldAt, fieldOf } = modules['explorer/field.js'];
            const places = [[0, 0], [4.9, 4.9], [-5, 5], [5, -5]];
            const { side } = cell.about.field;
            const corner = (row, column) => cell.tensors.field[row * side + column];
            return [fieldAt(cell, places[2]) === corner(0, 0), fieldAt(cell, places[3]) === corner(side - 1, side - 1)];
        }"""
        assert page.evaluate(order, AE.name) == [True, True]


def test_a_reader_who_goes_on_before_the_holes_are_drawn_meets_no_error(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#station=holes&predicted=holes.holds", folded=True) as page:
        shown = station(page, "holes").locator(".hollow").first
        for wait in (0, 10, 30, 60, 100, 200):
            page.wait_for_timeout(wait)
            page.keyboard.press("n") if wait else page.locator("#tour [data-step='1']").click()
            expect(shown).to_be_hidden()
            page.wait_for_timeout(100)  # for what was begun
            page.locator("#tour [data-step='-1']").click()
        expect(shown).to_be_visible()


def test_a_section_stays_in_sight_while_what_is_above_it_grows(browser: Browser, address: str) -> None:
    grow = """(pixels) => {
        document.documentElement.style.overflowAnchor = 'none'; // browsers that do not anchor
        document.querySelector('main').prepend(Object.assign(document.createElement('div'), { id: 'tall' }));
        document.getElementById('tall').style.height = `${pixels}px`;
    }"""
    top = "() => document.getElementById('curves').getBoundingClientRect().top"
    with opened(browser, f"{address}#station=overfitting", folded=True) as page:
        follow(page, "overfitting", "all curves")
        before = page.evaluate(top)
        page.evaluate(grow, 700)
        page.wait_for_function(f"(before) => Math.abs(({top})() - before) < 5", arg=before)
        page.mouse.wheel(0, 1)
        page.wait_for_timeout(100)
        page.evaluate("() => { document.getElementById('tall').style.height = '1400px'; }")
        page.wait_for_timeout(100)
        assert page.evaluate(top) > before + 600  # the reader has taken over


def test_exact_posteriors_are_drawn_with_their_gaps(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#station=elbo", folded=True) as page:
        station(page, "elbo").locator("[data-tell]").click()
        figures = page.locator("#tour [data-exact] figure")
        expect(figures).to_have_count(3)
        for place in range(3):
            expect(figures.nth(place).locator("figcaption")).to_contain_text("gap ", timeout=20_000)
            assert figures.nth(place).locator(".its-posterior").evaluate(PAINTED) > 8


def test_back_leads_from_a_section_to_the_station_that_led_there(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#station=overfitting", folded=True) as page:
        follow(page, "overfitting", "all curves")
        expect(page.locator("#curves")).to_be_in_viewport()
        page.go_back()
        expect(station(page, "overfitting").locator(".told")).to_be_in_viewport()


def test_without_scripts_all_stations_stand_in_order_and_answer_to_a_choice(browser: Browser, address: str) -> None:
    with opened(browser, address, folded=True, java_script_enabled=False) as page:
        begin(page)
        expect(page.locator("#tour .station:visible")).to_have_count(8)
        expect(page.locator("#tour .told:visible")).to_have_count(0)
        station(page, "beta").locator("input").nth(1).check()
        expect(page.locator("#tour .told:visible")).to_have_count(1)
        expect(station(page, "beta").locator(".verdict").first).to_contain_text("Holds")


def test_on_paper_the_questions_come_first_and_the_answers_last(browser: Browser, address: str) -> None:
    with opened(browser, address, folded=True) as page:
        begin(page)
        station(page, "reconstruction").locator("[data-tell]").click()
        page.evaluate(
            "window.print = () => { window.printed = [...document.querySelectorAll('main > section')]"
            ".filter((section) => !section.classList.contains('unprinted')).map(({ id }) => id); }"
        )
        page.get_by_role("button", name="Print…").click()
        page.get_by_role("button", name="Worksheet of the tour").click()
        page.wait_for_function("() => window.printed")
        assert page.evaluate("window.printed") == ["tour"]
        pages = re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True))
        assert len(pages) == 3  # two of questions, one of answers
        expect(page.locator("#answer")).not_to_have_class("unprinted")  # it is over, and the usual is ticked again
        page.emulate_media(media="print")
        tops = [
            page.locator(f"#tour {part}").evaluate_all("all => all.map((item) => item.getBoundingClientRect().top)")
            for part in (".asked", ".answers-start", ".told")
        ]
        every = [top for part in tops for top in part]
        assert [len(part) for part in tops] == [8, 1, 8] and every == sorted(every)
        expect(page.locator("#tour .yours:visible, #tour button:visible")).to_have_count(0)


@pytest.mark.parametrize("size", [(1280, 900), PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_small_while_closed(
    browser: Browser, address: str, size: tuple[int, int], scheme: Any
) -> None:
    with opened(browser, address, size, folded=True, color_scheme=scheme, reduced_motion="reduce") as page:
        closed = page.locator("#tour").bounding_box()
        assert closed and closed["height"] <= 350
        begin(page)
        for key in PAIRS:
            page.keyboard.press("n") if key != "reconstruction" else None
            station(page, key).locator("[data-tell]").click()
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        result = Axe().run(page, context="#tour")
        assert result.violations_count == 0, result.generate_report()
