"""What holds for every model, whatever it is: one contract, run over all of them."""

from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from vaeplay import models
from vaeplay.data.prepared import as_float
from vaeplay.errors import UserError
from vaeplay.models.ae import AE
from vaeplay.models.base import Autoencoder
from vaeplay.models.multi_rate import MultiRateVAE
from vaeplay.models.parts.densities import fit_mixture
from vaeplay.noise import Noise
from vaeplay.training import checkpoint, loop

from . import making

every_model = pytest.mark.parametrize("name", models.names())


def trained_by_the_loss(model: Autoencoder) -> dict[str, torch.nn.Parameter]:
    """The parameters by name, without those of a prior that `fit_prior` trains."""
    return {name: value for name, value in model.named_parameters() if not name.startswith("code_prior.")}


@every_model
def test_repeating_the_batch_changes_no_term_and_no_gradient(name: str) -> None:
    x = as_float(making.images(6))

    def terms_and_gradients(batch: torch.Tensor, noise: Noise) -> tuple[dict[str, torch.Tensor], list[torch.Tensor]]:
        model = making.model(name)  # a new one each time: in training a codebook moves with every batch
        loss = model.loss(batch, 0, noise)
        gradients = torch.autograd.grad(loss.total.mean(), list(trained_by_the_loss(model).values()))
        return {"total": loss.total, **loss.terms}, list(gradients)

    terms, gradients = terms_and_gradients(x, Noise(1))
    twice, gradients_twice = terms_and_gradients(torch.cat([x, x]), making.RepeatedNoise(1))
    for term, values in terms.items():
        assert values.shape == (6,), term
        torch.testing.assert_close(twice[term], torch.cat([values, values]), msg=term)
    for once, again in zip(gradients, gradients_twice, strict=True):
        torch.testing.assert_close(once, again, rtol=1e-4, atol=1e-5)


@every_model
def test_every_parameter_gets_a_finite_gradient(name: str) -> None:
    model = making.model(name)
    model.loss(as_float(making.images(8)), 0, Noise(0)).total.mean().backward()
    for parameter_name, parameter in trained_by_the_loss(model).items():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name
        assert parameter.grad.abs().sum() > 0, parameter_name


@every_model
@pytest.mark.parametrize("shape", [(1, 12, 12), (3, 12, 12), (1, 9, 14)])
def test_images_come_back_in_their_shape_and_range(name: str, shape: tuple[int, ...]) -> None:
    model = making.model(name, shape).eval()
    x = as_float(making.images(4, shape))
    with torch.no_grad():
        for made in (model.reconstruct(x), model.sample(4, Noise(0))):
            assert made.shape == x.shape
            assert made.min() >= 0
            assert made.max() <= 1


@every_model
def test_a_code_carries_no_noise_and_samples_follow_their_seed(name: str) -> None:
    model = making.model(name).eval()
    x = as_float(making.images(4))
    with torch.no_grad():
        assert torch.equal(model.encode(x), model.encode(x))
        assert torch.equal(model.sample(3, Noise(5)), model.sample(3, Noise(5)))
        assert not torch.equal(model.sample(3, Noise(5)), model.sample(3, Noise(6)))


@every_model
@torch.no_grad()
def test_codes_and_draws_have_the_shape_it_says_and_are_what_the_decoder_was_trained_on(name: str) -> None:
    model = making.model(name).eval()
    for z in (model.encode(as_float(making.images(4))), model.sample_codes(4, Noise(0))):
        assert z.shape == (4, *model.code_shape)
        assert torch.equal(model.quantise(z), z)
    entries = model.codebook()
    if entries is not None:
        far = model.quantise(torch.randn(4, *model.code_shape, generator=torch.Generator().manual_seed(0)))
        assert (far.movedim(1, -1).flatten(0, -2)[:, None] == entries).all(2).any(1).all()


@every_model
def test_the_loss_goes_down(name: str) -> None:
    cell = making.cell(name, train={"epochs": 12, "lr": 5e-3}, code_prior={"epochs": 1})
    model = checkpoint.build(cell, making.SHAPE)
    history = loop.train(model, making.images(256), making.images(64, seed=1), cell)
    assert history[-1]["train_total"] < history[0]["train_total"]
    assert history[-1]["validation_total"] < history[0]["validation_total"]


@every_model
def test_it_is_built_from_the_settings_it_uses_and_from_no_fewer(name: str) -> None:
    cell = making.cell(name)
    build = models.find(name)
    for left_out in cell.settings:
        fewer = {key: value for key, value in cell.settings.items() if key != left_out}
        with pytest.raises(TypeError):
            build(making.SHAPE, 3, 1, "ReLU", **fewer)


@every_model
def test_it_says_where_its_samples_come_from(name: str) -> None:
    assert making.model(name).prior


def test_beta_one_is_the_vae_to_the_bit() -> None:
    train = {"epochs": 2}
    states = []
    for name, changes in (("VAE", {}), ("BetaVAE", {"beta": 1.0})):
        cell = making.cell(name, train=train, **changes)
        model = checkpoint.build(cell, making.SHAPE)
        loop.train(model, making.images(100), making.images(20), cell)
        states.append(model.state_dict())
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@pytest.mark.parametrize("beta", [0.0, 0.5, 2.0, 10.0])
def test_the_total_is_distortion_plus_beta_times_rate(beta: float) -> None:
    model = making.model("BetaVAE", beta=beta)
    loss = model.loss(as_float(making.images(5)), 0, Noise(0))
    torch.testing.assert_close(loss.total, loss.terms["distortion"] + beta * loss.terms["rate"])


@pytest.mark.parametrize("density", ["gaussian", "mixture"])
def test_an_autoencoders_codes_are_drawn_with_the_moments_of_its_training_codes(density: str) -> None:
    model: Any = making.model("AE", density={"name": density, "components": 3}).eval()
    images = making.images(400)
    model.fit_prior(images, Noise(0))
    with torch.no_grad():
        codes = model.encode(as_float(images)).double()
        drawn = model.sample_codes(200_000, Noise(3)).double()
    torch.testing.assert_close(drawn.mean(0), codes.mean(0), rtol=0.02, atol=0.02)
    torch.testing.assert_close(torch.cov(drawn.T), torch.cov(codes.T, correction=0), rtol=0.05, atol=0.02)


@every_model
@torch.no_grad()
def test_the_moments_of_its_prior_are_those_of_its_draws(name: str) -> None:
    mixture: dict[str, Any] = {"density": {"name": "mixture", "components": 3}}
    model = making.model(name, **mixture).eval()
    if isinstance(model, AE):
        model.fit_prior(making.images(400), Noise(0))
    mean, deviation = model.prior_moments()
    draws = model.sample_codes(20_000 if model.codebook() is None else 200, Noise(1)).flatten(1)
    assert mean.shape == deviation.shape == draws.shape[1:]
    error = deviation.mean() * (5 / len(draws) ** 0.5 if model.codebook() is None else 1)
    torch.testing.assert_close(mean, draws.mean(0), rtol=0, atol=float(error))
    torch.testing.assert_close(deviation, draws.std(0), rtol=0, atol=float(error))


OTHER: dict[str, Any] = {  # than the settings of `making.cell`
    "hidden": 33,
    "channels": 5,
    "likelihood": {"name": "gaussian"},
    "schedule": {"name": "linear", "share": 0.7},
    "density": {"name": "mixture", "components": 2},
    "quantiser": {"codes": 8},
    "code_prior": {"layers": 2},
    "gumbel": {"codes": 8},
    "betas": {"highest": 3.0},
    "samples": 3,
    "mmd_weight": 7.0,
    "corruption": 0.1,
    "active": 1.0,
    "contraction": 2.0,
    "shrinkage": {"codes": 0.3},
    "covariance": {"name": "codes"},
    "capacity": {"target": 3.0},
    "sampling": "stratified",
    "components": 3,
    "classes": 4,
    "adversary": {"weight": 3.0},
    "flow": {"layers": 2},
    "beta": 3.0,
}


@cache
def trained(name: str, setting: str | None = None) -> tuple[Autoencoder, Tensor]:
    """A model after three steps, and four samples of it; with another value of one setting, if one is named."""
    changes = {setting: OTHER[setting]} if setting else {}
    small = {"code_prior": {"epochs": 1, "channels": 4, "layers": 1} | changes.pop("code_prior", {})}
    model, _ = making.train(making.cell(name, train={"epochs": 1, "batch_size": 16}, **small, **changes), count=33)
    with torch.no_grad():
        return model, model.sample(4, Noise(0))


@pytest.mark.parametrize(("name", "setting"), [(name, key) for name in models.names() for key in models.uses(name)])
def test_every_setting_that_a_model_uses_changes_it(name: str, setting: str) -> None:
    """What it reads and ignores would retrain it for nothing."""
    (first, samples), (second, others) = trained(name), trained(name, setting)
    assert not making.same(first, second) or not torch.equal(samples, others)


def test_a_mixture_does_not_depend_on_the_number_of_threads() -> None:
    generator = torch.Generator().manual_seed(0)
    centres = 5 * torch.randn(5, 32, generator=generator, dtype=torch.double)
    codes = centres.repeat(700, 1) + torch.randn(3500, 32, generator=generator, dtype=torch.double)
    fitted, before = [], torch.get_num_threads()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        fitted.append(fit_mixture(codes, 5, Noise(0)))
    torch.set_num_threads(before)
    assert torch.equal(fitted[0].means, fitted[1].means)
    assert torch.equal(fitted[0].factors, fitted[1].factors)


FOUND = """
import vaeplay.models.vae as module
from vaeplay.models import vae
from vaeplay.models.vae import VAE as Base

class ByModule(vae.VAE): ...
class ByAnotherName(module.BetaVAE): ...
class Renamed(Base): ...
class Subscripted(Base[int]): ...
class Stranger(vae.Nothing, dict): ...
"""


def test_a_model_is_found_however_its_base_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = models.names()
    for path in models.FOLDER.glob("*.py"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "zz_own.py").write_text(FOUND)
    caches = (models._classes, models.names)
    monkeypatch.setattr(models, "FOLDER", tmp_path)
    try:
        for cached in caches:
            cached.cache_clear()
        assert models.names() == (*before, "ByModule", "ByAnotherName", "Renamed", "Subscripted")
        assert models.uses("ByAnotherName") == models.uses("BetaVAE")
    finally:
        for cached in caches:
            cached.cache_clear()


def test_a_model_of_another_name_is_refused() -> None:
    with pytest.raises(UserError, match="no model is called 'VEA'; there are AAE, "):
        models.find("VEA")


@every_model
@torch.no_grad()
def test_to_measure_twice_the_images_takes_no_more_than_twice_the_memory(name: str) -> None:
    model, largest = making.model(name).eval(), []
    for count in (256, 512):
        x = as_float(making.images(count))
        with making.Largest() as mode:
            model.measure(x, Noise(0))
        largest.append(mode.numbers)
    assert largest[1] <= 2 * largest[0]


@every_model
@torch.no_grad()
def test_what_is_measured_are_terms_of_the_loss(name: str) -> None:
    model, x = making.model(name).eval(), as_float(making.images(8))
    measured = model.measure(x, Noise(0))
    loss = partial(model.loss_at, torch.zeros(())) if isinstance(model, MultiRateVAE) else model.loss  # at its own β
    terms = loss(x, 0, Noise(0)).terms
    for term in measured.keys() & terms.keys():
        torch.testing.assert_close(measured[term], terms[term], msg=term)
    assert "distortion" in measured and set(measured) - set(terms) <= {"rate"}
