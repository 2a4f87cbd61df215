r"""How smoothly images follow their code, in between the codes of test images and around those of samples.

    path length = E |d/dt f(decode(z(t)))|² / E |f(x₁) − f(x₂)|²,   z(0), z(1) the codes of images x₁, x₂,   t ~ U(0, 1)

with the classifier's features f: the perceptual path length of Karras et al. 2019, arXiv:1812.04948, for a step that
goes to 0 (by forward-mode differentiation, so that there is no step to choose), in units of how far apart the images
are. It is 1 for a model that gives its images back and walks straight between their features at an even speed.

    Jacobian norm = (E |∂ decode(z) / ∂z · diag(s)|²_F)^½,   s the standard deviations of the test images' codes

Nothing here changes if codes are measured in another unit, as an autoencoder's happen to be: a walk takes the time 1
whatever its length, and the Jacobian is taken per standard deviation.

A decoder of codes from a codebook knows these alone: between them its images change in jumps, which have no speed. It
has neither a path length nor a Jacobian, and its midpoints are the nearest codes that it knows, as on the page.
"""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import jvp

from vaeplay.classifier import network
from vaeplay.evaluation.metrics.intervals import Estimate, bootstrap_means, bootstrap_ratio, wilson
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.neighbours import same_class
from vaeplay.noise import Noise
from vaeplay.torch_startup import compiler_left_out

AT_ONCE = 250  # walks that are decoded at a time
JACOBIANS = 250  # samples whose Jacobian is taken
EXACT = 64  # numbers in a code up to which each has its own column; above, the norm is estimated
PROBES = 8  # random directions of the estimate
PIXELS_AT_ONCE = 4_000_000

Walk = Callable[[Tensor, Tensor, Tensor], Tensor]  # codes (B, D), codes (B, D), t (B, 1) → codes (B, D)


@torch.no_grad()
def metrics(subject: Subject) -> dict[str, Estimate]:
    """Every metric of this file that the model has. One test image has no pair, and no neighbours."""
    count, seed = len(subject.test.images), subject.seed_for("intervals")
    continuous = subject.model.codebook() is None
    estimates: dict[str, Estimate] = {}
    if continuous:
        squares = bootstrap_means({"squares": jacobian_squares(subject)}, seed)
        estimates["jacobian"] = root(squares["squares"])
    if count < 2:
        return estimates
    first, second = pairs(count, subject.noise_for("pairs"))
    apart = (subject.real_test[first] - subject.real_test[second]).double().square().sum(1)
    share = subject.noise_for("walks").uniform((len(first), 1))
    centre = subject.codes.mean(0)
    walks: dict[str, Walk] = {
        "path_length": straight,
        "path_length_spherical": lambda a, b, t: centre + slerp(a - centre, b - centre, t),
    }
    for key, walk in walks.items():
        if continuous and apart.any():
            estimates[key] = bootstrap_ratio(speeds(subject, walk, first, second, share), apart, seed, paired=True)
    middle = features_at(subject, straight, first, second, torch.full_like(share, 0.5))
    estimates |= wilson({"sure_midpoints": network.sure(subject.classifier, middle)})
    if subject.classes > 1:
        estimates |= bootstrap_means({"neighbour_consistency": same_class(subject.codes, subject.test.labels)}, seed)
    return estimates


def root(square: Estimate) -> Estimate:
    """The square root of an estimate that is not negative, with that of its interval."""
    low, high = (None if end is None else max(0.0, end) ** 0.5 for end in (square.low, square.high))
    return Estimate(square.value**0.5, square.count, low, high)


def pairs(count: int, noise: Noise) -> tuple[Tensor, Tensor]:
    """Rows of the pairs of N images, (N // 2,) twice: no image is in two, so that pairs can be resampled as they are.

    Pairs that share an image are no independent draws, and an interval over them as if they were is too narrow.
    """
    order, half = noise.uniform((count,)).argsort(stable=True), count // 2
    return order[:half], order[half : 2 * half]


def straight(first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    """The straight walk."""
    return torch.lerp(first, second, share)


def slerp(first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    """The walk around the origin: the direction turns evenly, the length changes evenly (Shoemake 1985).

    White 2016, arXiv:1609.04468, weighs the codes themselves rather than their directions, which runs off to infinity
    between codes of unequal length in opposite directions. Between such, and between equal directions, it is straight.
    """
    lengths = [z.norm(dim=1, keepdim=True).clamp(min=1e-12) for z in (first, second)]
    a, b = first / lengths[0], second / lengths[1]
    angle = (a * b).sum(1, keepdim=True).clamp(-1, 1).acos()
    sine = angle.sin()
    direction = (((1 - share) * angle).sin() * a + (share * angle).sin() * b) / sine.clamp(min=1e-3)
    turned = direction * torch.lerp(lengths[0], lengths[1], share)
    return torch.where(sine < 1e-3, straight(first, second, share), turned)


def derivative(function: Callable[[Tensor], Tensor], at: Tensor, towards: Tensor) -> Tensor:
    """The derivative of `function` at a place in a direction of the same shape, in the shape of its value."""
    with warnings.catch_warnings(), compiler_left_out():
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)  # by torch, of itself
        slope: Tensor = jvp(function, (at,), (towards,))[1]
    return slope


def speeds(subject: Subject, walk: Walk, first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    """Squared speed of the features at one place of each walk: rows (N,), rows (N,), t (N, 1) → (N,)."""

    def squared(rows: Tensor) -> Tensor:
        at = _features_along(subject, walk, first[rows], second[rows])
        return derivative(at, share[rows], torch.ones_like(share[rows])).double().square().sum(1)

    return torch.cat([squared(rows) for rows in torch.arange(len(first)).split(AT_ONCE)])


def features_at(subject: Subject, walk: Walk, first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    """Features of one place of each walk: rows (N,), rows (N,), t (N, 1) → (N, F)."""
    blocks = torch.arange(len(first)).split(AT_ONCE)
    return torch.cat([_features_along(subject, walk, first[rows], second[rows])(share[rows]) for rows in blocks])


def _features_along(subject: Subject, walk: Walk, first: Tensor, second: Tensor) -> Callable[[Tensor], Tensor]:
    def at(share: Tensor) -> Tensor:
        codes = walk(subject.codes[first], subject.codes[second], share).unflatten(1, subject.model.code_shape)
        return subject.classifier.features(subject.model.decode(subject.model.quantise(codes)))

    return at


@torch.no_grad()
def jacobian_squares(subject: Subject) -> Tensor:
    """Squared Frobenius norm of the decoder's Jacobian at samples' codes, per standard deviation of the codes: (n,).

    Unbiased where it is estimated, as its root is not: so the mean is taken first, and then the root.
    """
    codes = subject.sample_codes[:JACOBIANS]
    spread = subject.codes.std(0, correction=0)
    directions = len(spread) if len(spread) <= EXACT else PROBES
    pixels = subject.test.images[0].numel()
    at_once = max(1, PIXELS_AT_ONCE // (directions * max(pixels, len(spread))))
    noise = subject.noise_for("probes")
    return torch.cat([_squares(subject.model, z, spread, noise) for z in codes.split(at_once)])


def _squares(model: Autoencoder, z: Tensor, spread: Tensor, noise: Noise) -> Tensor:
    """‖J diag(spread)‖²_F for each of B codes, exactly or by Hutchinson's random signs v: E |J s v|² = |J s|_F²."""
    size = len(spread)
    if size <= EXACT:
        directions, parts = torch.eye(size, device=z.device).expand(len(z), size, size), 1
    else:
        directions, parts = noise.uniform((len(z), PROBES, size)).sub(0.5).sign(), PROBES
    tangents = (directions * spread).flatten(0, 1).unflatten(1, z.shape[1:])
    columns = derivative(model.decode, z.repeat_interleave(directions.shape[1], 0), tangents)
    squares = columns.flatten(1).double().square().sum(1).unflatten(0, (len(z), -1))
    return squares.sum(1).div(parts)
