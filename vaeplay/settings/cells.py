"""The settings of one cell of the grid: typed, validated, immutable, and everything that its training depends on.

A `Cell` is stored in `settings/<cell>.json` and inside its checkpoint. `params` makes cells from params.yaml.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from vaeplay import models
from vaeplay.errors import UserError
from vaeplay.files import read_json
from vaeplay.models.parts import limits
from vaeplay.models.parts.limits import MOST_CODES
from vaeplay.settings import axes
from vaeplay.settings.axes import Activation
from vaeplay.settings.objectives import (
    AdversarySettings,
    Capacity,
    Covariance,
    FlowSettings,
    Gumbel,
    Levels,
    Shrinkage,
)
from vaeplay.settings.strict import Settings

Seed = Annotated[int, Field(ge=0, lt=2**32)]
LatentDim = Annotated[int, Field(ge=1, le=1024)]
Depth = Annotated[int, Field(ge=0, le=8)]
Device = Literal["auto", "cpu", "cuda", "mps"]
Threads = Annotated[int, Field(ge=1, le=1024)]
Channels = Annotated[int, Field(ge=1, le=4096)]
Epochs = Annotated[int, Field(ge=1, le=100_000)]
BatchSize = Annotated[int, Field(ge=1, le=1_000_000)]
LearningRate = Annotated[float, Field(gt=0, le=10)]

Beta = Annotated[float, Field(ge=0, le=1e6)]
Repeat = Annotated[str, Field(pattern=r"^(_r[1-9][0-9]{0,3})?$")]
Reads = dict[str, tuple[str, ...]]


class Choice(Settings):
    """One of several options, chosen by `name`; each reads only the further fields that `reads` lists for it."""

    reads: ClassVar[Reads]
    name: str

    def used(self) -> dict[str, Any]:
        """The name and the fields that it reads: a cell does not depend on the rest."""
        return {"name": self.name} | {field: getattr(self, field) for field in self.reads.get(self.name, ())}


class Likelihood(Choice):
    """p(x|z): see `vaeplay.models.parts.likelihoods`."""

    reads: ClassVar[Reads] = {"gaussian": ("sigma",)}
    name: Literal["bernoulli", "bernoulli_dynamic", "gaussian", "gaussian_learned", "gaussian_optimal", "logistic"]
    sigma: float = Field(gt=0, le=10)


class Schedule(Choice):
    """How the weight of the rate changes: see `vaeplay.models.parts.schedules`."""

    reads: ClassVar[Reads] = {
        "linear": ("share",),
        "cyclical": ("share", "cycles"),
        "capacity": ("share", "capacity", "gamma"),
        "free_bits": ("free",),
    }
    name: Literal["constant", "linear", "cyclical", "capacity", "free_bits"]
    share: float = Field(gt=0, le=1)
    cycles: int = Field(ge=1, le=10_000)
    capacity: float = Field(ge=0, le=1e6)
    gamma: float = Field(ge=0, le=1e6)
    free: float = Field(ge=0, le=1e6)


class Density(Choice):
    """The density fitted to an autoencoder's codes, to sample from."""

    reads: ClassVar[Reads] = {"mixture": ("components",)}
    name: Literal["gaussian", "mixture"]
    components: int = Field(ge=1, le=1000)


class Quantiser(Choice):
    """How a VQ-VAE's codes are made: see `vaeplay.models.parts.quantisers`."""

    reads: ClassVar[Reads] = {
        "ema": ("codes", "commitment", "decay", "reseed_below"),
        "gradient": ("codes", "commitment", "decay", "reseed_below"),
        "residual": ("stages", "codes", "commitment", "decay", "reseed_below"),
        "fsq": ("levels",),
        "lfq": ("commitment", "entropy"),
    }
    name: Literal["ema", "gradient", "residual", "fsq", "lfq"]
    codes: int = Field(ge=2, le=MOST_CODES)
    commitment: float = Field(ge=0, le=1e4)
    decay: float = Field(ge=0, lt=1)
    reseed_below: float = Field(ge=0, le=1)
    stages: int = Field(ge=1, le=16)
    levels: Levels
    entropy: float = Field(ge=0, le=1e4)


class CodePrior(Settings):
    """The autoregressive model of a VQ-VAE's code maps, and how it is trained."""

    channels: Channels
    layers: int = Field(ge=1, le=64)
    dropout: float = Field(ge=0, lt=1)
    epochs: Epochs
    lr: LearningRate


class BetaRange(Settings):
    """The range of β that a multi-rate VAE is trained for; it holds 1, at which the model is measured."""

    lowest: float = Field(gt=0, le=1)
    highest: float = Field(ge=1, le=1e6)

    @model_validator(mode="after")
    def _is_a_range(self) -> "BetaRange":
        if self.lowest == self.highest:
            raise ValueError("lowest and highest are the same; expected a range")
        return self


class SharedModelSettings(Settings):
    """The `models` section of params.yaml."""

    hidden: int = Field(ge=1, le=65536)
    channels: Channels
    likelihood: Likelihood
    schedule: Schedule
    density: Density
    quantiser: Quantiser
    gumbel: Gumbel
    code_prior: CodePrior
    betas: BetaRange
    samples: int = Field(ge=1, le=10_000)
    mmd_weight: float = Field(ge=0, le=1e9)
    corruption: float = Field(ge=0, le=10)
    active: float = Field(gt=0, le=1)
    contraction: float = Field(ge=0, le=1e9)
    shrinkage: Shrinkage
    covariance: Covariance
    capacity: Capacity
    sampling: Literal["weighted", "stratified"]
    components: int = Field(ge=1, le=10_000)
    classes: int = Field(ge=2, le=255)
    adversary: AdversarySettings
    flow: FlowSettings


class ModelSettings(SharedModelSettings):
    """Everything that models can read, one field per setting. A model lists those that it reads in its `uses`."""

    beta: Beta

    def used(self, names: Iterable[str]) -> dict[str, Any]:
        """The settings of these names, as a cell holds them."""
        values = {name: getattr(self, name) for name in names}
        return {name: value.used() if isinstance(value, Choice) else _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    return value.model_dump() if isinstance(value, Settings) else value


class TrainSettings(Settings):
    """How every model is trained. `optimiser` and `lr_schedule` are names in torch.optim and its lr_scheduler."""

    epochs: Epochs
    batch_size: BatchSize
    optimiser: Literal["Adam", "AdamW", "NAdam", "RAdam", "RMSprop", "SGD"]
    lr: LearningRate
    lr_schedule: Literal["ConstantLR", "CosineAnnealingLR", "OneCycleLR"]
    precision: Literal["float32", "bfloat16"]
    clip_norm: float | None = Field(gt=0, le=1e9)
    keep: Literal["best", "last"]
    patience: int | None = Field(ge=1, le=100_000)
    average: float | None = Field(gt=0, lt=1)


def _check(fields: type[Settings], values: Any) -> None:
    """Check each of `values` against the field of its name; a `Choice` has to hold exactly the fields that it reads.

    Raises:
        ValueError: a name is unknown or a value is not allowed.
    """
    if not isinstance(values, dict):
        raise ValueError(f"found {values!r}; expected a mapping")
    for name, value in values.items():
        field = fields.model_fields.get(name)
        if field is None:
            raise ValueError(f"no setting is called {name!r}")
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Choice):
            _check(kind, value)
            expected = {"name", *kind.reads.get(value.get("name"), ())}
            if set(value) != expected:
                raise ValueError(f"{name}: found {', '.join(sorted(value))}; expected {', '.join(sorted(expected))}")
        else:
            TypeAdapter(field.rebuild_annotation(), config=_config(kind)).validate_python(value)


def _config(kind: Any) -> ConfigDict | None:
    """The strictness of `Settings`, which a nested group already has."""
    return None if isinstance(kind, type) and issubclass(kind, BaseModel) else Settings.model_config


def _known_and_valid(settings: dict[str, Any]) -> dict[str, Any]:
    _check(ModelSettings, settings)
    return settings


class Axes(Settings):
    """A cell's place in the grid, as in its name: one field per row of `vaeplay.settings.axes.AXES`.

    `repeat` is empty, or the suffix of another training of the same model, such as `_r2`.
    """

    model: str
    latent_dim: LatentDim
    depth: Depth
    activation: Activation
    repeat: Repeat = ""

    @property
    def name(self) -> str:
        """The cell's name, also that of its files."""
        return axes.name(dict(self))

    @staticmethod
    def parse(name: str) -> "Axes | None":
        """The axes in a cell's name; None if it is not a cell's name."""
        try:
            return Axes.model_validate_strings(axes.parse(name))
        except ValidationError:
            return None


class Cell(Axes):
    """One model at one size, with everything but the data that determines its weights.

    `settings` holds exactly what the model's class names in `uses`. A repeat has its own seed and the same data.
    """

    seed: Seed
    device: Device
    threads: Threads
    settings: Annotated[dict[str, Any], AfterValidator(_known_and_valid)]
    train: TrainSettings

    def refusal(self, shape: Sequence[int] | None) -> str | None:
        """Why its model cannot be built for images of `shape`, if known, and what to change; None if it can."""
        maps = 2 if models.kin(self.model).core == "VQVAE2" else 1
        return limits.refusal(shape, self.latent_dim, self.depth, self.settings, maps)


def parse(text: str, origin: str) -> Cell:
    """The cell in a JSON text; `origin` names its source in errors.

    Raises:
        UserError: it is not the settings of a cell.
    """
    try:
        return Cell.model_validate_json(text)
    except ValidationError as error:
        raise UserError(f"{origin}: not the settings of a cell ({first_mistake(error)})") from None


def first_mistake(error: ValidationError) -> str:
    """The first thing that a validation found wrong, in one line."""
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'settings'}: {first['msg']}"


def read(path: Path) -> Cell:
    """The cell in `settings/<cell>.json`, without its `cell` name and source digests.

    Raises:
        UserError: the file is missing or is not the settings of a cell.
    """
    value = read_json(path)
    if isinstance(value, dict):
        value = {key: entry for key, entry in value.items() if key not in {"cell", "sources"}}
    return parse(json.dumps(value), str(path))
