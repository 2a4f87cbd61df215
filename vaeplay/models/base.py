"""The base of all models: an encoder, a decoder, and the methods that training and evaluation call."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from vaeplay.models.parts import nets
from vaeplay.models.parts.likelihoods import BY_NAME
from vaeplay.models.parts.losses import Loss
from vaeplay.noise import Noise

MOMENT_DRAWS = 20_000
MOMENT_MAPS = 2000  # an autoregressive prior draws long


class Autoencoder(nn.Module):
    """Base of the models. B images x are (B, channels, height, width) in 0…1; their codes z are (B, latent_dim).

    A model defines `loss` and `sample_codes`, and `encode` where its encoder gives more than the code; one with a
    codebook also `code_shape`, `codebook`, `nearest_entries` and `quantise`. One with different networks overrides only
    `build_encoder` and `build_decoder`.
    `uses` names the settings that the constructor takes beyond the cell's size; it is read from the source, so it has
    to be a plain tuple of names.
    """

    uses: tuple[str, ...] = ("likelihood", "hidden")
    prior = ""  # where `sample` takes its codes from, in words for the page
    betas: tuple[float, float] | None = None  # the ends of the range of β, for a model that stands for all of them
    failed: str | None = None  # how its training diverged, if it did; the weights are then the last good ones

    def __init__(
        self,
        shape: Sequence[int],
        latent_dim: int,
        depth: int,
        activation: str,
        *,
        likelihood: dict[str, Any],
        **network: Any,
    ) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.latent_dim = latent_dim
        self.depth = depth
        self.activation = activation
        way = dict(likelihood)
        self.likelihood = BY_NAME[way.pop("name")](self.shape, **way)
        self.encoder = self.build_encoder(self.encoder_outputs(), **network)
        self.decoder = self.build_decoder((self.shape[0] * self.likelihood.outputs, *self.shape[1:]), **network)

    @property
    def code_shape(self) -> tuple[int, ...]:
        """The shape of one code: (latent_dim,), or (latent_dim, h, w) where a code is a map."""
        return (self.latent_dim,)

    def build_encoder(self, outputs: int, **network: Any) -> nn.Module:
        """The network from x to (B, outputs). `network` holds the settings that no constructor has taken: `hidden`."""
        return nets.dense_encoder(self.shape, outputs, self.depth, self.activation, **network)

    def build_decoder(self, shape: Sequence[int], **network: Any) -> nn.Module:
        """The network from z to the likelihood's parameters, (B, *shape)."""
        return nets.dense_decoder(shape, self.latent_dim, self.depth, self.activation, **network)

    def encoder_outputs(self) -> int:
        """How many numbers the encoder outputs per image."""
        return self.latent_dim

    def decode(self, z: Tensor) -> Tensor:
        """The expected image of a code: z → (B, *shape) in 0…1."""
        return self.likelihood.mean(self.decoder(z))

    def distortion(self, x: Tensor, z: Tensor) -> Tensor:
        """−log p(x|z) per image, (B,), nats."""
        return self.likelihood.distortion(x, self.decoder(z))

    def reconstruct(self, x: Tensor) -> Tensor:
        """The expected image of the code of x, without noise: same shape as x."""
        return self.decode(self.encode(x))

    def encode(self, x: Tensor) -> Tensor:
        """The code of x, without noise: (B, latent_dim). What the encoder gives, unless a model says otherwise."""
        z: Tensor = self.encoder(x)
        return z

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor] | None:
        """Mean and log-variance of a Gaussian q(z|x), (B, latent_dim) each, where the prior is a standard normal.

        None for a model whose code is a point, or that has another posterior or prior.
        """
        return None

    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        """What training minimises, per image, with its named terms. `step` counts optimiser steps from 0."""
        raise NotImplementedError

    def rate_weight(self, step: int) -> float | None:
        """The factor on the rate in the loss at a step; None if there is no single one."""
        return None

    def sample_codes(self, count: int, noise: Noise) -> Tensor:
        """`count` draws from the prior, or from its substitute, shaped like the codes of `encode`."""
        raise NotImplementedError

    def sample(self, count: int, noise: Noise) -> Tensor:
        """`count` new images, (count, *shape) in 0…1: decoded draws from the prior."""
        return self.decode(self.sample_codes(count, noise))

    def reconstruct_in_stages(self, x: Tensor) -> list[Tensor]:
        """The expected images from more and more of the code of x, at last from all of it.

        Empty for a model whose code has no stages.
        """
        return []

    def sample_layers(self, rows: int, columns: int, noise: Noise) -> Tensor | None:
        """New images of a model with two layers of codes, (rows, columns, *shape); None for any other.

        The images of a row share the draw of the top layer, and those of a column the noise of the bottom layer.
        """
        return None

    def class_priors(self) -> tuple[Tensor, Tensor] | None:
        """Mean and standard deviation of the prior of each class, (classes, D) each; None where classes share one."""
        return None

    def codebook(self) -> Tensor | None:
        """The entries (K, latent_dim) that every code is a map of; None for a model with continuous codes."""
        return None

    def nearest_entries(self, z: Tensor) -> Tensor:
        """Index of the nearest codebook entry at each position of codes (B, latent_dim, h, w): (B, h, w)."""
        raise NotImplementedError

    def quantise(self, z: Tensor) -> Tensor:
        """The codes nearest to z that the decoder was trained on: z itself if codes are continuous."""
        return z

    def prior_moments(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of each dimension of the codes that `sample_codes` draws, flat: (D,) each.

        Estimated from draws; a model that knows them exactly overrides this.
        """
        count = MOMENT_DRAWS if self.codebook() is None else MOMENT_MAPS
        draws = self.sample_codes(count, Noise(0, next(self.parameters()).device)).flatten(1)
        return draws.mean(0), draws.std(0)

    def with_labels(self, images: Tensor, labels: Tensor) -> Tensor:
        """What the model is trained on: images, uint8 (N, *shape), and, if it asks for them, their labels, (N,).

        Raises:
            UserError: it asks for labels, and these are none.
        """
        return images

    def start(self, images: Tensor, noise: Noise, steps: int) -> None:
        """Called before the first step with the training images, uint8 (N, *shape), and the number of steps."""

    def fit_prior(self, images: Tensor, noise: Noise) -> None:
        """Called after the last step: learn what `sample` needs from the training images, uint8 (N, *shape)."""

    def metrics(self, images: Tensor) -> dict[str, float]:
        """Further metrics of the model over a whole split, uint8 (N, *shape), by their name in the registry."""
        return {}

    def at(self, beta: float) -> "Autoencoder":
        """The model for one β of `betas`, with which it can be measured."""
        raise NotImplementedError

    def measured(self) -> "Autoencoder":
        """The model that is measured and shown: itself, unless it stands for several."""
        return self

    def usage(self, images: Tensor) -> list[int]:
        """How often each codebook entry occurs in the codes of uint8 images (N, *shape); empty without a codebook."""
        return []

    def measure(self, x: Tensor, noise: Noise) -> dict[str, Tensor]:
        """The terms by which models are compared, each (B,), nats: distortion and, if there is one, the rate.

        They use one code per image. Other terms of the loss, which may be quadratic in the batch, are left out.
        """
        x = self.likelihood.observe(x, noise)
        return {"distortion": self.distortion(x, self.encode(x))}
