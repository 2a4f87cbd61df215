r"""The regularised autoencoder: small codes and a smooth decoder take the place of a VAE's noise.

    loss = distortion(x, z) + β/2 · ‖z‖² + λ · ‖W‖²,   z = encoder(x),   W: the decoder's weights

β and λ are `codes` and `decoder` of the setting `shrinkage`. A density is fitted to the codes after training, as to the
AE's. Ghosh et al. 2020, arXiv:1903.12436: RAE-L2. ‖W‖² counts once for each image, as the other terms do.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.models.ae import AE
from vaeplay.models.parts.losses import Loss
from vaeplay.noise import Noise


class RAE(AE):
    """Regularised autoencoder; with both weights 0 it is the AE. `code_norm`, ‖z‖²/2, is among its terms."""

    uses: tuple[str, ...] = ("likelihood", "density", "hidden", "shrinkage")

    def __init__(self, *size: Any, shrinkage: Mapping[str, float], **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.shrinkage = shrinkage

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        z = self.encode(x)
        distortion, norm = self.distortion(x, z), z.square().sum(1) / 2
        weights = torch.stack([part.square().sum() for part in self.decoder.parameters() if part.ndim > 1]).sum()
        total = distortion + self.shrinkage["codes"] * norm + self.shrinkage["decoder"] * weights
        return Loss(total, {"distortion": distortion, "code_norm": norm}, {"decoder_norm": weights})
