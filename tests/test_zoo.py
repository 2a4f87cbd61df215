"""Each model in a limit where it must be a simpler one, or beside a closed form."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, MixtureSameFamily, Normal

from vaeplay.data.prepared import as_float
from vaeplay.errors import UserError
from vaeplay.models.base import Autoencoder
from vaeplay.models.contractive import squared_product
from vaeplay.models.dip_vae import covariance, distance_from_identity
from vaeplay.models.parts import losses
from vaeplay.models.parts.adversary import from_marginals
from vaeplay.models.parts.flows import Autoregressive, RealNVP
from vaeplay.models.parts.losses import Loss
from vaeplay.models.tc_vae import decompose, log_weights
from vaeplay.noise import Noise
from vaeplay.training import checkpoint, loop

from . import making

X = as_float(making.images(8))

NOTHING: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("DenoisingAE", {"corruption": 0.0}, "AE", {}),
    ("TopKAE", {"active": 1.0}, "AE", {}),
    ("ContractiveAE", {"contraction": 0.0}, "AE", {}),
    ("RAE", {"shrinkage": {"codes": 0.0, "decoder": 0.0}}, "AE", {}),
    ("RAE", {"shrinkage": {"name": "gradient", "codes": 0.0, "decoder": 0.0}}, "AE", {}),
    ("AAE", {"adversary": {"weight": 0.0}}, "AE", {}),
    ("FactorVAE", {"adversary": {"weight": 0.0}}, "VAE", {}),
    ("DIPVAE", {"covariance": {"weight": 0.0}}, "VAE", {}),
    ("DIPVAE", {"covariance": {"name": "codes", "weight": 0.0}}, "VAE", {}),
    ("InfoVAE", {"mmd_weight": 0.0}, "BetaVAE", {}),
    (
        "CapacityVAE",
        {"capacity": {"target": 9.0, "gamma": 3.0, "share": 0.5}},
        "VAE",
        {"schedule": {"name": "capacity", "capacity": 9.0, "gamma": 3.0, "share": 0.5}},
    ),
]


@pytest.mark.parametrize(("name", "changes", "limit", "settings"), NOTHING)
def test_without_what_is_its_own_a_model_is_a_simpler_one(
    name: str, changes: dict[str, Any], limit: str, settings: dict[str, Any]
) -> None:
    model, simpler = making.model(name, **changes), making.model(limit, **settings)
    shared = dict(simpler.named_parameters())
    assert all(torch.equal(model.get_parameter(key), value) for key, value in shared.items())
    found: list[tuple[Loss, list[Tensor]]] = []
    for one in (model, simpler):
        one.start(making.images(8), Noise(0), 10)
        loss = one.loss(X, 3, Noise(1))
        weights = [parameter for key, parameter in one.named_parameters() if key in shared]
        found.append((loss, list(torch.autograd.grad(loss.total.mean(), weights))))
    (mine, gradients), (theirs, expected) = found
    torch.testing.assert_close(mine.total, theirs.total)
    for term, value in theirs.terms.items():
        torch.testing.assert_close(mine.terms[term], value)
    torch.testing.assert_close(gradients, expected)


def test_the_contraction_is_the_norm_of_the_jacobian() -> None:
    model = making.model("ContractiveAE", activation="Tanh")
    x = X.clone().requires_grad_()
    z = model.encode(x)
    found = sum(squared_product(z, x, unit.expand_as(z)) for unit in torch.eye(z.shape[1]))
    found = torch.as_tensor(found).detach()
    draws = [squared_product(z, x, Noise(seed).normal(z.shape)).detach() for seed in range(300)]
    assert float(torch.stack(draws).mean()) == pytest.approx(float(found.mean()), rel=0.1)
    for image, value in zip(X, found, strict=True):
        jacobian: Any = torch.autograd.functional.jacobian(lambda one: model.encode(one[None])[0], image)
        torch.testing.assert_close(value, jacobian.square().sum())


def test_a_contracted_encoder_is_flatter() -> None:
    norms = []
    for weight in (0.0, 100.0):
        cell = making.cell("ContractiveAE", train={"epochs": 10, "lr": 5e-3}, contraction=weight)
        _, history = making.train(cell)
        norms.append(history[-1]["validation_contraction"])
    assert norms[1] < norms[0] / 2


def test_a_sparse_code_has_its_largest_numbers_alone() -> None:
    model: Any = making.model("TopKAE", active=0.6, latent_dim=5)
    whole, kept = model.encoder(X), model.encode(X)
    assert ((kept != 0).sum(1) == 3).all()
    assert torch.equal(kept[kept != 0], whole[kept != 0])
    assert (whole.masked_fill(kept == 0, torch.inf).amin(1) >= whole.masked_fill(kept != 0, -torch.inf).amax(1)).all()
    assert ((model.sample_codes(50, Noise(0)) != 0).sum(1) == 3).all()


def test_noise_is_shown_in_training_alone() -> None:
    model = making.model("DenoisingAE", corruption=0.5)
    shown = model.loss(X, 0, Noise(0)).total
    assert not torch.allclose(shown, making.model("AE").loss(X, 0, Noise(0)).total)
    model.eval()
    torch.testing.assert_close(model.loss(X, 0, Noise(0)).total, making.model("AE").loss(X, 0, Noise(0)).total)


def test_shrinkage_is_what_the_formula_says() -> None:
    model: Any = making.model("RAE", shrinkage={"codes": 0.3, "decoder": 0.2})
    weights = sum(layer.weight.square().sum() for layer in model.decoder if hasattr(layer, "weight"))
    loss = model.loss(X, 0, Noise(0))
    expected = loss.terms["distortion"] + 0.15 * model.encode(X).square().sum(1) + 0.2 * weights
    torch.testing.assert_close(loss.total, expected)


def test_the_decoders_gradient_is_that_of_a_linear_decoder_on_average() -> None:
    """Of σ(W z + b) the Jacobian is diag(s (1 − s)) W, s the image."""
    model: Any = making.model("RAE", depth=0, shrinkage={"name": "gradient", "codes": 0.3, "decoder": 0.2})
    draws = [model.loss(X, 0, Noise(seed)) for seed in range(400)]
    image, (layer,) = model.reconstruct(X).flatten(1), [one for one in model.decoder if hasattr(one, "weight")]
    expected = ((image * (1 - image)).square() * layer.weight.square().sum(1)).sum(1)
    found = torch.stack([loss.terms["decoder"] for loss in draws]).mean(0)
    torch.testing.assert_close(found, expected, rtol=0.15, atol=0)
    norm = model.encode(X).square().sum(1)
    total = draws[0].terms["distortion"] + 0.15 * norm + 0.2 * draws[0].terms["decoder"]
    torch.testing.assert_close(draws[0].total, total)
    with torch.no_grad():  # as in validation
        torch.testing.assert_close(model.loss(X, 0, Noise(0)).total, draws[0].total)


def test_a_decoder_with_a_small_gradient_is_flatter() -> None:
    slopes = []
    for weight in (0.0, 10.0):
        shrinkage = {"name": "gradient", "codes": 0.1, "decoder": weight}
        _, history = making.train(making.cell("RAE", train={"epochs": 10, "lr": 5e-3}, shrinkage=shrinkage))
        slopes.append(history[-1]["validation_decoder"])
    assert slopes[1] < slopes[0] / 2


def test_the_dip_penalty_is_that_of_whitened_codes_zero() -> None:
    codes = torch.randn(500, 4, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    centred = codes - codes.mean(0)
    white = centred @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(codes.T, correction=0))).T
    assert float(distance_from_identity(covariance(white), 10.0)) == pytest.approx(0, abs=1e-20)
    matrix = covariance(codes)
    off = float(matrix.square().sum() - matrix.diagonal().square().sum())
    expected = off + 10 * float((matrix.diagonal() - 1).square().sum())
    assert float(distance_from_identity(matrix, 10.0)) == pytest.approx(expected)


def test_the_stratified_density_is_the_data_sets_on_average() -> None:
    """Over all batches that hold an image, exactly; the weighted one is not."""
    mean = torch.tensor([[0.0], [1.0], [3.0], [-2.0]], dtype=torch.double)
    logvar, z = torch.zeros_like(mean), torch.full((1, 1), 0.5, dtype=torch.double)
    each = losses.gaussian_log_density(z, mean, logvar).exp()[:, 0]
    for sampling, exact in (("stratified", True), ("weighted", False)):
        found = []
        for others in ([1, 2], [1, 3], [2, 3]):
            weight = log_weights(3, torch.tensor(4.0, dtype=torch.double), sampling)[0].exp()
            found.append(float((weight * each[[0, *others]]).sum()))
        assert (sum(found) / 3 == pytest.approx(float(each.mean()))) == exact


@pytest.mark.parametrize("sampling", ["weighted", "stratified"])
def test_either_samplings_terms_add_up_to_the_sampled_rate(sampling: str) -> None:
    mean, logvar, z = torch.randn(3, 6, 2, generator=torch.Generator().manual_seed(0))
    parts = decompose(z, mean, logvar, 40, sampling)
    zeros = torch.zeros_like(z)
    rate = (losses.gaussian_log_density(z, mean, logvar) - losses.gaussian_log_density(z, zeros, zeros)).sum(1)
    torch.testing.assert_close(sum(parts), rate)


def test_marginal_draws_have_the_numbers_of_each_dimension_and_not_their_pairs() -> None:
    first = torch.randn(4000, 1, generator=torch.Generator().manual_seed(0))
    codes = torch.cat([first, 2 * first], dim=1)
    drawn = from_marginals(codes, Noise(0))
    assert set(drawn[:, 0].tolist()) <= set(codes[:, 0].tolist())
    assert set(drawn[:, 1].tolist()) <= set(codes[:, 1].tolist())
    assert drawn.std(0).tolist() == pytest.approx(codes.std(0).tolist(), rel=0.05)
    assert abs(float(torch.corrcoef(drawn.T)[0, 1])) < 0.05


@pytest.mark.parametrize("name", ["FactorVAE", "AAE"])
def test_each_weight_gets_the_gradient_of_its_owner_alone(name: str) -> None:
    model: Any = making.model(name)
    loss = model.loss(X, 0, Noise(0))
    own = dict(model.adversary.named_parameters())
    others = {key: value for key, value in model.named_parameters() if not key.startswith("adversary.")}
    total = torch.autograd.grad(loss.total.mean(), [*own.values(), *others.values()], retain_graph=True)
    of_cost = torch.autograd.grad(
        loss.terms["adversary"].mean(), [*own.values(), *others.values()], retain_graph=True, allow_unused=True
    )
    torch.testing.assert_close(list(total[: len(own)]), list(of_cost[: len(own)]))
    assert all(gradient is None for gradient in of_cost[len(own) :])
    model.weight = 0.0
    plain = torch.autograd.grad(model.loss(X, 0, Noise(0)).total.mean(), list(own.values()))
    torch.testing.assert_close(list(plain), list(total[: len(own)]))  # nothing of the penalty reaches it


def test_a_trained_discriminator_knows_the_total_correlation() -> None:
    """Of a Gaussian with correlation ρ it is −½ log(1 − ρ²)."""
    model: Any = making.model("FactorVAE", latent_dim=2, adversary={"hidden": 64})
    generator, rho = torch.Generator().manual_seed(0), 0.8
    optimiser = torch.optim.Adam(model.adversary.parameters(), 3e-2)
    for step in range(500):
        a, b = torch.randn(2, 512, generator=generator)
        codes = torch.stack([a, rho * a + math.sqrt(1 - rho**2) * b], dim=1)
        optimiser.zero_grad()
        model.adversary.cost(codes, from_marginals(codes, Noise(step))).mean().backward()
        optimiser.step()
    assert float(model.adversary.logits(codes).mean()) == pytest.approx(-0.5 * math.log(1 - rho**2), abs=0.12)


def test_a_factor_vaes_codes_are_less_dependent_where_it_counts() -> None:
    costs = {}
    for weight in (0.0, 30.0):
        cell = making.cell("FactorVAE", train={"epochs": 30, "lr": 3e-3}, adversary={"weight": weight}, latent_dim=4)
        _, history = making.train(cell, count=256)
        costs[weight] = history[-1]["train_total_correlation"]
    assert costs[30.0] < costs[0.0]


def flow(dimensions: int = 3) -> RealNVP:
    torch.manual_seed(0)
    made = RealNVP(dimensions, layers=4, hidden=16).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(4)  # far from the identity
    return made


def test_a_flows_determinant_is_that_of_its_jacobian_and_it_goes_back() -> None:
    model, z = flow(), torch.randn(5, 3, dtype=torch.double)
    u, found = model(z)
    torch.testing.assert_close(model.of_normal(u), z)
    for place in range(len(z)):
        jacobian: Any = torch.autograd.functional.jacobian(lambda one: model(one[None])[0][0], z[place])
        torch.testing.assert_close(found[place], torch.linalg.slogdet(jacobian).logabsdet)
    assert found.abs().max() > 0.1


def test_a_flows_density_integrates_to_one() -> None:
    model, steps = flow(2), 400
    places = torch.linspace(-12, 12, steps, dtype=torch.double)
    grid = torch.cartesian_prod(places, places)
    with torch.no_grad():
        total = model.log_density(grid).exp().sum() * (places[1] - places[0]) ** 2
    assert float(total) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("backwards", [False, True])
def test_an_autoregressive_maps_jacobian_is_triangular(backwards: bool) -> None:
    torch.manual_seed(0)
    model = Autoregressive(4, 16, backwards).double()
    z, h = torch.randn(2, 4, dtype=torch.double), torch.randn(2, 4, dtype=torch.double)
    _, found = model(z, h)
    for place in range(2):
        jacobian: Any = torch.autograd.functional.jacobian(
            lambda one, h=h[[place]]: model(one[None], h)[0][0], z[place]
        )
        outside = jacobian.tril(-1) if backwards else jacobian.triu(1)
        assert outside.abs().max() == 0
        assert jacobian.abs().sum() > jacobian.diagonal().abs().sum()
        torch.testing.assert_close(found[place], torch.linalg.slogdet(jacobian).logabsdet)


@torch.no_grad()
def sampled_rate(vae: Any, noise: Noise) -> Tensor:
    mean, logvar = vae.gaussian(X)
    z = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
    zeros = torch.zeros_like(z)
    return (losses.gaussian_log_density(z, mean, logvar) - losses.gaussian_log_density(z, zeros, zeros)).sum(1)


@pytest.mark.parametrize(("name", "part"), [("IAFVAE", "steps"), ("FlowPriorVAE", "flow")])
@torch.no_grad()
def test_flows_that_move_nothing_leave_a_vae_with_a_sampled_rate(name: str, part: str) -> None:
    model: Any = making.model(name)
    for parameter in getattr(model, part).parameters():
        parameter.zero_()
    loss = model.loss(X, 0, Noise(1))
    torch.testing.assert_close(loss.terms["rate"], sampled_rate(model, Noise(1)))
    mean, logvar = model.gaussian(X)
    z = losses.gaussian_sample(mean, logvar, Noise(1).normal(mean.shape))
    torch.testing.assert_close(loss.terms["distortion"], model.distortion(X, z))
    torch.testing.assert_close(model.encode(X), mean)


@torch.no_grad()
def test_one_pseudo_input_is_a_gaussian_prior_and_several_are_a_mixture() -> None:
    model: Any = making.model("VampVAE", components=1)
    z = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    mean, logvar = model.components()
    one = Independent(Normal(mean[0], (0.5 * logvar[0]).exp()), 1)
    torch.testing.assert_close(model.log_prior(z), one.log_prob(z))
    several: Any = making.model("VampVAE", components=4)
    mean, logvar = several.components()
    weights: Any = torch.distributions.Categorical(logits=torch.zeros(4))
    mixture: Any = MixtureSameFamily(weights, Independent(Normal(mean, (0.5 * logvar).exp()), 1))
    torch.testing.assert_close(several.log_prior(z), mixture.log_prob(z))


def test_pseudo_inputs_begin_as_training_images() -> None:
    model: Any = making.model("VampVAE", components=5)
    images = making.images(40)
    model.start(images, Noise(0), 10)
    made = model.centres.sigmoid()
    assert all((as_float(images) - one).abs().amax((1, 2, 3)).min() < 0.03 for one in made)


@torch.no_grad()
def test_a_ladder_whose_top_is_silent_is_a_vae() -> None:
    model: Any = making.model("LadderVAE")
    for network in (model.up, model.down):
        for parameter in network[-1].parameters():
            parameter.zero_()
    normal = torch.ones(len(X), model.top)
    top_mean, top_logvar, mean, logvar, below_mean, below_logvar = model.both(X, normal)
    assert not any(part.any() for part in (top_mean, top_logvar, below_mean, below_logvar))
    noise = Noise(1)
    noise.normal(normal.shape)
    z = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
    loss = model.loss(X, 0, Noise(1))
    torch.testing.assert_close(loss.terms["rate"], losses.gaussian_rates(mean, logvar).sum(1))
    torch.testing.assert_close(loss.terms["distortion"], model.distortion(X, z))
    encoded, spread = model.encoder(X).chunk(2, dim=1)  # with N(0, I) as its other source, whose precision is 1
    torch.testing.assert_close(mean, encoded / (1 + spread.exp()))
    torch.testing.assert_close(logvar, -(1 + (-spread).exp()).log())


@torch.no_grad()
def test_a_ladders_rate_is_what_draws_say() -> None:
    model: Any = making.model("LadderVAE")
    for parameter in (*model.up.parameters(), *model.down.parameters()):
        parameter.mul_(3)
    x, count = X[:1].expand(20_000, *X.shape[1:]), 20_000
    top_mean, top_logvar, mean, logvar, below_mean, below_logvar = model.both(x, Noise(0).normal((count, model.top)))
    y = losses.gaussian_sample(top_mean, top_logvar, Noise(0).normal((count, model.top)))
    z = losses.gaussian_sample(mean, logvar, Noise(1).normal(mean.shape))
    zeros = torch.zeros_like(y)
    density = losses.gaussian_log_density
    drawn = density(z, mean, logvar).sum(1) - density(z, below_mean, below_logvar).sum(1)
    drawn = drawn + density(y, top_mean, top_logvar).sum(1) - density(y, zeros, zeros).sum(1)
    _, rates = model.code(x, Noise(0))
    assert float(drawn.mean()) == pytest.approx(float(rates.sum(1).mean()), rel=0.03)


def gradients_of(model: Autoencoder, count: int) -> dict[str, Tensor]:
    """Of the encoder's and the decoder's weights, (count, …): one of each draw."""
    found = []
    for seed in range(count):
        model.zero_grad()
        model.loss(X[:2], 0, Noise(seed)).total.mean().backward()
        found.append([part.grad.clone() for part in model.parameters() if part.grad is not None])
    names = [name for name, _ in model.named_parameters()]
    return {name: torch.stack([one[place] for one in found]) for place, name in enumerate(names)}


def test_dregs_gradient_has_the_iwaes_mean_and_a_smaller_variance() -> None:
    models = [making.model(name, samples=16, activation="Tanh") for name in ("IWAE", "DReG")]
    with torch.no_grad():
        for model in models:
            for parameter in model.encoder.parameters():
                parameter.mul_(1.5)
    torch.testing.assert_close(models[0].loss(X, 0, Noise(0)).total, models[1].loss(X, 0, Noise(0)).total)
    count = 400
    iwae, dreg = (gradients_of(model, count) for model in models)
    for name, ours in dreg.items():
        theirs = iwae[name]
        if name.startswith("decoder."):
            torch.testing.assert_close(ours, theirs)
            continue
        error = ((theirs.var(0) + ours.var(0)) / count).sqrt()
        distance = ((ours.mean(0) - theirs.mean(0)) / error.clamp(min=1e-9)).abs()
        assert (distance < 4.5).float().mean() > 0.995, name
        assert ours.var(0).mean() < 0.7 * theirs.var(0).mean(), name


@torch.no_grad()
def test_a_labelled_images_rate_is_to_its_classs_prior() -> None:
    model: Any = making.model("ConditionalVAE", classes=3)
    model.centres.copy_(torch.randn(model.centres.shape, generator=torch.Generator().manual_seed(0)))
    labels = torch.arange(8) % 3
    shown = as_float(model.with_labels(making.images(8), labels))
    loss = model.loss(shown, 0, Noise(1))
    mean, logvar = model.gaussian(X)
    means, logvars = model.components()
    for place, label in enumerate(labels):
        q, p = (Normal(m, (0.5 * v).exp()) for m, v in ((mean[place], logvar[place]), (means[label], logvars[label])))
        torch.testing.assert_close(loss.terms["rate"][place], torch.distributions.kl_divergence(q, p).sum())
    plain = model.loss(X, 0, Noise(1))
    torch.testing.assert_close(loss.terms["distortion"], plain.terms["distortion"])


def test_classes_that_are_all_the_standard_normal_leave_the_vae() -> None:
    model: Any = making.model("ConditionalVAE", classes=3)
    with torch.no_grad():
        model.centres.zero_()
    shown = as_float(model.with_labels(making.images(8), torch.arange(8) % 3))
    torch.testing.assert_close(model.loss(shown, 0, Noise(1)).total, making.model("VAE").loss(X, 0, Noise(1)).total)


def test_a_conditional_model_draws_classes_as_often_as_they_were_in_training() -> None:
    model: Any = making.model("ConditionalVAE", classes=4)
    with torch.no_grad():
        model.centres.zero_()
        model.centres[:, 0] = torch.tensor([-90.0, -30.0, 30.0, 90.0])  # far apart
    labels = torch.tensor([0, 2, 2, 2]).repeat(5)
    model.start(model.with_labels(making.images(20), labels), Noise(0), 10)
    drawn = model.sample_codes(4000, Noise(1))[:, 0]
    near = (drawn[:, None] - torch.tensor([-90.0, -30.0, 30.0, 90.0])).abs() < 10
    torch.testing.assert_close(near.float().mean(0), torch.tensor([0.25, 0.0, 0.75, 0.0]), atol=0.03, rtol=0)
    mean, deviation = model.prior_moments()
    torch.testing.assert_close(
        torch.stack([mean[0], deviation[0]]), torch.stack([drawn.mean(), drawn.std()]), rtol=0.1, atol=1
    )
    parts = Independent(Normal(model.components()[0], 1.0), 1)
    mixture = MixtureSameFamily(torch.distributions.Categorical(torch.tensor([0.25, 0.0, 0.75, 0.0])), parts)
    z = model.sample_codes(10, Noise(2))
    torch.testing.assert_close(model.log_prior(z), mixture.log_prob(z))


def test_images_without_classes_are_refused_and_other_models_see_no_labels() -> None:
    model, images = making.model("ConditionalVAE"), making.images(4)
    for labels, said in ((torch.zeros(4).long(), "have 1 class;"), (torch.tensor([0, 1, 2, 10]), "have 11 classes;")):
        with pytest.raises(UserError, match=said):
            model.with_labels(images, labels)
    assert making.model("VAE").with_labels(images, torch.zeros(4).long()) is images


def test_a_conditional_models_classes_are_apart() -> None:
    """Images of two kinds: each class's prior makes its own."""
    cell = making.cell("ConditionalVAE", train={"epochs": 60, "lr": 1e-2}, classes=2, latent_dim=2)
    model: Any = checkpoint.build(cell, making.SHAPE)
    images, labels = making.images(200), torch.arange(200) % 2
    images[labels == 1] = 255 - images[labels == 1] // 4
    images[labels == 0] //= 4
    shown = model.with_labels(images, labels)
    loop.train(model, shown, shown[:20], cell)
    with torch.no_grad():
        dark, bright = model.decode(model.components()[0]).mean((1, 2, 3))
    assert bright > dark + 0.3
