"""What `import vaeplay` offers: a model in NumPy and torch alike, the workspace's images and cells."""

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import TensorDataset

import vaeplay
from vaeplay.classifier import training as classifier_training
from vaeplay.data.prepared import as_float
from vaeplay.errors import UserError
from vaeplay.noise import Noise
from vaeplay.python import explorer
from vaeplay.python.model import Model
from vaeplay.training import checkpoint

from . import making
from .conftest import ROOT

SHAPE = (1, 8, 8)


@pytest.fixture(params=["AE", "VAE", "VQVAE"])
def model(request: pytest.FixtureRequest) -> Model:
    network = making.model(request.param)
    network.fit_prior(making.images(20), Noise(0))
    return Model(network)


def batch(model: Model, count: int = 3) -> torch.Tensor:
    return as_float(making.images(count, model.shape))


def test_importing_it_loads_nothing_heavy_and_dir_lists_what_it_offers() -> None:
    code = "import sys, vaeplay; print(*dir(vaeplay)); print('torch' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    names, heavy = done.stdout.splitlines()
    assert set(vaeplay.NAMES) <= set(names.split())
    assert heavy == "False False"
    assert all(inspect.getdoc(getattr(vaeplay, name)) for name in vaeplay.NAMES)
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        vaeplay.lode  # noqa: B018


def test_numpy_and_torch_give_the_same_and_come_back_as_they_were(model: Model) -> None:
    x = batch(model)
    for verb in (model.encode, model.reconstruct, model):
        as_torch, as_numpy = verb(x), verb(x.numpy())
        assert isinstance(as_torch, torch.Tensor) and not as_torch.requires_grad
        assert isinstance(as_numpy, np.ndarray) and np.array_equal(as_numpy, as_torch.numpy())
    with torch.no_grad():
        assert torch.equal(model(x), model.network.reconstruct(x))
    assert torch.equal(model.decode(model.encode(x)), model(x))


def test_images_may_be_bytes_doubles_or_one_alone(model: Model) -> None:
    pixels = making.images(3, model.shape)
    assert torch.equal(model(pixels), model(as_float(pixels)))
    assert torch.allclose(model(as_float(pixels).double()), model(pixels))
    assert torch.allclose(model(pixels[0]), model(pixels)[:1], atol=1e-6)


def test_samples_are_those_of_a_seed(model: Model) -> None:
    assert model.sample().shape == (10, *model.shape)
    assert torch.equal(model.sample(4, seed=1), model.sample(4, seed=1))
    assert not torch.equal(model.sample(4, seed=1), model.sample(4, seed=2))
    assert torch.equal(model.sample(4), model.network.sample(4, Noise(0)).detach())


def test_a_walk_begins_and_ends_at_the_reconstructions(model: Model) -> None:
    x = batch(model, 2)
    walk = model.interpolate(x[0], x[1], steps=5)
    assert walk.shape == (5, *model.shape)
    assert torch.allclose(walk[[0, -1]], model(x), atol=1e-5)
    assert isinstance(model.interpolate(x[0].numpy(), x[1].numpy()), np.ndarray)


@pytest.mark.parametrize("x", [np.zeros((3, 28)), np.zeros((0, *SHAPE)), torch.zeros(2, 2, 2, 2), "digits", None])
def test_another_shape_is_one_line_that_names_both(model: Model, x: Any) -> None:
    with pytest.raises(UserError, match=r"^found .*; expected [^\n]*$"):
        model.encode(x)


def test_a_walk_between_batches_is_one_line(model: Model) -> None:
    with pytest.raises(UserError, match="found 2 and 1 images"):
        model.interpolate(batch(model, 2), batch(model, 1))


def test_a_notebook_shows_its_samples(model: Model) -> None:
    shown = model._repr_html_()
    assert shown.startswith("<code>&lt;") and "data:image/png;base64," in shown


def test_a_notebook_shows_a_models_explorer_where_there_can_be_one(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = torch.get_rng_state()
    shown = model._repr_html_()
    assert shown.count("<iframe ") == 1 and shown == model._repr_html_()
    assert torch.equal(torch.get_rng_state(), state)
    assert 40_000 < len(shown) < 150_000
    for name in ("WEIGHTS", "BYTES"):
        with monkeypatch.context() as patch:
            patch.setattr(explorer, name, 100)
            assert "<iframe " not in model._repr_html_()
    model.network.decoder = nn.Sequential(*model.network.decoder.children(), nn.Dropout()).eval()
    assert "<iframe " not in model._repr_html_()


def test_a_workspaces_cells_and_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = making.cell("VAE")
    network = making.model("VAE")
    checkpoint.save(tmp_path / f"checkpoints/{cell.name}.safetensors", network, cell)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")  # as a notebook
    assert vaeplay.cells() == [cell.name]
    assert making.same(vaeplay.load(cell.name).network, network)
    with pytest.raises(UserError, match=r"^VAEE: no such cell.*; `vaeplay.cells"):
        vaeplay.load("VAEE")
    with pytest.raises(UserError, match=r"^tets: no such split; .*; did you mean test\?"):
        vaeplay.images("tets")
    with pytest.raises(UserError, match=r"data/images.safetensors: not a prepared data set"):
        vaeplay.images()
    pixels, labels = making.images(5), torch.arange(5)
    (tmp_path / "data").mkdir()
    save_file({"test_images": pixels, "test_labels": labels}, tmp_path / "data/images.safetensors")
    x, found = vaeplay.images("test")
    assert torch.equal(x, as_float(pixels)) and torch.equal(found, labels)


SETTINGS: dict[str, Any] = {
    "latent_dim": 3, "depth": 1, "hidden": 32, "threads": 1, "device": "cpu", "epochs": 2, "schedule": "constant",
} | making.CONSTANT  # fmt: skip


def test_fit_trains_the_bits_of_a_cell() -> None:
    images, validation = making.images(70), making.images(20, seed=1)
    expected, _ = making.train(making.cell("BetaVAE", beta=3.0, train={"epochs": 2}))
    fitted = vaeplay.fit(images, "BetaVAE", beta=3.0, validation=validation, **SETTINGS)
    assert making.same(fitted.network, expected)


def test_fit_hands_labels_to_a_model_that_is_trained_with_them() -> None:
    labels = torch.arange(40) % 2
    one, other = (vaeplay.fit((making.images(40), each), "ConditionalVAE", **SETTINGS) for each in (labels, 1 - labels))
    assert not making.same(one.network, other.network)
    with pytest.raises(UserError, match=r"^ConditionalVAE: the images have 1 class; "):
        vaeplay.fit(making.images(40), "ConditionalVAE", **SETTINGS)


def test_fit_takes_floats_arrays_data_sets_and_folders(tmp_path: Path) -> None:
    pixels = making.images(40)
    one = vaeplay.fit(pixels, **SETTINGS).network
    alone = pixels[:, 0].float().div(255)
    labelled = TensorDataset(pixels.float().div(255), torch.zeros(40))
    for source in (pixels.numpy(), alone, labelled):
        assert making.same(vaeplay.fit(source, **SETTINGS).network, one)
    making.photographs(tmp_path, 12)
    assert vaeplay.fit(tmp_path, "ConvVAE", size=16, channels=2, **SETTINGS | {"epochs": 1}).shape == (3, 16, 16)


@pytest.mark.parametrize(
    ("source", "settings", "said"),
    [
        (making.images(9), {"epoch": 3}, "vaeplay.fit: epoch: no such setting; did you mean epochs?"),
        (making.images(9), {"epochs": 0}, "vaeplay.fit: train.epochs: found 0; "),
        (making.images(9), {"model": "VEA"}, "vaeplay.fit: .*VAE"),
        (making.images(9), {"likelihood": "normal"}, "vaeplay.fit: models.likelihood.name: found 'normal'; "),
        (np.zeros((9, 5)), {}, r"found images of shape \(9, 5\); expected \(N, height, width\)"),
        (np.full((9, 8, 8), 2.0), {}, "found pixels from 2 to 2; expected uint8, or floats in 0…1"),
        (making.images(1), {}, "validation: found 0.1 of 1 images; "),
    ],
)
def test_what_cannot_be_fitted_is_one_line(source: Any, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=f"^{said}"):
        vaeplay.fit(source, **SETTINGS | settings)


def test_a_fitted_model_is_evaluated_by_a_classifier_of_its_own_images(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = torch.arange(70) % 3
    fitted = vaeplay.fit((making.images(70), labels), "VAE", **SETTINGS)
    trained = Mock(wraps=classifier_training.train)
    monkeypatch.setattr(classifier_training, "train", trained)
    state = torch.get_rng_state()
    found = vaeplay.evaluate(fitted, (making.images(40, seed=2), torch.arange(40) % 3))
    assert torch.equal(torch.get_rng_state(), state)
    assert {"mse", "elbo", "frechet", "trip", "knn_accuracy", "class_entropy", "pca_mse"} <= set(found)
    assert all(found[key].low <= found[key].value <= found[key].high for key in ("mse", "elbo", "frechet"))
    x = as_float(making.images(40, seed=2))
    assert found["mse"].value == pytest.approx(float((fitted(x) - x).square().mean()), rel=1e-5)
    assert json.loads(json.dumps(found.plain()))["mse"]["count"] == 40
    text, html = repr(found), found._repr_html_()
    assert max(map(len, text.splitlines())) <= 100 and "&lt;VAE: " in html
    for words in ("Reconstruction", "Fréchet distance", "95 % interval", " … "):
        assert words in text and words in html
    unlabelled = vaeplay.evaluate(fitted, making.images(40, seed=2))
    assert unlabelled["mse"].value == found["mse"].value
    assert set(found) - set(unlabelled) >= {"knn_accuracy", "class_entropy", "neighbour_consistency"}
    assert trained.call_count == 1


def test_a_model_of_unknown_origin_is_evaluated_with_its_training_images(model: Model) -> None:
    test = making.images(30, model.shape, seed=1)
    with pytest.raises(UserError, match=r"^evaluate: .* are not known; give them as train=…$"):
        vaeplay.evaluate(model, test)
    found = vaeplay.evaluate(model, test, train=making.images(60, model.shape))
    assert found["mse"].count == 30 and "frechet" in found and "knn_accuracy" not in found
    with pytest.raises(UserError, match=r"^evaluate: found images of \[1, 5, 5\]; expected "):
        vaeplay.evaluate(model, making.images(30, (1, 5, 5)), train=test)
    model.network.failed = "loss is nan"
    with pytest.raises(UserError, match=r"^evaluate: this model's training diverged \(loss is nan\)"):
        vaeplay.evaluate(model, test, train=test)


def test_labels_have_to_be_the_images() -> None:
    with pytest.raises(UserError, match=r"^found labels of shape \(8,\); expected \(9,\)"):
        vaeplay.fit((making.images(9), torch.zeros(8, dtype=torch.int64)), **SETTINGS)
    fitted = vaeplay.fit((making.images(40), torch.arange(40) % 2), **SETTINGS)
    with pytest.raises(UserError, match=r"^evaluate: found label 2; the training images have 2 classes"):
        vaeplay.evaluate(fitted, (making.images(9), torch.arange(9) % 3))
