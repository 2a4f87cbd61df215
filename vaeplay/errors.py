"""Errors that are no bugs: a user's mistake, a training that diverged, and what the machine may lack.

How they are told is in `advice`.
"""

import errno


class UserError(Exception):
    """A mistake in settings, data or files. Shown as one line, never as a traceback.

    `block` is text to paste somewhere, which is shown below the line as it is.
    """

    def __init__(self, message: str, block: str = "") -> None:
        super().__init__(message)
        self.block = block


class Diverged(UserError):  # noqa: N818
    """A training whose loss is no number any more, or has exploded."""


def is_of_the_machine(error: BaseException) -> bool:
    """Whether the machine lacked something, so that the file or the image that was worked on is not to blame."""
    lacking = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT}
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in lacking)
