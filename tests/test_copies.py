"""Replayed, shifted and blurred training images against new ones: how often they are found, and how often wrongly."""

from typing import Any

import pytest
import torch
from scipy.stats import mannwhitneyu
from torch import Tensor
from torch.nn import functional

from vaeplay.evaluation import samples
from vaeplay.evaluation.metrics import copies
from vaeplay.evaluation.metrics.subject import Subject

from . import making

COUNT = 150


def normal(count: int, seed: int) -> Tensor:
    return torch.randn(count, generator=torch.Generator().manual_seed(seed))


def test_it_is_the_statistic_of_mann_and_whitney() -> None:
    samples, test = normal(50, 0).round(decimals=1), normal(70, 1).round(decimals=1) + 0.2
    expected = mannwhitneyu(test.numpy(), samples.numpy(), alternative="two-sided").statistic / (50 * 70)
    found = copies.below(samples, test)
    assert found.value == pytest.approx(expected)
    assert copies.below(test, test).value == pytest.approx(0.5)
    assert copies.below(test - 9, test).value == 1


def test_its_interval_holds_the_truth_about_as_often_as_it_claims() -> None:
    held = 0
    for trial in range(300):
        found = copies.below(normal(60, 2 * trial), normal(80, 2 * trial + 1) + 0.5)
        truth = float(torch.distributions.Normal(0.0, 1.0).cdf(torch.tensor(0.5 / 2**0.5)))
        assert found.low is not None and found.high is not None
        held += found.low <= truth <= found.high
    assert 0.90 * 300 <= held <= 0.99 * 300


def subject_with(digits: Tensor, change: Any, replayed: float = 1.0, seed: int = 0) -> Subject:
    """Digits of which a share of the `samples` are changed training images, and the rest are unseen."""
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))
    train, test, fresh = (digits[rows] for rows in order.split([2000, COUNT, len(digits) - 2000 - COUNT])[:3])
    subject = making.subject("AE", 10)
    count = int(replayed * COUNT)
    samples = torch.cat([change(train[:count].float() / 255), fresh[: COUNT - count].float() / 255])
    subject.train = type(subject.train)(train, torch.zeros(len(train), dtype=torch.long))
    subject.test = type(subject.test)(test, torch.zeros(COUNT, dtype=torch.long))
    subject.__dict__["samples"] = (samples * 255).round().to(torch.uint8)
    pooled = [functional.avg_pool2d(x.float() / 255, 4).flatten(1) for x in (train, test, subject.samples)]
    subject.real_train, subject.real_test, subject.__dict__["sample_features"] = pooled
    return subject


def blurred(x: Tensor) -> Tensor:
    line = torch.tensor([1.0, 2.0, 1.0])
    return functional.conv2d(x, (line[:, None] * line)[None, None] / 16, padding=1)


@pytest.mark.parametrize(
    ("change", "space", "least"),
    [
        (lambda x: x, "features", 0.999),
        (lambda x: x, "pixels", 0.999),
        (lambda x: torch.roll(x, 1, 3), "features", 0.6),
        (blurred, "pixels", 0.97),
        (lambda x: (x + 0.05).clamp(max=1), "pixels", 0.99),
    ],
)
def test_changed_training_images_are_found(digits: Tensor, change: Any, space: str, least: float) -> None:
    found = copies.metrics(subject_with(digits, change))[f"copying_{space}"]
    assert found.value >= least
    assert found.low is not None and found.low > 0.5


def test_a_fifth_of_replayed_images_is_found_and_new_ones_are_not(digits: Tensor) -> None:
    """Power and false alarms, of 20 draws each, at intervals of 95 %; new images are blurred, as samples are."""
    power = alarms = 0
    for seed in range(20):
        found = copies.metrics(subject_with(digits, lambda x: x, 0.2, seed))["copying_pixels"]
        power += found.low is not None and found.low > 0.5
        subject = subject_with(digits, lambda x: x, 0.0, seed)
        subject.__dict__["samples"] = (blurred(subject.samples / 255) * 255).to(torch.uint8)
        found = copies.metrics(subject)["copying_pixels"]
        alarms += found.low is not None and found.low > 0.5
    print("power:", power / 20, "false alarms:", alarms / 20)
    assert power >= 16
    assert alarms <= 2


def test_samples_stand_above_their_nearest_training_images_the_closest_first() -> None:
    subject = making.subject("VAE")
    distances = torch.cdist(subject.sample_features.double(), subject.real_train.double())
    order = distances.amin(1).argsort()[:5]
    above, below = samples.nearest_training(subject, 5)
    assert torch.equal(below, subject.train.images[distances.argmin(1)[order]] / 255)
    assert torch.equal(above, subject.samples[order] / 255)


def test_equal_training_images_and_a_single_one_are_no_mistake() -> None:
    subject = making.subject("VAE")
    subject.train.images.copy_(subject.train.images[:1].clone())
    subject.real_train = subject.real_train[:1].expand(60, -1)
    assert copies.metrics(subject)["copying_pixels"].value == pytest.approx(0.5)
    assert copies.metrics(making.subject("VAE", 1)) == {}
