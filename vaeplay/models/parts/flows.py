r"""Normalising flows over codes: invertible maps whose Jacobian's determinant is a sum.

    coupling:        u = z ⊙ m + (1 − m) ⊙ (z · exp(s) + t),   [s, t] = network(z ⊙ m),   log |det| = Σ (1 − m) s
    autoregressive:  u_d = z_d · exp(s_d) + t_d,   [s_d, t_d] = network(z_1 … z_{d−1}, h),   log |det| = Σ_d s_d

A coupling is as quick to invert as to apply: Dinh et al. 2017, RealNVP, arXiv:1605.08803. An autoregressive map is
applied in one pass and never inverted here: Kingma et al. 2016, arXiv:1606.04934; its network's weights are masked, as
in Germain et al. 2015, MADE, arXiv:1502.03509. Scales are bounded, |s| < 1 a step, and small at the start.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from vaeplay.models.parts import nets

START = 0.1  # times the usual initial weights of a last layer: every flow begins near the identity


class Coupling(nn.Module):
    """An affine coupling: the numbers where `mask` (D,) is 1 stay, and move the others."""

    mask: Tensor

    def __init__(self, mask: Tensor, hidden: int) -> None:
        super().__init__()
        self.register_buffer("mask", mask)
        self.network = nn.Sequential(*nets.dense(len(mask), 2 * len(mask), 1, "ReLU", hidden))
        _shrink(self.network[-1])

    def _moves(self, z: Tensor) -> tuple[Tensor, Tensor]:
        scale, shift = self.network(z * self.mask).chunk(2, dim=1)
        return scale.tanh() * (1 - self.mask), shift * (1 - self.mask)

    @override
    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        scale, shift = self._moves(z)
        return z * scale.exp() + shift, scale.sum(1)

    def inverse(self, u: Tensor) -> Tensor:
        """The z of u, (B, D)."""
        scale, shift = self._moves(u)
        return (u - shift) * (-scale).exp()


class RealNVP(nn.Module):
    """A density over codes of D dimensions: z of a standard normal u, through `layers` couplings and back."""

    def __init__(self, dimensions: int, layers: int, hidden: int) -> None:
        super().__init__()
        masks = [torch.arange(dimensions).add(layer).remainder(2).float() for layer in range(layers)]
        self.couplings = nn.ModuleList(Coupling(mask, hidden) for mask in masks)

    @override
    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Codes to normal numbers, and log |det ∂u/∂z|: (B, D) → (B, D), (B,)."""
        total = torch.zeros(len(z), dtype=z.dtype, device=z.device)
        for coupling in self.couplings:
            z, log_determinant = coupling(z)
            total = total + log_determinant
        return z, total

    def log_density(self, z: Tensor) -> Tensor:
        """log p(z), (B, D) → (B,), nats."""
        u, log_determinant = self(z)
        return log_determinant - 0.5 * (u.square() + math.log(2 * math.pi)).sum(1)

    def of_normal(self, u: Tensor) -> Tensor:
        """The codes of normal numbers, (B, D) → (B, D)."""
        for coupling in reversed(self.couplings):
            assert isinstance(coupling, Coupling)
            u = coupling.inverse(u)
        return u


class Autoregressive(nn.Module):
    """An autoregressive map of codes (B, D) given a context h (B, D), in the order of dimensions or against it."""

    before: Tensor
    after: Tensor

    def __init__(self, dimensions: int, hidden: int, backwards: bool) -> None:
        super().__init__()
        order = torch.arange(1, dimensions + 1)
        order = order.flip(0) if backwards else order
        units = torch.arange(hidden) % max(1, dimensions - 1) + 1
        self.register_buffer("before", (units[:, None] >= order).float())
        self.register_buffer("after", (order.repeat(2)[:, None] > units).float())
        self.first = nn.Linear(dimensions, hidden)
        self.context = nn.Linear(dimensions, hidden, bias=False)
        self.last = nn.Linear(hidden, 2 * dimensions)
        _shrink(self.last)

    @override
    def forward(self, z: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """The mapped codes, and log |det ∂u/∂z|: (B, D), (B,)."""
        features = functional.linear(z, self.first.weight * self.before, self.first.bias) + self.context(h)
        outputs = functional.linear(features.relu(), self.last.weight * self.after, self.last.bias)
        scale, shift = outputs.chunk(2, dim=1)
        scale = scale.tanh()
        return z * scale.exp() + shift, scale.sum(1)


@torch.no_grad()
def _shrink(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        parameter.mul_(START)
