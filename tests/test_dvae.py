"""The discrete VAE: its relaxed samples, their limit, and its rate by brute force."""

import itertools
import math
from typing import Any

import pytest
import torch

from vaeplay.data.prepared import as_float
from vaeplay.models.dvae import gumbel_softmax, kl_from_uniform
from vaeplay.noise import Noise

from . import making


def dvae(**changes: Any) -> Any:
    return making.model("DVAE", gumbel={"codes": 4} | changes, code_prior={"channels": 8, "layers": 1})


def test_the_kl_is_that_over_all_maps_and_never_below_0() -> None:
    logits = 2 * torch.randn(3, 4, 2, 2, dtype=torch.double)
    log_shares = logits.log_softmax(1).flatten(2)  # (3, 4, 4)
    expected = torch.zeros(3, dtype=torch.double)
    for codes in itertools.product(range(4), repeat=4):
        log_q = log_shares[:, codes, range(4)].sum(1)
        expected += log_q.exp() * (log_q + 4 * math.log(4))
    kl = kl_from_uniform(logits)
    torch.testing.assert_close(kl.flatten(1).sum(1), expected)
    assert (kl >= 0).all()
    torch.testing.assert_close(kl_from_uniform(torch.ones(1, 4, 2, 2)), torch.zeros(1, 2, 2), atol=1e-6, rtol=0)
    certain = torch.tensor([1e3, 0, 0, 0]).view(1, 4, 1, 1)
    assert kl_from_uniform(certain).item() == pytest.approx(math.log(4))


def test_at_a_low_temperature_a_relaxed_sample_is_a_code() -> None:
    logits = torch.randn(50, 4, 2, 2)
    soft = gumbel_softmax(logits, torch.tensor(1e-4), Noise(0))
    hard = gumbel_softmax(logits, torch.tensor(1.0), Noise(0)).argmax(1)
    torch.testing.assert_close(soft, torch.nn.functional.one_hot(hard, 4).movedim(-1, 1).float(), atol=1e-3, rtol=0)
    model = dvae(temperature=1e-4, coldest=1e-4)
    torch.testing.assert_close(model.relaxed(logits, 0, Noise(0)), model.quantiser.vectors(hard), atol=1e-3, rtol=0)


def test_codes_are_drawn_as_often_as_their_probabilities_say() -> None:
    logits = torch.tensor([0.0, 1.0, 2.0, -1.0]).view(1, 4, 1, 1).expand(100_000, -1, -1, -1)
    drawn = gumbel_softmax(logits, torch.tensor(0.5), Noise(0)).argmax(1).flatten()
    shares = torch.bincount(drawn, minlength=4) / len(drawn)
    torch.testing.assert_close(shares, logits[0].flatten().softmax(0), atol=0.006, rtol=0)


def test_the_temperature_falls_from_the_first_to_the_last_step() -> None:
    model = dvae(temperature=2.0, coldest=0.125)
    model.start(making.images(4), Noise(0), steps=100)
    assert [float(model.temperature(step)) for step in (0, 25, 50, 100)] == pytest.approx([2, 1, 0.5, 0.125])
    torch.testing.assert_close(model.temperature(torch.tensor(50)), torch.tensor(0.5))


def test_outside_of_training_the_loss_is_that_of_the_likeliest_codes() -> None:
    model, x = dvae().eval(), as_float(making.images(5))
    loss = model.loss(x, 0, Noise(0))
    torch.testing.assert_close(loss.terms["distortion"], model.distortion(x, model.encode(x)))
    torch.testing.assert_close(loss.total, loss.terms["distortion"] + loss.terms["kl"])
    assert torch.equal(model.codes(x), model.encoder(x).softmax(1).argmax(1))


def test_the_kl_of_a_sure_posterior_has_a_gradient() -> None:
    """Of a code whose probability is 0 to the last bit."""
    logits = torch.tensor([[300.0, 0.0, -300.0]], requires_grad=True)
    kl = kl_from_uniform(logits)
    assert kl.item() == pytest.approx(math.log(3))
    (gradient,) = torch.autograd.grad(kl.sum(), logits)
    assert gradient.isfinite().all()
