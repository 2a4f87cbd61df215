"""One cell's evaluation, whole: every group of figures in its order, and what the page shows beside them."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from vaeplay.evaluation import samples
from vaeplay.evaluation.metrics import (
    disentanglement,
    generation,
    likelihood,
    reconstruction,
    representation,
    smoothness,
)
from vaeplay.evaluation.metrics.intervals import Measured
from vaeplay.evaluation.metrics.subject import Subject

PARTS: dict[str, Callable[[Subject], dict[str, Measured]]] = {
    "reconstruction": reconstruction.figures,
    "likelihood": likelihood.figures,
    "generation": generation.figures,
    "smoothness": smoothness.figures,
    "representation": representation.figures,
    "disentanglement": disentanglement.figures,
}

SHARED: dict[str, Callable[[Subject], Tensor]] = {  # once for several groups; a learned prior draws long
    "codes": lambda subject: subject.codes,
    "samples": lambda subject: subject.samples,
}


def measure(subject: Subject) -> tuple[dict[str, Measured], dict[str, float]]:
    """Every figure by its key in the registry, and the seconds that each group of figures took.

    What several groups use has a time of its own: else it would be that of the first group to ask for it.
    """
    found: dict[str, Measured] = {}
    seconds: dict[str, float] = {}
    for part, compute in SHARED.items():
        with _timed(seconds, part):
            compute(subject)
    for part, figures in PARTS.items():
        with _timed(seconds, part):
            found |= figures(subject)
    return found, seconds


@contextmanager
def _timed(seconds: dict[str, float], part: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[part] = time.perf_counter() - started


def values(found: dict[str, Measured]) -> dict[str, float | None]:
    """The figures alone; None for one that is no finite number, as a ratio to what black images have none of."""
    return {key: _finite(figure.value) for key, figure in found.items()}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def details(subject: Subject, found: dict[str, Measured], columns: int) -> dict[str, Any]:
    """What the page shows of a cell beyond its figures: intervals, counts, spectrum, which images came out best."""
    best, worst = reconstruction.extremes(subject, columns)
    intervals = {key: [_finite(figure.low), _finite(figure.high)] for key, figure in found.items()}
    return {
        "intervals": {key: interval for key, interval in intervals.items() if None not in interval},
        "counts": {key: figure.count for key, figure in found.items()},
        "spectrum": [entry | {"rate": _finite(entry["rate"])} for entry in likelihood.spectrum(subject)],
        "best": best.tolist(),
        "worst": worst.tolist(),
        "test_images": len(subject.test.images),
        "usage": subject.model.usage(subject.seen),
    }


def pictures(subject: Subject, columns: int) -> dict[str, Tensor]:
    """The cell's pictures, (rows, columns, channels, height, width) each, by the suffix of their file."""
    best, worst = reconstruction.extremes(subject, columns)
    return {
        "": reconstruction.pairs(subject, samples.chosen(subject, columns)),
        "_best": reconstruction.pairs(subject, best),
        "_worst": reconstruction.pairs(subject, worst),
        "_prior": samples.prior(subject.model, columns, subject.seed_for("prior samples")),
        "_interpolation": samples.interpolation(subject, columns),
        "_traversal": samples.traversals(subject, columns),
    }
