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
    dataset: images.Images = importlib.import_module(data.module(request.name)).read(request)
    dataset = fitting.fitted(images.limited(dataset, request.limit, seed), request.size, request.channels)
    if chosen["binarise"]:
        dataset = images.binarised(dataset, seed)
    for note in dataset.notes:
        print(f"note: {note}", file=sys.stderr)
    rows = images.split(dataset.labels, chosen["validation"], chosen["test"], seed, dataset.test)
    card = images.card(request.name, dataset, rows)
    packing.write(Path("data/images.safetensors"), dataset, rows, card)
    files.write_bytes(Path("data/examples.png"), drawing.sheet(images.examples(dataset, rows)))
    files.write_json(Path("data/card.json"), card)


if __name__ == "__main__":
    run(main)
