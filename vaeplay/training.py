"""The training loop, whole: every model is trained by these lines, in the same order on the same batches."""

import time
from collections.abc import Iterator
from typing import Any

import torch
from tqdm import tqdm

from vaeplay.cells import Cell
from vaeplay.dataset import as_float
from vaeplay.losses import Loss
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise, NoiseOfRows, seed_for


def train(
    model: Autoencoder, images: torch.Tensor, validation_images: torch.Tensor, cell: Cell
) -> list[dict[str, float]]:
    """Train a model in place, fit what it samples from, and return what each epoch came to.

    `images` and `validation_images` are uint8 (N, channels, height, width) on the model's device. An epoch's entry
    holds its number from 1, its seconds, and the mean an image of every term, as `train_<term>` and
    `validation_<term>`; `total` is what is minimised.
    """
    settings = cell.train
    optimiser = torch.optim.Adam(model.parameters(), lr=settings.lr, fused=True)
    order = torch.Generator().manual_seed(seed_for(cell.seed, "order of batches"))
    noise = Noise(seed_for(cell.seed, "training noise"), images.device)
    history: list[dict[str, float]] = []
    step = 0
    with tqdm(total=settings.epochs, desc=cell.name, unit="epoch", disable=None) as bar:
        for epoch in range(1, settings.epochs + 1):
            started = time.perf_counter()
            model.train()
            means = Means()
            for rows in torch.randperm(len(images), generator=order).to(images.device).split(settings.batch_size):
                loss = model.loss(as_float(images[rows]), step, noise)
                optimiser.zero_grad()
                loss.total.mean().backward()
                optimiser.step()
                step += 1
                means.add(loss)
            entry = {"epoch": epoch, "seconds": 0.0}
            entry |= {f"train_{term}": value for term, value in means.values().items()}
            validation = validate(model, validation_images, settings.batch_size, step, cell.seed)
            entry |= {f"validation_{term}": value for term, value in validation.items()}
            entry["seconds"] = time.perf_counter() - started
            history.append(entry)
            bar.set_postfix({term: f"{value:.2f}" for term, value in validation.items()})
            bar.update()
    model.eval()
    model.fit_prior(
        batches(images, settings.batch_size), Noise(seed_for(cell.seed, "fitting the prior"), images.device)
    )
    return history


@torch.no_grad()
def validate(model: Autoencoder, images: torch.Tensor, batch_size: int, step: int, seed: int) -> dict[str, float]:
    """Mean of each term over images that are not trained on, with the same noise in every epoch."""
    model.eval()
    noise = NoiseOfRows(seed_for(seed, "validation noise"), len(images), images.device)
    means = Means()
    for start in range(0, len(images), batch_size):
        rows = slice(start, start + batch_size)
        means.add(model.loss(as_float(images[rows]), step, noise.of(rows)))
    return means.values()


class Means:
    """Means over images of a loss and its terms. Sums stay on the device: reading one would make a GPU wait."""

    def __init__(self) -> None:
        self.sums: dict[str, torch.Tensor] = {}
        self.count = 0

    def add(self, loss: Loss) -> None:
        """Take in a batch. A batch's figures count once for each of its images."""
        batch = len(loss.total)
        parts = {"total": loss.total, **loss.terms}
        sums = {name: values.detach().sum() for name, values in parts.items()}
        sums |= {name: value.detach() * batch for name, value in loss.figures.items()}
        self.sums = {name: self.sums.get(name, 0) + value for name, value in sums.items()}
        self.count += batch

    def values(self) -> dict[str, float]:
        """{name: mean}."""
        return {name: float(value) / self.count for name, value in self.sums.items()}


def batches(images: torch.Tensor, batch_size: int) -> Iterator[torch.Tensor]:
    """All images in order, as floats in 0…1."""
    for chunk in images.split(batch_size):
        yield as_float(chunk)


def log(cell: Cell, model: Autoencoder, history: list[dict[str, float]], images: int) -> dict[str, Any]:
    """What `logs/cells/<cell>.json` says of a training; `images` is how many an epoch holds."""
    seconds = sum(entry["seconds"] for entry in history)
    return {
        "cell": cell.name,
        "model": cell.model,
        "history": history,
        "seconds": seconds,
        "images_per_second": images * len(history) / seconds,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "prior": model.prior,
    }
