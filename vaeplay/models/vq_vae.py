r"""The vector-quantised VAE: a map of codes from a codebook, and an autoregressive model of such maps as its prior.

    k = quantiser(encoder(x)),   z = the vectors of k,   loss = distortion(x, z) + the quantiser's cost
    rate = −log prior(k),   with the prior learned from the training maps after the rest

An image determines its map, so distortion + rate is −log p(x, k) ≥ −log p(x): the negative ELBO, without noise. Van den
Oord et al. 2017, arXiv:1711.00937. The quantisers are in `quantisers`, the prior in `code_prior`.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from vaeplay.data.prepared import as_float, batches
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import clusters, nets, quantisers
from vaeplay.models.parts.code_prior import CodePrior
from vaeplay.models.parts.fitted import FittedDensity
from vaeplay.models.parts.limits import halved
from vaeplay.models.parts.losses import Loss
from vaeplay.models.parts.quantised import Quantiser, listed
from vaeplay.neighbours import nearest
from vaeplay.noise import Noise

START_IMAGES = 512  # whose encoder outputs the codebook starts from


class VQVAE(Autoencoder):
    """VQ-VAE. Its z is a map (B, D, h, w), D = `latent_dim`; h and w are the image's, halved `depth` times.

    For a batch and for a whole split, it also reports the codebook's `perplexity` and `codes_in_use`, and `bits`, the
    length of an image's map if every code costs the same, h · w · log2 K. The rate is the map's length under the prior.
    """

    uses: tuple[str, ...] = ("likelihood", "channels", "quantiser", "code_prior")
    prior = "an autoregressive model of the code maps, learned from those of the training images"

    def __init__(self, *size: Any, quantiser: dict[str, Any], code_prior: dict[str, Any], **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.quantiser = self.build_quantiser(quantiser)
        self.code_prior = self.build_prior(code_prior)

    @property
    def code_shape(self) -> tuple[int, ...]:
        """(D, h, w)."""
        return (self.latent_dim, *halved(self.shape, self.depth)[-1])

    def build_encoder(self, outputs: int, **network: Any) -> nn.Module:
        """`depth` down-samplings: x → (B, outputs, h, w)."""
        return nets.map_encoder(self.shape, outputs, self.depth, self.activation, **network)

    def build_decoder(self, shape: Sequence[int], **network: Any) -> nn.Module:
        """`depth` up-samplings: z → (B, *shape)."""
        return nets.map_decoder(shape, self.latent_dim, self.depth, self.activation, **network)

    def build_quantiser(self, settings: dict[str, Any]) -> Quantiser:
        """What turns the encoder's vectors into codes."""
        way = dict(settings)
        return quantisers.BY_NAME[way.pop("name")](self.latent_dim, **way)

    def build_prior(self, settings: dict[str, Any]) -> FittedDensity:
        """The model of an image's codes."""
        return CodePrior(self.code_shape[1:], self.quantiser.size, **settings)

    def bits(self) -> float:
        """The length of an image's codes if each costs the same, bits."""
        return math.prod(self.code_shape[1:]) * math.log2(self.quantiser.size)

    def codes(self, x: Tensor) -> Tensor:
        """The map of an image, as indices: (B, h, w)."""
        return self.quantiser.codes(self.encoder(x))

    def encode(self, x: Tensor) -> Tensor:
        """The map of an image, as vectors of the codebook: (B, D, h, w)."""
        return self.quantiser.vectors(self.codes(x))

    @override
    def reconstruct_in_stages(self, x: Tensor) -> list[Tensor]:
        return [self.decode(z) for z in self.quantiser.in_stages(self.codes(x))]

    def codebook(self) -> Tensor:
        """Every entry, (K, D)."""
        return self.quantiser.entries()

    def nearest_entries(self, z: Tensor) -> Tensor:
        """Indices (B, h, w) of the nearest entries to vectors (B, D, h, w)."""
        return nearest(listed(z), self.codebook())[1].view(-1, *z.shape[2:])

    def quantise(self, z: Tensor) -> Tensor:
        """The nearest entry at each position."""
        return self.quantiser.vectors(self.nearest_entries(z))

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        quantised = self.quantiser(self.encoder(x), noise)
        distortion = self.distortion(x, quantised.vectors)
        terms = {"distortion": distortion, **quantised.terms}
        return Loss(distortion + quantised.cost, terms, self.metrics_of(quantised.codes))

    def metrics_of(self, codes: Tensor) -> dict[str, Tensor]:
        """The metrics of maps (B, h, w), taken together."""
        counts = clusters.counts_of(codes, self.quantiser.size)
        return {
            "perplexity": clusters.perplexity(counts),
            "codes_in_use": (counts > 0).sum(),
            "bits": torch.tensor(self.bits()),
        }

    @torch.no_grad()
    def metrics(self, images: Tensor) -> dict[str, float]:
        """Perplexity, codes in use and code length over all images, uint8 (N, *shape)."""
        codes = torch.cat([self.codes(x) for x in batches(images)])
        return {name: float(value) for name, value in self.metrics_of(codes).items()}

    @torch.no_grad()
    def usage(self, images: Tensor) -> list[int]:
        """At how many positions of the images' maps each of the K codes occurs."""
        counts = sum(clusters.counts_of(self.codes(x), self.quantiser.size).long() for x in batches(images))
        return torch.as_tensor(counts).tolist()

    @torch.no_grad()
    def start(self, images: Tensor, noise: Noise, steps: int) -> None:
        """Initialise the codebook from the untrained encoder's outputs."""
        rows = noise.uniform((len(images),)).argsort(stable=True)[:START_IMAGES]
        z = self.encoder(self.likelihood.observe(as_float(images[rows]), noise))
        self.quantiser.start(z, noise)

    def fit_prior(self, images: Tensor, noise: Noise) -> None:
        """Train the prior on the maps of the training images."""
        with torch.no_grad():
            maps = torch.cat([self.codes(self.likelihood.observe(x, noise)) for x in batches(images)])
        self.code_prior.fit(maps, noise)

    def sample_codes(self, count: int, noise: Noise) -> Tensor:
        """Maps drawn from the prior, as vectors of the codebook: (count, D, h, w)."""
        return self.quantiser.vectors(self.code_prior.sample(count, noise))

    def measure(self, x: Tensor, noise: Noise) -> dict[str, Tensor]:
        """The distortion, and the map's rate under the prior."""
        x = self.likelihood.observe(x, noise)
        codes = self.codes(x)
        distortion = self.distortion(x, self.quantiser.vectors(codes))
        return {"distortion": distortion, "rate": self.code_prior.rate(codes)}
