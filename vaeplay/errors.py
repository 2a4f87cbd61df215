"""Errors that are not bugs: user mistakes, diverged training, and a machine that runs out of memory, space or files.

`advice` puts them into words.
"""

import errno


class UserError(Exception):
    """A mistake in settings, data or files. Shown as one line, never as a traceback.

    `block` is text to paste somewhere, shown unchanged below the line.
    """

    def __init__(self, message: str, block: str = "") -> None:
        super().__init__(message)
        self.block = block


class Diverged(UserError):  # noqa: N818
    """Training diverged: its loss is NaN or infinite, or has exploded."""


def is_of_the_machine(error: BaseException) -> bool:
    """Whether the machine ran out of something, so that the file or image being processed is not to blame."""
    lacking = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT}
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in lacking)
