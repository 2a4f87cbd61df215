"""Holes where it is known that there are some: a ring, two clusters, and codes that are the prior's own."""

import math

import torch
from torch import Tensor

from vaeplay.evaluation.metrics import holes
from vaeplay.evaluation.metrics.subject import Subject

from . import making


def normal(count: int, size: int = 2, seed: int = 0) -> Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed), dtype=torch.double)


def subject_with(codes: tuple[Tensor, Tensor], drawn: Tensor, features: tuple[Tensor, Tensor, Tensor]) -> Subject:
    """One whose codes (training, test), prior draws, and features (training, test, of the draws) are these."""
    subject = making.subject("AE", len(codes[1]), latent_dim=2)
    subject.__dict__ |= {"trained_on": codes, "sample_codes": drawn, "sample_features": features[2]}
    subject.real_train, subject.real_test = features[:2]
    return subject


def shares(subject: Subject) -> dict[str, float]:
    walked = torch.zeros(5, 8, 2), torch.zeros(5, 8, 2)
    return {key: figure.value for key, figure in holes.metrics(subject, walked).items()}


def test_the_middle_of_a_ring_is_outside_and_the_ring_is_not() -> None:
    angles = torch.arange(400) * 2 * math.pi / 400
    support = holes.Support(torch.stack([angles.cos(), angles.sin()], 1).double())
    between = torch.stack([(angles + 0.005).cos(), (angles + 0.005).sin()], 1)
    assert not support.outside(between).any()
    assert support.outside(0.9 * between).all()
    assert support.outside(torch.zeros(1, 2)).all()


def test_a_ball_reaches_to_the_fifth_neighbour() -> None:
    support = holes.Support(torch.arange(100.0)[:, None].double())
    queries = torch.tensor([[-3.1], [-4.9], [-5.1], [99.0], [103.9], [104.1]])
    # the fifth neighbour of 0 is at 5, of 1 at 4 to either side, so that -4.9 is in the ball of 0 alone
    assert support.outside(queries).tolist() == [False, False, True, False, False, True]


def test_codes_that_are_the_priors_own_have_no_more_holes_than_test_images() -> None:
    codes = normal(2000), normal(1000, seed=1)
    found = shares(subject_with(codes, normal(1000, seed=2), (codes[0], codes[1], normal(1000, seed=2))))
    assert found["outside"] < 0.02
    assert abs(found["outside"] - found["test_outside"]) < 0.01
    assert found["holes"] < 0.02


def test_a_prior_between_two_clusters_falls_into_the_hole_where_its_images_are_none() -> None:
    """Codes at -10 and 10 with features likewise: the Gaussian that is fitted to them lies between."""
    sides = torch.where(torch.arange(1000) % 2 == 0, 10.0, -10.0)[:, None].double()
    codes = normal(1000) + sides, normal(1000, seed=1) + sides
    drawn = 10 * normal(1000, seed=2)
    inside = ((drawn - 10).norm(dim=1) < 3) | ((drawn + 10).norm(dim=1) < 3)
    found = shares(subject_with(codes, drawn, (*codes, drawn)))
    assert found["holes"] == found["outside"]
    assert abs(found["outside"] - (1 - float(inside.double().mean()))) < 0.05
    assert found["test_holes"] < 0.02
    plausible = shares(subject_with(codes, drawn, (*codes, codes[1])))
    assert plausible["outside"] == found["outside"]
    assert plausible["holes"] < 0.02


def test_the_unit_of_a_code_changes_nothing() -> None:
    codes, drawn = (normal(500), normal(200, seed=1)), 2 * normal(200, seed=2)
    units = torch.tensor([1e-3, 1e3]).double()
    features = codes[0], codes[1], drawn
    plain = shares(subject_with(codes, drawn, features))
    scaled = shares(subject_with((codes[0] * units, codes[1] * units), drawn * units, features))
    assert plain["outside"] == scaled["outside"] > 0.1


def test_a_dimension_that_a_vae_does_not_use_is_no_hole() -> None:
    """Its means are all 0 there, and its draws are the prior's."""
    subject = making.subject("VAE", 300)
    with torch.no_grad():
        last = [part for part in subject.model.encoder.modules() if isinstance(part, torch.nn.Linear)][-1]
        last.weight.zero_(), last.bias.zero_()
    assert subject.codes.abs().max() == 0
    known, tested = subject.trained_on
    assert known.std() > 0.9 and tested.std() > 0.9
    walked = torch.zeros(5, 8, 3), torch.zeros(5, 8, 8)
    found = {key: figure.value for key, figure in holes.metrics(subject, walked).items()}
    assert abs(found["outside"] - found["test_outside"]) < 0.05


def test_maps_of_codes_have_no_holes_to_speak_of() -> None:
    assert shares(making.subject("VQVAE")) == {}
