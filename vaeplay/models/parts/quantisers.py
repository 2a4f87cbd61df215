r"""Quantisers: how an encoder's vectors become codes, one of K at each position of a map.

A codebook holds e_1 … e_K. At every position, with encoder output z and the stop-gradient sg,

    code      k(z) = argmin_k ‖z − e_k‖²
    quantised z_q  = e_k(z), passed on as z + sg(z_q − z): the gradient at z is the one at z_q (straight-through)
    cost           = commitment · ‖z − sg(z_q)‖²  [+ ‖sg(z) − z_q‖², `gradient` only]

The squared errors are summed over an image's positions and dimensions, as its distortion is over its pixels.

    ema       e_k is the running mean of the vectors that chose it: with decay γ, s_k ← γ s_k + (1 − γ) n_k / N and
              e_k ← e_k + (1 − γ) (Σ_chosen z − n_k e_k) / (N s_k), where n_k of the N vectors chose k
    gradient  e_k follows the codebook's own loss, the bracket above
    fsq       no codebook: each dimension is bounded and rounded to one of its levels, and K is their product

Van den Oord et al. 2017, arXiv:1711.00937 (`ema`: its appendix, and Razavi et al. 2019, arXiv:1906.00446). Codebooks
start at k-means centres, and rarely used codes move to an encoder output, as in Łańcucki et al. 2020,
arXiv:2005.08520. `fsq`: Mentzer et al. 2023, arXiv:2309.15505.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from vaeplay.models.parts import clusters
from vaeplay.models.parts.limits import fsq_codes
from vaeplay.neighbours import nearest
from vaeplay.noise import Noise

MARGIN = 1e-3  # keeps bounded numbers off the outer edges of their levels: Mentzer et al. 2023
START_STEPS = 10  # of Lloyd's algorithm for the initial codebook; training refines it


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

    def start(self, vectors: Tensor, noise: Noise) -> None:
        """Initialise from encoder outputs (N, D), before the first step."""

    def codes(self, z: Tensor) -> Tensor:
        """(B, D, h, w) → indices (B, h, w)."""
        raise NotImplementedError

    def vectors(self, codes: Tensor) -> Tensor:
        """Indices (B, h, w) → (B, D, h, w)."""
        raise NotImplementedError

    def forward(self, z: Tensor, noise: Noise) -> Quantised:
        """Quantise encoder outputs (B, D, h, w); in training mode a codebook may move afterwards."""
        raise NotImplementedError


class Codebook(Quantiser):
    """A codebook (K, D) and `shares` (K,): the running share of positions that each code has."""

    codebook: Tensor
    shares: Tensor

    def __init__(self, dimensions: int, codes: int, commitment: float, reseed_below: float, decay: float) -> None:
        super().__init__()
        self.size = codes
        self.commitment = commitment
        self.reseed_below = reseed_below
        self.decay = decay
        self.register_buffer("codebook", torch.randn(codes, dimensions))
        self.register_buffer("shares", torch.full((codes,), 1 / codes))

    @override
    def codes(self, z: Tensor) -> Tensor:
        _, codes = nearest(z.detach().movedim(1, -1).flatten(0, -2), self.codebook)
        return codes.view(-1, *z.shape[2:])

    @override
    def vectors(self, codes: Tensor) -> Tensor:
        return functional.embedding(codes, self.codebook).movedim(-1, 1)

    def forward(self, z: Tensor, noise: Noise) -> Quantised:
        """As the module says. The codebook moves only after its vectors have been read."""
        codes = self.codes(z)
        vectors = self.vectors(codes)
        cost, terms = self.cost(z, vectors)
        if self.training:
            self.move(z.detach().movedim(1, -1).flatten(0, -2), codes.flatten(), noise)
        return Quantised(codes, straight_through(z, vectors), cost, terms)

    def cost(self, z: Tensor, vectors: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The cost of each image's codes, (B,), and its unweighted parts."""
        commitment = squared_error(z, vectors.detach())
        return self.commitment * commitment, {"commitment": commitment}

    @torch.no_grad()
    def start(self, vectors: Tensor, noise: Noise) -> None:
        """Set the codebook to the k-means centres of `vectors`."""
        self.codebook.copy_(clusters.k_means(vectors, self.size, noise, START_STEPS)[0])
        self.shares.fill_(1 / self.size)

    @torch.no_grad()
    def move(self, vectors: Tensor, codes: Tensor, noise: Noise) -> None:
        """Update the codebook after a step's vectors (N, D) chose `codes` (N,), and reseed rarely used codes."""
        means, counts = clusters.means_of(vectors, codes, self.size)
        share = counts / len(vectors)
        self.shares.lerp_(share, 1 - self.decay)
        self.follow(means, share)
        unused = self.shares < self.reseed_below / self.size
        others = vectors[(noise.uniform((self.size,)) * len(vectors)).long()]
        self.codebook.copy_(torch.where(unused[:, None], others, self.codebook))
        self.shares.copy_(torch.where(unused, 1 / self.size, self.shares))

    def follow(self, means: Tensor, share: Tensor) -> None:
        """Move codes towards the means (K, D) of the vectors that chose them, a `share` (K,) of all."""


class EMA(Codebook):
    """A codebook of running means."""

    def follow(self, means: Tensor, share: Tensor) -> None:
        """The module's formula, in which an entry that no vector chose stays where it is."""
        pace = (1 - self.decay) * share / self.shares.clamp(min=1e-30)
        self.codebook.add_(pace[:, None] * (means - self.codebook))


class Gradient(Codebook):
    """A codebook that is trained with the rest, by a loss of its own."""

    def __init__(self, dimensions: int, **settings: Any) -> None:
        super().__init__(dimensions, **settings)
        entries = self.codebook
        del self.codebook
        self.codebook = nn.Parameter(entries)

    def cost(self, z: Tensor, vectors: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Commitment and the codebook's loss."""
        cost, terms = super().cost(z, vectors)
        codebook = squared_error(z.detach(), vectors)
        return cost + codebook, terms | {"codebook": codebook}


class FSQ(Quantiser):
    """Finite scalar quantisation: K = levels^D, and nothing is learned. Vectors are in −1…1.

    A number z becomes the integer nearest to reach · tanh(z + shift) − offset, and z = 0 becomes 0. An even number of
    levels has no integer in its middle: offset = 1/2 puts one there, as in the paper, with one more level below 0 than
    above. Without it, z = 0 would lie on the edge between two codes.
    """

    places: Tensor

    def __init__(self, dimensions: int, levels: int) -> None:
        super().__init__()
        self.size = fsq_codes(dimensions, levels)
        self.levels = levels
        self.reach = (levels - 1) * (1 - MARGIN) / 2
        self.offset = 0.0 if levels % 2 else 0.5
        self.register_buffer("places", levels ** torch.arange(dimensions), persistent=False)

    def bounded(self, z: Tensor) -> Tensor:
        """z squashed to between the lowest level, −⌊levels / 2⌋, and the highest."""
        return self.reach * (z + math.tan(self.offset / self.reach)).tanh() - self.offset

    def codes(self, z: Tensor) -> Tensor:
        """The levels, read as the digits of one number."""
        digits = self.bounded(z).round().long() + self.levels // 2
        return (digits * self.places.view(-1, 1, 1)).sum(1)

    def vectors(self, codes: Tensor) -> Tensor:
        """The digits of each code, as numbers in −1…1."""
        digits = codes.unsqueeze(1) // self.places.view(-1, 1, 1) % self.levels
        return digits / (self.levels // 2) - 1

    def forward(self, z: Tensor, noise: Noise) -> Quantised:
        """The gradient skips the rounding but not the bounds."""
        codes = self.codes(z)
        bounded = self.bounded(z) / (self.levels // 2)
        return Quantised(codes, straight_through(bounded, self.vectors(codes)), z.new_zeros(len(z)), {})


def straight_through(z: Tensor, vectors: Tensor) -> Tensor:
    """The value of `vectors` with the gradient of z."""
    return z + (vectors - z).detach()


def squared_error(first: Tensor, second: Tensor) -> Tensor:
    """‖first − second‖² per image: (B, D, h, w) twice → (B,)."""
    return (first - second).square().flatten(1).sum(1)


BY_NAME: dict[str, type[Quantiser]] = {"ema": EMA, "gradient": Gradient, "fsq": FSQ}
