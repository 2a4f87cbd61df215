"""Nearest neighbours without a matrix of all distances: block by block, keeping the nearest so far."""

import torch
from torch import Tensor

PAIRS_AT_ONCE = 4_000_000
REFERENCES_AT_ONCE = 4000
SAME = 10  # neighbours whose classes are compared


def nearest(queries: Tensor, references: Tensor, count: int = 1, *, itself: bool = False) -> tuple[Tensor, Tensor]:
    """Distances to the `count` nearest references, nearest first, and their rows: (N, …), (M, …) → (N, k), (N, k).

    Byte pixels are compared in single precision, floats in their own; k is `count`, or fewer if there are fewer
    references. With `itself`, the queries are the references, and no point is its own neighbour. Memory is that of one
    block for any N and M.
    """
    count = min(count, len(references) - itself)
    at_once = max(1, PAIRS_AT_ONCE // min(len(references), REFERENCES_AT_ONCE))
    blocks = (queries,) if torch.compiler.is_exporting() else queries.split(at_once)  # their number would be fixed
    parts = [_of_block(_flat(b), references, count, at_once * i if itself else None) for i, b in enumerate(blocks)]
    distances, rows = zip(*parts, strict=True)
    return torch.cat(distances), torch.cat(rows)


def same_class(points: Tensor, labels: Tensor, count: int = SAME) -> Tensor:
    """The share of each point's `count` nearest others that have its class: (N, …), (N,) → (N,)."""
    _, rows = nearest(points, points, count, itself=True)
    return (labels[rows] == labels[:, None]).double().mean(1)


def _of_block(queries: Tensor, references: Tensor, count: int, own: int | None) -> tuple[Tensor, Tensor]:
    """`nearest` for a block of queries. `own` is the first query's row among the references, if these are the queries.

    Distances are compared as |r|² − 2 q·r, since |q|² is the same for every reference.
    """
    best = rows = torch.empty(0)
    start = 0
    for chunk in map(_flat, references.split(REFERENCES_AT_ONCE)):
        scores = torch.addmm(chunk.square().sum(1), queries, chunk.T, alpha=-2)
        if own is not None:
            places = torch.arange(len(queries), device=queries.device)
            inside = (places + own >= start) & (places + own < start + len(chunk))
            scores[places[inside], places[inside] + own - start] = torch.inf
        least, columns = _least(scores, count)
        if start:
            least, chosen = _least(torch.cat([best, least], dim=1), count)
            columns = torch.cat([rows, columns + start], dim=1).gather(1, chosen)
        best, rows, start = least, columns, start + len(chunk)
    return (best + queries.square().sum(1, keepdim=True)).clamp(min=0).sqrt(), rows


def _least(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The `count` smallest entries of each row, ascending, and their columns. `min` is several times faster for one."""
    if count == 1:
        return scores.min(1, keepdim=True)
    return scores.topk(min(count, scores.shape[1]), dim=1, largest=False)


def _flat(chunk: Tensor) -> Tensor:
    return chunk.flatten(1) if chunk.is_floating_point() else chunk.flatten(1).float()
