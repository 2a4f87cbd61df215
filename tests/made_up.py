"""Results of cells that were never trained, of a difference that the test chooses, in memory or as files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from vaeplay.seeds import seed_for
from vaeplay.settings import params, resolve
from vaeplay.verdicts.evidence import Evidence
from vaeplay.verdicts.pairs import Configuration, Pair, VerdictSettings, configurations, pairs

RELU = {"activation": ["ReLU"]}
GRID: dict[str, Any] = {
    "dense": {"model": ["AE", "VAE", "BetaVAE"], "latent_dim": [2, 8], "depth": [1, 2]} | RELU,
    "conv": {"model": ["ConvAE", "ConvVAE", "ConvBetaVAE"], "latent_dim": [2, 8], "depth": [2]} | RELU,
    "vq": {"model": ["VQVAE"], "latent_dim": [16], "depth": [2, 3]} | RELU,
}
"""A grid that has pairs of every sort."""

IMAGES = 400
LABELS = np.repeat(np.arange(10), IMAGES // 10)

Effect = Callable[[Configuration], float | None]
"""What a metric really is for a kind of model; None where it has none."""


def verdict_settings(values: Any) -> VerdictSettings:
    """settings/verdicts.json of these params, without digests, which take seconds."""
    return VerdictSettings.model_validate(resolve.compared(params.validate(values)) | {"sources": {}})


def all_pairs(asked: VerdictSettings) -> list[Pair]:
    """The pairs, and each configuration with itself."""
    return [*pairs(asked), *(Pair(change="none", first=one, second=one) for one in configurations(asked))]


class MadeUp(Evidence):
    """Cells whose metrics are `effects` with noise over images (`noise`) and over trainings (`seeds`), both relative.

    A metric has values at images, unless it is in `grouped`, which have replicates, or in `bare`, which have neither.
    `losses` gives the validation losses of a kind.
    """

    def __init__(
        self,
        asked: VerdictSettings,
        effects: dict[str, Effect],
        noise: float = 0.05,
        seeds: float = 0.0,
        *,
        grouped: tuple[str, ...] = (),
        bare: tuple[str, ...] = (),
        losses: Callable[[Configuration], list[float]] = lambda one: [3.0, 2.0, 1.0],
    ) -> None:
        super().__init__(Path("nowhere"))
        self.labels = LABELS
        self.owners = {cell: one for one in configurations(asked) for cell in one.cells}
        self.effects, self.noise, self.seeds = effects, noise, seeds
        self.grouped, self.bare, self.losses = grouped, bare, losses

    def _drawn(self, cell: str, key: str) -> tuple[float, NDArray[np.float64]] | None:
        effect = self.effects[key](self.owners[cell])
        if effect is None:
            return None
        own = np.random.default_rng(seed_for(0, f"{cell} {key}"))
        shared = np.random.default_rng(0).standard_normal(IMAGES)  # what makes an image hard
        value = effect * (1 + self.seeds * own.standard_normal())
        values = value + abs(effect or 1) * (shared + self.noise * own.standard_normal(IMAGES))
        return (value if key in self.bare else float(values.mean())), values

    def _metrics(self, cell: str) -> dict[str, float | None]:
        drawn = {key: self._drawn(cell, key) for key in self.effects}
        return {key: None if found is None else found[0] for key, found in drawn.items()}

    def _images(self, cell: str) -> dict[str, NDArray[Any]]:
        held: dict[str, NDArray[Any]] = {}
        for key in self.effects:
            drawn = self._drawn(cell, key)
            if drawn is not None and key not in self.bare:
                groups = [drawn[1][np.arange(IMAGES) % 10 != group].mean() for group in range(10)]
                held |= {f"jackknife.{key}": np.array(groups)} if key in self.grouped else {key: drawn[1]}
        return held

    def _log(self, cell: str) -> dict[str, Any]:
        return {"history": [{"validation_total": loss} for loss in self.losses(self.owners[cell])]}

    def write(self, root: Path, asked: VerdictSettings) -> None:
        """All of it as the files that the stage reads."""
        write(root / "settings/verdicts.json", asked.model_dump(mode="json"))
        save(root / "data/images.safetensors", {"test_labels": LABELS})
        for cell in self.owners:
            write(root / f"metrics/{cell}.json", self._metrics(cell))
            write(root / f"logs/cells/{cell}.json", self._log(cell))
            held = {key: value.astype(np.float32) for key, value in self._images(cell).items()}
            save(root / f"evaluation/{cell}/images.safetensors", held)


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def save(path: Path, tensors: dict[str, NDArray[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
