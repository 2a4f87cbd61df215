"""Settings that the losses of few models read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Objective(BaseModel):
    """Base of these groups, as strict as all others."""

    model_config = STRICT


class Shrinkage(Objective):
    """What a regularised autoencoder's loss has beside the distortion."""

    codes: float = Field(ge=0, le=1e6)
    decoder: float = Field(ge=0, le=1e6)


class Covariance(Objective):
    """What a DIP-VAE holds to the identity, and how strictly."""

    name: Literal["means", "codes"]
    weight: float = Field(ge=0, le=1e9)


class Capacity(Objective):
    """The target that a `CapacityVAE` holds its rate at."""

    target: float = Field(ge=0, le=1e6)
    gamma: float = Field(ge=0, le=1e6)
    share: float = Field(gt=0, le=1)


class AdversarySettings(Objective):
    """The discriminator that a model is trained against, and the weight of what it says."""

    weight: float = Field(ge=0, le=1e6)
    hidden: int = Field(ge=1, le=65536)
    depth: int = Field(ge=0, le=8)


class FlowSettings(Objective):
    """A normalising flow over codes."""

    layers: int = Field(ge=1, le=64)
    hidden: int = Field(ge=1, le=65536)
