"""The convolutional autoencoder: the AE with convolutions, where `depth` is the number of down-samplings."""

from vaeplay.models.ae import AE
from vaeplay.models.convolutional import Convolutional


class ConvAE(Convolutional, AE):
    """Convolutional autoencoder."""
