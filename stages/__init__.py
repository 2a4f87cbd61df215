"""The pipeline's stages, a script each, run as `python -m stages.<stage>` from the project's folder."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType

from vaeplay import errors

# Threads that wait for each other soon give the core away. Left to spin, they hold up the very thread that they wait
# for wherever something else runs on the machine: a training there takes three times as long and more. Not spinning at
# all takes twice as long on a quiet machine. It is read when torch is imported, by the OpenMP of its Linux builds.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

# With its scripts, PyTorch compiles for forward-mode differentiation what no model here needs: half a second a cell.
os.environ.setdefault("PYTORCH_JIT", "0")


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a stage as Ctrl-C does: temporary files go, and a training is saved."""


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once: before a stage's imports are done there is nothing to tidy up."""
    os.write(2, f"{errors.line(KeyboardInterrupt())}\n".encode())
    os._exit(128 + number)


def _show(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """An error in a line, where it has one."""
    said = errors.line(error)
    if said is None:
        sys.__excepthook__(kind, error, traceback)
    else:
        print(said, file=sys.stderr)


if sys.argv[:1] == ["-m"]:  # `python -m stages.<stage>`, whose imports take seconds and may lack memory or files
    sys.excepthook = _show
    signal.signal(signal.SIGINT, _leave)
    signal.signal(signal.SIGTERM, _leave)


def run(main: Callable[..., None], read: Callable[[Sequence[str]], str] | None = None) -> None:
    """Call a stage; an error that is no bug is one line and exit code 1.

    `read` makes what `main` takes of the command line's arguments; without it there may be none.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _terminate)
    arguments = sys.argv[1:]
    try:
        if read is None and arguments:
            raise errors.UserError(f"this stage takes no arguments; found {' '.join(arguments)[:100]!r}")
        main(*([read(arguments)] if read else []))
    except KeyboardInterrupt as error:
        print(errors.line(error), file=sys.stderr)
        sys.exit(128 + (signal.SIGTERM if isinstance(error, Terminated) else signal.SIGINT))
    except Exception as error:
        _show(type(error), error, error.__traceback__)
        sys.exit(1)
