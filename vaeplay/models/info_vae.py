r"""The InfoVAE: the rate may cost little, as long as all codes together look like the prior.

    loss = distortion + (1 − α) · rate + (α + λ − 1) · MMD²(codes of the batch, draws from N(0, I))

1 − α is `beta` and α + λ − 1 is `mmd_weight`: with `beta` 0 only the codes as a whole are held to the prior (MMD-VAE),
with `mmd_weight` 0 it is the β-VAE. Zhao et al. 2019, arXiv:1706.02262. The MMD is the WAE's, the batch's.
"""

from dataclasses import replace
from typing import Any

from torch import Tensor
from typing_extensions import override

from vaeplay.models.parts import losses
from vaeplay.models.parts.losses import Loss
from vaeplay.models.vae import BetaVAE
from vaeplay.noise import Noise


class InfoVAE(BetaVAE):
    """InfoVAE with an MMD penalty; `mmd` is among its batch metrics."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "beta", "mmd_weight")

    def __init__(self, *size: Any, mmd_weight: float, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.mmd_weight = mmd_weight

    @override
    def of_code(self, x: Tensor, z: Tensor, rates: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        plain = super().of_code(x, z, rates, step, noise)
        mmd = losses.mmd(z, noise.normal(z.shape))
        return replace(plain, total=plain.total + self.mmd_weight * mmd, metrics={"mmd": mmd})
