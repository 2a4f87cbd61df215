"""Matrix functions that several modules share."""

from torch import Tensor, linalg


def symmetric_root(matrices: Tensor) -> Tensor:
    """The symmetric R with R R = M for positive semi-definite M, (…, D, D), by eigendecomposition: M may be singular.

    >>> import torch
    >>> symmetric_root(torch.tensor([[4.0, 0.0], [0.0, 0.0]]))
    tensor([[2., 0.],
            [0., 0.]])
    """
    values, vectors = linalg.eigh(matrices)
    return (vectors * values.clamp(min=0).sqrt().unsqueeze(-2)) @ vectors.mT
