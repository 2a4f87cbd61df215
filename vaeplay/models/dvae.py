r"""The discrete VAE: a posterior over codes at each position, trained through relaxed samples of it.

    q(k|x) = Π_i softmax(logits_i)(k_i),   logits = encoder(x), K at each of h · w positions,   p(k) = Π_i 1 / K
    z_i    = Σ_k softmax((logits_i + g_i) / τ)_k e_k,   g ~ Gumbel(0, 1),   τ falls from `temperature` to `coldest`
    loss   = distortion(x, z) + weight · KL(q(k|x) ‖ p(k)),   KL = Σ_i (log K − H(q(k_i|x)))

As τ → 0, z_i becomes the vector of a code drawn from q(k_i|x). Jang et al. 2017, arXiv:1611.01144; Maddison et al.
2017, arXiv:1611.00712; of images, Ramesh et al. 2021, arXiv:2102.12092, who then replace the uniform prior by an
autoregressive one. So does `fit_prior` here. Outside of training, an image's map has the likeliest code at each
position, and as in the VQ-VAE distortion − log prior(map) is a negative ELBO: this is the rate that is measured.
"""

import math
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.models.parts import schedules
from vaeplay.models.parts.losses import Loss
from vaeplay.models.parts.quantised import Entries
from vaeplay.models.vq_vae import VQVAE
from vaeplay.noise import Noise


class DVAE(VQVAE):
    """Discrete VAE with a Gumbel-softmax posterior."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "channels", "gumbel", "code_prior")

    def __init__(self, *size: Any, gumbel: dict[str, Any], schedule: dict[str, Any], **settings: Any) -> None:
        self.size = gumbel["codes"]  # before the networks are built: the encoder has an output for every code
        super().__init__(*size, quantiser=gumbel, **settings)
        self.temperatures = gumbel["temperature"], gumbel["coldest"]
        self.schedule_settings = schedule
        self.schedule, self.steps = schedules.of(schedule, steps=1), 1  # until `start` knows how many steps there are

    @override
    def build_quantiser(self, settings: dict[str, Any]) -> Entries:
        return Entries(self.latent_dim, settings["codes"])

    @override
    def encoder_outputs(self) -> int:
        return self.size

    @override
    def start(self, images: Tensor, noise: Noise, steps: int) -> None:
        self.schedule, self.steps = schedules.of(self.schedule_settings, steps), steps

    @override
    def codes(self, x: Tensor) -> Tensor:
        return self.encoder(x).argmax(1)

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        logits: Tensor = self.encoder(x)
        codes = logits.argmax(1)
        z = self.relaxed(logits, step, noise) if self.training else self.quantiser.vectors(codes)
        distortion, kl = self.distortion(x, z), kl_from_uniform(logits)
        total = distortion + self.schedule(kl.flatten(1), step)
        return Loss(total, {"distortion": distortion, "kl": kl.flatten(1).sum(1)}, self.metrics_of(codes))

    def relaxed(self, logits: Tensor, step: int | Tensor, noise: Noise) -> Tensor:
        """Mixtures of the codes' vectors: (B, K, h, w) → (B, D, h, w)."""
        shares = gumbel_softmax(logits, self.temperature(step), noise)
        return torch.einsum("bkhw,kd->bdhw", shares, self.codebook())

    def temperature(self, step: int | Tensor) -> Tensor:
        """τ at a step: it falls by the same factor in each."""
        first, last = self.temperatures
        return (first * (last / first) ** schedules.share(step, self.steps)).float()


def gumbel_softmax(logits: Tensor, temperature: Tensor, noise: Noise) -> Tensor:
    """Relaxed draws from the distributions over the K codes: (B, K, …) → same shape, with a sum of 1 over the codes."""
    uniform = noise.uniform(logits.shape).clamp(min=torch.finfo(logits.dtype).tiny)
    return ((logits - (-uniform.log()).log()) / temperature).softmax(1)


def kl_from_uniform(logits: Tensor) -> Tensor:
    """KL of the distributions over K codes from the uniform one: (B, K, …) → (B, …), nats."""
    logs = logits.log_softmax(1)  # of a share that has become 0, the entropy by shares alone has no gradient
    return math.log(logits.shape[1]) + (logs.exp() * logs).sum(1)
