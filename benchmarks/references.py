"""Figures of the evaluation beside those of other implementations, or of a closed form, on the same numbers.

    uv run python -m benchmarks.references

Prints a row a figure: its name, ours, the reference's, and the difference. It needs the development dependencies.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from prdc import compute_prdc
from scipy import linalg
from torch_fidelity import metric_fid, metric_kid

from vaeplay.metrics import distances, manifold

Row = tuple[str, float, float]


def points(seed: int, scale: float = 1.0, shift: float = 0.0) -> torch.Tensor:
    """1,000 correlated points in 64 dimensions."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(64, 64, generator=torch.Generator().manual_seed(99), dtype=torch.double) / 8
    return scale * torch.randn(1000, 64, generator=generator, dtype=torch.double) @ mixing + shift


def generation() -> Iterator[Row]:
    """Distances of two sets of features, and the shares of one that lie in the other."""
    made, real = points(0, 1.2, 0.1), points(1)
    rows = torch.arange(len(made))
    frechet = distances.frechet(made, real)(rows)
    kernel = distances.kernel(made, real)(rows)
    covariances = [np.cov(x.numpy(), rowvar=False) for x in (made, real)]
    gap = (made.mean(0) - real.mean(0)).square().sum()
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    yield "frechet, scipy.linalg.sqrtm", frechet, float(gap + np.trace(sum(covariances) - 2 * root))
    statistics = [metric_fid.fid_features_to_statistics(x) for x in (made, real)]
    found = metric_fid.fid_statistics_to_metric(*statistics, verbose=False)
    yield "frechet, torch-fidelity", frechet, found["frechet_inception_distance"]
    found = metric_kid.kid_features_to_metric(
        made, real, kid_subsets=1, kid_subset_size=len(made), rng_seed=0, verbose=False, kid_kernel="poly",
        kid_kernel_poly_degree=3, kid_kernel_poly_coef0=1,
    )  # fmt: skip
    yield "kid, torch-fidelity", kernel, found["kernel_inception_distance_mean"]
    ours = {key: float(value.mean()) for key, value in manifold.per_image(made, real).items()}
    for key, value in compute_prdc(real.numpy(), made.numpy(), nearest_k=manifold.NEIGHBOURS).items():
        yield f"{key}, prdc", ours[key], float(value)


GROUPS: tuple[Callable[[], Iterator[Row]], ...] = (generation,)


def main() -> None:
    """Print the table."""
    print(f"{'figure, reference':<40} {'ours':>16} {'reference':>16} {'difference':>12}")
    for group in GROUPS:
        for name, ours, reference in group():
            print(f"{name:<40} {ours:>16.10g} {reference:>16.10g} {ours - reference:>12.1e}")


if __name__ == "__main__":
    main()
