"""How smoothly a model's images follow its code."""

from vaeplay.evaluation.registry.metric import Metric

SMOOTHNESS: tuple[Metric, ...] = (
    Metric(
        "path_length",
        "smoothness",
        "Path length",
        "1 is straight",
        "lower",
        2,
        "How fast the classifier's features change along a straight walk between the codes of two test images that "
        "takes the time 1: the mean squared speed, divided by the mean squared distance between the features of two "
        "test images. Sudden changes raise it. It is 1 for perfect reconstructions with a straight, even path of "
        "features between them, and 0 for a decoder that ignores its code: read it beside the reconstruction. "
        "Codes from a codebook have none: between them images change in jumps.",
        "Karras et al. 2019, arXiv:1812.04948",
        over="pair",
    ),
    Metric(
        "path_length_spherical",
        "smoothness",
        "Path length, spherical",
        "1 is straight",
        "lower",
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
        "Blur alone makes it less sure, wherever an image lies.",
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
        "random directions a sample, without bias before the root. Codes from a codebook have none.",
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
        "images it is taken of the pixels.",
        headline=False,
    ),
)
