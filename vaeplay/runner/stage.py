"""One stage: a `dvc repro --single-item` in a process of its own, on the driver's host."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from vaeplay.errors import UserError
from vaeplay.runner.exchange import Exchange
from vaeplay.runner.heal import heal, remember

BUSY = ("is busy, it is being blocked by", "Unable to acquire lock")
TAIL = 12  # lines of a failed stage's log that are shown


def dvc_repro(arguments: Sequence[str], root: Path, exchange: Exchange, log: Path) -> int:
    """Run `dvc repro` and append what it says to `log`: its exit code, negative where a signal ended it.

    It has a session of its own, so that no Ctrl-C reaches it: it may be writing dvc.lock.
    """
    call = uuid.uuid4().hex
    with log.open("a") as output:
        done = subprocess.run(
            [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", *arguments],
            cwd=root,
            env=os.environ | {"SHELL": str(exchange.shell), "VAEPLAY_CALL": call},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    exchange.end(call)
    return done.returncode


def reproduce(arguments: Sequence[str], root: Path, exchange: Exchange, log: Path, say: Callable[[str], None]) -> bool:
    """Whether `dvc repro` with these arguments succeeds.

    It is tried again while another process holds what it needs, and once more after a `dvc` was killed: this one, or
    another that left dvc.lock damaged, which is mended first.
    """
    log.write_text("")
    retried = False
    while not exchange.stopping.is_set():
        begun = log.stat().st_size
        code = dvc_repro(arguments, root, exchange, log)
        if code == 0:
            remember(root)
            return True
        said = log.read_bytes()[begun:].decode(errors="replace")
        if any(reason in said for reason in BUSY):
            time.sleep(1)
            continue
        mended = mend(root)
        for line in mended:
            say(line)
        if retried or not (mended or code < 0):
            return False
        retried = True
    return False


def mend(root: Path) -> list[str]:
    """What `heal` did; nothing where another process has DVC's lock, which then mends it."""
    try:
        return heal(root)
    except UserError:
        return []


def tail(log: Path) -> str:
    """The last lines of a log, of a progress bar only its last state."""
    text = log.read_bytes().decode(errors="replace")  # in text mode a file has no \r
    lines = [line.rpartition("\r")[2] for line in text.rstrip().split("\n")]
    return "\n".join(f"    {line}" for line in lines[-TAIL:])
