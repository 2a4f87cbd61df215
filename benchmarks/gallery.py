"""Size of the page, time to build it and time to open it, for made-up workspaces of several sizes.

    uv run python -m benchmarks.gallery [cells …]

Building is the CPU and the wall time of the report stage's work; opening is from the address being given until the
second frame is drawn, in a fresh Chromium tab, the best of five. The cells have everything that a real grid's have,
maps, decoders and codebooks too, in files of the same size.
"""

import shutil
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
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
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


def opening(address: str) -> float:
    """The fewest seconds until the page has been drawn."""
    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        seconds = []
        for _ in range(5):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            started = time.perf_counter()
            page.goto(address)
            page.evaluate(FRAMES)
            seconds.append(time.perf_counter() - started)
            page.close()
        browser.close()
    return min(seconds)


def main() -> None:
    """Print a line a size."""
    print("| cells | MB | of which pictures | explorer | build, s CPU | build, s | open, s |\n" + "|---" * 7 + "|")
    for cells in map(int, sys.argv[1:] or SIZES):
        with tempfile.TemporaryDirectory() as folder:
            cpu, wall = build(Path(folder), cells)
            page = Path(folder) / "reports/gallery.html"
            parts = budget.parts(page.read_text(encoding="utf-8"))
            seconds = opening(page.as_uri())
        shares = [sum(parts.values()), parts["pictures"], parts["explorer"]]
        sizes = " | ".join(f"{share / 1e6:.1f}" for share in shares)
        print(f"| {cells} | {sizes} | {cpu:.1f} | {wall:.1f} | {seconds:.2f} |")


if __name__ == "__main__":
    main()
