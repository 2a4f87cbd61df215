"""`vaeplay repro` on a pipeline of shell lines: the same as `dvc repro`, and nothing lost whatever is killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vaeplay.runner import heal

from .light_workspace import CELLS, GATE, Light, environment, said_first, until

EVERY = sorted(["settings", "report", *(f"{stage}@{cell}" for stage in ("train", "evaluate") for cell in CELLS)])


@pytest.fixture
def light(tmp_path: Path) -> Iterator[Light]:
    made = Light.make(tmp_path / "light")
    yield made
    until(lambda: not made.processes())


def test_the_result_is_that_of_dvc_repro(light: Light, tmp_path: Path) -> None:
    plain = Light.make(tmp_path / "plain")
    assert plain.start("repro", module="dvc").wait(120) == 0
    said = light.repro("-j", "3")
    assert light.results() == plain.results()
    assert light.lock() == plain.lock()
    assert light.ran() == plain.ran() == EVERY
    assert all(f"{stage}: done" in said for stage in EVERY)
    assert f"[{len(EVERY)}/{len(EVERY)}]" in said
    (light.root / "reports").mkdir()
    (light.root / "reports/gallery.html").touch()
    *_, last_but_one, last = light.repro().splitlines()
    assert last_but_one == "Everything is up to date: 6 stages."
    assert last == "The page: reports/gallery.html (open it in a browser, or run `uv run vaeplay open`)"
    for run in (light, plain):
        run.set(b=7)
    light.repro("-j", "2")
    assert plain.start("repro", module="dvc").wait(120) == 0
    assert light.ran() == plain.ran() == ["evaluate@b", "report", "settings", "train@b"]
    assert light.lock() == plain.lock()
    assert light.lock_lines() == plain.lock_lines()


def test_targets_run_with_what_they_need_alone(light: Light) -> None:
    light.repro("evaluate@b")
    assert light.ran() == ["evaluate@b", "settings", "train@b"]
    assert light.repro("nonsense", code=1).startswith("error: ")


def test_a_failed_cell_costs_its_own_dependents_alone(light: Light) -> None:
    stages = light.pipeline()
    works = stages["train"]["cmd"]
    stages["train"]["cmd"] = "test ${item.cell} != b || { echo out of luck; exit 3; }; " + works
    light.write_pipeline(stages)
    said = light.repro("-j", "2", code=1)
    assert "train@b failed" in said
    assert "    out of luck" in said
    assert "1 failed: train@b; skipped behind them: evaluate@b, report" in said
    assert light.ran() == ["evaluate@a", "settings", "train@a"]


def test_a_workers_gpu_is_what_its_commands_see(tmp_path: Path) -> None:
    light = Light.make(tmp_path / "light", cells=tuple("abcd"))
    stages = light.pipeline()
    stages["train"]["cmd"] = "mkdir -p results; sleep 2; echo $CUDA_VISIBLE_DEVICES > results/${item.cell}"
    light.write_pipeline(stages)
    light.repro("train", "-j", "2", CUDA_VISIBLE_DEVICES="4,6")
    assert set(light.results_of("results").values()) == {b"4\n", b"6\n"}


def test_ctrl_c_ends_the_commands_and_keeps_what_has_finished(tmp_path: Path) -> None:
    light = Light.make(tmp_path / "light", training="sleep 100")
    running = light.start("-j", "2")
    until(lambda: len(light.trainings()) == 2)
    with heal.dvc_locked(light.root):  # as a long `dvc push` does
        running.send_signal(signal.SIGINT)
        until(lambda: not light.trainings())
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=30)[0]
    assert running.returncode == 130, said
    assert f"interrupted again: PID {os.getpid()} holds DVC's lock" in said
    assert "Traceback" not in said
    assert not light.processes()
    assert light.lock()["stages"].keys() == {"settings"}


def test_a_killed_driver_leaves_no_command_behind_and_nothing_is_repeated(tmp_path: Path) -> None:
    light = Light.make(tmp_path / "light", training=GATE)
    running = light.start("-j", "2")
    until(lambda: light.trainings())
    running.kill()
    running.wait(60)
    until(lambda: not light.processes())
    (light.root / "go").touch()
    light.ran()
    light.repro("-j", "4")
    assert light.ran() == sorted({*EVERY} - {"settings"})


def test_a_killed_link_ends_its_command(tmp_path: Path) -> None:
    light = Light.make(tmp_path / "light", cells=tuple("abc"), training=GATE)
    running = light.start("-j", "3")
    until(lambda: {"train@a", "train@b", "train@c"} <= {*light.begun()})
    commands = {*light.processes("/bin/sh -c ")}
    for words in (("relay.py", "results/a"), ("supervise.py", "results/b"), ("-m vaeplay.runner.quick_dvc", "train@c")):
        light.processes(*words)[0].kill()
    until(lambda: not commands & {*light.processes()})
    (light.root / "go").touch()
    said = running.communicate(timeout=120)[0]
    assert running.returncode == 1, said
    assert "train@c: done" in said  # it is tried again: that `dvc` was killed says nothing about the command
    light.ran()
    light.repro()
    assert "train@c" not in light.ran()
    assert light.results()["report"]


def test_a_damaged_lock_is_mended_and_nothing_is_repeated(light: Light) -> None:
    light.repro("-j", "2")
    whole, path = light.lock(), light.root / "dvc.lock"
    light.ran()
    path.write_bytes(path.read_bytes()[:400])
    assert "dvc.lock was damaged" in light.repro("-j", "2")
    assert light.lock() == whole
    (light.root / heal.COPY).unlink()
    path.write_bytes(b"")
    light.repro("-j", "2")
    assert light.ran() in ([], ["settings"])  # DVC's run-cache has all but what persists
    assert light.lock() == whole


def test_a_second_run_waits_and_says_for_whom(tmp_path: Path) -> None:
    light = Light.make(tmp_path / "light", cells=("a",), training=GATE)
    first = light.start()
    until(lambda: light.trainings())
    second = light.start()
    assert str(first.pid) in said_first(second)
    assert "is busy" in light.start("repro", module="dvc").communicate(timeout=120)[0]
    (light.root / "go").touch()
    assert first.wait(120) == second.wait(120) == 0
    assert light.ran() == ["evaluate@a", "report", "settings", "train@a"]


def test_it_waits_for_a_stock_dvc_repro_and_says_so(tmp_path: Path) -> None:
    light = Light.make(tmp_path / "light", cells=("a",), training=GATE)
    stock = light.start("repro", module="dvc")
    until(lambda: light.trainings())
    waiting = light.start()
    assert f"PID {stock.pid}" in said_first(waiting)
    (light.root / "go").touch()
    assert waiting.wait(120) == stock.wait(120) == 0
    assert light.ran() == ["evaluate@a", "report", "settings", "train@a"]


JOB_QUEUE = """
import subprocess, sys
from dask_jobqueue.local import LocalCluster  # as docs/cluster.md does with SLURMCluster

with LocalCluster(cores=1, processes=1, memory="1GB", scheduler_options={"dashboard_address": None}) as cluster:
    cluster.scale(2)
    command = [sys.executable, "-m", "vaeplay", "repro", "-j", "2", "--scheduler", cluster.scheduler_address]
    sys.exit(subprocess.run(command).returncode)
"""


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers as processes of their own: what every cluster comes down to."""
    file = tmp_path / "scheduler.json"

    def dask(kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--scheduler-file", str(file), *options]
        return subprocess.Popen(command, env=environment() | {"WHO": kind}, stderr=subprocess.DEVNULL)

    started = [dask("scheduler", "--port", "0", "--no-dashboard")]
    started += [dask("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(2)]
    until(lambda: file.exists() and file.stat().st_size)
    yield json.loads(file.read_text())["address"], started[1:]
    for process in started:
        process.terminate()
        process.wait(60)


def test_a_clusters_workers_run_the_commands(
    light: Light, scheduler: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = scheduler
    stages = light.pipeline()
    stages["train"]["cmd"] = (
        f"echo x >> ran; mkdir -p results; {GATE}; echo $WHO $OMP_NUM_THREADS > results/${{item.cell}}"
    )
    light.write_pipeline(stages)
    running = light.start("--scheduler", address, OMP_NUM_THREADS="5")
    until(lambda: len(light.begun()) == 3)
    workers[0].kill()  # its command ends with it, and the other worker gets it
    (light.root / "go").touch()
    said = running.communicate(timeout=60)[0]
    assert running.returncode == 0, said
    assert set(light.results_of("results").values()) == {b"worker 5\n"}


def test_interrupting_a_cluster_ends_its_commands(
    tmp_path: Path, scheduler: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    light = Light.make(tmp_path / "light", training="sleep 100")
    running = light.start("--scheduler", scheduler[0])
    until(lambda: len(light.trainings()) == 2)
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 130
    assert not light.trainings()
    running = light.start("--scheduler", scheduler[0])
    until(lambda: len(light.trainings()) == 2)
    running.kill()
    until(lambda: not light.processes())
    assert running.wait(60) == -signal.SIGKILL


def test_a_job_queues_workers_run_the_commands(light: Light) -> None:
    command = [sys.executable, "-c", JOB_QUEUE]
    done = subprocess.run(command, cwd=light.root, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert light.ran() == EVERY


def test_no_workspace_is_one_line(tmp_path: Path) -> None:
    assert "no DVC workspace" in Light(tmp_path).repro(code=1)
