r"""The denoising autoencoder: it is shown noisy images, and has to give back the clean ones.

    loss = distortion(x, encoder(x + σ ε)),   ε ~ N(0, I),   σ = `corruption`

An image off the data's manifold is sent back to it, so that the code keeps what images have in common. Vincent et al.
2008, doi:10.1145/1390156.1390294. The noise is in training only: validation and evaluation show clean images.
"""

from typing import Any

from torch import Tensor
from typing_extensions import override

from vaeplay.models.ae import AE
from vaeplay.models.parts.losses import Loss
from vaeplay.noise import Noise


class DenoisingAE(AE):
    """Denoising autoencoder; with `corruption` 0 it is the AE."""

    uses: tuple[str, ...] = ("likelihood", "density", "hidden", "corruption")

    def __init__(self, *size: Any, corruption: float, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.corruption = corruption

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        shown = x + self.corruption * noise.normal(x.shape) if self.training else x
        distortion = self.distortion(x, self.encode(shown))
        return Loss(distortion, {"distortion": distortion})
