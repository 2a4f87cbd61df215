r"""The VAE with a VampPrior: the prior is a mixture of the posteriors of images that do not exist, and are learned.

    p(z) = 1/K Σ_k q(z|u_k),   u_k = σ(a_k),   rate = log q(z|x) − log p(z) at a sampled z

The best prior for a VAE is the mean of its posteriors over all images; K pseudo-inputs u_k, trained with the rest,
stand in for them. Tomczak & Welling 2018, arXiv:1705.07120. They begin as training images.
"""

import torch
from torch import Tensor, nn
from typing_extensions import override

from vaeplay.data.prepared import as_float
from vaeplay.models.mixture_vae import MixtureVAE
from vaeplay.noise import Noise

EDGE = 0.02  # pixels begin no nearer to 0 and 1: a logit there is infinite


class VampVAE(MixtureVAE):
    """VAE with a VampPrior of `components` pseudo-inputs. Its rate is a sampled one."""

    @override
    def build_centres(self, count: int) -> nn.Parameter:
        """The pseudo-inputs' logits, (K, *shape)."""
        self.prior = f"a mixture of the posteriors of {count} learned pseudo-inputs"
        return nn.Parameter(torch.randn(count, *self.shape))

    @override
    @torch.no_grad()
    def start(self, images: Tensor, noise: Noise, steps: int) -> None:
        super().start(images, noise, steps)
        places = (noise.uniform((len(self.centres),)) * len(images)).long()
        self.centres.copy_(as_float(images[places]).clamp(EDGE, 1 - EDGE).logit())

    @override
    def components(self) -> tuple[Tensor, Tensor]:
        return self.gaussian(self.centres.sigmoid())
