"""Cells without a hidden layer, or with the identity as activation: linear models, by settings alone."""

from typing import Any

import pytest
import torch

from vaeplay.evaluation import export, layers, measure
from vaeplay.settings import axes

from . import making


@pytest.mark.parametrize("model", ["AE", "VAE"])
@pytest.mark.parametrize("size", [{"depth": 0}, {"depth": 2, "activation": "Identity"}])
def test_a_linear_cell_is_linear_and_can_be_measured_shown_and_explored(model: str, size: dict[str, Any]) -> None:
    cell = making.cell(model, **size)
    assert axes.parse(cell.name) is not None
    subject = making.subject(model, **size)
    z = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))
    decoder = subject.model.decoder
    with torch.no_grad():
        middle = (decoder(z[0]) + decoder(z[1])) / 2
        torch.testing.assert_close(decoder(z.mean(0)), middle)
    plain, _ = layers.of_decoder(decoder, z[0, :1], subject.model.shape)
    assert {layer["kind"] for layer in plain} == {"linear", "pixels"}
    assert export.export(subject)
    estimates, _ = measure.measure(subject)
    assert {"mse", "pca_mse", "trip"} <= set(estimates)
