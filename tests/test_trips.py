"""Trips where their length is known: linear decoders, perfect and dead ones, cross-fades, shrunk codes."""

import math
from typing import Any

import pytest
import torch

from vaeplay.evaluation.metrics import smoothness, trips
from vaeplay.evaluation.metrics.smoothness import pairs, straight
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.noise import Noise

from . import making
from .linear import linear


def pixels(decode: Any = None) -> Subject:
    """A subject whose codes and features are the pixels themselves; `decode` may do something else to them."""
    subject, _ = linear()
    model: Any = subject.model
    model.encode = lambda x: x.flatten(1)
    model.decode = decode or (lambda z: z.unflatten(1, making.SHAPE))
    model.latent_dim = math.prod(making.SHAPE)
    model.code_shape = (model.latent_dim,)
    model.sample_codes = lambda count, noise: noise.uniform((count, model.latent_dim))
    return subject


def test_a_perfect_linear_model_makes_a_straight_trip() -> None:
    found = trips.metrics(pixels())
    for key in ("trip", "path_length", "contrast", "roughness"):
        assert found[key].value == pytest.approx(1, rel=1e-5), key
    assert found["sure_midpoints"].value == 1


def test_a_decoder_that_ignores_its_code_has_no_path_length_and_a_long_trip() -> None:
    """The way from each image to one constant image and back to the other, which is known."""
    constant = torch.full(making.SHAPE, 0.5)
    subject = pixels(lambda z: constant.expand(len(z), *making.SHAPE) + 0 * z.sum())
    found = trips.metrics(subject)
    first, second = pairs(60, subject.noise_for("pairs"))
    ends, apart = subject.real_test[first], subject.real_test[first] - subject.real_test[second]
    detour = (ends - 0.5).norm(dim=1) + (subject.real_test[second] - 0.5).norm(dim=1)
    assert found["trip"].value == pytest.approx(float(detour.mean() / apart.norm(dim=1).mean()), rel=1e-5)
    assert found["trip"].value > 1.2
    assert found["path_length"].value == found["contrast"].value == 0
    assert "roughness" not in found  # 0 / 0


def test_shrunk_codes_are_straight_and_their_trip_is_long() -> None:
    """To a hundredth of their distance from the mean image: roughness is 1, the least, and the trip tells."""
    centre = 0.5
    found = trips.metrics(pixels(lambda z: (centre + 0.01 * (z - centre)).unflatten(1, making.SHAPE)))
    assert found["roughness"].value == pytest.approx(1, rel=1e-4)
    assert found["contrast"].value == pytest.approx(1e-4, rel=1e-3)
    assert found["trip"].value > 1.2


def test_path_length_is_contrast_times_roughness() -> None:
    found = trips.metrics(making.subject("VAE", activation="Tanh"))
    assert found["path_length"].value == pytest.approx(found["contrast"].value * found["roughness"].value, rel=1e-9)
    assert found["roughness"].value >= 1
    assert found["trip"].value >= 1


def test_a_straight_walk_under_a_linear_decoder_has_the_length_of_its_chord() -> None:
    subject, matrix = linear()
    first, second = pairs(60, subject.noise_for("pairs"))
    decoded = (subject.codes @ matrix.T).double()
    apart = (subject.real_test[first] - subject.real_test[second]).double()
    chords = (decoded[first] - decoded[second]).square().sum(1).mean()
    found = trips.metrics(subject)
    assert found["path_length"].value == pytest.approx(float(chords / apart.square().sum(1).mean()), rel=1e-5)
    assert found["roughness"].value == pytest.approx(1, rel=1e-5)


def test_nothing_changes_with_the_unit_of_the_codes() -> None:
    found, rescaled = (trips.metrics(linear(scale)[0]) for scale in (1.0, 1000.0))
    for key in set(found) - {"holes", "outside"}:  # the prior stays where it is
        assert rescaled[key].value == pytest.approx(found[key].value, rel=1e-4), key


def test_speed_is_that_of_small_steps_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = making.subject("VAE", activation="Tanh")
    first, second = pairs(60, subject.noise_for("pairs"))
    times = trips.moments(30, Noise(0)).double()
    subject.__dict__["codes"] = subject.codes.double()
    subject.model.double(), subject.classifier.double()
    path = trips.features_along(subject, straight, first, second)
    rows = torch.arange(30)
    with torch.no_grad():
        between, speeds = trips.along(path, times)
        for column in range(trips.TIMES):
            at = times[:, [column]]
            slope = (path(rows, at + 1e-7) - path(rows, at - 1e-7)) / 2e-7
            assert torch.allclose(speeds[:, column], slope.norm(dim=1), rtol=1e-3)
            assert torch.allclose(between[:, column], path(rows, at))
        monkeypatch.setattr(trips, "AT_ONCE", 7)
        assert torch.allclose(trips.along(path, times)[1], speeds)


def test_times_are_one_in_each_part() -> None:
    times = trips.moments(50, Noise(0))
    assert torch.equal((times * trips.TIMES).floor(), torch.arange(8.0).expand(50, 8))


def test_the_references_are_a_cross_fade_of_pixels_and_one_image_for_all() -> None:
    """Where features are pixels, the first is straight and its middle is far from images; the second has no speed."""
    subject = pixels()
    real = subject.real_train, subject.real_test
    found = trips.references(subject.classifier, subject.train, subject.test, real, subject.seed)
    fade, still = found["Cross-fade"], found["Constant image"]
    assert fade["trip"].value == pytest.approx(1, rel=1e-5)
    first, second = pairs(60, subject.noise_for("pairs"))
    halves = (subject.real_test[first] + subject.real_test[second]) / 2
    usual, expected = (torch.cdist(points, subject.real_train).amin(1).mean() for points in (subject.real_test, halves))
    assert fade["midpoint_distance"].value == pytest.approx(float(expected / usual), rel=1e-3)
    mean = subject.real_train.mean(0)
    detours = [(subject.real_test[rows] - mean).norm(dim=1) for rows in (first, second)]
    apart = (subject.real_test[first] - subject.real_test[second]).norm(dim=1)
    assert still["trip"].value == pytest.approx(float(sum(detours).mean() / apart.mean()), rel=1e-4)
    assert still["path_length"].value == still["contrast"].value == 0
    assert set(fade) - set(still) == {"roughness"}  # 0 / 0
    assert {item.count for item in fade.values()} == {30}


def test_the_reference_of_shrunk_codes_is_their_trip() -> None:
    """Whatever the decoder makes of the codes as they are."""
    centre = pixels().codes.mean(0)
    shrunk = trips.metrics(pixels(lambda z: (centre + trips.SHRUNK * (z - centre)).unflatten(1, making.SHAPE)))
    found = trips.metrics(pixels())
    assert found["trip_shrunk"].value == pytest.approx(shrunk["trip"].value, rel=1e-4)
    assert found["trip_shrunk"].value > found["trip"].value


def test_a_large_test_split_has_no_more_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoothness, "PAIRS", 7)
    first, second = pairs(60, Noise(0))
    assert len(first) == len(second) == 7
    assert len({*first.tolist(), *second.tolist()}) == 14


def test_what_a_map_of_codes_and_a_single_image_have() -> None:
    keys = {"trip", "trip_shrunk", "path_length", "contrast", "roughness", "sure_midpoints", "midpoint_distance"}
    assert set(trips.metrics(making.subject("VQVAE"))) == {"sure_midpoints", "midpoint_distance"}
    of_vectors = {
        "path_length_spherical",
        "holes",
        "outside",
        "walk_holes",
        "walk_outside",
        "test_holes",
        "test_outside",
    }
    assert set(trips.metrics(making.subject("VAE"))) == keys | of_vectors
    assert trips.metrics(making.subject("VAE", 1)) == {}
    found = trips.metrics(making.subject("VAE", 61))
    assert {found[key].count for key in (*keys, "path_length_spherical", "walk_holes")} == {30}
