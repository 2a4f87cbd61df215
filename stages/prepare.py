"""settings/data.json → data/: read the data set, split it, write it as one file with a card beside it.

Anomalies, images unlike those that are trained on, are a file of their own.
"""

import importlib
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np

from stages import run
from vaeplay import data, files
from vaeplay.data import anomalies, drawing, fitting, images, packing


def main() -> None:
    """The data set's own file in vaeplay/data/ reads it."""
    settings = files.read_object(Path("settings/data.json"), seed=int, data=dict)
    seed, chosen = settings["seed"], settings["data"]
    asked = {field.name for field in fields(images.Request)} & set(chosen)
    request = images.Request(seed=seed, **{key: chosen[key] for key in asked})
    dataset, left_out = anomalies.leave_out(read(request, chosen["binarise"]), chosen["leave_out"])
    rows = images.split(dataset.labels, chosen["validation"], chosen["test"], seed, dataset.test)
    shape, most = dataset.images.shape[1:], len(rows["test"])
    unlike = {"left_out": left_out}
    if chosen["other"]:
        size = anomalies.side(shape)
        other = images.Request(chosen["other"], seed=seed, size=size, channels=shape[0], limit=most)
        unlike["other"] = read(other, chosen["binarise"])
    found = anomalies.together(unlike, shape, most, seed)
    for note in dataset.notes:
        print(f"note: {note}", file=sys.stderr)
    card = images.card(request.name, dataset, rows)
    packing.write(Path("data/images.safetensors"), dataset, rows, card)
    kinds = {kind: np.flatnonzero(found.labels == label) for label, kind in enumerate(found.classes)}
    packing.write(Path("data/anomalies.safetensors"), found, kinds, images.card("anomalies", found, kinds))
    files.write_bytes(Path("data/examples.png"), drawing.sheet(images.examples(dataset, rows)))
    files.write_json(Path("data/card.json"), card)


def read(request: images.Request, binarise: bool) -> images.Images:
    """The images of a data set, as many, as large and as coloured as asked for."""
    dataset: images.Images = importlib.import_module(data.module(request.name)).read(request)
    dataset = images.limited(dataset, request.limit, request.seed)
    dataset = fitting.fitted(dataset, request.size, request.channels)
    return images.binarised(dataset, request.seed) if binarise else dataset


if __name__ == "__main__":
    run(main)
