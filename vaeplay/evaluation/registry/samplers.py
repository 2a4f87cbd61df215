"""The metrics of samples, once more for samples from densities that are fitted to every model's codes alike."""

from dataclasses import replace

from vaeplay.evaluation.registry.generation import GENERATION
from vaeplay.evaluation.registry.metric import Metric

AGAIN = ("frechet", "kid", "precision", "recall", "density", "coverage", "class_entropy")
FITTED = {
    "gaussian": ("Gaussian", "a Gaussian"),
    "mixture": ("mixture", "a mixture of ten Gaussians (for codes of at most 64 numbers)"),
    "realnvp": ("RealNVP", "a RealNVP (for codes of at most 64 numbers)"),
}


def _of(metric: Metric, fit: str) -> Metric:
    label, words = FITTED[fit]
    return replace(
        metric,
        key=f"{metric.key}_{fit}",
        label=f"{metric.label}, fitted {label}",
        definition=f"{metric.label} of samples from {words} fitted to the training codes, whatever the model's own "
        "prior: of a VAE to codes drawn from the posteriors. It tells samplers from models.",
        source="Dinh et al. 2017, arXiv:1605.08803" if fit == "realnvp" else "Ghosh et al. 2020, arXiv:1903.12436",
        headline=False,
    )


SAMPLERS: tuple[Metric, ...] = tuple(_of(m, fit) for fit in FITTED for m in GENERATION if m.key in AGAIN)
