"""Small cells and models for tests, with the settings of params.yaml unless a test says otherwise.

What a training does does not depend on how long it is: its learning rate and the weight of the rate are constant.
"""

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from torch.utils._python_dispatch import TorchDispatchMode

from vaeplay.classifier import network
from vaeplay.classifier.network import Classifier
from vaeplay.data.prepared import Split
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise
from vaeplay.settings import params
from vaeplay.settings.cells import Cell
from vaeplay.training import checkpoint, loop
from vaeplay.training.resume import Progress

from .conftest import ROOT

SHAPE = (1, 12, 12)
CONSTANT = {"lr_schedule": "ConstantLR", "lr": 1e-3, "keep": "last"}
PHOTO_CLASSES = ("beach", "city at night", "<b>forest")


@cache
def defaults() -> dict[str, Any]:
    """The settings of params.yaml, which are read once: many tests make several cells."""
    return params.read(ROOT / "params.yaml").model_dump(mode="json")


def cell(model: str, *, train: dict[str, Any] | None = None, **changes: Any) -> Cell:
    """A cell of `model` with 3 latent dimensions; `changes` are settings of the model or fields of the cell."""
    values = copy.deepcopy(defaults())
    size = {axis: chosen[:1] for axis, chosen in values["grid"]["dense"].items()}
    size |= {"model": [model], "latent_dim": [3], "depth": [1]}
    values["threads"] = 1
    values["device"] = "cpu"
    values["models"] |= {"hidden": 32, "channels": 4}
    values["models"]["schedule"]["name"] = "constant"
    values["models"]["capacity"]["target"] = 0.0
    values["models"]["adversary"]["weight"] = 1.0
    for name, value in changes.items():
        if name in size:
            size[name] = [value]
        elif isinstance(values["models"].get(name), dict):
            values["models"][name] |= value
        elif name in values["models"]:
            values["models"][name] = value
        else:
            assert name in values, name
            values[name] = value
    values["train"] |= CONSTANT | (train or {})
    values["grid"] = {"one": size}
    return next(iter(params.validate(values).cells()))


def model(name: str, shape: tuple[int, ...] = SHAPE, **changes: Any) -> Autoencoder:
    """An untrained model with the weights of seed 0."""
    return checkpoint.build(cell(name, **changes), shape)


def train(
    cell: Cell, progress: Progress | None = None, count: int = 70, device: str = "cpu"
) -> tuple[Autoencoder, list[dict[str, float]]]:
    """A cell's model, trained on so many images, and its epochs without their seconds."""
    trained = checkpoint.build(cell, SHAPE).to(device)
    train_images, validation_images = (images(number, seed=seed).to(device) for seed, number in enumerate((count, 20)))
    history = loop.train(trained, train_images, validation_images, cell, progress)
    return trained, [{key: value for key, value in entry.items() if key != "seconds"} for entry in history]


def same(first: Autoencoder, second: Autoencoder) -> bool:
    """Whether two models have the same bits."""
    one, other = first.state_dict(), second.state_dict()
    return one.keys() == other.keys() and all(torch.equal(value, other[key]) for key, value in one.items())


class Killed(BaseException):
    """In place of a signal."""


def killed_in(epoch: int, monkeypatch: pytest.MonkeyPatch, function: str = "validate") -> Any:
    """Make the training end in the midst of an epoch."""
    real: Callable[..., Any] = getattr(loop, function)
    calls = 0

    def counted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == epoch:
            raise Killed
        return real(*arguments)

    return monkeypatch.setattr(loop, function, counted)


def images(count: int, shape: tuple[int, ...] = SHAPE, seed: int = 0) -> torch.Tensor:
    """Smooth random images, uint8 (count, *shape): blobs, so that there is something to learn."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, shape[0], 3, 3, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, shape[1:], mode="bilinear", align_corners=True)
    return (smooth * 255).round().to(torch.uint8)


def photographs(folder: Path, count: int) -> None:
    """Colour pictures of many sizes, JPEG and PNG by turns: soft blobs in the colours of their class."""
    generator = np.random.default_rng(0)
    for number in range(count):
        label = number % len(PHOTO_CLASSES)
        width, height = generator.integers(33, 120, 2)
        tint = np.roll([230, 140, 60], label)
        coarse = (generator.random((5, 5, 1)) * tint + generator.integers(0, 25, (5, 5, 3))).astype(np.uint8)
        picture = Image.fromarray(coarse).resize((int(width), int(height)), Image.Resampling.BICUBIC)
        where = folder / PHOTO_CLASSES[label]
        where.mkdir(parents=True, exist_ok=True)
        picture.filter(ImageFilter.GaussianBlur(1)).save(where / f"{number:03}.{'png' if number % 2 else 'jpg'}")


def subject(name: str, count: int = 60, batch_size: int = 500, seed: int = 0, **changes: Any) -> Subject:
    """An untrained model with `count` test images of three classes, as many training images, and a classifier."""
    classes = torch.arange(count) % 3
    train, test = (Split(images(count, seed=seed + offset), classes) for offset in (1, 2))
    torch.manual_seed(0)
    classifier = Classifier(SHAPE, 3, 4, 8).eval()
    return Subject(
        model=model(name, **changes).eval(),
        train=train,
        test=test,
        classifier=classifier,
        real_train=network.features(classifier, train.images),
        real_test=network.features(classifier, test.images),
        seed=0,
        batch_size=batch_size,
        importance_samples=20,
        evidence_samples=0,
        classes=3,
    )


class RepeatedNoise(Noise):
    """Noise whose first half of the images gets the same numbers as its second half."""

    def normal(self, shape: Any) -> torch.Tensor:
        half = super().normal((shape[0] // 2, *shape[1:]))
        return torch.cat([half, half])

    def uniform(self, shape: Any) -> torch.Tensor:
        half = super().uniform((shape[0] // 2, *shape[1:]))
        return torch.cat([half, half])


class Largest(TorchDispatchMode):
    """Remembers how many numbers the largest tensor had that was made."""

    numbers = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation."""
        made = function(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else [made]:
            if isinstance(tensor, torch.Tensor):
                self.numbers = max(self.numbers, tensor.numel())
        return made
