"""settings/maps.json, codes/ → maps/: the test images' codes in two dimensions."""

from pathlib import Path

from stages import run
from vaeplay import files
from vaeplay.maps.update import update
from vaeplay.settings.outputs import remove_orphans


def main() -> None:
    """Only cells whose codes or settings have changed are projected again; the others are in the user's cache."""
    settings = files.read_object(Path("settings/maps.json"), cells=list)
    remove_orphans(Path(), settings["cells"])
    update(Path("codes"), Path("maps"), settings)


if __name__ == "__main__":
    run(main)
