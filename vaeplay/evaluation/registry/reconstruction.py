"""How well a model reconstructs an image."""

from vaeplay.evaluation.registry.metric import Metric

RECONSTRUCTION: tuple[Metric, ...] = (
    Metric(
        "mse",
        "reconstruction",
        "MSE",
        "per pixel, pixels in 0…1",
        "lower",
        5,
        "Mean squared error between the image and its reconstruction from the mean code.",
    ),
    Metric(
        "pca_mse",
        "reconstruction",
        "MSE of PCA",
        "per pixel, pixels in 0…1",
        None,
        5,
        "Mean squared error of test images rebuilt from as many principal components of the training images as the "
        "code has numbers: the best linear autoencoder, in closed form, as a reference for the MSE.",
        "Baldi & Hornik 1989, doi:10.1016/0893-6080(89)90014-2",
        headline=False,
    ),
    Metric(
        "psnr",
        "reconstruction",
        "PSNR",
        "dB",
        "higher",
        2,
        "Peak signal-to-noise ratio of the reconstruction, −10·log₁₀(MSE of the image), averaged over images.",
        headline=False,
    ),
    Metric(
        "ssim",
        "reconstruction",
        "SSIM",
        "1 is equal",
        "higher",
        3,
        "Structural similarity of the reconstruction: local means, variances and covariance under a Gaussian window of "
        "11 pixels (σ 1.5), averaged over the image.",
        "Wang et al. 2004, doi:10.1109/TIP.2003.819861",
    ),
    Metric(
        "sharpness",
        "reconstruction",
        "Sharpness",
        "of the originals'",
        None,
        2,
        "Energy of the Laplacian in the reconstructions as a share of that in the originals. Blur brings it below 1; "
        "noise and hard edges can raise it above.",
    ),
)
