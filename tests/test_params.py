"""Every mistake in params.yaml is one line that names the key, what was found, what is allowed, the nearest name."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from ruamel.yaml import YAML

from vaeplay import models
from vaeplay.errors import UserError
from vaeplay.models.parts.likelihoods import BY_NAME
from vaeplay.settings import params
from vaeplay.torch_startup import compiler_left_out

from .conftest import ROOT


def change(values: Any, key: str, value: Any) -> Any:
    *path, last = key.split(".")
    node = values
    for part in path:
        node = node[part]
    node[last] = value
    return values


def refused(values: Any) -> str:
    with pytest.raises(UserError) as caught:
        params.validate(values)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (
            "grid.dense.latent_dim",
            [2, "two"],
            "grid.dense.latent_dim[1]: found 'two'; allowed: a whole number from 1 to",
        ),
        (
            "grid.dense.latent_dim",
            [2, 2],
            "grid.dense.latent_dim: found [2, 2]; allowed: each value once; 2 is there twice",
        ),
        ("grid.dense.latent_dim", [], "grid.dense.latent_dim: empty; allowed: a list, one or more of: a whole number"),
        ("grid.dense.latent_dim", 2, "grid.dense.latent_dim: found 2; allowed: a list, one or more of: a whole number"),
        ("grid.dense.latent_dim", [0], "grid.dense.latent_dim[0]: found 0; allowed: a whole number from 1 to"),
        ("grid.dense.depth", [True], "grid.dense.depth[0]: found True; allowed: a whole number from 0 to 8"),
        ("grid.conv.depth", [0], "grid.conv.depth: found 0; allowed: 1 or more, as a convolutional model halves"),
        ("grid.dense.activation", ["Relu"], "grid.dense.activation[0]: found 'Relu'; allowed: ReLU, LeakyReLU"),
        ("grid.dense.activation", ["Relu"], "did you mean ReLU?"),
        ("grid.dense.model", ["VEA"], "grid.dense.model[0]: found 'VEA'; allowed: AAE, "),
        ("grid.dense.model", ["VEA"], "did you mean VAE?"),
        ("grid.dense.model", ["Autoencoder"], "grid.dense.model[0]: found 'Autoencoder'; allowed: AAE, "),
        ("grid", {}, "grid: empty; allowed: a mapping of groups"),
        ("grid", None, "grid: found None; allowed: a mapping of groups"),
        ("beta", -1, "beta: found -1; allowed: a number from 0 to 1e+06"),
        ("beta", "4", "beta: found '4'; allowed: a number"),
        ("beta", float("nan"), "beta: found nan; allowed: a number"),
        ("betta", 4, "betta: unknown key; allowed here: seed, beta, "),
        ("betta", 4, "did you mean beta?"),
        ("batchsize", 64, "batchsize: unknown key"),
        (
            "train.batchsize",
            64,
            "train.batchsize: unknown key; allowed here: epochs, batch_size, optimiser, lr, ",
        ),
        ("train.lr", "fast", "train.lr: found 'fast'; allowed: a number above 0 to 10"),
        ("train", [1], "train: found [1]; allowed: a mapping with the keys epochs, batch_size, "),
        (
            "data.name",
            "mnits",
            "data.name: found 'mnits'; allowed: binarized_mnist, celeba, cifar10, digits, dsprites, ",
        ),
        ("data.name", "mnits", "did you mean mnist?"),
        ("data.path", None, "data.path: found None; allowed: a path"),
        ("data.path", "", "data.path: found ''; allowed: a path"),
        ("data.size", 1, "data.size: found 1; allowed: a whole number from 2 to 1024 or null"),
        ("data.size", "32", "data.size: found '32'; allowed: a whole number from 2 to 1024 or null"),
        ("data.size", 2, "grid.conv.depth: found 2; allowed: up to 1, as images of 2×2 can be halved"),
        ("models.quantiser.name", "fsq", "grid.vq.latent_dim: found 16; allowed: up to 6, as fsq with 5 levels makes"),
        ("models.quantiser.name", "fsq", "or fewer models.quantiser.levels (of VQVAE_latent16_depth3_ReLU)"),
        ("data.channels", 2, "data.channels: found 2; allowed: 1, 3 or null"),
        ("data.limit", 0, "data.limit: found 0; allowed: a whole number from 3 to"),
        ("data.on_error", "ignore", "data.on_error: found 'ignore'; allowed: fail, skip"),
        ("data.white", 0, "data.white: found 0; allowed: a number above 0 to 4.29497e+09 or null"),
        ("train.epochs", 10_000, " without a picture; raise them, or train less"),
        ("data.test", 0.95, "data.validation and data.test: found 0.1 and 0.95; allowed: shares with a sum below 1"),
        ("seed", 2**40, "seed: found 1099511627776; allowed: a whole number from 0"),
        ("device", "gpu", "device: found 'gpu'; allowed: auto, cpu, cuda, mps"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(values: Any, key: str, value: Any, said: str) -> None:
    line = refused(change(values, key, value))
    assert line.startswith("params.yaml: ")
    assert said in line
    assert "\n" not in line


def test_every_group_empty_is_refused_and_one_empty_group_is_left_out(values: Any) -> None:
    values["grid"]["more"] = {**values["grid"]["dense"], "model": []}
    assert len(list(params.validate(values).cells())) == len(list(params.read(ROOT / "params.yaml").cells()))
    for group in values["grid"].values():
        group["model"] = []
    assert "grid: every group's `model` is empty" in refused(values)


def test_two_groups_may_not_make_the_same_cell(values: Any) -> None:
    values["grid"]["more"] = {**values["grid"]["dense"], "model": ["VAE"]}
    assert "two groups make the cell VAE_latent2_depth1_ReLU" in refused(values)


def test_several_mistakes_are_a_line_each(values: Any) -> None:
    values["beta"] = -1
    del values["train"]["lr"]
    values["train"]["ler"] = 1
    lines = refused(values).splitlines()
    assert len(lines) == 3
    assert any("train.lr: missing; allowed: a number above 0 to 10; is it spelt ler?" in line for line in lines)


@pytest.mark.parametrize(
    "text", ["lr: [1", "a: 1\na: 2", "\t- x", "", "just text", "[1, 2]", "a: &a [*a]", "\x00", "!!python/x 1"]
)
def test_a_file_that_is_not_settings_is_refused_in_one_line_each(tmp_path: Path, text: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        params.read(file)
    assert all("params.yaml: " in line for line in str(caught.value).splitlines())


@pytest.mark.parametrize("written", ["1e-05", "1.0e-5", "1e-5", "0.00001"])
def test_numbers_are_read_as_yaml_1_2_has_them(tmp_path: Path, written: str) -> None:
    text = (ROOT / "params.yaml").read_text()
    file = tmp_path / "params.yaml"
    file.write_text(re.sub(r"(?m)^  lr: \S+", f"  lr: {written}", text))
    assert params.read(file).train.lr == 1e-5


def test_what_is_read_cannot_be_changed() -> None:
    read = params.read(ROOT / "params.yaml")
    with pytest.raises(ValidationError):
        read.train.lr = 1.0  # type: ignore[misc]


def test_the_default_grid_is_the_promised_one() -> None:
    names = [cell.name for cell in params.read(ROOT / "params.yaml").cells()]
    sizes = [f"latent{latent}_depth{depth}" for latent in (2, 8) for depth in (1, 2)]
    pairs = [(model, size) for model in ("AE", "VAE") for size in sizes]
    pairs += [("BetaVAE", size) for size in sizes[2:]]
    assert names[:10] == [f"{model}_{size}_ReLU" for model, size in pairs]


def test_a_cell_holds_what_its_model_uses_and_nothing_else(values: Any) -> None:
    values["beta"] = 7
    by_model = {cell.model: cell.settings for cell in params.validate(values).cells()}
    assert by_model["BetaVAE"]["beta"] == 7
    assert "beta" not in by_model["VAE"] | by_model["AE"]


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
def test_whatever_stands_at_a_key_gives_settings_or_lines(data: st.DataObject) -> None:
    values = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    node, key = values, data.draw(st.sampled_from(sorted(values)))
    while isinstance(node[key], dict) and data.draw(st.booleans()):
        node = node[key]
        key = data.draw(st.sampled_from(sorted(node)))
    node[key] = data.draw(yaml_values)
    try:
        params.validate(values)
    except UserError as error:
        assert all(line.startswith("params.yaml: ") for line in str(error).splitlines())


def size(most: int) -> st.SearchStrategy[list[int]]:
    return st.integers(1, most).map(lambda value: [value])


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_cell_that_is_accepted_can_be_built(data: st.DataObject) -> None:
    """On the device that holds shapes alone, so that the largest fit too."""
    draw = data.draw
    values = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    group = {
        "latent_dim": draw(size(1024) | size(20)),
        "depth": draw(size(8) | size(3) | st.just([0])),
        "activation": ["ReLU"],
    }
    values["grid"] = {"one": {"model": [draw(st.sampled_from(models.names()))], **group}}
    values["data"] |= {"size": draw(st.none() | st.integers(2, 1024) | st.integers(2, 40)), "channels": 1}
    ways = values["models"]
    ways |= {"hidden": draw(st.integers(1, 65536)), "channels": draw(st.integers(1, 4096))}
    ways["quantiser"] |= {
        "name": draw(st.sampled_from(["ema", "gradient", "fsq"])),
        "codes": draw(st.integers(2, 65536)),
        "levels": draw(st.integers(2, 256)),
    }
    ways["likelihood"]["name"] = draw(st.sampled_from(list(BY_NAME)))
    ways["density"] |= {"name": draw(st.sampled_from(["gaussian", "mixture"])), "components": draw(st.integers(1, 9))}
    try:
        read = params.validate(values)
    except UserError as error:
        said = str(error)
        assert (
            said.startswith("params.yaml: grid.one.")
            and ("allowed: up to" in said or "allowed: 1 or more" in said)
            and "\n" not in said
        )
        return
    (cell,), shape = read.cells(), read.data.shape()
    assert shape is not None
    with torch.device("meta"), compiler_left_out():
        models.find(cell.model)(shape, cell.latent_dim, cell.depth, cell.activation, **cell.settings)
