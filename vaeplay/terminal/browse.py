"""`vaeplay open`: a page of reports/ in the browser."""

import argparse
import os
import sys
import webbrowser
from pathlib import Path

from vaeplay.errors import UserError
from vaeplay.settings.mistakes import nearest, printed

FOLDER = Path("reports")
GALLERY = "gallery"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's argument."""
    help_text = "a page of reports/, as `experiments` or `beta=4`; default: the gallery"
    parser.add_argument("page", nargs="?", default=GALLERY, metavar="PAGE", help=help_text)


def main(arguments: argparse.Namespace) -> int:
    """Print the path of the page, and open it where there is a browser.

    Raises:
        UserError: there is no such page.
    """
    name = Path(arguments.page).name.removesuffix(".html")
    path = FOLDER / f"{name}.html"
    if not path.is_file():
        pages = sorted(file.stem for file in FOLDER.glob("*.html"))
        if name == GALLERY or not pages:
            raise UserError(f"{FOLDER / GALLERY}.html: no page yet; run `uv run dvc repro`")
        raise UserError(f"{printed(str(path))}: no such page; there are {', '.join(pages)}{nearest(name, pages)}")
    print(path.resolve(), flush=True)
    if not (has_screen() and webbrowser.open(path.resolve().as_uri())):
        print("no browser here: open this file in one")
    return 0


def has_screen() -> bool:
    """Whether a browser has somewhere to show a page: a text browser in this terminal cannot."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
