"""Python processes that begin with PyTorch and DVC imported: forks of a process that waits for what to run.

The stages of a tiny grid spend most of their time on these imports. With `path()` as PATH, `python -m MODULE …` runs in
a fork: it has the caller's folder, environment, standard streams and exit code, but receives none of its signals. What
a test interrupts or kills, and what tests how a process begins, has to be a process of its own.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from functools import cache
from pathlib import Path

IMPORTED = [
    *("dvc.cli.parser", "dvc.repo", "dvc.repo.reproduce", "dvc.repo.experiments.run", "dvc.stage.cache"),
    *("torch.func", "torch.optim", "safetensors.torch", "scipy.special", "mlxtend.data", "PIL.Image", "jinja2"),
    *("pydantic", "psutil", "ruamel.yaml", "tqdm", "sklearn.datasets"),
    *("torch._decomp.decompositions_for_jvp", "torch.fx.experimental.symbolic_shapes"),  # what a derivative imports
]
CLIENT = """#!{python} -IS
import json, os, socket, sys
if sys.argv[1:2] != ["-m"]:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b" "], [0, 1, 2])
    server.sendall(json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode())
    server.shutdown(socket.SHUT_WR)
    sys.exit(int(server.recv(9) or 1))
"""


def path() -> str:
    """PATH with the quick `python` first."""
    return os.pathsep.join([str(started()[0]), str(Path(sys.executable).parent), os.environ["PATH"]])


@cache
def started() -> tuple[Path, subprocess.Popen[bytes]]:
    """The folder with the quick `python`; and the process that it asks, which ends with this one."""
    folder = Path(tempfile.mkdtemp())
    client = folder / "python"
    client.write_text(CLIENT.format(python=sys.executable, address=str(folder / "socket")))
    client.chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, __file__, folder],
        env=os.environ | {"TQDM_DISABLE": "1"},  # which tqdm reads when it is imported
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert server.stdout and server.stdout.readline() == b"ready\n"
    return folder, server


def serve(folder: Path) -> None:
    """Fork for each client, until the process that started this one has ended."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from torch, about its own use of torch.jit
        for name in IMPORTED:
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a fork that looked through all these objects would copy their memory
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no fork is waited for here
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
        listening.listen()
        print("ready", flush=True)
        while listening.fileno() in select.select([0, listening.fileno()], [], [])[0]:
            client, _ = listening.accept()
            if not os.fork():
                listening.close()
                answer(client)
            client.close()
    shutil.rmtree(folder)


def answer(client: socket.socket) -> None:
    """Run what a client asks for in one more fork, and tell the client its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, files, *_ = socket.recv_fds(client, 1, 3)
    with client.makefile("rb") as asked:
        (module, *arguments), cwd, environment = json.load(asked)
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        client.sendall(str(code if code >= 0 else 128 - code).encode())
        os._exit(0)
    client.close()
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0], sys.argv = cwd, ["-m", *arguments]
    code = 1
    try:
        runpy._run_module_as_main(module)  # type: ignore[attr-defined]  # as `python -m` does
        code = 0
    except SystemExit as error:
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        else:
            code = error.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # without taking everything apart, which takes longer than many a command


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
