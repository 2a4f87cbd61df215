"""What is kept to compare two models by: the values whose mean a metric is, or what it is without a tenth of them."""

import pytest
import torch
from safetensors.torch import load

from vaeplay.evaluation import kept, measure
from vaeplay.evaluation.metrics import distances
from vaeplay.evaluation.metrics.intervals import GROUPS, T_975, bootstrap_means, bootstrap_ratio, jackknife, wilson

from . import making


@pytest.mark.parametrize("name", ["AE", "VAE", "VQVAE"])
def test_means_of_what_is_kept_are_the_metrics(name: str) -> None:
    estimates, _ = measure.measure(making.subject(name))
    found = load(kept.file(estimates))
    for key in ("mse", "ssim", "distortion"):
        assert found[key].shape == (60,)
    if name != "AE":
        assert {"rate", "elbo"} <= set(found)
    for key, values in found.items():
        if not key.startswith("jackknife."):
            assert float(values.double().mean()) == pytest.approx(estimates[key].value, rel=1e-5, abs=1e-6), key
    assert {"jackknife.frechet", "jackknife.sharpness"} <= set(found)
    assert ("jackknife.trip" in found) == (name != "VQVAE")


def test_replicates_are_what_the_metric_is_without_each_tenth() -> None:
    subject = making.subject("VAE", 100)
    estimates, _ = measure.measure(subject)
    replicates = kept.kept(estimates)["jackknife.frechet"]
    statistic = distances.frechet(subject.sample_features, subject.real_train)
    rows = torch.arange(100)
    expected = [statistic(rows[rows % GROUPS != group]) for group in range(GROUPS)]
    assert replicates.tolist() == pytest.approx(expected, rel=1e-5)


def test_a_ratios_replicates_are_those_of_the_jackknife() -> None:
    above, below = torch.rand(2, 57, generator=torch.Generator().manual_seed(0), dtype=torch.double) + 0.5
    both = bootstrap_ratio(above, below, 0, paired=True)
    expected = jackknife(lambda rows: float(above[rows].mean() / below[rows].mean()), 57)
    assert both.replicates is not None and expected.replicates is not None
    torch.testing.assert_close(both.replicates, expected.replicates)
    error = (0.9 * (both.replicates - both.replicates.mean()).square().sum()).sqrt()
    assert both.low is not None
    assert float(T_975 * error) == pytest.approx(both.value - both.low, rel=0.5)
    alone = bootstrap_ratio(above, below, 0, paired=False)
    expected = jackknife(lambda rows: float(above[rows].mean() / below.mean()), 57)
    assert alone.replicates is not None and expected.replicates is not None
    torch.testing.assert_close(alone.replicates, expected.replicates)


def test_a_file_stays_small_and_shares_cost_half() -> None:
    generator = torch.Generator().manual_seed(0)
    values = {f"metric {place}": torch.rand(20_000, generator=generator) for place in range(30)}
    estimates = bootstrap_means(values, 0) | wilson({"share": (values["metric 0"] > 0.5).double()})
    found = kept.kept(estimates)
    assert found["metric 0"].shape == (kept.MOST,)
    assert (found["metric 0"].dtype, found["share"].dtype) == (torch.float32, torch.float16)
    assert len(kept.file(estimates)) < 200_000


def test_what_is_not_finite_is_left_out() -> None:
    estimates = bootstrap_means({"x": torch.tensor([1.0, float("nan")])}, 0)
    estimates["y"] = bootstrap_ratio(torch.ones(30), torch.zeros(30), 0, paired=True)
    assert kept.kept(estimates) == {}
