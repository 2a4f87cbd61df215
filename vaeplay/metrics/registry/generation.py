"""What a model makes of no image at all: its samples."""

from vaeplay.metrics.registry.metric import Metric

GENERATION: tuple[Metric, ...] = (
    Metric(
        "sample_sharpness",
        "generation",
        "Sample sharpness",
        "of the originals'",
        None,
        2,
        "Energy of the Laplacian in the prior samples as a share of that in the test images: below 1 they are blurred.",
        headline=False,
    ),
)
