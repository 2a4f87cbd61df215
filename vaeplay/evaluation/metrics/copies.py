r"""Whether samples are copies of training images: are they nearer to one of them than images that no model has seen?

With the distances d₁ and d₂ of an image to the nearest and the second nearest training image:

    distance ratio = E d₁ of samples / E d₁ of test images
    copying        = P(d₁/d₂ of a sample < d₁/d₂ of a test image) + ½ P(both are equal)

Copying is the rank test of Mann & Whitney (1947, doi:10.1214/aoms/1177730491) in the form of an area under a curve, as
Meehan et al. 2020, arXiv:2004.05675, compare d₁: ½ for samples that are new, 1 for copies. d₁ alone takes blur for
copying: blurred images lie near to many. A copy lies near to one, so that d₁/d₂ tells them apart (Gu et al. 2023,
arXiv:2310.02664, count how many have it below ⅓). Both are taken in pixels, which tell blurred copies, and in the
classifier's features, which tell shifted ones.
"""

from dataclasses import replace

import torch
from torch import Tensor

from vaeplay.evaluation.metrics.intervals import Z_975, Estimate, bootstrap_ratio
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.neighbours import nearest


def metrics(subject: Subject) -> dict[str, Estimate]:
    """Every metric of this file, where there are two training images."""
    if len(subject.train.images) < 2:
        return {}
    spaces = {
        "features": (subject.sample_features, subject.real_test, subject.real_train),
        "pixels": (subject.samples, subject.test.images, subject.train.images),
    }
    found: dict[str, Estimate] = {}
    for name, (samples, test, train) in spaces.items():
        made, usual = (nearest(images, train, 2)[0].double() for images in (samples, test))
        found[f"train_distance_{name}"] = bootstrap_ratio(
            made[:, 0], usual[:, 0], subject.seed_for("intervals"), paired=False
        )
        found[f"copying_{name}"] = below(relative(made), relative(usual))
    return {key: estimate for key, estimate in found.items() if estimate.value == estimate.value}


def relative(distances: Tensor) -> Tensor:
    """d₁/d₂ of distances (N, 2): (N,). Two training images at the same place tell nothing: 1."""
    return torch.where(distances[:, 1] > 0, distances[:, 0] / distances[:, 1].clamp(min=1e-30), 1.0)


def below(samples: Tensor, test: Tensor) -> Estimate:
    """The probability that one of N values is below one of M, with DeLong's interval (1988, doi:10.2307/2531595).

    Both sides are drawn anew: other samples, and other test images.
    """
    ordered = test.sort().values
    left, right = (torch.searchsorted(ordered, samples, right=right).double() for right in (False, True))
    of_samples = 1 - (left + right) / (2 * len(test))
    ordered = samples.sort().values
    left, right = (torch.searchsorted(ordered, test, right=right).double() for right in (False, True))
    of_test = (left + right) / (2 * len(samples))
    value = float(of_samples.mean())
    estimate = Estimate(value, len(samples), values=of_samples)
    if min(len(samples), len(test)) < 2:
        return estimate
    half = Z_975 * float(of_samples.var() / len(samples) + of_test.var() / len(test)) ** 0.5
    return replace(estimate, low=max(0.0, value - half), high=min(1.0, value + half))
