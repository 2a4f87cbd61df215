"""A workspace whose cells can be explored: decoders of models with random weights, and maps of their codes."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from stages.report import main
from tests import fake_workspace, making
from tests.fake_workspace import Plan
from vaeplay import models
from vaeplay.evaluation import encoders, export
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.runner.heal import locked
from vaeplay.settings.axes import ACTIVATIONS


@dataclass(frozen=True)
class Model(Plan):
    """A cell with a model in it."""

    activation: str = "ReLU"
    channels: int = 4
    likelihood: str = "bernoulli"
    classes: int = 10

    def subject(self) -> Subject:
        """The model and its images; weights are larger than at the start of a training, so that pictures differ."""
        subject = making.subject(
            self.model,
            latent_dim=self.latent_dim,
            depth=self.depth,
            activation=self.activation,
            channels=self.channels,
            classes=self.classes,
            likelihood={"name": self.likelihood},
        )
        with torch.no_grad():
            for parameter in (*subject.model.encoder.parameters(), *subject.model.decoder.parameters()):
                parameter.mul_(2)
        subject.model = subject.model.measured()
        return subject


PLANE = Model("VAE", 1.0, 2, 1)
HEAVY = Model("ConvVAE", 1.0, 3, 2, channels=64)
DEEP = Model("VAE", 1.0, 3, 1)
CLASSED = Model("ConditionalVAE", 1.0, 3, 1, classes=3)
CODED = Model("VQVAE", None, 3, 1)
ALL = [
    *(Model(name, 1.0, 3, 1) for name in models.names()),
    PLANE,
    HEAVY,
    Model("AE", None, 2, 1),
    Model("ResVAE", 1.0, 3, 2, "SiLU"),
    *(Model("ConvAE", None, 3, 2, activation) for activation in ACTIVATIONS if activation != "ReLU"),
    Model("AE", None, 4, 2, likelihood="logistic"),
]


def page_of_all(shared: Path) -> Path:
    """A workspace of `ALL` whose page is drawn; once for all test files, in a folder that their processes share."""
    made = shared / "explorable"
    with locked(shared / "explorable.lock", math.inf):
        if not made.exists():
            begun = shared / "explorable.begun"
            make(begun, ALL)
            main(begun)
            begun.rename(made)
    return made


def make(root: Path, plans: list[Model], megabytes: float = 50.0, cells: list[str] | None = None) -> None:
    """Write the workspace of `plans`; the other arguments are the settings of the explorer."""
    fake_workspace.make(root, list(plans))
    report = json.loads((root / "settings/report.json").read_text())
    report["params"]["explorer"] = {"cells": cells, "megabytes": megabytes}
    fake_workspace.write(root / "settings/report.json", report)
    card = json.loads((root / "data/card.json").read_text())
    fake_workspace.write(root / "data/card.json", card | {"shape": list(making.SHAPE)})
    (root / "codes").mkdir(exist_ok=True)
    for plan in plans:
        subject = plan.subject()
        codes = subject.codes.numpy()
        (root / f"evaluation/{plan.name}/explorer.safetensors").write_bytes(export.export(subject))
        if encoder := encoders.export(subject):
            (root / f"evaluation/{plan.name}/encoder.safetensors").write_bytes(encoder)
        save_file({"codes": codes}, root / f"codes/{plan.name}.safetensors")
        test = {"test_images": subject.test.images.numpy(), "test_labels": subject.test.labels.numpy()}
        save_file(test, root / "data/images.safetensors")
        rows = list(range(0, len(codes), 2))
        points = np.pad(codes[rows], ((0, 0), (0, 1)))[:, :2].tolist()
        maps = {"pca": {"points": points, "trustworthiness": 0.9}, "umap": {"points": points, "trustworthiness": 0.8}}
        fake_workspace.write(root / f"maps/{plan.name}.json", {"rows": rows, "methods": maps})
