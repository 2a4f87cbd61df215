"""Downloaded data sets: files in each set's own format, read by torchvision's own code, checksums included."""

import functools
import gzip
import hashlib
import io
import pickle
import tarfile
import threading
import urllib.request
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import savemat
from torchvision import datasets

from vaeplay.data import images, torchvision_sets
from vaeplay.errors import UserError

IDX = {"mnist": datasets.MNIST, "fashion_mnist": datasets.FashionMNIST, "kmnist": datasets.KMNIST}
TRAIN, TEST = 30, 10
generator = np.random.default_rng(0)
GREY = generator.integers(0, 256, (TRAIN + TEST, 28, 28), dtype=np.uint8)
COLOUR = generator.integers(0, 256, (TRAIN + TEST, 3, 32, 32), dtype=np.uint8)
LABELS = np.arange(TRAIN + TEST, dtype=np.uint8) % 10
HALVES = {"train": slice(0, TRAIN), "test": slice(TRAIN, None)}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no network."""
    monkeypatch.setenv("VAEPLAY_CACHE", str(tmp_path / "cache"))

    def refuse(*_: Any, **__: Any) -> Any:
        raise URLError("no network in tests")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    return tmp_path / "cache"


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def idx(values: NDArray[np.uint8]) -> bytes:
    """The IDX format: zero, zero, a type, the number of dimensions, each of them, then the numbers."""
    return bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes() + values.tobytes()


def idx_files() -> dict[str, bytes]:
    """The four archives of MNIST and its kin."""
    found = {}
    for half, word in (("train", "train"), ("test", "t10k")):
        for kind, values in (("images-idx3", GREY), ("labels-idx1", LABELS)):
            found[f"{word}-{kind}-ubyte.gz"] = gzip.compress(idx(values[HALVES[half]]), mtime=0)
    return found


def known_idx(monkeypatch: pytest.MonkeyPatch, name: str) -> dict[str, bytes]:
    """The archives, and their checksums where torchvision looks for them."""
    found = idx_files()
    monkeypatch.setattr(IDX[name], "resources", [(file, md5(content)) for file, content in found.items()])
    return found


def put(folder: Path, found: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in found.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)


def read(name: str) -> images.Images:
    return torchvision_sets.read(images.Request(name))


def check(data: images.Images, expected: NDArray[np.uint8], labels: NDArray[Any] = LABELS) -> None:
    assert np.array_equal(data.images, expected)
    assert data.labels.dtype == np.int64
    assert np.array_equal(data.labels, labels)
    assert data.test is not None
    assert data.test.tolist() == [False] * TRAIN + [True] * TEST
    assert max(data.labels) < len(data.classes)


@pytest.mark.parametrize("name", IDX)
def test_mnist_and_its_kin_are_read_from_their_archives(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = cache / name / IDX[name].__name__ / "raw"
    put(place, known_idx(monkeypatch, name))
    check(read(name), GREY[:, None])
    for archive in place.glob("*.gz"):
        archive.unlink()
    check(read(name), GREY[:, None])  # from what was unpacked


def test_an_unpacked_file_that_was_cut_off_is_unpacked_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = cache / "mnist/MNIST/raw"
    put(place, known_idx(monkeypatch, "mnist"))
    read("mnist")
    for file, length in (("train-images-idx3-ubyte", 5000), ("t10k-labels-idx1-ubyte", 3)):
        path = place / file
        path.write_bytes(path.read_bytes()[:length])
        check(read("mnist"), GREY[:, None])


def test_an_archive_with_another_checksum_is_never_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = known_idx(monkeypatch, "fashion_mnist")
    found["train-labels-idx1-ubyte.gz"] = found["train-labels-idx1-ubyte.gz"][:-1]
    put(cache / "fashion_mnist/FashionMNIST/raw", found)
    with pytest.raises(UserError, match=r"could not be downloaded .*no network in tests"):
        read("fashion_mnist")


def test_emnist_is_read_upright(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.arange(TRAIN + TEST, dtype=np.uint8)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for half, rows in HALVES.items():
            for kind, values in (("images-idx3", GREY.swapaxes(1, 2)), ("labels-idx1", labels)):
                content = gzip.compress(idx(np.ascontiguousarray(values[rows])), mtime=0)
                archive.writestr(f"gzip/emnist-balanced-{half}-{kind}-ubyte.gz", content)
    put(cache / "emnist/EMNIST/raw", {"gzip.zip": buffer.getvalue()})
    monkeypatch.setattr(datasets.EMNIST, "md5", md5(buffer.getvalue()))
    data = read("emnist")
    check(data, GREY[:, None], labels)
    assert len(data.classes) == 47
    assert data.classes[10] == "A"


def cifar_batches(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """CIFAR-10's pickled batches, and their checksums where torchvision looks for them."""
    rows = np.array_split(np.arange(TRAIN), 5)
    names = [f"data_batch_{number}" for number in range(1, 6)]
    found = {}
    for file, chosen in zip([*names, "test_batch"], [*rows, np.arange(TRAIN, TRAIN + TEST)], strict=True):
        batch = {"data": COLOUR[chosen].reshape(len(chosen), -1), "labels": LABELS[chosen].tolist()}
        found[file] = pickle.dumps(batch, protocol=2)
    found["batches.meta"] = pickle.dumps({"label_names": [f"class {number}" for number in range(10)]}, protocol=2)
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [[file, md5(found[file])] for file in names])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", md5(found["test_batch"])]])
    monkeypatch.setattr(datasets.CIFAR10, "meta", datasets.CIFAR10.meta | {"md5": md5(found["batches.meta"])})
    return {f"cifar-10-batches-py/{file}": content for file, content in found.items()}


def test_cifar10_is_read_from_its_archive(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for file, content in cifar_batches(monkeypatch).items():
            member = tarfile.TarInfo(file)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    put(cache / "cifar10", {datasets.CIFAR10.filename: buffer.getvalue()})
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", md5(buffer.getvalue()))
    data = read("cifar10")
    check(data, COLOUR)
    assert data.classes[3] == "class 3"


class Touch:
    """Unpickling one makes a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path(self.path),))


def test_a_pickle_with_another_checksum_is_not_opened(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = cifar_batches(monkeypatch)
    found["cifar-10-batches-py/data_batch_2"] = pickle.dumps(Touch(str(tmp_path / "opened")))
    put(cache / "cifar10", found)
    with pytest.raises(UserError, match=r"cifar10 could not be downloaded .* put cifar-10-python\.tar\.gz into"):
        read("cifar10")
    assert not (tmp_path / "opened").exists()


def test_svhn_is_read_from_its_matrices(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = dict(datasets.SVHN.split_list)
    for half, rows in HALVES.items():
        buffer = io.BytesIO()
        labels = np.where(LABELS[rows] == 0, 10, LABELS[rows])  # the set writes a nought as 10
        savemat(buffer, {"X": COLOUR[rows].transpose(2, 3, 1, 0), "y": labels[:, None]})
        put(cache / "svhn", {f"{half}_32x32.mat": buffer.getvalue()})
        table[half] = [*table[half][:2], md5(buffer.getvalue())]
    monkeypatch.setattr(datasets.SVHN, "split_list", table)
    check(read("svhn"), COLOUR)


@pytest.mark.parametrize("name", torchvision_sets.SETS)
def test_without_a_network_one_line_says_what_to_do(name: str, cache: Path) -> None:
    with pytest.raises(UserError) as caught:
        read(name)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"data.name: {name} could not be downloaded (")
    assert "no network in tests" in line
    assert str(cache / name) in line and "by hand" in line
    assert line.endswith("or choose a data set that needs no download: digits, mnist5k, shapes")
    assert name != "fashion_mnist" or "put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k" in line


class Server(BaseHTTPRequestHandler):
    """Serves files; the first answer to each request for a body breaks off half-way if it is told to."""

    files: dict[str, bytes]
    breaks: bool
    asked: list[str]

    def do_HEAD(self) -> None:
        self.answer(b"")

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.asked.append(name)
        content = self.files[name]
        self.answer(content[: len(content) // 2] if self.breaks else content, len(content))

    def answer(self, content: bytes, length: int = 0) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Server]]:
    """A server on this machine where torchvision looks for KMNIST."""
    handler = type("Handler", (Server,), {"files": known_idx(monkeypatch, "kmnist"), "breaks": True, "asked": []})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    monkeypatch.setattr(urllib.request, "urlopen", functools.partial(opener.open, timeout=10))
    monkeypatch.setattr(datasets.KMNIST, "mirrors", [f"http://127.0.0.1:{running.server_port}/"])
    yield handler
    running.shutdown()
    running.server_close()


def test_a_download_that_broke_off_starts_clean(server: type[Server], cache: Path) -> None:
    with pytest.raises(UserError, match="kmnist could not be downloaded"):
        read("kmnist")
    server.breaks = False
    check(read("kmnist"), GREY[:, None])
    asked = list(server.asked)
    assert set(asked) == set(server.files)
    check(read("kmnist"), GREY[:, None])
    assert server.asked == asked  # nothing of what is there is asked for again


def test_the_own_test_split_is_the_test_split() -> None:
    own = np.arange(40) >= 30
    rows = images.split(np.arange(40) % 2, 0.2, 0.5, 0, own)
    assert rows["test"].tolist() == list(range(30, 40))
    assert len(rows["validation"]) == 6
    assert len(rows["train"]) == 24
    many = np.zeros((400, 1, 2, 2), np.uint8)
    data = images.Images(many, np.arange(400) % 10, tuple("0123456789"), "t", "s", "l", test=np.arange(400) >= 300)
    small = images.limited(data, 120, 0)
    assert small.test is not None
    assert small.test.sum() == pytest.approx(30, abs=10)
    assert np.bincount(small.labels) == pytest.approx([12] * 10, abs=2)
