"""settings/maps.json, codes/ → maps/: the test images' codes in two dimensions."""

from pathlib import Path

from stages import run
from vaeplay import files
from vaeplay.maps.update import update


def main() -> None:
    """Only cells whose codes or settings have changed are projected again; the others are in the user's cache."""
    update(Path("codes"), Path("maps"), files.read_json(Path("settings/maps.json")))


if __name__ == "__main__":
    run(main)
