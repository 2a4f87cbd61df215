r"""Codebooks: quantisers that learn their vectors e_1 … e_K.

At every position, with encoder output z and the stop-gradient sg,

    code      k(z) = argmin_k ‖z − e_k‖²
    quantised z_q  = e_k(z), passed on as z + sg(z_q − z): the gradient at z is the one at z_q (straight-through)
    cost           = commitment · ‖z − sg(z_q)‖²  [+ ‖sg(z) − z_q‖², `gradient` only]

The squared errors are summed over an image's positions and dimensions, as its distortion is over its pixels.

    ema       e_k is the running mean of the vectors that chose it: with decay γ, s_k ← γ s_k + (1 − γ) n_k / N and
              e_k ← e_k + (1 − γ) (Σ_chosen z − n_k e_k) / (N s_k), where n_k of the N vectors chose k
    gradient  e_k follows the codebook's own loss, the bracket above
    residual  S codebooks of `ema`, one after another: r_1 = z, r_{s+1} = r_s − e_s(r_s), z_q = Σ_s e_s(r_s). The costs
              add up, and K is the number of codes of one stage to the power of S

Van den Oord et al. 2017, arXiv:1711.00937 (`ema`: its appendix, and Razavi et al. 2019, arXiv:1906.00446). Codebooks
start at k-means centres, and rarely used codes move to an encoder output, as in Łańcucki et al. 2020,
arXiv:2005.08520. `residual`: Zeghidour et al. 2021, arXiv:2107.03312; of images, Lee et al. 2022, arXiv:2203.01941.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from vaeplay.models.parts import clusters
from vaeplay.models.parts.limits import residual_codes
from vaeplay.models.parts.quantised import Quantised, Quantiser, listed, squared_error, straight_through
from vaeplay.neighbours import nearest
from vaeplay.noise import Noise

START_STEPS = 10  # of Lloyd's algorithm for the initial codebook; training refines it


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
        _, codes = nearest(listed(z.detach()), self.codebook)
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
            self.move(listed(z.detach()), codes.flatten(), noise)
        return Quantised(codes, straight_through(z, vectors), cost, terms)

    def cost(self, z: Tensor, vectors: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The cost of each image's codes, (B,), and its unweighted parts."""
        commitment = squared_error(z, vectors.detach())
        return self.commitment * commitment, {"commitment": commitment}

    @torch.no_grad()
    def start(self, z: Tensor, noise: Noise) -> None:
        """Set the codebook to the k-means centres of the vectors."""
        self.codebook.copy_(clusters.k_means(listed(z), self.size, noise, START_STEPS)[0])
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


class ResidualVQ(Quantiser):
    """`stages` codebooks, each for what those before it have left; the digits of a code are the stages' codes."""

    places: Tensor

    def __init__(self, dimensions: int, stages: int, codes: int, **settings: Any) -> None:
        super().__init__()
        self.size = residual_codes(codes, stages)
        self.codes_of_a_stage = codes
        self.stages: list[EMA] = [EMA(dimensions, codes=codes, **settings) for _ in range(stages)]
        self.books = nn.ModuleList(self.stages)
        self.register_buffer("places", codes ** torch.arange(stages), persistent=False)

    @override
    def codes(self, z: Tensor) -> Tensor:
        left, digits = z.detach(), []
        for stage in self.stages:
            digits.append(stage.codes(left))
            left = left - stage.vectors(digits[-1])
        return self.joined(digits)

    def joined(self, digits: list[Tensor]) -> Tensor:
        """The stages' codes as the digits of one number, the first stage's lowest: S times (B, h, w) → (B, h, w)."""
        return (torch.stack(digits) * self.places.view(-1, 1, 1, 1)).sum(0)

    @override
    def vectors(self, codes: Tensor) -> Tensor:
        return self.after(len(self.stages), codes)

    @override
    def in_stages(self, codes: Tensor) -> list[Tensor]:
        return [self.after(count, codes) for count in range(1, len(self.stages) + 1)]

    def after(self, count: int, codes: Tensor) -> Tensor:
        """What the first `count` stages say: indices (B, h, w) → (B, D, h, w)."""
        digits = codes // self.places.view(-1, 1, 1, 1) % self.codes_of_a_stage
        total = self.stages[0].vectors(digits[0])
        for stage, digit in zip(self.stages[1:count], digits[1:count], strict=True):
            total = total + stage.vectors(digit)
        return total

    def forward(self, z: Tensor, noise: Noise) -> Quantised:
        """The first stage passes the gradient on; those after it add numbers alone, so that it is passed on once."""
        first = self.stages[0](z, noise)
        vectors, cost, commitment, digits = first.vectors, first.cost, first.terms["commitment"], [first.codes]
        for stage in self.stages[1:]:
            quantised = stage(z - vectors.detach(), noise)
            vectors, cost = vectors + quantised.vectors.detach(), cost + quantised.cost
            commitment = commitment + quantised.terms["commitment"]
            digits.append(quantised.codes)
        return Quantised(self.joined(digits), vectors, cost, {"commitment": commitment})

    @torch.no_grad()
    def start(self, z: Tensor, noise: Noise) -> None:
        """Start each stage from what those before it leave."""
        for stage in self.stages:
            stage.start(z, noise)
            z = z - stage.vectors(stage.codes(z))
