"""Where a cell of the page is in the grid."""

from dataclasses import dataclass

from vaeplay.settings.cells import Axes

Scalar = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Something with a place on every axis; `axes` is None where its name is not that of a cell."""

    axes: Axes | None

    def on(self, axis: str) -> Scalar:
        """The value on an axis of the grid; `beta`, `seed` and `run` count as such."""
        value: Scalar = getattr(self.axes if axis in Axes.model_fields else self, axis, None)
        return value

    @property
    def model(self) -> str | None:
        """The name of the model's class."""
        return self.axes.model if self.axes else None

    @property
    def latent_dim(self) -> int | None:
        """The numbers in a code."""
        return self.axes.latent_dim if self.axes else None

    @property
    def depth(self) -> int | None:
        """The model's depth."""
        return self.axes.depth if self.axes else None
