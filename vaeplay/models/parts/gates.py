r"""Gates of a multi-rate VAE: each unit of a layer times σ(a · log β + b). Bae et al. 2023, arXiv:2212.03905."""

import torch
from torch import Tensor, nn
from typing_extensions import override

OPEN = 2.0
"""b at the start: gates are almost open."""


class Dial:
    """The β that all gates of a model see, as its logarithm: (B, 1), or () for all images."""

    def __init__(self) -> None:
        self.log_beta = torch.zeros(())


class Gate(nn.Module):
    """σ(a · log β + b) times each of `units` units, or feature maps: the second axis of what it is given."""

    def __init__(self, units: int, dial: Dial) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.zeros(units))
        self.b = nn.Parameter(torch.full((units,), OPEN))
        self.dial = dial

    def values(self, log_beta: Tensor) -> Tensor:
        """The gates at log β, (B, 1) or (): (B, units) or (units,)."""
        return torch.sigmoid(self.a * log_beta + self.b)

    @override
    def forward(self, x: Tensor) -> Tensor:
        gates = self.values(self.dial.log_beta)
        return x * gates.reshape(*gates.shape, *[1] * (x.ndim - 2))
