r"""What share of one set lies where the other does, as told by balls around images that reach to a near neighbour.

B(x) is the ball around x that reaches to the k-th nearest of its own set, k = 5. With N samples y and M real images x:

    precision = mean over y of [y lies in any B(x)]        recall   = mean over x of [x lies in any B(y)]
    density   = mean over y of (number of B(x) with y) / k  coverage = mean over x of [B(x) holds any y]

Precision and recall: Kynkäänniemi et al. 2019, arXiv:1904.06991; an outlier has a large ball, and raises both. Density
and coverage mend that: Naeem et al. 2020, arXiv:2002.09797.
"""

import torch
from torch import Tensor

from vaeplay.evaluation.metrics.intervals import GROUPS
from vaeplay.neighbours import nearest

NEIGHBOURS = 5
PAIRS_AT_ONCE = 4_000_000


def per_image(made: Tensor, real: Tensor, neighbours: int = NEIGHBOURS) -> dict[str, Tensor]:
    """Each metric's values, whose mean it is: of features (N, F) and (M, F), with more than k in each set.

    `precision` and `density` are (N,), of the samples; `recall` and `coverage` are (M,), of the real images.
    """
    made, real = made.double(), real.double()
    made_radii, real_radii = radii(made, neighbours), radii(real, neighbours)
    held_by_real = torch.zeros(len(made), dtype=torch.double, device=made.device)
    recalled, covered = (torch.zeros(len(real), dtype=torch.bool, device=made.device) for _ in range(2))
    for rows in torch.arange(len(made), device=made.device).split(max(1, PAIRS_AT_ONCE // len(real))):
        distances = torch.cdist(made[rows], real)
        in_real = distances < real_radii
        held_by_real[rows] = in_real.sum(1).double()
        covered |= in_real.any(0)
        recalled |= (distances < made_radii[rows, None]).any(0)
    return {
        "precision": (held_by_real > 0).double(),
        "recall": recalled.double(),
        "density": held_by_real / neighbours,
        "coverage": covered.double(),
    }


def without_each_group(made: Tensor, real: Tensor, neighbours: int = NEIGHBOURS) -> dict[str, Tensor]:
    """Recall and coverage without each tenth of the samples in turn, GROUPS values each; the arguments of `per_image`.

    Their duplicates rule a bootstrap out, and Wilson's interval takes the real images to be independent of each other,
    when all depend on the same samples.
    """
    made, real = made.double(), real.double()
    count, real_radii = len(made), radii(real, neighbours)
    groups = torch.arange(count, device=made.device) % GROUPS
    distances, rows = nearest(made, made, 8 * neighbours, itself=True)
    within = []
    for group in range(GROUPS):  # the k-th of the neighbours that are left
        left = (groups[rows] != group).long().cumsum(1)
        within.append(distances.gather(1, (left < neighbours).sum(1, keepdim=True).clamp(max=distances.shape[1] - 1)))
    made_radii = torch.cat(within, dim=1)
    recalled, covered = (torch.zeros(GROUPS, len(real), dtype=torch.bool, device=made.device) for _ in range(2))
    for part in torch.arange(count, device=made.device).split(max(1, PAIRS_AT_ONCE // len(real))):
        between = torch.cdist(made[part], real)
        for group in range(GROUPS):
            kept = groups[part] != group
            recalled[group] |= (between[kept] < made_radii[part[kept], group, None]).any(0)
            covered[group] |= (between[kept] < real_radii).any(0)
    return {"recall": recalled.double().mean(1), "coverage": covered.double().mean(1)}


def radii(points: Tensor, neighbours: int) -> Tensor:
    """Distance of each to its k-th nearest other: (N, F) → (N,)."""
    distances, _ = nearest(points, points, neighbours, itself=True)
    return distances[:, -1]
