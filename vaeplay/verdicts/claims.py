"""What textbooks say of autoencoders, as predictions that were fixed before any run: they hold, fail, or stay open.

Each names a metric, the pairs that it is about, a direction, and the least difference that would deserve the sentence.
That threshold is the author's, not the textbook's: it is set where a difference begins to be worth a sentence. A claim
is about every pair of its sort that the grid has, and `vaeplay.verdicts.judge` says when it holds or fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vaeplay.verdicts import about
from vaeplay.verdicts.pairs import Pair

BEST_EPOCH = "best_epoch"
"""The epoch with the lowest loss on the validation split: told by the log, and in no registry."""

Convergence = Literal["falling", "best", "overfitting"]
Unless = Callable[[Callable[[str], Convergence | None], Pair], str | None]


def _nothing_overfits(convergence: Callable[[str], Convergence | None], pair: Pair) -> str | None:
    """Which model overfits sooner shows only where one does: until then, the best epoch is about the last."""
    ends = {convergence(cell) for cell in (*pair.first.cells, *pair.second.cells)}
    settled = "overfitting" not in ends and None not in ends
    return "no training overfits, so none does so sooner" if settled else None


@dataclass(frozen=True)
class Claim:
    """A sentence and what would bear it out, which `predicts` says in words with `{}` for the threshold.

    In every pair that is `about` it, `metric` of the second is at least `least` `direction` than `against` of the first
    (the same metric, unless another is named; nothing at all, where it is ""). `equal`: they differ by no more than
    `least`. Where `relative`, `least` is a share of the first's value, else it is in the metric's unit. `unless` gives
    the reason for which a pair says nothing, given how far each cell's training came.
    """

    key: str
    sentence: str
    predicts: str
    source: str
    about: Callable[[Pair], bool]
    metric: str
    direction: Literal["higher", "lower", "equal"]
    least: float
    relative: bool = False
    against: str | None = None
    unless: Unless = lambda convergence, pair: None

    def borne_out(self, low: float, high: float) -> bool:
        """Whether all of an interval of the difference, taken in the claim's direction, is as predicted."""
        return -self.least <= low and high <= self.least if self.direction == "equal" else low >= self.least

    def contradicted(self, low: float, high: float) -> bool:
        """Whether none of it is."""
        return max(low, -high) > self.least if self.direction == "equal" else high < self.least


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "vae_reconstructs_worse",
        "A VAE reconstructs worse than an AE of the same size.",
        "the VAE's MSE is at least {} higher than the AE's",
        "Kingma & Welling 2014, arXiv:1312.6114: noise and rate cost distortion",
        about.objectives("AE", "VAE"),
        "mse",
        "higher",
        0.02,
        relative=True,
    ),
    Claim(
        "vae_is_blurrier",
        "A VAE's reconstructions are blurrier than the AE's.",
        "the VAE's sharpness is at least {} lower than the AE's",
        "Larsen et al. 2016, arXiv:1512.09300",
        about.objectives("AE", "VAE"),
        "sharpness",
        "lower",
        0.02,
    ),
    Claim(
        "vae_has_fewer_holes",
        "A VAE's latent space has fewer holes than the AE's: fewer samples come from regions without training codes.",
        "the VAE's share of draws in holes is at least {} lower than the AE's",
        "Tolstikhin et al. 2018, arXiv:1711.01558; Ghosh et al. 2020, arXiv:1903.12436",
        about.objectives("AE", "VAE"),
        "holes",
        "lower",
        0.02,
    ),
    Claim(
        "vae_walks_smoother",
        "A walk through a VAE's latent space is smoother than one through the AE's.",
        "the VAE's trip is at least {} lower than the AE's",
        "Bengio et al. 2013, arXiv:1207.4404; Berthelot et al. 2019, arXiv:1807.07543",
        about.objectives("AE", "VAE"),
        "trip",
        "lower",
        0.02,
        relative=True,
    ),
    Claim(
        "vae_samples_better",
        "A VAE's samples are closer to real images than those of an AE with a density fitted to its codes.",
        "the Fréchet distance of the VAE's samples is at least {} lower than that of the AE's",
        "The usual reason for a VAE; doubted by Ghosh et al. 2020, arXiv:1903.12436",
        about.objectives("AE", "VAE"),
        "frechet",
        "lower",
        0.05,
        relative=True,
    ),
    Claim(
        "ae_overfits_sooner",
        "An AE overfits sooner than a VAE of the same size.",
        "the VAE's best epoch is at least {} later than the AE's",
        "Goodfellow et al. 2016, Deep Learning, chapter 14: noise regularises",
        about.objectives("AE", "VAE"),
        BEST_EPOCH,
        "higher",
        0.1,
        relative=True,
        unless=_nothing_overfits,
    ),
    Claim(
        "beta_lowers_rate",
        "A higher β lowers the rate.",
        "the rate at the higher β is at least {} lower",
        "Higgins et al. 2017; Alemi et al. 2018, arXiv:1711.00464",
        about.beta_up,
        "rate",
        "lower",
        0.05,
        relative=True,
    ),
    Claim(
        "beta_raises_distortion",
        "A higher β raises the distortion.",
        "the distortion at the higher β is at least {} higher",
        "Higgins et al. 2017; Alemi et al. 2018, arXiv:1711.00464",
        about.beta_up,
        "distortion",
        "higher",
        0.01,
        relative=True,
    ),
    Claim(
        "convolutions_help",
        "Convolutional networks reconstruct better than dense ones of the same size.",
        "the convolutional model's MSE is at least {} lower than the dense one's",
        "LeCun et al. 1998, doi:10.1109/5.726791",
        about.to_convolutions,
        "mse",
        "lower",
        0.02,
        relative=True,
    ),
    Claim(
        "longer_codes_reconstruct_better",
        "A longer code reconstructs better.",
        "the MSE with the longer code is at least {} lower",
        "Hinton & Salakhutdinov 2006, doi:10.1126/science.1127647",
        about.changes("latent_dim"),
        "mse",
        "lower",
        0.1,
        relative=True,
    ),
    Claim(
        "depth_helps",
        "Deeper networks reconstruct better.",
        "the deeper model's MSE is at least {} lower",
        "Hinton & Salakhutdinov 2006, doi:10.1126/science.1127647",
        about.changes("depth"),
        "mse",
        "lower",
        0.01,
        relative=True,
    ),
    Claim(
        "mixture_beats_prior",
        "Samples from a mixture fitted to the codes are closer to real images than those from the prior.",
        "the Fréchet distance of samples from the fitted mixture is at least {} lower than that of samples "
        "from the prior",
        "Ghosh et al. 2020, arXiv:1903.12436, Table 1: 23 of 24 pairs",
        about.has_prior,
        "frechet_mixture",
        "lower",
        0.05,
        relative=True,
        against="frechet",
    ),
    Claim(
        "realnvp_beats_gaussian",
        "Samples from a RealNVP fitted to the codes are nearer to real images than those from a Gaussian.",
        "the Fréchet distance of samples from the fitted RealNVP is at least {} lower than that of samples "
        "from the fitted Gaussian",
        "Xiao et al. 2019, arXiv:1905.10485: a flow finds the shape that an autoencoder's codes have",
        about.vectors,
        "frechet_realnvp",
        "lower",
        0.05,
        relative=True,
        against="frechet_gaussian",
    ),
    Claim(
        "elbo_is_below",
        "The ELBO lies below log p(x).",
        "log p(x) is at least {} higher than the ELBO",
        "Kingma & Welling 2014, arXiv:1312.6114: by the divergence of the two posteriors",
        about.has_prior,
        "log_likelihood",
        "higher",
        0.1,
        against="elbo",
    ),
    Claim(
        "no_gaussian_suffices",
        "Even the best Gaussian posterior leaves a gap to log p(x).",
        "the approximation gap is at least {}",
        "Cremer et al. 2018, arXiv:1801.03558",
        about.has_prior,
        "approximation_gap",
        "higher",
        0.1,
        against="",
    ),
    Claim(
        "iwae_reaches_a_higher_bound",
        "An IWAE reaches a higher bound on log p(x) than a VAE of the same size.",
        "the IWAE's importance-weighted bound is at least {} higher than the VAE's",
        "Burda et al. 2016, arXiv:1509.00519, Table 1: 84.78 against 86.76 nats",
        about.objectives("VAE", "IWAE"),
        "bound",
        "higher",
        0.2,
    ),
    Claim(
        "iwae_uses_more_units",
        "An IWAE uses more latent dimensions than a VAE of the same size.",
        "the IWAE uses at least {} more than the VAE",
        "Burda et al. 2016, arXiv:1509.00519, Table 1",
        about.objectives("VAE", "IWAE"),
        "active_units",
        "higher",
        1,
    ),
    Claim(
        "maps_are_sharpest",
        "A VQ-VAE's reconstructions are sharper than those of continuous codes.",
        "the VQ-VAE's sharpness is at least {} higher than that of the other model",
        "van den Oord et al. 2017, arXiv:1711.00937",
        about.changes("code"),
        "sharpness",
        "higher",
        0.02,
    ),
    Claim(
        "linear_ae_is_pca",
        "A linear AE reconstructs as well as PCA with as many components.",
        "the AE's MSE differs from that of PCA by no more than {}",
        "Baldi & Hornik 1989, doi:10.1016/0893-6080(89)90014-2",
        about.linear_autoencoder,
        "mse",
        "equal",
        0.02,
        relative=True,
        against="pca_mse",
    ),
)

BY_KEY: dict[str, Claim] = {claim.key: claim for claim in CLAIMS}
