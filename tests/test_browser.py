"""The gallery in a real browser, opened from disk: any console message, error or further request fails."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, Request, expect, sync_playwright

from stages.report import main
from tests import fake_workspace, test_experiments
from tests.fake_workspace import HOSTILE, Plan

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
VAE = "VAE_latent8_depth2_ReLU"
ANY_LIGHT = """(canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, index) => index % 4 < 3 && value > 0);
}"""
BEST = """(names) => modules['frame/state.js'].pageData.metrics
    .filter(({ key, better }) => better && document.querySelector(`#cells-table th[data-key=${key}]:not(.off)`))
    .map(({ key, digits, better }) => {
        const values = names.map((name) => Number(modules['frame/state.js'].cellOf(name).metrics[key].toFixed(digits)));
        const target = better === 'lower' ? Math.min(...values) : Math.max(...values);
        return values.filter((value) => value === target).length;
    }).reduce((sum, count) => sum + count, 0)"""
WIDE, NARROW = (1280, 900), (320, 640)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no browser: install Chromium, as with `sudo apt install chromium`, to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def gallery(root: Path, cells: list[Plan] | None = None, text: str = "") -> str:
    """The address of a page made from a fake workspace in `root`."""
    fake_workspace.make(root, cells, text)
    main(root)
    return (root / "reports/gallery.html").as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return gallery(tmp_path_factory.mktemp("gallery"))


@contextmanager
def opened(
    browser: Browser, address: str, size: tuple[int, int] = WIDE, *, folded: bool = False, **options: Any
) -> Iterator[Page]:
    """The page at `address`, unless `folded` with all sections open; nothing may go wrong in it, nor be asked for."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True, **options)
    context.set_default_timeout(5000)
    page = context.new_page()
    wrong: list[str] = []

    def request(request: Request) -> None:
        if request.url.split("#")[0] != address.split("#")[0] and not request.url.startswith(("data:", "blob:")):
            wrong.append(f"request: {request.url}")

    def answer(dialog: Dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("dialog", answer)
    page.on("request", request)
    page.goto(address)
    if not folded:
        page.evaluate("document.querySelectorAll('details.fold').forEach((fold) => (fold.open = true))")
    try:
        yield page
        page.wait_for_timeout(50)
        assert not wrong
    finally:
        context.close()


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page whose models were trained three times."""
    plans = [Plan(model, 1.0, 8, 1, repeat) for model in ("VAE", "IWAE") for repeat in ("", "_r2", "_r3")]
    return gallery(tmp_path_factory.mktemp("repeated"), plans)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser, address) as page:
        yield page


def column(page: Page, key: str) -> list[str]:
    """The texts of one column of the table, top to bottom, of the rows that are shown."""
    script = """(key) => {
        const table = document.getElementById('cells-table');
        const index = [...table.tHead.rows[0].cells].findIndex((head) => head.dataset.key === key);
        const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => row.offsetParent);
        return rows.map((row) => row.cells[index].dataset.value);
    }"""
    return list(page.evaluate(script, key))


def test_sorting_by_a_heading(page: Page) -> None:
    head = page.locator("th[data-key=elbo]")
    unsorted = column(page, "elbo")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")  # the best on top
    values = column(page, "elbo")
    known = [float(value) for value in values if value]
    assert known == sorted(known, reverse=True) and values[len(known) :] == [""] * 4
    first = page.locator("#wall-reconstruction .tile").first
    assert first.get_attribute("data-cell") == page.locator("#cells-table tbody tr").first.get_attribute("data-cell")
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert [float(value) for value in column(page, "elbo") if value] == sorted(known)
    head.get_by_role("button").press(" ")
    assert column(page, "elbo") == unsorted


def test_filtering_by_chips_and_words(page: Page) -> None:
    page.get_by_label("VAE", exact=True).check()
    expect(page.locator("#count")).to_have_text("4 of 12 cells")
    assert set(column(page, "model")) == {"VAE"}
    page.get_by_label("8", exact=True).check()
    expect(page.locator("#count")).to_have_text("2 of 12 cells")
    for shown in ("#wall-reconstruction .tile", "#plane a.point"):
        expect(page.locator(f"{shown}:visible")).to_have_count(2)
    best = page.locator("#cells-table tbody td.now-best:visible")
    winners = page.evaluate(BEST, [VAE, VAE.replace("depth2", "depth1")])
    assert (
        winners and best.count() == winners
    )  # one for each metric in which the two that are left differ, two in a tie
    expect(best.first).to_contain_text("(best)")
    page.locator("#clear").click()
    expect(page.locator("#count")).to_have_text("12 cells")
    page.get_by_placeholder("Find a cell").fill("beta depth1")
    expect(page.locator("#count")).to_have_text("2 of 12 cells")
    page.get_by_placeholder("Find a cell").fill("no such cell")
    expect(page.locator("#count")).to_have_text("0 of 12 cells")


def test_a_link_restores_the_state(browser: Browser, address: str) -> None:
    link = f"{address}#model=VAE&model=AE&latent_dim=8&sort=mse:down&kind=prior&cell={VAE}"
    with opened(browser, link) as page:
        expect(page.locator("#detail h3")).to_have_text("VAE, latent 8, depth 2")
        expect(page.locator("#count")).to_have_text("4 of 12 cells")
        expect(page.locator("th[data-key=mse]")).to_have_attribute("aria-sort", "descending")
        expect(page.locator("#wall-prior")).to_be_visible()
        expect(page.locator("#wall-reconstruction")).to_be_hidden()
        expect(page.locator("#wall-prior .tile:visible")).to_have_count(4)  # made only now, and filtered all the same
        page.keyboard.press("Escape")
        expect(page.locator("#detail")).to_be_hidden()
        page.wait_for_function("!location.hash.includes('cell=')")
        assert "sort=mse" in page.url and "model=AE" in page.url


def test_the_dialog_of_a_cell(page: Page) -> None:
    page.locator(f"tr[data-cell={VAE}] a").click()
    detail = page.locator("#detail")
    expect(detail.locator("h3")).to_have_text("VAE, latent 8, depth 2")
    expect(detail.locator(".sample img")).to_have_count(6)
    expect(detail.locator(".place")).to_have_text("8 of 12")
    assert detail.locator(".sample img").first.evaluate("image => image.naturalWidth") == 12 * 30 - 2
    page.keyboard.press("j")
    expect(detail.locator("h3")).to_have_text("BetaVAE β=2, latent 2, depth 1")
    page.keyboard.press("k")
    detail.get_by_role("button", name="Previous cell").click()
    expect(detail.locator("h3")).to_have_text("VAE, latent 8, depth 1")
    page.go_back()
    expect(detail).to_be_hidden()
    page.go_forward()
    expect(detail).to_be_visible()
    detail.get_by_role("button", name="Close").click()
    expect(detail).to_be_hidden()
    expect(page.locator("#cells article")).to_have_count(0)  # made when they are wanted


def test_a_number_of_the_worst_images_opens_the_image(browser: Browser, tmp_path: Path) -> None:
    names = fake_workspace.make(tmp_path)
    fake_workspace.reconstructions(tmp_path, names)
    main(tmp_path)
    link = (tmp_path / "reports/gallery.html").as_uri()
    with opened(browser, f"{link}#cell={names[0]}") as page:
        worst = page.locator("#detail [data-kind=worst] figcaption")
        expect(worst).to_contain_text("the largest squared errors of 1 000 test images")
        expect(worst.get_by_role("link")).to_have_text(["897"])  # of 900 to 889, the page holds this one
        worst.get_by_role("link").click()
        expect(page.locator("#detail")).to_be_hidden()
        expect(page.locator("#image .chosen-image")).to_contain_text("No. 897, class 7")
        expect(page.locator("#image [data-by=of]")).to_have_value(names[0])
        page.locator("#wall").get_by_role("button", name="Worst").click()
        page.locator("#wall-worst .tile").nth(1).get_by_role("link", name="through all cells").click()
        expect(page.locator("#image .chosen-image")).to_contain_text("(1 of 40, ordered by the error of")
        expect(page.locator("#image [data-by=of]")).to_have_value(names[1])


def test_a_sample_enlarged(page: Page) -> None:
    page.get_by_role("button", name="Prior samples").click()
    page.locator(f"#wall-prior .tile[data-cell={VAE}] a").click()
    lightbox = page.locator("#lightbox")
    image = lightbox.locator("img")
    width, scale = image.evaluate("i => [i.getBoundingClientRect().width, i.naturalWidth]")
    assert width / scale >= 2 and (width / scale).is_integer()
    before = image.get_attribute("src")
    page.keyboard.press("j")
    assert image.get_attribute("src") != before
    lightbox.get_by_role("link", name="All about this cell").click()
    expect(lightbox).to_be_hidden()
    expect(page.locator("#detail h3")).to_have_text("BetaVAE β=2, latent 2, depth 1")


def test_comparing_cells(page: Page) -> None:
    tray = page.locator("#tray")
    expect(tray).to_be_hidden()
    for name in (VAE, "BetaVAE_latent8_depth2_ReLU"):
        page.locator(f"tr[data-cell={name}]").get_by_role("checkbox").check()
    tray.get_by_role("button", name="Compare").click()
    expect(tray).to_be_hidden()
    compare = page.locator("#compare")
    expect(compare.locator("h3").first).to_have_text("VAE, latent 8, depth 2 → BetaVAE β=2, latent 8, depth 2")
    expect(compare.locator("h3").first).to_be_in_viewport()
    expect(compare.locator(".reconstructions figure.side")).to_have_count(2)
    compare.get_by_role("button", name="Difference").click()
    expect(compare.locator("canvas")).to_have_count(1)
    assert compare.locator("canvas").evaluate(ANY_LIGHT)
    assert f"compare={VAE}" in page.url
    compare.get_by_label("Third cell").select_option("AE_latent8_depth2_ReLU")
    expect(compare.locator("canvas")).to_have_count(2)
    expect(compare.locator(".comparison")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_the_systems_until_chosen(browser: Browser, address: str, scheme: str) -> None:
    other = "dark" if scheme == "light" else "light"
    with opened(browser, address, color_scheme=scheme) as page:
        paper = "getComputedStyle(document.body).backgroundColor"
        own = page.evaluate(paper)
        page.locator("#theme").select_option(other)
        assert page.evaluate(paper) != own
        page.reload()
        expect(page.locator("#theme")).to_have_value(other)
        page.locator("#theme").select_option("system")
        assert page.evaluate(paper) == own


def test_the_keyboard_alone(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.get_by_placeholder("Find a cell")).to_be_focused()
    page.keyboard.type("jk?")
    expect(page.get_by_placeholder("Find a cell")).to_have_value("jk?")
    page.get_by_placeholder("Find a cell").fill("")
    page.locator("#plane a.point").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#glossary")).to_be_focused()


def test_downloads(page: Page) -> None:
    page.get_by_label("AE", exact=True).check()
    with page.expect_download() as csv:
        page.get_by_role("button", name="CSV").click()
    lines = Path(csv.value.path()).read_text().splitlines()
    assert len(lines) == 6 and lines[0].startswith("Model,Latent,Depth,")  # the last is of real images
    assert "± MSE" in lines[0] and "ELBO" not in lines[0]
    with page.expect_download() as file:
        page.get_by_role("button", name="JSON").click()
    found = json.loads(Path(file.value.path()).read_text())
    assert [cell["axes"]["model"] for cell in found["cells"]] == ["AE"] * 4


MARKED = """([root, wanted]) => [...document.querySelectorAll(`${root} :is(.scroll, .frame)`)]
    .filter((box) => box.checkVisibility())
    .map((box) => [wanted && box.scrollWidth > box.clientWidth, getComputedStyle(box, '::after').opacity === '1'])
    .every(([cut, marked]) => cut === marked)"""


def test_what_goes_on_sideways_has_an_arrow_there_until_its_end_is_reached(browser: Browser, address: str) -> None:
    for state, root in (("", "#table"), (f"cell={VAE}", "#detail"), (f"zoom=prior:{VAE}", "#lightbox")):
        with opened(browser, f"{address}#{state}", (390, 844)) as page:
            boxes = page.locator(f"{root} :is(.scroll, .frame)")
            boxes.first.scroll_into_view_if_needed()
            assert boxes.first.evaluate("(box) => box.scrollWidth > box.clientWidth")
            page.wait_for_function(MARKED, arg=[root, True])
            boxes.evaluate_all("(all) => all.forEach((box) => (box.scrollLeft = 1e6))")
            page.wait_for_function(MARKED, arg=[root, False])


@pytest.mark.parametrize("open_cell", [False, True])
def test_a_narrow_screen_scrolls_one_way(browser: Browser, address: str, open_cell: bool) -> None:
    with opened(browser, f"{address}#cell={VAE}" if open_cell else address, NARROW) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
        for body in page.locator(".dialog-body:visible").all():
            assert body.evaluate("item => item.scrollWidth <= item.clientWidth")


def test_without_scripts_everything_is_there(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#cell={VAE}", java_script_enabled=False) as page:
        expect(page.locator("#cells article:visible")).to_have_count(1)  # the linked one; the others are folded
        expect(page.locator("#cells > noscript > details:visible")).to_have_count(12)
        expect(page.locator("#wall .kind:visible")).to_have_count(6)
        expect(page.locator(".needs-js:visible")).to_have_count(0)
        expect(page.locator("#cells article h3", has_text="VAE, latent 8, depth 2").first).to_be_visible()


def test_on_paper_is_everything_that_is_chosen(page: Page) -> None:
    page.get_by_role("button", name="Print…").click()
    for box in page.locator("#paper input").all():
        box.check()
    page.locator("#paper").get_by_role("button", name="Close").click()
    page.emulate_media(media="print")
    expect(page.locator("#cells article:visible")).to_have_count(12)
    expect(page.locator("#wall .kind:visible")).to_have_count(6)
    expect(page.locator("#filters")).to_be_hidden()


def test_hostile_names_do_nothing(browser: Browser, tmp_path: Path) -> None:
    model = "<img src=x onerror=alert(1)>\"'&\u202e+%41"
    link = gallery(tmp_path, [Plan(model, 1.0, 2, 1), Plan("VAE", 1.0, 8, 1)], HOSTILE)
    with opened(browser, link) as page:
        page.locator("#cells-table tbody a").first.click()
        expect(page.locator("#detail .cell-name")).to_have_text(f"{model}_latent2_depth1_ReLU")
        page.reload()
        expect(page.locator("#detail .cell-name")).to_have_text(f"{model}_latent2_depth1_ReLU")
        page.keyboard.press("Escape")
        page.get_by_role("group", name="Model").get_by_label("—", exact=True).check()  # the name has no axes
        expect(page.locator("#count")).to_have_text("1 of 2 cells")
        assert page.locator("img[onerror]").count() == 0


def test_a_workspace_with_nothing_in_it_still_opens(browser: Browser, tmp_path: Path) -> None:
    link = gallery(tmp_path, [])
    with opened(browser, link) as page:
        expect(page.locator("#answer .lead")).to_contain_text("0 models in 0 cells")
    shutil.rmtree(tmp_path)
    gallery(tmp_path)
    for folder in ("metrics", "samples", "logs"):
        shutil.rmtree(tmp_path / folder)
    main(tmp_path)
    with opened(browser, link) as page:
        page.locator("#cells-table tbody a").first.click()
        expect(page.locator("#detail")).to_contain_text("This cell is incomplete")


COMPARED = f"compare=AE_latent8_depth2_ReLU&compare={VAE}"
STATES = ["", f"cell={VAE}", f"{COMPARED}&way=side", f"{COMPARED}&way=slider", f"zoom=prior:{VAE}"]
STATES += ["x=mse&y=rate", "rows=model&columns=latent_dim"]
ONE, TWO = "VAE_latent8_depth1_ReLU", "IWAE_latent8_depth1_ReLU"
PARTS = {
    "": "body",
    "x=mse&y=rate&rows=model&columns=run": "main",
    f"cell={ONE}": "#detail",
    f"compare={ONE}&compare={TWO}&way=slider": "#compare",
    f"zoom=prior:{ONE}": "#lightbox",
}
"""States of the page that axe looks at, and the part that each is about."""


def violations(page: Page, scheme: str, *parts: str) -> str:
    """What axe finds in parts of a page; in a dark one, of colours alone: all else is as it is in a light one."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if scheme == "dark":
        options["runOnly"] = ["color-contrast"]
    elif "#detail" in parts:  # links to states that lie below the fold of a dialog are taken for skip links
        options["rules"] = {"skip-link": {"enabled": False}}
    found = Axe().run(page, {"include": [[part] for part in parts]}, options)
    return found.generate_report() if found.violations_count else ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Browser, repeated: str, scheme: str) -> None:
    for state, part in PARTS.items():
        with opened(browser, f"{repeated}#{state}", color_scheme=scheme, reduced_motion="reduce") as page:
            if part == "body":
                page.get_by_role("button", name="Single runs of VAE").click()
            page.wait_for_timeout(100)
            assert not violations(page, scheme, part), state


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_beside_failures_and_experiments(browser: Browser, tmp_path: Path, scheme: str) -> None:
    fake_workspace.make(tmp_path)
    log = tmp_path / f"logs/cells/{VAE}.json"
    fake_workspace.write(log, json.loads(log.read_text()) | {"status": "failed", "reason": "the loss is NaN"})
    (tmp_path / "metrics/AE_latent2_depth1_ReLU.json").unlink()
    main(tmp_path)
    page_of_experiments = tmp_path / "experiments.html"
    shown = test_experiments.read([*test_experiments.answer(), test_experiments.versions()[1]])  # with pictures
    page_of_experiments.write_text(test_experiments.html(shown), encoding="utf-8")
    link = (tmp_path / "reports/gallery.html").as_uri()
    parts = {link: "#answer", f"{link}#cell={VAE}": "#detail", page_of_experiments.as_uri(): "body"}
    for address, part in parts.items():
        with opened(browser, address, color_scheme=scheme, reduced_motion="reduce") as page:
            assert not violations(page, scheme, part), part


def test_single_runs_unfold_and_the_mean_is_what_is_sorted(browser: Browser, repeated: str) -> None:
    with opened(browser, repeated) as page:
        runs = page.locator("#cells-table tr.run:visible")
        expect(runs).to_have_count(0)
        page.get_by_role("button", name="Single runs of IWAE").click()
        expect(runs).to_have_count(3)
        page.locator("th[data-key=mse]").get_by_role("button").click()
        means = page.locator("#cells-table tr.mean")
        values = [float(value) for value in column(page, "mse")]
        assert means.count() == 2 and len(values) == 5
        page.get_by_label("2", exact=True).check()  # the second run
        expect(page.locator("#count")).to_have_text("2 of 6 cells")
        expect(runs).to_have_count(1)


def test_the_plane_takes_any_two_metrics(page: Page) -> None:
    point = page.locator(f"#plane a.point[data-cell={VAE}]")
    place = point.get_attribute("transform")
    page.get_by_label("Horizontal axis").select_option("mse")
    page.get_by_label("Vertical axis").select_option("elbo")
    assert "x=mse" in page.url and "y=elbo" in page.url
    assert point.get_attribute("transform") != place
    expect(page.locator("#plane .diagonals")).to_be_hidden()
    expect(page.locator("#plane a.point:visible")).to_have_count(8)  # an autoencoder has no ELBO
    expect(page.locator("#plane-axes .count")).to_contain_text("4 of 12 cells")
    expect(page.locator("#plane h2")).to_have_text("ELBO against MSE")
    expect(page.locator("#plane .how")).not_to_contain_text("diagonal")
    heads = page.locator("#plane-numbers th[scope=col]").all_text_contents()
    assert heads[1].startswith("MSE") and heads[2].startswith("ELBO")
    better = """([...document.querySelectorAll('#plane a.point:not([hidden])')].map((link) => [
        modules['frame/state.js'].cellOf(link.dataset.cell).metrics.elbo, link.getBoundingClientRect().top]))"""
    ordered = sorted(page.evaluate(better))
    assert [top for _, top in ordered] == sorted((top for _, top in ordered), reverse=True)
    page.get_by_label("Horizontal axis").select_option("rate")
    page.get_by_label("Vertical axis").select_option("distortion")
    assert point.get_attribute("transform") == place and "x=" not in page.url


def test_the_wall_by_two_axes(page: Page) -> None:
    page.get_by_label("Rows").select_option("model")
    page.get_by_label("Columns").select_option("depth")
    grid = page.locator("#wall-reconstruction table.by-axes")
    expect(grid.locator("th[scope=row]")).to_have_text(["AE", "VAE", "BetaVAE"])
    expect(grid.locator("th[scope=col]")).to_have_text(["Depth 1", "Depth 2"])
    expect(grid.locator(".tile")).to_have_count(12)
    for row in ("AE", "VAE", "BetaVAE"):
        cells = grid.locator("tr", has=page.get_by_role("rowheader", name=row, exact=True)).locator(".tile")
        assert all(name.startswith(f"{row}_") for name in cells.evaluate_all("all => all.map((t) => t.dataset.cell)"))
    page.get_by_label("Rows").select_option("")
    page.get_by_label("Columns").select_option("")
    expect(page.locator("#wall-reconstruction .tiles > .tile")).to_have_count(12)


def test_the_slider_uncovers_the_second_cell(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#{COMPARED}&way=slider") as page:
        top = page.locator("#compare .stack img").nth(1)
        assert "50%" in top.evaluate("image => image.style.clipPath")
        page.locator("#compare .slider").press("End")
        assert "100%" in top.evaluate("image => image.style.clipPath")


def test_pointing_at_a_curve_names_its_cell(page: Page) -> None:
    page.get_by_label("VAE", exact=True).check()
    curve = page.locator(f"#curves a.series[data-cell={VAE}]").first
    curve.scroll_into_view_if_needed()
    expect(page.locator("#curves a.series:visible")).to_have_count(12)  # three terms of the four VAEs that are left
    curve.locator(".end").hover(force=True)
    expect(page.locator(".tip")).to_contain_text("depth 2")
    expect(curve).to_have_class(re.compile(r"\bpointed\b"))


def test_every_chart_has_its_table(page: Page) -> None:
    lone = """() => [...document.querySelectorAll('svg.chart')].filter((chart) => {
        const part = chart.closest('.charts, figure.memory, figure.plane');
        return !part?.nextElementSibling?.querySelector('table');
    }).map((chart) => chart.getAttribute('aria-label'))"""
    expect(page.locator("#curves svg.chart").first).to_be_attached()  # made when the page has been drawn
    assert page.evaluate(lone) == []


@pytest.mark.parametrize(
    ("state", "part", "count"),
    [
        (f"{COMPARED}&way=difference", "#compare canvas", 1),
        (f"{COMPARED}&compare=GONE&way=side", "#compare .reconstructions figure.side", 2),
        (f"{COMPARED}&way=flicker", "#compare button:text-is('Pause')", 1),
        (f"zoom=prior:{VAE}", "#lightbox img", 1),
        ("rows=model&columns=depth", "#wall table.by-axes th[scope=row]", 3),
        ("size=3", "#wall button[data-size='3'][aria-pressed=true]", 1),
        ("x=mse&y=elbo", "#plane a.point:visible", 8),
    ],
)
def test_a_link_restores_every_part(browser: Browser, address: str, state: str, part: str, count: int) -> None:
    with opened(browser, f"{address}#{state}") as page:
        expect(page.locator(part)).to_have_count(count)
        expect(page.locator(part).first).to_be_in_viewport()


def test_taking_turns_can_be_stopped_by_keys(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#{COMPARED}&way=flicker", reduced_motion="reduce") as page:
        compare = page.locator("#compare")
        caption = compare.locator(".reconstructions figcaption")
        expect(caption).to_have_text("AE, latent 8, depth 2")
        compare.get_by_role("button", name="Swap").press("Enter")
        expect(caption).to_have_text("VAE, latent 8, depth 2")
        compare.get_by_role("button", name="Play").press("Enter")
        expect(caption).to_have_text("AE, latent 8, depth 2")
        compare.get_by_role("button", name="Pause").press("Enter")
        rows = compare.locator("tbody tr:not(.group)").evaluate_all(
            "(all) => all.map((row) => [1, 3].map((place) => row.cells[place].textContent))"
        )
        assert rows
        assert not any(set(row) == {"—"} for row in rows)  # a metric that no cell has takes no room


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_wider_than_a_narrow_screen(browser: Browser, address: str, state: str) -> None:
    with opened(browser, f"{address}#{state}", NARROW) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


MARKS = """(selector) => [...document.querySelectorAll(selector)].map((element) => {
  const style = getComputedStyle(element);
  return [style.outlineStyle, style.textDecorationLine];
})"""


def test_in_high_contrast_what_is_chosen_or_best_keeps_a_mark(browser: Browser, address: str) -> None:
    """The system's colours take the place of every background, which elsewhere shows it."""
    with opened(browser, address, forced_colors="active") as page:
        page.locator(".chip").first.click()
        for chosen, other in (
            ('[aria-pressed="true"]', '[aria-pressed="false"]'),
            (".chip input:checked + span", ".chip input:not(:checked) + span"),
        ):
            assert {line for line, _ in page.evaluate(MARKS, chosen)} == {"solid"}
            assert "solid" not in {line for line, _ in page.evaluate(MARKS, other)}
        assert {line for _, line in page.evaluate(MARKS, "#cells-table td.now-best")} == {"underline"}
