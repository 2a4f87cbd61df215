"""Makes the README's picture from the page: one point moves through the latent spaces of an autoencoder and a VAE.

    uv run python -m docs.pictures [PAGE]

PAGE is `reports/gallery.html` unless another one is named. `docs/explorer.json` then holds a digest of what the
explorer looks like, and a test says when it has changed since.
"""

import hashlib
import io
import json
import math
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
GALLERY = DOCS.parent / "vaeplay/gallery"
LOOKS = ("explorer/panels.html.j2", "explorer/style.css", "frame/base.css")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FRAMES, MILLISECONDS, WIDTH = 40, 110, 900


def digest() -> str:
    """Of the files that say what the explorer looks like."""
    texts = ((GALLERY / name).read_bytes() for name in LOOKS)
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def frames(page: Path) -> list[Image.Image]:
    """The explorer while its point goes round a figure of eight."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        raise SystemExit(f"error: no browser: install Chromium; looked for {', '.join(BROWSERS)}")
    if not page.is_file():
        raise SystemExit(f"error: {page}: no such file; `uv run dvc repro` makes it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        view = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme="light")
        view.goto(page.resolve().as_uri())
        view.locator("#explorer").scroll_into_view_if_needed()
        pad = view.locator("#explorer canvas.pad").first
        sides = view.locator("#explorer .sides")
        view.wait_for_timeout(2500)
        box = pad.bounding_box()
        assert box is not None
        taken = []
        for frame in range(FRAMES):
            angle = 2 * math.pi * frame / FRAMES
            across, down = 0.5 + 0.3 * math.sin(angle), 0.5 - 0.22 * math.sin(2 * angle)
            pad.click(position={"x": box["width"] * across, "y": box["height"] * down}, force=True)
            view.wait_for_timeout(120)
            taken.append(Image.open(io.BytesIO(sides.screenshot())).convert("RGB"))
        browser.close()
    return [image.resize((WIDTH, round(image.height * WIDTH / image.width))) for image in taken]


def main(page: Path) -> None:
    """Write the picture and the digest."""
    first, *others = frames(page)
    first.save(
        DOCS / "explorer.webp", save_all=True, append_images=others, duration=MILLISECONDS, loop=0, quality=55, method=6
    )
    (DOCS / "explorer.json").write_text(json.dumps({"explorer.webp": digest()}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "reports/gallery.html"))
