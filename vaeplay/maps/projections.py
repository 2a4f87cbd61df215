"""Maps of codes in two dimensions: PCA, t-SNE, UMAP, or the code itself if it has one or two dimensions.

A map's trustworthiness (Venna & Kaski 2001) is 1 if the nearest neighbours of every point in the map are also its
nearest neighbours among the codes, and about 0.5 for a random map. PCA preserves distances as well as a plane can;
t-SNE (van der Maaten & Hinton 2008, JMLR 9) and UMAP (McInnes et al. 2018, arXiv:1802.03426) preserve neighbours: in
their maps, the sizes of groups and the distances between them mean nothing.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.float64]

WIDEST = 50  # dimensions for t-SNE and UMAP; longer codes (maps) are reduced to their first principal components
TRUSTED_NEIGHBOURS = 10
FEWEST = 10  # points that neighbours need to mean anything
DIGITS = 4  # significant digits that are kept


def maps(
    codes: NDArray[Any], seed: int, perplexity: float, neighbours: int, min_dist: float
) -> dict[str, dict[str, Any]]:
    """Every map of codes (N, D), by name: `points` (N, 2), `trustworthiness` or None, and a `label`.

    Codes of up to two dimensions are their own map, `latent`, with a trustworthiness of 1. Others have `pca` and, if
    there are enough codes and they differ, `tsne` and `umap`. `perplexity` and `neighbours` are lowered to what N
    points allow.
    """
    codes = codes.astype(np.float64)
    if codes.shape[1] <= 2:
        points = np.pad(codes, ((0, 0), (0, 2 - codes.shape[1])))
        return {"latent": {"label": "Latent space", "points": rounded(points), "trustworthiness": 1.0}}
    methods = {"pca": ("PCA", pca(codes, 2))}
    if len(codes) >= FEWEST and np.ptp(codes, axis=0).max() > 0:
        narrow = pca(codes, WIDEST) if codes.shape[1] > WIDEST else codes
        methods["tsne"] = ("t-SNE", tsne(narrow, seed, perplexity))
        methods["umap"] = ("UMAP", umap(narrow, seed, neighbours, min_dist))
    return {
        name: {"label": label, "points": rounded(points), "trustworthiness": trustworthiness(codes, points)}
        for name, (label, points) in methods.items()
    }


def pca(codes: Codes, count: int) -> Codes:
    """The first `count` principal components of codes: (N, D) → (N, count), zeros where there are fewer.

    Each has the sign that makes its largest weight positive; otherwise it would depend on the linear algebra library.
    """
    left, sizes, directions = np.linalg.svd(codes - codes.mean(0), full_matrices=False)
    largest = np.abs(directions).argmax(1)
    signs = np.where(directions[np.arange(len(directions)), largest] < 0, -1.0, 1.0)
    points = (left * sizes * signs)[:, :count]
    return np.pad(points, ((0, 0), (0, count - points.shape[1])))


def tsne(codes: Codes, seed: int, perplexity: float) -> Codes:
    """t-SNE from the principal components, with exact neighbours: (N, D) → (N, 2)."""
    from openTSNE import TSNE

    lowered = min(perplexity, (len(codes) - 1) / 3)
    fitted = TSNE(perplexity=lowered, neighbors="exact", n_jobs=1, random_state=seed, initialization="pca").fit(codes)
    return np.asarray(fitted, dtype=np.float64)


def umap(codes: Codes, seed: int, neighbours: int, min_dist: float) -> Codes:
    """UMAP on one thread, which makes it repeatable, from exact neighbours: (N, D) → (N, 2).

    With neighbours from scikit-learn, UMAP need not compile its own search: five seconds instead of ten in a new
    process, and 0.9 instead of 1.5 in a warm one. The option with `approximation` in its name makes UMAP use them.
    """
    from sklearn.neighbors import NearestNeighbors
    from umap import UMAP

    count = min(neighbours, len(codes) - 1)
    distances, rows = NearestNeighbors(n_neighbors=count).fit(codes).kneighbors(codes)
    known = {"precomputed_knn": (rows, distances, None), "force_approximation_algorithm": True}
    fitted = UMAP(n_neighbors=count, min_dist=min_dist, random_state=seed, n_jobs=1, **known).fit_transform(codes)
    return np.asarray(fitted, dtype=np.float64)


def trustworthiness(codes: Codes, points: Codes) -> float | None:
    """The trustworthiness of a map, at most 1, from (N, D) and (N, 2); None for fewer than FEWEST points."""
    from sklearn.manifold import trustworthiness as of

    if len(codes) < FEWEST:
        return None
    return round(float(of(codes, points, n_neighbors=min(TRUSTED_NEIGHBOURS, (len(codes) - 1) // 2))), DIGITS)


def rounded(points: Codes) -> list[list[float]]:
    """Points with a few significant digits of the widest coordinate, which is more than a screen can show."""
    widest = float(np.abs(points).max(initial=0.0))
    decimals = DIGITS - 1 - int(np.floor(np.log10(widest))) if widest > 0 else DIGITS
    return [[round(float(value), decimals) + 0.0 for value in point] for point in points]
