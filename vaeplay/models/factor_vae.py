r"""The FactorVAE: a discriminator estimates the total correlation of the codes, and the VAE lowers it.

    loss = distortion + rate + γ · TC,   TC = KL(q(z) ‖ Π_d q(z_d)) ≈ mean of logit D(z)

D tells codes of images from codes whose numbers come from different images, and the logit of the best D is
log q(z) / Π_d q(z_d). Kim & Mnih 2018, arXiv:1802.05983. Both kinds of codes are of one batch here, and not of two; how
the discriminator is trained is in `adversary`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor
from typing_extensions import override

from vaeplay.models.parts.adversary import Adversary, from_marginals, with_gradient
from vaeplay.models.parts.losses import Loss
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise


class FactorVAE(VAE):
    """FactorVAE; with `weight` 0 it is the VAE. `total_correlation` and the `adversary`'s cost are among its terms."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "adversary")

    def __init__(self, *size: Any, adversary: Mapping[str, Any], **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.weight = adversary["weight"]
        self.adversary = Adversary(self.latent_dim, adversary["hidden"], adversary["depth"])

    @override
    def of_code(self, x: Tensor, z: Tensor, rates: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        plain = super().of_code(x, z, rates, step, noise)
        correlation = self.adversary.logits(z)
        cost = self.adversary.cost(z, from_marginals(z, noise))
        total = plain.total + self.weight * correlation + with_gradient(cost)
        return replace(plain, total=total, terms=plain.terms | {"total_correlation": correlation, "adversary": cost})
