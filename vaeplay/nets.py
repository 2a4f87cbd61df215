"""The networks: how an image becomes numbers, and numbers an image."""

import math
from collections.abc import Sequence

from torch import nn


def dense(inputs: int, outputs: int, depth: int, hidden: int, activation: str) -> list[nn.Module]:
    """`depth` hidden layers of `hidden` units and a linear output layer: (B, inputs) → (B, outputs).

    `activation` is the name of a class in torch.nn.
    """
    layers: list[nn.Module] = []
    for width in [hidden] * depth:
        layers += [nn.Linear(inputs, width), getattr(nn, activation)()]
        inputs = width
    return [*layers, nn.Linear(inputs, outputs)]


def dense_encoder(shape: Sequence[int], outputs: int, depth: int, hidden: int, activation: str) -> nn.Module:
    """(B, *shape) → (B, outputs)."""
    return nn.Sequential(nn.Flatten(), *dense(math.prod(shape), outputs, depth, hidden, activation))


def dense_decoder(shape: Sequence[int], inputs: int, depth: int, hidden: int, activation: str) -> nn.Module:
    """(B, inputs) → (B, *shape)."""
    return nn.Sequential(*dense(inputs, math.prod(shape), depth, hidden, activation), nn.Unflatten(1, tuple(shape)))
