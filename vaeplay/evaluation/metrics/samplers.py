"""Samples from densities that are fitted to every model's codes alike, so that samplers are told apart from models.

A VAE is sampled from its prior and an autoencoder, which has none, from a density that was fitted to its codes. A
difference between their samples is then one of decoders and of samplers together. Here both get the same samplers,
fitted to codes of the training images: a Gaussian, a mixture of Gaussians, and a RealNVP. The codes are those that the
decoder was trained on, of a VAE draws from the posteriors. Ex-post density estimation, Ghosh et al. 2020,
arXiv:1903.12436; with a flow, Xiao et al. 2019, arXiv:1905.10485.
"""

import torch

from vaeplay.evaluation.metrics import likeness
from vaeplay.evaluation.metrics.intervals import Estimate
from vaeplay.evaluation.metrics.subject import Subject


@torch.no_grad()
def metrics(subject: Subject) -> dict[str, Estimate]:
    """Every metric of `likeness` under each density that is fitted, as `<metric>_<density>`; of maps of codes none."""
    found: dict[str, Estimate] = {}
    for name, images in subject.fitted_samples.items():
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
