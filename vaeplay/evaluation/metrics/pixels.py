r"""How alike two images are, pixel by pixel, and how sharp one is.

    PSNR = −10 · log₁₀ MSE,   SSIM = mean over the image of
    (2 μ_x μ_y + c₁)(2 σ_xy + c₂) / ((μ_x² + μ_y² + c₁)(σ_x² + σ_y² + c₂)),   c₁ = 0.01², c₂ = 0.03²

with means, variances and covariance under a Gaussian window of 11 pixels and σ = 1.5: Wang et al. 2004,
doi:10.1109/TIP.2003.819861. Sharpness is the energy of the Laplacian, the mean square of how far a pixel is from its
four neighbours; blur takes it away first.
"""

import torch
from torch import Tensor, nn

WORST_MSE = 1e-10  # a reconstruction exact to the bit counts as 100 dB, not as infinitely many
WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2


def mean_squared_error(x: Tensor, y: Tensor) -> Tensor:
    """(B, C, H, W) twice → (B,)."""
    return (y - x).square().flatten(1).mean(1)


def psnr(mse: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB of images in 0…1 by their mean squared error, any shape."""
    return -10 * mse.clamp(min=WORST_MSE).log10()


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """Structural similarity of images in 0…1: (B, C, H, W) twice → (B,), 1 for equal images.

    An image smaller than the window gets the largest odd window that fits.
    """
    channels = x.shape[1]
    size = min(WINDOW, (min(x.shape[2:]) - 1) // 2 * 2 + 1)
    offsets = torch.arange(size, device=x.device, dtype=x.dtype) - size // 2
    line = (-offsets.square() / (2 * SIGMA**2)).exp()
    line = line / line.sum()
    across, along = line.view(1, 1, 1, -1).repeat(channels, 1, 1, 1), line.view(1, 1, -1, 1).repeat(channels, 1, 1, 1)

    def blurred(images: Tensor) -> Tensor:
        images = nn.functional.conv2d(images, across, groups=channels)
        return nn.functional.conv2d(images, along, groups=channels)

    mean_x, mean_y = blurred(x), blurred(y)
    variance_x, variance_y = blurred(x * x) - mean_x.square(), blurred(y * y) - mean_y.square()
    covariance = blurred(x * y) - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + C1) / (mean_x.square() + mean_y.square() + C1)
    return (likeness * (2 * covariance + C2) / (variance_x + variance_y + C2)).flatten(1).mean(1)


def laplacian_energy(x: Tensor) -> Tensor:
    """Mean square of the Laplacian over the inner pixels of an image: (B, C, H, W) → (B,)."""
    inner = x[..., 1:-1, 1:-1]
    around = x[..., :-2, 1:-1] + x[..., 2:, 1:-1] + x[..., 1:-1, :-2] + x[..., 1:-1, 2:]
    return (around - 4 * inner).square().flatten(1).mean(1)
