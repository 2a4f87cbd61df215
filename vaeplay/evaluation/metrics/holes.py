r"""Whether the latent space has holes: places between or around the codes that the decoder was never trained on.

A place is *outside* if it lies in no ball around any training code that reaches to its fifth neighbour (the support of
Kynkäänniemi et al. 2019, arXiv:1904.06991, in code space), and *no image* if what is decoded there lies in no such ball
of the training images in the classifier's features. A *hole* is both: the decoder is on its own there, and fails.

Codes are those that the decoder was trained on, of a VAE draws from the posteriors: its means alone would leave the
dimensions empty that it does not use. Each number is measured in its standard deviation over them, so that the rule is
one and the same for every model and every scale of codes. Test images are the reference: their codes are outside, and
they themselves are no images, at a share of their own.
"""

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.evaluation.metrics.intervals import Estimate, bootstrap_means, wilson
from vaeplay.evaluation.metrics.manifold import radii
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.rows import evenly

NEIGHBOURS = 5
MOST = 5_000  # training images whose balls are looked at, spread evenly over the split where there are more
PAIRS_AT_ONCE = 4_000_000


class Support:
    """Where points are, as told by balls around each that reach to its fifth neighbour: (M, D)."""

    def __init__(self, points: Tensor) -> None:
        self.points = points[evenly(len(points), MOST)]
        self.radii = radii(self.points, NEIGHBOURS)

    def distances(self, queries: Tensor) -> Tensor:
        """How many radii away the nearest ball's centre is, at most 1 within a ball: (N, D) → (N,)."""
        blocks = queries.to(self.points.dtype).split(max(1, PAIRS_AT_ONCE // len(self.points)))
        radii = self.radii.clamp(min=1e-12)  # points that coincide with five others
        return torch.cat([(torch.cdist(block, self.points) / radii).amin(1) for block in blocks])

    def outside(self, queries: Tensor) -> Tensor:
        """Which of these lie in no ball: (N, D) → (N,), bool."""
        return ~(self.distances(queries) <= 1)


class CodeSupport(Support):
    """Where a decoder was trained: codes (M, D), each number measured in its standard deviation over them."""

    def __init__(self, codes: Tensor) -> None:
        codes = codes.double()
        self.mean, self.scale = codes.mean(0), codes.std(0, correction=0).clamp(min=1e-12)
        super().__init__((codes - self.mean) / self.scale)

    @override
    def distances(self, queries: Tensor) -> Tensor:
        return super().distances((queries - self.mean) / self.scale)


@torch.no_grad()
def metrics(subject: Subject, walked: tuple[Tensor, Tensor]) -> dict[str, Estimate]:
    """Every metric of this file, where codes are vectors and there are enough of them.

    `walked` are T places on each of P walks between test images' codes, (P, T, D), and the features of what is decoded
    there, (P, T, F).
    """
    if not subject.vectors or len(subject.train.images) <= NEIGHBOURS:
        return {}
    known, tested = subject.trained_on
    codes, images = CodeSupport(known), Support(subject.real_train)

    def judged(z: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        outside = codes.outside(z)
        return outside.double(), (outside & images.outside(features)).double()

    prior = judged(subject.sample_codes.flatten(1), subject.sample_features)
    tests = judged(tested, subject.real_test)
    walks = [value.view(walked[0].shape[:2]).mean(1) for value in judged(*(part.flatten(0, 1) for part in walked))]
    return (
        wilson({"outside": prior[0], "holes": prior[1]})
        | wilson({"test_outside": tests[0], "test_holes": tests[1]})
        | bootstrap_means({"walk_outside": walks[0], "walk_holes": walks[1]}, subject.seed_for("intervals"))
    )
