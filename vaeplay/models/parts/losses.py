r"""What a model's loss is made of: distortion and rate, in nats per image.

With an encoder q(z|x), a decoder p(x|z) and a prior p(z) = N(0, I):

    distortion(x, z) = −log p(x|z)            how badly a code describes its image (see `likelihoods`)
    rate(x)          = KL(q(z|x) ‖ p(z))      how much the code says about its image
    −ELBO(x)         = E_q[distortion] + rate ≥ −log p(x)

Kingma & Welling 2014, arXiv:1312.6114; the names are those of Alemi et al. 2018, arXiv:1711.00464.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True)
class Loss:
    """What `Autoencoder.loss` gives for B images.

    `total` (B,) is what is minimised; `terms` are its named parts, each (B,), in nats per image; `metrics` are named
    scalars that belong to the batch as a whole.
    """

    total: Tensor
    terms: dict[str, Tensor]
    metrics: dict[str, Tensor] = field(default_factory=dict)

    def detach(self) -> "Loss":
        """The values without their computation graph, whose memory can be freed."""
        terms, metrics = (
            {name: value.detach() for name, value in named.items()} for named in (self.terms, self.metrics)
        )
        return Loss(self.total.detach(), terms, metrics)


def gaussian_sample(mean: Tensor, logvar: Tensor, normal: Tensor) -> Tensor:
    """Draws from N(mean, exp(logvar)), made from standard normal numbers (reparametrisation): shapes broadcast.

    >>> gaussian_sample(torch.ones(1), torch.zeros(1), torch.tensor([2.0]))
    tensor([3.])
    """
    return mean + (0.5 * logvar).exp() * normal


def gaussian_rates(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mean, exp(logvar)) ‖ N(0, 1)) of each latent dimension: (B, D), (B, D) → (B, D), nats.

    >>> gaussian_rates(torch.ones(1, 3), torch.zeros(1, 3))
    tensor([[0.5000, 0.5000, 0.5000]])
    """
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar)


def gaussian_log_density(z: Tensor, mean: Tensor, logvar: Tensor) -> Tensor:
    """log N(z; mean, exp(logvar)) of each dimension: shapes broadcast, nats.

    >>> float(gaussian_log_density(torch.zeros(1), torch.zeros(1), torch.zeros(1)).exp() * math.sqrt(2 * math.pi))
    1.0
    """
    return -0.5 * ((z - mean).square() * (-logvar).exp() + logvar + math.log(2 * math.pi))


MMD_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def mmd(first: Tensor, second: Tensor) -> Tensor:
    """Squared maximum mean discrepancy of two samples of codes: (N, D), (M, D) → ().

    The estimate averages over all pairs: never negative, 0 for equal samples, unchanged when a sample is repeated.
    Gretton et al. 2012, JMLR 13.
    """
    within = mmd_kernel(first, first).mean() + mmd_kernel(second, second).mean()
    return within - 2 * mmd_kernel(first, second).mean()


def mmd_kernel(first: Tensor, second: Tensor) -> Tensor:
    """A sum of inverse multiquadrics C / (C + ‖a − b‖²), C = 2D·s for each scale s: (N, D), (M, D) → (N, M).

    As in Tolstikhin et al. 2018, arXiv:1711.01558. It is `len(MMD_SCALES)` for equal codes.
    """
    squared = (first.square().sum(1)[:, None] + second.square().sum(1) - 2 * first @ second.T).clamp(min=0)
    kernel = torch.zeros_like(squared)
    for scale in MMD_SCALES:
        constant = 2 * first.shape[1] * scale
        kernel = kernel + constant / (constant + squared)
    return kernel
