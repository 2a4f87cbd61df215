"""A prefix gives any dense model other networks: by name alone, and in one place."""

from typing import Any

import pytest
import torch

from vaeplay import models
from vaeplay.data.prepared import as_float
from vaeplay.errors import UserError
from vaeplay.models.conv_vae import ConvVAE
from vaeplay.models.parts.nets import conv_decoder, conv_encoder
from vaeplay.models.parts.residual import Residual as Block
from vaeplay.models.wae import WAE
from vaeplay.noise import Noise
from vaeplay.settings import params, resolve
from vaeplay.training import checkpoint

from . import making
from .conftest import ROOT

DENSE = [name for name in models.names() if "hidden" in models.uses(name)]


def layers(network: torch.nn.Module) -> list[type]:
    return [type(layer) for layer in network.children()]


@pytest.mark.parametrize("prefix", models.NETWORKS)
@pytest.mark.parametrize("name", DENSE)
def test_every_dense_model_has_every_network(prefix: str, name: str) -> None:
    composed = prefix + name
    assert models.known(composed)
    assert "hidden" not in models.uses(composed)
    assert models.kin(composed).core == name
    assert models.kin(composed).parent == models.kin(name).parent
    model = making.model(composed)
    assert isinstance(model, models.find(name))
    loss = model.loss(as_float(making.images(4)), 0, Noise(0))
    assert loss.total.isfinite().all()
    assert layers(model.encoder) != layers(making.model(name).encoder)


@pytest.mark.parametrize("name", [name for name in models.names() if models.kin(name).quantised])
def test_every_model_of_maps_has_residual_networks(name: str) -> None:
    model: Any = making.model("Res" + name)
    assert models.kin("Res" + name).network == "residual"
    assert model.encode(as_float(making.images(4))).shape == (4, *model.code_shape)
    assert any(isinstance(layer, Block) for layer in model.encoder)


def test_a_composed_model_is_the_model_with_those_networks_and_no_other_difference() -> None:
    model: Any = making.model("ConvWAE")
    assert isinstance(model, WAE)
    assert layers(model.encoder) == layers(conv_encoder(making.SHAPE, 3, 1, "ReLU", channels=4))
    assert layers(model.decoder) == layers(conv_decoder(making.SHAPE, 3, 1, "ReLU", channels=4))
    assert models.find("ConvWAE") is models.find("ConvWAE")
    assert models.uses("ConvWAE") == ("likelihood", "channels", "mmd_weight")


def test_a_model_that_is_written_stands_before_a_composed_one() -> None:
    assert models.find("ConvVAE") is ConvVAE
    assert models.uses("ConvBetaVAE") == ("likelihood", "schedule", "channels", "beta")


@pytest.mark.parametrize(
    "name", ["ConvVQVAE", "ResConvVAE", "ConvConvVAE", "ConvWEA", "Conv", "Autoencoder", "Convolutional", ""]
)
def test_what_cannot_be_composed_is_no_model(name: str) -> None:
    assert not models.known(name)
    with pytest.raises(UserError, match="no model is called"):
        models.find(name)


def test_a_composed_models_cell_depends_on_its_model_and_on_its_networks() -> None:
    values = params.read(ROOT / "params.yaml").model_dump(mode="json")
    values["grid"]["conv"]["model"] = ["ConvWAE"]
    resolved = resolve.resolve(params.validate(values), ROOT)
    sources = resolved["ConvWAE_latent8_depth2_ReLU"]["sources"]
    assert {"vaeplay/models/wae.py", "vaeplay/models/convolutional.py"} <= set(sources)
    assert resolved["verdicts"]["models"]["ConvWAE"]["network"] == "convolutional"


def test_a_composed_model_comes_back_from_its_file(tmp_path: Any) -> None:
    cell = making.cell("ConvWAE", train={"epochs": 1})
    model, _ = making.train(cell)
    checkpoint.save(tmp_path / "model.safetensors", model, cell)
    assert making.same(model, checkpoint.load(tmp_path / "model.safetensors"))
