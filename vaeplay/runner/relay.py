"""The shell that DVC is given; run as a script: ADDRESS -c COMMAND.

It hands the command to the driver at a socket's address and waits for the exit code. Should the driver be gone, so is
the command, and DVC is told that it failed. Only the standard library, since it is started for every command.
"""

import json
import os
import signal
import socket
import sys


def main(address: str, option: str, command: str) -> int:
    """The command's exit code, 1 where the driver did not live to tell it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    variables = {name: value for name, value in os.environ.items() if name.startswith("DVC_")}
    call = os.environ["VAEPLAY_CALL"]
    request = {"call": call, "command": command, "folder": os.getcwd(), "variables": variables}  # noqa: PTH109  # pathlib is slow
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        connection.sendall(json.dumps(request).encode() + b"\n")
        answer = connection.makefile().readline()
    if not answer:
        print("the runner is gone, and this command with it")
        return 1
    return int(answer)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
