"""The VQ-VAE whole; its quantisers and its prior have tests of their own, and so has what holds for every model."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from vaeplay.data.prepared import as_float
from vaeplay.errors import UserError
from vaeplay.evaluation import export, measure
from vaeplay.models.parts import quantisers
from vaeplay.noise import Noise
from vaeplay.training import checkpoint, loop

from . import making

QUANTISERS = tuple(quantisers.BY_NAME)
every_quantiser = pytest.mark.parametrize("way", QUANTISERS)
FAST = {"epochs": 2, "channels": 8, "layers": 2}


def vq_vae(way: str = "ema", shape: tuple[int, ...] = making.SHAPE, **changes: Any) -> Any:
    return making.model("VQVAE", shape, quantiser={"name": way, "codes": 16}, code_prior=FAST, **changes)


@pytest.mark.parametrize("way", ["ema", "gradient"])
def test_evaluation_moves_no_codebook_and_training_does(way: str) -> None:
    model = vq_vae(way)
    x = as_float(making.images(8))
    before = {name: value.clone() for name, value in model.quantiser.state_dict().items()}
    model.eval().loss(x, 0, Noise(0))
    assert all(torch.equal(before[name], value) for name, value in model.quantiser.state_dict().items())
    model.train().loss(x, 0, Noise(0))
    assert not torch.equal(before["shares"], model.quantiser.shares)


@every_quantiser
def test_nothing_is_decoded_but_codes_that_the_decoder_was_trained_on(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By metrics, pictures and explorer alike, but for the picture whose subject is what a part of a code gives."""
    subject = making.subject("VQVAE", quantiser={"name": way, "codes": 16}, code_prior=FAST)
    model, decode, seen = subject.model, subject.model.decode, []
    entries = model.codebook()
    assert entries is not None

    def watched(z: Tensor) -> Tensor:
        vectors = z.movedim(1, -1).flatten(0, -2)
        seen.append(len(z))
        assert torch.cdist(vectors, entries, compute_mode="donot_use_mm_for_euclid_dist").amin(1).max() < 1e-6
        return decode(z)

    monkeypatch.setattr(model, "decode", watched)
    monkeypatch.setattr(model, "reconstruct_in_stages", lambda x: [])
    measure.measure(subject)
    measure.pictures(subject, 8)
    export.export(subject)
    assert len(seen) > 10


def test_fsq_with_too_many_codes_is_refused() -> None:
    with pytest.raises(UserError, match=r"latent_dim: found 16; allowed: up to 6, as fsq with 5 levels"):
        vq_vae("fsq", latent_dim=16)


def test_the_batchs_figures() -> None:
    model = vq_vae()
    x = as_float(making.images(8))
    codes = model.codes(x)
    figures = model.loss(x, 0, Noise(0)).metrics
    assert figures["codes_in_use"] == len(codes.unique())
    assert figures["bits"] == 6 * 6 * 4
    shares = torch.bincount(codes.flatten()) / codes.numel()
    assert figures["perplexity"].item() == pytest.approx(2 ** -sum(p * math.log2(p) for p in shares.tolist() if p))


def test_with_re_seeding_nearly_all_codes_are_in_use_on_digits_it_has_not_seen_and_without_it_few(
    digits: Tensor,
) -> None:
    used = []
    for reseed_below in (0.1, 0.0):
        changes: dict[str, Any] = {"quantiser": {"reseed_below": reseed_below}, "code_prior": FAST | {"epochs": 1}}
        cell = making.cell("VQVAE", depth=2, latent_dim=16, train={"epochs": 8, "batch_size": 16}, **changes)
        model: Any = checkpoint.build(cell, (1, 28, 28))
        loop.train(model, digits[::5], digits[1::50], cell)
        with torch.no_grad():
            used.append(len(model.codes(as_float(digits[2::10])).unique()))
    assert used[0] > 0.9 * 64
    assert used[1] < 0.6 * 64


def test_fsq_uses_most_of_its_codes_on_digits(digits: Tensor) -> None:
    """Without standardised encoder outputs a hundredth: they go to one side within a hundred steps."""
    changes: dict[str, Any] = {"quantiser": {"name": "fsq", "levels": [8, 6, 5]}, "code_prior": FAST | {"epochs": 1}}
    cell = making.cell("VQVAE", depth=2, train={"epochs": 3, "batch_size": 16, "lr": 8e-3}, **changes)
    model: Any = checkpoint.build(cell, (1, 28, 28))
    loop.train(model, digits[::5], digits[1::50], cell)
    with torch.no_grad():
        used = len(model.codes(as_float(digits[2::10])).unique())
    assert used > 0.6 * 240


@every_quantiser
def test_a_trained_model_is_the_same_again_and_from_its_file(way: str, tmp_path: Path) -> None:
    cell = making.cell(
        "VQVAE", quantiser={"name": way, "codes": 16}, code_prior=FAST, train={"epochs": 2, "batch_size": 20}
    )
    models: list[Any] = []
    for _ in range(2):
        model = checkpoint.build(cell, making.SHAPE)
        loop.train(model, making.images(60), making.images(20, seed=1), cell)
        models.append(model.eval())
        torch.rand(1)  # nobody else's draws matter
    checkpoint.save(tmp_path / "one.safetensors", models[0], cell)
    models.append(checkpoint.load(tmp_path / "one.safetensors"))
    x = as_float(making.images(5, seed=2))
    with torch.no_grad():
        expected = models[0].measure(x, Noise(0)), models[0].sample(4, Noise(1))
        for model in models[1:]:
            found = model.measure(x, Noise(0)), model.sample(4, Noise(1))
            assert all(torch.equal(found[0][term], expected[0][term]) for term in ("distortion", "rate"))
            assert torch.equal(found[1], expected[1])


@every_quantiser
@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 11, 14)])
def test_any_size_of_image(way: str, shape: tuple[int, ...]) -> None:
    model = vq_vae(way, shape, depth=2).eval()
    images = making.images(6, shape)
    x = as_float(images)
    model.start(images, Noise(0), steps=1)
    model.fit_prior(images, Noise(0))
    with torch.no_grad():
        z = model.encode(x)
        assert z.shape == (6, 3, shape[1] // 4, shape[2] // 4)
        for made in (model.decode(0.5 * (z[:3] + z[3:])), model.sample(3, Noise(0))):
            assert made.shape == (3, *shape)
        assert torch.equal(model.reconstruct(x), model.decode(z))


@every_quantiser
@torch.no_grad()
def test_what_it_is_measured_by(way: str) -> None:
    model = vq_vae(way).eval()
    x = as_float(making.images(6))
    terms = model.measure(x, Noise(0))
    codes = model.codes(x)
    torch.testing.assert_close(terms["distortion"], model.distortion(x, model.encode(x)))
    log_probability = model.code_prior(codes).log_softmax(1).gather(1, codes.unsqueeze(1)).flatten(1).sum(1)
    torch.testing.assert_close(terms["rate"], -log_probability)
    torch.testing.assert_close(terms["distortion"], model.loss(x, 0, Noise(0)).terms["distortion"])


@pytest.mark.parametrize("way", ["ema", "gradient"])
def test_repeating_the_batch_moves_the_codebook_no_further(way: str) -> None:
    x = as_float(making.images(6))
    moved = []
    for batch in (x, torch.cat([x, x])):
        model = vq_vae(way)
        model.loss(batch, 0, Noise(0))
        moved.append(model.quantiser.state_dict())
    for name, value in moved[0].items():
        torch.testing.assert_close(moved[1][name], value, msg=name)
