r"""The adversarial autoencoder: its codes are to fool a discriminator that knows draws from the prior.

    loss = distortion(x, z) + λ · (−log D(z)),   z = encoder(x);   D tells draws from N(0, I) from codes

Makhzani et al. 2016, arXiv:1511.05644; with −log D in the place of log(1 − D), whose gradient vanishes where D is sure.
How the discriminator is trained is in `adversary`. It is the WAE with another penalty on the codes as a whole.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from vaeplay.models.base import Autoencoder
from vaeplay.models.parts.adversary import Adversary, with_gradient
from vaeplay.models.parts.losses import Loss
from vaeplay.models.parts.priors import StandardNormal
from vaeplay.noise import Noise


class AAE(StandardNormal, Autoencoder):
    """Adversarial autoencoder with a deterministic encoder. The `adversary`'s cost is among its terms."""

    uses: tuple[str, ...] = ("likelihood", "hidden", "adversary")

    def __init__(self, *size: Any, adversary: Mapping[str, Any], **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.weight = adversary["weight"]
        self.adversary = Adversary(self.latent_dim, adversary["hidden"], adversary["depth"])

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        z = self.encode(x)
        distortion = self.distortion(x, z)
        fooled = functional.softplus(-self.adversary.logits(z))
        cost = self.adversary.cost(noise.normal(z.shape), z)
        total = distortion + self.weight * fooled + with_gradient(cost)
        return Loss(total, {"distortion": distortion, "fooled": fooled, "adversary": cost})
