"""Images a second that the lab learns from, frames a second while it learns, and how soon its first change is seen.

Opens `reports/gallery.html` of the project in headless Chromium. The engine alone learns from the training images of
`data/images.safetensors`, in full and in half their size, on one thread; the lab as a whole has a worker for that and
draws meanwhile.

    uv run python -m benchmarks.lab
"""

import base64
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright
from safetensors.numpy import load_file

from benchmarks.explorer import BROWSERS
from vaeplay.gallery import webp

SECONDS = 5
BATCH, LATENT = 64, 2
SHAPES = ((2, 64), (1, 128))
"""How many pixels each way become one, and hidden units."""

LEARN = """([levels, pixels, hidden, latent, batch, seconds]) => {
    const { generator, network } = modules['lab/engine.js'].makeEngine();
    const random = generator(1);
    const images = Float32Array.from(atob(levels), (sign) => sign.charCodeAt(0) / 255);
    const made = network({ pixels, hidden, latent, activation: 'ReLU' }, random, Float32Array, batch);
    const [x, noise] = [new Float32Array(batch * pixels), new Float32Array(batch * latent)];
    const until = (end) => {
        let count = 0;
        for (; performance.now() < end; count += batch) {
            for (let n = 0; n < batch; n++) {
                const at = random.whole(images.length / pixels) * pixels;
                x.set(images.subarray(at, at + pixels), n * pixels);
            }
            random.normal(noise);
            made.step(x, noise, batch, { vae: true, beta: 1, learningRate: 3e-3 });
        }
        return count;
    };
    until(performance.now() + 1000); // the compiler has seen it by then
    const begun = performance.now();
    return until(begun + 1000 * seconds) / ((performance.now() - begun) / 1000);
}"""
TRAIN = """async (seconds) => {
    const { activity, latest } = modules['lab/script.js'].lab;
    const frame = () => new Promise(requestAnimationFrame);
    const begun = performance.now();
    const drawn = activity.frames;
    document.querySelector('#lab [data-act=train]').click();
    while (activity.frames === drawn || !latest().steps) await frame();
    const first = performance.now() - begun;
    const [from, frames, steps] = [performance.now(), activity.frames, latest().steps];
    while (performance.now() < from + 1000 * seconds) await frame();
    const passed = (performance.now() - from) / 1000;
    document.querySelector('#lab [data-act=train]').click();
    return [first, (activity.frames - frames) / passed, (latest().steps - steps) / passed];
}"""


def engine(page: Page, images: NDArray[np.uint8]) -> Iterator[tuple[str, float]]:
    """The shape of each network, and images a second."""
    for step, hidden in SHAPES:
        small = webp.smaller(images.transpose(0, 2, 3, 1), -(-max(images.shape[2:]) // step))
        pixels = int(np.prod(small.shape[1:]))
        given = [base64.b64encode(small.tobytes()).decode(), pixels, hidden, LATENT, BATCH, SECONDS]
        yield f"{pixels}-{hidden}-{LATENT}", page.evaluate(LEARN, given)


def main(root: Path = Path()) -> None:
    """Print a line a network, and one for the lab as a whole."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    gallery, data = root / "reports/gallery.html", root / "data/images.safetensors"
    if path is None or not gallery.exists() or not data.exists():
        sys.exit(f"needs Chromium, {gallery} and {data}, which `uv run dvc repro` makes")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(gallery.resolve().as_uri() + "#to=lab")
        for name, speed in engine(page, load_file(data)["train_images"][:2000]):
            print(f"{name:12} {speed:8,.0f} images per second")
        page.wait_for_function("() => modules['lab/script.js'].lab.latest()")
        page.wait_for_timeout(1000)  # what the page makes on arrival is over
        first, frames, steps = page.evaluate(TRAIN, SECONDS)
        print(f"the lab      {steps * BATCH:8,.0f} images per second, {frames:.0f} frames per second")
        print(f"first change after {first:.0f} ms")
        browser.close()


if __name__ == "__main__":
    main()
