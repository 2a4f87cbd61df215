"""What a reader needs to know of a metric."""

from dataclasses import dataclass
from typing import Literal

Over = Literal["test image", "image", "sample", "pair"]
Group = Literal[
    "reconstruction", "likelihood", "generation", "smoothness", "representation", "disentanglement", "anomalies"
]


@dataclass(frozen=True)
class Metric:
    """A named quantity that is measured of a cell.

    `key` is its name in `metrics/<cell>.json`; `better` is the direction in which a model improves, or None where
    neither is better by itself; `digits` is how many decimals mean something; `group` is the question that it answers.
    A metric that few models have, or that says little more than another, is no `headline`: it is shown with its cell,
    and not in the table of all cells. `over` is what its interval is over: with others
    of these the metric would move so much, all else left as it is. A pair is one of test images; an image is a test
    image or an anomaly.
    """

    key: str
    group: Group
    label: str
    unit: str
    better: Literal["lower", "higher"] | None
    digits: int
    definition: str
    source: str = ""
    headline: bool = True
    over: Over = "test image"
