"""`vaeplay export`: what ONNX Runtime makes of an exported model, and a folder for the Hub that loads again."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import yaml

import vaeplay
from vaeplay import cli
from vaeplay.noise import Noise
from vaeplay.python import export
from vaeplay.python.model import Model
from vaeplay.training import checkpoint

from . import fake_workspace, making

NAME = "VAE_latent8_depth2_ReLU"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up workspace whose VAE can be loaded."""
    root = tmp_path / "workspace"
    (root / ".dvc").mkdir(parents=True)
    fake_workspace.make(root)
    cell = making.cell("VAE", latent_dim=8, depth=2)
    checkpoint.save(root / f"checkpoints/{NAME}.safetensors", making.model("VAE", latent_dim=8, depth=2), cell)
    monkeypatch.chdir(root)
    return root


def said(capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 0) -> list[str]:
    assert cli.main(["export", *map(str, words)]) == code
    printed = capsys.readouterr()
    return (printed.err if code else printed.out).splitlines()


@pytest.mark.parametrize("name", ["VAE", "ConvVAE", "VQVAE"])
def test_onnx_runtime_gives_what_torch_gives_for_any_number_of_images(name: str, tmp_path: Path) -> None:
    network = making.model(name)
    network.fit_prior(making.images(20), Noise(0))
    model = Model(network)
    encoder, decoder = export.onnx(model, tmp_path / "out.onnx")
    assert (encoder.name, decoder.name) == ("out.encoder.onnx", "out.decoder.onnx")
    sessions = [onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]) for path in (encoder, decoder)]
    for count in (1, 7):
        x = making.images(count).float().div(255).numpy()
        [codes] = sessions[0].run(["codes"], {"images": x})
        [images] = sessions[1].run(["images"], {"codes": codes})
        assert np.allclose(codes, model.encode(x), atol=1e-5)
        assert images.shape == x.shape and np.allclose(images, model(x), atol=1e-5)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_for_the_hub_loads_again_with_its_card(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = root.parent / "vae"
    (folder / ".git").mkdir(parents=True)  # a new repository of the Hub
    for _ in range(2):  # what it has written itself, it writes anew
        assert said(capsys, NAME, "--hub", folder) == [str(folder)]
    files = {"README.md", "config.json", "model.safetensors", "reconstructions.png", ".git"}
    assert {path.name for path in folder.iterdir()} == files
    loaded = vaeplay.load(folder)
    assert making.same(loaded.network, vaeplay.load(NAME).network) and loaded.origin is None
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"] == ["VAE"] and config["cell"]["latent_dim"] == 8 and config["shape"] == [1, 12, 12]
    _, head, text = (folder / "README.md").read_text("utf-8").split("---\n", 2)
    [result] = yaml.safe_load(head)["model-index"][0]["results"]
    mse = json.loads((root / f"metrics/{NAME}.json").read_text())["mse"]
    assert {"type": "mse", "name": "MSE", "value": mse} in result["metrics"]
    assert re.search(rf"^\| MSE ↓ \| {mse:.5f} \| 0\.\d+ … 0\.\d+ \| ", text, re.MULTILINE)
    assert 'vaeplay.load("vae")' in text and str(root) not in text


def test_what_cannot_be_exported_is_one_line(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    others = root.parent / "others"
    others.mkdir()
    (others / "novel.txt").write_text("mine")
    wrong = {
        (NAME,): "nothing to export to: give --onnx OUT.onnx, --hub FOLDER, or both",
        (NAME.replace("ReLU", "RELU"), "--onnx", "out.onnx"): f"no such cell; did you mean {NAME}?; `vaeplay show`",
        (NAME, "--hub", others): f"{others}: holds other files; name a new folder",
        (NAME, "--hub", others / "novel.txt"): "holds other files",
    }
    for words, line in wrong.items():
        [error] = said(capsys, *words, code=1)
        assert error.startswith("error: ") and line in error
    assert [path.name for path in others.iterdir()] == ["novel.txt"]
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    [error] = said(capsys, NAME, "--onnx", "out.onnx", code=1)
    assert error == "error: --onnx needs the packages onnx and onnxscript: run `uv sync --group onnx`"
    failed = making.model("VAE", latent_dim=8, depth=2)
    checkpoint.save(
        root / f"checkpoints/{NAME}.safetensors", failed, making.cell("VAE", latent_dim=8, depth=2), "loss is nan"
    )
    [error] = said(capsys, NAME, "--onnx", "out.onnx", code=1)
    assert "its training diverged (loss is nan)" in error
    assert not list(root.glob("*.onnx"))
