"""Size of the page, time to build it and time to open it, for made-up workspaces of several sizes.

    uv run python -m benchmarks.gallery [cells …]

Building is the CPU and the wall time of the report stage's work; opening is from the address being given until the
second frame is drawn, in a fresh Chromium tab, the median of five.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from stages.report import main as report
from tests import fake_workspace
from tests.fake_workspace import MODELS, Plan
from vaeplay.gallery import budget

SIZES = (20, 50, 200)
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def plans(count: int) -> list[Plan]:
    """`count` different cells."""
    return [Plan(*MODELS[place % 3], 2 + place // 6, 1 + place // 3 % 2) for place in range(count)]


def build(root: Path, cells: int) -> tuple[float, float]:
    """Write a workspace and its page: CPU and wall seconds of the latter."""
    fake_workspace.make(root, plans(cells), noisy=True)
    wall, cpu = time.perf_counter(), time.process_time()
    report(root)
    return time.process_time() - cpu, time.perf_counter() - wall


def opening(address: str) -> float:
    """Median seconds until the page has been drawn."""
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
    return statistics.median(seconds)


def main() -> None:
    """Print a line a size."""
    print("| cells | MB | of which pictures | build, s CPU | build, s | open, s |\n|---|---|---|---|---|---|")
    for cells in map(int, sys.argv[1:] or SIZES):
        with tempfile.TemporaryDirectory() as folder:
            cpu, wall = build(Path(folder), cells)
            page = Path(folder) / "reports/gallery.html"
            pictures = budget.parts(page.read_text(encoding="utf-8"))["pictures"]
            size = page.stat().st_size
            seconds = opening(page.as_uri())
        print(f"| {cells} | {size / 1e6:.1f} | {pictures / 1e6:.1f} | {cpu:.1f} | {wall:.1f} | {seconds:.2f} |")


if __name__ == "__main__":
    main()
