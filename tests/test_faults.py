"""Stages that are killed, or that lack disk, memory, files or permission: one line each, and no half results."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import vaeplay
from stages import classifier, evaluate, prepare, settings, train
from stages import report as report_stage
from vaeplay import advice, files
from vaeplay.data import decoding
from vaeplay.settings import outputs

from .conftest import ROOT
from .making import photographs
from .workspace import tiny

VAE = "VAE_latent2_depth1_ReLU"
OUTPUTS = {name.split("/")[0] for name in outputs.FOLDERS}


def change(root: Path, **changes: Any) -> None:
    """Change settings, `train__epochs` for one, and resolve them."""
    yaml = YAML(typ="safe", pure=True)
    values = yaml.load(root / "params.yaml")
    for key, value in changes.items():
        *above, last = key.split("__")
        node = values
        for part in above:
            node = node[part]
        node[last] = value
    yaml.dump(values, root / "params.yaml")
    settings.main()


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    """A folder with the stages, settings for a VAE and prepared digits; one that any user may enter."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    for name in ("dvc.yaml", "stages", "vaeplay", "images"):
        (root / name).symlink_to(ROOT / name)
    yaml = YAML(typ="safe", pure=True)
    values = tiny(yaml.load(ROOT / "params.yaml"))
    values["data"]["name"] = "digits"
    values["grid"]["dense"]["model"] = ["VAE"]
    values["grid"]["conv"]["model"] = []
    values["classifier"]["epochs"] = 1
    values["train"] |= {"epochs": 3, "batch_size": 64, "checkpoint_every": 0}
    yaml.dump(values, root / "params.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        settings.main()
        prepare.main()
    yield root
    shutil.rmtree(root)


@pytest.fixture
def root(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder as the working folder, with nothing trained in it and the settings as they were."""
    monkeypatch.chdir(prepared)
    before = (prepared / "params.yaml").read_text()
    for name in (*OUTPUTS, ".vaeplay", "reports"):
        shutil.rmtree(prepared / name, ignore_errors=True)

    (prepared / "params.yaml").write_text(before)
    change(prepared, **DEFAULTS)
    return prepared


DEFAULTS: dict[str, Any] = {
    "train__epochs": 3,
    "train__lr": 1e-3,
    "train__optimiser": "Adam",
    "train__checkpoint_every": 0,
    "on_failure": "stop",
    "models__hidden": 16,
    "grid__dense__depth": [1],
}


def start(stage: str = "train", *arguments: str, limit: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """A stage in a process of its own."""
    command = [sys.executable, "-m", f"stages.{stage}", *(arguments or [VAE])]
    environment = os.environ | {"TQDM_DISABLE": "1"}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=limit)


def said(process: subprocess.Popen[str]) -> str:
    """What a stage said, which is one line, once it has ended."""
    printed = process.communicate(timeout=120)[1]
    assert printed.count("\n") == 1, printed
    return printed.strip()


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Until something has happened."""
    for _ in range(12_000):
        if condition():
            return
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    raise AssertionError("it did not happen within two minutes")


def saved(root: Path) -> list[Path]:
    """Resume files; the frames of the film that lie beside them are none."""
    found = (root / ".vaeplay/resume").glob(f"{VAE}-*.safetensors")
    return [path for path in found if ".frame" not in path.name]


def results(root: Path) -> list[Path]:
    """Files in the folders of results, half-written ones included."""
    return [path for folder in OUTPUTS for path in (root / folder).rglob("*") if path.is_file()]


def whole_checkpoint(root: Path) -> bytes:
    """The checkpoint that a training gives that is left alone."""
    train.main(VAE)
    content = (root / f"checkpoints/{VAE}.safetensors").read_bytes()
    (root / f"checkpoints/{VAE}.safetensors").unlink()
    return content


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_a_signal_saves_and_leaves_with_one_line(root: Path, number: signal.Signals) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("these tests run under nohup, and so does the stage")
    change(root, train__epochs=100_000, report__megabytes=500)
    process = start()
    wait_for(lambda: bool(saved(root)), process)
    process.send_signal(number)
    line = said(process)
    assert process.returncode == 128 + number
    assert line.startswith(f"interrupted: {VAE}: saved; `dvc repro` continues after epoch ")
    assert not results(root)
    again = start()
    assert again.stderr is not None
    assert again.stderr.readline().strip() == f"{VAE}: continues after epoch {line.split()[-1]}"
    again.terminate()
    assert said(again).startswith(f"interrupted: {VAE}: saved")
    assert again.returncode == 128 + signal.SIGTERM


def test_an_interrupt_while_the_results_are_written_saves_too_whatever_signals_follow(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole_checkpoint(root)
    change(root, train__checkpoint_every=1000)

    def interrupt(path: Path, value: Any) -> None:
        def interrupt_again(descriptor: int) -> None:
            signal.raise_signal(signal.SIGINT)

        patch.setattr(os, "fsync", interrupt_again)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match=r"saved; .* continues after epoch 3"):
        patch.setattr(files, "write_json", interrupt)
        train.main(VAE)
    assert len(saved(root)) == 1
    train.main(VAE)
    assert (root / f"checkpoints/{VAE}.safetensors").read_bytes() == expected


def test_a_signal_while_a_stage_still_imports_is_one_line(root: Path) -> None:
    process = start()
    mapped = Path(f"/proc/{process.pid}/maps")
    if not mapped.exists():
        pytest.skip("no /proc to see when the imports begin")
    wait_for(lambda: "torch" in mapped.read_text(), process)
    process.send_signal(signal.SIGINT)
    assert said(process) == "interrupted: this stage wrote nothing; `dvc repro` runs it again"
    assert process.returncode == 130


def test_killed_at_random_a_training_ends_in_the_same_bytes(root: Path) -> None:
    change(root, train__epochs=150)
    expected = whole_checkpoint(root)
    chance = random.Random(0)
    for _ in range(3):
        before = [path.stat().st_mtime_ns for path in saved(root)]
        process = start()
        wait_for(lambda before=before: [path.stat().st_mtime_ns for path in saved(root)] not in ([], before), process)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.communicate()
    assert len(saved(root)) == 1
    train.main(VAE)
    assert (root / f"checkpoints/{VAE}.safetensors").read_bytes() == expected
    assert not saved(root)
    assert not list(root.glob("[!sv]*/**/*.part"))


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A disk of a few bytes, mounted at a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_one_line_and_costs_no_training(root: Path) -> None:
    expected = whole_checkpoint(root)
    with small_disk(root / "checkpoints", "4k"):
        with pytest.raises(OSError, match="No space") as caught:
            train.main(VAE)
        assert advice.line(caught.value) == (
            f"error: checkpoints/{VAE}.safetensors: No space left on device; nothing of this stage was kept; "
            "free some space"
        )
        assert not results(root / "checkpoints")
    assert saved(root), "it goes on from the end"
    train.main(VAE)
    assert (root / f"checkpoints/{VAE}.safetensors").read_bytes() == expected


def test_a_full_disk_for_resume_files_alone_does_not_end_a_training(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = whole_checkpoint(root)
    with small_disk(root / ".vaeplay", "4k"):
        train.main(VAE)
        assert not list((root / ".vaeplay").rglob("*.part"))
    assert (root / f"checkpoints/{VAE}.safetensors").read_bytes() == expected
    assert f"{VAE}: not saved after epoch 1: No space left on device; training goes on" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["checkpoints", "."])
def test_a_folder_without_permission_is_one_line(root: Path, folder: str) -> None:
    place = root / folder
    place.mkdir(exist_ok=True)
    (place / "earlier").write_text("a result")
    rights = shutil.which("setpriv")
    if os.geteuid() == 0 and rights is None:
        pytest.skip("root may write anywhere, and there is no setpriv to give that up with")
    without = [rights, "--bounding-set=-dac_override,-dac_read_search"] if rights and os.geteuid() == 0 else []
    command = [*without, sys.executable, "-m", "stages.train", VAE]
    mode = place.stat().st_mode
    place.chmod(0o555)
    try:
        done = subprocess.run(command, env=os.environ | {"TQDM_DISABLE": "1"}, stderr=subprocess.PIPE, text=True)
    finally:
        place.chmod(mode)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert last.startswith("error: ") and "Permission denied; nothing of this stage was kept; make it" in last
    assert "Traceback" not in done.stderr
    assert (place / "earlier").read_text() == "a result"
    (place / "earlier").unlink()


@pytest.mark.parametrize("gigabytes", [0.5, 8])
def test_too_little_memory_is_one_line(root: Path, gigabytes: float) -> None:
    change(root, models__hidden=65536, grid__dense__depth=[2])
    most = int(gigabytes * 1e9)
    process = start("train", VAE.replace("1", "2"), limit=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)))
    assert said(process) == f"error: not enough memory; nothing of this stage was kept; {advice.LESS}"
    assert process.returncode == 1
    assert not results(root)


def test_too_few_open_files_are_no_fault_of_the_image(tmp_path: Path) -> None:
    photographs(tmp_path, 1)
    path = next(tmp_path.rglob("*.*"))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, before[1]))
    try:
        with pytest.raises(OSError, match="Too many open files") as caught:
            decoding.decode(path, 8, 3)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert advice.line(caught.value) == (
        f"error: {path}: Too many open files; nothing of this stage was kept; raise the limit of open files (ulimit -n)"
    )


def test_an_error_that_is_a_bug_keeps_its_traceback() -> None:
    assert advice.line(ValueError("odd")) is None
    assert advice.line(RuntimeError("shapes differ")) is None


DIVERGES = {"train__optimiser": "SGD", "train__lr": 10.0}


def test_a_diverged_cell_stops_with_one_line_and_keeps_its_last_good_weights(root: Path) -> None:
    change(root, **DIVERGES)
    process = start()
    line = said(process)
    kept = f".vaeplay/diverged/{VAE}.safetensors"
    assert process.returncode == 1
    assert line.startswith(f"error: {VAE}: ") and line.endswith(f"its weights before that epoch are in {kept}")
    assert "in epoch 1: the training diverged; try a lower train.lr, or a train.clip_norm" in line
    assert not results(root)
    model = vaeplay.load(root / kept).network
    assert model.failed is not None
    assert all(weights.isfinite().all() for weights in model.parameters())


def test_under_keep_going_a_diverged_cell_is_written_measured_and_shown_as_failed(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(root, **DIVERGES, on_failure="keep_going")
    train.main(VAE)
    log = json.loads((root / f"logs/cells/{VAE}.json").read_text())
    assert log["status"] == "failed"
    assert log["history"] == []
    assert capsys.readouterr().err == f"failed: {log['reason']}\n"
    first = (root / f"checkpoints/{VAE}.safetensors").read_bytes()
    train.main(VAE)
    assert (root / f"checkpoints/{VAE}.safetensors").read_bytes() == first
    classifier.main()
    evaluate.main(VAE)
    assert json.loads((root / f"metrics/{VAE}.json").read_text()) == {}
    report_stage.main(root)
    page = (root / "reports/gallery.html").read_text()
    assert "1 cell of 1 failed" in page and "try a lower train.lr" in page
