r"""Vectors and the centres they belong to: means, k-means, and how evenly the centres are used.

k-means: every vector goes to its nearest centre, every centre to the mean of its vectors, in turn (Lloyd 1982,
doi:10.1109/TIT.1982.1056489), from centres that are spread out (k-means++, Arthur & Vassilvitskii 2007).
"""

import torch
from torch import Tensor

from vaeplay.neighbours import nearest
from vaeplay.noise import Noise, sample_categorical


def means_of(vectors: Tensor, codes: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Mean and number of the vectors (N, D) of each code in `codes` (N,): (size, D), (size,)."""
    counts = counts_of(codes, size)
    sums = vectors.new_zeros(size, vectors.shape[1]).index_add_(0, codes, vectors)
    return sums / counts.clamp(min=1)[:, None], counts


def kmeans_plus_plus(vectors: Tensor, count: int, noise: Noise) -> Tensor:
    """`count` of the vectors (N, D), each drawn in proportion to its squared distance from the nearest so far."""
    distances = torch.full((len(vectors),), torch.inf, device=vectors.device)
    centres: list[Tensor] = []
    for share in noise.uniform((count,)):
        chosen = sample_categorical(torch.where(distances.isinf(), 1, distances), share[None])[0]
        centres.append(vectors[chosen])
        distances = torch.minimum(distances, (vectors - vectors[chosen]).square().sum(1))
    return torch.stack(centres)


def k_means(vectors: Tensor, count: int, noise: Noise, steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Lloyd's algorithm from k-means++, until no vector changes its centre, or for `steps` steps.

    Vectors (N, D) → centres (count, D), the nearest centre of each vector (N,), its distance (N,).
    """
    centres = kmeans_plus_plus(vectors, count, noise)
    distances, codes = nearest(vectors, centres)
    for _ in range(steps):
        means, counts = means_of(vectors, codes[:, 0], count)
        centres = torch.where(counts[:, None] > 0, means, centres)
        before, (distances, codes) = codes, nearest(vectors, centres)
        if torch.equal(before, codes):
            break
    return centres, codes[:, 0], distances[:, 0]


def counts_of(codes: Tensor, size: int) -> Tensor:
    """How often each of `size` codes occurs in `codes` (…): (size,). Unlike `bincount`, it does not make a GPU wait."""
    ones = torch.ones(codes.numel(), device=codes.device)
    return torch.zeros(size, device=codes.device).index_add_(0, codes.flatten(), ones)


def perplexity(counts: Tensor) -> Tensor:
    """exp of the entropy of how often each of K codes is used: (K,) → (), from 1 (one code) to K (all equally often).

    >>> float(perplexity(torch.tensor([5.0, 5.0, 5.0, 5.0]))), float(perplexity(torch.tensor([0.0, 0.0, 7.0, 0.0])))
    (4.0, 1.0)
    """
    return torch.special.entr(counts / counts.sum()).sum().exp()
