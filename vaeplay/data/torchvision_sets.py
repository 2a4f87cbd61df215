"""The data sets that torchvision knows how to download and check: MNIST and its kin, CIFAR-10, SVHN.

Files go to a cache outside the project, `$VAEPLAY_CACHE` or `~/.cache/vaeplay`, a folder for each name, and are used
from there ever after. torchvision compares their checksums with its own, and downloads again what was cut off.
"""

import socket
from http.client import HTTPException
from pathlib import Path
from tarfile import TarError
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from torchvision import datasets

from vaeplay import data, files
from vaeplay.data.images import Images, Request
from vaeplay.data.tree import shown
from vaeplay.errors import UserError

SETS = {
    "mnist": (1, 28, 28),
    "fashion_mnist": (1, 28, 28),
    "kmnist": (1, 28, 28),
    "emnist": (1, 28, 28),
    "cifar10": (3, 32, 32),
    "svhn": (3, 32, 32),
}
FRAMES = {"mnist": (0.7143, 0.09, 0.518), "emnist": (0.857, 0.1, None)}  # 20 and 24 of 28 pixels

CLASSES: dict[str, Any] = {
    "mnist": datasets.MNIST,
    "fashion_mnist": datasets.FashionMNIST,
    "kmnist": datasets.KMNIST,
    "emnist": datasets.EMNIST,
    "cifar10": datasets.CIFAR10,
    "svhn": datasets.SVHN,
}

ABOUT = {
    "mnist": ("MNIST handwritten digits", "LeCun, Cortes & Burges, the MNIST database", "CC BY-SA 3.0"),
    "fashion_mnist": ("Fashion-MNIST", "Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747; Zalando Research", "MIT"),
    "kmnist": ("Kuzushiji-MNIST", "Clanuwat et al. 2018, arXiv:1812.01718; CODH", "CC BY-SA 4.0"),
    "emnist": (
        "EMNIST letters and digits, the balanced split",
        "Cohen et al. 2017, arXiv:1702.05373; made from NIST Special Database 19",
        "NIST data, in the public domain in the USA; no licence is stated",
    ),
    "cifar10": ("CIFAR-10", "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images", "None is stated"),
    "svhn": (
        "Street View House Numbers, cropped digits",
        "Netzer et al. 2011, Reading Digits in Natural Images with Unsupervised Feature Learning",
        "For non-commercial use only",
    ),
}

PATIENCE = 30  # seconds that a server may be silent
FAILURES = (OSError, HTTPException, RuntimeError, ValueError, TypeError, EOFError, AssertionError, BadZipFile, TarError)
"""What torchvision raises for a server that does not answer, and for files that are cut off or of another kind."""


def read(request: Request) -> Images:
    """All images, those of the data set's own test split marked.

    Raises:
        UserError: the files are not in the cache and cannot be downloaded, or they are not what they should be.
    """
    folder = files.cache_folder() / request.name
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        _drop_cut_off(folder)
        parts = [_part(request.name, folder, train) for train in (True, False)]
    except FAILURES as error:
        raise UserError(_unavailable(request.name, folder, error)) from None
    finally:
        socket.setdefaulttimeout(before)
    images, labels, classes = zip(*parts, strict=True)
    title, source, licence = ABOUT[request.name]
    return Images(
        images=np.concatenate(images),
        labels=np.concatenate(labels),
        classes=classes[0],
        title=f"{title}, {sum(map(len, labels)):,} of them",
        source=source,
        licence=licence,
        test=np.repeat([False, True], [len(part) for part in labels]),
    )


def _part(name: str, folder: Path, train: bool) -> tuple[NDArray[np.uint8], NDArray[np.int64], tuple[str, ...]]:
    """One of the two splits of a data set: images (N, channels, height, width), labels (N,), names of classes."""
    if name == "svhn":
        found = datasets.SVHN(folder, split="train" if train else "test", download=True)
        return found.data, found.labels, tuple("0123456789")
    if name == "cifar10":
        found = datasets.CIFAR10(folder, train=train, download=True)
        return found.data.transpose(0, 3, 1, 2), np.array(found.targets, np.int64), tuple(found.classes)
    extra = {"split": "balanced"} if name == "emnist" else {}
    found = CLASSES[name](folder, train=train, download=True, **extra)
    images, labels = found.data.numpy()[:, None], found.targets.numpy()
    if name == "emnist":
        images = images.swapaxes(2, 3)  # its files hold every image with rows and columns exchanged
    return images, labels, tuple(found.classes)


def _drop_cut_off(folder: Path) -> None:
    """Remove unpacked IDX files that are shorter than they say: torchvision checks archives, and these only for being.

    What an interruption left is then unpacked again from its archive, or downloaded again.
    """
    for path in folder.glob("*/raw/*-ubyte"):
        with path.open("rb") as file:
            start = file.read(4)
            sizes = np.frombuffer(file.read(4 * start[3]) if len(start) == 4 else b"", ">u4")
        expected = 4 + sizes.nbytes + int(np.prod(sizes.astype(np.int64)))
        if len(start) < 4 or len(sizes) != start[3] or path.stat().st_size != expected:
            path.unlink()


def _unavailable(name: str, folder: Path, error: BaseException) -> str:
    """The one line: what could not be had, where to put it by hand, what needs no download."""
    owner = CLASSES[name]
    place = folder / owner.__name__ / "raw" if issubclass(owner, datasets.MNIST) else folder
    embedded = ", ".join(name for name in data.names() if name not in SETS and not data.at_path(name))
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return (
        f"data.name: {name} could not be downloaded ({reason}); put {_files(name)} into {shown(place)} by hand, "
        f"or choose a data set that needs no download: {embedded}"
    )


def _files(name: str) -> str:
    """The files that torchvision downloads, by name."""
    if name == "cifar10":
        return datasets.CIFAR10.filename
    if name == "emnist":
        return datasets.EMNIST.url.rpartition("/")[2]
    if name == "svhn":
        return " and ".join(datasets.SVHN.split_list[split][1] for split in ("train", "test"))
    return ", ".join(file for file, _ in CLASSES[name].resources)
