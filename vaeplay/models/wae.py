r"""The Wasserstein autoencoder with an MMD penalty: it pulls the codes as a whole towards the prior.

    loss = distortion(x, encoder(x)) + λ · MMD²(codes of the batch, draws from N(0, I))

Tolstikhin et al. 2018, arXiv:1711.01558. The penalty is the batch's, and is added once to each image's loss.
"""

from typing import Any

from torch import Tensor
from typing_extensions import override

from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import losses
from vaeplay.models.parts.losses import Loss
from vaeplay.models.parts.priors import StandardNormal
from vaeplay.noise import Noise


class WAE(StandardNormal, Autoencoder):
    """WAE-MMD with a deterministic encoder; `mmd` is among its batch metrics. It has no rate: its code is a point."""

    uses: tuple[str, ...] = ("likelihood", "hidden", "mmd_weight")

    def __init__(self, *size: Any, mmd_weight: float, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.mmd_weight = mmd_weight

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        z = self.encode(x)
        distortion = self.distortion(x, z)
        mmd = losses.mmd(z, noise.normal(z.shape))
        return Loss(distortion + self.mmd_weight * mmd, {"distortion": distortion}, {"mmd": mmd})
