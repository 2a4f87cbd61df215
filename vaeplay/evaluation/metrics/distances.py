r"""How far two sets of images are from each other, as distributions of their features.

    Fréchet = |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁^½ Σ₂ Σ₁^½)^½),   kernel = MMD² with (x·y / F + 1)³

The first is the squared 2-Wasserstein distance between the two Gaussians with the sets' means and covariances (Dowson &
Landau 1982, doi:10.1016/0047-259X(82)90077-X; Heusel et al. 2017, arXiv:1706.08500). Its estimate is too high, by less
the more images there are. The second leaves out the pairs of an image with itself, and so is unbiased: below 0 as often
as above where the two distributions are equal (Bińkowski et al. 2018, arXiv:1801.01401).

Features are (N, F) and (M, F); all is computed in double precision, of blocks whose size does not grow with N or M.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from vaeplay.matrices import symmetric_root

PAIRS_AT_ONCE = 4_000_000

Statistic = Callable[[Tensor], float]


def frechet(made: Tensor, real: Tensor) -> Statistic:
    """The Fréchet distance to `real` of a part of `made`: a function of its rows, (n,) int64."""
    made = made.double()
    real_mean, real_covariance = moments(real.double())
    root = symmetric_root(real_covariance)

    def of_rows(rows: Tensor) -> float:
        mean, covariance = moments(made[rows.to(made.device)])
        product = root @ covariance @ root
        overlap = torch.linalg.eigvalsh((product + product.T) / 2).clamp(min=0).sqrt().sum()
        traces = real_covariance.trace() + covariance.trace()
        return float((mean - real_mean).square().sum() + traces - 2 * overlap)

    return of_rows


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and unbiased covariance: (N, F) → (F,), (F, F)."""
    mean = features.mean(0)
    centred = features - mean
    return mean, centred.T @ centred / max(1, len(features) - 1)


def kernel(made: Tensor, real: Tensor) -> Statistic:
    """The kernel distance (KID) to `real` of a part of `made`, n ≥ 2: a function of its rows, (n,) int64.

    It is taken over all pairs, not over random subsets. The sum over each image's pairs is kept, so that leaving a few
    images out costs their own pairs alone.
    """
    made, real = made.double(), real.double()
    with_real = row_sums(made, real)
    with_made = row_sums(made, made) - cubic(made, made, paired=True)
    real_pairs = len(real) * (len(real) - 1)
    among_real = (row_sums(real, real) - cubic(real, real, paired=True)).sum() / real_pairs

    def of_rows(rows: Tensor) -> float:
        count = len(rows)
        left_out = torch.ones(len(made), dtype=torch.bool, device=made.device)
        left_out[rows.to(made.device)] = False
        gone = made[left_out]
        among_gone = row_sums(gone, gone).sum() - cubic(gone, gone, paired=True).sum()
        among_made = with_made.sum() - 2 * with_made[left_out].sum() + among_gone
        between = with_real[~left_out].sum() / (count * len(real))
        return float(among_made / (count * (count - 1)) + among_real - 2 * between)

    return of_rows


def row_sums(first: Tensor, second: Tensor) -> Tensor:
    """Sum of the kernel of each row with all rows of the other: (N, F), (M, F) → (N,)."""
    at_once = max(1, PAIRS_AT_ONCE // max(1, len(second)))
    return torch.cat([cubic(part, second).sum(1) for part in first.split(at_once)])


def cubic(first: Tensor, second: Tensor, *, paired: bool = False) -> Tensor:
    """(x·y / F + 1)³ of every pair, (N, M), or of each row with its own counterpart, (N,)."""
    products = (first * second).sum(1) if paired else first @ second.T
    scaled = products.div(first.shape[1]).add_(1)
    return scaled * scaled * scaled
