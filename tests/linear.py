"""A decoder and a classifier that are linear, for what is then known of walks."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.parts.likelihoods import Bernoulli
from vaeplay.noise import Noise

from . import making

DIMENSIONS = 3


class Linear(nn.Module):
    """A decoder whose pixels are a linear map of the code, and a code that is a linear map of the pixels."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.shape = making.SHAPE
        self.latent_dim = DIMENSIONS
        self.code_shape: tuple[int, ...] = (DIMENSIONS,)
        self.codebook, self.quantise = lambda: None, lambda z: z
        self.likelihood = Bernoulli(self.shape)
        self.matrix: Tensor = torch.randn(math.prod(self.shape), DIMENSIONS, generator=generator) / scale
        self.inverse: Tensor = torch.randn(DIMENSIONS, math.prod(self.shape), generator=generator) * scale

    def encode(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self.inverse.T

    def posterior(self, x: Tensor) -> None:
        return None

    def decode(self, z: Tensor) -> Tensor:
        return (z @ self.matrix.T).unflatten(1, self.shape)

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def sample_codes(self, count: int, noise: Noise) -> Tensor:
        return noise.normal((count, DIMENSIONS))


class Pixels(nn.Module):
    """A classifier whose features are the pixels; it is sure of every image."""

    def features(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def head(self, features: Tensor) -> Tensor:
        return torch.tensor([100.0, 0.0, 0.0]).expand(len(features), 3)


def linear(scale: float = 1.0, count: int = 60) -> tuple[Subject, Tensor]:
    """A subject with these two, and the decoder's matrix."""
    subject, decoder = making.subject("AE", count), Linear(scale)
    stand_ins: Any = decoder, Pixels()
    subject.model, subject.classifier = stand_ins
    subject.real_test, subject.real_train = (
        Pixels().features(split.images / 255) for split in (subject.test, subject.train)
    )
    return subject, decoder.matrix
