"""Latent maps and explorer in a real browser: decoders agree with torch, and every way to move a point works.

As in test_browser, any console message, error or further request fails a test.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib import colormaps
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from safetensors.numpy import load_file
from safetensors.torch import load

from stages.report import main
from tests import explorable
from tests.explorable import CLASSED, CODED, DEEP, HEAVY, PLANE, Model
from tests.test_browser import NARROW, browser, opened, violations
from vaeplay.data.prepared import as_float
from vaeplay.evaluation import export, field
from vaeplay.evaluation.metrics import exact, holes

__all__ = ["browser"]
SOME = [PLANE, DEEP, HEAVY, CODED, CLASSED, Model("AE", None, 2, 1), Model("AE", None, 3, 1)]
LEVELS = """(canvas) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return [...copy.getImageData(0, 0, canvas.width, canvas.height).data];
}"""
SPOT = """async (name) => {
    const canvas = document.querySelector(`figure.map[data-cell=${name}] canvas`);
    const { points } = (await modules['explorer/engine.js'].load(name)).tensors;
    const { normal } = modules['explorer/latent.js'];
    const shares = [normal(points[0]), 1 - normal(points[1])];
    return shares.map((share) => share * canvas.clientWidth);
}"""
PLACE = "modules['explorer/place.js'].explorer.sides[0].place"
FIELD = """async ([cell, scale]) => {
    const canvas = modules['explorer/field.js'].fieldOf(await modules['explorer/engine.js'].load(cell), scale);
    return [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data];
}"""
DECODE = """async ([cell, codes, count]) => {
    const found = await modules['explorer/engine.js'].load(cell);
    return [...(await found.decode(Float32Array.from(codes), count))];
}"""


def made(root: Path, plans: list[Model], **settings: Any) -> str:
    """The address of a page with explorable cells."""
    explorable.make(root, plans, **settings)
    main(root)
    return (root / "reports/gallery.html").as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made(tmp_path_factory.mktemp("explorer"), SOME)


def levels(canvas: Locator) -> list[int]:
    return list(canvas.evaluate(LEVELS))


def picture(page: Page, side: int = 0) -> Locator:
    return page.locator("canvas.picture").nth(side)


def pad(page: Page, side: int = 0) -> Locator:
    return page.locator("canvas.pad").nth(side)


def explored(page: Page, *cells: Model) -> None:
    """Wait until the explorer shows these cells."""
    names = [cell.name for cell in cells]
    page.wait_for_function(
        """(names) => names.every((name, n) => {
            const side = modules['explorer/place.js'].explorer.sides[n];
            return side.cell?.cell === name && side.painted > 0 && side.spot;
        })""",
        arg=names,
    )


def until_changed(canvas: Locator, before: list[int]) -> list[int]:
    """The pixels as soon as they differ."""
    for _ in range(100):
        if (after := levels(canvas)) != before:
            return after
        canvas.page.wait_for_timeout(20)
    raise AssertionError("the pixels stayed as they were")


def shown_and_linked(page: Page, cell: Model, before: list[int]) -> tuple[list[int], list[int]]:
    """The new pixels of a code that was changed, and those that its link brings back."""
    until_changed(picture(page), before)
    page.wait_for_function("() => location.hash.includes('code=')")
    shown = levels(picture(page))
    page.reload()
    explored(page, cell)
    return shown, levels(picture(page))


def drag(page: Page, canvas: Locator, across: float, down: float) -> None:
    """Press in the middle and move by shares of the size."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across * box["width"], y + down * box["height"], steps=6)
    page.mouse.up()


def spot(page: Page, index: int) -> tuple[float, float]:
    """Where in the window the point of an image is, on the first pad."""
    pad(page).scroll_into_view_if_needed()
    x, y = page.evaluate("(index) => modules['explorer/place.js'].explorer.sides[0].spot(index)", index)
    box = pad(page).bounding_box()
    assert box
    return box["x"] + x, box["y"] + y


def test_every_decoder_agrees_with_torch_within_a_grey_level(browser: Browser, shared: Path) -> None:
    root = explorable.page_of_all(shared)
    with opened(browser, (root / "reports/gallery.html").as_uri()) as page:
        for plan in explorable.ALL:
            file = load_file(root / f"evaluation/{plan.name}/explorer.safetensors")
            codes, expected = file["probe"], file["probe_images"].astype(float)
            assert len(codes) == 64 and expected.std() > 2, plan
            found = page.evaluate(DECODE, [plan.name, codes.ravel().tolist(), len(codes)])
            assert np.abs(np.round(found).reshape(expected.shape) - expected).max() <= 1, plan
            one = page.evaluate(DECODE, [plan.name, codes[7].tolist(), 1])
            assert np.abs(np.round(one).reshape(expected[7].shape) - expected[7]).max() <= 1, plan


def test_a_drag_changes_the_pixels_and_the_address(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={PLANE.name}") as page:
        explored(page, PLANE)
        before = levels(picture(page))
        drag(page, pad(page), 0.3, -0.2)
        until_changed(picture(page), before)
        page.wait_for_function("() => location.hash.includes('at=')")
        a, b = page.evaluate("modules['explorer/place.js'].explorer.state.at")
        words = f"At {a:.2f}, {b:.2f}".replace("-", "−")
        assert a > 0.5 and b > 0.3
        expect(page.locator("#explorer .place")).to_have_text(words)


def test_two_cells_follow_one_point(browser: Browser, address: str) -> None:
    other = Model("AE", None, 2, 1)
    with opened(browser, f"{address}#explore={PLANE.name}&explore={other.name}") as page:
        explored(page, PLANE, other)
        before = [levels(picture(page, side)) for side in (0, 1)]
        assert before[0] != before[1]
        drag(page, pad(page, 1), -0.25, 0.2)
        for side in (0, 1):
            until_changed(picture(page, side), before[side])
        first, second = page.evaluate("modules['explorer/place.js'].explorer.sides.map((side) => side.place)")
        assert first == second


def test_arrow_keys_move_the_point(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={DEEP.name}") as page:
        explored(page, DEEP)
        before = levels(picture(page))
        pad(page).focus()
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("ArrowUp")
        until_changed(picture(page), before)
        expect(page.locator("#explorer .place")).to_have_text("At 0.50, 0.10")


def test_a_press_on_a_point_goes_to_its_images_code(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={DEEP.name}") as page:
        explored(page, DEEP)
        page.mouse.move(*spot(page, 4))
        expect(page.locator("#peek")).to_be_visible()
        page.mouse.click(*spot(page, 4))
        expect(page.locator("#explorer .place")).to_contain_text("Reconstruction of test image")
        expect(page.locator("canvas.original")).to_be_visible()
        page.wait_for_function("() => location.hash.includes('image=')")


def test_an_image_is_chosen_by_its_number(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={DEEP.name}&image=7") as page:
        explored(page, DEEP)
        number, line = page.locator("#explorer").get_by_label("Test image no."), page.locator("#explorer .not-here")
        expect(line).to_have_text("No. 7 is not among the 30 test images here; the nearest are 6 and 8.")
        expect(number).to_have_value("7")
        number.fill("8")
        number.press("Enter")
        expect(page.locator("#explorer .place")).to_contain_text("Reconstruction of test image 8,")
        expect(line).to_be_empty()
        number.fill("500")
        number.press("Enter")
        expect(line).to_have_text("No. 500 is not among the 30 test images here; the nearest is 58.")
        expect(page.locator("#explorer .place")).to_contain_text("Reconstruction of test image 8,")
        page.get_by_role("button", name="Random test image").click()
        page.get_by_role("button", name="Centre").click()
        expect(number).to_have_value("")
        expect(line).to_be_empty()


def test_a_link_with_an_entry_of_two_sections_leads_to_the_one_that_shows_all_of_it(
    browser: Browser, address: str
) -> None:
    with opened(browser, address) as page:
        page.evaluate("""() => {
            modules['frame/state.js'].shows(document.querySelector('#curves'), 'of', 'image'); // as one image's does
            document.body.insertAdjacentHTML('afterbegin', '<a href="#image=6&of=all">one</a>');
        }""")
        page.get_by_role("link", name="one", exact=True).click()
        expect(page.locator("#curves h2")).to_be_in_viewport()


@pytest.mark.parametrize("cell", [DEEP, CODED])
def test_a_link_restores_place_and_cells(browser: Browser, address: str, cell: Model) -> None:
    with opened(browser, f"{address}#explore={cell.name}&explore={PLANE.name}&image=6&at=1.5,-0.5") as page:
        explored(page, cell, PLANE)
        before = [levels(picture(page, side)) for side in (0, 1)]
        expect(page.locator("#explorer .place")).to_have_text("At 1.50, −0.50")
        page.reload()
        explored(page, cell, PLANE)
        assert [levels(picture(page, side)) for side in (0, 1)] == before
        expect(page.locator("select[data-side='1']")).to_have_value(PLANE.name)


def test_a_walk_between_two_images(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={DEEP.name}&walk=0,2,0") as page:
        explored(page, DEEP)
        before = levels(picture(page))
        page.locator(".walk input").fill("0.5")
        until_changed(picture(page), before)
        expect(page.locator("#explorer .place")).to_have_text("50 % of the way between two test images")
        page.wait_for_function("() => location.hash.includes('walk=0%2C2%2C0.5')")
        page.get_by_role("button", name="To test image").click()
        expect(page.locator(".walk .hint")).to_be_visible()
        page.mouse.click(*spot(page, 5))
        expect(page.get_by_role("button", name="To test image 10")).to_be_visible()
        page.wait_for_function("() => location.hash.includes('walk=0%2C10%2C1')")
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("() => modules['explorer/place.js'].explorer.state.base.t < 0.9")
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("button", name="Another pair").click()
        expect(page.locator("#explorer .place")).to_have_text("0 % of the way between two test images")
        page.get_by_role("button", name="Centre").click()
        page.wait_for_function("() => location.hash.includes('ends=')")
        pair = page.locator(".walk .end span").all_inner_texts()
        page.reload()
        explored(page, DEEP)
        expect(page.locator(".walk .end span")).to_have_text(pair)


def test_whatever_else_is_done_ends_a_walk(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={DEEP.name}&walk=0,2,0") as page:
        explored(page, DEEP)
        ways = {
            "pad": lambda: pad(page).press("ArrowRight"),
            "key": lambda: page.get_by_role("button", name="Random test image").press("Enter"),
            "map": lambda: page.evaluate(
                "(cell) => modules['explorer/place.js'].explore({ cell, image: 3 })", DEEP.name
            ),
        }
        for act in ways.values():
            page.get_by_role("button", name="Play").click()
            page.wait_for_function("() => modules['explorer/place.js'].explorer.state.base?.t > 0.05")
            act()
            expect(page.locator("[data-play]")).to_have_text("Play")
            expect(page.locator("#explorer .place")).not_to_contain_text("of the way")
            page.wait_for_timeout(300)  # the address follows a moment later
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("() => modules['explorer/place.js'].explorer.state.base?.kind === 'walk'")
        page.go_back()
        expect(page.locator("#explorer .place")).not_to_contain_text("of the way")


def test_with_reduced_motion_a_walk_goes_in_steps(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={DEEP.name}&walk=0,2,0", reduced_motion="reduce") as page:
        explored(page, DEEP)
        page.get_by_role("button", name="Play").click()
        expect(page.locator("#explorer .place")).to_contain_text("25 %")
        page.wait_for_timeout(100)
        expect(page.locator("#explorer .place")).to_contain_text("25 %")


def test_a_heavy_decoder_runs_in_a_worker(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={HEAVY.name}") as page:
        explored(page, HEAVY)
        assert page.evaluate("modules['explorer/worker.js'].isHired()")
        before = levels(picture(page))
        drag(page, pad(page), -0.3, -0.2)
        until_changed(picture(page), before)


def test_without_workers_the_page_decodes_by_itself(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.evaluate("() => { window.Worker = class { constructor() { throw new Error('none'); } }; }")
        page.evaluate("(cell) => modules['frame/state.js'].setState({ explore: cell })", HEAVY.name)
        explored(page, HEAVY)
        assert not page.evaluate("modules['explorer/worker.js'].isHired()")


def test_a_worker_that_may_not_start_leaves_the_page_to_decode(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.evaluate("""() => { window.Worker = class {
            constructor() { setTimeout(() => this.onerror(new Event('error')), 50); }
            postMessage() {}
        }; }""")
        page.evaluate("(cell) => modules['frame/state.js'].setState({ explore: cell })", HEAVY.name)
        explored(page, HEAVY)
        assert not page.evaluate("modules['explorer/worker.js'].isHired()")


def test_a_dimension_alone(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={DEEP.name}&image=6") as page:
        explored(page, DEEP)
        expect(page.locator(".sliders input")).to_have_count(3)
        before = levels(picture(page))
        page.locator(".sliders input").first.focus()
        page.keyboard.press("End")
        shown, linked = shown_and_linked(page, DEEP, before)
        assert np.abs(np.array(linked) - shown).max() <= 2  # the link rounds the code


@torch.no_grad()
def test_a_class_keeps_the_place_within_its_prior(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={CLASSED.name}&image=4") as page:
        explored(page, CLASSED)
        radios = page.get_by_role("radiogroup", name="Class").get_by_role("radio")
        expect(radios).to_have_count(3)
        expect(radios.nth(1)).to_be_checked()  # test image 4, of class 1
        before = levels(picture(page))
        page.locator(".class-choice label").nth(2).click()
        shown = until_changed(picture(page), before)
        code = page.evaluate("[...modules['explorer/place.js'].explorer.sides[0].code]")
        page.wait_for_function("() => location.hash.includes('class=2')")
        page.reload()
        explored(page, CLASSED)
        expect(radios.nth(2)).to_be_checked()
        radios.nth(2).focus()
        page.keyboard.press("ArrowLeft")
        expect(radios.nth(1)).to_be_checked()
        page.wait_for_timeout(300)  # the address follows a moment later
        back = page.evaluate("[...modules['explorer/place.js'].explorer.sides[0].code]")
        thumbnails = [levels(canvas) for canvas in page.locator(".class-choice canvas").all()]
        page.evaluate("(cell) => modules['frame/state.js'].setState({ explore: cell })", PLANE.name)
        explored(page, PLANE)
        expect(page.locator(".class-dial")).to_be_hidden()
    subject = CLASSED.subject()
    own = subject.codes[4]
    priors = subject.model.class_priors()
    assert priors is not None
    mean, deviation = priors
    expected = mean[2] + (own - mean[1]) / deviation[1] * deviation[2]
    np.testing.assert_allclose(code, expected, atol=5e-3)
    np.testing.assert_allclose(back, own, atol=5e-3)
    image = subject.model.decode(expected[None])[0, 0] * 255
    assert np.abs(np.array(shown).reshape(12, 12, 4)[..., 0] - image.numpy()).max() <= 2
    assert np.abs(np.array(thumbnails[2]) - shown).max() <= 1
    assert np.abs(np.array(thumbnails[1]) - before).max() <= 1


def test_codes_are_changed_by_hand(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={CODED.name}&image=6") as page:
        explored(page, CODED)
        expect(page.locator(".code-map button")).to_have_count(36)
        before = levels(picture(page))
        page.locator(".palette button").last.click()
        page.locator(".code-map button").nth(14).click()
        shown, linked = shown_and_linked(page, CODED, before)
        assert linked == shown
        number = page.evaluate("Number(modules['frame/state.js'].getState('code').split(',')[14])")
        own = page.evaluate(
            "(rank) => modules['explorer/place.js'].explorer.sides[0].cell.tensors.entries[rank]", number
        )
        expect(page.locator(".code-map button").nth(14)).to_have_accessible_name(f"Row 3, column 3: entry {own}")


def test_codes_are_drawn_over_by_a_pointer(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={CODED.name}&image=6") as page:
        explored(page, CODED)
        page.locator(".palette button").nth(2).click()
        tiles = page.locator(".code-map button")
        tiles.nth(7).hover()
        page.mouse.down()
        tiles.nth(8).hover()
        tiles.nth(9).hover()
        page.mouse.up()
        page.wait_for_function("() => location.hash.includes('code=')")
        assert page.evaluate("modules['frame/state.js'].getState('code').split(',').slice(7, 10)") == ["2", "2", "2"]


def test_a_sample_from_the_prior_lands_elsewhere(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={DEEP.name}&draw=1") as page:
        explored(page, DEEP)
        expect(page.locator("#explorer .place")).to_contain_text("Sample 2 from")
        places = [page.evaluate(PLACE)]
        for _ in range(6):
            page.get_by_role("button", name="Sample from the prior").click()
            page.wait_for_function(f"(last) => String({PLACE}) !== String(last)", arg=places[-1])
            places.append(page.evaluate(PLACE))
        assert np.linalg.norm(np.diff(places, axis=0), axis=1).min() >= 1


def test_another_cell_has_its_own_scale_and_points(browser: Browser, address: str) -> None:
    other = Model("AE", None, 2, 1)
    drawn = "modules['explorer/place.js'].explorer.sides.map(({ scale, ground }) => [scale, ground?.wanted])"
    with opened(browser, f"{address}#explore={PLANE.name}") as page:
        explored(page, PLANE)
        page.evaluate(
            """(name) => {
            const side = modules['explorer/place.js'].explorer.sides[0];
            modules['frame/state.js'].setState({ explore: name });
            modules['explorer/place.js'].explorer.redraw(); // while the other is still on its way
        }""",
            other.name,
        )
        explored(page, other)
        page.wait_for_function(
            "(name) => modules['explorer/place.js'].explorer.sides[0].ground.wanted.startsWith(name)", arg=other.name
        )
        after = page.evaluate(drawn)
        strip = levels(page.locator(".strip canvas").first)
        page.reload()
        explored(page, other)
        until_changed(page.locator(".strip canvas").first, [])
        assert page.evaluate(drawn)[0] == after[0]
        assert levels(page.locator(".strip canvas").first) == strip


def test_a_cell_that_goes_while_its_picture_is_made(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={PLANE.name}&explore={HEAVY.name}") as page:
        explored(page, PLANE, HEAVY)
        page.evaluate("""() => {
            for (const at of [[0, 1], [1, 1]]) modules['explorer/place.js'].explorer.change({ at });
            requestAnimationFrame(() => {
                modules['explorer/place.js'].explorer.change({ at: [1, 0] });
                requestAnimationFrame(() => {
                    modules['explorer/place.js'].explorer.write();
                    const { getStates, setState } = modules['frame/state.js'];
                    setState({ explore: getStates('explore').slice(0, 1) });
                });
            });
        }""")
        expect(page.locator("#explorer figure.side:visible")).to_have_count(1)
        page.wait_for_timeout(200)


@pytest.mark.parametrize("cell", [PLANE, Model("AE", None, 2, 1)])
def test_the_field_of_holes_has_one_scale_for_all_cells(browser: Browser, address: str, cell: Model) -> None:
    scale, side = 4.0, 240
    with opened(browser, f"{address}#explore={cell.name}") as page:
        explored(page, cell)
        found = np.array(page.evaluate(FIELD, [cell.name, scale])).reshape(side, side, 4)
        page.get_by_role("checkbox", name="Holes").uncheck()
        page.wait_for_function("() => location.hash.includes('layers=none')")
        expect(page.locator("#explorer .scale")).to_be_hidden()
    subject = cell.subject()
    plane = load(export.export(subject))
    shares = ((2 * (np.arange(side) + 0.5) / side - 1) * scale).astype(np.float32)
    down, across = np.meshgrid(-shares, shares, indexing="ij")
    places = torch.from_numpy(np.stack([across, down], -1).reshape(-1, 2))
    radii = holes.CodeSupport(subject.trained_on[0]).distances(plane["origin"] + places @ plane["axes"])
    share = (radii.log() / np.log(field.FARTHEST)).numpy().reshape(side, side)
    assert ((found[..., 3] > 0) == (share > 0)).mean() > 0.97
    colours = colormaps["cividis"](share.clip(0, 1))[..., :3] * 255
    apart = np.abs(found[..., :3] - colours)[share > 0.05].max(-1)
    assert np.quantile(apart, 0.9) < 12  # the grid of the field is coarser than the picture


@torch.no_grad()
def test_the_exact_posterior_agrees_with_the_evaluation(browser: Browser, address: str) -> None:
    row = 6
    with opened(browser, f"{address}#explore={PLANE.name}&image={row}&layers=exact") as page:
        explored(page, PLANE)
        expect(page.locator(".posterior dl")).to_be_visible()
        texts = [page.locator(f".posterior [data-value={name}]").inner_text() for name in ("evidence", "elbo", "gap")]
        expect(page.locator("#explorer .outcome")).to_have_text(f"log p(x) = {texts[0]}, ELBO {texts[1]}")
        evidence, elbo, gap = (float(text.removesuffix(" nats").replace("−", "-")) for text in texts)
        page.get_by_role("button", name="Centre").click()
        expect(page.locator(".posterior [role=status]")).to_contain_text("Click the point")
        expect(page.locator("#explorer .outcome")).to_have_text("click the point of a test image")
    subject = PLANE.subject()
    x = as_float(subject.seen[row : row + 1])
    found = exact.by_quadrature(subject.model, x, 8.0, 512)
    posterior = subject.model.posterior(x)
    assert found is not None and posterior is not None
    assert evidence == pytest.approx(float(found[0]), abs=0.1)
    mean, logvar = posterior
    steps = torch.linspace(-6, 6, 61)
    t = torch.cartesian_prod(steps, steps)
    z = mean + t * (0.5 * logvar).exp()
    weights = (-t.square().sum(1) / 2).softmax(0)
    distortion = subject.model.distortion(x.expand(len(z), -1, -1, -1), z)
    rate = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum()
    assert elbo == pytest.approx(float(-(weights * distortion).sum() - rate), abs=0.1)
    assert gap == pytest.approx(evidence - elbo, abs=0.011) and gap >= 0


def test_a_cell_without_an_exact_posterior_says_why(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={DEEP.name}") as page:
        explored(page, DEEP)
        expect(page.get_by_role("checkbox", name="Exact posterior")).to_be_disabled()
        expect(page.locator("#explorer .outcome")).to_have_text("Exact posterior: needs a live VAE of two dimensions.")


def test_posteriors_are_drawn_as_ellipses(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={PLANE.name}", NARROW) as page:
        explored(page, PLANE)
        points = levels(pad(page))
        page.get_by_label("Posteriors as ellipses").check()
        until_changed(pad(page), points)
        page.wait_for_function("() => location.hash.includes('layers=holes%2Cellipses')")


def test_vector_arithmetic(browser: Browser, address: str) -> None:
    row, to, source = 6, 2, 1
    with opened(browser, f"{address}#explore={DEEP.name}&image={row}") as page:
        explored(page, DEEP)
        panel = page.locator(".panel.shift")
        panel.locator("summary").click()
        panel.get_by_label("Towards").select_option(str(to))
        panel.get_by_label("away from").select_option(str(source))
        before = levels(picture(page))
        panel.locator("input").fill("1.5")
        until_changed(picture(page), before)
        page.wait_for_function(f"() => location.hash.includes('shift={row}%2C{to}%2C{source}%2C1.5')")
        code = page.evaluate("[...modules['explorer/place.js'].explorer.sides[0].code]")
        with page.expect_download() as download:
            panel.get_by_role("button", name="Save as PNG").click()
        assert download.value.suggested_filename == "arithmetic.png"
        strip = Image.open(download.value.path())
        shown = levels(picture(page))
        page.reload()
        explored(page, DEEP)
        assert levels(picture(page)) == shown
    assert strip.size == (3 * 11 * 12, 26 + 26 + 3 * 12)
    subject = DEEP.subject()
    codes, labels = subject.codes.numpy(), subject.test.labels.numpy()
    of = [codes[rows][labels[rows] == label].mean(0) for rows in [list(range(0, 60, 2))] for label in (to, source)]
    np.testing.assert_allclose(code, codes[row] + 1.5 * (of[0] - of[1]), atol=5e-3)


def test_a_copied_link_opens_at_the_explorer_whatever_was_changed_before(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={PLANE.name}&image=6&kind=prior") as page:
        page.locator("#explorer").scroll_into_view_if_needed()
        explored(page, PLANE)
        page.locator("#explorer").get_by_role("button", name="Copy link").click()
        expect(page.locator("#explorer .copied")).to_have_text(re.compile("Link copied|address bar"))
        link = page.url
    assert "kind=prior" in link
    with opened(browser, link) as page:
        explored(page, PLANE)
        expect(page.locator("#explorer h2")).to_be_in_viewport()


def test_random_draws_differ(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={CODED.name}") as page:
        explored(page, CODED)
        before = levels(picture(page))
        for _ in range(2):
            page.get_by_role("button", name="Sample from the prior").click()
            before = until_changed(picture(page), before)
        expect(page.locator("#explorer .place")).to_contain_text("Sample 2 from an autoregressive model")


def test_pointing_at_a_map_shows_the_image_and_pressing_starts_the_explorer(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        canvas = page.locator(f"figure.map[data-cell={DEEP.name}] canvas")
        canvas.scroll_into_view_if_needed()
        expect(canvas).to_have_attribute("data-drawn", "pca")
        canvas.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        expect(page.locator("#peek")).to_be_visible()
        expect(page.locator("#peek")).to_contain_text("test image")
        page.keyboard.press("Enter")
        explored(page, DEEP)
        assert f"explore={DEEP.name}" in page.url and "image=" in page.url
        expect(pad(page)).to_be_focused()


def test_a_two_dimensional_latent_space_is_drawn_decoded(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.get_by_role("button", name="Latent space").click()
        expect(page.locator("figure.map:visible")).to_have_count(2)
        canvas = page.locator(f"figure.map[data-cell={PLANE.name}] canvas")
        canvas.scroll_into_view_if_needed()
        expect(canvas).to_have_attribute("data-drawn", "latent")
        before = levels(canvas)
        page.get_by_label("Show points over the decoded images").click()
        until_changed(canvas, before)
        page.get_by_role("button", name=f"Large map of {'VAE'}").first.click()
        expect(page.locator("figure.map.large")).to_have_count(1)
        x, y = page.evaluate(SPOT, PLANE.name)
        canvas.click(position={"x": x, "y": y})
        explored(page, PLANE)
        assert "image=" in page.url and "points=shown" in page.url
        page.go_back()
        page.get_by_label("Show points over the decoded images").click()
        canvas.click(position={"x": x, "y": y})  # where a point is that is not drawn
        page.wait_for_function("() => modules['frame/state.js'].getState('at')")
        assert "image=" not in page.url


def test_two_dimensional_codes_stand_beside_maps_as_themselves(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        figure = page.locator(f"figure.map[data-cell={PLANE.name}]")
        for method in ("PCA", "UMAP"):
            page.get_by_role("button", name=method, exact=True).click()
            figure.scroll_into_view_if_needed()
            expect(figure.locator("canvas")).to_have_attribute("data-drawn", method.lower())
            assert any(levels(figure.locator("canvas")))
        expect(figure).to_contain_text("the two latent dimensions themselves")
        expect(page.locator("figure.map:visible")).to_have_count(page.locator("figure.map").count())


def test_a_cell_beyond_the_budget_answers_from_its_atlas(browser: Browser, tmp_path: Path) -> None:
    link = made(tmp_path, [DEEP, PLANE], megabytes=0.3, cells=[PLANE.name])
    with opened(browser, f"{link}#explore={DEEP.name}&explore={PLANE.name}") as page:
        explored(page, DEEP, PLANE)
        expect(page.locator("#explorer figure.side figcaption").first).to_contain_text("atlas")
        expect(page.locator("#explorer figure.side figcaption").first).to_contain_text("12 × 12")
        expect(page.get_by_role("button", name="Sample from the prior")).to_be_disabled()
        before = levels(picture(page))
        drag(page, pad(page), 0.3, 0.3)
        until_changed(picture(page), before)


def test_without_maps_a_line_says_so(browser: Browser, tmp_path: Path) -> None:
    explorable.make(tmp_path, [DEEP, PLANE])
    for path in (tmp_path / "maps").iterdir():
        path.unlink()
    main(tmp_path)
    with opened(browser, (tmp_path / "reports/gallery.html").as_uri()) as page:
        expect(page.locator("#map")).to_contain_text("maps are missing")
        expect(page.locator("figure.map:visible")).to_have_count(1)


def test_on_a_narrow_screen_nothing_sticks_out(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#explore={CODED.name}&explore={DEEP.name}", NARROW) as page:
        explored(page, CODED, DEEP)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


def test_the_latent_space_of_a_cell_is_two_presses_away(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.locator("#cells-table tbody a").first.click()
        name = page.locator("#detail .cell-name").inner_text()
        page.get_by_role("button", name="Explore its latent space").click()
        expect(page.locator("#detail")).to_be_hidden()
        page.wait_for_function("(name) => modules['explorer/place.js'].explorer.sides[0].cell?.cell === name", arg=name)
        expect(picture(page)).to_be_in_viewport()


def test_a_codebook_with_a_tile_for_each_entry(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}#cell={CODED.name}") as page:
        chart = page.locator("#detail svg.chart.codebook")
        expect(chart.locator("g.entry")).to_have_count(64)
        assert chart.locator("g.unused").count() == chart.locator("path").count()
        expect(page.locator("#detail table", has_text="Share of places").locator("tbody tr")).to_have_count(64)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Browser, address: str, scheme: str) -> None:
    link = f"{address}#explore={CODED.name}&explore={DEEP.name}"
    with opened(browser, f"{address}#explore={CLASSED.name}", color_scheme=scheme) as page:
        explored(page, CLASSED)
        assert not violations(page, scheme, "#explorer")
    with opened(browser, link, color_scheme=scheme, reduced_motion="reduce") as page:
        explored(page, CODED, DEEP)
        page.locator("#map").scroll_into_view_if_needed()
        assert not violations(page, scheme, "#map", "#explorer")
        page.evaluate("(name) => modules['frame/state.js'].setState({ cell: name })", CODED.name)
        assert not violations(page, scheme, "#detail")
