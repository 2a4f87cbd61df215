"""The maps of codes: they keep what they promise, are repeatable, and only what has changed is made again."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from vaeplay.errors import UserError
from vaeplay.maps import projections
from vaeplay.maps.update import update, widest_first
from vaeplay.rows import evenly

OPTIONS: dict[str, Any] = {"perplexity": 30.0, "neighbours": 15, "min_dist": 0.1}


@pytest.fixture(scope="module")
def groups() -> NDArray[np.float64]:
    """Four tight groups of 40 codes in five dimensions."""
    generator = np.random.default_rng(0)
    return np.repeat(generator.normal(size=(4, 5)) * 4, 40, axis=0) + generator.normal(size=(160, 5)) * 0.3


@pytest.fixture(scope="module")
def found(groups: NDArray[np.float64]) -> dict[str, dict[str, Any]]:
    return projections.maps(groups, 0, **OPTIONS)


def test_every_map_keeps_groups_apart_and_is_to_be_trusted(found: dict[str, dict[str, Any]]) -> None:
    assert set(found) == {"pca", "tsne", "umap"}
    for name, one in found.items():
        assert np.shape(one["points"]) == (160, 2)
        assert silhouette_score(one["points"], np.repeat(range(4), 40)) > 0.5, name
        assert 0.8 < one["trustworthiness"] <= 1, name


def test_a_map_is_the_same_each_time(groups: NDArray[np.float64], found: dict[str, dict[str, Any]]) -> None:
    assert json.dumps(projections.maps(groups, 0, **OPTIONS)) == json.dumps(found)


def test_pca_is_scikit_learns_up_to_its_signs(groups: NDArray[np.float64]) -> None:
    ours, reference = projections.pca(groups, 3), PCA(3).fit_transform(groups)
    np.testing.assert_allclose(np.abs(ours), np.abs(reference), atol=1e-9)
    np.testing.assert_allclose(projections.pca(-groups, 3), -ours, atol=1e-9)


def test_a_random_map_is_not_to_be_trusted(groups: NDArray[np.float64]) -> None:
    points = np.random.default_rng(1).normal(size=(160, 2))
    assert projections.trustworthiness(groups, points) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("width", [1, 2])
def test_a_code_of_two_numbers_or_one_is_its_own_map(width: int) -> None:
    codes = np.random.default_rng(0).normal(size=(30, width)).astype(np.float32)
    (name,) = found = projections.maps(codes, 0, **OPTIONS)
    assert name == "latent"
    np.testing.assert_allclose(np.array(found[name]["points"])[:, :width], codes, atol=1e-3)
    assert found[name]["trustworthiness"] == 1


@pytest.mark.parametrize("codes", [np.ones((50, 4)), np.eye(3, 4), np.zeros((1, 4))])
def test_codes_that_are_equal_or_few_have_a_map_of_finite_points(codes: NDArray[np.float64]) -> None:
    found = projections.maps(codes, 0, **OPTIONS)
    assert set(found) == {"pca"}
    assert np.isfinite(found["pca"]["points"]).all()


def test_points_keep_four_significant_decimals_of_the_widest() -> None:
    assert projections.rounded(np.array([[123.456, -0.04], [0.123, 0.0]])) == [[123.5, 0.0], [0.1, 0.0]]
    assert projections.rounded(np.array([[0.00123456, 0.0]])) == [[0.001235, 0.0]]


def test_rows_are_spread_over_all_images_each_once() -> None:
    assert evenly(5, 10).tolist() == [0, 1, 2, 3, 4]
    rows = evenly(1000, 100)
    assert len(set(rows.tolist())) == 100
    assert (rows[0], rows[-1]) == (0, 999)
    assert np.bincount(rows // 100).tolist() == [10] * 10


def settings(cells: list[str], **changes: Any) -> dict[str, Any]:
    return {"seed": 0, "maps": {"points": 20, **OPTIONS} | changes, "cells": cells, "sources": {}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAEPLAY_CACHE", str(tmp_path / "cache"))
    (tmp_path / "codes").mkdir()
    for seed, name in enumerate(("a", "b")):
        codes = np.random.default_rng(seed).normal(size=(50, 2)).astype(np.float32)
        save_file({"codes": codes}, tmp_path / f"codes/{name}.safetensors")
    return tmp_path


def updated(folder: Path, settings: dict[str, Any]) -> set[str]:
    """Bring the maps up to date: the cells that were projected."""
    cache = folder / "cache/maps"
    before = {path: path.stat().st_ino for path in cache.glob("*")}
    update(folder / "codes", folder / "maps", settings)
    made = {path.read_bytes() for path in cache.iterdir() if before.get(path) != path.stat().st_ino}
    return {path.stem for path in (folder / "maps").iterdir() if path.read_bytes() in made}


def test_only_what_has_changed_is_projected_again(folder: Path) -> None:
    assert updated(folder, settings(["a"])) == {"a"}
    shutil.rmtree(folder / "maps")  # as DVC does before a stage runs
    assert updated(folder, settings(["a", "b"])) == {"b"}
    shutil.rmtree(folder / "maps")
    assert updated(folder, settings(["a", "b"])) == set()
    assert {path.stem for path in (folder / "maps").iterdir()} == {"a", "b"}
    save_file({"codes": np.ones((50, 2), np.float32)}, folder / "codes/a.safetensors")
    assert updated(folder, settings(["a", "b"])) == {"a"}
    assert updated(folder, settings(["a", "b"], points=10)) == {"a", "b"}


def test_a_damaged_cache_is_made_again_and_one_that_cannot_be_written_is_done_without(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    updated(folder, settings(["a"]))
    (whole,) = (folder / "cache/maps").iterdir()
    whole.write_text("{")
    assert updated(folder, settings(["a"])) == {"a"}
    (folder / "no folder").touch()
    monkeypatch.setenv("VAEPLAY_CACHE", str(folder / "no folder"))
    update(folder / "codes", folder / "maps", settings(["b"]))
    assert (folder / "maps/b.json").is_file()


def test_codes_that_need_no_projection_come_last(tmp_path: Path) -> None:
    widths = {"a": 2, "b": 8, "c": 1, "d": 64}
    for name, width in widths.items():
        save_file({"codes": np.zeros((30, width), np.float32)}, tmp_path / f"{name}.safetensors")
    assert widest_first(list(widths), tmp_path) == ["d", "b", "a", "c"]


def test_rows_index_the_test_split(folder: Path) -> None:
    updated(folder, settings(["a"]))
    written = json.loads((folder / "maps/a.json").read_text())
    codes = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    assert len(written["rows"]) == 20
    np.testing.assert_allclose(written["methods"]["latent"]["points"], codes[written["rows"]], atol=1e-3)


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (None, "no such file"),
        (b"no codes", "not a cell's codes"),
        (np.full((9, 2), np.nan, np.float32), "NaN or infinite"),
    ],
)
def test_codes_that_are_none_are_one_line_that_names_the_file(folder: Path, codes: Any, said: str) -> None:
    path = folder / "codes/a.safetensors"
    path.unlink()
    if isinstance(codes, bytes):
        path.write_bytes(codes)
    elif codes is not None:
        save_file({"codes": codes}, path)
    with pytest.raises(UserError, match=rf"a\.safetensors: .*{said}") as error:
        updated(folder, settings(["a", "b"]))
    assert "\n" not in str(error.value)
