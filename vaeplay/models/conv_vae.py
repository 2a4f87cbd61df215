"""The convolutional VAE and β-VAE: those of `vae` with convolutions, where `depth` counts the down-samplings."""

from vaeplay.models.convolutional import Convolutional
from vaeplay.models.vae import VAE, BetaVAE


class ConvVAE(Convolutional, VAE):
    """Convolutional variational autoencoder."""


class ConvBetaVAE(Convolutional, BetaVAE):
    """Convolutional β-VAE."""
