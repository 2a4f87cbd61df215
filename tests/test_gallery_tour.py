"""The tour: what its stations say follows the ledger of claims, whatever came of a run."""

import dataclasses
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from stages import verdicts
from tests import fake_workspace
from tests.fake_workspace import Plan
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.read import read
from vaeplay.gallery.render import render
from vaeplay.gallery.tour import data as tour
from vaeplay.gallery.tour import links
from vaeplay.gallery.tour.stations import STATIONS, Station
from vaeplay.gallery.trained import Curve, History
from vaeplay.verdicts.claims import BY_KEY, Claim
from vaeplay.verdicts.ledger import prediction
from vaeplay.verdicts.table import Judged, Piece, Table, Verdict

from .made_up import Effect, MadeUp, verdict_settings

AE, VAE, BETA = (f"{model}_latent8_depth1_ReLU" for model in ("AE", "VAE", "BetaVAE"))
VERDICTS: tuple[Verdict, ...] = ("holds", "fails", "cannot tell")
PLANS = [Plan(model, beta, 8, 1) for model, beta in (("AE", None), ("VAE", 1.0), ("BetaVAE", 2.0))]


def piece(claim: Claim, verdict: str, names: tuple[str, str] = (AE, VAE)) -> Piece:
    """A pair whose interval is beyond the claim's threshold, short of it, or on both sides."""
    low, high = {"holds": (2, 4), "fails": (-4, -2), "cannot tell": (0, 3)}[verdict]
    ends = {"low": low * claim.least, "effect": (low + high) / 2 * claim.least, "high": high * claim.least}
    return Piece(first=names[0], second=names[1], values=(0.5, 0.4), trainings=(1, 1), **ends)


def judged(key: str, verdict: Verdict, *pieces: Piece) -> Judged:
    return Judged(claim=key, verdict=verdict, of="models" if pieces else None, evidence=pieces, obstacle=None)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A page without verdicts."""
    root = tmp_path_factory.mktemp("tour")
    fake_workspace.make(root, PLANS)
    return read(root)


def ledger(page: Page, *claims: Judged) -> Page:
    return dataclasses.replace(page, verdicts=Table(pairs=(), combined={}, claims=claims))


def section(page: Page) -> str:
    html = render(page)
    return html[html.index('<section id="tour"') : html.index("</section>", html.index('<section id="tour"'))]


def text(html: str) -> str:
    """The words of some HTML."""
    for sign, letter in (("&#39;", "'"), ("&gt;", ">"), ("&amp;", "&")):
        html = html.replace(sign, letter)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def claimed(claim: Claim) -> str:
    return " ".join(prediction(claim).split())


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("station", STATIONS, ids=lambda station: station.key)
def test_a_station_says_what_its_claim_came_to_and_nothing_else(bare: Page, station: Station, verdict: Verdict) -> None:
    claim = BY_KEY[station.claim]
    said = judged(station.claim, verdict, piece(claim, verdict), piece(claim, "holds", (AE, BETA)))
    html = section(ledger(bare, said))
    words = text(html)
    count = {"holds": "in 2 of 2", "fails": "in 1 of 2", "cannot tell": "in 1 of 2"}[verdict]
    rest = {"holds": "", "fails": ", fails in 1", "cannot tell": ", too close to the threshold in 1"}[verdict]
    start = "Holds" if verdict == "holds" else f"{verdict.capitalize()} : holds"
    assert f"{claim.sentence} {start} {count} pairs{rest}. Claimed: {claimed(claim)}." in words
    assert f"The claim: {claimed(claim)}, in every one of them." in words
    assert f'data-verdict="{verdict}"' in html and f'class="verdict {verdict.replace(" ", "-")}"' in html
    assert station.after[verdict] in words
    assert not [other for other in VERDICTS if other != verdict and station.after[other] in words]
    assert "this is about these trained models, not about the kinds of model" in words
    assert f"This run has 2 {station.noun}s, each {station.each}." in words


@pytest.mark.parametrize("station", STATIONS, ids=lambda station: station.key)
def test_each_prediction_is_right_for_one_verdict(bare: Page, station: Station) -> None:
    html = section(ledger(bare, judged(station.claim, "holds", piece(BY_KEY[station.claim], "holds"))))
    values = re.findall(r'type="radio" name="tour-[a-z]+" value="([a-z-]+)"', html)
    assert values == [verdict.replace(" ", "-") for verdict in VERDICTS]
    assert set(VERDICTS) == set(get_args(Verdict)) - {tour.ABSENT}
    assert set(station.after) == set(VERDICTS)
    assert station.also in {*BY_KEY, ""}


def test_the_texts_that_do_not_follow_the_verdict_name_none() -> None:
    for station in STATIONS:
        fixed = " ".join((station.title, station.tells, station.asks, station.each, station.why, station.formula))
        assert not re.search(r"\b(holds?|fails?|here|this run)\b", fixed, re.IGNORECASE), station.key
        assert station.asks.endswith("?") and station.key in links.LINKS


def test_what_the_grid_has_no_pair_for_is_left_out_and_named(bare: Page) -> None:
    some = [judged(item.claim, "holds", piece(BY_KEY[item.claim], "holds")) for item in STATIONS[:3]]
    html = section(ledger(bare, *some, judged(STATIONS[3].claim, "no such pair in this grid")))
    assert html.count("<article") == 3 and "Start: 3 questions on this run" in html
    left_out = " ".join(item.title for item in STATIONS[3:])
    assert f"Left out, since this grid has no suitable pair: {left_out}" in text(html)


@pytest.mark.parametrize("overfits", [True, False])
def test_overfitting_is_shown_where_a_training_overfits(bare: Page, overfits: bool) -> None:
    def trained(cell: Cell, rise: float) -> Cell:
        curve = Curve("total", (100.0, 90.0, 80.0), (100.0, 95.0, 95.0 + rise))
        state = "overfitting" if rise else "best"
        return dataclasses.replace(cell, history=History((1, 2, 3), (), (), (curve,), state, 2))

    cells = [trained(cell, place * overfits) for place, cell in enumerate(bare.cells)]
    claim = BY_KEY["ae_overfits_sooner"]
    page = dataclasses.replace(bare, cells=tuple(cells))
    html = section(ledger(page, judged(claim.key, "holds", piece(claim, "holds"))))
    most = cells[-1].label
    told = f"{most} overfits most: after epoch 2 its validation loss rises from 95.0 to 97.0 nats per image, and its"
    assert (told in text(html)) == overfits
    assert (f'aria-label="Total loss of {most}"' in html) == overfits
    assert ("No training of this run overfits" in html) != overfits


def test_the_other_side_of_a_trade_is_told_beside_it(bare: Page) -> None:
    rate, distortion = BY_KEY["beta_lowers_rate"], BY_KEY["beta_raises_distortion"]
    html = section(
        ledger(
            bare,
            judged(rate.key, "holds", piece(rate, "holds", (VAE, BETA))),
            judged(distortion.key, "fails", piece(distortion, "fails", (VAE, BETA))),
        )
    )
    words = text(html)
    assert f"{rate.sentence} Holds in 1 of 1 pair. Claimed:" in words and f"The claim: {claimed(rate)}." in words
    assert f"{distortion.sentence} Fails : holds in 0 of 1 pair, fails in 1. Claimed: {claimed(distortion)}." in words
    assert html.count("<article") == 1 and 'data-verdict="holds"' in html


def test_a_claim_that_could_not_be_judged_says_why(bare: Page) -> None:
    reason = "the loss of both was still falling at the end: train longer"
    html = section(
        ledger(bare, Judged(claim="ae_overfits_sooner", verdict="cannot tell", of=None, evidence=(), obstacle=reason))
    )
    assert f"Cannot tell : {reason}." in text(html)
    assert "This run has" not in text(html) and "Yes, in all pairs:" in text(html)
    assert "No training of this run overfits" in text(html)


def test_without_verdicts_there_is_neither_tour_nor_worksheet(bare: Page) -> None:
    html = render(bare)
    assert 'id="tour"' not in html and 'href="#tour"' not in html and 'value="worksheet"' not in html
    full = render(ledger(bare, judged("vae_is_blurrier", "holds", piece(BY_KEY["vae_is_blurrier"], "holds"))))
    assert 'href="#tour"' in full and 'value="worksheet"' in full
    assert full.index('id="answer"') < full.index('id="tour"') < full.index('id="compare"')


EFFECTS: tuple[dict[str, Effect], ...] = (
    {"mse": lambda one: {"AE": 0.02, "VAE": 0.03}.get(one.kin.core, 0.022)},
    {"mse": lambda one: {"AE": 0.03, "VAE": 0.02}.get(one.kin.core, 0.022)},
    {"mse": lambda one: {"AE": 0.02, "VAE": 0.0204}.get(one.kin.core, 0.022)},
)


@pytest.mark.parametrize(("effects", "verdict"), [*zip(EFFECTS, VERDICTS, strict=True)])
def test_made_up_results_are_told_as_they_are_judged(
    tmp_path: Path, values: Any, bare: Page, effects: dict[str, Effect], verdict: Verdict
) -> None:
    values["grid"] = {"dense": values["grid"]["dense"] | {"latent_dim": [8], "depth": [1]}}
    asked = verdict_settings(values)
    MadeUp(asked, effects, 0.05, 0.001).write(tmp_path, asked)
    verdicts.main(tmp_path)
    table = Table.model_validate_json((tmp_path / "verdicts/verdicts.json").read_bytes())
    shown = text(section(dataclasses.replace(bare, verdicts=table)))
    assert f"{BY_KEY['vae_reconstructs_worse'].sentence} {verdict.capitalize()}" in shown
    assert STATIONS[0].after[verdict] in shown
