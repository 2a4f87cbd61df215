"""Intervals cover what they should on models of known difference, and the formulas agree with references."""

import itertools

import numpy as np
import pytest
import scipy.stats

from vaeplay.verdicts import statistics
from vaeplay.verdicts.statistics import Array

CLASSES, IMAGES, RUNS = 10, 200, 1500
LABELS = np.repeat(np.arange(CLASSES), IMAGES // CLASSES)
MEMBERS = statistics.strata(LABELS, IMAGES)
TRUE = 0.3


def generator(*seed: int) -> np.random.Generator:
    return np.random.default_rng([17, *seed])


def covered(difference: Array, half: Array, true: float = TRUE) -> float:
    """Share of simulated runs whose interval holds the truth."""
    return float(np.mean(np.abs(difference - true) <= half))


def trained(
    draw: np.random.Generator,
    trainings: tuple[int, int],
    seeds: tuple[float, float],
    residual: float,
    count: int = IMAGES,
) -> list[tuple[Array, Array]]:
    """Two kinds of model of known difference on new images: skewed image effects, seeds' effects, and a residual."""
    image = draw.gamma(1.0, 1.0, (RUNS, 1, count))
    own = draw.standard_normal((RUNS, 1, count))
    kinds = []
    for number, (size, spread) in enumerate(zip(trainings, seeds, strict=True)):
        values = image + number * (TRUE + own) + spread * draw.standard_normal((RUNS, size, 1))
        values += residual * draw.standard_normal((RUNS, size, count))
        kinds.append((values.mean(-1), values))
    return kinds


def test_paired_intervals_cover_over_images_that_are_drawn_class_by_class() -> None:
    draw = generator(1)
    by_class = draw.standard_normal(CLASSES)
    by_class += TRUE - by_class.mean()
    differences = by_class[LABELS] + draw.gamma(1.0, 1.0, (RUNS, IMAGES)) - 1
    half = statistics.half_width(statistics.of_mean(differences, MEMBERS))
    assert 0.92 <= covered(differences.mean(-1), half) <= 0.97
    unstratified = statistics.of_mean(differences, statistics.strata(None, IMAGES))
    assert covered(differences.mean(-1), statistics.half_width(unstratified)) > 0.98  # what strata are for


def test_intervals_of_a_ratio_cover() -> None:
    draw = generator(2)
    below = draw.gamma(4.0, 0.25, (RUNS, IMAGES))
    groups = np.arange(IMAGES) % 10
    metrics, pseudo = [], []
    for true in (0.5, 0.5 + TRUE):
        above = true * below + 0.2 * draw.standard_normal((RUNS, IMAGES))
        metrics.append(above.mean(-1) / below.mean(-1))
        kept = [groups != group for group in range(10)]
        replicates = np.stack([above[:, rows].mean(-1) / below[:, rows].mean(-1) for rows in kept], -1)
        pseudo.append(statistics.pseudo_values(metrics[-1], replicates))
    half = statistics.half_width(statistics.of_mean(pseudo[1] - pseudo[0], statistics.strata(None, 10)))
    assert 0.92 <= covered(metrics[1] - metrics[0], half) <= 0.97


def test_the_paired_jackknife_covers_for_a_metric_of_a_set() -> None:
    draw = generator(3)
    shared = draw.standard_normal((RUNS, IMAGES))
    metrics, pseudo = [], []
    groups = np.arange(IMAGES) % 10
    for scale in (1.0, np.sqrt(1 + TRUE)):  # the metric is a variance
        values = scale * (0.9 * shared + np.sqrt(1 - 0.81) * draw.standard_normal((RUNS, IMAGES)))
        metrics.append(values.var(-1, ddof=1))
        replicates = np.stack([values[:, groups != group].var(-1, ddof=1) for group in range(10)], -1)
        pseudo.append(statistics.pseudo_values(metrics[-1], replicates))
    half = statistics.half_width(statistics.of_mean(pseudo[1] - pseudo[0], statistics.strata(None, 10)))
    assert 0.92 <= covered(metrics[1] - metrics[0], half) <= 0.97
    alone = [statistics.of_mean(part, statistics.strata(None, 10)).variance for part in pseudo]
    assert np.median(half) < 0.7 * np.median(2.26 * np.sqrt(sum(alone)))  # pairing is worth its while


def test_pseudo_values_give_the_jackknife_s_variance() -> None:
    replicates = generator(4).standard_normal(10)
    spread = statistics.of_mean(statistics.pseudo_values(np.array(0.4), replicates), statistics.strata(None, 10))
    assert spread.variance == pytest.approx(0.9 * np.sum((replicates - replicates.mean()) ** 2))
    assert spread.freedom == pytest.approx(9)


@pytest.mark.parametrize("trainings", [2, 3, 5])
@pytest.mark.parametrize("seeds", [(0.1, 0.1), (0.1, 0.2), (1.0, 1.0), (0.05, 0.05)])
def test_intervals_over_trainings_and_images_cover(trainings: int, seeds: tuple[float, float]) -> None:
    levels = statistics.two_levels(trained(generator(5), (trainings, trainings), seeds, 0.5), MEMBERS)
    assert 0.9 <= covered(levels.difference, statistics.half_width(levels.spread)) <= 0.975


def test_intervals_over_trainings_alone_cover() -> None:
    kinds = [(points, np.zeros((RUNS, points.shape[-1], 0))) for points, _ in trained(generator(6), (3, 3), (1, 1), 0)]
    levels = statistics.two_levels(kinds, MEMBERS)
    assert 0.93 <= covered(levels.difference, statistics.half_width(levels.spread)) <= 0.97


def test_the_interval_over_images_of_two_models_says_nothing_of_their_kinds() -> None:
    """Two trainings of one kind differ by more than their images say, as often as their seeds make them."""
    (_, first), (_, second) = trained(generator(7), (1, 1), (0.3, 0.3), 0.5)
    differences = (second - first)[:, 0]
    half = statistics.half_width(statistics.of_mean(differences, MEMBERS))
    assert covered(differences.mean(-1), half) < 0.6


def test_the_spread_of_one_kind_combines_seeds_and_images() -> None:
    kinds = trained(generator(8), (3, 3), (0.1, 0.1), 0.5)
    levels = statistics.two_levels(kinds[:1], MEMBERS)
    assert 0.9 <= covered(levels.difference, statistics.half_width(levels.spread), true=1.0) <= 0.97
    seeds_alone = 4.303 * np.sqrt(levels.between[..., 0] / 3)
    assert covered(levels.difference, seeds_alone, true=1.0) < 0.9  # what ± over seeds in the place of both misses


def test_the_interaction_is_not_counted_twice() -> None:
    strata = statistics.strata(None, 100)
    levels = statistics.two_levels(trained(generator(9), (5, 5), (0.3, 0.3), 3.0, 100), strata)
    seeds, images, interaction = 2 * 0.3**2 / 5, 1 / 100, 2 * 3.0**2 / (5 * 100)
    assert np.mean(levels.spread.variance) == pytest.approx(seeds + images + interaction, rel=0.05)
    assert np.mean(levels.images.variance) == pytest.approx(images, rel=0.5)


def test_without_strata_the_paired_test_is_student_s() -> None:
    draw = generator(11)
    first, second = draw.standard_normal(30), draw.standard_normal(30) + 0.4
    spread = statistics.of_mean(second - first, statistics.strata(None, 30))
    reference = scipy.stats.ttest_rel(second, first)
    assert statistics.p_value(np.asarray(np.mean(second - first)), spread) == pytest.approx(reference.pvalue)
    assert np.mean(second - first) + statistics.half_width(spread) == pytest.approx(
        reference.confidence_interval().high
    )


def test_over_trainings_alone_the_test_is_welch_s() -> None:
    first, second = generator(12).standard_normal((2, 4))
    empty = np.zeros((4, 0))
    levels = statistics.two_levels([(first, empty), (second[:3], empty[:3])], MEMBERS)
    reference = scipy.stats.ttest_ind(second[:3], first, equal_var=False)
    assert statistics.p_value(levels.difference, levels.spread) == pytest.approx(reference.pvalue)
    assert levels.spread.freedom == pytest.approx(reference.df)


def test_shares_have_a_width_where_both_models_agree_and_cover() -> None:
    ones = np.ones(200)
    difference, low, high, p = statistics.paired_shares(ones, ones)
    assert difference == 0 and low < -0.005 and high > 0.005 and p == 1
    draw = generator(13)
    inside = 0
    for _ in range(500):
        table = draw.choice(4, 200, p=[0.85, 0.02, 0.08, 0.05])  # both right, the first, the second, neither
        first, second = np.isin(table, [0, 1]).astype(float), np.isin(table, [0, 2]).astype(float)
        _, low, high, _ = statistics.paired_shares(first, second)
        inside += low <= 0.06 <= high
    assert 0.92 <= inside / 500 <= 0.98
    gained = np.array([1.0] * 9 + [0.0])
    assert statistics.paired_shares(1 - gained, gained)[3] == pytest.approx(scipy.stats.binomtest(1, 10).pvalue)


def test_wilson_is_the_reference_s() -> None:
    for count, total in [(0, 20), (83, 100), (20, 20)]:
        reference = scipy.stats.binomtest(count, total).proportion_ci(method="wilson")
        assert statistics.wilson(count, total) == pytest.approx((reference.low, reference.high))


def test_holm_is_the_reference_s() -> None:
    """Against its definition: reject in order while p ≤ α / (m − rank)."""
    for p_values in itertools.product([0.001, 0.012, 0.03, 0.2], repeat=3):
        rejected, order = set(), sorted(range(3), key=p_values.__getitem__)
        for rank, place in enumerate(order):
            if p_values[place] > 0.05 / (3 - rank):
                break
            rejected.add(place)
        adjusted = statistics.holm(list(p_values))
        assert {place for place in range(3) if adjusted[place] <= 0.05} == rejected


def test_as_many_trainings_as_are_said_to_settle_it_do() -> None:
    empty = np.zeros((2, 0))
    levels = statistics.two_levels([(np.array([0.0, 1.0]), empty), (np.array([1.2, 2.4]), empty)], MEMBERS)
    needed = statistics.trainings_needed(levels)
    assert needed is not None and 3 <= needed <= 10
    welch = levels.between.sum() ** 2 / (levels.between**2).sum()
    for count, parted in ((needed, True), (needed - 1, False)):
        half = scipy.stats.t.ppf(0.975, welch * (count - 1)) * np.sqrt(levels.between.sum() / count)
        assert (half < levels.difference) == parted


def test_no_number_of_trainings_settles_what_images_leave_open() -> None:
    kinds = trained(generator(14), (3, 3), (0.01, 0.01), 0.1, 10)
    one = [(points[0] * 0 + place * 0.01, values[0]) for place, (points, values) in enumerate(kinds)]
    assert statistics.trainings_needed(statistics.two_levels(one, statistics.strata(None, 10))) is None


@pytest.mark.parametrize("labels", [[0, 0, 1, 2, 2], [0, 1, 2, 2, 2], [0, 1, 2, 3, 4]])
def test_classes_of_one_image_share_a_stratum(labels: list[int]) -> None:
    members = statistics.strata(np.array(labels), 5)
    assert members.sum() == 5 and (members.sum(0) >= 2).all()
    assert np.isfinite(statistics.of_mean(np.arange(5.0), members).variance)


def test_equal_values_have_no_spread_and_no_warning() -> None:
    with np.errstate(all="raise"):
        spread = statistics.of_mean(np.zeros(IMAGES), MEMBERS)
        assert spread.variance == 0 and statistics.p_value(np.array(0.0), spread) == 1
        assert statistics.p_value(np.array(0.1), spread) == 0
