"""Samples from densities that are fitted to every model's codes alike, so that samplers are told apart from models.

A VAE is sampled from its prior and an autoencoder, which has none, from a density that was fitted to its codes. A
difference between their samples is then one of decoders and of samplers together. Here both get the same samplers,
fitted to codes of the training images: a Gaussian, a mixture of Gaussians, and a RealNVP. The codes are those that the
decoder was trained on, of a VAE draws from the posteriors. Ex-post density estimation, Ghosh et al. 2020,
arXiv:1903.12436; with a flow, Xiao et al. 2019, arXiv:1905.10485.
"""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from vaeplay.evaluation.metrics import likeness
from vaeplay.evaluation.metrics.intervals import Estimate
from vaeplay.evaluation.metrics.subject import BLOCK, Subject
from vaeplay.models.parts.densities import fit_gaussian, fit_mixture, fit_realnvp
from vaeplay.noise import Noise
from vaeplay.rows import evenly

COMPONENTS = 10  # of the mixture
MOST = 20_000  # training codes that are fitted, spread evenly over the split where there are more
WIDEST = 64  # numbers in a code up to which more than a Gaussian is fitted: above, it has more than the codes tell


class Density(Protocol):
    """What can be drawn from."""

    def sample(self, count: int, noise: Noise) -> Tensor:
        """Codes, (count, D)."""
        ...


FITS: dict[str, Callable[[Tensor, Noise], Density]] = {
    "gaussian": lambda codes, noise: fit_gaussian(codes),
    "mixture": lambda codes, noise: fit_mixture(codes, COMPONENTS, noise),
    "realnvp": fit_realnvp,
}


@torch.no_grad()
def metrics(subject: Subject) -> dict[str, Estimate]:
    """Every metric of `likeness` under each of FITS, as `<metric>_<fit>`; of maps of codes there are none."""
    if not subject.vectors:
        return {}
    codes = subject.trained_on[0]
    codes = codes[evenly(len(codes), MOST)]
    found: dict[str, Estimate] = {}
    for name, fit in FITS.items():
        if name != "gaussian" and codes.shape[1] > WIDEST:
            continue
        noise = subject.noise_for(f"{name} samples")
        images = drawn(subject, fit(codes, noise), noise)
        features = torch.cat([subject.classifier.features(x) for _, x in subject.batches(images)])
        values = likeness.metrics(
            subject.classifier,
            features,
            subject.real_train,
            classes=subject.classes,
            seed=subject.seed_for("intervals"),
        )
        found |= {f"{key}_{name}": value for key, value in values.items()}
    return found


def drawn(subject: Subject, density: Density, noise: Noise) -> Tensor:
    """As many new images from a density as there are test images, uint8 (N, *shape), as a file would hold them."""
    codes = density.sample(len(subject.test.images), noise).unflatten(1, subject.model.code_shape)
    made = (subject.model.decode(part) for part in codes.split(BLOCK))
    return torch.cat([x.mul(255).round().clamp(0, 255).to(torch.uint8) for x in made])
