"""The stations of the tour: what a reader is told, asked and told why. No text but `after` says what came of it.

Written for readers who have never met a VAE: a station explains the words that it uses first. The three `after` texts
follow the verdict of the claim, and are true of whatever pairs gave it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Station:
    """A question and what belongs to it.

    `claim` and `also` are keys of the ledger: the second is shown beside the first. `holds` and `fails` are predictions
    with their reasons; `unsure` is why it may stay open, if not for small differences. `each` says what a pair of the
    claim is, and `noun` what it is called: one model, measured in two ways, is no pair. `why` is true whatever came of
    it, `after` by verdict.
    """

    key: str
    claim: str
    title: str
    tells: str
    asks: str
    holds: str
    fails: str
    each: str
    why: str
    after: dict[str, str]
    noun: str = "pair"
    unsure: str = ""
    also: str = ""
    formula: str = ""


def _after(holds: str, fails: str, cannot_tell: str) -> dict[str, str]:
    return {"holds": holds, "fails": fails, "cannot tell": cannot_tell}


STATIONS = (
    Station(
        "reconstruction",
        "vae_reconstructs_worse",
        "What does a VAE cost?",
        "An autoencoder (AE) squeezes an image into a few numbers, its code, and rebuilds the image from them: the "
        "reconstruction. A variational autoencoder (VAE) does the same under two handicaps. Noise is added to the "
        "code, and a code has a price: the more it says about its image, the more it costs. The mean squared error, "
        "MSE, measures how far a reconstruction is from its image.",
        "On images that neither was trained on, will the VAE’s reconstructions be worse than the AE’s?",
        "noise and a price must cost something.",
        "noise also keeps a network from learning its training images by heart.",
        "an AE and a VAE that differ in nothing else",
        "The noise hides which image a code stands for, and the price makes the code say less: both push the error up. "
        "But noise also keeps a network from fitting its training images too closely, and that may push the error on "
        "new images down.",
        _after(
            "In this run the handicaps outweigh that gain in every pair.",
            "In this run the handicaps do not outweigh that gain everywhere by as much as the claim asks.",
            "Which of the two is stronger cannot be told for every pair of this run.",
        ),
        formula="The encoder answers with the middle μ(x) of a cloud and its widths σ(x), and the code z is a point of "
        "it; ε is new standard normal noise for each image. So written, gradients pass through the noise: the "
        "reparameterisation trick.",
    ),
    Station(
        "holes",
        "vae_has_fewer_holes",
        "Can every code be decoded?",
        "Think of a code as a place: two numbers are a point in a plane, the latent space. A new image is made by "
        "drawing a place at random and decoding it. A VAE draws from its prior, a round cloud to which training pulls "
        "all codes; an AE has none, so it draws from a Gaussian fitted to its codes. A hole is a place far from the "
        "codes of all training images: the decoder never had to answer there. The share of draws that land in holes is "
        "measured.",
        "Will fewer draws land in holes with the VAE than with the AE?",
        "noise makes neighbouring codes overlap, so less is left empty.",
        "an AE’s codes may lie just as close together.",
        "an AE and a VAE that differ in nothing else",
        "Noise turns each code into a small cloud, and the price pulls all clouds towards the origin, so that gaps "
        "close. But the prior may still draw where no cloud lies. An AE’s codes lie wherever reconstruction puts them, "
        "which may or may not leave gaps.",
        _after(
            "In this run the VAE has clearly fewer in every pair.",
            "In this run not every VAE has fewer by as much as claimed. An AE with few holes leaves few to close.",
            "For at least one pair of this run the difference is too small to be sure.",
        ),
    ),
    Station(
        "blur",
        "vae_is_blurrier",
        "Why are VAE images soft?",
        "Look at the edges in reconstructions. Sharpness compares them with those in the test images: 1 is just as "
        "sharp, 0 has no edges at all. In a VAE, noise can move the code of one image to where the code of another may "
        "lie, so the decoder has to give one answer to both.",
        "Will the VAE’s reconstructions be blurrier than the AE’s?",
        "one answer to several images is a mixture of them.",
        "where codes are short, an AE has to average too.",
        "an AE and a VAE that differ in nothing else",
        "The answer with the least expected error is the average of all images that a code may stand for, and an "
        "average of shifted edges has no sharp edge. An AE has no noise, so its images share a code only where the "
        "code has too few numbers to tell them apart.",
        _after(
            "In this run every VAE is blurrier than its AE.",
            "In this run not every VAE is blurrier by as much as claimed: where codes are short, an AE averages too.",
            "For at least one pair of this run the difference is too small to be sure.",
        ),
        formula="The best answer to a code z, by squared error, is the mean of the images that share it.",
    ),
    Station(
        "beta",
        "beta_lowers_rate",
        "What if codes cost more?",
        "The rate measures how much a code says, in nats per image (a nat is 1.44 bits). The distortion measures how "
        "much of the image is lost. A VAE pays 1 for a nat of rate; a β-VAE pays β, which you can choose.",
        "Raise β. Will the rate fall?",
        "what costs more is bought less.",
        "the decoder needs what the code says, at any price.",
        "two models that differ in β alone",
        "Training minimises distortion + β · rate, so each part of a code must save more distortion than it costs, or "
        "it is given up. At a very high β all parts are: the code says nothing, and each image comes back as the same "
        "average. That is posterior collapse.",
        _after(
            "In this run the higher β has the lower rate in every pair.",
            "In this run the rate does not fall clearly in every pair.",
            "For at least one pair of this run the difference is too small to be sure.",
        ),
        also="beta_raises_distortion",
        formula="What a β-VAE minimises: distortion, plus β times the rate.",
    ),
    Station(
        "samplers",
        "mixture_beats_prior",
        "Where should new codes come from?",
        "A VAE draws the codes of new images from its prior: a round cloud around the origin, the same for every data "
        "set. Instead, one could take the codes that training images really have, fit a mixture of Gaussians (several "
        "clouds, each with its own place and shape) to them, and draw from that. The Fréchet distance measures how far "
        "samples are from real images: lower is better.",
        "Will samples come closer to real images with the fitted mixture?",
        "codes do not fill the prior evenly.",
        "the VAE was trained for its prior, so that should be best.",
        "sampled in both ways",
        "Training pulls codes towards the prior only as far as that costs little distortion, so the prior may draw "
        "where no image has its code. A mixture fitted afterwards draws where the codes are, but its samples can only "
        "be as good as the decoder.",
        _after(
            "In this run that pays off for every model.",
            "In this run that does not clearly pay off for every model.",
            "For at least one model of this run the difference is too small to be sure.",
        ),
        noun="model",
        formula="The prior is one Gaussian; the fitted density of codes has several, each with its own weight.",
    ),
    Station(
        "elbo",
        "elbo_is_below",
        "How far is the bound from the truth?",
        "How probable is an image under a VAE? The answer, log p(x), counts every code that could have produced it. "
        "Training uses a lower bound instead, the ELBO, which counts only the cloud of codes that the encoder "
        "proposes. Where a code has two numbers, all codes of the plane can be counted, and the two can be compared.",
        "Will the ELBO lie clearly below log p(x), by 0.1 nats or more per image?",
        "the encoder’s simple cloud misses some of the codes that matter.",
        "training has closed the gap.",
        "a VAE with two latent dimensions",
        "The two differ by exactly the KL divergence of the encoder’s cloud from the true posterior, which is never "
        "negative. The encoder proposes an upright ellipse, at once and for any image. The true posterior may be bent, "
        "tilted or in several parts, and for an unusual image the encoder may look in the wrong place.",
        _after(
            "In this run that costs 0.1 nats or more for every model.",
            "In this run at least one model’s ellipses are nearly as good as the true posterior.",
            "For at least one model of this run the gap is too uncertain.",
        ),
        noun="model",
        formula="log p(x) is the ELBO plus the divergence of the encoder’s posterior q from the true one.",
    ),
    Station(
        "overfitting",
        "ae_overfits_sooner",
        "Which memorises first?",
        "Training goes through all training images again and again; each pass is an epoch. After each, the loss is "
        "measured on images kept aside, for validation. The best epoch is the one where that loss is lowest. If it "
        "rises afterwards, the network has begun to memorise its training images: it overfits.",
        "Will the AE’s best epoch come earlier than the VAE’s, by 10 % or more?",
        "noise makes it hard to memorise images.",
        "the VAE can memorise just as soon.",
        "an AE and a VAE that differ in nothing else",
        "With noise a code is never the same twice, so it cannot be tied to one image; without noise it can. Whether "
        "that shows depends on the length of training: the best epochs of two models differ only if at least one of "
        "them had time to overfit.",
        _after(
            "In this run the AE is first in every pair.",
            "In this run the AE is not clearly first in every pair.",
            "This run does not settle it.",
        ),
        unsure="neither may be trained long enough to overfit.",
    ),
    Station(
        "codebook",
        "maps_are_sharpest",
        "What if codes were words?",
        "A VQ-VAE has no cloud and no noise. Its code is a small map of entries from a list, the codebook, as a text "
        "is a row of words from a dictionary. The codebook is learned with the networks. A second model then learns "
        "which maps occur, so that new ones can be drawn.",
        "Will its reconstructions be sharper than those of models whose codes are a few numbers?",
        "a word is exact: nothing has to be averaged.",
        "a short list of words cannot describe every image.",
        "a convolutional AE or VAE and a VQ-VAE",
        "Nothing between encoder and decoder is random, as in an AE, so the decoder averages only images whose codes "
        "are alike. How many these are depends on how much a code can say, and a map of entries can say much more, or "
        "less, than the few numbers that it is compared with: this is no comparison at equal size.",
        _after(
            "In this run it is sharper than each of them.",
            "In this run it is not clearly sharper than each of them.",
            "For at least one pair of this run the difference is too small to be sure.",
        ),
        formula="Each vector z of the encoder is replaced by the nearest entry e of the codebook. The first term is "
        "the distortion. The second, times a constant c, keeps z near its entry; sg(e) is e, taken as a constant: "
        "entries do not learn from this loss, but follow the mean of the vectors that choose them.",
    ),
)
