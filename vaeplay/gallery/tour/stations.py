"""The stations of the tour: what a reader is told, asked and told why. What came of it stands in no text of these.

Written for readers who have never met a VAE: a station explains the words that it uses first. The three `after` texts
follow the verdict of the claim, and hold of whatever pairs gave it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Station:
    """A question and what belongs to it.

    `claim` and `also` are keys of the ledger: the second is shown beside the first. `holds` and `fails` are predictions
    with their reasons. `each` says what a pair of the claim is, and `noun` what it is called: one model, measured in
    two ways, is no pair. `why` is true whatever came of it, `after` by verdict.
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
        "reconstruction. A variational autoencoder (VAE) has to do the same under two handicaps. Noise is added to the "
        "code, and a code has a price: the more it says about its image, the more it costs. The mean squared error, "
        "MSE, says how far a reconstruction is off.",
        "Will the VAE rebuild images that it has not seen worse than the AE of the same size?",
        "noise and a price must cost something.",
        "the network learns to live with both.",
        "an AE and a VAE that differ in nothing else",
        "The noise hides which image a code stands for, and the price makes the code say less: both push the error up. "
        "But noise also keeps a network from learning its training images by heart, and that pushes the error on new "
        "images down.",
        _after(
            "Here the first outweighs the second in every pair.",
            "Here the first does not outweigh the second in every pair.",
            "Which of the two is stronger cannot be told here for every pair.",
        ),
        formula="The code is the encoder’s answer with fresh noise, which lets gradients through: the "
        "reparameterisation.",
    ),
    Station(
        "holes",
        "vae_has_fewer_holes",
        "Is there something everywhere?",
        "Think of codes as places: a code of two numbers is a point of a plane, the latent space. A new image is made "
        "by drawing a place at random and decoding it. A hole is a place that draws fall into although it lies far "
        "from the codes of all training images: the decoder never had to answer there, and smears. The share of such "
        "draws is measured.",
        "Will fewer draws fall into holes with the VAE than with the AE?",
        "noise makes neighbouring codes touch, so less is empty.",
        "an AE’s codes may lie just as close together.",
        "an AE and a VAE that differ in nothing else",
        "Noise turns each code into a small cloud, and the price draws all clouds towards the origin, so that gaps "
        "close. An AE’s codes lie wherever reconstruction puts them, and that may leave gaps or not.",
        _after(
            "Here the VAE leaves clearly fewer in every pair.",
            "Here that is not so in every pair: where an AE leaves few holes, a VAE has none to close.",
            "For some pair here the difference is too small to be sure of.",
        ),
    ),
    Station(
        "blur",
        "vae_is_blurrier",
        "Why are VAE images soft?",
        "Look at the edges of reconstructions. Sharpness compares them with the test images: 1 is as sharp as these, "
        "0 is mist. In a VAE, noise can carry the code of one image to where the code of another was, so the decoder "
        "has to give one answer to both.",
        "Will the VAE’s reconstructions be blurrier than the AE’s?",
        "one answer to several images is a mixture of them.",
        "the decoder can pick the likeliest image and draw it sharply.",
        "an AE and a VAE that differ in nothing else",
        "The answer with the least error on average is the average of all images that may stand behind a code, and an "
        "average of shifted edges has no sharp edge. An AE has no noise, so its images share a code only where the "
        "code has too few numbers to keep them apart.",
        _after(
            "Here every VAE is blurrier than its AE.",
            "Here not every VAE is clearly blurrier than its AE: where codes are short, an AE averages too.",
            "For some pair here the difference is too small to be sure of.",
        ),
        formula="The best answer to a code z, by squared error, is the mean of the images that share it.",
    ),
    Station(
        "beta",
        "beta_lowers_rate",
        "What happens when codes cost more?",
        "The rate counts how much a code says, in nats per image (a nat is 1.44 bits). The distortion counts how far "
        "the rebuilt image is from its original. A VAE pays 1 for a nat of rate; a β-VAE pays β, which you can choose.",
        "Raise β. Will the rate fall?",
        "what costs more is bought less.",
        "the decoder needs what the code says, at any price.",
        "two models that differ in β alone",
        "Training minimises distortion + β · rate, so each part of a code must save more distortion than it costs. "
        "A part that does not is given up. Where all are, the code says nothing, and each image comes back as the same "
        "average: posterior collapse.",
        _after(
            "Here the higher β has the lower rate in every pair.",
            "Here the rate does not fall clearly in every pair.",
            "For some pair here the difference is too small to be sure of.",
        ),
        also="beta_raises_distortion",
        formula="What a β-VAE minimises: distortion, plus β times the rate.",
    ),
    Station(
        "samplers",
        "mixture_beats_prior",
        "Where should new codes come from?",
        "A VAE draws the codes of new images from its prior: a round cloud around the origin, the same for every data "
        "set. One could as well look at the codes that its training images really have, describe them by a mixture of "
        "clouds, and draw from that. The Fréchet distance says how far samples are from real images: 0 is best.",
        "Will samples come closer to real images with the fitted mixture?",
        "codes do not fill the prior evenly.",
        "the VAE was trained for its prior, so that should be best.",
        "sampled in both ways",
        "Training pulls codes towards the prior only as long as that costs little distortion, so the prior may draw "
        "where no image has its code. A mixture fitted afterwards draws where codes are, but it can only be as good as "
        "the decoder.",
        _after(
            "Here that pays in every model.",
            "Here that does not clearly pay in every model.",
            "For some model here the difference is too small to be sure of.",
        ),
        noun="model",
        formula="The prior is one Gaussian; the fitted density of codes has several, each with its own weight.",
    ),
    Station(
        "elbo",
        "elbo_is_below",
        "How far is the bound from the truth?",
        "How probable does a VAE find an image? That number, log p(x), counts every code that could have made it. "
        "Training uses a lower bound instead, the ELBO, which counts only the cloud of codes that the encoder points "
        "at. With two numbers a code is a point of a plane, so this page can count all of them and compare.",
        "Will the ELBO lie clearly below log p(x), by 0.1 nats or more per image?",
        "the encoder’s simple cloud misses some of the codes that matter.",
        "training has closed the gap.",
        "a VAE of two dimensions",
        "The two differ by just the divergence of the encoder’s cloud from the exact one, which is never negative. "
        "The encoder gives an upright ellipse, and gives it at once for any image; the exact cloud may be bent, "
        "tilted or in parts.",
        _after(
            "Here that costs 0.1 nats or more in every model.",
            "Here some model’s ellipse is nearly as good as the exact cloud.",
            "For some model here the gap is too uncertain.",
        ),
        noun="model",
        formula="log p(x) is the ELBO plus the divergence of the encoder’s posterior q from the exact one.",
    ),
    Station(
        "overfitting",
        "ae_overfits_sooner",
        "Who learns by heart first?",
        "Training goes through all training images again and again; each time is an epoch. After each, the loss is "
        "measured on images kept aside, for validation. Its best epoch is where that loss is lowest: if it rises "
        "afterwards, the network has begun to learn its training images by heart. It overfits.",
        "Will the AE’s best epoch come earlier than the VAE’s, by 10 % or more?",
        "noise makes it hard to learn by heart.",
        "both may go on improving until training ends.",
        "an AE and a VAE that differ in nothing else",
        "With noise a code is never the same twice, so it cannot be tied to one image; without noise it can. Whether "
        "that shows depends on the length of training: the best epochs of two models differ only if at least one of "
        "them had time to overfit.",
        _after(
            "Here the AE is first in every pair.",
            "Here the AE is not clearly first in every pair.",
            "This run does not settle it.",
        ),
    ),
    Station(
        "codebook",
        "maps_are_sharpest",
        "What if codes were words?",
        "A VQ-VAE has no cloud and no noise. Its code is a small map of entries from a list, the codebook, as a text "
        "is a row of words from a dictionary. The list is learned with the rest, and a second model learns which maps "
        "occur, so as to draw new ones.",
        "Will its reconstructions be sharper than those of the models with numbers as codes?",
        "a word is exact: nothing has to be averaged.",
        "a short list of words cannot describe every image.",
        "a convolutional AE or VAE and a VQ-VAE",
        "Between encoder and decoder nothing is random, so images need not share a code, and the decoder need not "
        "average. A map of entries can also say much more, or less, than the few numbers that it is compared with, so "
        "this is no comparison at equal size.",
        _after(
            "Here it is sharper than each of them.",
            "Here it is not clearly sharper than each of them.",
            "For some pair here the difference is too small to be sure of.",
        ),
        formula="Each vector z of the encoder is replaced by the nearest entry e; sg lets no gradient through.",
    ),
)
