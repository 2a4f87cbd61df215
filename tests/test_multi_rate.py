"""The multi-rate VAE: gates that fold away, and the limits in which it is a plain VAE."""

import math
from itertools import pairwise

import pytest
import torch

from vaeplay.models.multi_rate import MultiRateVAE
from vaeplay.models.parts.gates import Gate
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise

from . import making

NAMES = ("MultiRateVAE", "ConvMultiRateVAE")


def random_gates(name: str, depth: int = 2) -> MultiRateVAE:
    """An untrained model whose gates depend on β."""
    model = making.model(name, depth=depth).double()
    assert isinstance(model, MultiRateVAE)
    generator = torch.Generator().manual_seed(5)
    for module in model.modules():
        if isinstance(module, Gate):
            for parameter in (module.a, module.b):
                parameter.data.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.double))
    return model.eval()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("beta", [0.1, 0.7, 1.0, 10.0])
@torch.no_grad()
def test_folded_gates_give_the_same_model(name: str, beta: float) -> None:
    model = random_gates(name)
    x = torch.rand(7, *making.SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.double)
    plain = model.at(beta).double()
    assert type(plain).__name__ == name.replace("MultiRate", "") and not any(
        isinstance(module, Gate) for module in plain.modules()
    )
    model.dial.log_beta = torch.tensor(math.log(beta), dtype=torch.double)
    for mine, theirs in zip(model.gaussian(x), plain.gaussian(x), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)  # `at` makes a model in single precision
    z = torch.randn(5, model.latent_dim, dtype=torch.double)
    torch.testing.assert_close(model.decode(z), plain.decode(z), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_outside_of_training_it_is_the_model_of_beta_one(name: str) -> None:
    model = random_gates(name).float()
    x = making.images(6) / 255
    one = model.at(1.0)
    with torch.no_grad():
        model.loss(x, 0, Noise(3))  # leaves nothing behind
        torch.testing.assert_close(model.reconstruct(x), one.reconstruct(x), rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(model.measured().encode(x), one.encode(x))
        torch.testing.assert_close(model.measure(x, Noise(2))["rate"], one.measure(x, Noise(2))["rate"])


@torch.no_grad()
def test_open_gates_and_one_beta_give_the_loss_of_a_beta_vae_over_one_plus_beta() -> None:
    model = making.model("MultiRateVAE")
    assert isinstance(model, MultiRateVAE)
    for module in model.modules():
        if isinstance(module, Gate):
            module.b.data.fill_(math.inf)
    x = making.images(9) / 255
    beta = 4.0
    other = making.model("BetaVAE", beta=beta)
    weights = [value for name, value in model.state_dict().items() if not name.endswith((".a", ".b"))]
    other.load_state_dict(dict(zip(other.state_dict(), weights, strict=True)))
    mine = model.loss_at(torch.tensor(math.log(beta)), x, 10**6, Noise(4))
    theirs = other.loss(x, 10**6, Noise(4))
    torch.testing.assert_close(mine.total * (1 + beta), theirs.total, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(mine.terms["rate"], theirs.terms["rate"])


def test_one_training_gives_rates_that_fall_with_beta() -> None:
    cell = making.cell("MultiRateVAE", train={"epochs": 12, "batch_size": 16, "lr": 1e-2})
    model, _ = making.train(cell, count=96)
    assert isinstance(model, MultiRateVAE)
    x = making.images(96) / 255
    with torch.no_grad():
        measured = [model.at(beta).measure(x, Noise(0)) for beta in (0.1, 1.0, 10.0)]
    rates = [float(terms["rate"].mean()) for terms in measured]
    assert all(higher > lower for higher, lower in pairwise(rates)), rates


def test_a_beta_outside_of_the_range_is_refused() -> None:
    model = making.model("MultiRateVAE")
    assert isinstance(model, MultiRateVAE)
    with pytest.raises(ValueError, match=r"trained for 0\.1 to 10"):
        model.at(11.0)
    assert isinstance(model.at(10.0), VAE)
