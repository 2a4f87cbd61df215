"""settings/, data/, classifier/card.json and every cell's results → reports/gallery.html and logs/ae_vae_logs.json."""

from pathlib import Path

from stages import run
from vaeplay import files
from vaeplay.gallery import budget
from vaeplay.gallery.logs import union
from vaeplay.gallery.read import read
from vaeplay.gallery.render import render
from vaeplay.settings.outputs import remove_orphans


def main(root: Path = Path()) -> None:
    """Show the cells of the grid and no others, whatever other results there are."""
    page = read(root)
    remove_orphans(root, [cell.name for cell in page.cells])
    html = render(page)
    budget.check(page, html)
    files.write_json(root / "logs/ae_vae_logs.json", union(root, page))
    files.write_text(root / "reports/gallery.html", html)
    print("The page: reports/gallery.html (open it in a browser, or run `uv run vaeplay open`)")


if __name__ == "__main__":
    run(main)
