"""Cells compared and one image through all of them, in a real browser."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests import fake_workspace

from .test_browser import NARROW, browser, opened
from .test_browser_answer import compare

__all__ = ["browser"]

AE, VAE, BETA = (f"{model}_latent8_depth2_ReLU" for model in ("AE", "VAE", "BetaVAE"))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page whose cells have been compared, and have reconstructions to choose from."""
    root: Path = tmp_path_factory.mktemp("compared")
    names = fake_workspace.make(root)
    fake_workspace.reconstructions(root, names)
    return compare(root, [2, 8], [1, 2])


GROUPS = """(tables) => Object.fromEntries([...tables[0].tBodies].map((body) =>
    [body.rows[0].textContent, [...body.rows].slice(1).map((row) => row.cells[0].textContent.split(' ')[0])]))"""


def test_turning_a_comparison_round_turns_its_verdicts(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        compared = page.locator("#compare")
        title = compared.locator("h3").first
        tables = compared.locator("table.versus")
        expect(title).to_have_text("AE, latent 8, depth 1 → VAE, latent 8, depth 1")
        assert "MSE" in tables.evaluate_all(GROUPS)["Worse"]
        difference = compared.locator("tr", has_text="MSE").locator(".difference").first
        expect(difference).to_contain_text("+0.00")
        page.goto(f"{address}#compare={VAE}&compare={AE}")
        expect(title).to_have_text("VAE, latent 8, depth 2 → AE, latent 8, depth 2")
        assert "MSE" in tables.evaluate_all(GROUPS)["Better"]
        expect(difference).to_contain_text("−0.00")
        compared.get_by_label("Second cell").select_option(BETA)
        compared.get_by_label("First cell").select_option(AE)
        expect(compared.locator(".comparison .how")).to_contain_text("No paired comparison was computed")
        expect(compared.get_by_role("columnheader", name="Difference")).to_be_hidden()
        assert f"compare={AE}&compare={BETA}" in page.url


def test_it_opens_on_the_pair_of_the_first_answer(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        answer = page.locator("#answer .answer").first.get_by_role("link", name="Compare these two")
        names = (answer.get_attribute("href") or "").split("&way")[0].replace("#compare=", "").split("&compare=")
        selects = page.locator("#compare .choice select")
        assert [selects.nth(place).input_value() for place in range(2)] == names


def test_without_scripts_the_first_comparison_is_there(browser: Browser, address: str) -> None:
    with opened(browser, address, java_script_enabled=False) as page:
        expect(page.locator("#compare .versus").first).to_be_visible()
        expect(page.locator("#compare")).to_contain_text("AE, latent 8, depth 1 → VAE, latent 8, depth 1")
        expect(page.locator("#compare select, #compare .pictured")).to_have_count(1)  # hidden
        expect(page.locator("#compare .pictured")).to_be_hidden()


LIGHT = """(canvas) => canvas.getContext('2d').getImageData(0, 0, 28, 28).data.reduce((sum, x) => sum + x, 0)"""


def test_an_image_goes_through_all_cells(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#image=51") as page:
        section = page.locator("#image")
        said = section.locator(".chosen-image")
        expect(said).to_contain_text("No. 51, class 1 (3 of 40)")
        expect(section).to_be_in_viewport()
        expect(section.locator(".pass[data-cell]")).to_have_count(12)
        before = section.locator("canvas[role=img]").nth(0).evaluate(LIGHT)
        section.get_by_role("button", name="Next image").press("Enter")
        expect(said).to_contain_text("No. 77, class 7 (4 of 40)")
        assert section.locator("canvas[role=img]").nth(0).evaluate(LIGHT) != before
        number, line = section.get_by_label("Test image no."), section.locator(".not-here")
        number.fill("400")
        number.press("Enter")
        expect(line).to_have_text("No. 400 is not among the 40 test images here; the nearest are 384 and 410.")
        expect(said).to_contain_text("No. 77")
        number.fill("410")
        number.press("Enter")
        expect(said).to_contain_text("No. 410")
        expect(line).to_be_empty()
        section.get_by_label("Class").select_option("7")
        section.get_by_label("Order").select_option(VAE)
        section.get_by_role("button", name="Worst").click()
        expect(said).to_contain_text(", class 7 (1 of ")
        assert f"of={VAE}" in page.url and "image=" in page.url
        errors = page.evaluate("""() => {
            const { rows, labels, values } = JSON.parse(document.querySelector('#image-data').textContent);
            const of = values['VAE_latent8_depth2_ReLU'].mse;
            const wanted = rows.map((row, place) => [of[place], row]).filter((_, place) => labels[place] === 7);
            return wanted.sort((a, b) => b[0] - a[0]).map(([, row]) => row);
        }""")
        expect(said).to_contain_text(f"No. {errors[0]},")
        section.get_by_role("button", name="Best").click()
        expect(said).to_contain_text(f"No. {errors[-1]},")
        page.get_by_label("AE", exact=True).check()
        expect(section.locator(".pass[data-cell]:visible")).to_have_count(4)


@pytest.mark.parametrize("state", [f"compare={AE}&compare={VAE}&compare={BETA}", "image=51"])
def test_axe_and_narrow_screens(browser: Browser, address: str, state: str) -> None:
    with opened(browser, f"{address}#{state}", NARROW, reduced_motion="reduce") as page:
        part = "#image" if state.startswith("image") else "#compare"
        expect(page.locator(f"{part} :is(.pass[data-cell], .side)").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
        found = Axe().run(page, context=part)
        assert found.violations_count == 0, found.generate_report()
