"""The classifier learns, knows how sure it is, and needs neither classes nor square images."""

from pathlib import Path

import pytest
import torch

from vaeplay.classifier import network, training
from vaeplay.classifier.network import Classifier
from vaeplay.data import digits
from vaeplay.data.prepared import Split
from vaeplay.errors import UserError
from vaeplay.evaluation import floors

from . import making


@pytest.fixture(scope="module")
def splits() -> list[Split]:
    """1,000 training, 300 validation and 497 test images of 8×8."""
    found = digits.read()
    images, labels = torch.from_numpy(found.images.copy()), torch.from_numpy(found.labels.copy())
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return [Split(images[rows], labels[rows]) for rows in order.split([1000, 300, 497])]


def train(splits: list[Split], classes: int = 10, epochs: int = 8) -> Classifier:
    return training.train(splits[0], splits[1], classes, 0, channels=16, features=32, epochs=epochs, lr=1e-2)


@pytest.fixture(scope="module")
def trained(splits: list[Split]) -> Classifier:
    return train(splits)


def test_it_knows_digits_that_it_has_not_seen_and_how_sure_it_is(splits: list[Split], trained: Classifier) -> None:
    found = training.report(trained, splits[2], 10)
    assert found["accuracy"] > 0.93
    assert found["calibration_error"] < 0.05


def test_equal_seeds_give_equal_weights(splits: list[Split]) -> None:
    first, second = (train(splits, epochs=1).state_dict() for _ in range(2))
    assert all(torch.equal(value, second[name]) for name, value in first.items())


def test_features_have_a_mean_square_of_1_over_the_training_images(splits: list[Split], trained: Classifier) -> None:
    features = network.features(trained, splits[0].images)
    assert float(features.double().square().mean()) == pytest.approx(1, rel=1e-5)


def test_scaling_features_and_calibrating_change_no_answer(splits: list[Split]) -> None:
    torch.manual_seed(0)
    network = Classifier((1, 8, 8), 10, 4, 8)
    before, labels = training.answers(network, splits[1], 10)
    training.scale(network, splits[0].images)
    after, _ = training.answers(network, splits[1], 10)
    assert torch.allclose(before, after, atol=1e-5)
    training.calibrate(network, splits[1], 10)
    calibrated, _ = training.answers(network, splits[1], 10)
    ratio = (calibrated / before).median()
    assert torch.allclose(calibrated, before * ratio, atol=1e-5)
    cost = torch.nn.functional.cross_entropy
    assert cost(calibrated, labels) <= cost(before, labels) + 1e-6


def test_a_temperature_mends_overconfidence(splits: list[Split], trained: Classifier) -> None:
    network = train(splits, epochs=2)
    with torch.no_grad():
        network.head.weight.mul_(3)
        network.head.bias.mul_(3)
    spoilt = training.report(network, splits[2], 10)
    training.calibrate(network, splits[1], 10)
    mended = training.report(network, splits[2], 10)
    assert mended["accuracy"] == spoilt["accuracy"]
    assert mended["calibration_error"] < spoilt["calibration_error"]


@pytest.mark.parametrize("shape", [(1, 6, 6), (3, 4, 7)])
def test_images_are_turned_in_four_ways_that_keep_their_shape(shape: tuple[int, ...]) -> None:
    x = torch.arange(float(torch.Size(shape).numel())).view(shape).expand(9, *shape)
    turned, ways = training.turned(x)
    assert turned.shape == x.shape
    assert ways.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0]
    assert torch.equal(turned[0], x[0])
    assert len({tuple(image.flatten().tolist()) for image in turned}) == 4
    half_turn = 2 if shape[1] == shape[2] else 3
    assert torch.equal(turned[half_turn], x[0].flip((1, 2)))
    assert all(sorted(image.flatten().tolist()) == sorted(x[0].flatten().tolist()) for image in turned)


def test_without_classes_it_learns_how_digits_are_turned(splits: list[Split]) -> None:
    unlabelled = [Split(split.images, torch.zeros_like(split.labels)) for split in splits]
    network = train(unlabelled, classes=1)
    assert training.report(network, unlabelled[2], 1)["accuracy"] > 0.8
    assert training.task_name(unlabelled[0], 1) == "quarter turn"


def test_the_floors_of_real_images(splits: list[Split], trained: Classifier) -> None:
    real = network.features(trained, splits[0].images), network.features(trained, splits[2].images)
    found = floors.of(trained, splits[0], splits[2], real, classes=10, seed=0)
    assert found["floor_frechet"] < 0.3
    assert abs(found["floor_kid"]) < 0.05
    assert found["floor_coverage"] > 0.9
    assert found["floor_neighbour_consistency"] > 0.8
    assert 0.7 < found["floor_sure_midpoints"] <= 1
    without = floors.of(trained, splits[0], splits[2], real, classes=1, seed=0)
    assert found.keys() - without.keys() == {"floor_class_entropy", "floor_neighbour_consistency"}


def test_a_file_gives_the_same_network_and_features_back(tmp_path: Path) -> None:
    subject = making.subject("AE")
    network.save(tmp_path / "c.safetensors", subject.classifier, subject.real_train, subject.real_test)
    loaded, train_features, test_features = network.load(tmp_path / "c.safetensors")
    assert torch.equal(train_features, subject.real_train)
    assert torch.equal(network.features(loaded, subject.test.images), test_features)
    (tmp_path / "c.safetensors").write_bytes(b"no")
    with pytest.raises(UserError, match="not a classifier of this project"):
        network.load(tmp_path / "c.safetensors")
