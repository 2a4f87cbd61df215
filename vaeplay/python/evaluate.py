"""The metrics of one model outside the pipeline, computed as those of a cell."""

from vaeplay.classifier import network
from vaeplay.data.prepared import Split
from vaeplay.errors import UserError
from vaeplay.evaluation import measure
from vaeplay.evaluation.metrics.intervals import Estimate
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.evaluation.registry import METRICS
from vaeplay.gallery import page
from vaeplay.gallery.columns import Column
from vaeplay.python import inputs
from vaeplay.python.inputs import Source
from vaeplay.python.model import Model
from vaeplay.python.origin import Given
from vaeplay.terminal import sheet, show
from vaeplay.terminal.sheet import Sheet

HELD_OUT = 0.1  # of given training images, which calibrate the classifier


class Metrics(dict[str, Estimate]):
    """A model's metrics by their keys in the registry, each a value with its interval and count.

    A notebook and `print` show them as a table, by the question that they answer.
    """

    def __init__(self, estimates: dict[str, Estimate], name: str) -> None:
        super().__init__(estimates)
        self.name = name

    def plain(self) -> dict[str, dict[str, float | None]]:
        """Values, the ends of their intervals and counts, ready for JSON; None for what is not finite."""
        fields = ("value", "low", "high", "count")
        return {
            key: {name: measure.finite(getattr(estimate, name)) for name in fields} for key, estimate in self.items()
        }

    def sheet(self) -> Sheet:
        """The table."""
        rows = {key: page.Estimate(key=key, **values) for key, values in self.plain().items()}  # type: ignore[arg-type]
        columns = [Column(item, {self.name: rows[item.key]}, {}, {}, None) for item in METRICS if item.key in rows]
        return show.of_cell(self.name, columns)

    def __repr__(self) -> str:
        return sheet.text(self.sheet())

    def _repr_html_(self) -> str:
        return sheet.html(self.sheet())


def evaluate(model: Model, images: Source, *, train: Source | None = None, size: int | None = None) -> Metrics:
    """The metrics of a model on images that it was not trained on, with their intervals.

    `images` are given as to `fit`; where they have classes, as the pair `vaeplay.images("test")` has, the metrics of
    classes are there too. They are compared with the images that the model was trained on, and all of them seen through
    a classifier: for a cell of a workspace both are the workspace's, and with its test images the metrics are those of
    `metrics/<cell>.json`. For a model that `fit` has trained, a small classifier is trained on the same images, once.
    For any other model, give the images that it was trained on as `train`.

    Raises:
        UserError: the images are not of the model's shape, its training diverged, or its training images are unknown.
    """
    if model.network.failed:
        raise UserError(f"evaluate: this model's training diverged ({model.network.failed}); it has no metrics")
    test = inputs.read(images, size)
    origin = Given(*inputs.divided(inputs.read(train, size), HELD_OUT)) if train is not None else model.origin
    if origin is None:
        raise UserError("evaluate: the images that this model was trained on are not known; give them as train=…")
    judge = origin.judge()
    _check(model, "images", test)
    _check(model, "training images", judge.train)
    if (most := int(test.labels.max())) >= judge.classes > 1:
        raise UserError(f"evaluate: found label {most}; the training images have {judge.classes} classes")
    device = model.device
    classifier = judge.classifier.to(device)
    own, known = test.to(device), judge.train.to(device)
    subject = Subject(
        model=model.network.measured(),
        train=known,
        test=own,
        classifier=classifier,
        real_train=network.features(classifier, known.images),
        real_test=network.features(classifier, own.images),
        seed=judge.seed,
        batch_size=judge.settings.batch_size,
        importance_samples=judge.settings.importance_samples,
        evidence_samples=judge.settings.evidence_samples,
        classes=judge.classes if len(test.labels.unique()) > 1 else 1,  # without labels all are of class 0
    )
    return Metrics(measure.measure(subject)[0], repr(model))


def _check(model: Model, what: str, found: Split) -> None:
    """Refuse images of another shape than the model's."""
    shape = tuple(found.images.shape[1:])
    if shape != model.shape:
        raise UserError(f"evaluate: found {what} of {list(shape)}; expected {list(model.shape)}")
