"""Principal components against scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from vaeplay.evaluation.metrics import pca

from . import making


def test_the_error_is_that_of_scikit_learns_components() -> None:
    subject = making.subject("AE", 200)
    train, test = (split.images.flatten(1).double().numpy() / 255 for split in (subject.train, subject.test))
    fitted = PCA(3).fit(train)
    expected = ((fitted.inverse_transform(fitted.transform(test)) - test) ** 2).mean(1)
    found = pca.metrics(subject)["pca_mse"]
    assert found.value == pytest.approx(expected.mean(), rel=1e-5)
    assert found.values is not None
    assert found.values.tolist() == pytest.approx(expected.tolist(), rel=1e-4, abs=1e-8)


def test_maps_of_codes_have_none_and_large_images_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pca.metrics(making.subject("VQVAE")) == {}
    monkeypatch.setattr(pca, "MOST_PIXELS", 100)
    assert pca.metrics(making.subject("AE")) == {}


@pytest.mark.parametrize("count", [40, 300])
def test_components_are_scikit_learns_with_fewer_and_with_more_images_than_pixels(
    digits: torch.Tensor, count: int
) -> None:
    images = digits[::16, :, 8:20, 8:20][:count]
    pixels = images.flatten(1).double().numpy() / 255
    fitted = PCA().fit(pixels)
    mean, directions, variances = pca.components(images)
    assert mean.numpy() == pytest.approx(fitted.mean_, abs=1e-7)
    known = min(count - 1, 144)
    assert variances[:known].numpy() == pytest.approx(
        fitted.explained_variance_[:known] * (count - 1) / count, abs=1e-7
    )
    assert variances[known:].numpy() == pytest.approx(0, abs=1e-7)
    assert variances.shape == (144,)
    cosines = np.abs((directions[:, :8].numpy() * fitted.components_[:8].T).sum(0))
    assert cosines == pytest.approx(1, abs=1e-6)
