"""What to print for an error, and what the user can do about it.

No result depends on this wording, so no stage depends on this module: `sources.WORDS` leaves it out of every digest,
and rewording a message reruns nothing. The message of a `UserError` is left out of the digest where it is raised.
"""

import errno

from vaeplay.errors import UserError

WHAT_TO_DO = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EACCES: "make it accessible to this user",
    errno.EPERM: "make it accessible to this user",
    errno.EROFS: "make it writable",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the limit of open files (ulimit -n)",
}
NO_MEMORY = ("allocate memory", "out of memory", "failed to map segment")  # PyTorch, CUDA, the system's loader
LESS = "a smaller batch_size, network or data.limit needs less"
DVC_ADDS = ("WARNING: ", "Having any troubles?", "If DVC froze")  # beside what is wrong


def line(error: BaseException, kept: str = "; nothing of this stage was kept") -> str | None:
    """What to print for an error instead of a traceback; None if only a traceback explains it.

    Several mistakes get a line each, followed by a block to paste. `kept` says what was lost when the machine ran out
    of something.
    """
    text = " ".join(str(error).split())
    if isinstance(error, UserError):
        return "\n".join([*(f"error: {each}" for each in str(error).splitlines()), *error.block.splitlines()])
    if isinstance(error, KeyboardInterrupt):
        return f"interrupted: {text or 'this stage wrote nothing; `dvc repro` runs it again'}"
    if isinstance(error, MemoryError) or any(words in text for words in NO_MEMORY):
        return f"error: not enough memory{kept}; {LESS}"
    if isinstance(error, OSError):
        advice = f"; {WHAT_TO_DO[error.errno]}" if error.errno in WHAT_TO_DO else ""
        return f"error: {error.filename or 'a file'}: {error.strerror or text}{kept}{advice}"
    if isinstance(error, ImportError) and "Too many open files" in text:
        return line(OSError(errno.EMFILE, "Too many open files"), kept)
    return None


def of_dvc(said: str) -> str:
    r"""The error of a failed `dvc`, in one line, without excerpts of files or advice on where to ask for help.

    >>> of_dvc("'./dvc.yaml' is invalid.\n\nWhile parsing, in line 1\n  1 a: [\n\nHaving any troubles? Hit us up …")
    "'./dvc.yaml' is invalid. While parsing, in line 1"
    """
    lines = [line for line in said.splitlines() if line[:1].strip() and not line.startswith(DVC_ADDS)]
    first = next((place for place, line in enumerate(lines) if line.startswith("ERROR: ")), 0)
    text = " ".join(" ".join(lines[first:]).removeprefix("ERROR: ").split())[:300]
    advice = "; run `git init` there: DVC needs a repository" if text.endswith("is not a git repository") else ""
    return f"{text or 'it said nothing'}{advice}"
