"""What readers take out of the page, and how they read its table and charts, in a real browser."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, expect

from stages.report import main
from tests import fake_workspace
from tests.fake_workspace import Plan
from tests.test_browser import VAE, browser, opened

__all__ = ["browser"]
TABLE = {
    "heads": [
        {"label": "Model", "unit": "", "arrow": "", "number": False},
        {"label": "MSE", "unit": "% of $x_1$ & more", "arrow": "↓", "number": True},
        {"label": "β", "unit": "", "arrow": "", "number": True},
    ],
    "rows": [
        [{"text": text, "half": half, "best": best} for text, half, best in row]
        for row in (
            (("A_B | 100 %", "", False), ("−1\u2009234.5", "0.1", True), ("2", "", False)),
            (("=x, “y” & #1", "", False), ("0.20", "<0.01", False), ("—", "", False)),
        )
    ],
    "note": "Half of {95 %}.",
}
CSV = 'Model,MSE (% of $x_1$ & more),± MSE,β\r\nA_B | 100 %,-1234.5,0.1,2\r\n"\'=x, “y” & #1",0.20,<0.01,\r\n'
MARKDOWN = r"""| Model | MSE (% of $x\_1$ \& more) ↓ | β |
| --- | ---: | ---: |
| A\_B \| 100 % | **−1 234.5** ± 0.1 | 2 |
| =x, “y” \& \#1 | 0.20 ± \<0.01 | — |

Half of \{95 %\}.
"""
LATEX = r"""% Needs \usepackage{booktabs}. Half of {95 %}.
\begin{tabular}{lrr}
\toprule
Model & MSE $\downarrow$ & $\beta$ \\
 & {\footnotesize \% of \$x\_1\$ \& more} &  \\
\midrule
A\_B $|$ 100 \% & $\mathbf{-1\,234.5} \pm 0.1$ & $2$ \\
=x, “y” \& \#1 & $0.20 \pm {<}0.01$ & --- \\
\bottomrule
\end{tabular}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of the default grid's cells and one with a codebook."""
    root = tmp_path_factory.mktemp("export")
    quantised = Plan("VQVAE", None, 16, 3)
    fake_workspace.make(root, [*fake_workspace.plans(), quantised])
    path = root / f"metrics/{quantised.name}.json"
    of_codebook = {"bits": 54.0, "codes_in_use": 61.0, "perplexity": 38.6}
    fake_workspace.write(path, json.loads(path.read_text()) | of_codebook)
    main(root)
    return root


@pytest.fixture(scope="module")
def address(root: Path) -> str:
    return (root / "reports/gallery.html").as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser, address) as page:
        yield page


def heads(page: Page) -> set[str]:
    """The keys of the columns that are shown."""
    return set(page.locator("#cells-table thead th:visible").evaluate_all("all => all.map((one) => one.dataset.key)"))


def saved(page: Page, button: str) -> str:
    with page.expect_download() as file:
        page.locator(button).first.click()
    return Path(file.value.path()).read_text()


@pytest.mark.parametrize(("name", "expected"), [("csv", CSV), ("markdown", MARKDOWN), ("latex", LATEX)])
def test_a_table_in_each_format(page: Page, name: str, expected: str) -> None:
    found = page.evaluate(f"(table) => modules['table/formats.js'].{name}(table)", TABLE)
    assert found == expected.replace("−1 234.5", "−1\u2009234.5")


def test_the_saved_table_is_the_one_shown(page: Page) -> None:
    page.get_by_label("BetaVAE", exact=True).check()
    page.locator("#columns summary").click()
    page.locator("#columns").get_by_label("SSIM").check()
    page.locator("#columns").get_by_label("Rate", exact=True).uncheck()
    lines = saved(page, "[data-download=latex]").splitlines()
    body = lines[lines.index(r"\midrule") + 1 : lines.index(r"\bottomrule")]
    assert all(line.count(" & ") == lines[3].count(" & ") and line.endswith(r" \\") for line in [*lines[3:5], *body])
    assert "SSIM" in lines[3] and "Rate" not in lines[3]
    assert body[0].startswith("BetaVAE $\\beta$=2 & $2$ & $1$ & $") and len(body) == 5  # and real images
    shown = page.locator("#cells-table tbody td:visible .best:visible, #cells-table td.now-best:visible").count()
    assert shown and sum(line.count(r"\mathbf") for line in body) == shown


def test_a_saved_chart_stands_alone_and_is_light(browser: Browser, address: str) -> None:
    with opened(browser, address, color_scheme="dark") as page:
        for button in ("#curves [data-save=svg]", "#plane [data-save=svg]"):
            text = saved(page, button)
            tree = ElementTree.fromstring(text)
            words = [item.text for item in tree.iter("{http://www.w3.org/2000/svg}text")]
            assert {"AE", "VAE", "BetaVAE"} <= set(words)  # its legend
            assert "rgb(0, 114, 178)" in text  # the first family in light colours
            names = {name for item in tree.iter() for name in item.attrib}
            assert not names & {"class", "href", "style"} and "var(" not in text and "url(" not in text
        assert page.evaluate("document.documentElement.dataset.theme") == "system"
        with page.expect_download() as file:
            page.locator("#plane [data-save=png]").click()
        assert Path(file.value.path()).read_bytes().startswith(b"\x89PNG")


def test_what_was_saved_is_said_once_where_it_can_be_read(page: Page) -> None:
    status = page.locator(".saved")
    expect(status).to_be_hidden()
    saved(page, "[data-download=csv]")
    expect(status).to_have_text("Saved cells.csv")
    assert status.get_attribute("role") == "status"
    expect(status).to_be_hidden(timeout=6000)
    page.locator("#wall .frame img").first.click()
    with page.expect_download() as file:
        page.get_by_role("button", name="Save PNG").click()
    expect(page.locator("dialog[open] .saved")).to_have_text(f"Saved {file.value.suggested_filename}")


def test_what_one_would_hand_in_is_at_most_twelve_pages(page: Page) -> None:
    def pages() -> int:
        return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True)))

    usual = pages()
    assert 2 <= usual <= 12
    page.get_by_role("button", name="Print…").click()
    dialog = page.locator("#paper")
    expect(dialog.locator("input:checked")).to_have_count(4)  # of claims there are none here
    for box in dialog.locator("input").all():
        box.uncheck()
    dialog.get_by_label("Cells", exact=True).check()
    dialog.get_by_role("button", name="Close").click()
    assert 1 <= pages() < usual


@pytest.mark.parametrize("width", [390, 1440])
def test_figures_show_without_scrolling_aside(browser: Browser, address: str, width: int) -> None:
    with opened(browser, address, (width, 844)) as page:
        row = page.locator(f"#cells-table tr[data-cell={VAE}]")
        ends = row.locator("td:visible").evaluate_all("all => all.map((cell) => cell.getBoundingClientRect().right)")
        assert len([end for end in ends if end <= width]) >= (3 if width == 390 else len(ends))
        if width == 390:
            expect(row.locator("th .place")).to_have_text("latent 8, depth 2")
            box = page.locator("#table .scroll")
            assert box.evaluate("item => item.scrollWidth > item.clientWidth")


def test_columns_are_chosen_and_a_link_keeps_them(page: Page) -> None:
    assert {"mse", "elbo", "frechet", "seconds"} <= heads(page) and not {"ssim", "bits"} & heads(page)
    page.locator("#columns summary").click()
    page.locator("#columns").get_by_label("SSIM").check()
    page.locator("#columns").get_by_label("MSE").uncheck()
    assert "ssim" in heads(page) and "mse" not in heads(page)
    page.reload()
    assert "ssim" in heads(page) and "mse" not in heads(page)
    page.locator("#columns summary").click()
    page.get_by_role("button", name="The usual columns").click()
    assert "ssim" not in heads(page) and "show=" not in page.url
    page.get_by_label("VQVAE", exact=True).check()
    assert {"bits", "codes_in_use", "perplexity"} <= heads(page)


def test_filters_that_are_on_stay_in_sight_and_are_named(page: Page) -> None:
    row = page.locator("#narrowed")
    expect(row).to_be_hidden()
    page.get_by_label("VAE", exact=True).check()
    page.get_by_label("8", exact=True).check()
    page.locator("#curves").scroll_into_view_if_needed()
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("Showing 2 of 13 cells")
    row.get_by_role("button", name="End the filter Latent 8").click()
    expect(row).to_contain_text("Showing 4 of 13 cells")
    row.get_by_role("button", name="Clear").click()
    expect(row).to_be_hidden()


def test_a_curve_is_read_by_pointer_and_by_keys(page: Page, root: Path) -> None:
    history = json.loads((root / f"logs/cells/{VAE}.json").read_text())["history"]
    tip = page.locator(".tip")
    chart = page.locator(f"#curves svg.chart:has([data-cell={VAE}])").first
    chart.hover()  # once nothing moves any more
    line = chart.locator(f"[data-cell={VAE}] .line")
    corner = line.evaluate(
        """(path) => {
            const [, x, y] = path.getAttribute('d').match(/L([\\d.]+) ([\\d.]+)/);
            const at = new DOMPoint(x, y).matrixTransform(path.getScreenCTM());
            return [at.x, at.y];
        }"""
    )
    page.mouse.move(*corner)
    value = history[1]["validation_total"]
    expected = f"{value:.5g}"
    expect(tip).to_have_text(re.compile(rf"VAE, latent 8, depth 2.*epoch 2: {re.escape(expected)}", re.DOTALL))
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("epoch 3")
    page.keyboard.press("ArrowUp")
    expect(tip).not_to_contain_text("VAE, latent 8, depth 2")
    expect(tip).to_contain_text("epoch 3")


SPREAD = """(names) => {
    const points = names.map((name) => document.querySelector(`#plane a.point[data-cell=${name}]`).getCTM());
    return Math.hypot(points[0].e - points[1].e, points[0].f - points[1].f);
}"""


def test_the_plane_rescales_to_what_is_shown_and_names_it(page: Page) -> None:
    page.locator("#plane").scroll_into_view_if_needed()
    point = page.locator(f"#plane a.point[data-cell={VAE}]")
    before = point.get_attribute("transform")
    apart = page.evaluate(SPREAD, [VAE, VAE.replace("depth2", "depth1")])
    page.get_by_label("VAE", exact=True).check()
    page.get_by_label("8", exact=True).check()
    assert page.evaluate(SPREAD, [VAE, VAE.replace("depth2", "depth1")]) > 1.5 * apart
    expect(page.locator("#plane .equal").first).to_be_attached()
    point.focus()
    expect(page.locator(".tip")).to_contain_text(
        re.compile(r"VAE, latent 8, depth 2: rate [\d.]+ ± [\d.]+, distortion")
    )
    page.locator("#clear").click()
    assert point.get_attribute("transform") == before


TEXTS = """() => [...document.querySelectorAll('#plane a.point text')]
    .filter((text) => text.textContent && text.checkVisibility()).map((text) => text.getBoundingClientRect())"""
MEETING = f"""() => ({TEXTS})().some((one, at, all) => all.slice(0, at).some((other) =>
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom))"""


def test_texts_of_the_plane_do_not_meet_where_fewer_cells_are_shown(page: Page) -> None:
    page.locator("#plane").scroll_into_view_if_needed()
    page.evaluate(
        """() => {
            for (const text of document.querySelectorAll('#plane a.point text')) text.style.fontSize = '90px';
        }"""
    )
    assert page.evaluate(MEETING)
    page.get_by_label("VAE", exact=True).check()
    assert not page.evaluate(MEETING) and page.evaluate(f"({TEXTS})().length")


def test_a_copied_link_opens_where_it_was_copied(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#kind=prior") as page:
        button = page.locator("#plane [data-copy-link]")
        link = button.evaluate("(button) => modules['frame/link.js'].linkOf(button)")
        button.click()
        expect(button).to_have_text("Copied")
        expect(button).to_have_text("Copy link")
    with opened(browser, link) as page:
        expect(page.locator("#plane")).to_be_in_viewport()
        assert page.url.endswith("#kind=prior")
        expect(page.locator("#wall-prior")).to_be_attached()
