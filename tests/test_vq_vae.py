"""The VQ-VAE's parts against closed forms, enumeration and scikit-learn; the contract of all models is elsewhere."""

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from vaeplay import checkpoint, quantisers, training
from vaeplay.code_priors import CodePrior
from vaeplay.dataset import as_float
from vaeplay.errors import UserError
from vaeplay.noise import Noise

from . import making

QUANTISERS = ("ema", "gradient", "fsq")
every_quantiser = pytest.mark.parametrize("way", QUANTISERS)
FAST = {"epochs": 2, "channels": 8, "layers": 2}


def vq_vae(way: str = "ema", shape: tuple[int, ...] = making.SHAPE, **changes: Any) -> Any:
    return making.model("VQVAE", shape, quantiser={"name": way, "codes": 16}, code_prior=FAST, **changes)


def codebook(way: type[quantisers.Codebook] = quantisers.EMA, dimensions: int = 2, **changes: Any) -> Any:
    settings = {"codes": 4, "commitment": 0.25, "decay": 0.99, "reseed_below": 0.0} | changes
    torch.manual_seed(0)
    return way(dimensions, **settings)


def clusters(count: int, each: int, seed: int = 0) -> Tensor:
    """Points in the plane around `count` places far apart, (count · each, 2)."""
    generator = torch.Generator().manual_seed(seed)
    places = 10 * torch.rand(count, 2, generator=generator)
    return (places[:, None] + 0.1 * torch.randn(count, each, 2, generator=generator)).flatten(0, 1)


def as_map(vectors: Tensor) -> Tensor:
    """(N, D) as encoder outputs of N images with a map of one position."""
    return vectors[:, :, None, None]


def test_the_gradient_at_the_encoders_output_is_the_one_at_the_quantised_vectors() -> None:
    quantiser = codebook(commitment=0.0).eval()
    z = torch.randn(5, 2, 3, 3, requires_grad=True)
    quantised = quantiser(z, Noise(0))
    weights = torch.randn(5, 2, 3, 3)
    (quantised.vectors.sin() * weights).sum().backward()
    at_quantised = quantiser.vectors(quantiser.codes(z)).requires_grad_()
    (at_quantised.sin() * weights).sum().backward()
    torch.testing.assert_close(z.grad, at_quantised.grad)
    torch.testing.assert_close(quantised.vectors, at_quantised)


def test_commitment_moves_the_encoder_alone_and_the_codebooks_loss_the_codebook_alone() -> None:
    quantiser = codebook(quantisers.Gradient).eval()
    z = torch.randn(5, 2, 3, 3, requires_grad=True)
    terms = quantiser(z, Noise(0)).terms
    for term, moves, leaves in (("commitment", z, quantiser.codebook), ("codebook", quantiser.codebook, z)):
        moved, left = torch.autograd.grad(terms[term].sum(), [moves, leaves], retain_graph=True, allow_unused=True)
        assert moved.abs().sum() > 0
        assert left is None or not left.any()
    torch.testing.assert_close(quantiser(z, Noise(0)).cost, 0.25 * terms["commitment"] + terms["codebook"])


def test_squared_errors_are_summed_over_positions_and_dimensions() -> None:
    quantiser = codebook()
    z = quantiser.vectors(torch.zeros(2, 3, 5, dtype=torch.long)) + 1e-3
    torch.testing.assert_close(quantiser(z, Noise(0)).terms["commitment"], torch.full((2,), 3 * 5 * 2 * 1e-6))


def test_the_running_means_arrive_at_the_centres_of_k_means() -> None:
    from sklearn.cluster import KMeans

    vectors = clusters(4, 100)
    quantiser = codebook(decay=0.9)
    begin = vectors[:: len(vectors) // 4].clone()
    quantiser.codebook.copy_(begin)
    for _ in range(200):
        quantiser(as_map(vectors), Noise(0))
    centres = torch.from_numpy(KMeans(4, init=begin.numpy(), n_init=1).fit(vectors.numpy()).cluster_centers_)
    torch.testing.assert_close(quantiser.codebook, centres, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(quantiser.shares, torch.full((4,), 0.25), rtol=1e-4, atol=1e-4)


def test_the_running_mean_is_the_ratio_of_the_running_sums() -> None:
    """The form of the papers: counts and sums decay, and their ratio is the entry."""
    quantiser = codebook(decay=0.8)
    counts, sums = torch.full((4,), 0.25), 0.25 * quantiser.codebook.clone()
    for seed in range(20):
        vectors = torch.randn(50, 2, generator=torch.Generator().manual_seed(seed))
        codes = quantiser.codes(as_map(vectors)).flatten()
        quantiser(as_map(vectors), Noise(0))
        chosen = torch.nn.functional.one_hot(codes, 4).float() / len(vectors)
        counts = 0.8 * counts + 0.2 * chosen.sum(0)
        sums = 0.8 * sums + 0.2 * chosen.T @ vectors
        torch.testing.assert_close(quantiser.codebook, sums / counts[:, None], rtol=1e-4, atol=1e-5)


def test_codes_that_nothing_uses_stay_where_they_are() -> None:
    quantiser = codebook(decay=0.5)
    far = torch.tensor([1e3, 1e3])
    quantiser.codebook[3] = far
    for _ in range(200):  # 0.5 to this power is nothing in single precision
        quantiser(torch.zeros(1, 2, 1, 1), Noise(0))
    assert quantiser.shares[3] == 0
    assert torch.equal(quantiser.codebook[3], far)
    assert quantiser.codebook.isfinite().all()


@pytest.mark.parametrize("way", ["ema", "gradient"])
def test_evaluation_moves_no_codebook_and_training_does(way: str) -> None:
    model = vq_vae(way)
    x = as_float(making.images(8))
    before = {name: value.clone() for name, value in model.quantiser.state_dict().items()}
    model.eval().loss(x, 0, Noise(0))
    assert all(torch.equal(before[name], value) for name, value in model.quantiser.state_dict().items())
    model.train().loss(x, 0, Noise(0))
    assert not torch.equal(before["shares"], model.quantiser.shares)


def test_re_seeding_brings_dead_codes_back() -> None:
    vectors = clusters(16, 50)

    def used(reseed_below: float) -> int:
        quantiser = codebook(codes=16, decay=0.9, reseed_below=reseed_below)
        quantiser.codebook.copy_(1000 + torch.arange(32.0).view(16, 2))  # one entry is nearest to all of them
        noise = Noise(0)
        for _ in range(100):
            quantiser(as_map(vectors), noise)
        return len(quantiser.codes(as_map(vectors)).unique())

    assert used(0.0) == 1
    assert used(0.1) == 16


def test_it_starts_at_k_means_centres() -> None:
    vectors = clusters(16, 50)
    quantiser = codebook(codes=16)
    quantiser.start(vectors, Noise(0))
    means = vectors.view(16, 50, 2).mean(1)
    torch.testing.assert_close(quantisers.nearest(means, quantiser.codebook)[1], torch.zeros(16), rtol=0, atol=1e-4)
    again = codebook(codes=16)
    again.start(vectors, Noise(0))
    assert torch.equal(quantiser.codebook, again.codebook)


def test_a_start_with_fewer_vectors_than_codes_is_finite() -> None:
    quantiser = codebook(codes=16)
    quantiser.start(torch.ones(3, 2), Noise(0))
    assert quantiser.codebook.isfinite().all()


def test_the_nearest_entry_is_the_nearest() -> None:
    vectors, centres = torch.randn(100, 5), torch.randn(9, 5)
    codes, squared = quantisers.nearest(vectors, centres)
    distances = torch.cdist(vectors, centres)
    assert torch.equal(codes, distances.argmin(1))
    torch.testing.assert_close(squared, distances.min(1)[0].square(), rtol=1e-3, atol=1e-4)


def test_fsq_has_a_code_for_every_combination_of_levels_and_each_stands_for_itself() -> None:
    quantiser = quantisers.FSQ(3, levels=4)
    codes = torch.arange(64).view(4, 4, 4)
    vectors = quantiser.vectors(codes)
    assert len(vectors.movedim(1, -1).reshape(-1, 3).unique(dim=0)) == quantiser.size == 64
    torch.testing.assert_close(vectors.unique(), torch.linspace(-1, 1, 4))
    assert torch.equal(quantiser.codes((0.499 * vectors + 0.5).logit()), codes)


def test_fsq_with_too_many_codes_is_refused() -> None:
    with pytest.raises(UserError, match=r"latent_dim: found 16; fsq with 4 levels .* latent_dim 8"):
        vq_vae("fsq", latent_dim=16)


def test_the_batchs_figures() -> None:
    model = vq_vae()
    x = as_float(making.images(8))
    codes = model.codes(x)
    figures = model.loss(x, 0, Noise(0)).figures
    assert figures["codes_in_use"] == len(codes.unique())
    assert figures["bits"] == 6 * 6 * 4
    shares = torch.bincount(codes.flatten()) / codes.numel()
    assert figures["perplexity"].item() == pytest.approx(2 ** -sum(p * math.log2(p) for p in shares.tolist() if p))


def test_perplexity_counts_codes_that_are_used_alike() -> None:
    codes = torch.arange(12).repeat(5)
    assert quantisers.perplexity(quantisers.counts_of(codes, 12)).item() == pytest.approx(12)
    assert quantisers.perplexity(quantisers.counts_of(codes % 3, 12)).item() == pytest.approx(3)
    assert quantisers.perplexity(quantisers.counts_of(codes * 0, 12)).item() == 1


def test_with_re_seeding_nearly_all_codes_are_in_use_on_digits_it_has_not_seen_and_without_it_few(
    digits: Tensor,
) -> None:
    used = []
    for reseed_below in (0.1, 0.0):
        changes: dict[str, Any] = {"quantiser": {"reseed_below": reseed_below}, "code_prior": FAST | {"epochs": 1}}
        cell = making.cell("VQVAE", depth=2, latent_dim=16, train={"epochs": 8, "batch_size": 16}, **changes)
        model: Any = checkpoint.build(cell, (1, 28, 28))
        training.train(model, digits[::5], digits[1::50], cell)
        with torch.no_grad():
            used.append(len(model.codes(as_float(digits[2::10])).unique()))
    assert used[0] > 0.9 * 64
    assert used[1] < 0.6 * 64


def all_maps(height: int = 2, width: int = 2, codes: int = 3) -> Tensor:
    """Every map there is: (K^(h·w), h, w)."""
    return torch.tensor(list(itertools.product(range(codes), repeat=height * width))).view(-1, height, width)


def tiny_prior(shape: tuple[int, int] = (2, 2), codes: int = 3, **changes: Any) -> CodePrior:
    torch.manual_seed(0)
    settings: dict[str, Any] = {"channels": 8, "layers": 3, "dropout": 0.0, "epochs": 30, "lr": 0.01} | changes
    prior = CodePrior(shape, codes, **settings)
    with torch.no_grad():
        for parameter in prior.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))  # far from uniform, so that a leak would show
    return prior


@torch.no_grad()
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (1, 4), (4, 1), (3, 2)])
def test_the_probabilities_of_all_maps_sum_to_one(shape: tuple[int, int]) -> None:
    probabilities = (-tiny_prior(shape).double().rate(all_maps(*shape))).exp()
    assert probabilities.sum().item() == pytest.approx(1, abs=1e-9)
    assert probabilities.max() > 2 * probabilities.min()


@torch.no_grad()
def test_a_later_code_changes_no_earlier_logits_and_every_earlier_one_changes_some() -> None:
    prior = tiny_prior((4, 5), codes=6, layers=5)
    maps = torch.randint(6, (1, 4, 5), generator=torch.Generator().manual_seed(0))
    before = prior(maps).flatten(2)
    for place in range(20):
        changed = maps.clone()
        changed.view(-1)[place] = (changed.view(-1)[place] + 1) % 6
        moved = (prior(changed).flatten(2) != before).any(1)[0]
        assert not moved[: place + 1].any()
        assert place == 19 or moved[place + 1 :].any()
    torch.testing.assert_close(prior(maps[:, :2]), prior(maps)[:, :, :2])


@torch.no_grad()
def test_samples_come_as_often_as_the_prior_says() -> None:
    prior, maps, count = tiny_prior(), all_maps(), 50_000
    probabilities = (-prior.rate(maps)).exp()
    places = 3 ** torch.arange(3, -1, -1)
    drawn = torch.bincount((prior.sample(count, Noise(0)).flatten(1) * places).sum(1), minlength=81)
    chi_squared = ((drawn - count * probabilities).square() / (count * probabilities)).sum()
    assert chi_squared < 80 + 4 * math.sqrt(2 * 80)


def test_the_prior_learns_a_known_distribution_to_its_entropy() -> None:
    """First code uniform; each further one is the one before (row by row) with probability 0.9."""
    generator = torch.Generator().manual_seed(0)
    count, codes, length = 2000, 3, 6
    steps = torch.randint(1, codes, (count, length), generator=generator)
    steps *= torch.rand(count, length, generator=generator) >= 0.9
    steps[:, 0] = torch.randint(codes, (count,), generator=generator)
    maps = (steps.cumsum(1) % codes).view(count, 2, 3)
    prior = CodePrior((2, 3), codes, channels=8, layers=2, dropout=0.0, epochs=8, lr=0.03)
    prior.fit(maps[:1000], Noise(0))
    entropy = math.log(codes) - (length - 1) * (0.9 * math.log(0.9) + 0.1 * math.log(0.1 / (codes - 1)))
    assert prior.mean_rate(maps[1000:]) == pytest.approx(entropy, abs=0.1)


def test_every_parameter_of_the_prior_is_trained_by_its_rate() -> None:
    prior = tiny_prior((3, 3))
    prior.rate(torch.randint(3, (16, 3, 3), generator=torch.Generator().manual_seed(0))).mean().backward()
    for name, parameter in prior.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


def test_the_kept_weights_are_the_best_on_the_maps_held_out() -> None:
    noisy = torch.randint(3, (40, 2, 2), generator=torch.Generator().manual_seed(0))  # nothing in it to learn
    rates = []
    for epochs in (2, 30):
        prior = tiny_prior(epochs=epochs, lr=0.05)
        prior.fit(noisy, Noise(0))
        rates.append(prior.mean_rate(all_maps()))
    assert rates[1] < rates[0]


@every_quantiser
def test_a_trained_model_is_the_same_again_and_from_its_file(way: str, tmp_path: Path) -> None:
    cell = making.cell(
        "VQVAE", quantiser={"name": way, "codes": 16}, code_prior=FAST, train={"epochs": 2, "batch_size": 20}
    )
    models: list[Any] = []
    for _ in range(2):
        model = checkpoint.build(cell, making.SHAPE)
        training.train(model, making.images(60), making.images(20, seed=1), cell)
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
    model.start(images, Noise(0))
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
