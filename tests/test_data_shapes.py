"""Made images against geometry: areas, centres, and that each combination of factors is a picture of its own."""

import time

import numpy as np
import pytest

from vaeplay.data import images, shapes


def rows(**places: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """All combinations of the factors, but one place for each of `places`."""
    sizes = tuple(shapes.FACTORS.values())
    every = np.indices(sizes).reshape(len(sizes), -1).T.astype(np.int64)
    for name, place in places.items():
        every = every[every[:, list(shapes.FACTORS).index(name)] == place]
    return every


@pytest.mark.parametrize("size", [32, 64, 200])
def test_each_shape_covers_its_area(size: int) -> None:
    factors = rows(x=8, y=3)
    area = (shapes.draw(factors, size) / 255).mean(axis=(1, 2, 3))
    half = shapes.SCALES[factors[:, 1]]
    by_shape = np.stack([4 * half**2, np.pi * 1.2 * 0.6 * half**2, 3 * np.sqrt(3) * (0.7 * half) ** 2], 1)
    expected = by_shape[np.arange(len(factors)), factors[:, 0]]
    assert area == pytest.approx(expected, rel=0.75 / size)


def test_each_shape_lies_where_its_labels_say_and_inside_the_image() -> None:
    factors = rows(rotation=3, scale=4)
    made = shapes.draw(factors, 64)[:, 0] / 255
    centres = (np.arange(64) + 0.5) / 64
    mass = made.sum(axis=(1, 2))
    assert (made.sum(1) @ centres / mass) == pytest.approx(shapes.PLACES[factors[:, 3]], abs=0.003)
    assert (made.sum(2) @ centres / mass) == pytest.approx(shapes.PLACES[factors[:, 4]], abs=0.003)
    edge = np.concatenate([made[:, 0], made[:, -1], made[:, :, 0], made[:, :, -1]], 1)
    assert edge.max() == 0


def test_no_two_combinations_look_alike() -> None:
    made = shapes.draw(rows(), 32)
    assert len(np.unique(made.reshape(len(made), -1), axis=0)) == len(made) == 38_400


def test_outlines_are_anti_aliased() -> None:
    made = shapes.draw(rows(rotation=4), 32)
    between = ((made > 0) & (made < 255)).mean(axis=(1, 2, 3))
    assert between.min() > 0.01


def test_a_seed_chooses_which_are_made_and_each_shape_as_often() -> None:
    first, again, other = (shapes.read(images.Request("shapes", seed, limit=300, size=16)) for seed in (0, 0, 1))
    assert np.array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)
    assert first.factors is not None
    assert np.array_equal(first.images, shapes.draw(first.factors, 16))
    assert np.bincount(first.labels).tolist() == [100] * 3
    assert first.factors.max(0).tolist() == [size - 1 for size in first.factor_sizes]


def test_thousands_are_made_a_second() -> None:
    factors = rows()[::10]
    started = time.process_time()
    shapes.draw(factors, 32)
    assert len(factors) / (time.process_time() - started) > 2000
