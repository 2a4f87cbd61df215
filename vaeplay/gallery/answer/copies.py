"""Whether samples are copies of training images: yes, no or cannot tell, with the evidence.

Two things have to come together, in pixels or in the classifier's features. The rank test says that samples lie nearer
to a single training image than test images do (`copying` above ½), and on average they are nearer to their nearest
training image than test images are (`train_distance` below 1). See `vaeplay.evaluation.metrics.copies`.
"""

from dataclasses import dataclass
from typing import Literal

from vaeplay.gallery.answer.sentences import joined
from vaeplay.gallery.columns import Column, Row, over
from vaeplay.gallery.page import Estimate
from vaeplay.gallery.words import number
from vaeplay.verdicts import words

SPACES = {"features": "the classifier’s features", "pixels": "pixels"}

Copied = Literal["Yes", "No", "Cannot tell"]


@dataclass(frozen=True)
class Copies:
    """The answer for one configuration, and its evidence in sentences."""

    copied: Copied
    evidence: str


def copies(row: Row, columns: tuple[Column, ...]) -> Copies | None:
    """The answer for a configuration; None where it was not tested."""
    means = {column.metric.key: column.means for column in columns}
    found: dict[str, tuple[Estimate, Estimate]] = {}
    for space in SPACES:
        test, distance = (means.get(f"{key}_{space}", {}).get(row.name) for key in ("copying", "train_distance"))
        if test and distance and None not in (test.low, test.high, distance.low, distance.high):
            found[space] = test, distance
    if not found:
        return None
    by = {space: _copied(*both) for space, both in found.items()}
    copied: Copied = "Yes" if "Yes" in by.values() else "Cannot tell" if "Cannot tell" in by.values() else "No"
    shown = {space: both for space, both in found.items() if by[space] == copied}
    return Copies(copied, _evidence(shown) + _share(copied, shown))


def _copied(test: Estimate, distance: Estimate) -> Copied:
    assert test.low is not None and distance.low is not None and distance.high is not None
    if test.low <= 0.5 or distance.low >= 1:
        return "No"
    return "Yes" if distance.high < 1 else "Cannot tell"


def _evidence(shown: dict[str, tuple[Estimate, Estimate]]) -> str:
    tested = [f"{_rank(test)} in {SPACES[space]}" for space, (test, _) in shown.items()]
    distances = [f"{number(distance.value, 2)} in {SPACES[space]}" for space, (_, distance) in shown.items()]
    first = next(iter(shown.values()))[0]
    return (
        f"A copy is much closer to one training image than to the second nearest. How often a sample is more so than a "
        f"test image: {joined(tested)} (over {over(first)}); new images give {words.percent(0.5)} or less, copies up "
        f"to {words.percent(1)}. How far a sample is from its nearest training image, beside a test image (1: as "
        f"far): {joined(distances)}."
    )


def _rank(test: Estimate) -> str:
    assert test.value is not None and test.low is not None and test.high is not None
    value, half = (number(100 * end, 1) for end in (test.value, (test.high - test.low) / 2))
    return f"{words.with_unit(value, '%')} ({words.plus_minus(half)})"


def _share(copied: Copied, shown: dict[str, tuple[Estimate, Estimate]]) -> str:
    """How many copies would give such a test, if all other samples are like test images."""
    if copied != "Yes":
        return ""
    share = max(2 * (test.value or 0.5) - 1 for test, _ in shown.values())
    return f" That is what about {words.percent(share)} copies among new images would give."
