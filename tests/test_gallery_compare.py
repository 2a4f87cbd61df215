"""The comparison of two cells: what it opens on, how metrics are grouped, and what goes to the script."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from stages import verdicts
from tests import fake_workspace
from vaeplay.gallery.answer.pairs import chosen
from vaeplay.gallery.compare import pairs
from vaeplay.gallery.page import Page
from vaeplay.gallery.read import read
from vaeplay.gallery.render import render
from vaeplay.verdicts import words

from .made_up import Effect, MadeUp, verdict_settings

EFFECTS: dict[str, Effect] = {
    "mse": lambda one: {"AE": 0.02, "VAE": 0.03}.get(one.kin.core, 0.03),
    "rate": lambda one: {"VAE": 20.0, "BetaVAE": 15.0}.get(one.kin.core),
}
AE, VAE, BETA = (f"{model}_latent8_depth2_ReLU" for model in ("AE", "VAE", "BetaVAE"))


def compared(root: Path, values: Any) -> Page:
    values["grid"] = {"dense": values["grid"]["dense"]}
    fake_workspace.make(root)
    asked = verdict_settings(values)
    MadeUp(asked, EFFECTS, 0.002, 0.001).write(root / "made", asked)
    verdicts.main(root / "made")
    (root / "verdicts").mkdir()
    (root / "made/verdicts/verdicts.json").rename(root / "verdicts/verdicts.json")
    return read(root)


@pytest.fixture
def page(tmp_path: Path, values: Any) -> Page:
    return compared(tmp_path, values)


def shown(page: Page, first: str, second: str) -> pairs.Shown:
    cells = {cell.name: cell for cell in page.cells}
    return pairs.comparison(page, cells[first], cells[second])


def test_it_opens_on_the_pair_of_the_first_answer(page: Page) -> None:
    opening, (answer, *_) = pairs.default(page), chosen(page)
    assert opening == (answer.first, answer.second)
    assert [cell.name for cell in opening] == [AE.replace("depth2", "depth1"), VAE.replace("depth2", "depth1")]
    without = dataclasses.replace(page, cells=tuple(cell for cell in page.cells if cell.model == "AE"))
    alike = pairs.default(without)  # no answer compares two AEs
    assert alike and {cell.model for cell in alike} == {"AE"}
    assert pairs.default(dataclasses.replace(page, cells=page.cells[:1])) is None
    alone = dataclasses.replace(page, cells=page.cells[:1])
    assert 'id="compare"' not in render(alone)


def test_metrics_stand_in_the_group_of_their_outcome(page: Page) -> None:
    found = shown(page, AE, VAE)
    groups = {group.title: [line.metric.key for line in group.lines] for group in found.groups}
    assert "mse" in groups["Worse"] and "rate" in groups["Cannot be compared"]
    obstacle = next(line.difference for group in found.groups for line in group.lines if line.metric.key == "rate")
    assert obstacle == "AE, latent 8, depth 2 has no such metric"
    difference = next(line.difference for group in found.groups for line in group.lines if line.metric.key == "mse")
    assert difference.startswith("+0.0") and " to +" in difference
    assert found.note.startswith(words.ONCE)


def test_cells_that_differ_in_two_things_are_shown_without_a_verdict(page: Page) -> None:
    found = shown(page, AE, BETA)
    assert found.note == pairs.UNPAIRED
    assert [group.title for group in found.groups] == [""]
    assert all(line.difference == "" for group in found.groups for line in group.lines)


def test_every_comparison_goes_to_the_script_in_few_bytes(page: Page) -> None:
    assert page.verdicts is not None
    packed = pairs.packed(page, pairs.default(page))
    assert [pair[:2] for pair in packed["pairs"]] == [[pair.first, pair.second] for pair in page.verdicts.pairs]
    for pair, found in zip(page.verdicts.pairs, packed["pairs"], strict=True):
        outcomes = {packed["metrics"][line[0]]: packed["outcomes"][line[1]] for line in found[3]}
        assert outcomes == {item.metric: words.outcome(item) for item in pair.comparisons}
    lines = sum(len(pair.comparisons) for pair in page.verdicts.pairs)
    made = [pair[3] for pair in packed["pairs"]]
    assert len(json.dumps(made, separators=(",", ":"))) < 40 * lines


def test_repeated_trainings_are_compared_by_their_means(tmp_path: Path, values: Any) -> None:
    values["repeats"] = ["", "_r2"]
    page = compared(tmp_path, values)
    pair = next(pair for pair in pairs.packed(page, None)["pairs"] if pair[0] == AE and pair[1] == VAE)
    assert pair[2].startswith("Means over 2 and 2 trainings.")
    assert any(len(line) == 7 for line in pair[3])
