"""How likely a model finds images, and what its code holds."""

from vaeplay.evaluation.registry.metric import Metric

LIKELIHOOD: tuple[Metric, ...] = (
    Metric(
        "distortion",
        "likelihood",
        "Distortion",
        "nats / image",
        "lower",
        2,
        "Negative log-likelihood of the image under the decoder, −log p(x|z). For a model with a posterior, z is one "
        "sample of it (for an IWAE the mean over its samples), so that distortion and rate add up to the negative "
        "ELBO; for an autoencoder z is its code.",
        "Alemi et al. 2018, arXiv:1711.00464",
    ),
    Metric(
        "rate",
        "likelihood",
        "Rate",
        "nats / image",
        None,
        2,
        "KL divergence from the prior to the posterior, KL(q(z|x) ‖ p(z)): how much the code says about the image. "
        "An autoencoder has no prior, and so no rate.",
        "Alemi et al. 2018, arXiv:1711.00464",
    ),
    Metric(
        "elbo",
        "likelihood",
        "ELBO",
        "nats / image",
        "higher",
        2,
        "Evidence lower bound, −(distortion + rate), with weight 1 on the rate whatever β the model was trained with.",
        "Kingma & Welling 2014, arXiv:1312.6114",
    ),
    Metric(
        "bound",
        "likelihood",
        "Importance-weighted bound",
        "nats / image",
        "higher",
        2,
        "A tighter lower bound on the log-likelihood of an image than the ELBO: the logarithm of the mean importance "
        "weight of many codes per image (100 unless params.yaml says otherwise).",
        "Burda et al. 2016, arXiv:1509.00519",
        headline=False,
    ),
    Metric(
        "log_likelihood",
        "likelihood",
        "Log-likelihood",
        "nats / image",
        "higher",
        2,
        "log p(x) itself, by quadrature over the latent space: for a VAE with at most two latent dimensions and pixels "
        "under a Bernoulli or Gaussian likelihood. The grid is fine enough that half of its places in each direction "
        "give the same to 0.01 nats.",
        headline=False,
    ),
    Metric(
        "amortisation_gap",
        "likelihood",
        "Amortisation gap",
        "nats / image",
        "lower",
        2,
        "How much higher the ELBO would be with the best Gaussian for each image in place of the encoder's: found by "
        "gradient steps on its mean and variances, for 100 test images.",
        "Cremer et al. 2018, arXiv:1801.03558",
        headline=False,
    ),
    Metric(
        "approximation_gap",
        "likelihood",
        "Approximation gap",
        "nats / image",
        "lower",
        2,
        "How far the ELBO with the best Gaussian for each image is still below log p(x): what no Gaussian with a "
        "diagonal covariance can gain. Of 100 test images. Above two latent dimensions the bound with many codes "
        "stands in for log p(x); the gap is then too small, the more so the fewer of these codes are effective.",
        "Cremer et al. 2018, arXiv:1801.03558",
        headline=False,
    ),
    Metric(
        "long_bound",
        "likelihood",
        "Bound with many codes",
        "nats / image",
        "higher",
        2,
        "The importance-weighted bound of 100 test images with as many codes as `evaluate.evidence_samples` says, "
        "drawn from the best Gaussian for each image. With few effective codes it is loose.",
        "Burda et al. 2016, arXiv:1509.00519",
        headline=False,
    ),
    Metric(
        "effective_codes",
        "likelihood",
        "Effective codes of the bound",
        "codes",
        "higher",
        1,
        "How many of the codes of the bound with many codes count: the squared sum of their importance weights over "
        "the sum of the squares.",
        "Kong 1992",
        headline=False,
    ),
    Metric(
        "bits_per_dimension",
        "likelihood",
        "Bits per dimension",
        "bits",
        "lower",
        4,
        "The best bound on the negative log-likelihood there is (the importance-weighted one, or the ELBO of discrete "
        "codes) in bits, divided by the number of pixel values of an image. It compares models under one likelihood: "
        "that of a density over pixels in 0…1, as the Gaussians are, lies 8 bits below one over pixels in 0…255. Of "
        "grey pixels under a Bernoulli likelihood it is a cross-entropy of black and white pixels, and compares with "
        "no published value.",
        "Theis et al. 2016, arXiv:1511.01844",
        headline=False,
    ),
    Metric(
        "mutual_information",
        "likelihood",
        "Mutual information of images and codes",
        "nats / image",
        None,
        2,
        "The part of the rate that says which test image a code is of: the mean distance KL(q(z|x) ‖ q(z)) of each "
        "posterior from all of them together. It is at most the logarithm of the number of test images; near that "
        "limit it is biased downwards.",
        "Hoffman & Johnson 2016, ELBO surgery; Chen et al. 2018, arXiv:1802.04942",
        headline=False,
    ),
    Metric(
        "total_correlation",
        "likelihood",
        "Total correlation",
        "nats / image",
        None,
        2,
        "The part of the rate that is dependence between latent dimensions, over all test images "
        "together: KL(q(z) ‖ Π q(z_d)).",
        "Hoffman & Johnson 2016, ELBO surgery; Chen et al. 2018, arXiv:1802.04942",
        headline=False,
    ),
    Metric(
        "dimension_kl",
        "likelihood",
        "Dimension-wise KL",
        "nats / image",
        None,
        2,
        "The part of the rate that is the distance of each latent dimension, over all test images together, from the "
        "prior: Σ KL(q(z_d) ‖ p(z_d)).",
        "Hoffman & Johnson 2016, ELBO surgery; Chen et al. 2018, arXiv:1802.04942",
        headline=False,
    ),
    Metric(
        "active_units",
        "likelihood",
        "Active units",
        "dimensions",
        None,
        0,
        "Latent dimensions whose posterior mean varies over the test images by more than 0.01.",
        "Burda et al. 2016, arXiv:1509.00519",
        headline=False,
    ),
    Metric(
        "collapsed_units",
        "likelihood",
        "Collapsed units",
        "dimensions",
        None,
        0,
        "Latent dimensions that say less than 0.01 nats about at least 99 % of the test images: the posterior has "
        "collapsed to the prior there.",
        "Lucas et al. 2019, arXiv:1911.02469",
        headline=False,
    ),
    Metric(
        "idle_units",
        "likelihood",
        "Idle units",
        "dimensions",
        None,
        0,
        "Latent dimensions that are neither active nor collapsed: their mean hardly varies, yet they say something "
        "about more than 1 % of the test images.",
        "Burda et al. 2016, arXiv:1509.00519; Lucas et al. 2019, arXiv:1911.02469",
        headline=False,
    ),
    Metric(
        "prior_gap",
        "likelihood",
        "Gap to the prior",
        "MMD²",
        "lower",
        4,
        "How far the codes of the test images, taken together, are from what samples are drawn from: the squared "
        "maximum mean discrepancy with a sum of inverse multiquadric kernels, each number of the code in standard "
        "deviations of what samples are drawn from. Near 0, also below, where they agree.",
        "Gretton et al. 2012, JMLR 13; Tolstikhin et al. 2018, arXiv:1711.01558",
        headline=False,
    ),
    Metric(
        "bits",
        "likelihood",
        "Code length",
        "bits / image",
        None,
        0,
        "Size of a discrete code map: positions times the binary logarithm of the number of codes. The learned prior's "
        "rate is shorter, since codes depend on each other.",
        "van den Oord et al. 2017, arXiv:1711.00937",
        headline=False,
    ),
    Metric(
        "codes_in_use",
        "likelihood",
        "Codes in use",
        "codes",
        "higher",
        0,
        "Number of codebook entries that are used at least once over the test images.",
        "van den Oord et al. 2017, arXiv:1711.00937",
        headline=False,
    ),
    Metric(
        "perplexity",
        "likelihood",
        "Perplexity",
        "codes",
        "higher",
        1,
        "Exponential of the entropy of how often each code is used over the test split: the number of codes that would "
        "give the same variety if all were used equally often.",
        "van den Oord et al. 2017, arXiv:1711.00937",
        headline=False,
    ),
    Metric(
        "distortion_floor",
        "likelihood",
        "Distortion floor",
        "nats / image",
        None,
        2,
        "The lowest distortion that any reconstruction could reach under this likelihood: for grey pixels under a "
        "Bernoulli likelihood the entropy of the pixels themselves, which is not zero.",
    ),
)
