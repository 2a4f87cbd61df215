"""What `vaeplay repro` shows: a line a running stage with its progress, a total, the time left."""

import re
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from vaeplay.pace import clock

EVERY = 30.0  # seconds between two reports where no terminal can be redrawn
BAR = re.compile(r"(\d+%)\|[^|]*\| *(.*)")  # of tqdm


def log_name(stage: str) -> str:
    """The name of a stage's log file."""
    return stage.replace("/", "_") + ".log"


class Progress:
    """Redrawn in place on a terminal; elsewhere a plain line for each event, and one a running stage now and then."""

    def __init__(self, logs: Path, slots: int) -> None:
        self.logs, self.slots = logs, slots
        self.console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self.live = Live(console=self.console, auto_refresh=False, transient=True, redirect_stdout=False)
        self.started: dict[str, float] = {}
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)
        self.done = self.failed = 0
        self.left: set[str] = set()
        self.reported = time.monotonic()

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self.console.print(Text(line))

    def start(self, stage: str) -> None:
        """A stage runs now."""
        self.started[stage] = time.monotonic()
        if not self.console.is_terminal:
            self.say(f"{stage}: started")

    def finish(self, stage: str, succeeded: bool, left: set[str], slots: int) -> None:
        """A stage has run; `left` are those that have not, as far as it is known."""
        seconds = time.monotonic() - self.started.pop(stage)
        self.left, self.slots = left, slots
        self.done += succeeded
        self.failed += not succeeded
        if succeeded:
            self.seconds[kind(stage)].append(seconds)
        self.say(
            f"{self.count()} {stage}: {'done' if succeeded else 'FAILED'} after {clock(seconds)}{self.time_left()}"
        )

    def refresh(self) -> None:
        """Show how far the running stages are."""
        lines = [
            f"{stage}: {clock(time.monotonic() - at)} {self.last_words(stage)}" for stage, at in self.started.items()
        ]
        if self.console.is_terminal:
            total = f"{self.count()} {len(self.started)} running{self.time_left()}"
            shown = [Text(line, no_wrap=True, overflow="ellipsis") for line in [*lines, total]]
            self.live.update(Group(*shown), refresh=True)
        elif time.monotonic() - self.reported > EVERY:
            self.reported = time.monotonic()
            for line in lines:
                self.say(line)

    def count(self) -> str:
        """How many have run, of how many."""
        return f"[{self.done + self.failed}/{self.done + self.failed + len(self.left)}]"

    def time_left(self) -> str:
        """An estimate from the mean time of the stages of each kind that have run."""
        every = [seconds for found in self.seconds.values() for seconds in found]
        if not every or not self.left:
            return ""
        total = 0.0
        for stage in self.left:
            found = self.seconds[kind(stage)] or every
            so_far = time.monotonic() - self.started[stage] if stage in self.started else 0
            total += max(0.0, sum(found) / len(found) - so_far)
        return f", about {clock(total / max(1, min(self.slots, len(self.left))))} left"

    def last_words(self, stage: str) -> str:
        """The newest line in a stage's log, which of a progress bar is its last state."""
        try:
            with (self.logs / log_name(stage)).open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - 1000))
                text = file.read().decode(errors="replace")
        except OSError:
            return ""
        lines = [line.strip() for line in re.split(r"[\r\n]", text) if line.strip()]
        bar = BAR.search(lines[-1]) if lines else None
        return " ".join(bar.groups()) if bar else lines[-1] if lines else ""


def kind(stage: str) -> str:
    """What the stages of one matrix have in common: their name before the @."""
    return stage.partition("@")[0]
