r"""Vectors and the centres they belong to: nearest centres, means, k-means, and how evenly the centres are used.

k-means: every vector goes to its nearest centre, every centre to the mean of its vectors, in turn (Lloyd 1982,
doi:10.1109/TIT.1982.1056489), from centres that are spread out (Arthur & Vassilvitskii 2007, k-means++)
"""

import torch
from torch import Tensor

from vaeplay.noise import Noise, drawn

LLOYD_STEPS = 10
PAIRS_AT_ONCE = 16_000_000  # distances that are held at a time


def nearest(vectors: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """Index of the nearest centre, and the squared distance to it: (N, D), (K, D) → (N,), (N,).

    In blocks whose distances take a bounded room, whatever N: of a large codebook all at once would be gigabytes.
    """
    sizes = centres.square().sum(1)
    blocks = vectors.split(max(1, PAIRS_AT_ONCE // len(centres)))
    found = [torch.addmm(sizes, block, centres.T, alpha=-2).min(1) for block in blocks]
    least, codes = (torch.cat(parts) for parts in zip(*found, strict=True))
    return codes, (least + vectors.square().sum(1)).clamp(min=0)


def means_of(vectors: Tensor, codes: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Mean and number of the vectors (N, D) of each code in `codes` (N,): (size, D), (size,)."""
    counts = counts_of(codes, size)
    sums = vectors.new_zeros(size, vectors.shape[1]).index_add_(0, codes, vectors)
    return sums / counts.clamp(min=1)[:, None], counts


def spread(vectors: Tensor, count: int, noise: Noise) -> Tensor:
    """`count` of the vectors (N, D), each drawn in proportion to its squared distance from those before (k-means++)."""
    distances = torch.full((len(vectors),), torch.inf, device=vectors.device)
    centres: list[Tensor] = []
    for share in noise.uniform((count,)):
        chosen = drawn(torch.where(distances.isinf(), 1, distances), share[None])[0]
        centres.append(vectors[chosen])
        distances = torch.minimum(distances, (vectors - vectors[chosen]).square().sum(1))
    return torch.stack(centres)


def k_means(vectors: Tensor, count: int, noise: Noise) -> Tensor:
    """Centres (count, D) of the vectors (N, D), after a few of Lloyd's steps: training goes on from there."""
    centres = spread(vectors, count, noise)
    for _ in range(LLOYD_STEPS):
        means, counts = means_of(vectors, nearest(vectors, centres)[0], count)
        centres = torch.where(counts[:, None] > 0, means, centres)
    return centres


def counts_of(codes: Tensor, size: int) -> Tensor:
    """How often each of K codes stands in `codes` (…): (K,). Unlike `bincount` it makes no GPU wait."""
    ones = torch.ones(codes.numel(), device=codes.device)
    return torch.zeros(size, device=codes.device).index_add_(0, codes.flatten(), ones)


def perplexity(counts: Tensor) -> Tensor:
    """exp of the entropy of how often each of K codes is used: (K,) → (), from 1 (a single code) to K (all alike).

    >>> float(perplexity(torch.tensor([5.0, 5.0, 5.0, 5.0]))), float(perplexity(torch.tensor([0.0, 0.0, 7.0, 0.0])))
    (4.0, 1.0)
    """
    return torch.special.entr(counts / counts.sum()).sum().exp()
