"""The page shows every pair and every claim in words, and neither section where nothing was compared."""

import re
from pathlib import Path
from typing import Any

import pytest

from stages import verdicts
from tests import fake_workspace
from vaeplay.gallery.read import read
from vaeplay.gallery.render import render
from vaeplay.verdicts.claims import CLAIMS

from .made_up import Effect, MadeUp, verdict_settings

EFFECTS: dict[str, Effect] = {
    "mse": lambda one: {"AE": 0.02, "VAE": 0.022}.get(one.kin.core, 0.022),
    "rate": lambda one: {"VAE": 20.0, "BetaVAE": 15.0}.get(one.kin.core),
}


@pytest.fixture
def asked(values: Any) -> Any:
    dense = values["grid"]["dense"]
    values["grid"] = {"dense": dense}
    return values


def page(root: Path, asked: Any) -> str:
    """The page of a workspace whose cells have been compared."""
    fake_workspace.make(root)
    made = root / "made"
    MadeUp(verdict_settings(asked), EFFECTS, 0.05, 0.001).write(made, verdict_settings(asked))
    verdicts.main(made)
    (root / "verdicts").mkdir()
    (made / "verdicts/verdicts.json").rename(root / "verdicts/verdicts.json")
    return render(read(root))


def test_every_pair_has_a_row_and_every_claim_its_verdict(tmp_path: Path, asked: Any) -> None:
    html = page(tmp_path, asked)
    assert html.count("From AE to VAE at 8 dimensions, depth 2") == 1
    assert "\u00a0% worse (±\u00a0" in html and "Each was trained once" in html
    for claim in CLAIMS:
        assert html.count(f"<dt>{claim.sentence}".replace("'", "&#39;")) == 1, claim.key
    assert "<strong>Holds</strong>" in html and "<strong>Cannot tell</strong>" in html
    assert 'href="#verdicts"' in html and 'href="#claims"' in html


def test_repeated_trainings_speak_of_kinds(tmp_path: Path, asked: Any) -> None:
    asked["repeats"] = ["", "_r2"]
    html = page(tmp_path, asked)
    assert "apply to the kinds of model: they take both runs and images into account" in html
    assert re.search(r"MSE \(about\u00a0\d+\)", html)  # trainings of each that would show a difference


def test_without_a_table_there_is_no_section(tmp_path: Path) -> None:
    fake_workspace.make(tmp_path)
    html = render(read(tmp_path))
    assert 'id="verdicts"' not in html and 'id="claims"' not in html and 'href="#claims"' not in html
