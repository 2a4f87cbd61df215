r"""The weight of the rate at each step. Schedules are pure functions of the step, so resuming cannot shift them.

With rates[i, d] the rate of image i in latent dimension d, and C or a weight that depends on the step:

    constant    Σ_d rates
    linear      min(1, step / steps) · Σ_d rates                          Bowman et al. 2016, arXiv:1511.06349
    cyclical    the same ramp over the first half of each of `cycles` equal parts of `steps`, 1 after it
                                                                          Fu et al. 2019, arXiv:1903.10145
    capacity    γ |Σ_d rates − C|, with C rising to `capacity` over `steps`
                                                                          Burgess et al. 2018, arXiv:1804.03599
    free_bits   Σ_d max(rate of d averaged over the batch, `free`)        Kingma et al. 2016, arXiv:1606.04934

A model multiplies the result by its β and adds the distortion. A step may be a number or a tensor (): in a captured
training step, only tensors can change. In the settings, `steps` is a `share` of the training, so that a schedule is
complete by its end and means the same for few images and for many.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from typing_extensions import override


def share(step: int | Tensor, steps: int) -> Tensor:
    """The share of `steps` that is over, at most 1: ().

    >>> share(3, 4), share(5, 4)
    (tensor(0.7500, dtype=torch.float64), tensor(1., dtype=torch.float64))
    """
    return (torch.as_tensor(step).double() / steps).clamp(max=1)


class Schedule(Protocol):
    """What a VAE asks of a schedule."""

    def __call__(self, rates: Tensor, step: int | Tensor) -> Tensor:
        """What the rate costs before β: (B, D) → (B,), nats."""

    def weight(self, step: int | Tensor) -> Tensor | None:
        """The factor on the rate of every image and dimension, (); None if there is no single one."""


@dataclass(frozen=True)
class Constant(Schedule):
    """The rate itself, always."""

    @override
    def __call__(self, rates: Tensor, step: int | Tensor) -> Tensor:
        return rates.sum(1)

    @override
    def weight(self, step: int | Tensor) -> Tensor:
        return torch.ones(())


@dataclass(frozen=True)
class Linear(Schedule):
    """Warm-up: from 0 to the full rate over `steps` steps."""

    steps: int

    def weight(self, step: int | Tensor) -> Tensor:
        """0 at the start, 1 from `steps` on: ()."""
        return share(step, self.steps)

    @override
    def __call__(self, rates: Tensor, step: int | Tensor) -> Tensor:
        return self.weight(step) * rates.sum(1)


@dataclass(frozen=True)
class Cyclical(Linear):
    """`cycles` warm-ups within `steps` steps, each over the first half of its cycle."""

    cycles: int

    def weight(self, step: int | Tensor) -> Tensor:
        """Rises over the first half of each cycle and stays 1 over the second; 1 after the last cycle: ()."""
        step = torch.as_tensor(step)
        within = 2 * (step * self.cycles % self.steps)  # exact, even if steps / cycles is not an integer
        return share(torch.where(step >= self.steps, self.steps, within), self.steps)


@dataclass(frozen=True)
class Capacity(Schedule):
    """A rate held at a target that grows to `capacity` nats over `steps` steps; `gamma` says how strictly."""

    steps: int
    capacity: float
    gamma: float

    @override
    def __call__(self, rates: Tensor, step: int | Tensor) -> Tensor:
        target = self.capacity * share(step, self.steps)
        return self.gamma * (rates.sum(1) - target).abs()

    def weight(self, step: int | Tensor) -> None:
        """No single number: a nat costs γ above the target and −γ below it."""


@dataclass(frozen=True)
class FreeBits(Schedule):
    """The first `free` nats of each latent dimension cost nothing: below that, there is no pressure on it."""

    free: float

    def __call__(self, rates: Tensor, step: int | Tensor) -> Tensor:
        """An image's share of Σ_d max(mean rate of d, free), which is the mean over the batch."""
        return torch.where(rates.mean(0) > self.free, rates, self.free).sum(1)

    def weight(self, step: int | Tensor) -> None:
        """No single number: it is 1 in some dimensions and 0 in others."""


BY_NAME: dict[str, type[Schedule]] = {
    "constant": Constant,
    "linear": Linear,
    "cyclical": Cyclical,
    "capacity": Capacity,
    "free_bits": FreeBits,
}


def of(settings: dict[str, Any], steps: int) -> Schedule:
    """The schedule that `settings` name, for a training of `steps` steps.

    >>> of({"name": "linear", "share": 0.6}, 1000)
    Linear(steps=600)
    """
    options = dict(settings)
    kind = BY_NAME[options.pop("name")]
    if "share" in options:
        options["steps"] = max(1, round(options.pop("share") * steps))
    return kind(**options)
