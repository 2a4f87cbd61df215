"""What maps and explorer read of a workspace, made without a training: files as large as those of the pipeline.

The decoders are of random weights, as many and in as many bits as a trained decoder's.
"""

import io
import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import save

from tests import fake_workspace
from tests.fake_workspace import Plan

Tensors = dict[str, NDArray[Any]]
IMAGES, SIDE, HIDDEN, GRID, DRAWS = 1000, 28, 400, 12, 256
SHAPE = [1, SIDE, SIDE]
MAP, ENTRIES = 7, 64  # places each way of a map of codes, entries of its codebook


def make(root: Path, plans: list[Plan], megabytes: float = 5.0) -> None:
    """Add to a workspace of `plans`, which fake_workspace.make has written, what its cells can be explored by."""
    report = json.loads((root / "settings/report.json").read_text())
    report["params"]["explorer"] = {"cells": None, "megabytes": megabytes}
    fake_workspace.write(root / "settings/report.json", report)
    (root / "codes").mkdir(exist_ok=True)
    (root / "data/images.safetensors").write_bytes(
        save({"test_images": _images(IMAGES, 0)[:, None], "test_labels": np.arange(IMAGES) % 10})
    )
    for index, plan in enumerate(plans):
        generator = np.random.default_rng(index)
        (root / f"evaluation/{plan.name}/explorer.safetensors").write_bytes(_explorer(plan, index % 5, generator))
        codes = generator.standard_normal((IMAGES, plan.latent_dim)).astype(np.float32)
        (root / f"codes/{plan.name}.safetensors").write_bytes(save({"codes": codes}))
        maps = {
            method: {"points": generator.standard_normal((IMAGES, 2)).round(3).tolist(), "trustworthiness": 0.9}
            for method in ("pca", "tsne", "umap")[2 * (plan.latent_dim <= 2) :]
        }
        fake_workspace.write(root / f"maps/{plan.name}.json", {"rows": list(range(IMAGES)), "methods": maps})


def _explorer(plan: Plan, kind: int, generator: np.random.Generator) -> bytes:
    coded = plan.model == "VQVAE"
    code = [plan.latent_dim, MAP, MAP] if coded else [plan.latent_dim]
    size = plan.latent_dim * MAP * MAP if coded else plan.latent_dim
    layers = _convolutional(code) if len(code) > 1 or plan.model.startswith("Conv") else _dense(plan)
    tensors: Tensors = {
        "atlas": _atlas(kind),
        "axes": generator.standard_normal((2, size)).astype(np.float32),
        "origin": np.zeros(size, np.float32),
        "spread": np.ones(size, np.float32),
        "points": generator.standard_normal((IMAGES, 2)).astype(np.float32),
    }
    for layer in layers:
        if "weights" in layer:
            tensors |= _weights(layer, generator)
    if coded:
        places = MAP * MAP
        tensors |= {
            "codebook": generator.standard_normal((ENTRIES, plan.latent_dim)).astype(np.float32),
            "maps": generator.integers(0, ENTRIES, (IMAGES, places), np.uint8),
            "draws": generator.integers(0, ENTRIES, (DRAWS, places), np.uint8),
            "entries": np.arange(ENTRIES, dtype=np.int32),
            "palette": generator.integers(0, 256, (ENTRIES, 1, 4, 4), np.uint8),
        }
    else:
        tensors["draws"] = generator.standard_normal((DRAWS, size)).astype(np.float16)
    about = {"code": code, "error": 0.5, "bits": 10.5, "grid": GRID, "layers": layers, "prior": "the prior"}
    about |= {"dimensions": [{"dimension": place, "rate": None} for place in range(size)], "shape": SHAPE}
    return save(tensors, {"explorer": json.dumps(about)})


def _dense(plan: Plan) -> list[dict[str, Any]]:
    sizes = [plan.latent_dim, *[HIDDEN] * plan.depth, SIDE * SIDE]
    layers: list[dict[str, Any]] = []
    for place, (before, after) in enumerate(pairwise(sizes)):
        layers.append({"kind": "linear", "input": [before], "output": [after], "weights": str(2 * place)})
        layers.append({"kind": "activation", "name": "ReLU", "input": [after], "output": [after]})
    return [*layers[:-1], {"kind": "pixels", "input": SHAPE, "output": SHAPE}]


def _convolutional(code: list[int]) -> list[dict[str, Any]]:
    """From a vector or a map of codes, by two up-samplings."""
    wide, half = [64, 7, 7], [32, 14, 14]
    first: dict[str, Any] = {"kind": "linear", "input": code, "output": [64 * 49], "weights": "0"}
    if len(code) == 3:
        own = {"kernel_size": [3, 3], "padding": [1, 1], "stride": [1, 1]}
        first = {"kind": "conv", "input": code, "output": wide, "weights": "0"} | own
    double = {"kind": "transposed", "kernel_size": [4, 4], "padding": [1, 1], "stride": [2, 2]}
    return [
        first,
        {"kind": "activation", "name": "ReLU", "input": wide, "output": wide},
        double | {"input": wide, "output": half, "weights": "2"},
        {"kind": "activation", "name": "ReLU", "input": half, "output": half},
        double | {"input": half, "output": SHAPE, "weights": "4"},
        {"kind": "pixels", "input": SHAPE, "output": SHAPE},
    ]


def _weights(layer: dict[str, Any], generator: np.random.Generator) -> Tensors:
    shape = (layer["input"][0], layer["output"][0], *layer.get("kernel_size", ()))
    name, outputs = layer["weights"], layer["output"][0]
    whole = (generator.standard_normal(shape) * 256).round().clip(-1023, 1023).astype(np.int16)
    scale = np.full(outputs, 1e-4, np.float32)
    return {f"{name}.weight": whole, f"{name}.scale": scale, f"{name}.bias": np.zeros(outputs, np.float32)}


def _images(count: int, seed: int) -> NDArray[np.uint8]:
    """Rings with noise where there is ink: (count, SIDE, SIDE)."""
    rings = np.stack([np.asarray(fake_workspace.ring((place + seed) % 12)) for place in range(count)]).astype(np.int64)
    noise = np.random.default_rng(seed).integers(-12, 13, rings.shape)
    return np.where((rings > 0) & (rings < 255), rings + noise, rings).clip(0, 255).astype(np.uint8)


@cache
def _atlas(kind: int) -> NDArray[np.uint8]:
    tiles = _images(GRID * GRID, kind).reshape(GRID, GRID, SIDE, SIDE)
    file = io.BytesIO()
    sheet = tiles.transpose(0, 2, 1, 3).reshape(GRID * SIDE, GRID * SIDE)
    Image.fromarray(sheet).save(file, "WEBP", lossless=True, quality=20)
    return np.frombuffer(file.getvalue(), np.uint8)
