"""Quantisers and clusters against closed forms, the papers' formulas and scikit-learn."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from vaeplay import neighbours
from vaeplay.models.parts import clusters, codebooks, scalar
from vaeplay.noise import Noise

from . import making


def codebook(way: type[codebooks.Codebook] = codebooks.EMA, dimensions: int = 2, **changes: Any) -> Any:
    settings = {"codes": 4, "commitment": 0.25, "decay": 0.99, "reseed_below": 0.0} | changes
    torch.manual_seed(0)
    return way(dimensions, **settings)


def heaps(count: int, each: int, seed: int = 0) -> Tensor:
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
    quantiser = codebook(codebooks.Gradient).eval()
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

    vectors = heaps(4, 100)
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


def test_re_seeding_brings_dead_codes_back() -> None:
    vectors = heaps(16, 50)

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
    vectors = heaps(16, 50)
    quantiser = codebook(codes=16)
    quantiser.start(as_map(vectors), Noise(0))
    means = vectors.view(16, 50, 2).mean(1)
    torch.testing.assert_close(neighbours.nearest(means, quantiser.codebook)[0], torch.zeros(16, 1), rtol=0, atol=1e-2)
    again = codebook(codes=16)
    again.start(as_map(vectors), Noise(0))
    assert torch.equal(quantiser.codebook, again.codebook)


def test_a_start_with_fewer_vectors_than_codes_is_finite() -> None:
    quantiser = codebook(codes=16)
    quantiser.start(as_map(torch.ones(3, 2)), Noise(0))
    assert quantiser.codebook.isfinite().all()


def test_the_nearest_entry_is_the_nearest() -> None:
    vectors, centres = torch.randn(100, 5), torch.randn(9, 5)
    found, codes = neighbours.nearest(vectors, centres)
    distances = torch.cdist(vectors, centres)
    assert torch.equal(codes[:, 0], distances.argmin(1))
    torch.testing.assert_close(found, distances.amin(1, keepdim=True), rtol=1e-3, atol=1e-4)


def test_fsq_has_a_code_for_every_combination_of_levels_and_each_stands_for_itself() -> None:
    quantiser = scalar.FSQ(3, levels=4)
    codes = torch.arange(64).view(4, 4, 4)
    vectors = quantiser.vectors(codes)
    assert len(vectors.movedim(1, -1).reshape(-1, 3).unique(dim=0)) == quantiser.size == 64
    torch.testing.assert_close(vectors.unique(), torch.tensor([-1.0, -0.5, 0.0, 0.5]))
    torch.testing.assert_close(scalar.FSQ(3, levels=5).vectors(codes).unique(), torch.linspace(-1, 1, 5))


@pytest.mark.parametrize("levels", [2, 3, 4, 5, 8, 255, 256])
def test_fsq_reaches_every_level_and_zero_lies_inside_of_one(levels: int) -> None:
    quantiser = scalar.FSQ(1, levels).eval()
    codes = quantiser.codes(torch.linspace(-15, 15, 60_001).view(-1, 1, 1, 1)).flatten()
    assert codes.unique().tolist() == list(range(levels)) and (codes.diff() >= 0).all()
    near = torch.tensor([-1e-6, 0.0, 1e-6]).view(-1, 1, 1, 1)
    assert quantiser.codes(near).flatten().tolist() == [levels // 2] * 3
    assert quantiser.bounded(near).abs().max() < 0.06  # in the paper, too, not quite 0
    assert quantiser.vectors(quantiser.codes(near)).abs().max() == 0


def test_fsq_takes_encoder_outputs_of_any_place_and_scale_and_later_images_as_those_before() -> None:
    quantiser = scalar.FSQ(2, [8, 5])
    z = torch.randn(50, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    moved = 0.01 * z + torch.tensor([30.0, -2.0]).view(-1, 1, 1)
    torch.testing.assert_close(quantiser.bounded(moved), quantiser.bounded(z), rtol=0, atol=1e-2)
    quantiser.start(moved, Noise(0))
    torch.testing.assert_close(quantiser.eval().bounded(moved), quantiser.train().bounded(moved))
    for _ in range(200):
        quantiser(z, Noise(0))
    torch.testing.assert_close(quantiser.eval().bounded(z), quantiser.train().bounded(z), rtol=0, atol=1e-2)


def test_perplexity_counts_codes_that_are_used_alike() -> None:
    codes = torch.arange(12).repeat(5)
    assert clusters.perplexity(clusters.counts_of(codes, 12)).item() == pytest.approx(12)
    assert clusters.perplexity(clusters.counts_of(codes % 3, 12)).item() == pytest.approx(3)
    assert clusters.perplexity(clusters.counts_of(codes * 0, 12)).item() == 1


@torch.no_grad()
def test_a_large_codebook_is_compared_with_many_vectors_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    vectors, centres = torch.randn(200, 2, generator=generator), torch.randn(300, 2, generator=generator)
    monkeypatch.setattr(neighbours, "PAIRS_AT_ONCE", 10_000)
    with making.Largest() as largest:
        distances, codes = neighbours.nearest(vectors, centres)
    assert largest.numbers <= 10_000
    exact = (vectors.double()[:, None] - centres.double()).square().sum(2).min(1)
    assert torch.equal(codes[:, 0], exact.indices)
    torch.testing.assert_close(distances[:, 0].double().square(), exact.values, atol=1e-5, rtol=0)


def residual(stages: int, dimensions: int = 2, **changes: Any) -> codebooks.ResidualVQ:
    settings = {"codes": 4, "commitment": 0.25, "decay": 0.9, "reseed_below": 0.1} | changes
    torch.manual_seed(0)
    return codebooks.ResidualVQ(dimensions, stages, **settings)


def test_residual_vq_of_one_stage_is_vq_to_the_bit() -> None:
    ours, plain = residual(1), codebook(decay=0.9, reseed_below=0.1)
    for quantiser in (ours, plain):
        quantiser.start(as_map(heaps(4, 50)), Noise(0))
    for seed in range(5):
        z = torch.randn(6, 2, 3, 3, generator=torch.Generator().manual_seed(seed))
        made, gradients = [], []
        for quantiser in (ours, plain):
            inputs = z.clone().requires_grad_()
            made.append(quantiser(inputs, Noise(seed)))
            (made[-1].vectors.sin().sum() + made[-1].cost.sum()).backward()
            gradients.append(inputs.grad)
        for name in ("codes", "vectors", "cost"):
            assert torch.equal(getattr(made[0], name), getattr(made[1], name)), name
        assert torch.equal(made[0].terms["commitment"], made[1].terms["commitment"])
        assert torch.equal(*gradients)  # type: ignore[arg-type]
    assert torch.equal(ours.stages[0].codebook, plain.codebook)


def test_each_stage_of_residual_vq_takes_the_entry_nearest_to_what_is_left() -> None:
    quantiser = residual(3).eval()
    z = torch.randn(5, 2, 3, 3)
    codes, left = quantiser.codes(z), z
    for count, stage in enumerate(quantiser.stages, start=1):
        digits = torch.cdist(left.movedim(1, -1), stage.codebook.expand(5, 3, 4, 2)).argmin(-1)
        assert torch.equal(codes // 4 ** (count - 1) % 4, digits)
        left = left - stage.vectors(digits)
        torch.testing.assert_close(quantiser.after(count, codes), z - left)
    torch.testing.assert_close(quantiser.vectors(codes), z - left)
    torch.testing.assert_close(quantiser(z, Noise(0)).vectors, z - left)
    assert quantiser.size == 64


def test_more_stages_of_residual_vq_leave_less_and_pass_the_gradient_once() -> None:
    z = heaps(32, 40).T.reshape(1, 2, 32, 40).requires_grad_()
    errors = []
    for stages in (1, 2, 3):
        quantiser = residual(stages).eval()
        quantiser.start(z.detach(), Noise(0))
        quantised = quantiser(z, Noise(0))
        errors.append(float((quantised.vectors - z).square().sum().detach()))
        (gradient,) = torch.autograd.grad(quantised.vectors.sum(), z)
        assert torch.equal(gradient, torch.ones_like(z))
    assert errors[2] < 0.5 * errors[1] < 0.25 * errors[0]


def signs(dimensions: int) -> Tensor:
    """Every corner of the cube, (2^D, D), the first dimension changing fastest."""
    return torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * dimensions).view(-1, dimensions).flip(1)


@pytest.mark.parametrize("dimensions", [1, 2, 5])
def test_lfq_takes_the_nearest_corner_by_brute_force(dimensions: int) -> None:
    quantiser = scalar.LFQ(dimensions, commitment=0.25, entropy=0.1)
    z = torch.randn(4, dimensions, 3, 3)
    nearest = torch.cdist(z.movedim(1, -1).flatten(0, -2), signs(dimensions)).argmin(1).view(4, 3, 3)
    assert torch.equal(quantiser.codes(z), nearest)
    assert torch.equal(quantiser.vectors(nearest).movedim(1, -1), signs(dimensions)[nearest])
    assert quantiser.size == 2**dimensions


@pytest.mark.parametrize("dimensions", [1, 2, 5])
def test_lfqs_entropies_are_those_of_the_listed_distribution_over_codes(dimensions: int) -> None:
    quantiser = scalar.LFQ(dimensions, commitment=0.0, entropy=1.0)
    z = torch.randn(4, dimensions, 3, 3, dtype=torch.double)
    distances = torch.cdist(z.movedim(1, -1).flatten(0, -2), signs(dimensions).double()).square()
    shares = (-distances).softmax(1)
    each = torch.special.entr(shares).sum(1).view(4, 9).sum(1)
    together = torch.special.entr(shares.mean(0)).sum()
    torch.testing.assert_close(quantiser(z, Noise(0)).cost, each - 9 * together)


@pytest.mark.parametrize("levels", [[3], [8, 6, 5], [2, 3, 4, 5], [7, 5, 5, 5, 5]])
def test_fsq_has_its_own_levels_in_each_dimension(levels: list[int]) -> None:
    quantiser = scalar.FSQ(len(levels), levels).eval()
    assert quantiser.size == math.prod(levels)
    codes = torch.arange(quantiser.size).view(1, 1, -1)
    vectors = quantiser.vectors(codes)
    assert [len(numbers.unique()) for numbers in vectors.movedim(1, 0)] == levels
    inverse = (vectors * (quantiser.levels // 2) + quantiser.offset) / quantiser.reach
    assert torch.equal(quantiser.codes(inverse.clamp(-0.9999, 0.9999).atanh() - quantiser.shift), codes)
    near = torch.zeros(1, len(levels), 1, 1)
    assert quantiser.vectors(quantiser.codes(near)).abs().max() == 0
    edges = (quantiser.bounded(near) - quantiser.bounded(near).round()).abs()
    assert edges.max() < 0.06  # far from the edge, at a half


def test_fsq_with_one_number_of_levels_is_fsq_with_the_same_in_a_list() -> None:
    z = torch.randn(3, 3, 2, 2)
    one, each = scalar.FSQ(3, 5), scalar.FSQ(3, [5, 5, 5])
    assert torch.equal(one.codes(z), each.codes(z))
    assert torch.equal(one(z, Noise(0)).vectors, each(z, Noise(0)).vectors)
