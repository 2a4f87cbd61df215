"""Every figure that the pipeline reports: its name, unit, direction, definition and source.

The evaluation writes these keys, the gallery shows them under these names, and nothing else is a metric. All figures
are means over the images of the test split unless the definition says otherwise.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One figure of a cell.

    `key` is its name in `metrics/<cell>.json`; `better` is the direction in which a model improves, or None where
    neither is better by itself; `digits` is how many decimals mean something. A figure that few models have is no
    `headline`: it is shown with its cell, and not in the table of all cells.
    """

    key: str
    label: str
    unit: str
    better: Literal["lower", "higher"] | None
    digits: int
    definition: str
    source: str = ""
    headline: bool = True


METRICS: tuple[Metric, ...] = (
    Metric(
        "distortion",
        "Distortion",
        "nats / image",
        "lower",
        2,
        "Negative log-likelihood of the image under the decoder, −log p(x|z). For a model with a posterior, z is one "
        "sample of it, so that distortion and rate add up to the negative ELBO; for an autoencoder z is its code.",
        "Alemi et al. 2018, arXiv:1711.00464",
    ),
    Metric(
        "rate",
        "Rate",
        "nats / image",
        None,
        2,
        "KL divergence from the prior to the posterior, KL(q(z|x) ‖ p(z)): how much the code says about the image. "
        "An autoencoder has no prior, and so no rate.",
        "Alemi et al. 2018, arXiv:1711.00464",
    ),
    Metric(
        "elbo",
        "ELBO",
        "nats / image",
        "higher",
        2,
        "Evidence lower bound, −(distortion + rate), with weight 1 on the rate whatever β the model was trained with.",
        "Kingma & Welling 2014, arXiv:1312.6114",
    ),
    Metric(
        "bits",
        "Code length",
        "bits / image",
        None,
        0,
        "Size of a discrete code map: positions times the binary logarithm of the number of codes. The learned prior's "
        "rate is shorter, since codes depend on each other.",
        "van den Oord et al. 2017, arXiv:1711.00937",
        headline=False,
    ),
    Metric(
        "codes_in_use",
        "Codes in use",
        "codes",
        "higher",
        0,
        "How many entries of the codebook at least one position of a test image is given.",
        "van den Oord et al. 2017, arXiv:1711.00937",
        headline=False,
    ),
    Metric(
        "perplexity",
        "Perplexity",
        "codes",
        "higher",
        1,
        "Exponential of the entropy of how often each code is used over the test split: the number of codes that would "
        "give as much variety if all were used alike.",
        "van den Oord et al. 2017, arXiv:1711.00937",
        headline=False,
    ),
    Metric(
        "mse",
        "MSE",
        "per pixel, pixels in 0…1",
        "lower",
        5,
        "Mean squared error between the image and its reconstruction from the mean code.",
    ),
    Metric(
        "psnr",
        "PSNR",
        "dB",
        "higher",
        2,
        "Peak signal-to-noise ratio of the reconstruction, −10·log₁₀(MSE of the image), averaged over images.",
    ),
    Metric(
        "distortion_floor",
        "Distortion floor",
        "nats / image",
        None,
        2,
        "The lowest distortion that any reconstruction could reach under this likelihood: for grey pixels under a "
        "Bernoulli likelihood the entropy of the pixels themselves, which is not zero.",
    ),
)

BY_KEY: dict[str, Metric] = {metric.key: metric for metric in METRICS}
