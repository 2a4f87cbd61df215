r"""How fast images change with their code, whether neighbouring codes share a class, and the walks between codes.

    Jacobian norm = (E |∂ decode(z) / ∂z · diag(s)|²_F)^½,   s the standard deviations of the test images' codes

Nothing here changes if codes are measured in another unit, as an autoencoder's happen to be: a walk takes the time 1
whatever its length, and the Jacobian is taken per standard deviation. `trips` has what is seen on walks.

A decoder of codes from a codebook knows these alone: between them its images change in jumps, which have no speed, and
it has no Jacobian.
"""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import jvp

from vaeplay.evaluation.metrics.intervals import Estimate, bootstrap_means
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.neighbours import same_class
from vaeplay.noise import Noise
from vaeplay.torch_startup import compiler_left_out

JACOBIANS = 250  # samples whose Jacobian is taken
EXACT = 64  # numbers in a code up to which each has its own column; above, the norm is estimated
PROBES = 8  # random directions of the estimate
PIXELS_AT_ONCE = 4_000_000
PAIRS = 500  # of test images, between which walks are taken: a larger test split has no more

Walk = Callable[[Tensor, Tensor, Tensor], Tensor]  # codes (B, D), codes (B, D), t (B, 1) → codes (B, D)


@torch.no_grad()
def metrics(subject: Subject) -> dict[str, Estimate]:
    """The Jacobian's norm where codes are continuous, and where there are classes, whether neighbours share one."""
    seed = subject.seed_for("intervals")
    estimates: dict[str, Estimate] = {}
    if subject.model.codebook() is None:
        squares = bootstrap_means({"squares": jacobian_squares(subject)}, seed)
        estimates["jacobian"] = root(squares["squares"])
    if subject.classes > 1 and len(subject.test.images) > 1:
        shares = {"neighbour_consistency": same_class(subject.codes, subject.test.labels)}
        estimates |= bootstrap_means(shares, seed, subject.strata)
    return estimates


def root(square: Estimate) -> Estimate:
    """The square root of an estimate that is not negative, with that of its interval."""
    low, high = (None if end is None else max(0.0, end) ** 0.5 for end in (square.low, square.high))
    return Estimate(square.value**0.5, square.count, low, high)


def pairs(count: int, noise: Noise) -> tuple[Tensor, Tensor]:
    """Rows of the pairs of N images, (P,) twice, at most PAIRS: no image is in two, so that pairs can be resampled.

    Pairs that share an image are no independent draws, and an interval over them as if they were is too narrow.
    """
    order, half = noise.uniform((count,)).argsort(stable=True), min(count // 2, PAIRS)
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


def derivative(function: Callable[[Tensor], Tensor], at: Tensor, towards: Tensor) -> tuple[Tensor, Tensor]:
    """The value of `function` at a place, and its derivative in a direction of the same shape, in that of its value."""
    with warnings.catch_warnings(), compiler_left_out():
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)  # by torch, of itself
        slopes = jvp(function, (at,), (towards,))
    return slopes[0], slopes[1]


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
    _, columns = derivative(model.decode, z.repeat_interleave(directions.shape[1], 0), tangents)
    squares = columns.flatten(1).double().square().sum(1).unflatten(0, (len(z), -1))
    return squares.sum(1).div(parts)
