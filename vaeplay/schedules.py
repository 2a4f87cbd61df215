r"""How much the rate counts, step by step. Each is a pure function of the step, so that resuming cannot move it.

With rates[i, d] the rate of image i in latent dimension d, and C or a weight that depends on the step:

    constant    Σ_d rates
    linear      min(1, step / steps) · Σ_d rates                          Bowman et al. 2016, arXiv:1511.06349
    cyclical    the same ramp over the first half of each of `cycles` equal parts of `steps`, 1 after it
                                                                          Fu et al. 2019, arXiv:1903.10145
    capacity    γ |Σ_d rates − C|, with C rising to `capacity` over `steps`
                                                                          Burgess et al. 2018, arXiv:1804.03599
    free_bits   Σ_d max(rate of d averaged over the batch, `free`)        Kingma et al. 2016, arXiv:1606.04934

A model multiplies what comes back by its β, and adds the distortion.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Schedule(Protocol):
    """What a VAE asks of a schedule."""

    def __call__(self, rates: Tensor, step: int) -> Tensor:
        """What the rate costs before β: (B, D) → (B,), nats."""


@dataclass(frozen=True)
class Constant:
    """The rate itself, always."""

    def __call__(self, rates: Tensor, step: int) -> Tensor:
        """Σ_d rates."""
        return rates.sum(1)


@dataclass(frozen=True)
class Linear:
    """Warm-up: from nothing to the whole rate over `steps` steps."""

    steps: int

    def weight(self, step: int) -> float:
        """0 at the start, 1 from `steps` on."""
        return min(1.0, step / self.steps)

    def __call__(self, rates: Tensor, step: int) -> Tensor:
        """Weight · Σ_d rates."""
        return self.weight(step) * rates.sum(1)


@dataclass(frozen=True)
class Cyclical(Linear):
    """`cycles` warm-ups within `steps` steps, each over the first half of its cycle."""

    cycles: int

    def weight(self, step: int) -> float:
        """Up over the first half of a cycle and 1 over its second; 1 for good once the last cycle is over."""
        if step >= self.steps:
            return 1.0
        return min(1.0, 2 * (step * self.cycles % self.steps) / self.steps)  # in whole numbers: a cycle may be broken


@dataclass(frozen=True)
class Capacity:
    """A rate held at a target that grows to `capacity` nats over `steps` steps; `gamma` says how hard."""

    steps: int
    capacity: float
    gamma: float

    def __call__(self, rates: Tensor, step: int) -> Tensor:
        """γ |Σ_d rates − C|."""
        target = self.capacity * min(1.0, step / self.steps)
        return self.gamma * (rates.sum(1) - target).abs()


@dataclass(frozen=True)
class FreeBits:
    """`free` nats in each latent dimension cost nothing more: pressure ends where a dimension says less."""

    free: float

    def __call__(self, rates: Tensor, step: int) -> Tensor:
        """An image's share of Σ_d max(mean rate of d, free): the mean over the batch is that sum."""
        return torch.where(rates.mean(0) > self.free, rates, self.free).sum(1)


BY_NAME: dict[str, type[Schedule]] = {
    "constant": Constant,
    "linear": Linear,
    "cyclical": Cyclical,
    "capacity": Capacity,
    "free_bits": FreeBits,
}
