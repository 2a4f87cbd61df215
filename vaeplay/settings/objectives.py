"""Settings that few models read."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from vaeplay.models.parts.limits import MOST_CODES
from vaeplay.settings.strict import Settings


class Shrinkage(Settings):
    """What a regularised autoencoder's loss has beside the distortion."""

    name: Literal["weights", "gradient"]
    codes: float = Field(ge=0, le=1e6)
    decoder: float = Field(ge=0, le=1e6)


class Covariance(Settings):
    """What a DIP-VAE holds to the identity, and how strictly."""

    name: Literal["means", "codes"]
    weight: float = Field(ge=0, le=1e9)


class Capacity(Settings):
    """The target that a `CapacityVAE` holds its rate at."""

    target: float = Field(ge=0, le=1e6)
    gamma: float = Field(ge=0, le=1e6)
    share: float = Field(gt=0, le=1)


class AdversarySettings(Settings):
    """The discriminator that a model is trained against, and the weight of what it says."""

    weight: float = Field(ge=0, le=1e6)
    hidden: int = Field(ge=1, le=65536)
    depth: int = Field(ge=0, le=8)


class FlowSettings(Settings):
    """A normalising flow over codes."""

    layers: int = Field(ge=1, le=64)
    hidden: int = Field(ge=1, le=65536)


def _levels(value: Any) -> Any:
    each = list(value) if isinstance(value, list | tuple) else [value]
    if not each or not all(type(count) is int and 2 <= count <= 256 for count in each):
        raise PydanticCustomError("levels", "a number of levels, or a list of them")
    return each if isinstance(value, list | tuple) else value


_COUNT = {"type": "integer", "minimum": 2, "maximum": 256}
Levels = Annotated[  # one type and not a union, whose errors would name its branches beside the key
    Any,
    AfterValidator(_levels),
    WithJsonSchema({"anyOf": [_COUNT, {"type": "array", "minItems": 1, "items": _COUNT}]}),
]


class Gumbel(Settings):
    """The codes of a discrete VAE, and the temperature of its relaxed samples."""

    codes: int = Field(ge=2, le=MOST_CODES)
    temperature: float = Field(gt=0, le=100)
    coldest: float = Field(gt=0, le=100)
