"""Frames a second of explorer, film and dial, how far decoders are from torch, and how soon models follow a stroke.

Opens `reports/gallery.html` of the project in headless Chromium, drags in a circle for SECONDS in each live cell, draws
STROKES pieces of a line, plays the film and turns the β dial.

    uv run python benchmarks/explorer.py
"""

import shutil
import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright
from safetensors.numpy import load_file

SECONDS = 2
STROKES = 60
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SHOWN = """(name) => {
    const [side] = modules['explorer/place.js'].explorer.sides;
    return side.cell?.cell === name && side.painted > 0;
}"""
DRAG = """async (seconds) => {
    const pad = document.querySelector('canvas.pad');
    const box = pad.getBoundingClientRect();
    const send = (type, x, y) => pad.dispatchEvent(
        new PointerEvent(type, { pointerId: 1, clientX: x, clientY: y, bubbles: true }));
    pad.setPointerCapture = () => {};
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const [side] = modules['explorer/place.js'].explorer.sides;
    send('pointerdown', x, y);
    const [from, begun] = [side.painted, performance.now()];
    while (performance.now() - begun < 1000 * seconds) {
        const angle = (performance.now() - begun) / 300;
        send('pointermove', x + 0.3 * box.width * Math.cos(angle), y + 0.3 * box.height * Math.sin(angle));
        await new Promise(requestAnimationFrame);
    }
    const frames = (side.painted - from) / ((performance.now() - begun) / 1000);
    send('pointerup', x, y);
    return [frames, side.milliseconds];
}"""
DECODE = """async ([cell, codes, count]) => {
    const found = await modules['explorer/engine.js'].load(cell);
    return [...(await found.decode(Float32Array.from(codes), count))];
}"""
FOLLOW = """async (strokes) => {
    const section = document.querySelector('#draw');
    const paper = section.querySelector('.paper');
    const box = paper.getBoundingClientRect();
    paper.setPointerCapture = () => {};
    const send = (type, share) => paper.dispatchEvent(new PointerEvent(type, {
        pointerId: 9, bubbles: true, clientX: box.left + (0.5 + 0.3 * Math.cos(7 * share)) * box.width,
        clientY: box.top + (0.5 + 0.3 * Math.sin(5 * share)) * box.height }));
    const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
    send('pointerdown', 0);
    await pause(500);
    const times = [];
    for (let n = 1; n <= strokes; n++) {
        const [before, since] = [section.dataset.passed, performance.now()];
        send('pointermove', n / strokes);
        while (section.dataset.passed === before) await pause(0);
        times.push(performance.now() - since);
        await pause(30);
    }
    send('pointerup', 1);
    return times.sort((a, b) => a - b);
}"""
FILM = """async (seconds) => {
    const section = document.querySelector('#film');
    const scrubber = section.querySelector('input[type=range]');
    scrubber.value = 0;
    scrubber.dispatchEvent(new Event('input'));
    section.querySelector('[data-play]').click();
    const since = performance.now();
    let frames = 0;
    while (performance.now() - since < 1000 * seconds) {
        await new Promise(requestAnimationFrame);
        frames += 1;
    }
    section.querySelector('[data-play]').click();
    return frames / seconds;
}"""
TURN = """async (turns) => {
    const section = document.querySelector('#beta');
    const slider = section.querySelector('input[type=range]');
    const times = [];
    for (let n = 1; n <= turns; n++) {
        slider.value = (n / turns) * Number(slider.max);
        const [before, since] = [section.dataset.beta, performance.now()];
        slider.dispatchEvent(new Event('input'));
        while (section.dataset.beta === before) await new Promise(requestAnimationFrame);
        times.push(performance.now() - since);
    }
    return times.sort((a, b) => a - b);
}"""
LIVE = """() => {
    const { cells, way } = modules['explorer/engine.js'];
    return cells.filter((cell) => way(cell) === 'live');
}"""
COST = "async (cell) => modules['explorer/decoder.js'].decoding.cost(await modules['explorer/engine.js'].load(cell))"


def measured(page: Page, root: Path, name: str) -> tuple[float, float, float, float]:
    """Million multiplications a picture, frames a second, milliseconds a picture, largest error in grey levels."""
    page.evaluate("(name) => modules['frame/state.js'].setState({ explore: name, at: null })", name)
    page.wait_for_function(SHOWN, arg=name)
    page.locator("#explorer .sides").scroll_into_view_if_needed()
    frames, milliseconds = page.evaluate(DRAG, SECONDS)
    file = load_file(root / f"evaluation/{name}/explorer.safetensors")
    made = page.evaluate(DECODE, [name, file["probe"].ravel().tolist(), len(file["probe"])])
    expected = file["probe_images"].astype(float)
    error = np.abs(np.round(np.reshape(made, expected.shape)) - expected).max()
    return page.evaluate(COST, name) / 1e6, frames, milliseconds, float(error)


def main(root: Path = Path()) -> None:
    """Print a line a live cell."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None or not (root / "reports/gallery.html").exists():
        sys.exit("needs Chromium, and reports/gallery.html, which `uv run dvc repro` makes")
    print(f"{'cell':40} {'bits':8} {'million MACs':>12} {'frames/s':>9} {'ms':>6} {'grey levels':>12}")
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]).new_page()
        page.goto((root / "reports/gallery.html").resolve().as_uri() + "#explorer")
        for name in page.evaluate(LIVE):
            cost, frames, milliseconds, error = measured(page, root, name)
            form = page.evaluate("async (cell) => (await modules['explorer/engine.js'].load(cell)).about.bits", name)
            print(f"{name:40} {form:<8.1f} {cost:12.2f} {frames:9.1f} {milliseconds:6.2f} {error:12.0f}")
        page.locator("#draw").scroll_into_view_if_needed()
        page.wait_for_function("() => document.querySelector('#draw').dataset.passed > 0")
        times = page.evaluate(FOLLOW, STROKES)
        rows = page.locator("#draw .drawn > li").count()
        print(
            f"{rows} rows follow a stroke in {times[len(times) // 2]:.0f} ms (median), {times[-6]:.0f} ms (nine in ten)"
        )
        page.evaluate("document.querySelectorAll('details.fold').forEach((fold) => (fold.open = true))")
        page.locator("#film .films").scroll_into_view_if_needed()
        page.wait_for_function("() => document.querySelector('#film').dataset.frame !== undefined")
        print(f"the film plays at {page.evaluate(FILM, SECONDS):.0f} frames a second")
        page.locator("#beta .dial-parts").scroll_into_view_if_needed()
        page.wait_for_function("() => document.querySelector('#beta').dataset.beta !== undefined")
        times = page.evaluate(TURN, STROKES)
        print(f"the dial is followed in {times[len(times) // 2]:.0f} ms (median), {times[-6]:.0f} ms (nine in ten)")


if __name__ == "__main__":
    main()
