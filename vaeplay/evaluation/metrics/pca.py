r"""What principal components alone make of the test images, with as many numbers as the model's code: a reference.

    y = m + W Wᵀ (x − m),   W the first D eigenvectors of the training images' covariance, m their mean

Of all linear autoencoders it has the lowest squared error on the training images (Baldi & Hornik 1989,
doi:10.1016/0893-6080(89)90014-2).
"""

import torch
from torch import Tensor

from vaeplay.data.prepared import as_float, batches
from vaeplay.evaluation.metrics import pixels
from vaeplay.evaluation.metrics.intervals import Estimate, bootstrap_means
from vaeplay.evaluation.metrics.subject import Subject

MOST_PIXELS = 4096  # of an image: the eigenvectors of more take minutes


def metrics(subject: Subject) -> dict[str, Estimate]:
    """The squared error, for a code that is a vector and images that are not too large."""
    size = subject.test.images[0].numel()
    if not subject.vectors or size > MOST_PIXELS or subject.model.latent_dim > size:
        return {}
    mean, directions, _ = components(subject.train.images)
    directions = directions[:, : subject.model.latent_dim]
    errors = []
    for _, x in subject.batches(subject.test.images):
        centred = x.flatten(1).double() - mean
        rebuilt = (mean + centred @ directions @ directions.T).view(x.shape)
        errors.append(pixels.mean_squared_error(x.double(), rebuilt))
    return bootstrap_means({"pca_mse": torch.cat(errors)}, subject.seed_for("intervals"), subject.strata)


def components(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The mean of images, uint8 (N, *shape), their principal components, and the variance along each.

    (P,), (P, K) with a component in each column, (P,), the largest variance first, in double precision. K is P, or N
    where there are fewer images than pixels: the variance along all further components is 0.
    """
    size = images[0].numel()
    if len(images) < size:
        flat = as_float(images).flatten(1).double()
        mean = flat.mean(0)
        _, spreads, directions = torch.linalg.svd(flat - mean, full_matrices=False)
        return mean, directions.T, torch.nn.functional.pad(spreads.square() / len(images), (0, size - len(images)))
    total = torch.zeros(size, dtype=torch.double, device=images.device)
    squares = torch.zeros(size, size, dtype=torch.double, device=images.device)
    for x in batches(images):
        flat = as_float(x).flatten(1).double()
        total += flat.sum(0)
        squares += flat.T @ flat
    mean = total / len(images)
    variances, directions = torch.linalg.eigh(squares / len(images) - torch.outer(mean, mean))
    return mean, directions.flip(1), variances.flip(0).clamp(min=0)
