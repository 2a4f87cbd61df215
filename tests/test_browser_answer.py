"""The first screen in a real browser: pictures above the fold, a pair that moves, folded parts, links to views."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from ruamel.yaml import YAML

from stages import verdicts
from stages.report import main
from tests import explorable, fake_workspace
from tests.explorable import Model
from vaeplay.gallery.sections import SECTIONS

from .conftest import ROOT
from .made_up import Effect, MadeUp, verdict_settings
from .test_browser import WIDE, browser, opened, violations

__all__ = ["browser"]

EFFECTS: dict[str, Effect] = {"mse": lambda one: {"AE": 0.02, "VAE": 0.022}.get(one.kin.core, 0.022)}
DECODED = "#answer .moving figure[data-cell] canvas"
PIXELS = f"() => [...document.querySelectorAll('{DECODED}')].map((canvas) => canvas.toDataURL()).join()"


def compare(root: Path, latent_dims: list[int], depths: list[int]) -> str:
    """The address of the page of a workspace whose AEs, VAEs and β-VAEs have been compared."""
    values: Any = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    chosen = {"model": ["AE", "VAE", "BetaVAE"], "latent_dim": latent_dims, "depth": depths}
    values["grid"] = {"dense": values["grid"]["dense"] | chosen}
    asked = verdict_settings(values)
    MadeUp(asked, EFFECTS).write(root / "made", asked)
    verdicts.main(root / "made")
    (root / "verdicts").mkdir()
    (root / "made/verdicts/verdicts.json").rename(root / "verdicts/verdicts.json")
    main(root)
    return (root / "reports/gallery.html").as_uri()


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with pictures and answers, and without decoders."""
    root = tmp_path_factory.mktemp("pictured")
    fake_workspace.make(root)
    return compare(root, [2, 8], [1, 2])


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of an AE and a VAE that run in it."""
    root = tmp_path_factory.mktemp("live")
    explorable.make(root, [Model("AE", None, 2, 1), Model("VAE", 1.0, 2, 1)])
    return compare(root, [2], [1])


def drawn(page: Page) -> str:
    """What both decoders show, once they show something."""
    page.wait_for_function(f"() => [...document.querySelectorAll('{DECODED}')].every(({{ width }}) => width > 1)")
    return str(page.evaluate(PIXELS))


def until_moving(page: Page) -> None:
    """Wait until the pictures change by themselves."""
    page.wait_for_function(f"(before) => ({PIXELS})() !== before", arg=drawn(page))


def until_resting(page: Page) -> None:
    """Wait until the pictures stay the same for a third of a second."""
    for _ in range(10):
        before = drawn(page)
        page.wait_for_timeout(330)
        if page.evaluate(PIXELS) == before:
            return
    raise AssertionError("the pictures went on")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
@pytest.mark.parametrize("scripts", [True, False])
def test_the_first_screen_has_pictures_of_every_model(
    browser: Browser, pictured: str, size: tuple[int, int], scripts: bool
) -> None:
    with opened(browser, pictured, size, java_script_enabled=scripts) as page:
        images = page.locator("#answer .models img")
        boxes = [images.nth(place).bounding_box() for place in range(images.count())]
        above = [box for box in boxes if box and box["y"] + box["height"] <= size[1] and box["height"] == 84]
        assert images.count() == 7 and len(above) == 7  # originals, and both of three models
        assert all(box["x"] + box["width"] <= size[0] for box in above)
        expect(page.locator("#answer .sentence").first).to_contain_text("reconstructions are")
        expect(page.locator("#answer .needs-js:visible")).to_have_count(4 if scripts else 0)


def test_the_pair_moves_until_it_is_touched(browser: Browser, live: str) -> None:
    with opened(browser, live) as page:
        until_moving(page)
        page.get_by_role("button", name="Pause the motion").click()
        until_resting(page)
        page.get_by_role("button", name="Resume the motion").click()
        page.locator("#provenance").scroll_into_view_if_needed()
        until_resting(page)  # off the screen
        page.evaluate("scrollTo(0, 0)")
        until_moving(page)
        page.locator(DECODED).first.click()
        until_resting(page)
        expect(page.get_by_role("button", name="Resume the motion")).to_be_visible()


def test_the_pair_rests_where_motion_is_unwelcome(browser: Browser, live: str) -> None:
    with opened(browser, live, reduced_motion="reduce") as page:
        until_resting(page)
        expect(page.get_by_role("button", name="Resume the motion")).to_be_visible()


def test_an_answer_opens_live_and_a_view_replaces_what_its_section_showed(browser: Browser, live: str) -> None:
    with opened(browser, f"{live}#explore=VAE_latent2_depth1_ReLU&image=0") as page:
        page.get_by_role("link", name="See it live in the explorer").first.click()
        expect(page.locator("#explorer h2")).to_be_in_viewport()
        names = ["AE_latent2_depth1_ReLU", "VAE_latent2_depth1_ReLU"]
        page.wait_for_function(
            "(names) => modules['explorer/place.js'].explorer.sides.every(({ name }, at) => name === names[at])",
            arg=names,
        )
        assert "image=" not in page.url
        page.go_back()
        assert page.url.endswith("explore=VAE_latent2_depth1_ReLU&image=0")


def test_a_link_opens_what_is_folded(browser: Browser, pictured: str) -> None:
    with opened(browser, f"{pictured}#metric-mse", folded=True) as page:
        expect(page.locator("#metric-mse")).to_be_in_viewport()
        expect(page.locator("#verdicts table")).to_be_hidden()
        page.locator("header nav button").click()
        page.get_by_role("link", name="Verdicts").click()
        expect(page.locator("#verdicts table")).to_be_visible()
        expect(page.locator("#verdicts h2")).to_be_in_viewport()


def test_an_answer_links_to_its_claim_and_says_in_how_many_pairs_it_holds(browser: Browser, pictured: str) -> None:
    with opened(browser, pictured, folded=True) as page:
        line = page.locator("#answer .answer .all").first
        expect(line).to_contain_text("the VAE's MSE is at least 2 % higher than the AE's”")
        expect(line).to_contain_text("holds in 4 of 4 pairs; here it holds.")
        claim = page.locator("#claim-vae_reconstructs_worse")
        expect(claim).to_be_hidden()
        line.get_by_role("link").click()
        expect(claim).to_be_in_viewport()
        expect(claim).to_contain_text("Holds in 4 of 4 pairs. Claimed: the VAE's MSE is at least 2 % higher than")
        claim.locator("summary").click()
        expect(claim.locator("tbody tr")).to_have_count(4)
        expect(claim.locator("tbody tr").first).to_contain_text("yes")


def test_an_answer_on_beta_leads_to_the_rates_of_the_dimensions(browser: Browser, pictured: str) -> None:
    with opened(browser, pictured) as page:
        clause = page.locator("#answer li", has_text="dimensions are active")
        clause.get_by_role("link", name="Rates of").click()
        rates = page.locator("#detail h4.sought")
        expect(rates).to_have_text("Rate of each latent dimension, nats / image")
        expect(rates).to_be_in_viewport()
        page.keyboard.press("j")
        expect(page.locator("#detail .place")).to_have_text(re.compile(" of 12$"))
        expect(rates).to_be_in_viewport()  # of the next cell
        page.keyboard.press("Escape")
        clause.get_by_role("link", name="its traversals").click()
        expect(page.locator("#lightbox img")).to_be_visible()


def test_every_link_of_the_bar_lands_on_its_section(browser: Browser, pictured: str) -> None:
    """Also where the sections above have not been laid out yet."""
    with opened(browser, pictured, folded=True) as page:
        links = page.locator("header nav .first a, header nav .sections a:not(.all)")
        for place in range(links.count()):
            if not links.nth(place).is_visible():
                page.locator("header nav button").click()
            links.nth(place).click()
            expect(page.locator("#sections")).to_be_hidden()
            page.wait_for_timeout(100)
            target = (links.nth(place).get_attribute("href") or "")[1:]
            top = page.locator(f"[id='{target}']").evaluate("(part) => part.getBoundingClientRect().top")
            ended = page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 1")
            assert -1 <= top <= 90 or (ended and 0 <= top < WIDE[1]), (target, top)


@pytest.mark.parametrize("width", [1440, 1024, 390, 320])
def test_every_section_is_reached_once_from_the_bar_by_keys(browser: Browser, pictured: str, width: int) -> None:
    with opened(browser, pictured, (width, 800), folded=True) as page:
        menu = page.locator("header nav button")
        menu.focus()
        page.keyboard.press("Enter")
        links = page.locator("header nav a:visible")
        boxes = [links.nth(place).bounding_box() for place in range(links.count())]
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] < 800 for box in boxes)
        addresses = links.evaluate_all("(all) => all.map((link) => link.hash.slice(1))")
        shown = page.evaluate("[...document.querySelectorAll('main > section')].map(({ id }) => id)")
        linked = [section.name for section in SECTIONS if section.link and section.name in shown]
        assert sorted(addresses) == sorted(linked)
        page.keyboard.press("Escape")
        expect(page.locator("#sections")).to_be_hidden()
        expect(menu).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#sections")).to_be_hidden()
        expect(page.locator("main > section:focus")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Browser, pictured: str, live: str, scheme: str) -> None:
    for address in (pictured, live):
        with opened(browser, address, color_scheme=scheme, reduced_motion="reduce") as page:
            page.evaluate("document.querySelectorAll('details').forEach((item) => { item.open = true; })")
            assert not violations(page, scheme, "#answer", "#verdicts", "#claims", "#glossary", "#provenance"), address
