"""A checkpoint is enough by itself, has the same bytes each time, and a file that is none is refused in one line."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from vaeplay import models
from vaeplay.data.prepared import as_float
from vaeplay.errors import UserError
from vaeplay.noise import Noise
from vaeplay.training import checkpoint

from . import making


@pytest.mark.parametrize("name", models.names())
def test_a_loaded_model_is_the_saved_one(tmp_path: Path, name: str) -> None:
    model = making.model(name, seed=3).eval()
    x = as_float(making.images(20))
    model.fit_prior(making.images(20), Noise(0))
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for path in paths:
        checkpoint.save(path, model, making.cell(name, seed=3))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    loaded = checkpoint.load(paths[0])
    assert type(loaded) is type(model)
    assert not loaded.training
    with torch.no_grad():
        assert torch.equal(loaded.reconstruct(x), model.reconstruct(x))
        assert torch.equal(loaded.encode(x), model.encode(x))
        assert torch.equal(loaded.sample(3, Noise(0)), model.sample(3, Noise(0)))


def test_images_of_many_pixels_a_side_can_be_saved_and_loaded(tmp_path: Path) -> None:
    path, shape = tmp_path / "x.safetensors", (1, 2, 5000)
    model = making.model("AE", shape, hidden=1)
    checkpoint.save(path, model, making.cell("AE", hidden=1))
    assert making.same(checkpoint.load(path), model)


def test_loading_leaves_the_callers_random_numbers_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.safetensors"
    checkpoint.save(path, making.model("VAE"), making.cell("VAE"))
    torch.manual_seed(7)
    before = torch.get_rng_state()
    monkeypatch.setattr(torch, "manual_seed", None)  # it would seed every GPU too
    checkpoint.load(path)
    assert torch.equal(torch.get_rng_state(), before)


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        checkpoint.load(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line


def test_files_that_are_no_checkpoint_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    assert "cannot be read" in refused(path)
    path.write_bytes(b"")
    refused(path)
    path.write_bytes(b"\xff" * 100)
    refused(path)
    path.write_text("not a checkpoint")
    refused(path)
    save_file({"a": torch.zeros(2)}, path)
    assert "not a checkpoint of this project" in refused(path)
    save_file({"a": torch.zeros(2)}, path, {"vaeplay": '{"cell": {}, "shape": [1, 2, 3]}'})
    assert "cell.model" in refused(path)


def test_a_truncated_checkpoint_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    checkpoint.save(path, making.model("VAE"), making.cell("VAE"))
    content = path.read_bytes()
    for length in (1, 7, 8, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        refused(path)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("model", "os.system", "unknown model 'os.system'"),
        ("latent_dim", 10**9, "cell.latent_dim"),
        ("latent_dim", 4, "damaged, or of another version"),
        ("settings", {"likelihood": {"name": "bernoulli"}}, "settings for VAE are likelihood; expected likelihood, "),
        ("settings", {"likelihood": {"name": "gaussian"}}, "likelihood: found name; expected name, sigma"),
        ("settings", {"likelihood": "bernoulli"}, "found 'bernoulli'; expected a mapping"),
        ("settings", {"hidden": 0}, "greater than or equal to 1"),
        ("activation", "__class__", "cell.activation"),
    ],
)
def test_settings_inside_are_checked_before_anything_is_built(
    tmp_path: Path, field: str, value: object, said: str
) -> None:
    model = making.model("VAE")
    cell = making.cell("VAE").model_dump(mode="json") | {field: value}
    path = tmp_path / "x.safetensors"
    save_file(dict(model.state_dict()), path, {"vaeplay": json.dumps({"cell": cell, "shape": list(model.shape)})})
    assert said in refused(path)
