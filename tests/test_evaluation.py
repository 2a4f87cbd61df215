"""What holds for the evaluation of every model: no figure depends on batches, each is in the registry, none is lost."""

import json
import math

import pytest

from vaeplay import evaluation, exporting, models
from vaeplay.losses import MMD_SCALES
from vaeplay.metrics.registry import BY_KEY, METRICS

from . import making


@pytest.mark.parametrize("name", models.names())
def test_no_figure_depends_on_the_batch_size_and_each_is_in_the_registry(name: str) -> None:
    whole, seconds = evaluation.measure(making.subject(name, 100, batch_size=100))
    assert set(whole) <= set(BY_KEY)
    assert set(seconds) == set(evaluation.PARTS)
    for batch_size in (7, 64):
        figures, _ = evaluation.measure(making.subject(name, 100, batch_size=batch_size))
        assert set(figures) == set(whole)
        for key, figure in figures.items():
            assert figure.value == pytest.approx(whole[key].value, rel=1e-4, abs=1e-4), key


@pytest.mark.parametrize("name", models.names())
def test_every_figure_is_finite_and_lies_in_its_interval(name: str) -> None:
    figures, _ = evaluation.measure(making.subject(name))
    for key, figure in figures.items():
        assert math.isfinite(figure.value), key
        assert figure.count > 0
        if figure.low is not None and figure.high is not None:
            assert figure.low <= figure.value <= figure.high, key
        assert figure.low is not None or not BY_KEY[key].headline, key


def test_a_map_of_a_single_code_has_the_figures_of_a_code() -> None:
    """Small images and a deep model: as the 8×8 digits under a depth of 3."""
    subject = making.subject("VQVAE", depth=3)
    assert subject.model.encode(making.images(1).float()).shape == (1, 3, 1, 1)
    figures, _ = evaluation.measure(subject)
    assert all(math.isfinite(figure.value) for figure in figures.values())
    assert abs(figures["prior_gap"].value) < len(MMD_SCALES)
    assert exporting.export(subject)
    assert all(picture.isfinite().all() for picture in evaluation.pictures(subject, 4).values())


@pytest.mark.parametrize("name", models.names())
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_test_split_of_a_few_black_images_is_written_and_what_is_no_number_is_null(name: str, count: int) -> None:
    subject = making.subject(name, count)
    subject.test.images.zero_()
    figures, _ = evaluation.measure(subject)
    metrics, details = evaluation.values(figures), evaluation.details(subject, figures, 4)
    json.dumps([metrics, details], allow_nan=False)
    assert metrics["sharpness"] is None and "sharpness" not in details["intervals"]
    assert metrics["mse"] == figures["mse"].value
    assert exporting.export(subject)


def test_the_registry_names_each_figure_once() -> None:
    assert len(BY_KEY) == len(METRICS)
