r"""Quantisers without a codebook: each number of an encoder's output is rounded by itself.

    fsq   v_d = (z_d − mean_d) / deviation_d → the integer nearest to reach_d · tanh(v_d + shift_d) − offset_d, one of
          L_d levels; K = Π_d L_d. Nothing is learned, and nothing is added to the loss
    lfq   z_d → its sign, so that K = 2^D. With q(c|z) ∝ exp(−‖z − c‖²) over c ∈ {−1, 1}^D, an image's cost is
          commitment · ‖z − sg(sign z)‖² + entropy · Σ_positions (H(q(·|z)) − H(q̄)), q̄ the mean of q(·|z) over the
          batch: each position is to be sure of its code, and all of them together are to use every code

Vectors are in −1…1. FSQ: Mentzer et al. 2023, arXiv:2309.15505, which advises at least 5 levels in each dimension,
such as [8, 6, 5] for about 2⁸ codes, [8, 5, 5, 5] for 2¹⁰, [7, 5, 5, 5, 5] for 2¹² and [8, 8, 8, 5, 5, 5] for 2¹⁶. LFQ:
Yu et al. 2023, arXiv:2310.05737.

FSQ's mean and deviation are the batch's in training, and running ones otherwise, as in batch normalisation (Ioffe &
Szegedy 2015, arXiv:1502.03167). The paper's FSQ has none of this. The encoders here do not end in a normalisation:
their first outputs differ so little that all have one code, and the gradient, which sees no rounding, then moves all of
them to one side, where tanh is flat and most stay.

Both entropies are exact. The signs of a position are independent, so that H(q(·|z)) is a sum over dimensions; q̄ is no
product, but the matrix product of the distributions of the first and of the other half of the dimensions.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from vaeplay.models.parts.limits import fsq_codes, lfq_codes
from vaeplay.models.parts.quantised import Quantised, Quantiser, squared_error, straight_through
from vaeplay.noise import Noise

PACE = 0.05  # at which the running mean and variance follow those of batches
LEAST = 1e-6  # variance that is added
MARGIN = 1e-3  # keeps bounded numbers off the outer edges of their levels: Mentzer et al. 2023


class FSQ(Quantiser):
    """Finite scalar quantisation, with `levels` in every dimension, or a list with those of each.

    v = 0 becomes 0. An even number of levels has no integer in its middle: offset = 1/2 puts one there, as in the
    paper, with one more level below 0 than above. Without it, v = 0 would lie on the edge between two codes.
    """

    levels: Tensor
    reach: Tensor
    offset: Tensor
    shift: Tensor
    places: Tensor
    mean: Tensor
    variance: Tensor

    def __init__(self, dimensions: int, levels: int | Sequence[int]) -> None:
        super().__init__()
        self.size = fsq_codes(dimensions, levels)
        each = [levels] * dimensions if isinstance(levels, int) else list(levels)
        reach = [(count - 1) * (1 - MARGIN) / 2 for count in each]
        offset = [0.0 if count % 2 else 0.5 for count in each]
        shift = [math.tan(half / most) for half, most in zip(offset, reach, strict=True)]
        places = [math.prod(each[:dimension]) for dimension in range(dimensions)]
        for name, values in {
            "levels": each,
            "reach": reach,
            "offset": offset,
            "shift": shift,
            "places": places,
        }.items():
            self.register_buffer(name, torch.tensor(values).view(-1, 1, 1), persistent=False)
        self.register_buffer("mean", torch.zeros(dimensions, 1, 1))
        self.register_buffer("variance", torch.ones(dimensions, 1, 1))

    def bounded(self, z: Tensor) -> Tensor:
        """v squashed to between the lowest level, −⌊levels / 2⌋, and the highest: (B, D, h, w) → same shape."""
        mean, variance = moments(z) if self.training else (self.mean, self.variance)
        return self.reach * ((z - mean) / (variance + LEAST).sqrt() + self.shift).tanh() - self.offset

    @override
    def start(self, z: Tensor, noise: Noise) -> None:
        self.follow(z, 1.0)

    @torch.no_grad()
    def follow(self, z: Tensor, pace: float) -> None:
        """Move the running mean and variance towards those of encoder outputs."""
        for running, now in zip((self.mean, self.variance), moments(z), strict=True):
            running.lerp_(now, pace)

    @override
    def codes(self, z: Tensor) -> Tensor:
        return self.numbered(self.bounded(z))

    def numbered(self, bounded: Tensor) -> Tensor:
        """The code at each position, from its bounded numbers: (B, D, h, w) → (B, h, w)."""
        return ((bounded.round().long() + self.levels // 2) * self.places).sum(1)

    @override
    def vectors(self, codes: Tensor) -> Tensor:
        digits = codes.unsqueeze(1) // self.places % self.levels
        return digits / (self.levels // 2) - 1

    def forward(self, z: Tensor, noise: Noise) -> Quantised:
        """The gradient skips the rounding but not the bounds."""
        bounded = self.bounded(z)
        if self.training:
            self.follow(z.detach(), PACE)
        codes = self.numbered(bounded)
        vectors = straight_through(bounded / (self.levels // 2), self.vectors(codes))
        return Quantised(codes, vectors, z.new_zeros(len(z)), {})


def moments(z: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of each of D numbers over all positions: (B, D, h, w) → (D, 1, 1) twice."""
    variance, mean = torch.var_mean(z, (0, 2, 3), correction=0)
    return mean.view(-1, 1, 1), variance.view(-1, 1, 1)


class LFQ(Quantiser):
    """Lookup-free quantisation: each number becomes its sign."""

    places: Tensor

    def __init__(self, dimensions: int, commitment: float, entropy: float) -> None:
        super().__init__()
        self.size = lfq_codes(dimensions)
        self.commitment = commitment
        self.entropy = entropy
        self.register_buffer("places", (2 ** torch.arange(dimensions)).view(-1, 1, 1), persistent=False)

    @override
    def codes(self, z: Tensor) -> Tensor:
        return ((z > 0) * self.places).sum(1)

    @override
    def vectors(self, codes: Tensor) -> Tensor:
        return codes.unsqueeze(1) // self.places % 2 * 2.0 - 1

    def forward(self, z: Tensor, noise: Noise) -> Quantised:
        """As the module says; the entropy of all positions together is added to each image alike."""
        codes = self.codes(z)
        vectors = self.vectors(codes)
        commitment = squared_error(z, vectors)
        entropy = surprise(4 * z).flatten(1).sum(1) - codes[0].numel() * entropy_of_mean(4 * z.movedim(1, -1))
        cost = self.commitment * commitment + self.entropy * entropy
        return Quantised(codes, straight_through(z, vectors), cost, {"commitment": commitment, "entropy": entropy})


def surprise(logits: Tensor) -> Tensor:
    """The entropy of a sign that is positive with probability σ(logit): same shape, nats."""
    return functional.softplus(logits) - logits * logits.sigmoid()


def entropy_of_mean(logits: Tensor) -> Tensor:
    """The entropy of the mean over positions of the distribution over codes: (…, D) → (), nats."""
    shares = logits.flatten(0, -2).sigmoid()
    halves = shares.tensor_split(2, dim=1)
    first, second = (combinations(half) for half in halves)
    return torch.special.entr(first.T @ second / len(shares)).sum()


def combinations(shares: Tensor) -> Tensor:
    """The probability of each combination of independent signs: (N, D) → (N, 2^D)."""
    found = shares.new_ones(len(shares), 1)
    for share in shares.unbind(1):
        found = torch.cat([found * (1 - share[:, None]), found * share[:, None]], dim=1)
    return found
