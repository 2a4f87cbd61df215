"""verdicts/verdicts.json: what was compared, what came of it, and which claims it bears out. Written and read by these.

Two questions are kept apart everywhere. `models` speaks of the two trained models that were measured (the first
training of each), over test images, samples or pairs. `kinds` speaks of the two kinds of model, over trainings and
images both; it is null where one of them was trained once.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from vaeplay.errors import UserError
from vaeplay.evaluation.registry.metric import Over
from vaeplay.verdicts.pairs import Change

ALPHA = 0.05

Outcome = Literal["better", "worse", "higher", "lower", "no difference shown", "cannot be compared"]
Verdict = Literal["holds", "fails", "cannot tell", "no such pair in this grid"]


class Part(BaseModel):
    """Base of every part of the table: no unknown key, no change after it is made."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Difference(Part):
    """The second's metric less the first's, with its 95 % interval and two-sided p value.

    `adjusted` is Holm's p value over all metrics of the pair that this question could be asked of.
    """

    difference: float
    low: float
    high: float
    p: float
    adjusted: float

    @property
    def shown(self) -> bool:
        """Whether the two differ, in the eyes of one who looks at all metrics of the pair."""
        return self.adjusted < ALPHA


class OfModels(Difference):
    """Of the two trained models, over test images, samples or pairs; null where the metric is a count, and so exact.

    `better` is the share of `over` on which the second is better, with Wilson's interval. It is null where a metric has
    no direction, is a share itself, or is one of a set.
    """

    over: Over | None
    better: tuple[float, float, float] | None


class OfKinds(Difference):
    """Of the two kinds of model, trained as often as `trainings` says. `over_images`: images' spread is in it too.

    `needed` is how many trainings of each would settle an open question, were variances and difference as they seem now
    and all metrics of the pair asked; null where it is settled, or where no number up to a hundred would do.
    """

    trainings: tuple[int, int]
    over_images: bool
    needed: int | None


class Comparison(Part):
    """One metric of a pair: the means over trainings, and the differences; `obstacle` says why there are none."""

    metric: str
    first: float | None
    second: float | None
    models: OfModels | None
    kinds: OfKinds | None
    obstacle: str | None


class Compared(Part):
    """A pair: what changes in it, in words too, the names of both configurations, and every metric that either has.

    `falling` says of each whether the loss on the validation split still fell at the end of one of its trainings.
    """

    change: Change
    title: str
    first: str
    second: str
    falling: tuple[bool, bool]
    comparisons: tuple[Comparison, ...]


class Combined(Part):
    """A metric of a configuration with repeats: the mean over trainings; its interval is over trainings and images."""

    value: float
    low: float
    high: float
    trainings: int
    over_images: bool


class Piece(Part):
    """What one pair says of a claim: the two numbers, and how far the second is from the first in its direction.

    All are in the unit of the threshold: shares of the first's value where that is relative.
    """

    first: str
    second: str
    values: tuple[float, float]
    effect: float
    low: float
    high: float
    trainings: tuple[int, int]


class Judged(Part):
    """A claim and what this run says of it. `of` is what it was judged of; `obstacle` says why it could not be."""

    claim: str
    verdict: Verdict
    of: Literal["models", "kinds"] | None
    evidence: tuple[Piece, ...]
    obstacle: str | None


class Table(Part):
    """The whole file. `combined` has the configurations that were trained more than once, by name and metric."""

    pairs: tuple[Compared, ...]
    combined: dict[str, dict[str, Combined]]
    claims: tuple[Judged, ...]


def read(path: Path) -> Table:
    """The table in a file.

    Raises:
        UserError: it is missing, or is none.
    """
    try:
        return Table.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `dvc repro verdicts` makes it") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(
            f"{path}: not a table of verdicts ({place}: {first['msg']}); run `dvc repro verdicts`"
        ) from None
