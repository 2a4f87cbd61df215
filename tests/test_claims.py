"""The ledger of claims, judged on made-up results of every outcome."""

import copy
import re
from dataclasses import replace
from typing import Any

import pytest

from vaeplay.evaluation.registry import BY_KEY as METRICS
from vaeplay.verdicts import ledger
from vaeplay.verdicts.claims import BEST_EPOCH, BY_KEY, CLAIMS, Claim, Convergence
from vaeplay.verdicts.judge import judge
from vaeplay.verdicts.pairs import Configuration, VerdictSettings
from vaeplay.verdicts.table import Judged, Verdict
from vaeplay.verdicts.words import NO_BREAK

from .made_up import GRID, Effect, MadeUp, all_pairs, verdict_settings

BASE = 2.0
"""What the first of each pair has of every metric."""

AGAINST = {"no_gaussian_suffices": 0.0}
"""Claims that hold a metric against nothing."""


@pytest.fixture
def grid(values: Any) -> Any:
    """A grid with a pair for every claim."""
    values["grid"] = copy.deepcopy(GRID)
    values["grid"]["dense"]["model"] = ["AE", "VAE", "BetaVAE", "IWAE"]
    return values


def second_of(claim: Claim, asked: VerdictSettings) -> set[str]:
    return {pair.second.name for pair in all_pairs(asked) if claim.about(pair)}


def made_up(claim: Claim, asked: VerdictSettings, size: float, noise: float = 0.001, **options: Any) -> MadeUp:
    """Results in which the second of each pair is `size` thresholds from the first, in the claim's direction."""
    sign = -1 if claim.direction == "lower" else 1
    step = sign * size * claim.least * (BASE if claim.relative else 1)
    pairs = [pair for pair in all_pairs(asked) if claim.about(pair)]
    alone = pairs[0].change == "none"
    levels = {pair.first.name: 0 for pair in pairs}
    for _ in pairs:  # along chains: from 2 to 8 to 16 dimensions
        levels |= {pair.second.name: levels.get(pair.first.name, 0) + 1 for pair in pairs if not alone}

    def effect(one: Configuration) -> float | None:
        if alone:
            return (AGAINST.get(claim.key, BASE)) + step
        return BASE + step * levels[one.name] if one.name in levels else None

    effects: dict[str, Effect] = {claim.metric: effect}
    if claim.against:
        effects[claim.against] = lambda one: BASE
    bare = (claim.metric,) if claim.metric in METRICS and METRICS[claim.metric].digits == 0 else ()
    return MadeUp(asked, effects, noise, bare=bare, **options)


def judged(claim: Claim, grid: Any, size: float, noise: float = 0.001, **options: Any) -> Judged:
    asked = verdict_settings(grid)
    return judge(claim, all_pairs(asked), made_up(claim, asked, size, noise, **options))


def registered(claim: Claim) -> bool:
    return all(key in METRICS or key == BEST_EPOCH for key in (claim.metric, claim.against) if key)


STANDING = [
    claim for claim in CLAIMS if registered(claim) and claim.metric != BEST_EPOCH and claim.direction != "equal"
]
COUNTS = [claim for claim in STANDING if METRICS[claim.metric].digits == 0]


@pytest.mark.parametrize("claim", STANDING, ids=lambda claim: claim.key)
def test_a_claim_holds_fails_or_stays_open(claim: Claim, grid: Any) -> None:
    borne_out = judged(claim, grid, 3)
    assert (borne_out.verdict, borne_out.of) == ("holds", "models")
    assert {piece.second for piece in borne_out.evidence} == second_of(claim, verdict_settings(grid))
    assert all(piece.low <= piece.effect <= piece.high for piece in borne_out.evidence)
    assert judged(claim, grid, -3).verdict == "fails"  # the other way round
    assert judged(claim, grid, 0.1).verdict == "fails"  # the right way, and too little of it
    if claim not in COUNTS:  # which are exact
        assert judged(claim, grid, 1, 0.1).verdict == "cannot tell"
    grid["grid"] = {"vq": grid["grid"]["vq"] | {"depth": [2]}}
    nothing = judge(claim, all_pairs(verdict_settings(grid)), MadeUp(verdict_settings(grid), {}))
    assert nothing.verdict == "no such pair in this grid" and not nothing.evidence


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.key)
def test_a_claim_whose_metric_is_missing_says_so(claim: Claim, grid: Any) -> None:
    asked = verdict_settings(grid)
    unknown = judge(claim, all_pairs(asked), MadeUp(asked, {}, losses=lambda one: []))
    if claim.key == "linear_ae_is_pca":
        assert unknown.verdict == "no such pair in this grid"
    else:
        metric = METRICS[claim.metric].label if claim.metric in METRICS else "best epoch"
        assert unknown.verdict == "cannot tell" and metric in str(unknown.obstacle)


def test_a_claim_is_judged_of_kinds_where_every_pair_has_repeats(grid: Any) -> None:
    claim = BY_KEY["vae_reconstructs_worse"]
    grid["repeats"] = ["", "_r2", "_r3"]
    assert judged(claim, grid, 5).of == "kinds"
    sure, unsure = judged(claim, grid, 5, seeds=0.002), judged(claim, grid, 5, seeds=0.1)
    assert (sure.verdict, unsure.verdict) == ("holds", "cannot tell")
    assert "about these trained models" in ledger.basis(judged(claim, grid | {"repeats": [""]}, 5))
    assert ledger.basis(sure) == "This is about the kinds of model, from at least 3 trainings of each."


@pytest.mark.parametrize("claim", COUNTS, ids=lambda claim: claim.key)
def test_counts_are_exact_for_trained_models_and_open_for_kinds(claim: Claim, grid: Any) -> None:
    once = judged(claim, grid, 1)
    assert once.verdict == "holds" and all(piece.low == piece.high for piece in once.evidence)
    grid["repeats"] = ["", "_r2"]
    assert judged(claim, grid, 1, seeds=0.5).verdict == "cannot tell"


def test_one_pair_contradicts_a_claim_and_is_named(grid: Any) -> None:
    claim = BY_KEY["convolutions_help"]
    asked = verdict_settings(grid)
    found = made_up(claim, asked, 3)
    usual = found.effects["mse"]
    found.effects["mse"] = lambda one: BASE * 1.2 if one.name == "ConvVAE_latent2_depth2_ReLU" else usual(one)
    against = judge(claim, all_pairs(asked), found)
    assert against.verdict == "fails"
    assert ledger.tally(against) == "5 of 6 pairs, fails in 1"
    assert (
        ledger.prediction(claim) == f"the convolutional model's MSE is at least 2{NO_BREAK}% lower than the dense one's"
    )
    weakest = ledger.least_favourable(against)
    assert (weakest.first, weakest.second) == ("VAE_latent2_depth2_ReLU", "ConvVAE_latent2_depth2_ReLU")
    measured = ledger.measured(claim, weakest).replace(NO_BREAK, " ")
    assert re.fullmatch(r"\+[12]\d\.\d % \(\+1\d\.\d to \+2\d\.\d %\)", measured), measured


def test_a_pair_counts_against_a_claim_only_where_the_claim_fails(grid: Any) -> None:
    """The verdict is the more cautious of the two: it corrects for the number of pairs."""
    claim = BY_KEY["vae_is_blurrier"]
    against = judged(claim, grid, -3)
    pairs = len(against.evidence)
    assert ledger.tally(against) == f"0 of {pairs} pairs, fails in {pairs}"
    undecided = against.model_copy(update={"verdict": "cannot tell"})
    assert ledger.tally(undecided) == f"0 of {pairs} pairs, too close to the threshold in {pairs}"


def test_one_model_measured_in_two_ways_is_called_no_pair(grid: Any) -> None:
    found = judged(BY_KEY["mixture_beats_prior"], grid, 3)
    assert ledger.tally(found) == f"{len(found.evidence)} of {len(found.evidence)} models"
    gap = ledger.prediction(BY_KEY["no_gaussian_suffices"]).replace(NO_BREAK, " ")
    assert gap == "the approximation gap is at least 0.1 nats"


def test_the_least_favourable_pair_is_one_that_is_not_as_claimed(grid: Any) -> None:
    """An uncertain pair with a large effect speaks less for a claim than a sure one with a smaller effect."""
    found = judged(BY_KEY["convolutions_help"], grid, 3)
    uncertain = found.evidence[0].model_copy(update={"effect": 0.9, "low": -0.1, "high": 1.9})
    doubtful = found.model_copy(update={"verdict": "cannot tell", "evidence": (*found.evidence[1:], uncertain)})
    assert ledger.least_favourable(doubtful) == uncertain
    assert ledger.least_favourable(found) == min(found.evidence, key=lambda piece: piece.effect)


def test_a_ledger_is_summed_up_in_words() -> None:
    assert ledger.summary(["holds", "fails", "holds", "cannot tell"]) == "2 hold, 1 fails, 1 is undecided"
    none: list[Verdict] = ["no such pair in this grid"] * 3
    assert ledger.summary([*none, "fails", "fails"]) == "2 fail, 3 have no pair in this grid"


def test_an_ae_overfits_sooner_only_where_one_has_stopped_to_improve(grid: Any) -> None:
    claim, asked = BY_KEY["ae_overfits_sooner"], verdict_settings(grid)

    def verdict(ae: int, vae: int) -> Judged:
        best = {"AE": ae, "VAE": vae}
        found = MadeUp(
            asked, {}, losses=lambda one: [abs(epoch - best.get(one.kin.core, 9)) + 1.0 for epoch in range(1, 11)]
        )
        return judge(claim, all_pairs(asked), found)

    assert verdict(5, 10).verdict == "holds"
    assert verdict(10, 5).verdict == "fails"
    assert verdict(7, 7).verdict == "fails"
    both_falling = verdict(10, 10)
    assert both_falling.verdict == "cannot tell" and "no training overfits" in str(both_falling.obstacle)
    pair = next(pair for pair in all_pairs(asked) if claim.about(pair))
    ends: dict[str, Convergence] = {pair.first.cells[0]: "best", pair.second.cells[0]: "falling"}
    assert claim.unless(ends.get, pair) is not None
    assert claim.unless((ends | {pair.first.cells[0]: "overfitting"}).get, pair) is None


def test_equality_is_shown_by_an_interval_that_leaves_no_room(grid: Any) -> None:
    claim = replace(BY_KEY["vae_reconstructs_worse"], direction="equal")
    for size, noise, verdict in (
        (0.1, 0.001, "holds"),
        (3, 0.001, "fails"),
        (-3, 0.001, "fails"),
        (0.9, 0.3, "cannot tell"),
    ):
        assert judged(claim, grid, size, noise).verdict == verdict, (size, noise)


def test_beta_up_means_the_higher_beta_whichever_model_has_it(grid: Any) -> None:
    claim = BY_KEY["beta_lowers_rate"]
    grid["beta"] = 0.5
    assert {piece.first.split("_")[0] for piece in judged(claim, grid, 3).evidence} == {"BetaVAE", "ConvBetaVAE"}
    grid["beta"] = 1
    asked = verdict_settings(grid)
    assert judge(claim, all_pairs(asked), MadeUp(asked, {})).verdict == "no such pair in this grid"


def test_every_claim_has_a_sentence_a_source_and_a_prediction() -> None:
    for claim in CLAIMS:
        assert claim.sentence.endswith(".") and claim.source and claim.least > 0
        said = ledger.prediction(claim)
        assert re.search(r"(at least|no more than) \d", said), claim.key
        words = {"higher": ("higher", "later", "more"), "lower": ("lower",), "equal": ("differs",)}[claim.direction]
        assert claim.against == "" or any(word in said for word in words), claim.key
    assert len(BY_KEY) == len(CLAIMS) and 15 <= len(CLAIMS) <= 20
