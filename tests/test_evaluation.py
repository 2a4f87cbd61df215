"""What holds for the evaluation of every model: no figure depends on batches, each is in the registry, none is lost."""

import json
import math
import time

import pytest
import torch

from vaeplay import models
from vaeplay.data.prepared import as_float
from vaeplay.evaluation import export, floors, measure, samples
from vaeplay.evaluation.metrics import likelihood, reconstruction
from vaeplay.evaluation.registry import BY_KEY, METRICS
from vaeplay.models.parts.losses import MMD_SCALES
from vaeplay.noise import Noise

from . import making


@pytest.mark.parametrize("name", models.names())
def test_every_figure_is_in_the_registry_finite_in_its_interval_and_that_of_any_batch_size(name: str) -> None:
    whole, seconds = measure.measure(making.subject(name, 100, batch_size=100))
    assert set(whole) <= set(BY_KEY)
    assert set(seconds) == {*measure.SHARED, *measure.GROUPS}
    for key, figure in whole.items():
        assert math.isfinite(figure.value), key
        assert figure.count > 0
        if figure.low is not None and figure.high is not None:
            assert figure.low <= figure.value <= figure.high, key
        assert figure.low is not None or not BY_KEY[key].headline, key
    figures, _ = measure.measure(making.subject(name, 100, batch_size=7))
    assert set(figures) == set(whole)
    for key, figure in figures.items():
        assert figure.value == pytest.approx(whole[key].value, rel=1e-4, abs=1e-4), key


def test_the_samples_that_the_classifier_is_least_sure_of_come_first() -> None:
    subject = making.subject("VAE")
    shown = samples.unsure(subject, 6)
    assert shown.shape == (2, 6, *making.SHAPE)
    sure = subject.classifier(shown.flatten(0, 1)).softmax(1).amax(1)
    every = subject.classifier(as_float(subject.samples)).softmax(1).amax(1).sort().values
    assert sure.tolist() == pytest.approx(every[:12].tolist(), abs=1e-5)


def test_the_reconstructions_for_the_page_are_those_of_rows_spread_over_the_split(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconstruction, "SHOWN", 7)
    subject = making.subject("VAE", batch_size=3)
    shown = reconstruction.shown(subject)
    assert shown["rows"].tolist() == [0, 10, 20, 30, 39, 49, 59]
    expected = subject.model.reconstruct(as_float(subject.test.images[shown["rows"].long()]))
    assert (shown["images"].float() - expected * 255).abs().max() <= 0.51
    monkeypatch.setattr(reconstruction, "SHOWN_NUMBERS", 300)
    assert len(reconstruction.shown(subject)["rows"]) == 2


def test_a_map_of_a_single_code_has_the_figures_of_a_code() -> None:
    """Small images and a deep model: as the 8×8 digits under a depth of 3."""
    subject = making.subject("VQVAE", depth=3)
    assert subject.model.encode(making.images(1).float()).shape == (1, 3, 1, 1)
    figures, _ = measure.measure(subject)
    assert all(math.isfinite(figure.value) for figure in figures.values())
    assert abs(figures["prior_gap"].value) < len(MMD_SCALES)
    assert export.export(subject)
    assert all(picture.isfinite().all() for picture in measure.pictures(subject, 4).values())


@pytest.mark.parametrize(
    ("name", "count"),
    [*((name, 2) for name in models.names()), *((name, count) for name in ("AE", "VAE", "VQVAE") for count in (1, 3))],
)
def test_a_test_split_of_a_few_black_images_is_written_and_what_is_no_number_is_null(name: str, count: int) -> None:
    subject = making.subject(name, count)
    subject.test.images.zero_()
    figures, _ = measure.measure(subject)
    metrics, details = measure.values(figures), measure.details(subject, figures, 4)
    json.dumps([metrics, details], allow_nan=False)
    assert metrics["sharpness"] is None and "sharpness" not in details["intervals"]
    assert metrics["mse"] == figures["mse"].value
    assert export.export(subject)


@pytest.mark.parametrize("name", models.names())
def test_of_one_test_image_there_are_fewer_metrics_and_each_is_finite(name: str) -> None:
    subject = making.subject(name, 1)
    estimates, _ = measure.measure(subject)
    details = measure.details(subject, estimates, 4)
    json.dumps([measure.values(estimates), details], allow_nan=False)
    assert None not in measure.values(estimates).values()
    assert "neighbour_consistency" not in estimates and "mse" in estimates
    assert measure.pictures(subject, 4) and export.export(subject)


@pytest.mark.parametrize("count", [1, 2, 12])
def test_floors_of_few_test_images_are_finite(count: int) -> None:
    subject = making.subject("AE", 12)
    test, real = making.subject("AE", count).test, making.subject("AE", count).real_test
    card = floors.of(subject.classifier, subject.train, test, (subject.real_train, real), classes=3, seed=0)
    json.dumps(card, allow_nan=False)
    assert ("floor_neighbour_consistency" in card) == (count > 1)


def test_drawing_samples_counts_as_no_groups_time(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = making.subject("VQVAE")
    draw, now = subject.model.sample_codes, 0.0

    def slow(count: int, noise: Noise) -> torch.Tensor:
        nonlocal now
        now += 3.0
        return draw(count, noise)

    monkeypatch.setattr(time, "perf_counter", lambda: now)
    subject.model.sample_codes = slow  # type: ignore[method-assign]
    _, seconds = measure.measure(subject)
    assert seconds["samples"] == 3.0 and sum(seconds.values()) == 3.0


@pytest.mark.parametrize("name", ["AE", "VAE", "VQVAE"])
def test_a_model_of_binarised_images_is_asked_about_binarised_images(name: str) -> None:
    """Under a likelihood that draws pixels black or white, the encoder has seen nothing else in its training."""
    subject = making.subject(name, likelihood={"name": "bernoulli_dynamic"})
    asked: list[torch.Tensor] = []
    subject.model.encoder.register_forward_pre_hook(lambda _, images: asked.extend(images))
    figures, _ = measure.measure(subject)
    measure.details(subject, figures, 4), measure.pictures(subject, 4), export.export(subject)
    subject.model.fit_prior(subject.train.images, Noise(0))
    assert all(((x == 0) | (x == 1)).all() for x in asked)
    seen = subject.seen.float() / 255
    assert float(seen.mean()) == pytest.approx(float(subject.test.images.float().mean() / 255), abs=0.02)
    if name == "VAE":
        rates = sum(entry["rate"] for entry in likelihood.spectrum(subject))
        assert rates == pytest.approx(figures["rate"].value, rel=1e-5)


def test_the_registry_names_each_figure_once() -> None:
    assert len(BY_KEY) == len(METRICS)
