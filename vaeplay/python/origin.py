"""Where a model comes from: the images that it was trained on, and the classifier that judges images like these."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import torch

from vaeplay import cli, files
from vaeplay.classifier import network, training
from vaeplay.classifier.network import Classifier
from vaeplay.data import prepared
from vaeplay.data.prepared import Split
from vaeplay.settings import params
from vaeplay.settings.params import EvaluateSettings

PARAMS = Path(cli.__file__).parents[1] / "params.yaml"
"""Where a setting comes from that is not given: the project's own."""
DATA, CLASSIFIER = "data/images.safetensors", "classifier/classifier.safetensors"


@dataclass(frozen=True)
class Judge:
    """What metrics need beside a model and test images: training images, a classifier, and the evaluation's settings.

    `classes` is how many the images have, 1 where they have none.
    """

    train: Split
    classes: int
    classifier: Classifier
    seed: int
    settings: EvaluateSettings


class Origin(Protocol):
    """Where a model comes from."""

    def examples(self) -> Split:
        """Images that the model was not trained on."""
        ...

    def classes(self) -> tuple[str, ...]:
        """The names of the images' classes."""
        ...

    def judge(self) -> Judge:
        """What judges the model, on the CPU."""
        ...


@dataclass(frozen=True)
class Workspace:
    """The model is a cell of the workspace in `root`, whose classifier judges it as in the pipeline."""

    root: Path

    def examples(self) -> Split:
        """The test images."""
        return prepared.read(self.root / DATA, "test")

    def classes(self) -> tuple[str, ...]:
        """Those of the data set."""
        return tuple(prepared.about(self.root / DATA)["classes"])

    def judge(self) -> Judge:
        """The workspace's training images, classifier and settings."""
        path = self.root / "settings/evaluate.json"
        settings = files.read_object(path, seed=int, evaluate=dict)
        return Judge(
            train=prepared.read(self.root / DATA, "train"),
            classes=len(self.classes()),
            classifier=network.load(self.root / CLASSIFIER)[0],
            seed=settings["seed"],
            settings=EvaluateSettings(**settings["evaluate"]),
        )


@dataclass(frozen=True)
class Given:
    """The model was trained on given images. A classifier is trained on the same images, once."""

    train: Split
    validation: Split

    def examples(self) -> Split:
        """The validation images."""
        return self.validation

    def classes(self) -> tuple[str, ...]:
        """Their numbers."""
        return tuple(map(str, range(1 + max(int(part.labels.max()) for part in (self.train, self.validation)))))

    def judge(self) -> Judge:
        """The images, a classifier of their classes or of how they are turned, and the project's settings."""
        return self._judge

    @cached_property
    def _judge(self) -> Judge:
        settings = params.read(PARAMS)
        classes = len(self.classes())
        with torch.random.fork_rng(devices=[]):  # the caller's random state stays the same
            classifier = training.train(
                self.train, self.validation, classes, settings.seed, **settings.classifier.model_dump()
            )
        return Judge(self.train, classes, classifier, settings.seed, settings.evaluate)


def workspace_of(checkpoint: Path) -> Workspace | None:
    """The workspace whose cell a checkpoint is; None for one that lies elsewhere, or without its data."""
    folder = checkpoint.resolve().parent
    whole = folder.name == "checkpoints" and all((folder.parent / path).is_file() for path in (DATA, CLASSIFIER))
    return Workspace(folder.parent) if whole else None
