"""What the explorer gets of a model: layers that compute what torch computes, in as few bits as that allows."""

import json
import math
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from scipy.spatial import KDTree
from sklearn.decomposition import PCA
from torch import nn

from vaeplay import models
from vaeplay.evaluation import encoders, export, field, layers
from vaeplay.evaluation.metrics import holes
from vaeplay.models.parts.likelihoods import BY_NAME

from . import making
from .explorable import CODED, DEEP, HEAVY, PLANE, Model


def parts(tmp_path: Path, content: bytes) -> tuple[dict[str, torch.Tensor], dict[str, object]]:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["explorer"])  # noqa: SIM118


@pytest.mark.parametrize("name", [*models.names(), *(prefix + "VAE" for prefix in models.NETWORKS)])
@pytest.mark.parametrize("likelihood", BY_NAME)
def test_the_layers_are_the_decoder(name: str, likelihood: str) -> None:
    model = making.model(name, likelihood={"name": likelihood}).eval()
    z = model.encode(making.images(5).float() / 255)
    plain, weights = layers.of_decoder(model.decoder, z[:1], model.shape)
    torch.testing.assert_close(layers.run(plain, weights, z), model.decode(z), atol=1e-6, rtol=1e-5)
    json.dumps(plain)


@pytest.mark.parametrize("name", models.names())
@torch.no_grad()
def test_the_layers_are_the_encoder(name: str) -> None:
    model, x = making.model(name).eval().measured(), making.images(5).float() / 255
    plain, weights = layers.of_encoder(model.encoder, x[:1])
    torch.testing.assert_close(layers.run(plain, weights, x), model.encoder(x), atol=1e-6, rtol=1e-5)
    json.dumps(plain)


@pytest.mark.parametrize("name", ["VAE", "ConvVAE"])
@torch.no_grad()
def test_longer_steps_are_fewer_bits_and_farther(name: str) -> None:
    model = making.model(name, depth=2).eval()
    z = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    plain, weights = layers.of_decoder(model.decoder, z[:1], model.shape)
    found = []
    for tolerance in (1e-3, 1e-2, 1e-1):
        kept, share = fitted(plain, weights, model.decode(z), z, tolerance) or pytest.fail("no steps are short enough")
        error = float((layers.run(plain, layers.restored(kept), z) - model.decode(z)).abs().max())
        assert error == pytest.approx(share * tolerance, rel=1e-3) and tolerance / 3 < error <= tolerance
        found.append(layers.bits(kept))
    assert found == sorted(found, reverse=True) and found[-1] < 9


def fitted(
    plain: list[layers.Layer], weights: layers.Tensors, expected: torch.Tensor, z: torch.Tensor, tolerance: float
) -> tuple[layers.Tensors, float] | None:
    def error(floats: layers.Tensors) -> float:
        return float((layers.run(plain, floats, z) - expected).abs().max()) / tolerance

    return layers.fitted(plain, weights, z, error, tolerance)


@torch.no_grad()
def test_rounding_with_feedback_loses_less_than_without() -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(400, 6, generator=generator) @ torch.randn(6, 60, generator=generator)  # correlated, as pixels
    weights = {"0.weight": torch.randn(60, 20, generator=generator), "0.bias": torch.zeros(20)}
    lost = []
    for feedback in ({}, {"0": layers.feedback_of(inputs)}):
        kept = layers.restored(layers.stored(weights, {"0": 0.1}, feedback))["0.weight"]
        lost.append(float((inputs @ (kept - weights["0.weight"])).square().mean()))
    assert lost[1] < 0.25 * lost[0]


@torch.no_grad()
def test_networks_that_differ_from_their_model_stay_out() -> None:
    model = making.model("VAE").eval()
    z = torch.randn(20, 3)
    plain, weights = layers.of_decoder(model.decoder, z[:1], model.shape)
    assert fitted(plain, weights, model.decode(z) + 0.1, z, 0.01) is None


@pytest.mark.parametrize("plan", [PLANE, DEEP, HEAVY, CODED, Model("AE", None, 3, 1)], ids=lambda plan: plan.model)
@torch.no_grad()
def test_an_encoder_is_within_a_hundredth_of_the_codes_deviation(tmp_path: Path, plan: Model) -> None:
    subject = plan.subject()
    content = encoders.export(subject)
    assert content is not None
    tensors, about = parts(tmp_path, content)
    floats = layers.restored({name: value for name, value in tensors.items() if name != "codebook"})
    plain = about["layers"]
    assert isinstance(plain, list)
    found = layers.run(plain, floats, subject.test.images.float() / 255)
    if subject.posteriors is not None:
        mean, logvar = subject.posteriors
        spread = (mean.var(0, correction=0) + logvar.exp().mean(0)).sqrt()
        own, log = found.chunk(2, 1)
        assert ((own - mean) / spread).abs().max() <= 0.01 and (log - logvar).abs().max() <= 0.02
        assert about["gaussian"] and about["rate"]
    elif plan is CODED:
        assert torch.equal(tensors["codebook"], subject.model.codebook())  # type: ignore[arg-type]
        moved = about["moved"]
        assert isinstance(moved, float) and moved <= 0.01
    else:
        assert ((found - subject.codes) / subject.codes.std(0, correction=0)).abs().max() <= 0.01
        assert not about["gaussian"] and not about["rate"]
    assert isinstance(about["bits"], float) and about["bits"] < 12
    assert isinstance(about["error"], float) and 0 < about["error"] <= 0.01


def test_codes_that_are_not_the_nearest_entries_have_no_encoder_in_the_page() -> None:
    subject = Model("VQVAE", None, 3, 1).subject()
    subject.__dict__["codes"] = subject.codes.roll(1, 0)
    assert encoders.export(subject) is None


def test_an_unknown_layer_leaves_the_encoder_out() -> None:
    subject = making.subject("VAE")
    subject.model.encoder = nn.Sequential(*subject.model.encoder.children(), nn.Dropout()).eval()
    assert encoders.export(subject) is None


@pytest.mark.parametrize("module", [nn.Dropout(), nn.Conv2d(1, 1, 3, padding_mode="reflect"), nn.LeakyReLU(0.3)])
def test_a_layer_that_is_not_known_leaves_the_atlas(tmp_path: Path, module: nn.Module) -> None:
    subject = making.subject("VAE")
    subject.model.decoder = nn.Sequential(*subject.model.decoder.children(), module).eval()
    if isinstance(module, nn.Conv2d):
        subject.model.decoder.append(nn.ConstantPad2d(1, 0))
    tensors, about = parts(tmp_path, export.export(subject))
    assert about["layers"] is None and about["error"] is None
    assert {"atlas", "origin", "axes", "points"} <= set(tensors) and "0.weight" not in tensors


def test_equal_models_give_equal_files() -> None:
    assert export.export(making.subject("ConvVAE")) == export.export(making.subject("ConvVAE"))


@pytest.mark.parametrize("name", ["VAE", "WAE"])
def test_a_plane_of_two_dimensions_is_the_priors_exactly(tmp_path: Path, name: str) -> None:
    tensors, _ = parts(tmp_path, export.export(making.subject(name, latent_dim=2)))
    assert torch.equal(tensors["axes"], torch.eye(2))
    assert torch.equal(tensors["origin"], torch.zeros(2))


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_points_are_where_their_codes_are(tmp_path: Path, latent_dim: int) -> None:
    subject = making.subject("AE", latent_dim=latent_dim)
    tensors, _ = parts(tmp_path, export.export(subject))
    back = tensors["origin"] + tensors["points"] @ tensors["axes"]
    lost = (back - subject.codes).square().sum()
    left_over = PCA().fit(subject.codes.double()).explained_variance_[2:].sum() * (len(subject.codes) - 1)
    assert float(lost) == pytest.approx(left_over, rel=1e-3, abs=1e-6)


def test_principal_components_are_scikit_learns_and_turned_to_where_their_largest_weight_is_positive() -> None:
    for way in (1, -1):
        subject = making.subject("VQVAE")
        subject.__dict__["codes"] = way * subject.codes
        reference = PCA(5, svd_solver="full").fit(subject.codes.double())
        found = subject.principal[:5]
        scaled = reference.components_ * reference.explained_variance_[:, None] ** 0.5 * math.sqrt(59 / 60)
        torch.testing.assert_close(found.abs().double(), torch.from_numpy(scaled).abs(), rtol=1e-2, atol=1e-4)
        assert (found.gather(1, found.abs().argmax(1, keepdim=True)) > 0).all()


@pytest.mark.parametrize("quantiser", [{"name": "ema"}, {"name": "fsq", "levels": 4}])
def test_maps_of_codes_are_rows_of_the_entries_in_use(tmp_path: Path, quantiser: dict[str, object]) -> None:
    subject = making.subject("VQVAE", quantiser=quantiser)
    tensors, about = parts(tmp_path, export.export(subject))
    vectors = tensors["codebook"][tensors["maps"].long()].movedim(-1, 1).flatten(1)
    torch.testing.assert_close(vectors, subject.codes)
    used = torch.cat([tensors["maps"], tensors["draws"]]).flatten().long().bincount()
    assert (used > 0).all() and (used.diff() <= 0).all()
    assert about["code"] == [3, 6, 6]


def test_dimensions_stand_in_the_order_of_their_rates(tmp_path: Path) -> None:
    _, about = parts(tmp_path, export.export(Model("VAE", 1.0, 6, 1).subject()))
    dimensions = about["dimensions"]
    assert isinstance(dimensions, list)
    rates = [entry["rate"] for entry in dimensions]
    assert rates == sorted(rates, reverse=True) and len(rates) == 6
    _, coded = parts(tmp_path, export.export(CODED.subject()))
    assert "dimensions" not in coded


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_the_field_is_the_distance_to_the_training_codes_in_their_radii(tmp_path: Path, latent_dim: int) -> None:
    subject = making.subject("VAE", latent_dim=latent_dim)
    tensors, about = parts(tmp_path, export.export(subject))
    known = subject.trained_on[0].double()
    scaled = ((known - known.mean(0)) / known.std(0, correction=0)).numpy()
    radii = KDTree(scaled).query(scaled, k=[holes.NEIGHBOURS + 1])[0][:, 0]
    found = tensors["field"].double() / 255
    for row, column in ((0, 0), (39, 42), (60, 17), (79, 79)):
        shares = torch.tensor([2 * column / (field.SIDE - 1) - 1, 1 - 2 * row / (field.SIDE - 1)]) * field.REACH
        place = (tensors["origin"] + shares @ tensors["axes"]).double()
        query = ((place - known.mean(0)) / known.std(0, correction=0)).numpy()
        radius = (((scaled - query) ** 2).sum(1) ** 0.5 / radii).min().clip(field.NEAREST, field.FARTHEST)
        assert found[row, column] == pytest.approx(math.log(radius / field.NEAREST, 16), abs=0.003)
    assert isinstance(about["field"], dict) and about["likelihood"] == "bernoulli"
    assert ("logvar" in tensors) == (latent_dim == 2)
    assert "field" not in parts(tmp_path, export.export(CODED.subject()))[0]


def test_the_place_in_a_hole_lies_in_one(tmp_path: Path) -> None:
    subject = making.subject("AE", latent_dim=2)
    _, about = parts(tmp_path, export.export(subject))
    known = about["field"]
    assert isinstance(known, dict)
    codes = holes.CodeSupport(subject.trained_on[0])
    empty = codes.outside(subject.sample_codes) & holes.Support(subject.real_train).outside(subject.sample_features)
    origin, deviations = subject.model.prior_moments()
    draws = (subject.sample_codes - origin) / deviations
    if known["hole"] is None:
        assert not empty.any()
    else:
        assert (draws[empty] - torch.tensor(known["hole"])).norm(dim=1).min() < 2e-3
