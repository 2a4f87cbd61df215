"""The pipeline's stages, a script each, run as `python -m stages.<stage>` from the project's folder."""

import os
import sys
from collections.abc import Callable, Sequence

from vaeplay.errors import UserError

# Threads that wait for each other soon give the core away. Left to spin, they hold up the very thread that they wait
# for wherever something else runs on the machine: a training there takes three times as long and more. Not spinning at
# all takes twice as long on a quiet machine. It is read when torch is imported, by the OpenMP of its Linux builds.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def run(main: Callable[..., None], read: Callable[[Sequence[str]], str] | None = None) -> None:
    """Call a stage; a user's mistake ends in its line and exit code 1.

    `read` makes what `main` takes of the command line's arguments; without it there may be none.
    """
    arguments = sys.argv[1:]
    try:
        if read is None and arguments:
            raise UserError(f"this stage takes no arguments; found {' '.join(arguments)[:100]!r}")
        main(*([read(arguments)] if read else []))
    except UserError as error:
        sys.exit("\n".join(f"error: {line}" for line in str(error).splitlines()))
    except OSError as error:
        sys.exit(f"error: {error.filename or 'a file'}: {error.strerror or error}; nothing of this stage was kept")
    except KeyboardInterrupt:
        sys.exit("interrupted: nothing of this stage was kept; `dvc repro` starts it again")
