"""params.yaml as typed, validated, immutable objects: every mistake becomes one line that names the key."""

import difflib
import functools
import itertools
import math
import reprlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from vaeplay import data, models, settings_file
from vaeplay.cells import (
    Activation,
    Beta,
    Cell,
    Depth,
    LatentDim,
    ModelSettings,
    Repeat,
    Seed,
    Settings,
    SharedModelSettings,
    TrainSettings,
)
from vaeplay.errors import UserError
from vaeplay.seeds import seed_for

MOST_CELLS = 2000  # DVC itself takes minutes to look at as many
MOST_LINES = 20  # of mistakes; nobody reads on

SHORT = reprlib.Repr()  # aliases make values that never end
SHORT.maxstring = SHORT.maxlong = SHORT.maxother = 200


def _distinct(axis: tuple[Any, ...]) -> tuple[Any, ...]:
    for place, value in enumerate(axis):
        if value in axis[:place]:
            raise PydanticCustomError("duplicate", "each value once; {value} is there twice", {"value": repr(value)})
    return axis


def _filled(axis: tuple[Any, ...]) -> tuple[Any, ...]:
    if not axis:  # not `min_length`: that also counts an axis as empty whose values are all wrong
        raise PydanticCustomError("too_short", "empty")
    return axis


def _known(name: str, kind: str, known: tuple[str, ...]) -> str:
    if name not in known:
        raise PydanticCustomError("unknown_name", "a {kind} of {known}", {"kind": kind, "known": list(known)})
    return name


AXIS = (Field(strict=False, json_schema_extra={"minItems": 1}), AfterValidator(_filled), AfterValidator(_distinct))
ModelName = Annotated[str, AfterValidator(lambda name: _known(name, "model", models.names()))]
DataName = Annotated[str, AfterValidator(lambda name: _known(name, "data set", data.names()))]


class DataSettings(Settings):
    """Which images, and how they are split. Null stands for the data set's own size, channels and number."""

    name: DataName
    path: str = Field(min_length=1, json_schema_extra={"format": "path"})
    size: int | None = Field(ge=2, le=1024)
    channels: Literal[1, 3] | None
    limit: int | None = Field(ge=3, le=10**9)
    validation: float = Field(gt=0, lt=1)
    test: float = Field(gt=0, lt=1)
    on_error: Literal["fail", "skip"]
    binarise: bool

    def shape(self) -> data.Shape | None:
        """(channels, height, width) of the images; None where only the images themselves can tell."""
        own = data.shape(self.name)
        if own is None and self.size is None:
            return None
        channels, height, width = own or (1, 0, 0)
        return self.channels or channels, self.size or height, self.size or width

    def used(self) -> dict[str, Any]:
        """The settings that this data set reads: those of a folder concern no other."""
        left_out = set() if self.name == "folder" else {"path", "on_error"}
        return self.model_dump(mode="json", exclude=left_out)


class Group(Settings):
    """One full grid: its cells are every combination of its axes. An empty `model` leaves the group out."""

    model: Annotated[tuple[ModelName, ...], Field(strict=False), AfterValidator(_distinct)]
    latent_dim: Annotated[tuple[LatentDim, ...], *AXIS]
    depth: Annotated[tuple[Depth, ...], *AXIS]
    activation: Annotated[tuple[Activation, ...], *AXIS]


class TrainParams(TrainSettings):
    """The `train` section: what every training depends on, and how often it is saved, in seconds."""

    checkpoint_every: float = Field(ge=0, le=86_400)

    def of_a_cell(self) -> TrainSettings:
        """What determines a result: no cell depends on the rest."""
        return TrainSettings(**self.model_dump(include=set(TrainSettings.model_fields)))


class ClassifierSettings(Settings):
    """The classifier whose features generated images are judged by, and how it is trained."""

    channels: int = Field(ge=1, le=4096)
    features: int = Field(ge=2, le=4096)
    epochs: int = Field(ge=1, le=100_000)
    lr: float = Field(gt=0, le=10)


class EvaluateSettings(Settings):
    """How every model is evaluated."""

    batch_size: int = Field(ge=1, le=1_000_000)
    columns: int = Field(ge=2, le=64)
    importance_samples: int = Field(ge=1, le=1_000_000)


class MapSettings(Settings):
    """The two-dimensional maps of the test images' codes."""

    points: int = Field(ge=10, le=100_000)
    perplexity: float = Field(ge=1, le=10_000)
    neighbours: int = Field(ge=2, le=10_000)
    min_dist: float = Field(ge=0, le=1)


class ExplorerSettings(Settings):
    """Which cells can be explored live on the page, and how much of it they may take. Null stands for every cell."""

    cells: Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_distinct)] | None
    megabytes: float = Field(ge=0, le=1000)


class ReportSettings(Settings):
    """The page."""

    megabytes: float = Field(ge=1, le=500)


class Params(Settings):
    """All of params.yaml."""

    seed: Seed
    beta: Beta
    repeats: Annotated[tuple[Repeat, ...], *AXIS]
    device: Literal["auto", "cpu", "cuda", "mps"]
    threads: int = Field(ge=1, le=1024)
    on_failure: Literal["stop", "keep_going"]
    data: DataSettings
    grid: Annotated[dict[str, Group], Field(min_length=1)]
    models: SharedModelSettings
    train: TrainParams
    classifier: ClassifierSettings
    evaluate: EvaluateSettings
    maps: MapSettings
    explorer: ExplorerSettings
    report: ReportSettings

    def cells(self) -> Iterator[Cell]:
        """The cells of the grid, in the order of params.yaml, each with the settings that its model uses."""
        return (cell for _, cell in self.cells_by_group())

    def cells_by_group(self) -> Iterator[tuple[str, Cell]]:
        """As `cells`, each with the name of its group."""
        known = ModelSettings.model_construct(**dict(self.models), beta=self.beta)
        for name, group in self.grid.items():
            for model, latent_dim, depth, activation, repeat in itertools.product(
                group.model, group.latent_dim, group.depth, group.activation, self.repeats
            ):
                yield (
                    name,
                    Cell(
                        model=model,
                        latent_dim=latent_dim,
                        depth=depth,
                        activation=activation,
                        repeat=repeat,
                        seed=seed_for(self.seed, repeat) if repeat else self.seed,
                        device=self.device,
                        threads=self.threads,
                        settings=known.used(_used(model)),
                        train=self.train.of_a_cell(),
                    ),
                )


def _used(model: str) -> tuple[str, ...]:
    used = models.uses(model)
    for name in used:
        if name not in ModelSettings.model_fields:
            known = ", ".join(ModelSettings.model_fields)
            raise UserError(f"{models.module(model)}: {model}.uses names {name!r}; allowed: {known}")
    return used


def read(path: Path) -> Params:
    """The settings in a params.yaml.

    Raises:
        UserError: the file cannot be read, is not YAML, or says something that is not allowed; a line a mistake.
    """
    return validate(settings_file.read(path), path.name)


def validate(value: Any, origin: str = "params.yaml") -> Params:
    """The settings in a value as YAML gives it.

    Raises:
        UserError: as `read`.
    """
    try:
        params = Params.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
        lines = [f"{origin}: {_line(detail, value)}" for detail in details[:MOST_LINES]]
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
    if params.data.validation + params.data.test >= 1:
        raise UserError(
            f"{origin}: data.validation and data.test: found {params.data.validation:g} and {params.data.test:g}; "
            "allowed: shares with a sum below 1, since the rest is trained on"
        )
    _check_halvings(params, origin)
    for name in params.explorer.cells or ():
        if name not in counts:
            raise UserError(
                f"{origin}: explorer.cells: found {_short(name)}; allowed: null, or names of the grid's cells"
                f"{_nearest(name, list(counts))}"
            )
    return params


def _check_halvings(params: Params, origin: str) -> None:
    """Refuse a convolutional cell that would halve its images to nothing, where their size is known beforehand."""
    shape = params.data.shape()
    for group, cell in params.cells_by_group():
        if shape and "channels" in models.uses(cell.model) and min(shape[1:]) >> cell.depth == 0:
            most = min(shape[1:]).bit_length() - 1
            raise UserError(
                f"{origin}: grid.{_printed(group)}.depth: found {cell.depth} for {cell.model}; allowed: up to {most}, "
                f"as {params.data.name} of {shape[1]}×{shape[2]} can be halved {most} times; or a larger data.size"
            )


def _line(detail: ErrorDetails, value: Any) -> str:
    """One line for one mistake: the key, what was found, what is allowed, the nearest valid name."""
    place, found = detail["loc"], detail["input"]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{_printed(part)}" for part in place)
    key = key.removeprefix(".") or "the file"
    node = _schema(place[:-1] if detail["type"] == "extra_forbidden" else place)
    if detail["type"] == "missing":
        present = [name for name in _container(value, place[:-1]) if name not in _known_keys(_schema(place[:-1]))]
        return f"{key}: missing; allowed: {_allowed(node)}{_nearest(place[-1], present, 'is it spelt {}?')}"
    if detail["type"] == "extra_forbidden":
        keys = _known_keys(node)
        return f"{key}: unknown key; allowed here: {', '.join(keys)}{_nearest(place[-1], keys)}"
    if detail["type"] == "unknown_name":
        known = detail["ctx"]["known"]
        return f"{key}: found {_short(found)}; allowed: {', '.join(known)}{_nearest(found, known)}"
    if detail["type"] == "duplicate":
        return f"{key}: found {_short(found)}; allowed: {detail['msg']}"
    if detail["type"] == "invalid_key":
        return f"{key}: found the key {_short(found)}; allowed: keys that are names"
    if detail["type"] == "too_short":
        return f"{key}: empty; allowed: {_allowed(node)}"
    return f"{key}: found {_short(found)}; allowed: {_allowed(node)}{_nearest(found, node.get('enum', []))}"


def _printed(name: str) -> str:
    """A key as it stands in the file, where that is one short line; quoted and cut otherwise."""
    return name if name.isprintable() and 0 < len(name) <= 60 else _short(name)


def _short(found: Any) -> str:
    try:
        text = SHORT.repr(found)
    except ValueError:  # an integer of more digits than Python prints
        text = f"a {type(found).__name__} too large to print"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _nearest(name: Any, names: list[str], phrase: str = "did you mean {}?") -> str:
    by_lower = {known.lower(): known for known in names if isinstance(known, str)}
    close = difflib.get_close_matches(name[:60].lower(), by_lower, n=1) if isinstance(name, str) else []
    return f"; {phrase.format(_printed(by_lower[close[0]]))}" if close else ""


def _container(value: Any, place: tuple[int | str, ...]) -> list[str]:
    for part in place:
        value = value[part]
    return [key for key in value if isinstance(key, str)] if isinstance(value, dict) else []


def _schema(place: tuple[int | str, ...]) -> dict[str, Any]:
    """The JSON schema of the setting at `place`, from which the words for what is allowed are made."""
    schema = node = _whole_schema()
    for part in place:
        if isinstance(part, int):
            node = next((option["items"] for option in (node, *node.get("anyOf", [])) if "items" in option), {})
        elif part in node.get("properties", {}):
            node = node["properties"][part]
        else:
            further = node.get("additionalProperties")
            node = further if isinstance(further, dict) else {}
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return node


@functools.cache
def _whole_schema() -> dict[str, Any]:
    return Params.model_json_schema()


def _known_keys(node: dict[str, Any]) -> list[str]:
    return list(node.get("properties", {}))


def _allowed(node: dict[str, Any]) -> str:
    """What a schema allows, in words."""
    if "enum" in node:
        return ", ".join(map(str, node["enum"]))
    kind = node.get("type")
    if kind == "array":
        least = "one or more of: " if node.get("minItems") else "any of: "
        return f"a list, {least}{_allowed(node['items'])}"
    if kind == "object":
        keys = _known_keys(node)
        return f"a mapping with the keys {', '.join(keys)}" if keys else "a mapping of groups"
    if kind == "string":
        return "a path" if node.get("format") == "path" else "a name"
    if kind == "boolean":
        return "true or false"
    if "anyOf" in node:
        return " or ".join(_allowed(option) for option in node["anyOf"])
    if kind not in {"integer", "number"}:
        return str(kind)
    words = "a whole number" if kind == "integer" else "a number"
    lower = _bound(node, "minimum", "exclusiveMinimum", "from", "above")
    upper = _bound(node, "maximum", "exclusiveMaximum", "to", "below")
    return f"{words}{lower}{upper}"


def _bound(node: dict[str, Any], inclusive: str, exclusive: str, word: str, strict_word: str) -> str:
    if inclusive in node:
        return f" {word} {node[inclusive]:g}"
    return f" {strict_word} {node[exclusive]:g}" if exclusive in node else ""
