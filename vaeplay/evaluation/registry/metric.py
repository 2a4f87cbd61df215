"""What a figure is, to a reader."""

from dataclasses import dataclass
from typing import Literal

Over = Literal["test image", "training image", "sample", "pair"]
Group = Literal["reconstruction", "likelihood", "generation", "smoothness", "representation", "disentanglement"]


@dataclass(frozen=True)
class Metric:
    """One figure of a cell.

    `key` is its name in `metrics/<cell>.json`; `better` is the direction in which a model improves, or None where
    neither is better by itself; `digits` is how many decimals mean something; `group` is the question that it answers.
    A figure that few models have, or that says little more than another, is no `headline`: it is shown with its cell,
    and not in the table of all cells. `over` is what its interval is over: with others
    of these the figure would move so much, all else left as it is. A pair is one of test images.
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
