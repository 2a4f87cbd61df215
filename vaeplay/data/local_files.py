"""Data sets of the field that are one or a few files: they are read where they lie, in the folder `data.path`.

    binarized_mnist  Larochelle's 70,000 digits, black and white for good: three text files, `.amat`
    omniglot         Burda's 32,460 characters at 28×28, `chardata.mat`
    dsprites         737,280 white shapes with their factors, `.npz`
    shapes3d         480,000 coloured scenes with their factors, `3dshapes.h5`; needs the package h5py

Only the images that are used are kept in memory, and no pickle is opened.
"""

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from vaeplay.data.images import BLOCK, Images, Request, scratch, subset
from vaeplay.data.located import located
from vaeplay.data.tree import shown
from vaeplay.errors import UserError, is_of_the_machine

SETS = {
    "binarized_mnist": (1, 28, 28),
    "dsprites": (1, 64, 64),
    "omniglot": (1, 28, 28),
    "shapes3d": (3, 64, 64),
}
FILES = {
    "binarized_mnist": ("*train*.amat", "*valid*.amat", "*test*.amat"),
    "dsprites": ("dsprites*.npz",),
    "omniglot": ("chardata*.mat",),
    "shapes3d": ("3dshapes*.h5",),
}

SPRITES = ("colour", "shape", "scale", "orientation", "x", "y")
SCENES = ("floor hue", "wall hue", "object hue", "scale", "shape", "orientation")
UNUSABLE = (
    *(OSError, KeyError, ValueError, TypeError, IndexError, EOFError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What numpy, scipy and h5py raise for a file that is cut off or holds something else."""


def read(request: Request) -> Images:
    """The images of `request.name`, `limit` of them where it reads some alone.

    Raises:
        UserError: the files are not there, or not what they should be; or h5py is missing.
    """
    paths = located(request.name, Path(request.path))
    try:
        return READERS[request.name](paths, request)
    except UNUSABLE as error:
        if isinstance(error, OSError) and is_of_the_machine(error):
            raise
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise UserError(f"{' or '.join(map(shown, paths))}: not a file of {request.name} ({reason})") from None


def _binarized_mnist(paths: Sequence[Path], _: Request) -> Images:
    parts = []
    for path in paths:
        numbers = np.array(path.read_bytes().split(), np.uint8)
        if not numbers.size or numbers.max() > 1 or numbers.size % 784:
            raise ValueError(f"{path.name}: {numbers.size:,} numbers; expected rows of 784, each 0 or 1")
        parts.append(numbers.reshape(-1, 1, 28, 28) * np.uint8(255))
    count = sum(map(len, parts))
    return Images(
        images=np.concatenate(parts),
        labels=np.zeros(count, np.int64),
        classes=("digit",),
        title=f"MNIST handwritten digits, {count:,} of them, binarised once for all",
        source="Larochelle & Murray 2011, The neural autoregressive distribution estimator; from MNIST",
        licence="CC BY-SA 3.0 (MNIST)",
        test=np.repeat([False, True], [len(parts[0]) + len(parts[1]), len(parts[2])]),
        notes=("The validation file's digits are put with the training ones, of which data.validation is a share.",),
    )


def _omniglot(paths: Sequence[Path], _: Request) -> Images:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        held = loadmat(paths[0], variable_names=["data", "target", "testdata", "testtarget"])
    except MatReadError as error:
        raise ValueError(str(error)) from None
    parts, labels = [], []
    for half in ("", "test"):
        pixels = np.asarray(held[f"{half}data"], np.float64).T.reshape(-1, 1, 28, 28)
        parts.append(np.rint(pixels.swapaxes(2, 3) * 255).astype(np.uint8))  # MATLAB counts down the columns
        labels.append(np.asarray(held[f"{half}target"]).argmax(0).astype(np.int64))
    if [len(part) for part in parts] != [len(part) for part in labels]:
        raise ValueError("not as many alphabets as characters")
    alphabets = 1 + max(int(part.max()) for part in labels)
    return Images(
        images=np.concatenate(parts),
        labels=np.concatenate(labels),
        classes=tuple(f"alphabet {number}" for number in range(1, alphabets + 1)),
        title=f"OMNIGLOT characters at 28×28, {sum(map(len, parts)):,} of them, by their alphabets",
        source="Lake et al. 2015, doi:10.1126/science.aab3050; the 28×28 images of Burda et al. 2016, arXiv:1509.00519",
        licence="MIT",
        test=np.repeat([False, True], [len(part) for part in parts]),
    )


def _dsprites(paths: Sequence[Path], request: Request) -> Images:
    with zipfile.ZipFile(paths[0]) as archive:
        with archive.open("latents_classes.npy") as file:
            factors = np.lib.format.read_array(file, allow_pickle=False).astype(np.int64)
        if factors.ndim != 2 or factors.shape[1] != len(SPRITES):
            raise ValueError(f"latents_classes of shape {factors.shape}; expected rows of {len(SPRITES)}")
        rows = subset(factors[:, 1], request.limit, request.seed)
        with archive.open("imgs.npy") as file:
            images = taken((block * np.uint8(255) for block in _blocks(file)), rows, (1, 64, 64))
    return _of_factors(
        images,
        factors[rows],
        factors.max(0) + 1,
        SPRITES,
        classes=("square", "ellipse", "heart"),
        shape=1,
        title=f"dSprites, {len(rows):,} white shapes, each with its factors known",
        source="Matthey et al. 2017, dSprites: disentanglement testing sprites dataset",
        licence="Apache 2.0",
    )


def _shapes3d(paths: Sequence[Path], request: Request) -> Images:
    try:
        import h5py
    except ImportError:
        raise UserError("data.name: shapes3d needs the package h5py; install it (uv pip install h5py)") from None
    with h5py.File(paths[0], "r") as file:
        values = np.asarray(file["labels"])
        if values.ndim != 2 or values.shape[1] != len(SCENES):
            raise ValueError(f"labels of shape {values.shape}; expected rows of {len(SCENES)}")
        places = [np.unique(column, return_inverse=True) for column in values.T]
        factors = np.stack([place for _, place in places], 1).astype(np.int64)
        rows = subset(factors[:, 4], request.limit, request.seed)
        pixels = file["images"]
        blocks = (pixels[start : start + BLOCK].transpose(0, 3, 1, 2) for start in range(0, len(pixels), BLOCK))
        images = taken(blocks, rows, (3, 64, 64))
    return _of_factors(
        images,
        factors[rows],
        np.array([len(known) for known, _ in places]),
        SCENES,
        classes=("cube", "cylinder", "sphere", "capsule"),
        shape=4,
        title=f"3D Shapes, {len(rows):,} scenes, each with its factors known",
        source="Burgess & Kim 2018, 3D Shapes Dataset",
        licence="Apache 2.0",
    )


READERS: dict[str, Callable[[Sequence[Path], Request], Images]] = {
    "binarized_mnist": _binarized_mnist,
    "dsprites": _dsprites,
    "omniglot": _omniglot,
    "shapes3d": _shapes3d,
}


def _of_factors(
    images: NDArray[np.uint8],
    factors: NDArray[np.int64],
    sizes: NDArray[np.int64],
    names: tuple[str, ...],
    *,
    shape: int,
    **about: Any,
) -> Images:
    """A data set whose classes are one of its factors, the one in column `shape`."""
    return Images(
        images=images,
        labels=factors[:, shape].copy(),
        factors=factors,
        factor_names=names,
        factor_sizes=tuple(int(size) for size in sizes),
        **about,
    )


def _blocks(file: IO[bytes]) -> Iterator[NDArray[np.uint8]]:
    """An array of images in numpy's format, (N, height, width) of bytes, some at a time: (n, 1, height, width)."""
    version = np.lib.format.read_magic(file)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    (count, height, width), by_columns, dtype = header(file)
    if by_columns or dtype.itemsize != 1 or dtype.hasobject:
        raise ValueError(f"imgs of type {dtype}; expected bytes, row by row")
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        read = file.read(size * height * width)
        yield np.frombuffer(read, np.uint8).reshape(size, 1, height, width)


def taken(blocks: Iterable[NDArray[np.uint8]], rows: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The images in `rows`, in increasing order, out of blocks of all of them: (len(rows), *shape)."""
    images, start, done = scratch((len(rows), *shape)), 0, 0
    for block in blocks:
        inside = rows[(rows >= start) & (rows < start + len(block))] - start
        images[done : done + len(inside)] = block[inside]
        start, done = start + len(block), done + len(inside)
    if done != len(rows):
        raise ValueError(f"images for {start:,} rows of factors alone")
    return images
