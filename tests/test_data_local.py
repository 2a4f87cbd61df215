"""Data sets that are read where they lie, from files that are written here in their published formats."""

import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat

from stages import prepare
from vaeplay.data import celeba, images, local_files
from vaeplay.data.located import located
from vaeplay.errors import UserError
from vaeplay.settings import params, resolve

from .conftest import ROOT

generator = np.random.default_rng(0)
SPRITES = np.indices((1, 3, 2, 3, 2, 2)).reshape(6, -1).T.astype(np.int64)
SPRITE_PIXELS = generator.integers(0, 2, (len(SPRITES), 64, 64), dtype=np.uint8)
SCENES = np.indices((2, 2, 2, 3, 4, 2)).reshape(6, -1).T
SCENE_PIXELS = generator.integers(0, 256, (len(SCENES), 64, 64, 3), dtype=np.uint8)
DIGITS = {"train": 7, "valid": 3, "test": 5}
BITS = {half: generator.integers(0, 2, (count, 28, 28)) for half, count in DIGITS.items()}
STROKES: dict[str, NDArray[Any]] = {"": generator.random((6, 28, 28)), "test": generator.random((4, 28, 28))}
ALPHABETS = {"": np.array([0, 1, 2, 2, 1, 0]), "test": np.array([0, 1, 1, 2])}
FACES = 9
SMILES = np.arange(FACES) % 2


def written(name: str, folder: Path) -> Path:
    """The files of a data set, small, as they are published."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == "dsprites":
        np.savez_compressed(
            folder / "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz",
            metadata=np.array({"pickled": "and not to be opened"}, dtype=object),
            imgs=SPRITE_PIXELS,
            latents_classes=SPRITES,
            latents_values=SPRITES.astype(float),
        )
    elif name == "shapes3d":
        with h5py.File(folder / "3dshapes.h5", "w") as file:
            file["images"] = SCENE_PIXELS
            file["labels"] = SCENES / 7 - 1  # values, not places
    elif name == "binarized_mnist":
        for half, pixels in BITS.items():
            text = "".join(" ".join(map(str, image.flatten())) + " \n" for image in pixels)
            (folder / f"binarized_mnist_{half}.amat").write_text(text)
    elif name == "omniglot":
        held: dict[str, NDArray[Any]] = {}
        for half, strokes in STROKES.items():
            held[f"{half}data"] = strokes.transpose(0, 2, 1).reshape(len(strokes), -1).T
            held[f"{half}target"] = np.eye(3)[ALPHABETS[half]].T
        savemat(folder / "chardata.mat", held)
    else:
        (folder / "img_align_celeba").mkdir()
        lines = [str(FACES), "5_o_Clock_Shadow Smiling Male"]
        for number in range(FACES):
            Image.new("RGB", (18, 22), (number * 20, 0, 0)).save(folder / f"img_align_celeba/{number + 1:06}.jpg")
            lines.append(f"{number + 1:06}.jpg -1 {' 1' if SMILES[number] else '-1'}  1")
        (folder / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    return folder


def read(name: str, folder: Path, **changes: Any) -> images.Images:
    request = images.Request(name, path=str(written(name, folder)), **changes)
    return (celeba if name == "celeba" else local_files).read(request)


def test_dsprites_keeps_every_picture_with_its_factors(tmp_path: Path) -> None:
    found = read("dsprites", tmp_path)
    assert np.array_equal(found.images[:, 0], SPRITE_PIXELS * 255)
    assert np.array_equal(found.factors, SPRITES)  # type: ignore[arg-type]
    assert np.array_equal(found.labels, SPRITES[:, 1])
    assert found.factor_sizes == (1, 3, 2, 3, 2, 2) and found.factor_names[1] == "shape"


def test_shapes3d_turns_values_into_places(tmp_path: Path) -> None:
    found = read("shapes3d", tmp_path)
    assert np.array_equal(found.images, SCENE_PIXELS.transpose(0, 3, 1, 2))
    assert np.array_equal(found.factors, SCENES)  # type: ignore[arg-type]
    assert found.factor_sizes == (2, 2, 2, 3, 4, 2) and found.factor_names[4] == "shape"
    assert np.array_equal(found.labels, SCENES[:, 4])


@pytest.mark.parametrize("name", ["dsprites", "shapes3d"])
def test_a_limit_takes_the_same_share_of_each_shape_with_the_right_factors(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_files, "BLOCK", 5)
    monkeypatch.chdir(tmp_path)
    everything, found = read(name, tmp_path), read(name, tmp_path, limit=12)
    assert len(found.images) == 12 and set(np.bincount(found.labels)) <= {3, 4}
    for image, factors in zip(found.images, found.factors, strict=True):  # type: ignore[arg-type]
        (row,) = np.flatnonzero((everything.factors == factors).all(1))
        assert np.array_equal(everything.images[row], image)


def test_binarised_digits_are_black_and_white_and_bring_their_test_split(tmp_path: Path) -> None:
    found = read("binarized_mnist", tmp_path)
    assert np.array_equal(found.images[:, 0] / 255, np.concatenate(list(BITS.values())))
    assert found.test is not None and found.test.tolist() == [False] * 10 + [True] * 5


def test_omniglots_characters_stand_upright_with_their_alphabets(tmp_path: Path) -> None:
    found = read("omniglot", tmp_path)
    assert np.array_equal(found.images[:, 0], np.rint(np.concatenate(list(STROKES.values())) * 255))
    assert np.array_equal(found.labels, np.concatenate(list(ALPHABETS.values())))
    assert found.test is not None and found.test.sum() == 4
    assert len(found.classes) == 3


def test_celebas_attributes_are_factors_of_the_right_faces(tmp_path: Path) -> None:
    found = read("celeba", tmp_path, size=16, on_error="skip")
    assert found.images.shape == (FACES, 3, 16, 16)
    assert found.factors is not None and np.array_equal(found.factors[:, 1], SMILES)
    assert found.factor_names == ("5 o clock shadow", "smiling", "male") and found.factor_sizes == (2, 2, 2)
    assert found.classes == ("not smiling", "smiling") and np.array_equal(found.labels, SMILES)
    assert found.test is None
    (tmp_path / "img_align_celeba/000003.jpg").write_bytes(b"")
    partition = "".join(f"{number + 1:06}.jpg {2 if number > 5 else 0}\n" for number in range(FACES))
    (tmp_path / "list_eval_partition.txt").write_text(partition)
    request = images.Request("celeba", path=str(tmp_path), size=16, on_error="skip")
    found = celeba.read(request)
    assert len(found.images) == FACES - 1 and len(found.skipped) == 1
    assert np.array_equal(found.labels, np.delete(SMILES, 2))
    assert found.images[:, 0].mean((1, 2)) == pytest.approx(np.delete(np.arange(FACES), 2) * 20, abs=3)
    assert found.test is not None and found.test.tolist() == [False] * 5 + [True] * 3
    with pytest.raises(UserError, match=r"000003\.jpg: "):
        celeba.read(images.Request("celeba", path=str(tmp_path), size=16))


@pytest.mark.parametrize("name", [*local_files.FILES, *celeba.FILES])
def test_files_that_are_missing_doubled_or_of_another_kind_are_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=rf"^data\.path: \S+ holds no \S+; data\.name {name} reads one ") as caught:
        located(name, tmp_path)
    assert "\n" not in str(caught.value)
    first = located(name, written(name, tmp_path))[0]
    content = first.read_bytes()
    for spoilt in (b"", b"nonsense 7", content[: len(content) // 2]):
        first.write_bytes(spoilt)
        with pytest.raises(UserError) as caught:
            prepare.read(images.Request(name, path=str(tmp_path), size=16), binarise=False)
        assert "\n" not in str(caught.value) and first.name in str(caught.value)
    if name != "celeba":
        first.with_name(f"{first.stem}2_train{first.suffix}").write_bytes(content)
        first.with_name(f"3dshapes2{first.suffix}").write_bytes(content)
        with pytest.raises(UserError, match=r" and .*; data\.name"):
            located(name, tmp_path)


def test_without_h5py_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written("shapes3d", tmp_path)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(UserError, match=r"^data\.name: shapes3d needs the package h5py; install it"):
        local_files.read(images.Request("shapes3d", path=str(tmp_path)))


def test_missing_files_are_refused_before_anything_runs(tmp_path: Path) -> None:
    values = params.read(ROOT / "params.yaml").model_dump(mode="json")
    values["data"] |= {"name": "dsprites", "path": str(tmp_path)}
    read = params.validate(values)
    with pytest.raises(UserError, match=r"holds no dsprites\*\.npz"):
        resolve.check(read, ROOT)
    written("dsprites", tmp_path)
    resolve.check(read, ROOT)
    assert read.data.used()["path"] == str(tmp_path) and "white" not in read.data.used()
