"""The pipeline's stages, one script each, run as `python -m stages.<stage>` from the project's folder."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType

from vaeplay import advice, pace, torch_startup
from vaeplay.errors import UserError

torch_startup.set_environment()

HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)  # the stage's terminal is gone; Windows has none
SIGNALS = [signal.SIGINT, signal.SIGTERM, *([HANGUP] if HANGUP else [])]


class Terminated(KeyboardInterrupt):
    """A signal that ends a stage as Ctrl-C does: temporary files are removed, and a training is saved."""

    number: int = signal.SIGTERM


def _terminate(number: int, frame: FrameType | None) -> None:
    error = Terminated()
    error.number = number
    raise error


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once: until a stage's imports are done, there is nothing to clean up."""
    os.write(2, f"{advice.line(KeyboardInterrupt())}\n".encode())
    os._exit(128 + number)


def _listen(handler: Callable[[int, FrameType | None], None]) -> None:
    """Have a function handle the signals that end a stage, except SIGHUP under `nohup`."""
    for number in SIGNALS:
        if number != HANGUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore further signals: the stage is saving, and may be sent more than one."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Print an error as one line, if it has one."""
    said = advice.line(error)
    if said is None:
        sys.__excepthook__(kind, error, traceback)
    else:
        print(said, file=sys.stderr)


if sys.argv[:1] == ["-m"]:  # `python -m stages.<stage>`, whose imports take seconds and may run out of memory or files
    sys.excepthook = _show
    _listen(_leave)


def run(main: Callable[..., None], read: Callable[[Sequence[str]], str] | None = None) -> None:
    """Run a stage; an error that is not a bug becomes one line and exit code 1.

    `read` turns the command line's arguments into what `main` takes; without it, none are allowed.
    """
    _listen(_terminate)
    arguments = sys.argv[1:]
    try:
        if read is None and arguments:
            raise UserError(f"this stage takes no arguments; found {' '.join(arguments)[:100]!r}")
        given = [read(arguments)] if read else []
        stage = " of ".join([Path(sys.argv[0]).stem, *given])
        if said := pace.line(stage):
            print(said, flush=True)
        main(*given)
        with suppress(OSError):  # what it was for is done
            pace.keep(stage)
    except Terminated as error:
        with uninterrupted(), suppress(OSError):  # the terminal may be gone
            print(advice.line(error), file=sys.stderr)
        sys.exit(128 + error.number)
    except Exception as error:
        _show(type(error), error, error.__traceback__)
        sys.exit(1)
