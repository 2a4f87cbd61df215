r"""The importance-weighted autoencoder: a tighter bound from k codes per image.

    bound = log 1/k Σ_j w_j,   w_j = p(x|z_j) p(z_j) / q(z_j|x),   z_j ~ q(z|x),   loss = −bound

With k = 1 it is the sampled ELBO; the bound rises with k towards log p(x). Burda et al. 2016, arXiv:1509.00519.
"""

from typing import Any

from torch import Tensor
from typing_extensions import override

from vaeplay.models.parts import losses
from vaeplay.models.parts.importance import DECODED_AT_ONCE, bound, log_weights
from vaeplay.models.parts.losses import Loss
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise


class IWAE(VAE):
    """Importance-weighted autoencoder with `samples` codes per image; `bound` is among its terms."""

    uses: tuple[str, ...] = ("likelihood", "hidden", "samples")

    def __init__(self, *size: Any, samples: int, **settings: Any) -> None:
        super().__init__(*size, schedule={"name": "constant"}, **settings)
        self.samples = samples

    @override
    def rate_weight(self, step: int) -> float | None:
        return None  # the bound does not split into distortion and rate

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        posterior = self.gaussian(x)
        at_once = None if self.training else DECODED_AT_ONCE
        log_weight, distortion = log_weights(self.distortion, posterior, x, noise, self.samples, at_once)
        rate = losses.gaussian_rates(*posterior).sum(1)
        value = bound(log_weight)
        return Loss(-value, {"bound": value, "distortion": distortion.mean(1), "rate": rate})

    def measure(self, x: Tensor, noise: Noise) -> dict[str, Tensor]:
        """The rate, and the mean distortion over the samples."""
        terms = self.loss(x, 0, noise).terms
        return {name: terms[name] for name in ("distortion", "rate")}
