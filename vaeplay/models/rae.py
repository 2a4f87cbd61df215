r"""The regularised autoencoder: small codes and a smooth decoder take the place of a VAE's noise.

    loss = distortion(x, z) + β/2 · ‖z‖² + λ · R,   z = encoder(x)
      weights:   R = ‖W‖², W the decoder's weights                                                   RAE-L2
      gradient:  R = ‖J‖², J = ∂ decoder(z)/∂z the Jacobian of the expected image at the code        RAE-GP

β, λ and which R are `codes`, `decoder` and `name` of the setting `shrinkage`. A density is fitted to the codes after
training, as to the AE's. Ghosh et al. 2020, arXiv:1903.12436. ‖W‖² counts once for each image, as the other terms do.
‖J‖² is estimated from one draw of v as ‖Jᵀv‖², as the contractive AE's; here it is the decoder that is to be flat.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.models.ae import AE
from vaeplay.models.contractive import squared_product
from vaeplay.models.parts.losses import Loss
from vaeplay.noise import Noise


class RAE(AE):
    """Regularised autoencoder; with both weights 0 it is the AE. `code_norm`, ‖z‖²/2, and R are among its terms."""

    uses: tuple[str, ...] = ("likelihood", "density", "hidden", "shrinkage")

    def __init__(self, *size: Any, shrinkage: Mapping[str, Any], **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.shrinkage = shrinkage

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        with torch.enable_grad():  # validation has gradients switched off
            z = self.encode(x)
            outputs = self.decoder(z)
            kept_small = self.weights_norm(z) if self.shrinkage["name"] == "weights" else self.slope(z, outputs, noise)
        distortion, norm = self.likelihood.distortion(x, outputs), z.square().sum(1) / 2
        total = distortion + self.shrinkage["codes"] * norm + self.shrinkage["decoder"] * kept_small
        return Loss(total, {"distortion": distortion, "code_norm": norm, "decoder": kept_small})

    def weights_norm(self, z: Tensor) -> Tensor:
        """‖W‖² for each of the codes (B, D): (B,)."""
        squares = [part.square().sum() for part in self.decoder.parameters() if part.ndim > 1]
        return torch.stack(squares).sum().expand(len(z))

    def slope(self, z: Tensor, outputs: Tensor, noise: Noise) -> Tensor:
        """‖Jᵀv‖² for codes (B, D) and what the decoder makes of them: (B,)."""
        images = self.likelihood.mean(outputs)
        return squared_product(images, z, noise.normal(images.shape))
