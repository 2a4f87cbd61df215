"""The runner's parts: mending, the order of stages, what is shown, and a command that ends with its starter."""

import argparse
import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import dask
import networkx as nx
import psutil
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vaeplay.errors import UserError
from vaeplay.runner import cluster, heal, pipeline, progress, repro, stage, supervise, worker
from vaeplay.runner import exchange as exchange_module
from vaeplay.runner.driver import Driver
from vaeplay.runner.exchange import INTERRUPTED, Exchange
from vaeplay.runner.pipeline import Pipeline
from vaeplay.runner.schedule import Schedule

from .light_workspace import until

LOCK = yaml.safe_dump(
    {
        "schema": "2.0",
        "stages": {f"s{n}": {"cmd": "x", "outs": [{"path": f"o{n}", "md5": "0" * 32}]} for n in range(5)},
    },
    sort_keys=False,
).encode()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@given(st.integers(0, len(LOCK)), st.booleans())
def test_whatever_is_left_of_a_lock_is_whole_after_healing(root: Path, left: int, copied: bool) -> None:
    (root / heal.LOCK).write_bytes(LOCK)
    heal.remember(root)
    if not copied:
        (root / heal.COPY).unlink()
    (root / heal.LOCK).write_bytes(LOCK[:left])
    damaged = heal.lock_damage(root / heal.LOCK)
    lines = heal.heal(root)
    assert bool(lines) == bool(damaged)
    assert heal.lock_damage(root / heal.LOCK) is None
    if damaged and copied:
        assert (root / heal.LOCK).read_bytes() == LOCK
    assert heal.heal(root) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"<<<<<<< HEAD\nschema: '2.0'\n",
        b"schema: '2.0'\nstages: [1]\n",
        b"- 1",
        b"a: 2026-13-45",
        b"[" * 5000,
    ],
)
def test_damage_is_said_before_it_is_mended(tmp_path: Path, content: bytes) -> None:
    (tmp_path / heal.LOCK).write_bytes(content)
    assert heal.lock_damage(tmp_path / heal.LOCK)
    assert (tmp_path / heal.LOCK).read_bytes() == content
    assert "DVC rebuilds it" in heal.heal(tmp_path)[0]
    assert not (tmp_path / heal.LOCK).exists()
    assert [path.read_bytes() for path in (tmp_path / ".vaeplay/runner").iterdir()] == [content]


def test_holders_that_have_ended_are_forgotten_and_others_kept(tmp_path: Path) -> None:
    path = tmp_path / heal.HELD
    path.parent.mkdir(parents=True)
    ended = subprocess.Popen(["true"])
    ended.wait()
    alive, dead = ({"pid": pid, "cmd": "dvc repro"} for pid in (os.getpid(), ended.pid))
    path.write_text(json.dumps({"write": {"/a": alive, "/b": dead}, "read": {"/c": [alive, dead], "/d": [dead]}}))
    assert heal.heal(tmp_path)
    assert json.loads(path.read_text()) == {"write": {"/a": alive}, "read": {"/c": [alive]}}
    assert heal.heal(tmp_path) == []
    path.write_text('{"write": {')
    assert heal.heal(tmp_path)
    assert json.loads(path.read_text()) == {}


def test_a_process_younger_than_the_list_is_not_the_holder() -> None:
    born = psutil.Process().create_time()
    assert heal.lives(os.getpid(), born + 1)
    assert heal.lives(os.getpid(), born - 1), "the two clocks do not agree to the second"
    assert not heal.lives(os.getpid(), born - 60)


def test_a_holder_that_cannot_be_looked_at_is_taken_to_live(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(pid: int) -> None:
        raise psutil.AccessDenied(pid)

    monkeypatch.setattr(psutil, "Process", denied)
    assert heal.lives(1, 0.0)


def test_a_damaged_lock_never_replaces_the_whole_copy_and_no_copy_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / heal.LOCK).write_bytes(LOCK)
    heal.remember(tmp_path)
    (tmp_path / heal.LOCK).write_bytes(LOCK[:30])
    heal.remember(tmp_path)
    assert (tmp_path / heal.COPY).read_bytes() == LOCK
    (tmp_path / heal.LOCK).write_bytes(LOCK)
    (tmp_path / heal.COPY).unlink()
    (tmp_path / heal.COPY).parent.rmdir()
    (tmp_path / heal.COPY).parent.write_text("in the way of the folder")
    heal.remember(tmp_path)


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    """Without a cluster: nothing is run."""
    made = Exchange(cast(Any, None), tmp_path, {})
    yield made
    made.close()


def asked(exchange: Exchange, **request: Any) -> str:
    """What a relay is answered."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(exchange.folder / "socket"))
        values = {"call": "a", "command": "true", "folder": "/", "variables": {"DVC_STAGE": "train@a"}} | request
        connection.sendall(json.dumps(values).encode() + b"\n")
        return connection.makefile().readline()


def test_a_lack_of_open_files_does_not_end_the_exchange(exchange: Exchange) -> None:
    exchange.stopping.set()
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket(socket.AF_UNIX) as connection:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, before[1]))
        try:
            connection.connect(str(exchange.folder / "socket"))
            time.sleep(0.05)  # the next one is waited for, in vain
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert asked(exchange) == f"{INTERRUPTED}\n"


def test_what_a_worker_lacks_is_in_the_stages_log(exchange: Exchange, tmp_path: Path) -> None:
    def lacks(*_: Any, **__: Any) -> None:
        raise ModuleNotFoundError("No module named 'vaeplay'")

    exchange.client = cast(Any, SimpleNamespace(submit=lacks))
    assert asked(exchange) == "1\n"
    assert "ModuleNotFoundError(\"No module named 'vaeplay'\")" in (tmp_path / "train@a.log").read_text()


def test_a_frozen_worker_is_not_waited_for(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(worker, "running", never)
    monkeypatch.setattr(exchange_module, "ENDING", 0.1)
    begun = time.monotonic()
    with cluster.connected(None, 1) as client:
        exchange.client = client
        exchange._end(client.submit(time.sleep, 0.2))
    assert time.monotonic() - begun < 20


def test_no_scheduler_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    soon = {"distributed.comm.timeouts.connect": "200ms"}
    config = SimpleNamespace(set=lambda values: dask.config.set(values | soon))
    monkeypatch.setattr(cluster, "dask", SimpleNamespace(config=config))
    with (
        pytest.raises(UserError, match=r"^--scheduler tcp://127.0.0.1:9: no Dask scheduler answers there"),
        cluster.connected("tcp://127.0.0.1:9", 1),
    ):
        pass


def test_a_scheduler_that_is_gone_is_one_line() -> None:
    def gone() -> None:
        raise OSError("Timed out trying to connect to tcp://10.0.0.1:8786 after 10 s")

    with pytest.raises(UserError, match="the Dask scheduler is gone"):
        cluster.threads(cast(Any, SimpleNamespace(nthreads=gone)))


def test_an_error_of_the_driver_ends_what_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Driver) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(Driver, "run_stages", broken)
    driver = Driver(tmp_path, cast(Any, None), Pipeline(nx.DiGraph(), frozenset()), 1, {})
    with pytest.raises(BrokenPipeError):
        driver.run([])
    assert driver.exchange.stopping.is_set()


def reproduced(
    answers: Sequence[Callable[[Path], int]], exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> tuple[bool, list[str]]:
    """Whether a stage ends well, and what is told, where each `dvc` in turn writes a log and ends with a code."""
    calls, told = iter(answers), list[str]()
    monkeypatch.setattr(stage, "dvc_repro", lambda arguments, root, exchange, log: next(calls)(log))
    root = exchange.logs
    succeeded = stage.reproduce(["train@a"], root, exchange, root / "train@a.log", told.append)
    assert next(calls, None) is None
    return succeeded, told


def append(log: Path, text: str) -> int:
    with log.open("a") as file:
        file.write(text)
    return 1


def test_a_stage_that_met_a_damage_is_tried_again_whoever_mended_it(
    tmp_path: Path, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meets_it(log: Path, error: str = "'./dvc.lock' is invalid") -> int:
        (tmp_path / heal.LOCK).write_bytes(LOCK[:30])
        assert stage.mend(tmp_path, exchange), "another stage is the first to see the damage"
        return append(log, f"ERROR: failed to reproduce 'train@a': {error}\n")

    assert reproduced([meets_it, lambda log: 0], exchange, monkeypatch) == (True, [])
    assert reproduced([lambda log: 1], exchange, monkeypatch) == (False, [])
    failed = partial(meets_it, error="failed to run: python -m stages.train, exited with 3")
    assert reproduced([failed], exchange, monkeypatch) == (False, [])


def test_who_holds_what_a_stage_needs_is_said_once_and_a_commands_own_words_are_none_of_it(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "'/w/results/a' is busy, it is being blocked by:\n  (PID 7): dvc repro"

    def busy(log: Path) -> int:
        return append(log, f"ERROR: failed to reproduce 'train@a': {words}\n\nIf there are no such processes\n")

    def fails(log: Path) -> int:
        return append(log, f"{words}\nUnable to acquire lock\nERROR: failed to reproduce 'train@a': exited with 3\n")

    monkeypatch.setattr(exchange.stopping, "wait", lambda seconds: None)
    succeeded, told = reproduced([busy, busy, fails], exchange, monkeypatch)
    assert not succeeded
    assert told == ["waiting: '/w/results/a' is busy, it is being blocked by: (PID 7): dvc repro"]


def test_healing_waits_for_dvc_and_then_says_who_it_is(tmp_path: Path) -> None:
    with heal.dvc_locked(tmp_path), pytest.raises(UserError, match="held by a process"), heal.dvc_locked(tmp_path, 0.2):
        pass


def test_what_stands_behind_a_change_is_asked_about_at_once() -> None:
    cells = [f"train@{n}" for n in range(6)]
    graph = nx.DiGraph([("settings", cell) for cell in cells])
    graph.add_edges_from((cell, "report") for cell in cells)
    asked = []

    def ask(names: set[str]) -> set[str]:
        asked.append(names)
        return {"train@3"}

    schedule = Schedule(graph, ["settings", "report"], ask)
    assert schedule.ready() == ["settings"]
    assert schedule.left() == {*graph}
    schedule.start("settings")
    schedule.finish("settings", succeeded=True)
    assert asked == [{*cells}]
    assert schedule.ready() == ["train@3"]
    assert schedule.left() == {"train@3", "report"}
    schedule.start("train@3")
    schedule.finish("train@3", succeeded=False)
    assert schedule.over
    assert schedule.skipped() == {"report"}
    assert schedule.left() == set()


@given(st.integers(0, 2**20), st.integers(1, 12))
def test_every_order_of_ends_respects_the_graph(seed: int, size: int) -> None:
    graph = nx.gnp_random_graph(size, 0.3, seed=seed, directed=True)
    graph = nx.relabel_nodes(nx.DiGraph((a, b) for a, b in graph.edges if a < b), str)
    stale = [name for number, name in enumerate(graph) if seed >> number & 1]
    schedule, ended = Schedule(graph, stale, lambda names: names), []
    while not schedule.over:
        for name in schedule.ready()[: 1 + seed % 3]:
            schedule.start(name)
        name = sorted(schedule.running)[seed % len(schedule.running)]
        schedule.finish(name, succeeded=True)
        ended.append(name)
    behind = {name for one in stale for name in nx.descendants(graph, one)}
    assert sorted(ended) == sorted({*stale} | behind)
    assert all(ended.index(a) < ended.index(b) for a, b in graph.edges if a in ended and b in ended)


def test_the_last_state_of_a_progress_bar_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bar = "\rVAE:  35%|███▌      | 7/20 [00:05<00:09,  1.39epoch/s, total=161.4]"
    (tmp_path / "train@a.log").write_text("Running stage 'train@a':\n" + bar.replace("35", "30") + bar)
    shown = progress.Progress(tmp_path, slots=2)
    assert shown.last_words("train@a") == "35% 7/20 [00:05<00:09,  1.39epoch/s, total=161.4]"
    assert shown.last_words("train@b") == ""
    assert stage.tail(tmp_path / "train@a.log") == f"    Running stage 'train@a':\n    {bar.strip()}"
    shown.start("train@a")
    shown.finish("train@a", succeeded=True, left={"train@b"}, slots=2)
    assert "[1/2] train@a: done after 0 s, about 0 s left" in capsys.readouterr().out


def supervised(log: Path, command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, supervise.__file__, str(log), command], stdin=subprocess.PIPE)


@pytest.mark.parametrize(
    ("command", "code"), [("echo a; test -t 2", 0), ("echo a; exit 7", 7), ("echo a; kill -9 $$", 137)]
)
def test_a_command_has_a_terminal_and_its_exit_code_comes_back(tmp_path: Path, command: str, code: int) -> None:
    assert supervised(tmp_path / "log", command).wait(60) == code
    assert (tmp_path / "log").read_text() == "a\n"


def test_a_command_ends_with_its_starter_even_if_it_will_not(tmp_path: Path) -> None:
    running = supervised(tmp_path / "log", "trap '' INT TERM HUP; echo $$; while true; do sleep 0.1; done")
    until(lambda: (tmp_path / "log").exists() and (tmp_path / "log").read_text())
    command = psutil.Process(int((tmp_path / "log").read_text()))
    running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGKILL
    assert not command.is_running()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_may_save_when_its_supervisor_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "log"
    running = supervised(log, "trap 'sleep 0.3; echo saved; exit 3' INT; echo works; while true; do sleep 0.1; done")
    until(lambda: log.exists() and log.read_text())
    running.send_signal(number)
    assert running.wait(30) == 3
    assert log.read_text().splitlines()[-1] == "saved"


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_a_run_under_nohup_does_not_end_with_its_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handler: signal.Handlers
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "read", interrupted)
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        signal.signal(signal.SIGHUP, handler)
        assert repro.main(argparse.Namespace(targets=[])) == repro.INTERRUPTED
        assert (signal.getsignal(signal.SIGHUP) is signal.SIG_IGN) == (handler is signal.SIG_IGN)
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    finally:
        for number, was in before.items():
            signal.signal(number, was)


def test_the_settings_threads_bound_the_default_number_of_cells(tmp_path: Path) -> None:
    assert cluster.cell_threads(tmp_path) == 1
    (tmp_path / "params.yaml").write_text("threads: 10000\n")
    assert cluster.default_jobs(tmp_path, []) == 1
    assert cluster.default_jobs(tmp_path, ["0", "1", "2"]) == 3
    assert "more threads than cores" in cluster.crowding(tmp_path, 1)


@pytest.mark.parametrize(("variable", "gpus"), [("0,3", ["0", "3"]), ("", []), ("-1", [])])
def test_cuda_visible_devices_names_the_gpus(monkeypatch: pytest.MonkeyPatch, variable: str, gpus: list[str]) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", variable)
    assert cluster.visible_gpus() == gpus
