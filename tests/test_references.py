"""Principal components as reference rows, against scikit-learn's, and against a linear autoencoder that is trained."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch.distributions import MultivariateNormal

from vaeplay.evaluation import references
from vaeplay.evaluation.metrics import pca
from vaeplay.evaluation.references import LinearGaussian
from vaeplay.evaluation.registry import BY_KEY
from vaeplay.gallery.cells import own
from vaeplay.gallery.page import Estimate
from vaeplay.gallery.read import read
from vaeplay.gallery.render import render
from vaeplay.noise import Noise
from vaeplay.settings import params, resolve

from . import fake_workspace, making
from .conftest import ROOT

COUNT = 200


def made(name: str, numbers: int = 3) -> tuple[Any, LinearGaussian]:
    """A subject whose model is one of the two, and that model."""
    subject = making.subject("AE", COUNT)
    wanted = f"{name}, {numbers} number{'s' if numbers > 1 else ''}"
    subject.model = dict(references.models(subject.train.images, [1, 3]))[wanted]
    return subject, subject.model


def pixels(subject: Any) -> tuple[Any, Any]:
    return tuple(split.images.flatten(1).double().numpy() / 255 for split in (subject.train, subject.test))


def decoder(model: LinearGaussian) -> tuple[torch.Tensor, torch.Tensor]:
    """The decoder's W and m, in double precision."""
    weights, mean = (model.decoder.get_parameter(f"0.{part}").detach().double() for part in ("weight", "bias"))
    return weights, mean


def test_pca_rebuilds_as_scikit_learns_does_and_as_the_cells_own_reference() -> None:
    subject, model = made("PCA")
    train, test = pixels(subject)
    fitted = PCA(3).fit(train)
    expected = fitted.inverse_transform(fitted.transform(test))
    with torch.no_grad():
        found = model.reconstruct(subject.test.images / 255).flatten(1)
    assert found.numpy() == pytest.approx(expected, abs=1e-5)
    mse = references.measured(subject)["mse"].value
    assert mse == pytest.approx(((expected - test) ** 2).mean(), rel=1e-4)
    assert mse == pytest.approx(pca.metrics(subject)["pca_mse"].value, rel=1e-4)


def test_probabilistic_pca_has_the_covariance_the_noise_and_the_likelihood_of_scikit_learns() -> None:
    """scikit-learn divides by N − 1 where the maximum of the likelihood divides by N."""
    subject, model = made("PPCA")
    train, _ = pixels(subject)
    fitted = PCA(3).fit(train)
    share = (COUNT - 1) / COUNT
    weights, mean = decoder(model)
    noise = np.float64(fitted.noise_variance_) * share
    covariance = weights @ weights.T + noise * torch.eye(len(weights), dtype=torch.double)
    assert covariance.numpy() == pytest.approx(fitted.get_covariance() * share, abs=1e-6)
    unscaled = MultivariateNormal(mean, covariance / share).log_prob(torch.from_numpy(train)).mean()
    assert float(unscaled) == pytest.approx(fitted.score(train), rel=1e-3)


def test_its_posterior_is_that_of_bayes_and_no_image_is_likelier_elsewhere() -> None:
    subject, model = made("PPCA")
    train, test = pixels(subject)
    noise = PCA(3).fit(train).noise_variance_ * (COUNT - 1) / COUNT
    weights, mean = (part.numpy() for part in decoder(model))
    precision = weights.T @ weights / noise + np.eye(3)
    expected = (test - mean) @ weights / noise @ np.linalg.inv(precision)
    with torch.no_grad():
        posterior = model.posterior(subject.test.images / 255)
    assert posterior is not None
    assert posterior[0].numpy() == pytest.approx(expected, abs=1e-3)
    variances = posterior[1][0].exp().numpy()
    assert np.diag(variances) == pytest.approx(np.linalg.inv(precision), abs=1e-4)


@pytest.mark.parametrize("name", ["PCA", "PPCA"])
def test_samples_have_the_mean_and_the_covariance_of_the_model(name: str) -> None:
    _, model = made(name)
    with torch.no_grad():
        samples = model.sample(40_000, Noise(0)).flatten(1).double()
    weights, mean = decoder(model)
    assert samples.mean(0).numpy() == pytest.approx(mean.numpy(), abs=0.01)
    assert torch.cov(samples.T).numpy() == pytest.approx((weights @ weights.T).numpy(), abs=0.01)


@pytest.mark.parametrize("name", ["PCA", "PPCA"])
def test_every_metric_is_finite_and_none_is_in_nats(name: str) -> None:
    row = references.row(name, references.measured(made(name)[0]))
    assert {"mse", "psnr", "ssim", "frechet", "coverage", "density", "precision", "recall", "trip"} <= set(
        row["metrics"]
    )
    assert not [key for key in row["metrics"] if BY_KEY[key].unit.startswith("nats /")]
    assert None not in row["metrics"].values()
    assert row["counts"].keys() == row["metrics"].keys()
    json.dumps(row, allow_nan=False)


def test_a_linear_autoencoder_that_is_trained_comes_to_the_error_of_pca() -> None:
    """Baldi & Hornik 1989. The decoder's logistic function is left out, as PCA has none."""
    subject, best = made("PCA")
    train = subject.train.images / 255
    weights, mean = torch.randn(144, 3, generator=torch.Generator().manual_seed(0)) / 12, train.flatten(1).mean(0)
    model = LinearGaussian(making.SHAPE, mean, weights, weights.T.contiguous(), None)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = (model.reconstruct(train) - train).square().mean()
        value.backward()
        return value

    optimiser.step(loss)
    with torch.no_grad():
        error = [float((one.reconstruct(train) - train).square().mean()) for one in (model, best)]
    assert error[0] == pytest.approx(error[1], rel=1e-3)
    assert error[0] >= error[1] * (1 - 1e-5)


def test_images_with_fewer_pixels_than_numbers_and_very_large_ones_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    images = making.images(20)
    assert [name for name, _ in references.models(images, [1, 200])] == ["PCA, 1 number", "PPCA, 1 number"]
    monkeypatch.setattr(pca, "MOST_PIXELS", 100)
    assert list(references.models(images, [1])) == []


def test_images_that_are_all_alike_have_components_without_nan() -> None:
    images = making.images(1).repeat(20, 1, 1, 1)
    for _, model in references.models(images, [2]):
        with torch.no_grad():
            assert model.reconstruct(images / 255).isfinite().all()
            assert model.sample(5, Noise(0)).isfinite().all()


def test_the_sizes_are_those_of_codes_that_are_vectors(values: Any) -> None:
    resolved = resolve.resolve(params.validate(values), ROOT)
    assert resolved["references"]["sizes"] == [2, 8]


def test_the_table_shows_them_below_the_cells_and_ranks_them_not(tmp_path: Path) -> None:
    fake_workspace.make(tmp_path)
    plain = render(read(tmp_path))
    assert 'class="reference"' not in plain
    row = {
        "name": "PCA, 2 numbers",
        "metrics": {"mse": 0.000012, "ssim": 0.9},
        "intervals": {"mse": [0.00001, 0.00002]},
        "counts": {"mse": 9},
    }
    fake_workspace.write(tmp_path / "data/references.json", [row])
    page = read(tmp_path)
    estimates = (Estimate("mse", 0.000012, 0.00001, 0.00002, 9), Estimate("ssim", 0.9))
    assert page.references == {"PCA, 2 numbers": estimates}
    shown = render(page)
    start = shown.index('<tr class="reference">')
    body = shown[start : shown.index("</tr>", start)]
    assert "PCA, 2 numbers" in body and "0.00001" in body
    assert shown.index("</tbody>", 0) < start
    assert [line for line in plain.splitlines() if "data-rank" in line] == [
        line for line in shown.splitlines() if "data-rank" in line
    ]


def test_a_cells_account_shows_the_references_of_its_trip(tmp_path: Path) -> None:
    """Walks without a code, and not principal components, whose trips are those of models."""
    name = fake_workspace.make(tmp_path)[0]
    path = tmp_path / f"metrics/{name}.json"
    fake_workspace.write(path, json.loads(path.read_text()) | {"trip": 1.7, "trip_shrunk": 1.8})
    walk, model = {"name": "Cross-fade", "metrics": {"trip": 1.3}}, {"name": "PCA", "metrics": {"trip": 2, "mse": 1}}
    fake_workspace.write(tmp_path / "data/references.json", [walk, model])
    page = read(tmp_path)
    cell = next(cell for cell in page.cells if cell.name == name)
    assert own.beside_trip(page, cell) == {"cross-fade": 1.3, "shrunk codes": 1.8}
    assert "cross-fade: 1.30" in render(page)
