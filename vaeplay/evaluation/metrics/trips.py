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
perfect reconstructions with a straight path of features between them, and never less. Its references are trips by way
of a cross-fade of pixels, of one image for all, and of the model's own codes, shrunk to SHRUNK.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from vaeplay.classifier import network
from vaeplay.classifier.network import Classifier
from vaeplay.data.prepared import Split, as_float, batches
from vaeplay.evaluation.metrics import holes
from vaeplay.evaluation.metrics.intervals import Estimate, bootstrap_ratio, wilson
from vaeplay.evaluation.metrics.smoothness import Walk, derivative, pairs, slerp, straight
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.neighbours import nearest
from vaeplay.noise import Noise
from vaeplay.seeds import seed_for

TIMES = 8  # that each walk is looked at
AT_ONCE = 100  # places that are decoded at a time: faster than more, as their activations stay in the cache
SHRUNK = 0.01  # codes of the reference, as a share of their distance from the mean code

Path = Callable[[Tensor, Tensor], Tensor]  # rows of pairs (B,), t (B, 1) → features (B, F)
References = dict[str, dict[str, Estimate]]  # metrics by the name of a row


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
        centre = subject.codes.mean(0)
        walked = taken(subject, straight, first, second, times)
        places = straight(subject.codes[first, None], subject.codes[second, None], times[:, :, None])
        found = of_trips(walked, *ends, seed) | holes.metrics(subject, (places, walked.between))
        around = taken(subject, lambda a, b, t: centre + slerp(a - centre, b - centre, t), first, second, times[:, :1])
        found["path_length_spherical"] = of_trips(around, *ends, seed)["path_length"]
        path = features_along(subject, lambda a, b, t: centre + SHRUNK * (straight(a, b, t) - centre), first, second)
        start, end = (at_share(path, len(first), share) for share in (0.0, 1.0))
        shrunk = Trips(start, end, *along(path, times[:, :1]))
        found["trip_shrunk"] = of_trips(shrunk, *ends, seed)["trip"]
    middle = at_share(features_along(subject, straight, first, second), len(first), 0.5)
    found |= of_midpoints(subject.classifier, middle, (subject.real_train, subject.real_test), seed)
    return {key: estimate for key, estimate in found.items() if math.isfinite(estimate.value)}


@torch.no_grad()
def references(classifier: Classifier, train: Split, test: Split, real: tuple[Tensor, Tensor], seed: int) -> References:
    """The same of two walks without any code, by their names: a cross-fade of pixels, and one image for all.

    That image is the mean training image. `real` are the features of the training and the test images.
    """
    if len(test.images) < 2:
        return {}
    first, second = pairs(len(test.images), Noise(seed_for(seed, "pairs"), test.images.device))
    times = moments(len(first), Noise(seed_for(seed, "walks"), test.images.device))
    ends = real[1][first], real[1][second]
    mean = torch.stack([x.sum(0) for x in batches(train.images)]).sum(0) / len(train.images)
    still = classifier.features(mean[None]).expand_as(ends[0])
    fading = fade(classifier, as_float(test.images[first]), as_float(test.images[second]))
    walks = {
        "Cross-fade": (Trips(*ends, *along(fading, times)), at_share(fading, len(first), 0.5)),
        "Constant image": (Trips(still, still, still[:, None], still.new_zeros(len(first), 1)), still),
    }
    intervals = seed_for(seed, "intervals")
    found = {
        name: of_trips(walked, *ends, intervals) | of_midpoints(classifier, middle, real, intervals)
        for name, (walked, middle) in walks.items()
    }
    return {name: {key: one for key, one in own.items() if math.isfinite(one.value)} for name, own in found.items()}


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


def of_midpoints(classifier: Classifier, middle: Tensor, real: tuple[Tensor, Tensor], seed: int) -> dict[str, Estimate]:
    """How like images these features half-way along walks are, (P, F); `real` as in `references`."""
    train, test = real
    distances, usual = (nearest(points, train, 1)[0][:, 0] for points in (middle, test))
    distance = bootstrap_ratio(distances, usual, seed, paired=False)
    return wilson({"sure_midpoints": network.sure(classifier, middle)}) | {"midpoint_distance": distance}


def moments(count: int, noise: Noise) -> Tensor:
    """Times in 0…1 of `count` walks, one at random in each of TIMES equal parts: (count, TIMES)."""
    return (torch.arange(TIMES, device=noise.device) + noise.uniform((count, TIMES))) / TIMES


def taken(subject: Subject, walk: Walk, first: Tensor, second: Tensor, times: Tensor) -> Trips:
    """The trips of a walk between the codes of test images in rows `first` and `second`, (P,) each; times (P, T)."""
    start, end = (subject.reconstructed["features"][rows] for rows in (first, second))
    return Trips(start, end, *along(features_along(subject, walk, first, second), times))


def along(path: Path, times: Tensor) -> tuple[Tensor, Tensor]:
    """Features at these times of P walks and their speeds there: (P, T) → (P, T, F), (P, T)."""
    rows = torch.arange(len(times), device=times.device).repeat_interleave(times.shape[1])
    places = zip(rows.split(AT_ONCE), times.reshape(-1, 1).split(AT_ONCE), strict=True)
    found = [derivative(partial(path, part), share, torch.ones_like(share)) for part, share in places]
    between, slopes = (torch.cat(parts).unflatten(0, times.shape) for parts in zip(*found, strict=True))
    return between, _norms(slopes)


def at_share(path: Path, count: int, share: float) -> Tensor:
    """Features after this share of each of `count` walks: (count, F)."""
    rows = torch.arange(count)
    return torch.cat([path(part, torch.full((len(part), 1), share)) for part in rows.split(AT_ONCE)])


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
