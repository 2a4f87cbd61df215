"""What every quantiser is and gives; the quantisers themselves are in `codebooks` and `scalar`."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from vaeplay.noise import Noise


@dataclass(frozen=True)
class Quantised:
    """B maps of codes.

    `codes` (B, h, w) are indices from 0; `vectors` (B, D, h, w) are what they stand for, with the straight-through
    gradient; `cost` (B,) is what they add to an image's loss, and `terms` are its unweighted parts.
    """

    codes: Tensor
    vectors: Tensor
    cost: Tensor
    terms: dict[str, Tensor]


class Quantiser(nn.Module):
    """Base. `size` is K."""

    size: int

    def start(self, z: Tensor, noise: Noise) -> None:
        """Initialise from encoder outputs (B, D, h, w), before the first step."""

    def codes(self, z: Tensor) -> Tensor:
        """(B, D, h, w) → indices (B, h, w)."""
        raise NotImplementedError

    def vectors(self, codes: Tensor) -> Tensor:
        """Indices (B, h, w) → (B, D, h, w)."""
        raise NotImplementedError

    def in_stages(self, codes: Tensor) -> list[Tensor]:
        """What indices (B, h, w) say after each stage, (B, D, h, w) each; empty for a quantiser without stages."""
        return []

    def entries(self) -> Tensor:
        """What every code stands for, (K, D)."""
        device = next(value.device for value in (*self.parameters(), *self.buffers()))
        return self.vectors(torch.arange(self.size, device=device).view(-1, 1, 1)).flatten(1)

    def forward(self, z: Tensor, noise: Noise) -> Quantised:
        """Quantise encoder outputs (B, D, h, w); in training mode a codebook may move afterwards."""
        raise NotImplementedError


class Entries(Quantiser):
    """K learned vectors, for a model that chooses codes by itself."""

    def __init__(self, dimensions: int, codes: int) -> None:
        super().__init__()
        self.size = codes
        self.table = nn.Parameter(torch.randn(codes, dimensions))

    @override
    def vectors(self, codes: Tensor) -> Tensor:
        return functional.embedding(codes, self.table).movedim(-1, 1)


def straight_through(z: Tensor, vectors: Tensor) -> Tensor:
    """The value of `vectors` with the gradient of z."""
    return z + (vectors - z).detach()


def listed(z: Tensor) -> Tensor:
    """The vectors of maps, one after another: (B, D, h, w) → (B · h · w, D)."""
    return z.movedim(1, -1).flatten(0, -2)


def squared_error(first: Tensor, second: Tensor) -> Tensor:
    """‖first − second‖² per image: (B, D, h, w) twice → (B,)."""
    return (first - second).square().flatten(1).sum(1)
