"""params.yaml as typed, validated, immutable objects: every mistake becomes one line that names the key."""

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError

from vaeplay import data, models
from vaeplay.errors import UserError
from vaeplay.seeds import seed_for
from vaeplay.settings import room, yaml_file
from vaeplay.settings.axes import AXES, REPEAT
from vaeplay.settings.cells import (
    Axes,
    BatchSize,
    Beta,
    Cell,
    Channels,
    Device,
    Epochs,
    LearningRate,
    ModelSettings,
    Repeat,
    Seed,
    SharedModelSettings,
    Threads,
    TrainSettings,
)
from vaeplay.settings.mistakes import line, nearest, printed, short
from vaeplay.settings.strict import Settings

MOST_CELLS = 2000  # DVC itself takes minutes to read so many
MOST_LINES = 20  # of mistakes; nobody reads more


def _distinct(axis: tuple[Any, ...]) -> tuple[Any, ...]:
    for place, value in enumerate(axis):
        if value in axis[:place]:
            raise PydanticCustomError("duplicate", "each value once; {value} is there twice", {"value": repr(value)})
    return axis


def _filled(axis: tuple[Any, ...]) -> tuple[Any, ...]:
    if not axis:  # not `min_length`, which also counts an axis of only wrong values as empty
        raise PydanticCustomError("too_short", "empty")
    return axis


def _known(name: str, kind: str, known: tuple[str, ...]) -> str:
    if name not in known:
        raise PydanticCustomError("unknown_name", "a {kind} of {known}", {"kind": kind, "known": list(known)})
    return name


MODELS = (*models.names(), f"or a dense one after {' or '.join(models.NETWORKS)}")  # as a mistake lists them
VALUES = (
    Field(strict=False, json_schema_extra={"minItems": 1}),
    AfterValidator(_filled),
    AfterValidator(_distinct),
)
ModelName = Annotated[str, AfterValidator(lambda name: name if models.known(name) else _known(name, "model", MODELS))]
DataName = Annotated[str, AfterValidator(lambda name: _known(name, "data set", data.names()))]
OtherName = Annotated[
    str, AfterValidator(lambda name: _known(name, "data set", tuple(n for n in data.names() if not data.at_path(n))))
]
ClassName = Annotated[
    str, BeforeValidator(lambda name: str(name) if type(name) is int else name)
]  # YAML reads 4 as one


class DataSettings(Settings):
    """Which images, and how they are split. Null means the data set's own size, channels and number."""

    name: DataName
    path: str = Field(min_length=1, json_schema_extra={"format": "path"})
    size: int | None = Field(ge=2, le=1024)
    channels: Literal[1, 3] | None
    limit: int | None = Field(ge=3, le=10**9)
    validation: float = Field(gt=0, lt=1)
    test: float = Field(gt=0, lt=1)
    on_error: Literal["fail", "skip"]
    white: float | None = Field(gt=0, le=2**32)
    binarise: bool
    leave_out: Annotated[tuple[ClassName, ...], Field(strict=False), AfterValidator(_distinct)]
    other: OtherName | None

    def shape(self) -> data.Shape | None:
        """(channels, height, width) of the images; None if it is unknown until they are read."""
        own = data.shape(self.name)
        if own is None and self.size is None:
            return None
        channels, height, width = own or (1, 0, 0)
        return self.channels or channels, self.size or height, self.size or width

    def sets(self) -> list[str]:
        """The data sets that are read."""
        return [self.name] if self.other is None else [self.name, self.other]

    def used(self) -> dict[str, Any]:
        """The settings that this data set reads: only one that decodes files of images reads all."""
        left_out = set() if self.name in ("folder", "celeba") else {"on_error", "white"}
        left_out |= set() if data.at_path(self.name) else {"path"}
        return self.model_dump(mode="json", exclude=left_out)


def _values(field: str) -> Any:
    """The type of an axis of a group: one or more distinct values of those that a cell may have."""
    one = Axes.model_fields[field].rebuild_annotation()
    return Annotated[tuple[one, ...], *VALUES], ...  # type: ignore[valid-type]


Group = create_model(
    "Group",
    __base__=Settings,
    model=(Annotated[tuple[ModelName, ...], Field(strict=False), AfterValidator(_distinct)], ...),
    **{axis.field: _values(axis.field) for axis in AXES if axis.field not in ("model", REPEAT)},
)
"""One full grid: its cells are every combination of its axes. An empty `model` leaves the group out."""


class TrainParams(TrainSettings):
    """The `train` section: what every training depends on, and the seconds between saves."""

    checkpoint_every: float = Field(ge=0, le=86_400)

    def of_a_cell(self) -> TrainSettings:
        """The settings that determine a result: no cell depends on the others."""
        return TrainSettings(**self.model_dump(include=set(TrainSettings.model_fields)))


class ClassifierSettings(Settings):
    """The classifier whose features are used to judge generated images, and how it is trained."""

    channels: Channels
    features: int = Field(ge=2, le=4096)
    epochs: Epochs
    lr: LearningRate


class EvaluateSettings(Settings):
    """How every model is evaluated."""

    batch_size: BatchSize
    columns: int = Field(ge=2, le=64)
    importance_samples: int = Field(ge=1, le=1_000_000)
    evidence_samples: int = Field(ge=0, le=1_000_000)


class MapSettings(Settings):
    """The two-dimensional maps of the test images' codes."""

    points: int = Field(ge=10, le=100_000)
    perplexity: float = Field(ge=1, le=10_000)
    neighbours: int = Field(ge=2, le=10_000)
    min_dist: float = Field(ge=0, le=1)


class ExplorerSettings(Settings):
    """Which cells can be explored live on the page, and how much of it they may take. Null means every cell."""

    cells: Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_distinct)] | None
    megabytes: float = Field(ge=0, le=1000)


def _two(pair: tuple[str, ...]) -> tuple[str, ...]:
    if len(pair) != 2 or pair[0] == pair[1]:
        raise PydanticCustomError("duplicate", "the names of two cells of the grid")
    return pair


class VerdictSettings(Settings):
    """Pairs of cells to compare, besides those that differ in one thing."""

    pairs: Annotated[
        tuple[Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_two)], ...], Field(strict=False)
    ]


class ReportSettings(Settings):
    """The page's size limit: `megabytes`, plus `megabytes_a_cell` for each cell."""

    megabytes: float = Field(ge=1, le=500)
    megabytes_a_cell: float = Field(ge=0, le=100)


class Params(Settings):
    """All of params.yaml."""

    seed: Seed
    beta: Beta
    repeats: Annotated[tuple[Repeat, ...], *VALUES]
    device: Device
    threads: Threads
    on_failure: Literal["stop", "keep_going"]
    data: DataSettings
    grid: Annotated[dict[str, Group], Field(min_length=1)]
    models: SharedModelSettings
    train: TrainParams
    classifier: ClassifierSettings
    evaluate: EvaluateSettings
    maps: MapSettings
    verdicts: VerdictSettings
    explorer: ExplorerSettings
    report: ReportSettings

    def cells(self) -> Iterator[Cell]:
        """The cells of the grid, in the order of params.yaml, each with the settings that its model uses."""
        return (cell for _, cell in self.cells_by_group())

    def cells_by_group(self) -> Iterator[tuple[str, Cell]]:
        """Like `cells`, each with the name of its group."""
        known = ModelSettings.model_construct(**dict(self.models), beta=self.beta)
        run: dict[str, Any] = {"device": self.device, "threads": self.threads, "train": self.train.of_a_cell()}
        for name, group in self.grid.items():
            axes = {**dict(group), REPEAT: self.repeats}
            for values in itertools.product(*axes.values()):
                cell = dict(zip(axes, values, strict=True))
                seed = seed_for(self.seed, cell[REPEAT]) if cell[REPEAT] else self.seed
                yield name, Cell(**cell, **run, seed=seed, settings=known.used(_used(cell["model"])))


def _used(model: str) -> tuple[str, ...]:
    used = models.uses(model)
    for name in used:
        if name not in ModelSettings.model_fields:
            known = ", ".join(ModelSettings.model_fields)
            raise UserError(f"{models.modules(model)[-1]}: {model}.uses names {name!r}; allowed: {known}")
    return used


def read(path: Path) -> Params:
    """The settings in a params.yaml.

    Raises:
        UserError: the file cannot be read, is not YAML, or holds something that is not allowed; one line per mistake.
    """
    return validate(yaml_file.read(path), path.name)


def validate(value: Any, origin: str = "params.yaml") -> Params:
    """The settings in a value read from YAML.

    Raises:
        UserError: as `read`.
    """
    try:
        params = Params.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
        lines = [f"{origin}: {line(detail, value, Params)}" for detail in details[:MOST_LINES]]
        more = [f"{origin}: and {len(details) - MOST_LINES} more mistakes"] if len(details) > MOST_LINES else []
        raise UserError("\n".join(lines + more)) from None
    count = len(params.repeats) * sum(math.prod(map(len, dict(group).values())) for group in params.grid.values())
    if count == 0:
        raise UserError(f"{origin}: grid: every group's `model` is empty; allowed: at least one model in one group")
    if count > MOST_CELLS:
        raise UserError(f"{origin}: grid: makes {count:,} cells; allowed: up to {MOST_CELLS:,}")
    counts = Counter(cell.name for cell in params.cells())
    if twice := [name for name, times in counts.items() if times > 1]:
        raise UserError(f"{origin}: grid: two groups make the cell {twice[0]}; allowed: each cell once")
    report = params.report
    if params.data.validation + params.data.test >= 1:
        raise UserError(
            f"{origin}: data.validation and data.test: found {params.data.validation:g} and {params.data.test:g}; "
            "allowed: shares with a sum below 1; the rest is for training"
        )
    if params.data.other == params.data.name:
        raise UserError(f"{origin}: data.other: found {params.data.name!r}, as data.name; allowed: another data set")
    _check_buildable(params, origin)
    least, most = room.least(count, params.train.epochs) / 1e6, report.megabytes + report.megabytes_a_cell * count
    if least > most and params.train.patience is None:
        raise UserError(
            f"{origin}: report.megabytes and report.megabytes_a_cell: allow {most:.1f} MB; a page of {count} cells of "
            f"{params.train.epochs} epochs takes {least:.1f} without a picture; raise them, or train less"
        )
    named = [("explorer.cells", "null, or ", name) for name in params.explorer.cells or ()]
    named += [
        (f"verdicts.pairs[{place}]", "", name) for place, pair in enumerate(params.verdicts.pairs) for name in pair
    ]
    for key, otherwise, name in named:
        if name not in counts:
            raise UserError(
                f"{origin}: {key}: found {short(name)}; allowed: {otherwise}names of the grid's cells"
                f"{nearest(name, list(counts))}"
            )
    return params


def _check_buildable(params: Params, origin: str) -> None:
    """Reject a cell whose model cannot be built; limits on the images' size apply if it is known beforehand."""
    shape = params.data.shape()
    for group, cell in params.cells_by_group():
        if reason := cell.refusal(shape):
            raise UserError(f"{origin}: grid.{printed(group)}.{reason} (of {cell.name})")
