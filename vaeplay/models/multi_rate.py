r"""The multi-rate VAE: one training for a whole range of β.

    log β ~ U(log lowest, log highest), one for each image
    h_l    = activation(σ(a_l · log β + b_l) ⊙ (W_l h_{l−1} + c_l))   for every layer of both networks but their last
    loss   = (distortion + β · rate) / (1 + β)

Each hidden unit has a gate that depends on β alone, so that one set of weights gives a model for each β. A gate at a
fixed β is a constant, which W_l and c_l can absorb: `at(beta)` is a plain VAE. Bae et al. 2023, arXiv:2212.03905. The
division of the loss by 1 + β is ours: without it, the gradients of large β drown the others. All gates start at σ(2).
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from vaeplay.models.conv_vae import ConvVAE
from vaeplay.models.convolutional import Convolutional
from vaeplay.models.parts import losses
from vaeplay.models.parts.gates import Dial, Gate
from vaeplay.models.parts.losses import Loss
from vaeplay.models.parts.nets import Network
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise

WITH_WEIGHTS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


class MultiRateVAE(VAE):
    """A VAE for every β of a range. Outside of training it is the one of β = 1; `at` gives the others."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "betas")
    plain: type[VAE] = VAE
    betas: tuple[float, float]

    def __init__(self, *size: Any, betas: Mapping[str, float], **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.size, self.settings = size, settings
        self.betas = (betas["lowest"], betas["highest"])
        self.dial = Dial()
        self.encoder, self.decoder = (_gated(network, self.dial) for network in (self.encoder, self.decoder))

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        lowest, highest = map(math.log, self.betas)
        log_beta = lowest + (highest - lowest) * noise.uniform((len(x), 1))
        return self.loss_at(log_beta, x, step, noise)

    def loss_at(self, log_beta: Tensor, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        """The loss at log β, (B, 1) or (), of images x (B, …)."""
        self.dial.log_beta = log_beta
        x = self.likelihood.observe(x, noise)
        mean, logvar = self.gaussian(x)
        distortion = self.distortion(x, losses.gaussian_sample(mean, logvar, noise.normal(mean.shape)))
        rates = losses.gaussian_rates(mean, logvar)
        self.dial.log_beta = torch.zeros((), device=x.device)
        beta = log_beta.exp().reshape(-1)
        total = (distortion + beta * self.schedule(rates, step)) / (1 + beta)
        return Loss(total, {"distortion": distortion, "rate": rates.sum(1)})

    @override
    def rate_weight(self, step: int) -> float | None:
        return None  # it differs from image to image

    @override
    def at(self, beta: float) -> VAE:
        """The plain VAE for one β, with the gates folded into its weights.

        Raises:
            ValueError: β is outside of the range that was trained.
        """
        lowest, highest = self.betas
        if not lowest <= beta <= highest:
            raise ValueError(f"found β = {beta}; this model was trained for {lowest} to {highest}")
        model = self.plain(*self.size, **self.settings).to(next(self.parameters()).device)
        log_beta = torch.tensor(math.log(beta), device=next(self.parameters()).device)
        for folded, gated in ((model.encoder, self.encoder), (model.decoder, self.decoder)):
            _fold(folded, gated, log_beta)
        model.likelihood.load_state_dict(self.likelihood.state_dict())
        model.beta, model.failed = beta, self.failed
        return model.eval()

    @override
    def measured(self) -> VAE:
        return self.at(1.0)


class ConvMultiRateVAE(Convolutional, MultiRateVAE):
    """Convolutional multi-rate VAE: its gates are on feature maps."""

    plain: type[VAE] = ConvVAE


def _weighted(network: nn.Module) -> list[nn.Module]:
    return [layer for layer in network.children() if isinstance(layer, WITH_WEIGHTS)]


def _gated(network: nn.Module, dial: Dial) -> Network:
    """The network's own layers, and a gate after each that has weights, except for the last of these."""
    layers: list[nn.Module] = []
    *hidden, _ = _weighted(network)
    for layer in network.children():
        layers.append(layer)
        if layer in hidden:
            layers.append(Gate(len(layer.get_parameter("bias")), dial))
    return Network(*layers)


@torch.no_grad()
def _fold(network: nn.Module, gated: nn.Module, log_beta: Tensor) -> None:
    """Set the weights of `network` to those of `gated` times the gates that follow them."""
    layers = list(gated.children())
    followers = dict(zip(layers, [*layers[1:], None], strict=True))
    for layer, source in zip(_weighted(network), _weighted(gated), strict=True):
        layer.load_state_dict(source.state_dict())
        gate = followers[source]
        if isinstance(gate, Gate):
            values = gate.values(log_beta)
            outputs = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
            weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
            weight.mul_(values.reshape([-1 if axis == outputs else 1 for axis in range(weight.ndim)]))
            bias.mul_(values)
