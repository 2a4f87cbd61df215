"""One cell's evaluation, whole: every group of metrics in its order, and what the page shows beside them."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from torch import Tensor
from tqdm import tqdm

from vaeplay.evaluation import samples
from vaeplay.evaluation.metrics import (
    anomalies,
    copies,
    decomposition,
    disentanglement,
    gaps,
    generation,
    likelihood,
    pca,
    reconstruction,
    representation,
    samplers,
    smoothness,
    trips,
)
from vaeplay.evaluation.metrics.intervals import Estimate
from vaeplay.evaluation.metrics.subject import Subject

GROUPS: dict[str, Callable[[Subject], dict[str, Estimate]]] = {
    "reconstruction": reconstruction.metrics,
    "pca": pca.metrics,
    "likelihood": likelihood.metrics,
    "decomposition": decomposition.metrics,
    "gaps": gaps.metrics,
    "generation": generation.metrics,
    "copies": copies.metrics,
    "samplers": samplers.metrics,
    "smoothness": smoothness.metrics,
    "trips": trips.metrics,
    "representation": representation.metrics,
    "disentanglement": disentanglement.metrics,
}

SHARED: dict[str, Callable[[Subject], object]] = {  # once for several groups; a learned prior draws long
    "codes": lambda subject: subject.codes,
    "samples": lambda subject: subject.samples,
    "fitted samples": lambda subject: subject.fitted_samples,
}


def measure(subject: Subject) -> tuple[dict[str, Estimate], dict[str, float]]:
    """Every metric by its key in the registry, and the seconds that each group of metrics took.

    What several groups use has a time of its own: else it would be that of the first group to ask for it.
    """
    estimates: dict[str, Estimate] = {}
    seconds: dict[str, float] = {}
    total = len(SHARED) + len(GROUPS) + bool(subject.anomalies)
    with tqdm(total=total, desc="evaluation", unit="group", disable=None) as bar:
        for part, compute in SHARED.items():
            with _timed(seconds, part, bar):
                compute(subject)
        for part, metrics in GROUPS.items():
            with _timed(seconds, part, bar):
                estimates |= metrics(subject)
        if subject.anomalies:
            with _timed(seconds, "anomalies", bar):
                estimates |= anomalies.metrics(subject, estimates)
    return estimates, seconds


@contextmanager
def _timed(seconds: dict[str, float], part: str, bar: "tqdm[NoReturn]") -> Iterator[None]:
    bar.set_postfix_str(part)
    started = time.perf_counter()
    yield
    bar.update()
    seconds[part] = time.perf_counter() - started


def values(estimates: dict[str, Estimate]) -> dict[str, float | None]:
    """The values alone; None for one that is not finite, as a ratio to the sharpness of black images."""
    return {key: finite(estimate.value) for key, estimate in estimates.items()}


def finite(value: float | None) -> float | None:
    """A number that JSON can hold; None for any other."""
    return value if value is not None and math.isfinite(value) else None


def spreads(estimates: dict[str, Estimate]) -> dict[str, Any]:
    """The intervals that are there and finite, and the counts that these are over."""
    intervals = {key: [finite(estimate.low), finite(estimate.high)] for key, estimate in estimates.items()}
    return {
        "intervals": {key: interval for key, interval in intervals.items() if None not in interval},
        "counts": {key: estimate.count for key, estimate in estimates.items()},
    }


def details(subject: Subject, estimates: dict[str, Estimate], columns: int) -> dict[str, Any]:
    """What the page shows of a cell beyond its metrics: intervals, counts, spectrum, which images came out best."""
    best, worst = reconstruction.extremes(subject, columns)
    return spreads(estimates) | {
        "spectrum": [entry | {"rate": finite(entry["rate"])} for entry in likelihood.spectrum(subject)],
        "best": best.tolist(),
        "worst": worst.tolist(),
        "test_images": len(subject.test.images),
        "usage": subject.model.usage(subject.seen),
    }


def pictures(subject: Subject, columns: int) -> dict[str, Tensor]:
    """The cell's pictures, (rows, columns, channels, height, width) each, by kind: those that its model can have."""
    best, worst = reconstruction.extremes(subject, columns)
    found: dict[str, Tensor | None] = {
        "reconstruction": reconstruction.pairs(subject, samples.chosen(subject, columns)),
        "best": reconstruction.pairs(subject, best),
        "worst": reconstruction.pairs(subject, worst),
        "prior": samples.prior(subject.model, columns, subject.seed_for("prior samples")),
        "fitted": samples.fitted(subject, columns),
        "nearest": samples.nearest_training(subject, columns),
        "interpolation": samples.interpolation(subject, columns),
        "traversal": samples.traversals(subject, columns),
        "unsure": samples.unsure(subject, columns) if subject.classes > 1 else None,
        "stages": samples.stages(subject, columns),
        "layers": samples.layers(subject, columns),
    }
    return {kind: picture for kind, picture in found.items() if picture is not None}
