"""What is known of each cell: its metrics, their values at images, and how far its training came.

`evaluation/<cell>/images.safetensors` holds for a metric that is a mean over images the values at these, `<metric>`,
(N,), in float16 or float32. Of many images only some are kept, spread evenly over the split: intervals are then wider
than they could be. For a ratio or a metric of a set it holds what the metric is without each tenth of the set in turn,
`jackknife.<metric>`, (10,). Of metrics without either only repeated trainings tell how sure they are.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from vaeplay.errors import UserError
from vaeplay.evaluation.registry import BY_KEY
from vaeplay.files import read_json, read_object
from vaeplay.settings.cells import first_mistake
from vaeplay.verdicts import statistics
from vaeplay.verdicts.claims import BEST_EPOCH, Convergence
from vaeplay.verdicts.statistics import Array

METRICS_FILE = TypeAdapter(dict[str, float | None], config=ConfigDict(strict=True))


@dataclass(frozen=True)
class Sample:
    """A metric of one configuration: its value in each of S trainings, and its values at N units, (S,) and (S, N).

    `members` are the units' strata, (N, H). N is 0 where there are no values at units. The units are test images,
    samples or pairs, and where `grouped` groups of them. `exact` numbers are counts, without a spread over images.
    """

    points: Array
    values: Array
    members: Array
    grouped: bool = False
    exact: bool = False

    @property
    def units(self) -> int:
        """How many units each training has values at."""
        return self.values.shape[-1]


class Evidence:
    """The results in the workspace `root`, read as they are asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.metrics = lru_cache(maxsize=None)(self._metrics)
        self.images = lru_cache(maxsize=256)(self._images)
        self.history = lru_cache(maxsize=None)(self._history)

    def sample(self, cells: tuple[str, ...], key: str) -> Sample | None:
        """A metric of these trainings of one configuration; None where one of them has none."""
        points = np.array([self.value(cell, key) for cell in cells], dtype=np.float64)
        if np.isnan(points).any():
            return None
        nothing = np.zeros((len(cells), 0))
        if key == BEST_EPOCH or BY_KEY[key].digits == 0:
            return Sample(points, nothing, np.zeros((0, 1)), exact=True)
        if all(key in self.images(cell) for cell in cells):
            values = np.stack([self.images(cell)[key].astype(np.float64) for cell in cells])
            return Sample(points, values, self._strata(key, values.shape[1]))
        replicates = [self.images(cell).get(f"jackknife.{key}") for cell in cells]
        if any(part is None for part in replicates):
            return Sample(points, nothing, np.zeros((0, 1)))
        values = statistics.pseudo_values(points, np.array(replicates, dtype=np.float64))
        return Sample(points, values, statistics.strata(None, values.shape[1]), grouped=True)

    def value(self, cell: str, key: str) -> float | None:
        """A metric of a cell, `best_epoch` included; None where it has none."""
        if key == BEST_EPOCH:
            losses = self.history(cell)
            return float(np.argmin(losses) + 1) if losses else None
        return self.metrics(cell).get(key) if key in BY_KEY else None

    def convergence(self, cell: str) -> Convergence | None:
        """Whether the loss on the validation split was still falling at the end of the training; None if not known.

        It is called *best* where the best epoch's weights were kept, and *overfitting* where later ones were.
        """
        said = self._log(cell).get("convergence")
        if said in ("falling", "best", "overfitting"):
            return said
        losses = self.history(cell)
        if not losses:
            return None
        return "falling" if int(np.argmin(losses)) == len(losses) - 1 else "overfitting"

    def _metrics(self, cell: str) -> dict[str, float | None]:
        path = self.root / f"metrics/{cell}.json"
        try:
            return METRICS_FILE.validate_python(read_json(path))
        except ValidationError as error:
            wrong = f"{path.relative_to(self.root)}: not a cell's metrics ({first_mistake(error)})"
            raise UserError(f"{wrong}; delete it and run `dvc repro`") from None

    def _images(self, cell: str) -> dict[str, NDArray[Any]]:
        path = self.root / f"evaluation/{cell}/images.safetensors"
        try:
            return load_file(path)
        except (OSError, SafetensorError) as error:
            raise UserError(
                f"{path.relative_to(self.root)}: no values at images ({error}); `dvc repro` makes it"
            ) from None

    def _strata(self, key: str, units: int) -> Array:
        if BY_KEY[key].over != "test image" or units > len(self.labels):
            return statistics.strata(None, units)
        kept = np.linspace(0, len(self.labels) - 1, units).round().astype(int)
        return statistics.strata(self.labels[kept], units)

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """The classes of the test images, (N,).

        Raises:
            UserError: there is no prepared data set.
        """
        path = self.root / "data/images.safetensors"
        try:
            with safe_open(path, framework="np") as file:
                return file.get_tensor("test_labels")
        except (OSError, SafetensorError) as error:
            raise UserError(
                f"data/images.safetensors: not a prepared data set ({error}); `dvc repro` makes it"
            ) from None

    def _history(self, cell: str) -> list[float]:
        """The loss on the validation split in each epoch."""
        losses = [row.get("validation_total") for row in self._log(cell)["history"] if isinstance(row, dict)]
        known = [float(loss) for loss in losses if isinstance(loss, int | float)]
        return known if len(known) == len(losses) else []

    def _log(self, cell: str) -> dict[str, Any]:
        return read_object(self.root / f"logs/cells/{cell}.json", history=list)
