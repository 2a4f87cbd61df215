"""Where commands change hands: relays ask at a socket, Dask's workers run, and the exit code goes back."""

import asyncio
import contextlib
import json
import os
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

from distributed import Client

from vaeplay.errors import UserError
from vaeplay.runner import relay, worker
from vaeplay.runner.progress import log_name

INTERRUPTED = 130
"""Exit code of a command that was ended, as shells have it for Ctrl-C."""
ENDING = 5.0
"""Seconds within which the workers have to have ended a command; one that is frozen is not waited for."""


PLACES = ("/tmp", "/var/tmp", "/dev/shm")
"""For temporary files where the one that TMPDIR names does not do."""


class Exchange:
    """Serves relays until it is closed. `shell` is the program that DVC has to be given as SHELL."""

    def __init__(self, client: Client, logs: Path, gpus: dict[str, str]) -> None:
        self.client, self.logs, self.gpus = client, logs, gpus
        self.stopping = threading.Event()
        self.mending, self.mended = threading.Lock(), 0  # how often something of DVC's was damaged
        self.over: set[str] = set()  # calls of `dvc` that have ended
        self.dvcs: set[subprocess.Popen[bytes]] = set()  # that run now
        self.running: Counter[str] = Counter()  # commands of a call
        self.listener = socket.socket(socket.AF_UNIX)
        self.folder = settle(self.listener)
        self.shell = self.folder / "relay"
        self.listener.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more commands."""
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def end(self, call: str) -> None:
        """A call of `dvc` is over: if it was killed, its command goes on, and is ended before this returns."""
        self.over.add(call)
        while self.running[call]:
            time.sleep(0.02)

    def _accept(self) -> None:
        while self.listener.fileno() >= 0:
            try:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
            except (OSError, RuntimeError):  # closed; or there are no more files or threads just now
                time.sleep(0.1)

    def _serve(self, connection: socket.socket) -> None:
        """Answer one relay. It is silent until answered: whatever is heard from it means that it is gone."""
        with connection, contextlib.suppress(OSError):
            request = json.loads(connection.makefile().readline() or "null")
            if not request:
                return
            self.running[request["call"]] += 1
            try:
                code = self._run(connection, request)
            finally:
                self.running[request["call"]] -= 1
            connection.sendall(f"{code}\n".encode())

    def _run(self, connection: socket.socket, request: dict[str, Any]) -> int:
        if self.stopping.is_set() or request["call"] in self.over:
            return INTERRUPTED
        stage = request["variables"]["DVC_STAGE"]
        log = self.logs / log_name(stage)
        threads = {name: os.environ[name] for name in worker.THREADS if name in os.environ}
        try:
            future = self.client.submit(
                worker.run_command,
                request["command"],
                request["folder"],
                str(log),
                request["variables"] | threads,
                self.gpus,
                key=f"{stage}|{uuid.uuid4()}",
                pure=False,
            )
            while not future.done():
                heard = select.select([connection], [], [], 0.1)[0]
                if heard or self.stopping.is_set() or request["call"] in self.over:
                    self._end(future)
                    return INTERRUPTED
            return int(future.result())
        except Exception as error:  # a worker that died, or has other packages; a scheduler that is gone
            with log.open("a") as file:
                file.write(f"\nno worker finished this command: {error!r}\n")
            return 1

    def _end(self, future: Any) -> None:
        """Cancel a command, and wait until no worker has it any more, or the workers do not answer."""

        async def end() -> None:
            await self.client.cancel([future])
            while future.key in chain(*(await self.client.run(worker.running, on_error="ignore")).values()):
                await asyncio.sleep(0.1)

        with contextlib.suppress(Exception):  # the scheduler may be gone, and with it the command
            self.client.sync(end, callback_timeout=ENDING)


def settle(listener: socket.socket) -> Path:
    """A new folder with the relay and the socket, in the first place for temporary files where both work.

    Raises:
        UserError: there is none: a socket's address has room for some 100 characters, and the relay is a program.
    """
    for parent in (tempfile.gettempdir(), *PLACES):
        folder = None
        with contextlib.suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="vaeplay-", dir=parent))
            shell, address = folder / "relay", str(folder / "socket")
            command = shlex.join([sys.executable, "-I", "-S", relay.__file__, address])
            shell.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
            shell.chmod(0o700)
            if os.access(shell, os.X_OK):  # not on a file system that is mounted without `exec`
                listener.bind(address)
                return folder
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    raise UserError(
        f"TMPDIR: {tempfile.gettempdir()} is too long a path, or does not allow programs; set another folder"
    )
