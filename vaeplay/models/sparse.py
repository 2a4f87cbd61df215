r"""The k-sparse autoencoder: only the k largest numbers of a code stay, the others are 0.

    loss = distortion(x, top_k(encoder(x))),   k = `active` · latent_dim, rounded, at least 1

Each image is described by a few of many dimensions, and gradients flow only through these. Makhzani & Frey 2014,
arXiv:1312.5663. Codes drawn from the density that is fitted afterwards are cut to k numbers as well, since the decoder
knows no others.
"""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.models.ae import AE
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise


class TopKAE(AE):
    """k-sparse autoencoder; with `active` 1 it is the AE."""

    uses: tuple[str, ...] = ("likelihood", "density", "hidden", "active")

    def __init__(self, *size: Any, active: float, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.active = max(1, round(active * self.latent_dim))

    def cut(self, z: Tensor) -> Tensor:
        """Codes with their `active` largest numbers, and 0 in the place of the others: (B, D) → (B, D)."""
        largest, places = z.topk(self.active, dim=1)
        return torch.zeros_like(z).scatter(1, places, largest)

    @override
    def encode(self, x: Tensor) -> Tensor:
        return self.cut(super().encode(x))

    @override
    def sample_codes(self, count: int, noise: Noise) -> Tensor:
        return self.cut(super().sample_codes(count, noise))

    @override
    def prior_moments(self) -> tuple[Tensor, Tensor]:
        return Autoencoder.prior_moments(self)  # of draws that are cut, which no closed form knows
