"""Files from elsewhere are data, not code: no pickle, no shell, nothing built before it is checked, one line."""

import ast
import json
import os
import re
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import save_file

from vaeplay import files
from vaeplay.data import prepared
from vaeplay.errors import UserError
from vaeplay.gallery import read as gallery
from vaeplay.settings import cells
from vaeplay.training import checkpoint

from . import fake_workspace, making
from .conftest import ROOT

SOURCES = [path for folder in ("stages", "vaeplay") for path in sorted((ROOT / folder).rglob("*.py"))]

RUN_CODE = {"eval", "exec", "compile", "__import__", "execfile"}
OF_MODULES = {
    "os": {"system", "popen"},
    "torch": {"load", "save", "jit", "hub"},
    "subprocess": {"getoutput", "getstatusoutput"},
    "joblib": {"load", "dump"},
    "np": {"load", "fromfile"},
    "numpy": {"load", "fromfile"},
    "yaml": {"load", "unsafe_load", "full_load", "load_all"},
}
CODE_AS_DATA = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "code", "runpy"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_source_loads_a_pickle_runs_text_or_asks_a_shell(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_bytes())):
        where = f"{path.name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not {name.split(".")[0] for name in names} & CODE_AS_DATA, where
            if isinstance(node, ast.ImportFrom):
                assert not set(names) & OF_MODULES.get(node.module or "", set()), where
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name):
                assert called.id not in RUN_CODE, where
            elif isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                assert called.attr not in OF_MODULES.get(called.value.id, set()), where
            keywords = {keyword.arg: keyword.value for keyword in node.keywords}
            assert "shell" not in keywords, where
            pickles = keywords.get("allow_pickle")
            assert pickles is None or (isinstance(pickles, ast.Constant) and pickles.value is False), where
            kind = keywords.get("typ")
            assert kind is None or (isinstance(kind, ast.Constant) and kind.value in {"safe", "rt"}), where


def refused(call: Callable[[Path], Any], path: Path) -> str:
    """The one line of a refusal, which comes at once and takes no memory to speak of."""
    started, before = time.perf_counter(), psutil.Process().memory_info().rss
    with pytest.raises(UserError) as caught:
        call(path)
    assert time.perf_counter() - started < 10
    assert psutil.Process().memory_info().rss - before < 300e6
    line = str(caught.value)
    assert line.startswith(str(path))
    assert "\n" not in line
    assert len(line) < 1000
    return line


def saved(path: Path, tensors: dict[str, torch.Tensor] | None = None, **changes: Any) -> Path:
    """A checkpoint of a small VAE with other tensors, or with a header that says something else."""
    model, cell = making.model("VAE"), making.cell("VAE").model_dump(mode="json")
    settings = {**cell["settings"], **changes.pop("settings", {})}
    shape = changes.pop("shape", list(model.shape))
    header = {"cell": {**cell, "settings": settings, **changes}, "shape": shape}
    save_file({**model.state_dict(), **(tensors or {})}, path, {"vaeplay": json.dumps(header)})
    return path


def header_only(path: Path, header: dict[str, Any], size: int = 0) -> Path:
    """A safetensors file of a header and `size` bytes that are not there: a sparse file takes no disk."""
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + size)
    return path


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"latent_dim": 1024}, "damaged, or of another version"),
        (
            {"settings": {"hidden": 65536}, "depth": 8},
            "more than half of the free memory|damaged, or of another version",
        ),
        (
            {"settings": {"hidden": 65536}, "shape": [4096, 4096, 4096]},
            "takes .* GB, more than half of the free memory",
        ),
        ({"shape": [10**9, 1, 1]}, "takes .* GB, more than half of the free memory"),
        ({"shape": [10**10, 1, 1]}, "not a checkpoint of this project"),
        ({"shape": [1, 12]}, "not a checkpoint of this project"),
        ({"settings": {"hidden": 10**30}}, "not a checkpoint of this project"),
        ({"settings": {"likelihood": {"name": "__class__"}}}, "not a checkpoint of this project"),
        ({"model": "Autoencoder"}, "unknown model"),
        ({"model": "\x1b[2J\n" * 1000}, "unknown model"),
        ({"activation": "modules.__builtins__"}, "not a checkpoint of this project"),
        ({"seed": -1}, "not a checkpoint of this project"),
    ],
)
def test_a_checkpoint_that_lies_about_its_model_is_refused(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    line = refused(checkpoint.load, saved(tmp_path / "x.safetensors", **changes))
    assert re.search(told, line)


def test_weights_that_are_no_numbers_of_the_right_type_and_shape_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    weights = making.model("VAE").state_dict()
    name, first = next(iter(weights.items()))
    assert "NaN or infinite" in refused(checkpoint.load, saved(path, {name: torch.full_like(first, torch.nan)}))
    assert "NaN or infinite" in refused(checkpoint.load, saved(path, {name: torch.full_like(first, torch.inf)}))
    assert "F64" in refused(checkpoint.load, saved(path, {name: first.double()}))
    assert "I32" in refused(checkpoint.load, saved(path, {name: first.int()}))
    assert "expected F32" in refused(checkpoint.load, saved(path, {name: first.flatten()}))
    assert "not expected" in refused(checkpoint.load, saved(path, {"x" * 1000: first}))


def test_a_header_that_claims_what_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    tensor = {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}
    refused(checkpoint.load, header_only(path, {"a": tensor}))
    refused(checkpoint.load, header_only(path, {"a": {**tensor, "shape": [2**62, 2**62]}}))
    refused(checkpoint.load, header_only(path, {"a": {**tensor, "data_offsets": [5, -1]}}))
    refused(checkpoint.load, header_only(path, {"__metadata__": {"vaeplay": "[" * 100_000}}))
    path.write_bytes(struct.pack("<Q", 2**63) + b"{}")
    refused(checkpoint.load, path)
    path.write_bytes(struct.pack("<Q", 50) + b"[" * 50)
    refused(checkpoint.load, path)


def test_an_enormous_file_with_the_right_header_is_refused_unread(tmp_path: Path) -> None:
    """64 GB of nothing for a model of 64 GB: it names the right tensors, and they are all there."""
    cell = making.cell("VAE").model_dump(mode="json")
    cell = {**cell, "depth": 8, "settings": {**cell["settings"], "hidden": 40_000}}
    with torch.device("meta"):
        expected = checkpoint.build(cells.parse(json.dumps(cell), "a test"), making.SHAPE).state_dict()
    end, header = 0, {}
    for name, value in expected.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [end, end := end + value.nbytes]}
    header["__metadata__"] = {"vaeplay": json.dumps({"cell": cell, "shape": list(making.SHAPE)})}
    line = refused(checkpoint.load, header_only(tmp_path / "x", header, end))
    assert (
        "more than half of the free memory" in line or "Cannot allocate memory" in line
    )  # where the system gives no map


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), tmp_path / "x\x00y"):
        refused(checkpoint.load, path)


@pytest.mark.parametrize("length", [0, 7, 8, 9, 64, 1000])
def test_random_bytes_are_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "x"
    generator = torch.Generator().manual_seed(length)
    path.write_bytes(bytes(torch.randint(256, (length,), generator=generator, dtype=torch.uint8).tolist()))
    refused(checkpoint.load, path)
    refused(lambda path: prepared.read(path, "train"), path)
    refused(prepared.about, path)


def test_a_prepared_file_of_other_tensors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images.safetensors"
    images, labels = making.images(4), torch.zeros(4, dtype=torch.int64)
    wrong: list[dict[str, torch.Tensor]] = [
        {"train_images": images},
        {"train_images": images.float(), "train_labels": labels},
        {"train_images": images.flatten(), "train_labels": labels},
        {"train_images": images[:0], "train_labels": labels[:0]},
        {"train_images": images, "train_labels": labels[:2]},
        {"train_images": images, "train_labels": labels.double()},
    ]
    for tensors in wrong:
        save_file(tensors, path, {"data": "[1]"})
        refused(lambda path: prepared.read(path, "train"), path)
        refused(prepared.about, path)
    for text in ("", "{", "null", "[" * 10_000, '{"a": 1}'):
        save_file({"train_images": images, "train_labels": labels}, path, {"data": text})
        refused(prepared.about, path)


HOSTILE_JSON = [
    b"", b"null", b"[]", b"1e999", b"NaN", b'"x"', b"{", b"[" * 200_000, b'{"a":' * 100_000, b"1" * 5000, b"\xff\xfe{}",
    b'{"history": [{"epoch": 1e400}]}', b'{"history": 1}', b'{"history": [[]]}', b'{"history": [{"epoch": "1"}]}',
    b'{"history": [{"epoch": ' + b"9" * 4000 + b', "train_total": NaN}]}',
    b'{"distortion": [1]}', b'{"distortion": "1"}',
    b'{"memory": {"device": []}}', b'{"settings": 5}', b'{"train": [1]}', b'{"model": {}, "latent_dim": "two"}',
]  # fmt: skip


@pytest.mark.parametrize("name", ["settings/report.json", "data/card.json", "logs/cells/{}.json", "metrics/{}.json"])
def test_hostile_json_for_the_page_is_one_line_or_harmless(tmp_path: Path, name: str) -> None:
    [cell] = fake_workspace.make(tmp_path, fake_workspace.plans((2,), (1,))[1:2], epochs=1)
    path = tmp_path / name.format(cell)
    for content in HOSTILE_JSON:
        path.write_bytes(content)
        try:
            gallery.read(tmp_path)
        except UserError as error:
            assert "\n" not in str(error)
            assert len(str(error)) < 1000


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"seed": "0", "data": {}}', b"NaN"])
def test_settings_without_what_a_stage_needs_are_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.json"
    path.write_bytes(content)
    assert "'seed' is missing or wrong" in refused(lambda path: files.read_object(path, seed=int, data=dict), path)
