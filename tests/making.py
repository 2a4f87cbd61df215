"""Small cells and models for tests, with the settings of params.yaml unless a test says otherwise."""

from typing import Any

import torch

from vaeplay import checkpoint, params
from vaeplay.cells import Cell
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise

from .conftest import ROOT

SHAPE = (1, 12, 12)


def cell(model: str, *, train: dict[str, Any] | None = None, **changes: Any) -> Cell:
    """A cell of `model` with 3 latent dimensions; `changes` are settings of the model or fields of the cell."""
    values = params.read(ROOT / "params.yaml").model_dump(mode="json")
    size = {"model": [model], "latent_dim": [3], "depth": [1], "activation": ["ReLU"]}
    values["threads"] = 1
    values["device"] = "cpu"
    values["models"] |= {"hidden": 32, "channels": 4}
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
    values["train"] |= train or {}
    values["grid"] = {"one": size}
    return next(iter(params.validate(values).cells()))


def model(name: str, shape: tuple[int, ...] = SHAPE, **changes: Any) -> Autoencoder:
    """An untrained model with the weights of seed 0."""
    return checkpoint.build(cell(name, **changes), shape)


def images(count: int, shape: tuple[int, ...] = SHAPE, seed: int = 0) -> torch.Tensor:
    """Smooth random images, uint8 (count, *shape): blobs, so that there is something to learn."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, shape[0], 3, 3, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, shape[1:], mode="bilinear", align_corners=True)
    return (smooth * 255).round().to(torch.uint8)


class RepeatedNoise(Noise):
    """Noise whose first half of the images gets the same numbers as its second half."""

    def normal(self, shape: Any) -> torch.Tensor:
        half = super().normal((shape[0] // 2, *shape[1:]))
        return torch.cat([half, half])
