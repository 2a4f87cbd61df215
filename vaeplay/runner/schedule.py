"""Which stage may run when: the order of the graph, and no stage that is up to date."""

from collections.abc import Callable, Iterable

import networkx as nx

MANY = 4  # to ask DVC about all stages at once costs about as much as to run it for this many


class Schedule:
    """The stages of a pipeline that have to run, as far as it is known.

    A stage that is up to date but stands behind one that is not may have to run later: it is known once that one has
    finished. Few such stages are simply run, and DVC then decides; about many it is asked at once, with `stale`.
    """

    def __init__(self, graph: nx.DiGraph, stale: Iterable[str], ask: Callable[[set[str]], set[str]]) -> None:
        self.graph, self.ask = graph, ask
        self.waiting = set(stale)
        self.running: set[str] = set()
        self.done: set[str] = set()
        self.failed: set[str] = set()
        self.before = {stage: nx.ancestors(graph, stage) for stage in graph}

    def ready(self) -> list[str]:
        """The stages that may start now, in the order of their names within the graph's."""
        unfinished = self.waiting | self.running | self.failed
        return [stage for stage in self.graph if stage in self.waiting and not self.before[stage] & unfinished]

    def start(self, stage: str) -> None:
        """A stage runs now."""
        self.waiting.remove(stage)
        self.running.add(stage)

    def finish(self, stage: str, succeeded: bool) -> None:
        """A stage has run; if it failed, all that stand behind it are out."""
        self.running.remove(stage)
        if not succeeded:
            self.failed.add(stage)
            return
        self.done.add(stage)
        behind = set(self.graph.successors(stage)) - self.waiting - self.running - self.done - self.skipped()
        self.waiting |= self.ask(behind) if len(behind) > MANY else behind

    def skipped(self) -> set[str]:
        """The stages that cannot run, since one before them failed."""
        return set().union(*(nx.descendants(self.graph, stage) for stage in self.failed)) - self.done

    def left(self) -> set[str]:
        """The stages that run, will run, or may have to, those out excepted."""
        open_ones = self.waiting | self.running
        behind = set().union(*(nx.descendants(self.graph, stage) for stage in open_ones))
        return (open_ones | behind) - self.done - self.skipped() - self.failed

    @property
    def over(self) -> bool:
        """Whether nothing runs and nothing can start."""
        return not self.running and not self.ready()
