"""The explorer's field: how far each place of a cell's plane lies from the codes that its decoder was trained on.

The rule is that of `metrics.holes`: a place within 1 radius of a training code, its distance to its fifth neighbour, is
among these codes. Distances are those of the whole space, so that fields of all cells are on one scale.
"""

from math import log2

import torch
from torch import Tensor

from vaeplay.evaluation.metrics import holes
from vaeplay.evaluation.metrics.subject import Subject

SIDE = 80  # places each way
REACH = 5.0  # standard deviations of the plane from its middle to the field's edge
NEAREST, FARTHEST = 0.5, 8.0  # radii, the ends of the scale


@torch.no_grad()
def of_plane(subject: Subject, origin: Tensor, axes: Tensor) -> tuple[Tensor, list[float] | None] | None:
    """The field of z = origin + a · axes[0] + b · axes[1], and the place (a, b) of a draw from the prior in a hole.

    The field is uint8, (SIDE, SIDE): the logarithm of the distance from NEAREST to FARTHEST, from the place (−REACH,
    REACH) row by row. The hole is the deepest among the half nearest the middle; None where there is none, or where the
    plane is not the whole space. No field where codes are maps, or too few.
    """
    if not subject.vectors or subject.model.failed or len(subject.train.images) <= holes.NEIGHBOURS:
        return None
    codes = holes.CodeSupport(subject.trained_on[0])
    steps = torch.linspace(-REACH, REACH, SIDE, device=origin.device)
    down, across = torch.meshgrid(-steps, steps, indexing="ij")
    distances = codes.distances(origin + torch.stack([across, down], -1).flatten(0, 1) @ axes)
    shares = (distances.clamp(NEAREST, FARTHEST) / NEAREST).log2() / log2(FARTHEST / NEAREST)
    return (255 * shares).round().to(torch.uint8).unflatten(0, (SIDE, SIDE)), _hole(subject, codes, origin, axes)


def _hole(subject: Subject, codes: holes.CodeSupport, origin: Tensor, axes: Tensor) -> list[float] | None:
    if len(origin) > 2:
        return None
    draws = subject.sample_codes.flatten(1)
    distances = codes.distances(draws)
    empty = (distances > 1) & holes.Support(subject.real_train).outside(subject.sample_features)
    if not empty.any():
        return None
    places = ((draws - origin) @ axes.T / axes.square().sum(1).clamp(min=1e-20))[empty]
    from_middle = places.norm(dim=1)
    depths = distances[empty].where(from_middle <= from_middle.median(), -1.0)
    return [round(value, 3) for value in places[depths.argmax()].tolist()]
