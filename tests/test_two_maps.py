"""The VQ-VAE-2: what joins its two maps, its prior on maps so small that all can be listed, and its limit."""

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from vaeplay.data.prepared import as_float
from vaeplay.errors import UserError
from vaeplay.models.parts import quantisers
from vaeplay.models.parts.two_maps import Layout, TwoMapPrior, TwoMaps
from vaeplay.noise import Noise

from . import making

SETTINGS: dict[str, Any] = {"quantiser": {"codes": 4}, "code_prior": {"channels": 8, "layers": 2}}


def vq_vae2(**changes: Any) -> Any:
    return making.model("VQVAE2", **SETTINGS | changes)


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 3), (7, 7), (4, 7)])
def test_every_position_lies_below_one_of_the_top_and_codes_come_back(shape: tuple[int, int]) -> None:
    layout = Layout(shape, size=5)
    assert layout.top == (max(1, shape[0] // 2), max(1, shape[1] // 2))
    top = torch.arange(math.prod(layout.top)).view(1, *layout.top)
    below = layout.repeated(top.float())
    assert below.shape == (1, *shape)
    assert (below.diff(dim=1) >= 0).all() and (below.diff(dim=2) >= 0).all()
    torch.testing.assert_close(layout.means(below), top.float())
    bottom = torch.arange(math.prod(shape)).view(1, *shape) % 5
    found = layout.parted(layout.joined(top, bottom))
    assert torch.equal(found[0], top) and torch.equal(found[1], bottom)


def test_the_nearest_pair_of_maps_is_the_nearest_of_all() -> None:
    model = vq_vae2(depth=2, quantiser={"codes": 2}).eval()  # 3 × 3 below 1 × 1: 2 · 2⁹ pairs
    z = normal(3, *model.code_shape)
    layout = model.quantiser.layout
    bottoms = torch.tensor(list(itertools.product(range(2), repeat=9))).view(-1, 3, 3)
    pairs = torch.cat([layout.joined(torch.full((len(bottoms), 1, 1), top), bottoms) for top in range(2)])
    errors = (model.quantiser.vectors(pairs)[None] - z[:, None]).square().flatten(2).sum(2)
    assert torch.equal(model.nearest_entries(z), pairs[errors.argmin(1)])


@torch.no_grad()
def test_the_probabilities_of_all_pairs_of_maps_sum_to_one_and_draws_are_as_frequent() -> None:
    torch.manual_seed(0)
    layout = Layout((2, 2), size=2)
    top: Any = making.model("VQVAE", quantiser={"codes": 2})
    bottom: Any = making.model("VQVAE", quantiser={"codes": 2})
    quantiser = TwoMaps(layout, top.quantiser, bottom.quantiser)
    prior = TwoMapPrior(quantiser, channels=4, layers=2, dropout=0.0, epochs=1, lr=0.01)
    for parameter in prior.parameters():
        parameter.add_(0.5 * torch.randn_like(parameter))  # far from uniform, so that a leak would show
    bottoms = torch.tensor(list(itertools.product(range(2), repeat=4))).view(-1, 2, 2)
    pairs = torch.cat([layout.joined(torch.full((16, 1, 1), top), bottoms) for top in range(2)])
    probabilities = (-prior.rate(pairs)).exp()
    assert float(probabilities.sum()) == pytest.approx(1, abs=1e-5)
    assert (probabilities[:16] / probabilities[16:]).std() > 0.1  # the bottom depends on the top
    count = 20_000
    drawn = prior.sample(count, Noise(0))
    numbers = ((drawn % 2).flatten(1) * torch.tensor([8, 4, 2, 1])).sum(1) + 16 * (drawn[:, 0, 0] // 2)
    frequencies = torch.bincount(numbers, minlength=32)
    chi_squared = ((frequencies - count * probabilities).square() / (count * probabilities)).sum()
    assert chi_squared < 31 + 4 * math.sqrt(2 * 31)


def test_with_a_silent_top_map_it_is_a_vq_vae() -> None:
    """Losses, gradients, codes, and the rate of the bottom map."""
    two: Any = vq_vae2().eval()
    one: Any = making.model("VQVAE", **SETTINGS).eval()
    with torch.no_grad():
        for parameter in (two.quantiser.top.codebook, *two.encoder[-1].parameters(), two.code_prior.above.weight):
            parameter.zero_()
        two.code_prior.above.bias.zero_()
        parts = {"encoder": two.encoder, "decoder": two.decoder, "quantiser": two.quantiser.bottom}
        for name, value in one.named_parameters():
            first, _, rest = name.partition(".")
            if first == "code_prior":
                two.code_prior.bottom.get_parameter(rest).copy_(value)
            elif first in parts:
                parts[first].get_parameter(rest)[: len(value)].copy_(value)  # of the encoder's outputs, the first half
        two.quantiser.bottom.load_state_dict(one.quantiser.state_dict())
    x = as_float(making.images(8))
    found, gradients = [], []
    for model in (two, one):
        loss = model.loss(x, 0, Noise(0))
        gradients.append(torch.autograd.grad(loss.total.mean(), [*model.decoder.parameters(), model.encoder[0].weight]))
        found.append(loss)
    torch.testing.assert_close(found[0].total, found[1].total)
    torch.testing.assert_close(gradients[0], gradients[1])
    codes = two.codes(x)
    assert torch.equal(two.quantiser.layout.parted(codes)[1], one.codes(x))
    of_top = two.code_prior.top.rate(two.quantiser.layout.parted(codes)[0])
    torch.testing.assert_close(two.measure(x, Noise(0))["rate"] - of_top, one.measure(x, Noise(0))["rate"])
    assert two.bits() == one.bits() + 9 * 2
    top_alone, both = two.quantiser.in_stages(codes)
    assert not top_alone.any() and torch.equal(both, two.encode(x))


def test_both_maps_are_trained_by_the_distortion_and_both_codebooks_move() -> None:
    model = vq_vae2()
    model.start(making.images(60), Noise(0), 1)
    before = [book.codebook.clone() for book in (model.quantiser.top, model.quantiser.bottom)]
    loss = model.loss(as_float(making.images(60)), 0, Noise(0))
    (gradient,) = torch.autograd.grad(loss.terms["distortion"].mean(), [model.encoder[-1].bias])
    first, second = gradient.chunk(2)
    torch.testing.assert_close(first, second)  # of the sum of both vectors
    assert gradient.abs().min() > 0
    after = [book.codebook for book in (model.quantiser.top, model.quantiser.bottom)]
    assert all(not torch.equal(*pair) for pair in zip(before, after, strict=True))


@pytest.mark.parametrize("way", quantisers.BY_NAME)
def test_both_maps_may_have_any_quantiser(way: str) -> None:
    model = vq_vae2(quantiser={"name": way, "codes": 4})
    images = making.images(20)
    model.start(images, Noise(0), 1)
    assert model.loss(as_float(images), 0, Noise(0)).total.isfinite().all()
    model.eval()
    with torch.no_grad():
        z = model.encode(as_float(images))
        torch.testing.assert_close(model.quantise(z), z)
        torch.testing.assert_close(model.quantiser(model.encoder(as_float(images)), Noise(0)).vectors, z)


def test_too_many_codes_of_both_maps_together_are_refused() -> None:
    with pytest.raises(UserError, match=r"model: 2 maps of 300 codes each make 300\^2 .* allowed: up to 256 codes"):
        vq_vae2(quantiser={"codes": 300})
