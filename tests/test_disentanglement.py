"""Figures of codes against factors: perfect, random, shared and doubled codes, and scikit-learn's side by side."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score
from torch import Tensor

from vaeplay.evaluation.metrics import disentanglement as of
from vaeplay.evaluation.metrics.intervals import Estimate
from vaeplay.evaluation.registry import METRICS
from vaeplay.noise import Noise

from . import making

SIZES = (3, 4, 5)
KEYS = {metric.key for metric in METRICS if metric.group == "disentanglement"}


def factors(count: int, seed: int) -> Tensor:
    """Independent factors, (N, 3)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randint(size, (count,), generator=generator) for size in SIZES], dim=1)


def found(codes: Any, count: int = 1200, still: tuple[int | None, int | None] = (None, None)) -> dict[str, float]:
    """Every figure of codes that are a function of factors and a generator, on training and on test images.

    `still` is a factor that the training images have one value of, and one that the test images have.
    """
    return {key: figure.value for key, figure in measured(codes, count, still).items()}


def measured(codes: Any, count: int = 1200, still: tuple[int | None, int | None] = (None, None)) -> dict[str, Estimate]:
    """The same with intervals."""
    subject = making.subject("AE", 60)
    parts = [factors(count, seed) for seed in (1, 2)]
    for part, factor in zip(parts, still, strict=True):
        if factor is not None:
            part[:, factor] = 1
    generator = torch.Generator().manual_seed(0)
    subject.train, subject.test = (
        replace(split, factors=part) for split, part in zip((subject.train, subject.test), parts, strict=True)
    )
    for name, part in zip(("train_codes", "codes"), parts, strict=True):
        subject.__dict__[name] = codes(part.double(), generator)
    subject.__dict__["trained_on"] = (subject.train_codes, subject.codes)
    subject.model.latent_dim = subject.codes.shape[1]
    return of.metrics(subject)


def test_codes_that_are_the_factors_in_another_order_and_scale_score_one() -> None:
    scores = found(lambda part, _: part[:, [2, 0, 1]] * torch.tensor([-3.0, 0.5, 10.0]))
    assert set(scores) == KEYS
    for key in KEYS - {"sap"}:
        assert scores[key] == pytest.approx(1, abs=0.02), key
    assert scores["sap"] > 0.3  # a line tells but two or three of a factor's values apart


def test_random_codes_score_near_nothing() -> None:
    scores = found(lambda part, generator: torch.randn(len(part), 4, generator=generator, dtype=torch.double))
    for key in ("mig", "sap", "dci_disentanglement", "dci_completeness"):
        assert scores[key] < 0.12, key
    assert scores["dci_informativeness"] == pytest.approx(np.mean([1 / size for size in SIZES]), abs=0.05)
    assert scores["factor_vae"] < 0.55


def test_each_factor_told_by_two_equal_codes_is_disentangled_but_not_complete() -> None:
    scores = found(lambda part, generator: part.repeat(1, 2) + 0.05 * torch.randn(len(part), 6, generator=generator))
    assert scores["mig"] < 0.1
    assert scores["sap"] < 0.1
    assert scores["modularity"] > 0.95
    assert scores["factor_vae"] > 0.95
    assert scores["dci_disentanglement"] > 0.95


def test_a_code_that_holds_two_factors_is_complete_but_not_disentangled() -> None:
    scores = found(lambda part, _: torch.stack([part[:, 0] * 4 + part[:, 1], part[:, 2]], dim=1))
    assert scores["dci_completeness"] > 0.95
    assert scores["dci_disentanglement"] < 0.8
    assert scores["modularity"] < 0.9
    assert scores["mig"] > 0.95  # of which a code with two factors is no concern


@pytest.mark.parametrize(
    ("importance", "disentangled", "complete"),
    [
        ([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]], 1, 1),
        ([[1.0, 1], [1, 1], [1, 1]], 0, 0),
        ([[1.0, 1], [0, 0]], 0, 1),  # one code for both factors
        ([[0.5, 0], [0.5, 0], [0, 0.5], [0, 0.5]], 1, 0.5),  # two codes for each factor: log 2 of log 4
        ([[0.0, 0], [0, 0]], 0, 0),
    ],
)
def test_dci_in_closed_form_which_a_transposed_matrix_would_not_give(
    importance: Any, disentangled: float, complete: float
) -> None:
    matrix = torch.tensor(importance, dtype=torch.double)
    assert of.disentanglement(matrix) == pytest.approx(disentangled, abs=1e-9)
    assert of.completeness(matrix) == pytest.approx(complete, abs=1e-9)


def test_information_and_gap_are_scikit_learns() -> None:
    part = factors(500, 0)
    codes = part[:, [0, 1, 1, 2]].double() + torch.randn(500, 4, generator=torch.Generator().manual_seed(0))
    ours = of.information(codes, part)
    reference = np.empty((4, 3))
    for code in range(4):
        column = codes[:, code].numpy()
        bins = np.digitize(column, np.histogram(column, of.BINS)[1][1:-1])
        for factor in range(3):
            reference[code, factor] = mutual_info_score(part[:, factor].numpy(), bins)
    np.testing.assert_allclose(ours.numpy(), reference, atol=1e-9)
    best = np.sort(reference, axis=0)
    entropies = [mutual_info_score(column, column) for column in part.T.numpy()]
    gap = np.mean((best[-1] - best[-2]) / entropies)
    assert of.mutual_information_gap(ours, part) == pytest.approx(gap)


def test_modularity_in_closed_form() -> None:
    information = torch.tensor([[1.0, 0, 0], [1, 1, 1], [2, 1, 0], [0, 0, 0]], dtype=torch.double)
    assert of.modularity(information) == pytest.approx((1 + 0 + (1 - 1 / (4 * 2)) + 0) / 4)


def test_a_forest_that_sees_noise_beside_the_factor_trusts_the_factor() -> None:
    part, other = factors(1500, 0), factors(1500, 1)
    noise = torch.randn(3000, 5, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    codes = [
        torch.cat([p.double() + 0.2 * n[:, :3], n[:, 3:]], 1)
        for p, n in zip((part, other), noise.split(1500), strict=True)
    ]
    importance, accuracy = of.forests(codes[0], part, codes[1], other, seed=0)
    assert importance.shape == (5, 3)
    torch.testing.assert_close(importance.sum(0), torch.ones(3, dtype=torch.double))
    assert (importance.argmax(0) == torch.arange(3)).all()
    assert importance[3:].max() < 0.1
    assert accuracy > 0.9


def test_votes_name_the_code_that_a_factor_holds_still() -> None:
    part = factors(1000, 0)
    cast = of.votes(part[:, [1, 2, 0]].double(), part, part[:, [1, 2, 0]].double().var(0), Noise(0))
    assert cast.sum() == of.VOTES
    assert (cast.argmax(1) == torch.tensor([1, 2, 0])).all()
    assert (cast.max(1).values == cast.sum(1)).all()


def test_collapsed_codes_score_without_failing() -> None:
    scores = found(lambda part, _: torch.zeros(len(part), 3, dtype=torch.double), 300)
    assert all(np.isfinite(value) for value in scores.values())
    assert scores["mig"] == scores["modularity"] == scores["factor_vae"] == scores["dci_disentanglement"] == 0


def test_a_factor_that_one_split_has_one_value_of_has_no_part() -> None:
    kept = found(lambda part, _: part[:, :2], 300)
    for still in ((2, None), (None, 2)):
        scores = found(lambda part, _: part[:, :2], 300, still)
        assert all(np.isfinite(value) for value in scores.values())
        assert scores["mig"] == pytest.approx(1, abs=0.02)
        assert kept["mig"] < 0.7  # a factor that is there and that no code tells
    assert found(lambda part, _: part[:, :2], 300, (1, 2)) == {}


def test_the_interval_of_the_gap_is_narrower_with_more_images() -> None:
    def noisy(part: Tensor, generator: torch.Generator) -> Tensor:
        return part + 0.5 * torch.randn(part.shape, generator=generator)

    widths = []
    for count in (200, 2000):
        for key in ("mig", "modularity"):
            figure = measured(noisy, count)[key]
            assert figure.low is not None and figure.high is not None
            assert figure.low < figure.value < figure.high
            widths.append(figure.high - figure.low)
    assert widths[0] > 1.5 * widths[2] and widths[1] > 1.5 * widths[3]


def test_maps_of_codes_and_data_without_factors_have_no_such_figures() -> None:
    assert of.metrics(making.subject("AE")) == {}
    subject = making.subject("VQVAE")
    subject.train, subject.test = (replace(split, factors=factors(60, 0)) for split in (subject.train, subject.test))
    assert of.metrics(subject) == {}


def test_an_outlier_takes_the_gap_of_equally_wide_bins_and_leaves_that_of_quantiles() -> None:
    factors = torch.stack([torch.arange(2000) % 5, torch.arange(2000) // 5 % 4], 1)
    codes = factors.double() + 0.01 * torch.randn(2000, 2, generator=torch.Generator().manual_seed(0)).double()

    def gap(points: torch.Tensor) -> float:
        return of.mutual_information_gap(of.information(points, factors), factors)

    assert gap(codes) > 0.95
    assert gap(of.ranks(codes)) > 0.95
    codes[7] = 1e4
    assert gap(codes) < 0.05
    assert gap(of.ranks(codes)) > 0.95
    assert of.ranks(torch.ones(9, 1).double()).unique().numel() == 1
