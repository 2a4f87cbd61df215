"""Reconstruction figures: SSIM as scikit-image has it, sharpness by closed forms, best and worst in order."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from vaeplay.data.prepared import Split, as_float
from vaeplay.evaluation.metrics import reconstruction
from vaeplay.evaluation.metrics.pixels import laplacian_energy, ssim

from . import making


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([1, 3]), st.integers(11, 40), st.integers(11, 40), st.integers(0, 99), st.floats(0, 0.5))
def test_ssim_is_that_of_scikit_image(channels: int, height: int, width: int, seed: int, noise: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = as_float(making.images(3, (channels, height, width), seed=seed)).double()
    y = (x + noise * torch.randn(x.shape, generator=generator, dtype=x.dtype)).clamp(0, 1)
    for ours, first, second in zip(ssim(x, y).tolist(), x.numpy(), y.numpy(), strict=True):
        reference = structural_similarity(
            first, second, channel_axis=0, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        assert ours == pytest.approx(float(reference), abs=1e-6)


def test_ssim_of_equal_images_is_one_however_small_they_are() -> None:
    for size in (2, 3, 8, 12):
        x = as_float(making.images(4, (1, size, size)))
        torch.testing.assert_close(ssim(x, x), torch.ones(4))
        assert (ssim(x, 1 - x) < 1).all()


def test_laplacian_energy_of_a_plane_is_zero_and_of_a_checkerboard_sixty_four_squares_of_its_height() -> None:
    rows, columns = torch.meshgrid(torch.arange(10.0), torch.arange(12.0), indexing="ij")
    plane = (0.02 * rows + 0.03 * columns)[None, None]
    assert float(laplacian_energy(plane)) == pytest.approx(0, abs=1e-10)
    board = ((rows + columns) % 2)[None, None] * 0.5
    assert float(laplacian_energy(board)) == pytest.approx((4 * 0.5) ** 2)


def test_sharpness_is_one_for_a_perfect_copy_and_less_for_a_blurred_one() -> None:
    subject = making.subject("AE")
    subject.model.reconstruct = lambda x: x  # type: ignore[method-assign]
    figures = reconstruction.metrics(subject)
    assert figures["sharpness"].value == pytest.approx(1)
    assert (figures["mse"].value, figures["psnr"].value, figures["ssim"].value) == pytest.approx((0, 100, 1))
    subject = making.subject("AE")
    noise = torch.randint(0, 256, subject.test.images.shape, generator=torch.Generator().manual_seed(0))
    subject.test = Split(noise.to(torch.uint8), subject.test.labels)
    blurred = torch.nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    subject.model.reconstruct = lambda x: blurred(x)  # type: ignore[method-assign]
    assert reconstruction.metrics(subject)["sharpness"].value < 0.2


def test_samples_and_test_images_are_no_pairs_for_the_interval_of_sample_sharpness() -> None:
    subject = making.subject("AE")
    subject.__dict__["samples"] = subject.test.images
    sharpness = reconstruction.metrics(subject)["sample_sharpness"]
    assert sharpness.low is not None and sharpness.high is not None
    assert sharpness.low < 0.97 < 1 == sharpness.value < 1.03 < sharpness.high


def test_psnr_is_that_of_scikit_image() -> None:
    subject = making.subject("AE", 20)
    x, y = reconstruction.pairs(subject, torch.arange(20)).double().numpy()
    references = [peak_signal_noise_ratio(*images, data_range=1.0) for images in zip(x, y, strict=True)]
    assert reconstruction.metrics(subject)["psnr"].value == pytest.approx(np.mean(references), rel=1e-5)
    assert subject.reconstructed["mse"].shape == (20,)


def test_the_best_and_the_worst_come_in_order() -> None:
    subject = making.subject("VAE")
    mse = subject.reconstructed["mse"].numpy()
    best, worst = (rows.numpy() for rows in reconstruction.extremes(subject, 7))
    np.testing.assert_allclose(mse[best], np.sort(mse)[:7], rtol=1e-5)
    np.testing.assert_allclose(mse[worst], np.sort(mse)[-7:], rtol=1e-5)
    pairs = reconstruction.pairs(subject, torch.from_numpy(worst))
    np.testing.assert_allclose((pairs[0] - pairs[1]).square().flatten(1).mean(1).numpy(), mse[worst], rtol=1e-5)
