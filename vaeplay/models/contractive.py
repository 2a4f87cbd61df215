r"""The contractive autoencoder: small changes of an image are to change its code little.

    loss = distortion(x, z) + λ · ‖∂z/∂x‖²,   z = encoder(x),   λ = `contraction`

The penalty is the squared Frobenius norm of the encoder's Jacobian at the image, exactly: a backward pass for each of
the D numbers of a code. Rifai et al. 2011, ICML.
"""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.models.ae import AE
from vaeplay.models.parts.losses import Loss
from vaeplay.noise import Noise


class ContractiveAE(AE):
    """Contractive autoencoder; `contraction`, the squared norm, is among its terms."""

    uses: tuple[str, ...] = ("likelihood", "density", "hidden", "contraction")

    def __init__(self, *size: Any, contraction: float, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.contraction = contraction

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        with torch.enable_grad():  # validation has gradients switched off
            x = x.detach().requires_grad_()
            z = self.encode(x)
            norm = squared_jacobian(z, x)
        distortion = self.distortion(x.detach(), z)
        return Loss(distortion + self.contraction * norm, {"distortion": distortion, "contraction": norm})


def squared_jacobian(z: Tensor, x: Tensor) -> Tensor:
    """‖∂z/∂x‖² of each image: codes (B, D) made of images (B, …) → (B,)."""
    rows = (torch.autograd.grad(number.sum(), x, create_graph=True)[0] for number in z.unbind(1))
    return torch.stack([row.flatten(1).square().sum(1) for row in rows]).sum(0)
