"""Principal components against scikit-learn's."""

import pytest
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
