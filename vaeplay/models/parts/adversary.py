r"""A discriminator that is trained beside a model, against it, by the same descent.

    D(z) = σ(logit(z)),   cost = −½ log D(true) − ½ log(1 − D(made))

Two players need two gradients, and no second optimiser: every weight has one owner. The model's loss sees D with its
weights held (`logits`), and the discriminator's `cost` sees codes that are held. Their sum gives each weight its
owner's gradient and no other, and an optimiser that treats each weight by itself, as Adam does, moves each as one of
its own would. Both players move at once. Goodfellow et al. 2014, arXiv:1406.2661.

The discriminator's weights are kept as w / PACE: Adam's steps, which have the learning rate's size whatever the
gradient's, then move w at PACE times the model's learning rate. At its full rate it is sure of itself after an epoch,
and leaves the model no gradient to follow.
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional
from typing_extensions import override

from vaeplay.models.parts import nets
from vaeplay.noise import Noise

SLOPE = 0.2  # of the leaky units, as is usual in discriminators
PACE = 0.1


class Adversary(nn.Module):
    """The logit that a code (B, D) is a true one: `depth` hidden layers of `hidden` units."""

    def __init__(self, dimensions: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*nets.dense(dimensions, 1, depth, "LeakyReLU", hidden))
        for layer in self.layers:
            if isinstance(layer, nn.LeakyReLU):
                layer.negative_slope = SLOPE
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.div_(PACE)

    @override
    def forward(self, z: Tensor) -> Tensor:
        weights = {name: PACE * value for name, value in self.layers.named_parameters()}
        logits: Tensor = functional_call(self.layers, weights, (z,)).squeeze(1)
        return logits

    def logits(self, z: Tensor) -> Tensor:
        """The same for the model's loss: no gradient reaches the discriminator. (B, D) → (B,)."""
        weights = {name: PACE * value.detach() for name, value in self.layers.named_parameters()}
        logits: Tensor = functional_call(self.layers, weights, (z,)).squeeze(1)
        return logits

    def cost(self, true: Tensor, made: Tensor) -> Tensor:
        """What telling true from made codes costs, (B, D) twice → (B,), nats: log 2 by guessing."""
        return functional.softplus(-self(true.detach())) / 2 + functional.softplus(self(made.detach())) / 2


def with_gradient(value: Tensor) -> Tensor:
    """0, with the gradient of `value`: it trains a discriminator and leaves the value of the model's loss alone."""
    return value - value.detach()


def from_marginals(z: Tensor, noise: Noise) -> Tensor:
    """Codes whose numbers are drawn apart, each from those that a batch of codes has in its dimension: (B, D) → (B, D).

    It stands for a permutation of each dimension, and does not change its mind if the batch is repeated.
    """
    places = (noise.uniform(z.shape) * len(z)).long()
    return z.sort(0).values.gather(0, places)
