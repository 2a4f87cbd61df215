"""What every model is: an encoder, a decoder, and the few verbs that training and evaluation know it by."""

from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor, nn

from vaeplay import losses, nets
from vaeplay.losses import Loss
from vaeplay.noise import Noise


class Autoencoder(nn.Module):
    """Base of the models. B images x are (B, channels, height, width) in 0…1; their codes z are (B, latent_dim).

    A model gives `loss`, `encode` and `sample`; one with another network overrides `build_encoder` and
    `build_decoder` and nothing else. `uses` names the settings that the constructor takes beyond the cell's size; it
    is read off the file, so it is a plain tuple of names.
    """

    uses: tuple[str, ...] = ("likelihood", "hidden")
    prior = ""  # where `sample` takes its codes from, in words for the page

    def __init__(
        self,
        shape: Sequence[int],
        latent_dim: int,
        depth: int,
        activation: str,
        *,
        likelihood: str,
        **network: Any,
    ) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.latent_dim = latent_dim
        self.depth = depth
        self.activation = activation
        self.likelihood = likelihood
        self.encoder = self.build_encoder(self.encoder_outputs(), **network)
        self.decoder = self.build_decoder(**network)

    def build_encoder(self, outputs: int, *, hidden: int) -> nn.Module:
        """The network from x to (B, outputs)."""
        return nets.dense_encoder(self.shape, outputs, self.depth, hidden, self.activation)

    def build_decoder(self, *, hidden: int) -> nn.Module:
        """The network from z to the likelihood's parameters, shaped like x."""
        return nets.dense_decoder(self.shape, self.latent_dim, self.depth, hidden, self.activation)

    def encoder_outputs(self) -> int:
        """How many numbers the encoder gives an image."""
        return self.latent_dim

    def decode(self, z: Tensor) -> Tensor:
        """The expected image of a code: z → (B, *shape) in 0…1."""
        return self.decoder(z).sigmoid()

    def distortion(self, x: Tensor, z: Tensor) -> Tensor:
        """−log p(x|z), (B,), nats an image."""
        return losses.bernoulli_distortion(x, self.decoder(z))

    def reconstruct(self, x: Tensor) -> Tensor:
        """The expected image of the code of x, without noise: same shape as x."""
        return self.decode(self.encode(x))

    def encode(self, x: Tensor) -> Tensor:
        """The code of x, without noise: (B, latent_dim)."""
        raise NotImplementedError

    def loss(self, x: Tensor, step: int, noise: Noise) -> Loss:
        """What training minimises, an image at a time, with its named terms. `step` counts optimiser steps from 0."""
        raise NotImplementedError

    def sample(self, count: int, noise: Noise) -> Tensor:
        """`count` new images, (count, *shape) in 0…1."""
        raise NotImplementedError

    def fit_prior(self, batches: Iterable[Tensor], noise: Noise) -> None:
        """Learn what `sample` needs from the training images, once, after training. Most models need nothing."""
