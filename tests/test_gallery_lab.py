"""The lab's images and presets, as the page holds them."""

import base64
import zlib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from vaeplay.errors import UserError
from vaeplay.gallery.lab import images
from vaeplay.gallery.lab.data import DIALS, PRESETS, word
from vaeplay.gallery.lab.images import LabImages, pack, read


def levels(packed: LabImages) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    flat = np.frombuffer(zlib.decompress(base64.b64decode(packed.payload)), np.uint8)
    return flat.reshape(-1, packed.height, packed.width)


def noise(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def test_large_images_are_halved_until_they_fit() -> None:
    given = noise(30, 1, 28, 28)
    packed = pack(given, np.arange(30))
    expected = given.reshape(30, 14, 2, 14, 2).mean((2, 4)).round()
    assert (packed.height, packed.width) == (14, 14)
    assert sorted(packed.labels) == list(range(30))
    np.testing.assert_array_equal(levels(packed), expected[list(packed.labels)])


def test_small_images_keep_their_pixels_and_colours_become_grey() -> None:
    given = noise(4, 3, 8, 6)
    packed = pack(given, np.arange(4))
    np.testing.assert_array_equal(levels(packed), given.mean(1).round()[list(packed.labels)])


def test_a_split_is_thinned_to_what_the_page_has_room_for() -> None:
    given, labels = noise(5000, 1, 16, 16), np.repeat(np.arange(10), 500)
    packed = pack(given, labels)
    assert len(packed.payload) <= images.LARGEST
    assert 900 < len(packed.labels) < images.MOST
    assert len(levels(packed)) == len(packed.labels)
    assert np.bincount(packed.labels[:500]).min() > 30, "a sorted split is shown with all its classes"


def test_without_training_images_there_is_no_lab_and_a_damaged_file_is_named(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    (tmp_path / "data").mkdir()
    save_file({"test_images": noise(2, 1, 8, 8)}, tmp_path / "data/images.safetensors")
    assert read(tmp_path) is None
    (tmp_path / "data/images.safetensors").write_bytes(b"no tensors")
    with pytest.raises(UserError, match=r"data/images\.safetensors: not a safetensors file"):
        read(tmp_path)


def test_presets_turn_dials_to_values_that_these_have() -> None:
    values = {dial.name: dial.values for dial in DIALS}
    for preset in PRESETS:
        assert all(value in values[name] for name, value in preset.settings.items()), preset.title
    assert word({"beta": "4"}) == "VAE_beta4_warmup0_lr0.003_latent2_hidden64_imagesall_ReLU_seed1"
    parts = [dial.before + value for dial in DIALS for value in dial.values]
    assert len(set(parts)) == len(parts), "a part of the address stands for two settings"
