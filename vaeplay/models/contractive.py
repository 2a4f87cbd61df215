r"""The contractive autoencoder: small changes of an image are to change its code little.

    loss = distortion(x, z) + λ · ‖J‖²,   z = encoder(x),   J = ∂z/∂x,   λ = `contraction`
    ‖J‖² = E ‖Jᵀv‖²,   v ~ N(0, I)

The penalty is the squared Frobenius norm of the encoder's Jacobian at the image: Rifai et al. 2011, ICML. The exact one
takes a backward pass for each number of a code; one draw of v takes one, and is right on average (Hutchinson 1990).
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
            norm = squared_product(z, x, noise.normal(z.shape))
        distortion = self.distortion(x.detach(), z)
        return Loss(distortion + self.contraction * norm, {"distortion": distortion, "contraction": norm})


def squared_product(z: Tensor, x: Tensor, v: Tensor) -> Tensor:
    """‖Jᵀv‖², J = ∂z/∂x: z (B, …) made of x (B, …), and v of z's shape → (B,)."""
    (product,) = torch.autograd.grad(z, x, v, create_graph=True)
    return product.flatten(1).square().sum(1)
