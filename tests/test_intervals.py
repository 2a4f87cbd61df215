"""Intervals: as wide as theory says, and as often right as they claim."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import binomtest

from vaeplay.evaluation.metrics import intervals, smoothness
from vaeplay.evaluation.metrics.intervals import bootstrap_means, bootstrap_ratio, jackknife, wilson
from vaeplay.noise import Noise


def test_a_means_interval_is_as_wide_as_the_normal_one() -> None:
    values = torch.randn(2000, generator=torch.Generator().manual_seed(0)) * 3 + 1
    measured = bootstrap_means({"figure": values}, seed=0)["figure"]
    half = 1.959964 * float(values.std()) / math.sqrt(2000)
    assert measured.value == pytest.approx(float(values.mean()), rel=1e-6)
    assert measured.low == pytest.approx(measured.value - half, abs=0.1 * half)
    assert measured.high == pytest.approx(measured.value + half, abs=0.1 * half)
    assert measured.count == 2000


def test_the_mean_of_equal_values_lies_in_its_interval() -> None:
    """Sums of equal numbers in another order can differ in their last bit."""
    for count in range(2, 70):
        measured = bootstrap_means({"x": torch.full((count,), 1.6, dtype=torch.double)}, seed=0)["x"]
        assert measured.low is not None and measured.high is not None
        assert measured.low <= measured.value <= measured.high


def test_intervals_hold_the_truth_about_as_often_as_they_claim() -> None:
    generator = torch.Generator().manual_seed(1)
    held = dict.fromkeys(("mean", "ratio", "set", "share", "pairs"), 0)
    for trial in range(200):
        values = torch.rand(100, generator=generator)  # of mean 1/2
        below = torch.rand(100, generator=generator)
        first, second = smoothness.pairs(100, Noise(trial))
        found = {
            "mean": (bootstrap_means({"x": values}, seed=trial)["x"], 0.5),
            "ratio": (bootstrap_ratio(values, 1 + below, seed=trial, paired=False), 1 / 3),
            "set": (jackknife(lambda rows, values=values: float(values[rows].mean()), 100), 0.5),  # type: ignore[misc]
            "share": (wilson({"x": values < 0.1})["x"], 0.1),
            "pairs": (bootstrap_means({"x": values[first] + values[second]}, seed=trial)["x"], 1.0),
        }
        for name, (measured, truth) in found.items():
            assert measured.low is not None
            assert measured.high is not None
            held[name] += measured.low <= truth <= measured.high
    assert all(0.90 * 200 <= count <= 0.99 * 200 for count in held.values()), held


@pytest.mark.parametrize("right", [0, 1, 37, 1000])
def test_a_shares_interval_is_wilsons_also_where_none_or_all_count(right: int) -> None:
    values = (torch.arange(1000) < right).double()
    measured = wilson({"share": values})["share"]
    expected = binomtest(right, 1000).proportion_ci(method="wilson")
    assert (measured.value, measured.count) == (right / 1000, 1000)
    assert (measured.low, measured.high) == pytest.approx((expected.low, expected.high), abs=1e-7)
    assert right or measured.high == pytest.approx(0.0038, abs=5e-5)


def test_a_constant_ratio_has_no_width() -> None:
    below = torch.arange(1.0, 51.0)
    measured = bootstrap_ratio(3 * below, below, seed=0, paired=True)
    assert (measured.low, measured.value, measured.high) == pytest.approx((3, 3, 3))


def test_a_ratio_of_values_that_do_not_belong_together_is_as_wide_as_both_errors() -> None:
    """Of as many samples as test images, none belongs to one: by their order alone they would look correlated."""
    values = 1 + torch.rand(400, generator=torch.Generator().manual_seed(0)).sort().values
    apart, together = (bootstrap_ratio(values, values, seed=0, paired=paired) for paired in (False, True))
    assert apart.low is not None and apart.high is not None
    half = 1.959964 * math.sqrt(2) * float(values.std() / values.mean()) / math.sqrt(400)  # the delta method
    assert (apart.high - apart.low) / 2 == pytest.approx(half, rel=0.1)
    assert together.low == together.high == 1


def test_few_images_have_a_figure_and_no_interval_of_a_set() -> None:
    measured = jackknife(lambda rows: float(len(rows)), 2 * intervals.GROUPS - 1)
    assert (measured.value, measured.low, measured.high) == (2 * intervals.GROUPS - 1, None, None)


def test_what_is_drawn_for_a_number_of_images_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values = torch.rand(2, 90, generator=torch.Generator().manual_seed(0))
    randint, drawn = torch.randint, []

    def watched(*size: Any, **options: Any) -> torch.Tensor:
        drawn.append(randint(*size, **options))
        return drawn[-1]

    monkeypatch.setattr(torch, "randint", watched)
    first = bootstrap_means({"x": values[0]}, seed=12345)["x"]
    ratio = bootstrap_ratio(values[0], values[1], seed=12345, paired=True)
    (rows,) = drawn
    means = values.double()[:, rows].mean(2)
    for measured, resampled in ((first, means[0]), (ratio, means[0] / means[1])):
        expected = np.quantile(resampled.numpy(), [0.025, 0.975])
        assert (measured.low, measured.high) == pytest.approx(tuple(expected))


def test_draws_in_parts_are_still_a_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    values = torch.rand(50, generator=torch.Generator().manual_seed(0))
    whole = bootstrap_means({"x": values}, seed=3)["x"]
    monkeypatch.setattr(intervals, "AT_ONCE", 50 * 70)  # 70 draws at a time, and a rest
    parts = bootstrap_means({"x": values}, seed=3)["x"]
    assert parts.value == whole.value
    assert parts.low == pytest.approx(whole.low, abs=0.01)


def test_draws_within_classes_give_the_narrower_interval_that_a_stratified_split_has() -> None:
    """Of images whose classes differ: the spread between classes has no part, as their numbers are fixed."""
    generator, held = torch.Generator().manual_seed(0), 0
    classes = torch.arange(200) % 4
    for trial in range(200):
        values = 3.0 * classes + torch.randn(200, generator=generator)
        within = bootstrap_means({"x": values}, trial, classes)["x"]
        anyhow = bootstrap_means({"x": values}, trial)["x"]
        assert within.low is not None and within.high is not None and anyhow.low is not None
        held += within.low <= 4.5 <= within.high
        assert within.value - within.low < 0.5 * (anyhow.value - anyhow.low)
    assert 0.90 * 200 <= held <= 0.99 * 200


def test_classes_in_any_order_are_drawn_in_their_own_numbers() -> None:
    classes = torch.tensor([0, 1, 0, 2, 2, 2])
    weights = intervals._weights(6, 50, 0, classes.numpy().tobytes()) * 6
    for each, count in enumerate(classes.bincount()):
        assert torch.equal(weights[:, classes == each].sum(1).round(), count.double().expand(50))
