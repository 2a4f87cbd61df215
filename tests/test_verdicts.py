"""Pairs compared on made-up results, the table and its file, and every sentence that is made of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stages import verdicts
from vaeplay.errors import UserError
from vaeplay.evaluation.registry import BY_KEY
from vaeplay.verdicts import make, table, words
from vaeplay.verdicts.compare import combined, compare
from vaeplay.verdicts.pairs import Configuration, configurations, pairs
from vaeplay.verdicts.table import Compared, Comparison

from .made_up import Effect, MadeUp, verdict_settings

AE, VAE = "AE_latent8_depth2_ReLU", "VAE_latent8_depth2_ReLU"


def of_core(**values: float | None) -> Effect:
    """A metric by the core of the model; None for others."""
    return lambda one: values.get(one.kin.core)


@pytest.fixture
def small(values: Any) -> Any:
    values["grid"] = {
        "dense": {"model": ["AE", "VAE", "BetaVAE"], "latent_dim": [8], "depth": [2], "activation": ["ReLU"]}
    }
    return values


EFFECTS: dict[str, Effect] = {
    "mse": of_core(AE=0.020, VAE=0.022, BetaVAE=0.022),
    "ssim": of_core(AE=0.80, VAE=0.75, BetaVAE=0.75),
    "psnr": of_core(AE=17.0, VAE=18.5, BetaVAE=18.5),
    "rate": of_core(VAE=20.0, BetaVAE=16.0),
    "elbo": of_core(VAE=-120.0, BetaVAE=-123.4),
    "frechet": of_core(AE=4.0, VAE=8.0, BetaVAE=8.0),
    "mig": of_core(AE=0.1, VAE=0.2, BetaVAE=0.3),
    "active_units": of_core(AE=8.0, VAE=8.0, BetaVAE=7.0),
}


def evidence(small: Any, **options: Any) -> MadeUp:
    noise = options.pop("noise", 0.1)
    bare = ("mig", "active_units")
    options.setdefault("losses", lambda one: [3.0, 1.0, 2.0])
    return MadeUp(verdict_settings(small), EFFECTS, noise, grouped=("frechet",), bare=bare, **options)


def compared(small: Any, **options: Any) -> dict[str, Compared]:
    found = evidence(small, **options)
    return {item.title: item for item in (compare(pair, found) for pair in pairs(verdict_settings(small)))}


AE_TO_VAE = "From AE to VAE at 8 dimensions, depth 2"
VAE_TO_BETA = "From VAE to BetaVAE (β = 2) at 8 dimensions, depth 2"


def metric(pair: Compared, key: str) -> Comparison:
    return next(item for item in pair.comparisons if item.metric == key)


def test_each_metric_has_its_outcome(small: Any) -> None:
    found = compared(small)
    assert set(found) == {AE_TO_VAE, VAE_TO_BETA}
    outcomes = {item.metric: words.outcome(item) for item in found[AE_TO_VAE].comparisons}
    assert outcomes == {
        "mse": "worse",
        "ssim": "worse",
        "psnr": "better",
        "rate": "cannot be compared",
        "elbo": "cannot be compared",
        "frechet": "worse",
        "mig": "cannot be compared",
        "active_units": "no difference shown",
    }
    assert metric(found[AE_TO_VAE], "rate").obstacle == f"{AE} has no such metric"
    assert "no repeats" in str(metric(found[AE_TO_VAE], "mig").obstacle)
    outcomes = {item.metric: words.outcome(item) for item in found[VAE_TO_BETA].comparisons}
    assert (outcomes["mse"], outcomes["rate"], outcomes["elbo"]) == ("no difference shown", "lower", "worse")
    assert outcomes["active_units"] == "lower"  # a count is exact


def test_differences_are_paired_and_corrected_over_the_metrics_of_the_pair(small: Any) -> None:
    pair = compared(small)[AE_TO_VAE]
    mse = metric(pair, "mse").models
    assert mse is not None and mse.low < 0.002 < mse.high
    assert mse.high - mse.low < 0.0008  # the images' own spread is ten times as large
    assert mse.better is not None and mse.better[0] < 0.35 and mse.better[1] < mse.better[0] < mse.better[2]
    assert metric(pair, "frechet").models.better is None  # type: ignore[union-attr]  # groups are no images
    asked = [item.models for item in pair.comparisons if item.models is not None]
    assert all(item.adjusted >= item.p for item in asked)
    assert max(asked, key=lambda item: -item.p).adjusted == pytest.approx(min(1, len(asked) * min(i.p for i in asked)))


def test_kinds_are_spoken_of_where_there_are_repeats_and_only_there(small: Any) -> None:
    assert all(item.kinds is None for pair in compared(small).values() for item in pair.comparisons)
    small["repeats"] = ["", "_r2", "_r3"]
    pair = compared(small, seeds=0.001)[AE_TO_VAE]
    mse = metric(pair, "mse")
    assert mse.kinds is not None and mse.kinds.trainings == (3, 3) and mse.kinds.over_images and mse.kinds.shown
    assert mse.kinds.needed is None
    mig = metric(pair, "mig")  # which has no values at images: its trainings tell
    assert mig.models is None and mig.kinds is not None and not mig.kinds.over_images


def test_seeds_that_vary_leave_the_kinds_open_and_say_how_many_would_do(small: Any) -> None:
    small["repeats"] = ["", "_r2"]
    mse = metric(compared(small, seeds=0.08)[AE_TO_VAE], "mse")
    assert mse.models is not None and mse.kinds is not None
    assert not mse.kinds.shown and mse.kinds.needed is not None and mse.kinds.needed > 2


def test_a_configuration_s_interval_is_over_trainings_and_images_both(small: Any) -> None:
    small["repeats"] = ["", "_r2", "_r3"]
    one = configurations(verdict_settings(small))[0]
    widths = {}
    for noise, seeds in ((0.0, 0.0), (0.0, 0.2)):
        mse = combined(one, evidence(small, noise=noise, seeds=seeds))["mse"]
        assert mse.low < mse.value < mse.high and mse.trainings == 3
        widths[seeds] = mse.high - mse.low
    assert widths[0.2] > widths[0.0] > 0.003  # equal trainings leave the images' spread


def test_two_trainings_of_one_kind_are_compared_as_models_alone(small: Any) -> None:
    small["repeats"] = ["", "_r2", "_r3"]
    small["verdicts"]["pairs"] = [[VAE, VAE + "_r2"]]
    pair = compared(small, seeds=0.1)[f"From {VAE} to {VAE}_r2"]
    assert metric(pair, "mse").kinds is None and metric(pair, "mse").models is not None


def test_a_failed_training_cannot_be_compared(small: Any) -> None:
    found = MadeUp(verdict_settings(small), {"mse": of_core(AE=0.02, BetaVAE=0.02)})
    by_title = [compare(pair, found) for pair in pairs(verdict_settings(small))]
    assert all(words.outcome(pair.comparisons[0]) == "cannot be compared" for pair in by_title)


def finding(small: Any, title: str, key: str, **options: Any) -> str:
    return words.finding(metric(compared(small, **options)[title], key)).replace(words.NO_BREAK, " ")


def test_findings_of_models_that_were_trained_once(small: Any) -> None:
    worse = finding(small, AE_TO_VAE, "mse")
    assert worse.startswith("MSE 9.") and " % worse (± " in worse and worse.endswith(" % of images")
    assert " dB better (± " in finding(small, AE_TO_VAE, "psnr")
    nothing = "MSE: no difference shown once corrected for all metrics of the pair (+0.2 to +3.0 %)"
    assert finding(small, VAE_TO_BETA, "mse") == nothing
    assert finding(small, VAE_TO_BETA, "ssim").startswith("SSIM: no difference shown (−")
    assert finding(small, AE_TO_VAE, "rate") == f"Rate cannot be compared, as {AE} has no such metric"
    assert re.search(r"(%|nats) lower \(± ", finding(small, VAE_TO_BETA, "rate"))
    assert finding(small, VAE_TO_BETA, "active_units") == "Active units 1 dimension lower"
    assert "worse" in (samples := finding(small, AE_TO_VAE, "frechet")) and " on " not in samples


def test_findings_of_kinds_name_no_images_and_say_how_many_trainings_would_settle_them(small: Any) -> None:
    small["repeats"] = ["", "_r2", "_r3"]
    assert "% of images" not in finding(small, AE_TO_VAE, "mse", seeds=0.001)
    small["repeats"] = ["", "_r2"]
    unsettled = metric(compared(small, seeds=0.08)[AE_TO_VAE], "mse")
    assert words.outcome(unsettled) == "no difference shown" and unsettled.kinds
    assert words.unsettled(unsettled) == f"MSE (about{words.NO_BREAK}{unsettled.kinds.needed})"
    assert words.unsettled(metric(compared(small)[VAE_TO_BETA], "mse")) == "MSE"  # nor would a hundred


def test_no_line_ends_between_a_number_and_its_sign_or_unit(small: Any) -> None:
    said = words.finding(metric(compared(small)[AE_TO_VAE], "mse"))
    assert not re.search(r"± | (%|points|nats|dB)", said) and f"(±{words.NO_BREAK}" in said


def test_amounts_are_in_the_unit_in_which_they_mean_something() -> None:
    def said(key: str, first: float, second: float) -> str:
        comparison = Comparison(metric=key, first=first, second=second, models=None, kinds=None, obstacle="")
        return words.amount(BY_KEY[key], comparison, abs(second - first)).replace(words.NO_BREAK, " ")

    assert said("mse", 0.0223, 0.0243) == "9.0 %"
    assert said("elbo", -123.1, -119.71) == "3.4 nats"
    assert said("coverage", 0.80, 0.85) == "5 points"
    assert said("ssim", 0.80, 0.83) == "0.03"
    assert said("kid", -0.001, 0.003) == "0.004"  # per cent of a number that may be 0 mean nothing


def test_the_stage_writes_a_table_that_can_be_read_and_few_numbers(small: Any, tmp_path: Path) -> None:
    evidence(small).write(tmp_path, verdict_settings(small))
    verdicts.main(tmp_path)
    first = (tmp_path / "verdicts/verdicts.json").read_bytes()
    assert [pair.title for pair in table.read(tmp_path / "verdicts/verdicts.json").pairs] == [AE_TO_VAE, VAE_TO_BETA]
    numbers = json.loads((tmp_path / "reports/verdicts.json").read_text())
    assert 0 < len(numbers) <= 8 and all(isinstance(value, int | float) for value in numbers.values())
    assert numbers["best_mse"] < numbers["mse"] and numbers["best_elbo"] > numbers["elbo"]
    verdicts.main(tmp_path)
    assert (tmp_path / "verdicts/verdicts.json").read_bytes() == first


@pytest.mark.parametrize(
    ("path", "content", "named"),
    [
        (f"evaluation/{AE}/images.safetensors", None, f"evaluation/{AE}/images.safetensors"),
        (f"evaluation/{AE}/images.safetensors", "no tensors", f"evaluation/{AE}/images.safetensors"),
        (f"metrics/{AE}.json", '{"mse": true}', f"metrics/{AE}.json"),
        (f"metrics/{AE}.json", "[]", f"metrics/{AE}.json"),
        (f"logs/cells/{AE}.json", "{}", f"logs/cells/{AE}.json"),
        ("data/images.safetensors", "", "data/images.safetensors"),
        ("settings/verdicts.json", "{}", "settings/verdicts.json"),
        ("settings/verdicts.json", None, "settings/verdicts.json"),
    ],
)
def test_a_missing_or_broken_file_is_named_in_one_line(
    small: Any, tmp_path: Path, path: str, content: str | None, named: str
) -> None:
    evidence(small).write(tmp_path, verdict_settings(small))
    (tmp_path / path).unlink()
    if content is not None:
        (tmp_path / path).write_text(content)
    with pytest.raises(UserError, match=named.replace(".", r"\.")) as refused:
        verdicts.main(tmp_path)
    assert "\n" not in str(refused.value) and not (tmp_path / "verdicts").exists()


def test_a_broken_table_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.json"
    with pytest.raises(UserError, match="no such file"):
        table.read(path)
    path.write_text('{"pairs": [], "combined": {}, "claims": [], "more": 1}')
    with pytest.raises(UserError, match="more: Extra inputs"):
        table.read(path)


def test_how_far_a_training_came_is_read_from_its_log(small: Any) -> None:
    def losses(one: Configuration) -> list[float]:
        return {"AE": [3.0, 1.0, 2.0], "VAE": [3.0, 2.0, 1.0]}.get(one.kin.core, [])

    found = evidence(small, losses=losses)
    beta = AE.replace("AE", "BetaVAE")
    assert [found.convergence(cell) for cell in (AE, VAE, beta)] == ["overfitting", "falling", None]
    assert [found.value(cell, "best_epoch") for cell in (AE, VAE, beta)] == [2.0, 3.0, None]


def test_images_that_were_left_out_leave_their_classes_out(small: Any) -> None:
    found = evidence(small)
    whole = found.sample((AE,), "mse")
    kept = found.images
    found.images = lambda cell: {"mse": kept(cell)["mse"][::4]}  # type: ignore[assignment]
    part = found.sample((AE,), "mse")
    assert whole is not None and part is not None
    assert whole.members.sum(0).tolist() == [40] * 10 and part.members.sum(0).tolist() == [10] * 10


def test_making_a_table_takes_no_torch(small: Any) -> None:
    assert "torch" not in vars(make) and "torch" not in vars(words)
