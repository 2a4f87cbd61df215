"""What a model makes of no image at all: its samples, against the training images.

As many samples are drawn as there are test images. All are taken in the features of the classifier that the pipeline
trains on the same training split, but for sharpness and what is said to be of pixels; held-out real images give each
its floor or ceiling.
"""

from vaeplay.evaluation.registry.metric import Metric

GENERATION: tuple[Metric, ...] = (
    Metric(
        "frechet",
        "generation",
        "Fréchet distance",
        "features of mean square 1",
        "lower",
        2,
        "Squared Wasserstein distance between the Gaussians with the means and covariances of the features of samples "
        "and of all training images. The features are those of the classifier trained here, not of a network trained "
        "on photographs, so it cannot be compared with a published FID. It is biased upwards, less so with more "
        "samples: compare it with the floor, which has as many images.",
        "Heusel et al. 2017, arXiv:1706.08500; Dowson & Landau 1982, doi:10.1016/0047-259X(82)90077-X",
        over="sample",
    ),
    Metric(
        "reconstruction_frechet",
        "generation",
        "Fréchet distance of reconstructions",
        "features of mean square 1",
        "lower",
        2,
        "The Fréchet distance with reconstructions of the test images in place of samples: what the decoder alone "
        "loses. What the samples' distance has beyond it comes from codes that the prior, or the density that stands "
        "in for it, draws although no image has them. A VAE can lose there what an autoencoder with a fitted density "
        "does not.",
        "Ghosh et al. 2020, arXiv:1903.12436",
        headline=False,
    ),
    Metric(
        "kid",
        "generation",
        "Kernel distance",
        "MMD²",
        "lower",
        3,
        "Squared maximum mean discrepancy with a cubic kernel between the classifier's features of samples and of as "
        "many training images, over all pairs. Unbiased: for equal distributions it is around 0, and may be negative.",
        "Bińkowski et al. 2018, arXiv:1801.01401",
        headline=False,
        over="sample",
    ),
    Metric(
        "precision",
        "generation",
        "Precision",
        "share of samples",
        "higher",
        3,
        "Share of samples whose classifier's features lie within the ball around any of as many training images that "
        "reaches to its fifth neighbour. Outliers with large balls raise it.",
        "Kynkäänniemi et al. 2019, arXiv:1904.06991",
        headline=False,
        over="sample",
    ),
    Metric(
        "recall",
        "generation",
        "Recall",
        "share of images",
        "higher",
        3,
        "Share of training images, as many as samples, that lie within the ball around any sample that reaches to its "
        "fifth neighbour among the samples. Samples far from everything raise it.",
        "Kynkäänniemi et al. 2019, arXiv:1904.06991",
        headline=False,
        over="sample",
    ),
    Metric(
        "density",
        "generation",
        "Density",
        "about 1 for real",
        "higher",
        3,
        "In how many of the training images' balls (see precision) a sample lies, divided by five. It exceeds 1 if "
        "samples crowd where training images are dense.",
        "Naeem et al. 2020, arXiv:2002.09797",
        headline=False,
        over="sample",
    ),
    Metric(
        "coverage",
        "generation",
        "Coverage",
        "share of images",
        "higher",
        3,
        "Share of training images, as many as samples, whose ball (see precision) holds at least one sample: how much "
        "of the variety of real images the samples cover.",
        "Naeem et al. 2020, arXiv:2002.09797",
        over="sample",
    ),
    Metric(
        "class_entropy",
        "generation",
        "Class entropy",
        "nats",
        None,
        3,
        "Entropy of how often the classifier gives each class to a sample: at most the logarithm of the number of "
        "classes, 2.303 for ten. It should equal that of real images; if it is lower, some classes are rarely drawn.",
        headline=False,
        over="sample",
    ),
    Metric(
        "copying_features",
        "generation",
        "Copying, by features",
        "½ for new images",
        "lower",
        3,
        "How often a sample is nearer to one training image than a test image is: by the distance to the nearest over "
        "that to the second nearest, in the classifier's features. ½ for images that are new, 1 for copies; shifted "
        "copies are recognised too.",
        "Meehan et al. 2020, arXiv:2004.05675; Gu et al. 2023, arXiv:2310.02664",
        headline=False,
        over="sample",
    ),
    Metric(
        "copying_pixels",
        "generation",
        "Copying, by pixels",
        "½ for new images",
        "lower",
        3,
        "As copying by features, with the distances between pixels: blurred copies are recognised too.",
        "Meehan et al. 2020, arXiv:2004.05675; Gu et al. 2023, arXiv:2310.02664",
        headline=False,
        over="sample",
    ),
    Metric(
        "train_distance_features",
        "generation",
        "Distance from training images, features",
        "1 for real images",
        None,
        2,
        "Mean distance of samples to the nearest training image over that of test images, in the classifier's "
        "features. Far below 1 for copies.",
        "Meehan et al. 2020, arXiv:2004.05675; Gu et al. 2023, arXiv:2310.02664",
        headline=False,
        over="sample",
    ),
    Metric(
        "train_distance_pixels",
        "generation",
        "Distance from training images, pixels",
        "1 for real images",
        None,
        2,
        "Mean distance of samples to the nearest training image over that of test images, between pixels. Blurred "
        "images lie near many others, so a value below 1 is no proof of copying.",
        "Meehan et al. 2020, arXiv:2004.05675; Gu et al. 2023, arXiv:2310.02664",
        headline=False,
        over="sample",
    ),
    Metric(
        "sample_sharpness",
        "generation",
        "Sample sharpness",
        "of the originals'",
        None,
        2,
        "Energy of the Laplacian in the prior samples as a share of that in the test images: below 1 they are blurred.",
        headline=False,
        over="sample",
    ),
)
