r"""What share of one set lies where the other does, as told by balls around images that reach to a near neighbour.

B(x) is the ball around x that reaches to the k-th nearest of its own set, k = 5. With N samples y and M real images x:

    precision = mean over y of [y lies in any B(x)]        recall   = mean over x of [x lies in any B(y)]
    density   = mean over y of (number of B(x) with y) / k  coverage = mean over x of [B(x) holds any y]

Precision and recall: Kynkäänniemi et al. 2019, arXiv:1904.06991; an outlier has a large ball, and raises both. Density
and coverage mend that: Naeem et al. 2020, arXiv:2002.09797.
"""

import torch
from torch import Tensor

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


def radii(points: Tensor, neighbours: int) -> Tensor:
    """Distance of each to its k-th nearest other: (N, F) → (N,)."""
    distances, _ = nearest(points, points, neighbours, itself=True)
    return distances[:, -1]
