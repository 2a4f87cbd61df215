"""The loop: equal seeds give equal bits, means are over images, and watching a training does not change it."""

import hashlib
from typing import Any

import pytest
import torch

from vaeplay import models
from vaeplay.data.prepared import as_float
from vaeplay.errors import UserError
from vaeplay.models.parts.losses import Loss
from vaeplay.settings.cells import Cell
from vaeplay.training import checkpoint, log, loop

from . import making


def trained(cell: Cell, validation_seed: int = 1) -> dict[str, torch.Tensor]:
    model = checkpoint.build(cell, making.SHAPE)
    loop.train(model, making.images(130), making.images(20, seed=validation_seed), cell)
    return model.state_dict()


def digest(state: dict[str, torch.Tensor]) -> str:
    return hashlib.sha256(b"".join(value.numpy().tobytes() for value in state.values())).hexdigest()


@pytest.mark.parametrize("name", models.names())
def test_equal_seeds_give_equal_weights_and_other_seeds_others(name: str) -> None:
    train = {"epochs": 2, "batch_size": 32}
    first, again = (digest(trained(making.cell(name, train=train))) for _ in range(2))
    other = digest(trained(making.cell(name, train=train, seed=1)))
    assert first == again
    assert first != other


def test_images_too_many_to_be_kept_as_floats_give_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = digest(trained(making.cell("VAE")))
    monkeypatch.setattr(loop, "AS_FLOATS", 0)
    assert digest(trained(making.cell("VAE"))) == kept


def test_the_validation_split_does_not_move_the_weights() -> None:
    cell = making.cell("VAE", train={"epochs": 2})
    assert digest(trained(cell, validation_seed=1)) == digest(trained(cell, validation_seed=2))


def test_weights_before_the_first_step_depend_on_the_seed_alone() -> None:
    torch.manual_seed(123)
    first = digest(making.model("VAE").state_dict())
    torch.rand(7)
    assert digest(making.model("VAE").state_dict()) == first


def test_means_weigh_images_not_batches() -> None:
    values = torch.arange(10.0)
    means = loop.Means()
    for part in values.split(4):  # batches of 4, 4 and 2
        means.add(Loss(part, {"distortion": 2 * part}, {"figure": part.mean()}))
    assert means.values() == pytest.approx({"total": 4.5, "distortion": 9.0, "figure": 4.5})


def test_a_log_counts_what_was_trained() -> None:
    cell = making.cell("VAE", train={"epochs": 3})
    model = checkpoint.build(cell, making.SHAPE)
    history = loop.train(model, making.images(70), making.images(10), cell)
    account = log.of(cell, model, history, 70, seconds=9.0)
    assert [entry["epoch"] for entry in account["history"]] == [1, 2, 3]
    assert account["seconds"] == 9
    assert account["images_per_second"] == pytest.approx(210 / sum(entry["seconds"] for entry in history))
    inputs, hidden, codes = 144, 32, 3
    encoder = inputs * hidden + hidden + hidden * 2 * codes + 2 * codes
    decoder = codes * hidden + hidden + hidden * inputs + inputs
    assert account["parameters"] == encoder + decoder


def test_the_last_validation_entry_is_what_validating_again_gives() -> None:
    cell = making.cell("VAE", train={"epochs": 2})
    model = checkpoint.build(cell, making.SHAPE)
    held_out = making.images(33, seed=4)
    history = loop.train(model, making.images(70), held_out, cell)
    again = loop.validate(model, held_out, 64, step=4, seed=cell.seed)
    assert {f"validation_{term}": value for term, value in again.items()}.items() <= history[-1].items()
    assert as_float(held_out).shape == (33, 1, 12, 12)


def test_a_training_that_diverges_is_one_line_that_names_cell_epoch_and_term() -> None:
    cell = making.cell("VAE", train={"epochs": 3, "lr": 10.0, "optimiser": "SGD"})
    model = checkpoint.build(cell, making.SHAPE)
    with pytest.raises(
        UserError, match=r"VAE_latent3_depth1_ReLU: \w+ is (nan|inf) in epoch \d: .*lower train.lr"
    ) as caught:
        loop.train(model, making.images(256), making.images(20), cell)
    assert "\n" not in str(caught.value)


def test_training_ends_with_what_sampling_needs() -> None:
    cell = making.cell("AE", train={"epochs": 1})
    model: Any = checkpoint.build(cell, making.SHAPE)
    images = making.images(70)
    loop.train(model, images, making.images(10), cell)
    with torch.no_grad():
        torch.testing.assert_close(model.means[0], model.encode(as_float(images)).mean(0))


def test_the_decoders_products_are_counted() -> None:
    dense = making.model("VAE", (1, 28, 28), hidden=400, latent_dim=20)
    assert log.decoder_macs(dense) == 20 * 400 + 400 * 784
    conv = making.model("ConvAE", (1, 12, 12), latent_dim=3, channels=4)  # 3 → 4 × 6 × 6, then 4 × 4 pixels of one map
    assert log.decoder_macs(conv) == 3 * 4 * 36 + 36 * 4 * 16
    maps = making.model("VQVAE", (1, 12, 12), latent_dim=3, channels=4)  # 3 × 3 pixels of 3 maps to 4 maps before that
    assert log.decoder_macs(maps) == 36 * 9 * 3 * 4 + 36 * 4 * 16
