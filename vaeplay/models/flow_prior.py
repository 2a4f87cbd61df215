r"""The VAE with a RealNVP as its prior: a density that learns where the codes lie.

    log p(z) = log N(u; 0, I) + log |det ∂u/∂z|,   u = flow(z),   rate = log q(z|x) − log p(z) at a sampled z

The posteriors need not fill a Gaussian together, which costs them rate; the flow bends a Gaussian to them. Dinh et al.
2017, arXiv:1605.08803; as a VAE's prior Chen et al. 2017, arXiv:1611.02731. The flow is in `flows`.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from typing_extensions import override

from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import losses
from vaeplay.models.parts.flows import RealNVP
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise


class FlowPriorVAE(VAE):
    """VAE with a RealNVP prior. Its rate is a sampled one."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "flow")
    prior = "the prior, a RealNVP that is trained with the rest"

    def __init__(self, *size: Any, flow: Mapping[str, int], **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.flow = RealNVP(self.latent_dim, flow["layers"], flow["hidden"])

    @override
    def code(self, x: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
        mean, logvar = self.gaussian(x)
        z = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
        log_posterior = losses.gaussian_log_density(z, mean, logvar).sum(1)
        return z, (log_posterior - self.flow.log_density(z)).unsqueeze(1)

    @override
    def posterior(self, x: Tensor) -> None:
        """None: its prior is no standard normal."""

    @override
    def sample_codes(self, count: int, noise: Noise) -> Tensor:
        return self.flow.of_normal(noise.normal((count, self.latent_dim)))

    @override
    def prior_moments(self) -> tuple[Tensor, Tensor]:
        return Autoencoder.prior_moments(self)
