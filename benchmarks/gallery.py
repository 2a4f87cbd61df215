"""Size of the page, time to build it and to open it, and its frames, for made-up workspaces of several sizes.

    uv run python -m benchmarks.gallery [cells …]
    uv run python -m benchmarks.gallery reports/gallery.html

Building is the CPU and the wall time of the report stage's work. Opening is measured in a fresh Chromium tab, the
median of five: until DOMContentLoaded, and until the second frame is drawn, or on a page with a pair that moves, until
that is. Frames are those of a second in which the page is scrolled from its top to its bottom. The cells have
everything that a real grid's have, maps, decoders and codebooks too, in files of the same size.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from stages.report import main as report
from tests import fake_explorer, fake_workspace
from tests.fake_workspace import Plan
from vaeplay.gallery import budget

SIZES = (20, 50, 200)
MODELS = (("AE", None), ("VAE", 1.0), ("BetaVAE", 2.0), ("ConvVAE", 1.0), ("VQVAE", None))
DRAWN = """() => new Promise((done) => {
    const moving = [...document.querySelectorAll('#answer .moving figure[data-cell] canvas')];
    const light = (canvas) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        return copy.getImageData(0, 0, canvas.width, canvas.height).data.some((value, at) => at % 4 < 3 && value > 0);
    };
    const [navigation] = performance.getEntriesByType('navigation');
    const look = (frames) => {
        if (frames > 1 && moving.every(light)) done([navigation.domContentLoadedEventEnd, performance.now()]);
        else requestAnimationFrame(() => look(frames + 1));
    };
    look(0);
})"""
SCROLL = """(seconds) => new Promise((done) => {
    const since = performance.now();
    const step = (frames) => {
        const share = (performance.now() - since) / (1000 * seconds);
        scrollTo({ top: share * document.documentElement.scrollHeight, behavior: 'instant' });
        if (share < 1) requestAnimationFrame(() => step(frames + 1));
        else done(frames / seconds);
    };
    step(0);
})"""
SECONDS = 4
RUNS = 5
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def plans(count: int) -> list[Plan]:
    """`count` different cells."""
    return [Plan(*MODELS[place % 5], 2 + place // 10, 1 + place // 5 % 2) for place in range(count)]


def build(root: Path, cells: int) -> tuple[float, float]:
    """Write a workspace and its page: CPU and wall seconds of the latter."""
    fake_workspace.make(root, plans(cells), noisy=True)
    fake_explorer.make(root, plans(cells))
    wall, cpu = time.perf_counter(), time.process_time()
    report(root)
    return time.process_time() - cpu, time.perf_counter() - wall


def opening(address: str) -> tuple[float, float, float]:
    """Seconds until DOMContentLoaded and until the page has been drawn, and frames a second: medians."""
    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        found = []
        for _ in range(RUNS):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address, wait_until="commit")
            page.wait_for_load_state("domcontentloaded")
            loaded, drawn = page.evaluate(DRAWN)
            found.append((loaded / 1000, drawn / 1000, page.evaluate(SCROLL, SECONDS)))
            page.close()
        browser.close()
    loaded, drawn, frames = (statistics.median(values) for values in zip(*found, strict=True))
    return loaded, drawn, frames


def main() -> None:
    """Print a line a size, or the parts of one page."""
    heads = (
        "page",
        "MB",
        "of which pictures",
        "explorer",
        "build, s CPU",
        "build, s",
        "loaded, s",
        "drawn, s",
        "frames/s",
    )
    print(f"| {' | '.join(heads)} |\n" + "|---" * len(heads) + "|")
    for name in sys.argv[1:] or map(str, SIZES):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(name) if name.endswith(".html") else Path(folder) / "reports/gallery.html"
            built = ["–", "–"] if page == Path(name) else [f"{value:.1f}" for value in build(Path(folder), int(name))]
            parts = budget.parts(page.read_text(encoding="utf-8"))
            loaded, drawn, frames = opening(page.resolve().as_uri())
        sizes = [f"{share / 1e6:.1f}" for share in (sum(parts.values()), parts["pictures"], parts["explorer"])]
        print(f"| {name} | {' | '.join([*sizes, *built])} | {loaded:.2f} | {drawn:.2f} | {frames:.0f} |")
        if page == Path(name):
            print(
                ", ".join(f"{part} {size / 1e6:.2f}" for part, size in sorted(parts.items(), key=lambda item: -item[1]))
            )


if __name__ == "__main__":
    main()
