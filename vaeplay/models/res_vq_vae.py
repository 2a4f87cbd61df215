"""The VQ-VAE with residual networks."""

from vaeplay.models.residual import Residual
from vaeplay.models.vq_vae import VQVAE


class ResVQVAE(Residual, VQVAE):
    """VQ-VAE with residual networks; `Res` before its name composes nothing, since it has no dense ones."""
