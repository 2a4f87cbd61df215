"""Runs a schedule: a thread a stage, each waiting for its `dvc repro`, whose command a worker of Dask runs."""

import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from distributed import Client

from vaeplay.runner import cluster, heal, pipeline, stage
from vaeplay.runner.exchange import INTERRUPTED, Exchange
from vaeplay.runner.pipeline import Pipeline
from vaeplay.runner.progress import Progress, log_name
from vaeplay.runner.schedule import Schedule

LOGS = heal.FOLDER / "logs"
CLOSING = "closing"


class Driver:
    """One run. `jobs` is the most stages at once, or None for as many as the workers have threads."""

    def __init__(self, root: Path, client: Client, found: Pipeline, jobs: int | None, gpus: dict[str, str]) -> None:
        self.root, self.client, self.jobs = root, client, jobs
        self.logs = root / LOGS
        self.logs.mkdir(parents=True, exist_ok=True)
        self.exchange = Exchange(client, self.logs, gpus)
        self.schedule = Schedule(found.graph, found.stale, lambda names: pipeline.stale(root, names))
        self.progress = Progress(self.logs, self.slots())
        self.ended: queue.SimpleQueue[tuple[str, bool]] = queue.SimpleQueue()
        self.threads: list[threading.Thread] = []

    def slots(self) -> int:
        """Stages at once, now: workers may come and go."""
        return self.jobs or max(1, cluster.threads(self.client))

    def run(self, targets: Sequence[str]) -> int:
        """Run everything, then let DVC have the last word: the exit code."""
        try:
            with self.progress:
                self.run_stages()
                return self.report_failures() or self.close(targets)
        except KeyboardInterrupt:
            return self.interrupt()
        except BaseException:
            self.exchange.stopping.set()  # or the threads would go on
            raise
        finally:
            self.exchange.close()

    def run_stages(self) -> None:
        """Start what is ready as long as there is room, until nothing runs and nothing can start."""
        self.progress.left = self.schedule.left()
        while not self.schedule.over:
            for name in self.schedule.ready()[: max(0, self.slots() - len(self.schedule.running))]:
                self.schedule.start(name)
                self.start(name, ["--single-item", name])
            finished = self.next_end()
            if finished:
                self.schedule.finish(*finished)
                self.progress.finish(*finished, self.schedule.left(), self.slots())

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Run `dvc repro` in a thread that tells `ended` how it went."""
        log = self.logs / log_name(name)

        def work() -> None:
            succeeded = False
            try:
                succeeded = stage.reproduce(arguments, self.root, self.exchange, log, self.progress.say)
            except OSError as error:  # a full disk, no more processes
                self.progress.say(f"{name}: {error}")
            finally:
                self.ended.put((name, succeeded))

        self.progress.start(name)
        self.threads.append(threading.Thread(target=work))
        self.threads[-1].start()

    def next_end(self) -> tuple[str, bool] | None:
        """The next stage that has ended, or None after a moment."""
        self.progress.refresh()
        try:
            return self.ended.get(timeout=0.2)
        except queue.Empty:
            return None

    def report_failures(self) -> int:
        """Say which stages failed, with the end of what they printed: 1 if there are any, else 0."""
        failed = sorted(self.schedule.failed)
        for name in failed:
            log = self.logs / log_name(name)
            self.progress.say(f"\n{name} failed; the end of {log.relative_to(self.root)}:\n{stage.tail(log)}")
        if failed:
            skipped = ", ".join(sorted(self.schedule.skipped())) or "none"
            self.progress.say(f"\n{len(failed)} failed: {', '.join(failed)}; skipped behind them: {skipped}")
        return int(bool(failed))

    def close(self, targets: Sequence[str]) -> int:
        """A plain `dvc repro` over everything: what it runs or finds wrong counts."""
        self.start(CLOSING, targets)
        while not (finished := self.next_end()):
            pass
        self.progress.started.clear()
        succeeded = finished[1]
        if not succeeded:
            self.progress.say(f"`dvc repro` at the end failed:\n{stage.tail(self.logs / log_name(CLOSING))}")
        else:
            count = len(self.schedule.done)
            self.progress.say(f"Everything is up to date: {count} stages ran, or came from the cache.")
        return int(not succeeded)

    def interrupt(self) -> int:
        """End the commands, let every `dvc` see that and finish, and look into it if there are more signals."""
        step: Callable[[], None] | None = self.end_commands
        while step or any(thread.is_alive() for thread in self.threads):
            try:
                if step:
                    step()
                step = None
                for thread in self.threads:
                    thread.join()
            except KeyboardInterrupt:
                step = self.let_go if self.exchange.stopping.is_set() else self.end_commands
        return INTERRUPTED

    def end_commands(self) -> None:
        """Have every command ended; each `dvc` then sees that it failed."""
        self.exchange.stopping.set()
        print("interrupted: stopping the running stages; DVC keeps the finished ones", flush=True)

    def let_go(self) -> None:
        """End each `dvc` that waits for a lock which another process holds, maybe for hours: it is writing nothing."""
        holder = heal.holder(self.root)
        if holder is None or holder in [process.pid for process in self.exchange.dvcs]:
            return  # they are about to end
        print(f"interrupted again: PID {holder} holds DVC's lock; stopping each `dvc` that waits for it", flush=True)
        for process in list(self.exchange.dvcs):
            process.terminate()
