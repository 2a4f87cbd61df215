"""The axes of the grid: a cell's name says where it is, dvc.yaml has every axis of every group, or is refused."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaeplay.errors import UserError
from vaeplay.settings import axes, groups, outputs, params, resolve
from vaeplay.settings.axes import ACTIVATIONS, AXES
from vaeplay.settings.cells import Axes, Cell

from .conftest import ROOT

PARTS = st.sampled_from(["_latent2", "_depth1", "_ReLU", "_r2", "_", "A", "VAE", "7", "_latent2_depth1_ReLU_r2"])
CLASSES = st.lists(PARTS, min_size=1).map("".join).filter(str.isidentifier) | st.from_regex(
    re.compile(r"[A-Za-z_]\w*", re.ASCII), fullmatch=True
)
PLACES = st.builds(
    Axes,
    model=CLASSES,
    latent_dim=st.integers(1, 1024),
    depth=st.integers(1, 8),
    activation=st.sampled_from(ACTIVATIONS),
    repeat=st.just("") | st.integers(1, 9999).map(lambda run: f"_r{run}"),
)


@given(PLACES)
def test_a_name_says_where_its_cell_is_whatever_the_model_is_called(place: Axes) -> None:
    assert Cell.parse(place.name) == place


@given(PLACES, PLACES)
def test_no_two_cells_have_one_name(one: Axes, other: Axes) -> None:
    assert (one.name == other.name) == (one == other)


@given(st.text() | st.lists(PARTS).map("".join))
def test_what_is_parsed_has_the_name_that_was_parsed(name: str) -> None:
    place = Cell.parse(name)
    assert place is None or place.name == name


@pytest.mark.parametrize(
    "name", ["", "x", "AE_latent8_depth1_old", "AE_latent08_depth1_ReLU", "AE_latent2_depth9_ReLU"]
)
def test_other_names_are_no_cells(name: str) -> None:
    assert Cell.parse(name) is None


def test_there_is_a_field_for_each_row() -> None:
    assert list(Axes.model_fields) == [axis.field for axis in AXES]
    assert list(params.Group.model_fields) == [axis.field for axis in AXES if axis.field != axes.REPEAT]


def test_results_belong_to_the_cell_in_their_name() -> None:
    cell = "VAE_latent2_depth1_ReLU"
    assert {outputs.cell_of(Path(name)) for name in (f"codes/{cell}.safetensors", f"evaluation/{cell}")} == {cell}
    for name in (f"{cell}_old.json", f"best_{cell}.json", f"{cell}.txt", f"No{cell}.json", f".{cell}.json.x.1.0.part"):
        assert outputs.cell_of(Path(name)) is None


TEXT = (ROOT / "dvc.yaml").read_text()
GROUPS = list(params.read(ROOT / "params.yaml").grid)


def refused(folder: Path, text: str, *more: str) -> UserError:
    (folder / "dvc.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        groups.check([*GROUPS, *more], folder / "dvc.yaml")
    return caught.value


def test_the_projects_groups_have_their_stages() -> None:
    groups.check(GROUPS, ROOT / "dvc.yaml")


def test_a_group_without_stages_is_refused_and_the_block_mends_it(tmp_path: Path) -> None:
    error = refused(tmp_path, TEXT, "wide")
    assert str(error).startswith("params.yaml: grid.wide: dvc.yaml has no train_wide and no evaluate_wide; paste")
    (tmp_path / "dvc.yaml").write_text(TEXT.replace("  maps:\n", f"{error.block}\n  maps:\n"))
    groups.check([*GROUPS, "wide"], tmp_path / "dvc.yaml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  evaluate_conv:", "  assess_conv:", "params.yaml: grid.conv: dvc.yaml has no evaluate_conv; paste"),
        (
            "      depth: ${grid.vq.depth}\n",
            "",
            "dvc.yaml: train_vq.matrix and evaluate_vq.matrix: not the axes of grid.vq; paste",
        ),
        (
            "grid.vq.depth",
            "grid.conv.depth",
            "dvc.yaml: train_vq.matrix and evaluate_vq.matrix: not the axes of grid.vq; paste",
        ),
        ("_depth${item.depth}", "", "dvc.yaml: train: found settings/${item.model}_latent${item.latent_dim}_${item."),
        (TEXT, "stages: [1]", "params.yaml: grid.dense: dvc.yaml has no train and no evaluate; paste"),
        (TEXT, "stages: [", "dvc.yaml: cannot be read"),
        (TEXT, "", "dvc.yaml: cannot be read"),
        (TEXT, "stages: {train: 1, evaluate: {deps: 3}}", "params.yaml: grid.dense: dvc.yaml has no train; paste"),
    ],
)
def test_stages_that_are_not_the_grids_are_a_line_each(tmp_path: Path, old: str, new: str, said: str) -> None:
    lines = str(refused(tmp_path, TEXT.replace(old, new))).splitlines()
    assert lines[0].startswith(said)
    assert all(line.startswith(("dvc.yaml: ", "params.yaml: grid.")) for line in lines)


def test_a_matrix_that_lacks_an_axis_is_shown_as_it_should_be(tmp_path: Path) -> None:
    line = "      depth: ${grid.vq.depth}\n"
    assert line in refused(tmp_path, TEXT.replace(line, "")).block


def test_without_dvc_yaml_it_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^dvc.yaml: cannot be read \([^\n]+$"):
        groups.check(GROUPS, tmp_path / "dvc.yaml")


def test_a_group_without_models_needs_no_stages(values: Any) -> None:
    values["grid"]["wide"] = values["grid"]["dense"] | {"model": []}
    resolve.check(params.validate(values), ROOT)
