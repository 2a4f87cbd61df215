r"""The VQ-VAE-2: two maps of codes, one that says what an image is as a whole, and one that adds what it leaves open.

    t = quantiser_t(halved(g)),   b = quantiser_b(h − e_t),   z = e_t + e_b,   [h, g] = encoder(x)
    loss = distortion(x, z) + the quantisers' costs,   rate = −log p(t) − log p(b | t)

The top map t has half the height and width of the bottom map b, and its vectors e_t are repeated over it. Razavi et al.
2019, arXiv:1906.00446. There, further convolutions lead to the top map, and the decoder sees both vectors side by side;
here, it sees their sum, so that the code is a map of vectors like a VQ-VAE's. The maths is in `two_maps`.
"""

import math
from typing import Any

from torch import Tensor
from typing_extensions import override

from vaeplay.models.parts.two_maps import Layout, TwoMapPrior, TwoMaps
from vaeplay.models.vq_vae import VQVAE


class VQVAE2(VQVAE):
    """VQ-VAE-2. Its z and its codes have the bottom map's shape; a code stands for a vector of each map."""

    prior = "autoregressive models of the two code maps, the top one's first, learned from those of the training images"
    quantiser: TwoMaps

    @override
    def encoder_outputs(self) -> int:
        return 2 * self.latent_dim

    @override
    def build_quantiser(self, settings: dict[str, Any]) -> TwoMaps:
        top, bottom = (super(VQVAE2, self).build_quantiser(settings) for _ in range(2))
        return TwoMaps(Layout(self.code_shape[1:], bottom.size), top, bottom)

    @override
    def build_prior(self, settings: dict[str, Any]) -> TwoMapPrior:
        return TwoMapPrior(self.quantiser, **settings)

    @override
    def nearest_entries(self, z: Tensor) -> Tensor:
        return self.quantiser.nearest(z)

    @override
    def bits(self) -> float:
        maps = ((self.quantiser.layout.top, self.quantiser.top), (self.quantiser.layout.bottom, self.quantiser.bottom))
        return sum(math.prod(shape) * math.log2(quantiser.size) for shape, quantiser in maps)
