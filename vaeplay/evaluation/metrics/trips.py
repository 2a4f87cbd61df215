r"""Walks between two images through the latent space: how long the trip is, and whether its stops look like images.

    image x₁ → decoding y(0) → walk y(t) → decoding y(1) → image x₂,  y(t) = decode(z(t)), z(0), z(1) their codes

With the classifier's features f, T = 8 times t a pair (one in each eighth, at random), and means E over pairs:

    trip        = E (|f(x₁) − f(y(0))| + ∫ |d/dt f(y(t))| dt + |f(y(1)) − f(x₂)|) / E |f(x₁) − f(x₂)|
    path length = E |d/dt f(y(t))|² / E |f(x₁) − f(x₂)|²  = contrast × roughness
    contrast    = E |f(y(0)) − f(y(1))|² / E |f(x₁) − f(x₂)|²
    roughness   = E |d/dt f(y(t))|² / E |f(y(0)) − f(y(1))|²

The perceptual path length (Karras et al. 2019, arXiv:1812.04948), for a step that goes to 0, rewards a decoder that
ignores its code: its contrast is 0. Roughness, at least 1, is gamed by codes that are shrunk until the decoder is as
good as linear. The trip is neither: what the decodings do not say of their images, it has to go on foot. It is 1 for
perfect reconstructions with a straight path of features between them, and never less.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from vaeplay.classifier import network
from vaeplay.classifier.network import Classifier
from vaeplay.evaluation.metrics import holes
from vaeplay.evaluation.metrics.intervals import Estimate, bootstrap_ratio, wilson
from vaeplay.evaluation.metrics.smoothness import Walk, derivative, pairs, slerp, straight
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.neighbours import nearest
from vaeplay.noise import Noise

TIMES = 8  # that each walk is looked at
AT_ONCE = 250  # places that are decoded at a time

Path = Callable[[Tensor, Tensor], Tensor]  # rows of pairs (B,), t (B, 1) → features (B, F)


@dataclass(frozen=True)
class Trips:
    """What P walks are seen to do: features at their ends (P, F), at T times of each (P, T, F), and speeds (P, T)."""

    start: Tensor
    end: Tensor
    between: Tensor
    speeds: Tensor

    def lengths(self, first: Tensor, second: Tensor) -> Tensor:
        """The whole way from images to images with these features, (P, F) twice: (P,)."""
        return _norms(first - self.start) + self.speeds.mean(1) + _norms(self.end - second)


@torch.no_grad()
def metrics(subject: Subject) -> dict[str, Estimate]:
    """Every metric of this file that the model has.

    A decoder of codes from a codebook knows these alone: between them its images change in jumps, which have no speed.
    Its midpoints are the nearest codes that it knows, as on the page.
    """
    count, seed = len(subject.test.images), subject.seed_for("intervals")
    if count < 2:
        return {}
    first, second = pairs(count, subject.noise_for("pairs"))
    times = moments(len(first), subject.noise_for("walks"))
    ends = subject.real_test[first], subject.real_test[second]
    found: dict[str, Estimate] = {}
    if subject.model.codebook() is None:
        trips = taken(subject, straight, first, second, times)
        places = straight(subject.codes[first, None], subject.codes[second, None], times[:, :, None])
        found = of_trips(trips, *ends, seed) | holes.metrics(subject, (places, trips.between))
        centre = subject.codes.mean(0)
        around = taken(subject, lambda a, b, t: centre + slerp(a - centre, b - centre, t), first, second, times[:, :1])
        found["path_length_spherical"] = of_trips(around, *ends, seed)["path_length"]
    middle = at_middle(features_along(subject, straight, first, second), len(first))
    found |= wilson({"sure_midpoints": network.sure(subject.classifier, middle)})
    found["midpoint_distance"] = distance_to_real(middle, subject.real_test, subject.real_train, seed)
    return {key: figure for key, figure in found.items() if math.isfinite(figure.value)}


def of_trips(trips: Trips, first: Tensor, second: Tensor, seed: int) -> dict[str, Estimate]:
    """Trip, path length, contrast and roughness of walks between images with these features, (P, F) twice."""
    apart, chords = _norms(first - second), _norms(trips.start - trips.end).square()
    energy = trips.speeds.square().mean(1)
    return {
        "trip": bootstrap_ratio(trips.lengths(first, second), apart, seed, paired=True),
        "path_length": bootstrap_ratio(energy, apart.square(), seed, paired=True),
        "contrast": bootstrap_ratio(chords, apart.square(), seed, paired=True),
        "roughness": bootstrap_ratio(energy, chords, seed, paired=True),
    }


def distance_to_real(found: Tensor, test: Tensor, train: Tensor, seed: int) -> Estimate:
    """How far features lie from the nearest training image's, in units of how far those of test images do."""
    distances, usual = (nearest(points, train, 1)[0][:, 0] for points in (found, test))
    return bootstrap_ratio(distances, usual, seed, paired=False)


def moments(count: int, noise: Noise) -> Tensor:
    """Times in 0…1 of `count` walks, one at random in each of TIMES equal parts: (count, TIMES)."""
    return (torch.arange(TIMES, device=noise.device) + noise.uniform((count, TIMES))) / TIMES


def taken(subject: Subject, walk: Walk, first: Tensor, second: Tensor, times: Tensor) -> Trips:
    """The trips of a walk between the codes of test images in rows `first` and `second`, (P,) each; times (P, T)."""
    return along(features_along(subject, walk, first, second), times)


def along(path: Path, times: Tensor) -> Trips:
    """The trips of P walks, whatever their features are of: times (P, T)."""
    rows = torch.arange(len(times), device=times.device)
    start, end = (
        torch.cat([path(part, times[part, :1] * 0 + at) for part in rows.split(AT_ONCE)]) for at in (0.0, 1.0)
    )
    places = zip(
        rows.repeat_interleave(times.shape[1]).split(AT_ONCE), times.reshape(-1, 1).split(AT_ONCE), strict=True
    )
    found = [derivative(partial(path, part), share, torch.ones_like(share)) for part, share in places]
    between, slopes = (torch.cat(parts).unflatten(0, times.shape) for parts in zip(*found, strict=True))
    return Trips(start, end, between, _norms(slopes))


def at_middle(path: Path, count: int) -> Tensor:
    """Features half-way along each of `count` walks: (count, F)."""
    rows = torch.arange(count)
    return torch.cat([path(part, torch.full((len(part), 1), 0.5)) for part in rows.split(AT_ONCE)])


def fade(classifier: Classifier, first: Tensor, second: Tensor) -> Path:
    """The path of a reference without any code: each pixel fades from one image to the other, (P, *shape) in 0…1."""

    def at(rows: Tensor, share: Tensor) -> Tensor:
        return classifier.features(torch.lerp(first[rows], second[rows], share[:, :, None, None]))

    return at


def features_along(subject: Subject, walk: Walk, first: Tensor, second: Tensor) -> Path:
    """Features of what is decoded along the walks between test images' codes."""

    def at(rows: Tensor, share: Tensor) -> Tensor:
        codes = walk(subject.codes[first[rows]], subject.codes[second[rows]], share).unflatten(
            1, subject.model.code_shape
        )
        return subject.classifier.features(subject.model.decode(subject.model.quantise(codes)))

    return at


def _norms(features: Tensor) -> Tensor:
    return features.double().norm(dim=-1)
