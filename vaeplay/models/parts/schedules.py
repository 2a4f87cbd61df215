r"""How much the rate counts, step by step. Each is a pure function of the step, so that resuming cannot move it.

With rates[i, d] the rate of image i in latent dimension d, and C or a weight that depends on the step:

    constant    Σ_d rates
    linear      min(1, step / steps) · Σ_d rates                          Bowman et al. 2016, arXiv:1511.06349
    cyclical    the same ramp over the first half of each of `cycles` equal parts of `steps`, 1 after it
                                                                          Fu et al. 2019, arXiv:1903.10145
    capacity    γ |Σ_d rates − C|, with C rising to `capacity` over `steps`
                                                                          Burgess et al. 2018, arXiv:1804.03599
    free_bits   Σ_d max(rate of d averaged over the batch, `free`)        Kingma et al. 2016, arXiv:1606.04934

A model multiplies what comes back by its β, and adds the distortion. A step may be a number or a tensor (): where the
step of a training is captured, only what is in a tensor can change. In the settings `steps` is a `share` of the
training: so a schedule is complete by its end, and means the same for few images and for many.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor


def share(step: int | Tensor, steps: int) -> Tensor:
    """How much of `steps` is over, 1 at most: ().

    >>> share(3, 4), share(5, 4)
    (tensor(0.7500, dtype=torch.float64), tensor(1., dtype=torch.float64))
    """
    return (torch.as_tensor(step).double() / steps).clamp(max=1)


class Schedule(Protocol):
    """What a VAE asks of a schedule."""

    def __call__(self, rates: Tensor, step: int | Tensor) -> Tensor:
        """What the rate costs before β: (B, D) → (B,), nats."""

    def weight(self, step: int | Tensor) -> Tensor | None:
        """What multiplies the rate of every image and dimension, (); None where no single number does."""


@dataclass(frozen=True)
class Constant:
    """The rate itself, always."""

    def __call__(self, rates: Tensor, step: int | Tensor) -> Tensor:
        """Σ_d rates."""
        return rates.sum(1)

    def weight(self, step: int | Tensor) -> Tensor:
        """1."""
        return torch.ones(())


@dataclass(frozen=True)
class Linear:
    """Warm-up: from nothing to the whole rate over `steps` steps."""

    steps: int

    def weight(self, step: int | Tensor) -> Tensor:
        """0 at the start, 1 from `steps` on: ()."""
        return share(step, self.steps)

    def __call__(self, rates: Tensor, step: int | Tensor) -> Tensor:
        """Weight · Σ_d rates."""
        return self.weight(step) * rates.sum(1)


@dataclass(frozen=True)
class Cyclical(Linear):
    """`cycles` warm-ups within `steps` steps, each over the first half of its cycle."""

    cycles: int

    def weight(self, step: int | Tensor) -> Tensor:
        """Up over the first half of a cycle and 1 over its second; 1 for good once the last cycle is over: ()."""
        step = torch.as_tensor(step)
        within = 2 * (step * self.cycles % self.steps)  # in whole numbers: a cycle may be broken
        return share(torch.where(step >= self.steps, self.steps, within), self.steps)


@dataclass(frozen=True)
class Capacity:
    """A rate held at a target that grows to `capacity` nats over `steps` steps; `gamma` says how hard."""

    steps: int
    capacity: float
    gamma: float

    def __call__(self, rates: Tensor, step: int | Tensor) -> Tensor:
        """γ |Σ_d rates − C|."""
        target = self.capacity * share(step, self.steps)
        return self.gamma * (rates.sum(1) - target).abs()

    def weight(self, step: int | Tensor) -> None:
        """None: a nat costs γ above the target, and −γ below."""


@dataclass(frozen=True)
class FreeBits:
    """`free` nats in each latent dimension cost nothing more: pressure ends where a dimension says less."""

    free: float

    def __call__(self, rates: Tensor, step: int | Tensor) -> Tensor:
        """An image's share of Σ_d max(mean rate of d, free): the mean over the batch is that sum."""
        return torch.where(rates.mean(0) > self.free, rates, self.free).sum(1)

    def weight(self, step: int | Tensor) -> None:
        """None: it is 1 in some dimensions, and 0 in others."""


BY_NAME: dict[str, type[Schedule]] = {
    "constant": Constant,
    "linear": Linear,
    "cyclical": Cyclical,
    "capacity": Capacity,
    "free_bits": FreeBits,
}


def of(settings: dict[str, Any], steps: int) -> Schedule:
    """The schedule that settings name, for a training of so many steps.

    >>> of({"name": "linear", "share": 0.6}, 1000)
    Linear(steps=600)
    """
    options = dict(settings)
    kind = BY_NAME[options.pop("name")]
    if "share" in options:
        options["steps"] = max(1, round(options.pop("share") * steps))
    return kind(**options)
