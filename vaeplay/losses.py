r"""What a model's loss is made of: distortion and rate, in nats an image.

With an encoder q(z|x), a decoder p(x|z) and a prior p(z) = N(0, I):

    distortion(x, z) = −log p(x|z)            how badly a code describes its image
    rate(x)          = KL(q(z|x) ‖ p(z))      how many nats the code says about its image
    −ELBO(x)         = E_q[distortion] + rate ≥ −log p(x)

Kingma & Welling 2014, arXiv:1312.6114; the names are those of Alemi et al. 2018, arXiv:1711.00464.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Loss:
    """What `Autoencoder.loss` gives for B images.

    `total` (B,) is what is minimised; `terms` are its named parts, each (B,), in nats an image; `figures` are named
    scalars that belong to the batch as a whole.
    """

    total: Tensor
    terms: dict[str, Tensor]
    figures: dict[str, Tensor] = field(default_factory=dict)


def gaussian_rate(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mean, exp(logvar)) ‖ N(0, I)) of B codes of D dimensions: (B, D), (B, D) → (B,), nats.

    >>> gaussian_rate(torch.ones(1, 3), torch.zeros(1, 3))
    tensor([1.5000])
    """
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1)


def bernoulli_distortion(x: Tensor, logits: Tensor) -> Tensor:
    """−Σ [x log p + (1 − x) log(1 − p)] over the pixels of an image, p = sigmoid(logits): (B, …), (B, …) → (B,), nats.

    For pixels that are 0 or 1 this is a negative log-likelihood. For grey pixels it is the expected one under random
    binarisation, and its lowest value is the pixels' entropy, not zero.
    """
    return functional.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def bernoulli_floor(x: Tensor) -> Tensor:
    """The entropy of grey pixels taken as probabilities: the lowest Bernoulli distortion, (B, …) → (B,), nats."""
    return (torch.special.entr(x) + torch.special.entr(1 - x)).flatten(1).sum(1)
