"""One stage: a `dvc repro --single-item` in a process of its own, on the driver's host."""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from vaeplay.errors import UserError
from vaeplay.runner.exchange import Exchange
from vaeplay.runner.heal import heal, remember

BUSY = re.compile(
    r"^ERROR: (?:failed to reproduce '.*?': )?(.*is busy, it is being blocked by:\n.*|Unable to acquire lock.*)", re.M
)
RAN = re.compile(r"^ERROR: .*failed to run: ", re.M)  # the command itself failed
REMEMBERED = 10.0  # seconds between copies of dvc.lock: what has finished since, the run-cache restores
TAIL = 12  # lines of a failed stage's log that are shown


def dvc_repro(arguments: Sequence[str], root: Path, exchange: Exchange, log: Path) -> int:
    """Run `dvc repro` and append what it says to `log`: its exit code, negative where a signal ended it.

    It has a session of its own, so that no Ctrl-C reaches it: it may be writing dvc.lock.
    """
    call = uuid.uuid4().hex
    with (
        log.open("a") as output,
        subprocess.Popen(
            [sys.executable, "-m", "vaeplay.runner.quick_dvc", "--wait-for-lock", "repro", *arguments],
            cwd=root,
            env=os.environ | {"SHELL": str(exchange.shell), "VAEPLAY_CALL": call},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        exchange.dvcs.add(process)
        code = process.wait()
        exchange.dvcs.remove(process)
    exchange.end(call)
    return code


def reproduce(arguments: Sequence[str], root: Path, exchange: Exchange, log: Path, say: Callable[[str], None]) -> bool:
    """Whether `dvc repro` with these arguments succeeds.

    It is tried again while another process holds what it needs, and once more after a `dvc` was killed: this one, or
    another that left what this one stumbled over, which is mended first, here or for another stage. `say` is told.
    """
    log.write_text("")
    retried, waiting = False, None
    while not exchange.stopping.is_set():
        begun, mended_before = log.stat().st_size, exchange.mended
        code = dvc_repro(arguments, root, exchange, log)
        if code == 0:
            remember(root, REMEMBERED)
            return True
        if exchange.stopping.is_set():
            return False
        said = log.read_bytes()[begun:].decode(errors="replace")
        if reason := blocked(said):
            if reason != waiting:
                say(f"waiting: {reason}")
            waiting = reason
            exchange.stopping.wait(1)
            continue
        for line in mend(root, exchange):
            say(line)
        stumbled = exchange.mended != mended_before and not RAN.search(said)
        if retried or not (stumbled or code < 0):
            return False
        retried = True
    return False


def blocked(said: str) -> str | None:
    """Who holds what `dvc` needs, in its own words as one line; None where it has not failed for that."""
    found = BUSY.search(said)
    return " ".join(found[1].split()) if found else None


def mend(root: Path, exchange: Exchange) -> list[str]:
    """What `heal` did, which is counted; nothing where another process has DVC's lock, which then mends it."""
    with exchange.mending:  # who finds nothing to mend any more, finds it counted
        try:
            lines = heal(root)
        except UserError:
            return []
        exchange.mended += bool(lines)
        return lines


def tail(log: Path) -> str:
    """The last lines of a log, of a progress bar only its last state."""
    text = log.read_bytes().decode(errors="replace")  # in text mode a file has no \r
    lines = [line.rpartition("\r")[2] for line in text.rstrip().split("\n")]
    return "\n".join(f"    {line}" for line in lines[-TAIL:])
