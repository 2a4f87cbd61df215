"""How smoothly a model's images follow its code."""

from vaeplay.evaluation.registry.metric import Metric

SMOOTHNESS: tuple[Metric, ...] = (
    Metric(
        "trip",
        "smoothness",
        "Trip",
        "1 is straight",
        "lower",
        2,
        "How long the way is, in the classifier's features, from a test image to its reconstruction, along the "
        "straight walk between two codes, and from the other reconstruction to its image: its mean over that of the "
        "direct distance between the two images. It is 1 for perfect reconstructions with a straight path between "
        "them, and never less. A decoder that ignores its code does not shorten it. Codes from a codebook have none: "
        "between them images change in jumps. Of at most 500 pairs, for this metric and the others of walks.",
        "after the perceptual path length of Karras et al. 2019, arXiv:1812.04948",
        over="pair",
    ),
    Metric(
        "trip_shrunk",
        "smoothness",
        "Trip with shrunk codes",
        "1 is straight",
        None,
        2,
        "A reference for the trip: the same walks with every code moved to a hundredth of its distance from the mean "
        "code. Their images hardly differ, so the way between them is short, and that to the real images is long. A "
        "trip that is longer still says that the walks themselves are rough.",
        headline=False,
        over="pair",
    ),
    Metric(
        "midpoint_distance",
        "smoothness",
        "Distance of midpoints from real images",
        "1 for real images",
        "lower",
        2,
        "How far images decoded half-way between the codes of two test images lie from the nearest training image, in "
        "the classifier's features: the mean, divided by that of test images. A cross-fade of pixels is smooth but "
        "shows no digit, so read this beside the trip.",
        headline=False,
        over="pair",
    ),
    Metric(
        "path_length",
        "smoothness",
        "Path length",
        "1 is straight",
        None,
        2,
        "How fast the classifier's features change along a straight walk between the codes of two test images that "
        "takes the time 1: the mean squared speed, divided by the mean squared distance between the features of two "
        "test images. It is the product of contrast and roughness, and 0 for a decoder that ignores its code.",
        "Karras et al. 2019, arXiv:1812.04948",
        headline=False,
        over="pair",
    ),
    Metric(
        "contrast",
        "smoothness",
        "Contrast of walks",
        "1 for real images",
        None,
        2,
        "Mean squared distance of the features of two reconstructions over that of the features of their images. A "
        "decoder that ignores its code has none.",
        headline=False,
        over="pair",
    ),
    Metric(
        "roughness",
        "smoothness",
        "Roughness of walks",
        "1 is straight",
        "lower",
        2,
        "Mean squared speed of the features along the straight walk between two codes over the mean squared distance "
        "of the features at its ends: 1 for a straight path at an even speed, and never less. Shrinking codes lowers "
        "it, and what they say of their images with it: read it beside the trip.",
        headline=False,
        over="pair",
    ),
    Metric(
        "path_length_spherical",
        "smoothness",
        "Path length, spherical",
        "1 is straight",
        None,
        2,
        "As the path length, along a walk that turns evenly around the mean code of the test images, its distance from "
        "there changing evenly.",
        "Karras et al. 2019, arXiv:1812.04948; White 2016, arXiv:1609.04468",
        headline=False,
        over="pair",
    ),
    Metric(
        "sure_midpoints",
        "smoothness",
        "Sure midpoints",
        "share of pairs",
        "higher",
        3,
        "Share of images decoded half-way between the codes of two test images that the classifier gives to one class "
        "with a probability above 0.9 (calibrated on the validation split). The ceiling is that of real images. "
        "Blur alone makes the classifier less sure.",
        headline=False,
        over="pair",
    ),
    Metric(
        "jacobian",
        "smoothness",
        "Jacobian norm",
        "pixels / standard deviation",
        "lower",
        2,
        "Frobenius norm of the derivative of the decoded image by the code, as its root mean square over samples' "
        "codes: how far the pixels, in 0…1, move if each number of the code moves by its standard deviation over the "
        "test images. That makes it the same whatever the scale of the codes. Above 64 numbers, estimated from 8 "
        "random directions per sample; the mean square is unbiased. Codes from a codebook have none.",
        "Hutchinson 1989, doi:10.1080/03610918908812806",
        headline=False,
        over="sample",
    ),
    Metric(
        "neighbour_consistency",
        "smoothness",
        "Neighbours of a class",
        "share of neighbours",
        "higher",
        3,
        "Share of the ten nearest codes of other test images that belong to an image of the same class. For real "
        "images, distances are between pixels.",
        headline=False,
    ),
    Metric(
        "holes",
        "smoothness",
        "Holes",
        "share of draws",
        "lower",
        3,
        "Share of draws from the prior, or what stands in for it, that lie outside the support of the training codes "
        "and are not decoded to a plausible image. The support is the balls around the training codes that reach to "
        "the fifth neighbour (of a VAE, codes drawn from the posteriors); an image is plausible if the classifier's "
        "features of it lie in such a ball of the training images. Both for every model by the same rule.",
        "after Kynkäänniemi et al. 2019, arXiv:1904.06991",
        over="sample",
    ),
    Metric(
        "outside",
        "smoothness",
        "Draws outside the codes' support",
        "share of draws",
        "lower",
        3,
        "Share of draws from the prior, or what stands in for it, that lie in no ball of a training code (see holes).",
        headline=False,
        over="sample",
    ),
    Metric(
        "walk_holes",
        "smoothness",
        "Holes on walks",
        "share of places",
        "lower",
        3,
        "Share of places on the straight walks between the codes of two test images that are holes: eight per walk.",
        headline=False,
        over="pair",
    ),
    Metric(
        "walk_outside",
        "smoothness",
        "Walks outside the codes' support",
        "share of places",
        "lower",
        3,
        "Share of places on the straight walks between the codes of two test images that lie in no ball of a training "
        "code (see holes).",
        headline=False,
        over="pair",
    ),
    Metric(
        "test_holes",
        "smoothness",
        "Holes: test images",
        "share of images",
        None,
        3,
        "The reference for the other shares of holes: test images whose codes lie in no ball of a training code and "
        "whose own features lie in no ball of a training image.",
        headline=False,
    ),
    Metric(
        "test_outside",
        "smoothness",
        "Test codes outside the support",
        "share of images",
        None,
        3,
        "Share of test images' codes that lie in no ball of a training code: what the other shares outside the support "
        "are held against. It is large where there are too few training images for so many dimensions.",
        headline=False,
    ),
)
