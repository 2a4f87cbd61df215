"""What holds for the evaluation of every model: no figure depends on batches, each is in the registry, none is lost."""

import math

import pytest

from vaeplay import evaluation, models
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


def test_the_registry_names_each_figure_once() -> None:
    assert len(BY_KEY) == len(METRICS)
