"""What only some models can show: the stages of a code, the layers of latent variables, the priors of classes."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from stages.report import main
from tests import fake_workspace, making
from tests.fake_workspace import plans
from vaeplay import models
from vaeplay.data.prepared import as_float
from vaeplay.evaluation import export, measure
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.gallery.cells import own
from vaeplay.gallery.read import read
from vaeplay.noise import Noise

X = as_float(making.images(8))


def residual(stages: int) -> Subject:
    return making.subject("VQVAE", quantiser={"name": "residual", "codes": 4, "stages": stages})


@torch.no_grad()
def test_a_residual_quantiser_gives_back_more_with_each_stage() -> None:
    subject = residual(3)
    model: Any = subject.model
    z = model.encoder(X)
    model.quantiser.start(z.movedim(1, -1).flatten(0, -2), Noise(0))
    made = model.reconstruct_in_stages(X)
    first = model.quantiser.books[0].codebook
    nearest = torch.cdist(z.movedim(1, -1), first).argmin(-1)
    torch.testing.assert_close(made[0], model.decode(first[nearest].movedim(-1, 1)))
    torch.testing.assert_close(made[-1], model.reconstruct(X))
    assert len(made) == 3 and not torch.equal(made[0], made[1])
    picture = measure.pictures(subject, 6)["stages"]
    assert picture.shape == (4, 6, *making.SHAPE)
    torch.testing.assert_close(picture[[0, -1]], measure.pictures(subject, 6)["reconstruction"])


@torch.no_grad()
def test_the_images_of_a_row_share_the_top_layer_and_those_of_a_column_the_bottom() -> None:
    model: Any = making.model("LadderVAE", latent_dim=4).eval()
    for parameter in (*model.down.parameters(), *model.decoder.parameters()):
        parameter.mul_(3)

    def spread() -> list[float]:
        made = model.sample_layers(5, 6, Noise(0))
        assert made.shape == (5, 6, *making.SHAPE)
        return [float(made.std(dim).mean()) for dim in (1, 0)]  # along a row, down a column

    assert min(spread()) > 1e-3
    last = model.down[-1]
    last.weight[model.latent_dim :], last.bias[model.latent_dim :] = 0, -60  # the bottom adds no noise
    along, down = spread()
    assert along < 1e-6 < 1e-3 < down
    last.weight.zero_()
    last.bias.zero_()  # the top is silent
    along, down = spread()
    assert down < 1e-6 < 1e-3 < along
    assert measure.pictures(making.subject("LadderVAE"), 6)["layers"].shape == (4, 6, *making.SHAPE)


@torch.no_grad()
def test_the_priors_of_the_classes_make_up_the_prior() -> None:
    model: Any = making.model("ConditionalVAE", classes=3)
    mean, deviation = model.class_priors()
    z = torch.randn(20, 3)
    prior = MixtureSameFamily(Categorical(torch.ones(3)), Independent(Normal(mean, deviation), 1))
    torch.testing.assert_close(model.log_prior(z), prior.log_prob(z))
    tensors = load(export.export(making.subject("ConditionalVAE", classes=3)))
    assert torch.equal(tensors["class_means"], mean) and torch.equal(tensors["class_deviations"], deviation)


@pytest.mark.parametrize(
    "name", [name for name in models.names() if name not in ("LadderVAE", "ConditionalVAE", "VQVAE2")]
)
def test_other_models_have_none_of_these(name: str) -> None:
    model = making.model(name).eval().measured()
    assert model.reconstruct_in_stages(X) == [] and model.sample_layers(2, 2, Noise(0)) is None
    assert model.class_priors() is None


def test_pictures_that_a_model_cannot_have_are_not_made() -> None:
    assert not {"stages", "layers"} & set(measure.pictures(making.subject("VAE"), 6))
    assert "stages" not in measure.pictures(residual(1), 6)
    assert "class_means" not in load(export.export(making.subject("MixtureVAE")))


def test_the_page_shows_them_for_the_cells_that_have_them_alone(tmp_path: Path) -> None:
    names = fake_workspace.make(tmp_path)
    main(tmp_path)
    before = (tmp_path / "reports/gallery.html").read_text("utf-8")
    assert 'data-kind="stages"' not in before
    fake_workspace.picture(tmp_path / f"evaluation/{names[0]}/stages.png", 12, 4, 1)
    shutil.copy(tmp_path / f"evaluation/{names[1]}/prior.png", tmp_path / f"evaluation/{names[1]}/layers.png")
    page = read(tmp_path)
    assert [kind.title for kind in page.kinds][:2] == ["Reconstructions", "Stages"]
    sample = next(sample for sample in page.cells[0].samples if sample.kind == "stages")
    assert own.row_labels(page.cells[0], "stages", sample.rows) == ("original", "1 stage", "2 stages", "3 stages")
    assert own.row_labels(page.cells[1], "layers", 2) == ("top 1", "top 2")
    main(tmp_path)
    after = (tmp_path / "reports/gallery.html").read_text("utf-8")
    for title in ("Stages", "Layers"):
        assert after.count(f'alt="{title} of ') == 1
    assert after.count("No picture yet") == before.count("No picture yet") == 0
    assert len(plans()) == len(names) > 2
