"""Losses of our models beside Pythae's, on the same networks, codes and noise.

    uv run --group benchmark python -m benchmarks.model_references

Prints a row a loss: its name, ours, Pythae's, and the difference; each is a mean over images in nats. Pythae's loss
functions are called with the tensors that ours makes. They agree to rounding, but for stratified sampling, where Pythae
gives one image of the batch the weight that ours spreads over all.
"""

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from vaeplay.data import mnist5k
from vaeplay.data.prepared import as_float
from vaeplay.models import tc_vae
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import losses
from vaeplay.models.parts.flows import RealNVP
from vaeplay.noise import Noise
from vaeplay.python import fit
from vaeplay.training import checkpoint

Row = tuple[str, float, float]
SHAPE, SIZE, COUNT, IMAGES = (1, 28, 28), 8, 64, 4000


def model(name: str, **settings: Any) -> Autoencoder:
    """An untrained model of ours, with other settings than those of params.yaml."""
    return checkpoint.build(fit.cell(name, {"latent_dim": SIZE, "depth": 1, "schedule": "constant"} | settings), SHAPE)


def terms(ours: Any, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Reconstruction, mean, log-variance and sampled code, as `loss(x, 0, Noise(0))` has them."""
    mean, logvar = ours.gaussian(x)
    z = losses.gaussian_sample(mean, logvar, Noise(0).normal(mean.shape))
    return ours.decode(z), mean, logvar, z


def rows() -> Iterator[Row]:
    """One for each loss that both have."""
    from pythae import models as theirs

    found = torch.from_numpy(mnist5k.read().images)
    x = as_float(found[:: len(found) // COUNT][:COUNT].contiguous())
    same = {"input_dim": SHAPE, "latent_dim": SIZE, "reconstruction_loss": "bce"}

    def total(one: Autoencoder) -> float:
        return float(one.loss(x, 0, Noise(0)).total.mean())

    vae = model("VAE")
    y, mean, logvar, z = terms(vae, x)
    pythae: Any = theirs.VAE(theirs.VAEConfig(**same))
    yield "VAE", total(vae), float(pythae.loss_function(y, x, mean, logvar, z)[0])

    beta = model("BetaVAE", beta=4.0)
    y, mean, logvar, z = terms(beta, x)
    pythae = theirs.BetaVAE(theirs.BetaVAEConfig(**same, beta=4.0))
    yield "β-VAE, β = 4", total(beta), float(pythae.loss_function(y, x, mean, logvar, z)[0])

    capacity = model("CapacityVAE", capacity={"target": 12.0, "gamma": 3.0, "share": 1.0})
    capacity.start(found, Noise(0), 100)
    y, mean, logvar, z = terms(capacity, x)
    pythae = theirs.DisentangledBetaVAE(theirs.DisentangledBetaVAEConfig(**same, beta=3.0, C=12.0, warmup_epoch=99))
    ours = float(capacity.loss(x, 40, Noise(0)).total.mean())
    yield "capacity VAE, after 40 %", ours, float(pythae.loss_function(y, x, mean, logvar, z, 40)[0])

    info = model("InfoVAE", beta=0.5, mmd_weight=0.0)
    y, mean, logvar, z = terms(info, x)
    pythae = theirs.INFOVAE_MMD(theirs.INFOVAE_MMD_Config(**same, alpha=0.5, lbd=0.5, kernel_choice="imq"))
    yield "InfoVAE, MMD's weight 0", total(info), float(pythae.loss_function(y, x, z, z, mean, logvar)[0])

    pythae = theirs.WAE_MMD(theirs.WAE_MMD_Config(**same, kernel_choice="imq"))
    prior = Noise(1).normal(z.shape)
    within = [(pythae.imq_kernel(a, a).sum() - len(a) * len(losses.MMD_SCALES)) / (len(a) ** 2) for a in (z, prior)]
    cross = pythae.imq_kernel(z, prior).mean()
    diagonal = 2 * len(losses.MMD_SCALES) / len(z)  # ours counts the pairs of a code with itself
    yield "MMD² of InfoVAE and WAE", float(losses.mmd(z, prior)), float(sum(within) - 2 * cross) + diagonal

    vamp: Any = model("VampVAE", components=20)
    y, mean, logvar, z = terms(vamp, x)
    pythae = theirs.VAMP(theirs.VAMPConfig(**same, number_components=20))
    pythae._log_p_z = lambda z: _log_mixture(z, *vamp.components())
    yield "VampPrior", total(vamp), float(pythae.loss_function(y, x, mean, logvar, z, 0)[0])

    factor: Any = model("FactorVAE", adversary={"weight": 6.0})
    y, mean, logvar, z = terms(factor, x)
    pythae = theirs.FactorVAE(theirs.FactorVAEConfig(**same, gamma=6.0))
    logits = lambda codes: torch.stack([factor.adversary(codes), torch.zeros(len(codes))], dim=1)  # noqa: E731
    pythae.__dict__["discriminator"] = logits  # before the module of that name
    _, theirs_total, theirs_cost = pythae.loss_function(y, x, mean, logvar, z, prior)
    yield "FactorVAE", total(factor), float(theirs_total)
    yield "FactorVAE's discriminator", float(factor.adversary.cost(z, prior).mean()), float(theirs_cost)

    tc: Any = model("BetaTCVAE", beta=5.0)
    tc.images.fill_(IMAGES)
    for sampling, stratified in (("weighted", False), ("stratified", True)):
        tc.sampling = sampling
        y, mean, logvar, z = terms(tc, x)
        settings = theirs.BetaTCVAEConfig(**same, beta=5.0, use_mss=stratified)
        pythae = theirs.BetaTCVAE(settings)
        ours = tc_vae.decompose(z, mean, logvar, IMAGES, sampling)
        value = pythae.loss_function(y, x, mean, logvar, z, IMAGES)[0]
        distortion = functional.binary_cross_entropy(y, x, reduction="none").flatten(1).sum(1)
        yield f"β-TCVAE, {sampling}", float((distortion + ours[0] + 5 * ours[1] + ours[2]).mean()), float(value)

    torch.manual_seed(0)
    rae: Any = model("RAE", likelihood={"name": "gaussian", "sigma": math.sqrt(0.5)}, shrinkage={"decoder": 0.0})
    z = rae.encode(x)
    pythae = theirs.RAE_L2(theirs.RAE_L2_Config(input_dim=SHAPE, latent_dim=SIZE, embedding_weight=0.1))
    constant = math.prod(SHAPE) / 2 * math.log(2 * math.pi * 0.5)  # of the Gaussian, whose −log is a sum of squares
    yield "RAE, L2", total(rae) - constant, float(pythae.loss_function(rae.decode(z), x, z)[0])
    yield from _flows(z)


def _log_mixture(z: Tensor, mean: Tensor, logvar: Tensor) -> Tensor:
    """As Pythae's VampPrior has it, without the constant of the densities."""
    each = -0.5 * (logvar + (z.unsqueeze(1) - mean).square() / logvar.exp()).sum(2)
    return each.logsumexp(1) - math.log(len(mean))


def _flows(z: Tensor) -> Iterator[Row]:
    """A RealNVP's density by its inverse's Jacobian in double precision, as Pythae's couplings are made otherwise."""
    flow, z = RealNVP(SIZE, 4, 32).double(), z[:4].detach().double()
    found = []
    for one in z:
        jacobian: Any = torch.autograd.functional.jacobian(lambda code: flow(code[None])[0][0], one)
        u = flow(one[None])[0][0]
        found.append(-0.5 * (u.square() + math.log(2 * math.pi)).sum() + torch.linalg.slogdet(jacobian).logabsdet)
    yield "RealNVP, autograd", float(flow.log_density(z).mean()), float(torch.stack(found).mean())


@torch.no_grad()
def main() -> None:
    """Print the table."""
    for name, ours, theirs in rows():
        print(f"{name:28} {ours:14.6f} {theirs:14.6f} {ours - theirs:12.2e}")


if __name__ == "__main__":
    main()
