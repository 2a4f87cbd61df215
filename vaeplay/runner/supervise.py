"""Run a shell command on a terminal of its own for as long as its starter lives; run as a script: LOG COMMAND.

The terminal makes progress bars show and output come line by line, and takes every process of the command down (SIGHUP)
should this one be killed. Standard input is a pipe from the starter: once it closes, because the starter says so or
was killed, the command is interrupted as by Ctrl-C, and killed if it goes on. The same where this process is told to
end, as every process of a Slurm job is: it stays until the command has seen to its files. Only the standard library,
since it is started for every command.
"""

import contextlib
import os
import pty
import select
import signal
import sys
import termios
import time

GRACE = 1.5  # seconds from the interrupt to the kill


def main(log: str, command: str) -> int:
    """Run `command`, append what it prints to `log`: its exit code, 128 + the signal where one ended it."""
    told: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # "ignore" would be inherited by the command
        signal.signal(number, lambda number, frame: told.append(number))
    child, terminal = pty.fork()
    if child == 0:
        termios.tcsetwinsize(1, (24, 120))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.execv("/bin/sh", ["/bin/sh", "-c", command])
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    watched, kill_at = [terminal, 0], float("inf")
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        ready = select.select(watched, [], [], 0 if ended else 0.1)[0]
        if terminal in ready and not copied(terminal, output):
            watched.remove(terminal)
        if 0 in ready and not os.read(0, 1):
            watched.remove(0)
            told.append(0)
        if told and kill_at == float("inf"):
            to_group(child, signal.SIGINT)
            kill_at = time.monotonic() + GRACE
        if time.monotonic() > kill_at:
            to_group(child, signal.SIGKILL)
        if ended:
            while terminal in watched and select.select([terminal], [], [], 0)[0] and copied(terminal, output):
                pass
            to_group(child, signal.SIGKILL)  # what it left in the background
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def copied(terminal: int, output: int) -> bool:
    """Append to the log what the terminal has; False once nobody can write to it any more."""
    try:
        text = os.read(terminal, 65536)
    except OSError:  # Linux's way to say that the last writer is gone
        return False
    with contextlib.suppress(OSError):  # a full disk must not end the command
        os.write(output, text.replace(b"\r\n", b"\n"))
    return bool(text)


def to_group(group: int, number: int) -> None:
    """Send a signal to a process group, if there still is one."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
