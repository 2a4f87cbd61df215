"""The files that the page reads, a class each. pydantic checks them; an error is one line that names file and key.

NaN and infinite numbers, which JSON writers leave in many forms, are None.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, JsonValue, TypeAdapter, ValidationError
from pydantic_core import to_json

from vaeplay.data import Frame
from vaeplay.errors import UserError
from vaeplay.gallery.page import Setting
from vaeplay.gallery.placed import Scalar
from vaeplay.settings.mistakes import printed

Kind = TypeVar("Kind")


def finite(value: Any) -> Any:
    """The value, or None for NaN, infinity and integers too large for a float."""
    try:
        return None if isinstance(value, int | float) and not math.isfinite(value) else value
    except OverflowError:
        return None


def _whole(pairs: Any) -> Any:
    """The points whose numbers are all there, none NaN or infinite."""
    if not isinstance(pairs, list) or not all(isinstance(pair, list) for pair in pairs):
        return pairs
    return tuple(tuple(pair) for pair in pairs if None not in map(finite, pair))


Number = Annotated[float | None, BeforeValidator(finite)]
Numbers = dict[str, Number]
Points = Annotated[tuple[tuple[float, float], ...], BeforeValidator(_whole)]
Anything = dict[str, JsonValue]


class Result(BaseModel):
    """Base of all: keys that the page does not read are ignored."""

    model_config = ConfigDict(frozen=True, strict=True)


class PageLimit(Result):
    """The settings `report`: megabytes that the page may have, and that each of its cells adds."""

    megabytes: float = 0.0
    megabytes_a_cell: float = 0.0


class Explored(Result):
    """The settings `explorer`: the cells, None for every one, and the megabytes that they may take."""

    cells: tuple[str, ...] | None = None
    megabytes: float = 0.0


class Params(Result):
    """The settings that the page reads itself."""

    seed: int | None = None
    beta: Number = None
    report: PageLimit = PageLimit()
    explorer: Explored = Explored()


class Report(Result):
    """settings/report.json."""

    cells: tuple[str, ...]
    stages: dict[str, str] = {}
    params: Anything = {}


class CellSettings(Result):
    """settings/<cell>.json; the axes are in the cell's name."""

    seed: int | None = None
    settings: Anything = {}
    train: Anything = {}


class Card(Result):
    """data/card.json."""

    name: str
    title: str
    source: str = ""
    licence: str = ""
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    counts: dict[str, int]
    class_counts: dict[str, tuple[int, ...]] = {}
    factors: tuple[str, ...] = ()
    frame: Frame | None = None
    own_test: bool = False
    skipped: int = 0
    skipped_files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sha256: str = ""


class Classifier(Result):
    """classifier/card.json, whose further keys are metrics `floor_<metric>`."""

    __pydantic_extra__: Numbers = Field(init=False)
    model_config = ConfigDict(extra="allow")

    task: str = "class"
    accuracy: Number = None


class Held(Result):
    """What a device held in a training."""

    device: str
    peak_bytes: int = 0
    samples: Points = ()


class Log(Result):
    """logs/cells/<cell>.json."""

    history: tuple[Numbers, ...] = ()
    convergence: Literal["falling", "best", "overfitting"] | None = None
    best_epoch: int | None = None
    seconds: Number = None
    images_per_second: Number = None
    parameters: int | None = None
    device: str = ""
    threads: int | None = None
    memory: tuple[Held, ...] = ()
    prior: str | None = None
    status: str = "complete"
    reason: str = "no reason given"


class Dimension(Result):
    """A latent dimension in a spectrum."""

    dimension: int = 0
    rate: Number = None
    active: bool = False
    collapsed: bool = False


class Details(Result):
    """evaluation/<cell>/details.json."""

    intervals: dict[str, tuple[Number, Number]] = {}
    counts: dict[str, int | None] = {}
    spectrum: tuple[Dimension, ...] = ()
    usage: tuple[int, ...] = ()
    best: tuple[int, ...] = ()
    worst: tuple[int, ...] = ()
    test_images: int | None = None


class Reference(Details):
    """A row of data/references.json."""

    name: str
    metrics: Numbers = {}


class Projected(Result):
    """A method's map: a point for each row, and how far it can be trusted."""

    points: tuple[tuple[FiniteFloat, FiniteFloat], ...]
    trustworthiness: Number = None


class Maps(Result):
    """maps/<cell>.json."""

    rows: tuple[int, ...] = ()
    methods: dict[str, Projected] = {}


def load(root: Path, name: str, kind: type[Kind]) -> Kind:
    """The file `name` of the workspace `root`.

    Raises:
        UserError: the file is missing or holds something else; the message names it relative to `root`.
    """
    try:
        content = (root / name).read_bytes()
    except FileNotFoundError:
        raise UserError(f"{name}: no such file; `dvc repro` makes it") from None
    return parse(content, name, kind, "; delete it and run `dvc repro`")


def parse(content: bytes | str, name: str, kind: type[Kind], advice: str = "") -> Kind:
    """JSON as a value of this kind.

    Raises:
        UserError: it is another; the message names it `name`.
    """
    try:
        return TypeAdapter(kind).validate_json(content, strict=True)
    except ValidationError as error:
        mistake = error.errors(include_url=False)[0]
        place = ".".join(printed(str(part)) for part in mistake["loc"])
        raise UserError(f"{name}: {place}{': ' if place else ''}{mistake['msg']}{advice}") from None


def flatten(value: JsonValue | Mapping[str, JsonValue], prefix: str = "") -> tuple[Setting, ...]:
    """Nested settings as dotted names: {"train": {"lr": 1}} becomes `train.lr`. Keys are sorted."""
    if isinstance(value, dict) and value:
        parts = [flatten(item, f"{prefix}.{key}" if prefix else key) for key, item in sorted(value.items())]
        return tuple(setting for part in parts for setting in part)
    return (Setting(prefix, scalar(value)),) if prefix else ()


def scalar(value: object) -> Scalar:
    """A value as the page shows it: numbers and flags as they are, lists as JSON."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return to_json(value, inf_nan_mode="constants").decode()
