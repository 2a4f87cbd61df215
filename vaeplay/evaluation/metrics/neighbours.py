"""Nearest neighbours without a matrix of all distances: blocks of both sides, and the nearest so far kept."""

import torch
from torch import Tensor

QUERIES_AT_ONCE = 1000
REFERENCES_AT_ONCE = 4000
SAME = 10  # neighbours whose class is looked at


def nearest(queries: Tensor, references: Tensor, count: int, *, itself: bool = False) -> tuple[Tensor, Tensor]:
    """Distances to the `count` nearest references, nearest first, and their rows: (N, …), (M, …) → (N, k), (N, k).

    Pixels as bytes are compared in single precision, all else in its own; k is `count`, or as many as there are. With
    `itself`, queries are the references, and none is its own neighbour. Memory is that of one block, whatever N and M.
    """
    count = min(count, len(references) - itself)
    found = [
        _of_block(_flat(chunk), references, count, QUERIES_AT_ONCE * place if itself else None)
        for place, chunk in enumerate(queries.split(QUERIES_AT_ONCE))
    ]
    distances, rows = zip(*found, strict=True)
    return torch.cat(distances), torch.cat(rows)


def same_class(points: Tensor, labels: Tensor, count: int = SAME) -> Tensor:
    """Which share of its `count` nearest others has a point's own class: (N, …), (N,) → (N,)."""
    _, rows = nearest(points, points, count, itself=True)
    return (labels[rows] == labels[:, None]).double().mean(1)


def _of_block(queries: Tensor, references: Tensor, count: int, own: int | None) -> tuple[Tensor, Tensor]:
    """`nearest` of a block of queries. `own` is the row of the first among the references, if they are these."""
    best, rows = queries.new_empty(len(queries), 0), torch.empty(len(queries), 0, dtype=torch.long)
    rows = rows.to(queries.device)
    places = torch.arange(len(queries), device=queries.device)
    start = 0
    for chunk in references.split(REFERENCES_AT_ONCE):
        distances = torch.cdist(queries, _flat(chunk))
        if own is not None:
            inside = (places + own >= start) & (places + own < start + len(chunk))
            distances[places[inside], places[inside] + own - start] = torch.inf
        candidates = torch.cat([best, distances], dim=1)
        columns = torch.arange(start, start + len(chunk), device=queries.device).expand(len(queries), -1)
        best, chosen = candidates.topk(min(count, candidates.shape[1]), dim=1, largest=False)
        rows = torch.cat([rows, columns], dim=1).gather(1, chosen)
        start += len(chunk)
    return best, rows


def _flat(chunk: Tensor) -> Tensor:
    return chunk.flatten(1) if chunk.is_floating_point() else chunk.flatten(1).float()
