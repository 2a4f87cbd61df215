"""settings/data.json → data/: read the data set, split it, write it as one file with a card beside it."""

import importlib
from pathlib import Path

from stages import run
from vaeplay import drawing, files
from vaeplay.data import images


def main() -> None:
    """The data set's own file in vaeplay/data/ reads it."""
    settings = files.read_json(Path("settings/data.json"))
    chosen = settings["data"]
    data: images.Images = importlib.import_module(f"vaeplay.data.{chosen['name']}").read()
    if chosen["binarise"]:
        data = images.binarised(data, settings["seed"])
    rows = images.split(data.labels, chosen["validation"], chosen["test"], settings["seed"])
    files.write_bytes(Path("data/images.safetensors"), images.pack(data, rows))
    files.write_bytes(Path("data/examples.png"), drawing.sheet(images.examples(data, rows)))
    files.write_json(Path("data/card.json"), images.card(chosen["name"], data, rows))


if __name__ == "__main__":
    run(main)
