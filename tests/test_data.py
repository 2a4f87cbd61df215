"""The split is stratified, seeded and complete; what is written is what is read."""

import hashlib
import importlib.util
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vaeplay import data
from vaeplay.data import digits, fitting, images, mnist5k, packing, prepared
from vaeplay.errors import UserError


@given(
    st.lists(st.integers(30, 80), min_size=1, max_size=6),
    st.floats(0.05, 0.45),
    st.floats(0.05, 0.45),
    st.integers(0, 1000),
)
def test_every_image_is_in_one_split_and_every_class_is_divided_alike(
    sizes: list[int], validation: float, test: float, seed: int
) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    np.random.default_rng(1).shuffle(labels)
    rows = images.split(labels, validation, test, seed)
    assert sorted(np.concatenate(list(rows.values())).tolist()) == list(range(len(labels)))
    for label, size in enumerate(sizes):
        for name, share in (("validation", validation), ("test", test)):
            assert abs((labels[rows[name]] == label).sum() - share * size) <= 1


def test_another_seed_is_another_split_and_the_same_seed_the_same() -> None:
    labels = np.repeat(np.arange(10), 50)
    first, again, other = (images.split(labels, 0.1, 0.2, seed) for seed in (0, 0, 1))
    assert all(np.array_equal(first[name], again[name]) for name in images.SPLITS)
    assert not np.array_equal(first["test"], other["test"])


@given(st.integers(1, 12), st.integers(0, 50))
def test_few_images_are_split_or_refused_in_one_line(count: int, seed: int) -> None:
    try:
        rows = images.split(np.zeros(count, np.int64), 0.1, 0.2, seed)
    except UserError as error:
        assert "no image falls in the" in str(error)
    else:
        assert all(len(chosen) for chosen in rows.values())


def test_the_embedded_digits_are_mnist() -> None:
    found = mnist5k.read()
    assert found.images.shape == (5000, 1, 28, 28)
    assert found.images.dtype == np.uint8
    assert np.bincount(found.labels).tolist() == [500] * 10
    assert found.images.min() == 0
    assert found.images.max() == 255
    ones, zeros = (found.images[found.labels == label].mean() for label in (1, 0))
    assert ones < zeros  # a one has less ink than a zero: labels belong to their images


def test_what_is_prepared_is_what_is_read(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    made = images.Images(
        generator.integers(0, 256, (40, 3, 5, 6), dtype=np.uint8),
        np.repeat(np.arange(2), 20),
        ("cat", "<script>"),
        "title",
        "source",
        "licence",
        factors=generator.integers(0, 3, (40, 2)),
        factor_names=("size", "place"),
        factor_sizes=(3, 3),
    )
    assert made.factors is not None
    rows = images.split(made.labels, 0.2, 0.3, 0)
    path = tmp_path / "images.safetensors"
    packing.write(path, made, rows, images.card("toy", made, rows))
    for name in images.SPLITS:
        read = prepared.read(path, name)
        assert torch.equal(read.images, torch.from_numpy(made.images[rows[name]]))
        assert torch.equal(read.labels, torch.from_numpy(made.labels[rows[name]]))
        assert read.factors is not None
        assert torch.equal(read.factors, torch.from_numpy(made.factors[rows[name]]))
    about = prepared.about(path)
    assert about["classes"] == ["cat", "<script>"]
    assert about["factors"] == ["size", "place"]
    assert about["sha256"] == hashlib.sha256(made.images.tobytes() + made.labels.tobytes()).hexdigest()
    card = images.card("toy", made, rows)
    assert card["counts"] == {"train": 20, "validation": 8, "test": 12}
    assert card["class_counts"]["test"] == [6, 6]
    assert card["shape"] == [3, 5, 6]
    before = path.read_bytes()
    packing.write(path, made, rows, card)
    assert path.read_bytes() == before
    assert images.examples(made, rows).shape == (2, 10, 3, 5, 6)


def test_static_binarisation_draws_each_pixel_once_with_its_grey_as_probability() -> None:
    grey = np.repeat(np.array([0, 51, 204, 255], np.uint8), 40_000).reshape(4, 1, 200, 200)
    made = images.Images(grey, np.zeros(4, np.int64), ("a",), "title", "source", "licence")
    drawn = images.binarised(made, 0)
    assert np.array_equal(drawn.images, images.binarised(made, 0).images)
    assert not np.array_equal(drawn.images, images.binarised(made, 1).images)
    assert set(np.unique(drawn.images)) == {0, 255}
    white = (drawn.images == 255).mean(axis=(1, 2, 3))
    assert white[0] == 0
    assert white[3] == 1
    assert white == pytest.approx([0, 0.2, 0.8, 1], abs=0.01)
    assert "binarised" in images.card("toy", drawn, {"train": np.arange(4)})["title"]


def test_a_missing_or_damaged_data_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "images.safetensors"
    for content in (None, b"", b"nonsense, and more of it"):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(UserError, match="not a prepared data set"):
            prepared.read(path, "train")


def test_a_part_of_the_data_is_read_as_that_part_alone(tmp_path: Path) -> None:
    """Mapped, not read: a file of 200 MB opens at once, and the process grows by what is used."""
    many = images.Images(images.scratch((250_000, 1, 28, 28)), np.arange(250_000) % 10, tuple("0123456789"), *"tsl")
    rows = images.split(many.labels, 0.1, 0.1, 0)
    packing.write(tmp_path / "images.safetensors", many, rows, images.card("toy", many, rows))
    before = psutil.Process().memory_info().rss
    started = time.perf_counter()
    split = prepared.read(tmp_path / "images.safetensors", "train")
    seconds = time.perf_counter() - started
    prepared.as_float(split.images[100_000:100_500])
    assert seconds < 0.1
    assert psutil.Process().memory_info().rss - before < 50e6


def test_a_set_is_fitted_to_a_size_and_channels() -> None:
    few = images.limited(mnist5k.read(), 50, 0)
    assert np.bincount(few.labels).tolist() == [5] * 10
    assert fitting.fitted(few, 28, 1) is few
    colour = fitting.fitted(few, None, 3)
    assert np.array_equal(colour.images, few.images.repeat(3, 1))
    larger = fitting.fitted(few, 32, 3)
    assert larger.images.shape == (50, 3, 32, 32)
    assert larger.images.mean() == pytest.approx(few.images.mean(), rel=0.02)
    assert np.array_equal(larger.labels, few.labels)


def test_the_small_digits_are_digits() -> None:
    small = digits.read()
    assert small.images.shape == (1797, 1, 8, 8)
    assert (small.images.min(), small.images.max()) == (0, 255)
    assert np.bincount(small.labels).min() > 170


@pytest.mark.parametrize("name", data.names())
def test_a_set_says_its_shape_and_where_it_is_read(name: str) -> None:
    assert importlib.util.find_spec(data.module(name)) is not None
    shape = data.shape(name)
    assert (shape is None) == (name in {"folder", "celeba"})
    if name in {"mnist5k", "digits", "shapes"}:
        read = importlib.import_module(data.module(name)).read(images.Request(name, limit=30))
        assert read.images.shape[1:] == shape


def test_pixels_become_shares_of_white() -> None:
    x = prepared.as_float(torch.tensor([0, 51, 255], dtype=torch.uint8))
    assert x.tolist() == pytest.approx([0, 0.2, 1])


def test_data_sets_are_what_the_files_of_the_folder_say() -> None:
    sets = {"cifar10", "digits", "emnist", "fashion_mnist", "folder", "kmnist", "mnist", "mnist5k", "shapes", "svhn"}
    sets |= {"binarized_mnist", "celeba", "dsprites", "omniglot", "shapes3d"}
    assert set(data.names()) == sets
