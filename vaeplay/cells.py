"""The settings of one cell of the grid: typed, validated, immutable, and all that its training depends on.

`Cell` is what stands in `settings/<cell>.json` and inside a checkpoint. How params.yaml becomes cells is in `params`.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from vaeplay.errors import UserError
from vaeplay.files import read_json

ACTIVATIONS = ("ReLU", "LeakyReLU", "ELU", "SELU", "GELU", "SiLU", "Mish", "Softplus", "Tanh", "Sigmoid")

Activation = Literal["ReLU", "LeakyReLU", "ELU", "SELU", "GELU", "SiLU", "Mish", "Softplus", "Tanh", "Sigmoid"]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
LatentDim = Annotated[int, Field(ge=1, le=1024)]
Depth = Annotated[int, Field(ge=1, le=8)]

Beta = Annotated[float, Field(ge=0, le=1e6)]


class Settings(BaseModel):
    """Base of every group of settings: no unknown key, no coercion, no change after it is made."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class SharedModelSettings(Settings):
    """The `models` section of params.yaml."""

    hidden: int = Field(ge=1, le=65536)
    likelihood: Literal["bernoulli"]


class ModelSettings(SharedModelSettings):
    """Everything that models can read, one field a setting. A model names those that it reads in its `uses`."""

    beta: Beta


class TrainSettings(Settings):
    """How every model is trained."""

    epochs: int = Field(ge=1, le=100_000)
    batch_size: int = Field(ge=1, le=1_000_000)
    lr: float = Field(gt=0, le=10)


def _known_and_valid(settings: dict[str, Any]) -> dict[str, Any]:
    """Model settings, each checked as its field of `ModelSettings` is."""
    for name, value in settings.items():
        if name not in ModelSettings.model_fields:
            raise ValueError(f"no model setting is called {name!r}")
        TypeAdapter(
            ModelSettings.model_fields[name].rebuild_annotation(), config=Settings.model_config
        ).validate_python(value)
    return settings


class Cell(Settings):
    """One model at one size, with all that determines its weights apart from the data.

    `settings` holds exactly what the model's class names in `uses`.
    """

    model: str
    latent_dim: LatentDim
    depth: Depth
    activation: Activation
    seed: Seed
    device: Literal["auto", "cpu", "cuda", "mps"]
    threads: int = Field(ge=1, le=1024)
    settings: Annotated[dict[str, Any], AfterValidator(_known_and_valid)]
    train: TrainSettings

    @property
    def name(self) -> str:
        """The cell's name, which its files carry."""
        return f"{self.model}_latent{self.latent_dim}_depth{self.depth}_{self.activation}"


def parse(text: str, origin: str) -> Cell:
    """The cell in a JSON text; `origin` says in errors where the text is from.

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
    """The cell in `settings/<cell>.json`, its `cell` name and source digests left aside.

    Raises:
        UserError: the file is missing or is not the settings of a cell.
    """
    value = read_json(path)
    if isinstance(value, dict):
        value = {key: entry for key, entry in value.items() if key not in {"cell", "sources"}}
    return parse(json.dumps(value), str(path))
