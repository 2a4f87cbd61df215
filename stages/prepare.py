"""settings/data.json → data/: read the data set, split it, write it as one file with a card beside it."""

import importlib
import sys
from dataclasses import fields
from pathlib import Path

from stages import run
from vaeplay import data, files
from vaeplay.data import drawing, fitting, images, packing


def main() -> None:
    """The data set's own file in vaeplay/data/ reads it."""
    settings = files.read_object(Path("settings/data.json"), seed=int, data=dict)
    seed, chosen = settings["seed"], settings["data"]
    asked = {field.name for field in fields(images.Request)} & set(chosen)
    request = images.Request(seed=seed, **{key: chosen[key] for key in asked})
    found: images.Images = importlib.import_module(data.module(request.name)).read(request)
    found = fitting.fitted(images.limited(found, request.limit, seed), request.size, request.channels)
    if chosen["binarise"]:
        found = images.binarised(found, seed)
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    rows = images.split(found.labels, chosen["validation"], chosen["test"], seed, found.test)
    card = images.card(request.name, found, rows)
    packing.write(Path("data/images.safetensors"), found, rows, card)
    files.write_bytes(Path("data/examples.png"), drawing.sheet(images.examples(found, rows)))
    files.write_json(Path("data/card.json"), card)


if __name__ == "__main__":
    run(main)
