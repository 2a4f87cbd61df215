"""What DVC says of the pipeline: its graph, and which stages are not up to date."""

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo, lock_repo
from dvc.repo.reproduce import collect_stages
from dvc.rwlock import rwlock
from dvc.stage import PipelineStage, Stage

from vaeplay.advice import of_dvc
from vaeplay.errors import UserError
from vaeplay.runner.heal import LOCKED, heal, noted


@dataclass(frozen=True)
class Pipeline:
    """`graph` has an edge from each stage to each that reads its results; `stale` are those that are not up to date."""

    graph: nx.DiGraph
    stale: frozenset[str]


def read(root: Path, targets: Iterable[str], say: Callable[[str], None]) -> Pipeline:
    """The targets and all that they need, or the whole pipeline; waits while another process holds what it reads.

    A damaged dvc.lock is mended first. `say` is told about both, a line each.

    Raises:
        UserError: a target is no stage, or DVC cannot read the pipeline.
    """
    return patiently(lambda: _read(root, list(targets)), root, say)


def stale(root: Path, stages: Iterable[str]) -> set[str]:
    """Which of these stages are not up to date: all of them where that cannot be told now."""
    names = set(stages)
    try:
        with Repo(str(root)) as repo, lock_repo(repo):
            return changed(repo, [stage for stage in repo.index.stages if stage.addressing in names])
    except (DvcException, OSError):
        return names


def _read(root: Path, targets: list[str]) -> Pipeline:
    with Repo(str(root)) as repo, lock_repo(repo):
        graph = nx.relabel_nodes(repo.index.graph.reverse(), lambda stage: stage.addressing)
        runs = {stage.addressing for stage in repo.index.stages if isinstance(stage, PipelineStage)}
        if targets:
            wanted = {stage.addressing for stage in collect_stages(repo, targets)}
            runs &= wanted.union(*(nx.ancestors(graph, stage) for stage in wanted))
        stages = [stage for stage in repo.index.stages if stage.addressing in runs]
        return Pipeline(graph.subgraph(runs).copy(), frozenset(changed(repo, stages)))


def changed(repo: Repo, stages: list[Stage]) -> set[str]:
    """Which stages `dvc status` calls changed. All files are locked at once: one by one takes longer than the rest."""
    paths = [item.fs_path for stage in stages for item in (*stage.deps, *stage.outs)]
    command, hardlink = " ".join(sys.argv), repo.config["core"].get("hardlink_lock", False)
    with rwlock(repo.tmp_dir, repo.fs, command, paths, [], hardlink):
        status = getattr(Stage.status, "__wrapped__", Stage.status)  # without the lock of its own
        return {stage.addressing for stage in stages if status(stage, check_updates=True)}


def patiently(read: Callable[[], Pipeline], root: Path, say: Callable[[str], None]) -> Pipeline:
    """Call `read`, again while DVC's locks are held, and again after something damaged was mended."""
    said = ""
    while True:
        try:
            return read()
        except LockError as error:
            reason = holder(root, error)
            if reason != said:
                say(f"waiting: {reason}")
            said = reason
            time.sleep(1)
        except (DvcException, OSError) as error:
            mended = heal(root)
            if not mended:
                raise UserError(of_dvc(str(error))) from None
            for line in mended:
                say(line)


def holder(root: Path, error: LockError) -> str:
    """One line on who holds DVC's lock."""
    lines = [line.strip() for line in str(error).splitlines()]
    if any("(PID" in line for line in lines):
        return " ".join(lines[:2])
    return f"another DVC holds this workspace (PID {noted(root / LOCKED)})"
