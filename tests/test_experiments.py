"""Experiments side by side: what is read of DVC's answer, which cells stand where, and a page no name can enter."""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save as to_bytes

from tests.fake_workspace import HOSTILE
from vaeplay import cli
from vaeplay.data import drawing
from vaeplay.errors import UserError
from vaeplay.experiments import page
from vaeplay.gallery.experiments import steps, sweep
from vaeplay.gallery.experiments.sweep import IMAGES
from vaeplay.gallery.plane.drawing import Plane, plane
from vaeplay.gallery.views import view


def state(
    name: str, beta: float, cells: dict[str, dict[str, float]], images: str = "digits", **more: Any
) -> dict[str, Any]:
    """One state of a workspace, as DVC 3.67 describes it."""
    data = {
        "params": {"params.yaml": {"data": {"beta": beta, "train": {"epochs": 3}}}},
        "metrics": {"reports/verdicts.json": {"data": {"mse": 0.9}}},
        "outs": {
            f"metrics/{cell}.json": {"hash": json.dumps(metrics), "nfiles": None} for cell, metrics in cells.items()
        }
        | {IMAGES: {"hash": images}},
    }
    return {"rev": f"{name}0123456789", "name": name, "data": data, "error": None, "experiments": None} | more


def content(md5: str) -> bytes | None:
    """The fake MD5 of a file is what it holds; of a folder that is `FOLDERS`, which has files of bytes."""
    return FOLDERS[md5] if md5 in FOLDERS else md5.encode() if md5.startswith(("{", "[")) else None


FOLDERS: dict[str, bytes] = {}


def folder(**contents: bytes) -> dict[str, str]:
    """The output that a folder of these files is."""
    md5 = f"{len(FOLDERS)}.dir"
    FOLDERS[md5] = json.dumps([{"md5": f"{md5}/{name}", "relpath": name} for name in contents]).encode()
    FOLDERS.update({f"{md5}/{name}": value for name, value in contents.items()})
    return {"hash": md5}


def metrics(rate: float, distortion: float) -> dict[str, float]:
    return {"rate": rate, "distortion": distortion, "elbo": -rate - distortion}


def answer(text: str = "") -> list[dict[str, Any]]:
    """A workspace, and a commit with three experiments: one finished, one queued, one failed."""
    same = {"VAE_latent2_depth1_ReLU": metrics(9, 90)}
    runs = [
        {"revs": [state(f"four{text}", 4, same | {"BetaVAE_latent2_depth1_ReLU": metrics(4, 100)})], "executor": None},
        {"revs": [state("later", 8, {})], "executor": {"state": "queued"}},
        {"revs": [state("bad", 9, {}, data=None, error={"type": "Error", "msg": f"no file{text}"})], "executor": None},
    ]
    own = same | {"BetaVAE_latent2_depth1_ReLU": metrics(6, 95)}
    return [state("workspace", 2, own), state("main", 2, {}, experiments=runs)]


def read(value: list[dict[str, Any]]) -> sweep.Sweep:
    return sweep.read(json.dumps(value), content)


def drawn(found: sweep.Sweep) -> Plane | None:
    return plane(view(found.largest.page))


def html(found: sweep.Sweep) -> str:
    return page.html(found, "Experiments", page.LEAD)


def test_each_experiment_has_what_it_changed_and_its_own_cells() -> None:
    found = read(answer())
    assert [item.name for item in found.experiments] == ["workspace", "main", "four", "later", "bad"]
    assert [[setting.value for setting in item.changed] for item in found.experiments] == [[2], [2], [4], [8], []]
    assert [len(item.cells) for item in found.experiments] == [2, 0, 1, 0, 0]  # the VAE's metrics stand once
    assert [item.state for item in found.experiments] == ["", "", "", "queued", "failed: no file"]
    assert [cell.beta for cell in found.cells] == [None, 2, 4]


def test_a_sweep_over_beta_is_one_line_from_the_vae_on() -> None:
    drawing = drawn(read(answer()))
    assert drawing is not None and len(drawing.sweeps) == 1
    assert drawing.sweeps[0].path.count("L") == 2


def test_experiments_that_differ_in_something_else_are_no_sweep() -> None:
    name = "BetaVAE_latent2_depth1_ReLU"
    states = [state(f"b{rate}", 2, {name: metrics(rate, 90 + rate)}) for rate in (1, 2, 4)]
    drawing = drawn(read(states))
    assert drawing is not None and drawing.sweeps == ()  # the same β each time
    for place, entry in enumerate(states):
        entry["data"]["params"]["params.yaml"]["data"] = {"beta": place + 1, "train": {"lr": 10.0**-place}}
    drawing = drawn(read(states))
    assert drawing is not None and drawing.sweeps == ()  # another learning rate beside another β


def test_repeated_trainings_have_a_curve_each() -> None:
    names = [f"BetaVAE_latent2_depth1_ReLU{repeat}" for repeat in ("", "_r2")]
    states = [state(f"b{beta}", beta, {name: metrics(8 / beta, 90 + beta) for name in names}) for beta in (1, 2, 4)]
    drawing = drawn(read(states))
    assert drawing is not None and [sweep.path.count("L") for sweep in drawing.sweeps] == [2, 2]


def test_no_name_enters_the_page() -> None:
    text = html(read(answer(HOSTILE)))
    assert "<img" not in text and text.count("<script>") == 1
    assert "default-src &#39;none&#39;" in text
    assert text == html(read(answer(HOSTILE)))


def test_the_command_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(page, "dvc", lambda *words: json.dumps(answer()) if words[0] == "exp" else "cache")
    monkeypatch.setattr(page, "cached", lambda cache, md5: content(md5))
    assert page.main(argparse.Namespace(revisions=[])) == 0
    assert capsys.readouterr().out == "reports/experiments.html: 3 experiments, 3 cells\n"
    assert (tmp_path / "reports/experiments.html").is_file()


def test_from_a_subfolder_the_page_goes_where_it_always_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for name in (".dvc", "docs"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    monkeypatch.setattr(page, "dvc", lambda *words: json.dumps(answer()) if words[0] == "exp" else "cache")
    monkeypatch.setattr(page, "cached", lambda cache, md5: content(md5))
    assert cli.main(["experiments"]) == 0
    assert capsys.readouterr().err == f"in {tmp_path}:\n"
    assert [path.name for path in tmp_path.rglob("*.html")] == ["experiments.html"]
    assert (tmp_path / "reports/experiments.html").is_file()


@pytest.mark.parametrize("value", [[{"rev": 3}], [{"rev": "a", "data": []}], [{"rev": "a", "experiments": 5}], {}])
def test_an_answer_of_another_kind_is_one_line(value: Any) -> None:
    with pytest.raises(UserError, match=r"^dvc exp show: [^\n]+$"):
        read(value)


def test_a_folder_that_dvc_refuses_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^dvc exp show failed: [^\n]+$"):
        page.dvc("exp", "show", "--json")


def test_results_come_from_dvc_s_cache_as_far_as_they_are_there(tmp_path: Path) -> None:
    kept = tmp_path / "files/md5/01/23"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"mse": 0.02, "elbo": null}')
    assert page.cached(tmp_path, "0123") == kept.read_bytes()
    assert page.cached(tmp_path, "0124") is None


def test_metrics_that_are_none_are_one_line() -> None:
    broken = answer()
    broken[0]["data"]["outs"]["metrics/VAE_latent2_depth1_ReLU.json"] = {"hash": "[]"}
    with pytest.raises(UserError, match=r"^metrics/VAE_latent2_depth1_ReLU.json: [^\n]+$"):
        read(broken)


def test_experiments_on_other_data_stand_apart_and_are_ranked_apart() -> None:
    name, other = "BetaVAE_latent2_depth1_ReLU", "VAE_latent2_depth1_ReLU"
    own = {name: metrics(6, 95), other: metrics(5, 90)}
    easy = {name: metrics(1, 20), other: metrics(2, 10)}
    found = read([state("workspace", 2, own), state("easy", 2, easy, images="faces")])
    assert [[item.name for item in group.experiments] for group in found.groups] == [["workspace"], ["easy"]]
    best = [
        sorted(next(column.best for column in view(group.page).columns if column.metric.key == "elbo"))
        for group in found.groups
    ]
    assert best == [[f"workspace/{other}"], [f"easy/{other}"]]
    assert "not ranked against each other" in html(found)


def versions(name: str = "VAE_latent2_depth1_ReLU", gain: float = 0.1) -> list[dict[str, Any]]:
    """A workspace and an experiment whose VAE has on each of 1,000 images about this much more distortion."""
    values = np.random.default_rng(0).normal(90, 20, 1000)
    noise = np.random.default_rng(1).normal(gain, 0.2, 1000)
    made = []
    for title, shift in (("workspace", np.zeros(1000)), ("longer", noise)):
        one = state(title, 2, {name: metrics(9, float((values + shift).mean()))})
        details = {"intervals": {"distortion": [88.7, 91.3]}, "counts": {"distortion": 1000}}
        images = to_bytes({"distortion": (values + shift).astype(np.float32)})
        one["data"]["outs"][f"evaluation/{name}"] = folder(
            **{"images.safetensors": images, "details.json": json.dumps(details).encode(), "prior.png": picture()}
        )
        made.append(one)
    return made


def picture() -> bytes:
    return drawing.sheet(np.zeros((2, 3, 1, 4, 4)))


def test_versions_of_a_cell_are_held_against_each_other_image_by_image() -> None:
    found = read(versions())
    [chain] = steps.chains(view(found.largest.page), found.values)
    assert chain.names == ("workspace", "longer")
    difference = chain.steps[0].differences["distortion"]
    assert difference.value == pytest.approx(0.1, abs=0.02)
    assert difference.half == pytest.approx(1.96 * 0.2 / 1000**0.5, rel=0.1)  # of the values alone it would be 1.8
    assert difference.better is False
    assert chain.steps[0].differences["rate"].half is None  # nothing is kept of it
    text = html(found)
    assert text.count("<img ") == 2 and text.count('class="loss"') == 2 and text.count("Prior samples of") == 2


def test_along_a_sweep_each_beta_is_held_against_the_one_before() -> None:
    name = "BetaVAE_latent2_depth1_ReLU"
    states = [state(f"b{beta}", beta, {name: metrics(8 / beta, 90 + beta)}) for beta in (4, 2, 8)]
    found = read(states)
    [chain] = steps.chains(view(found.largest.page), found.values)
    assert [(step.before, step.after) for step in chain.steps] == [("β = 2", "β = 4"), ("β = 4", "β = 8")]
    assert [step.differences["rate"].value for step in chain.steps] == [-2, -1]


def test_only_the_experiments_asked_for_are_shown() -> None:
    found = sweep.read(json.dumps(answer()), content, only=("workspace", "four"))
    assert [item.name for item in found.experiments] == ["workspace", "four"]
