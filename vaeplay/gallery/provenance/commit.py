"""Which commit the workspace is at, and whether its sources differ from it."""

import subprocess
from pathlib import Path

SOURCES = ("params.yaml", "dvc.yaml", "stages", "vaeplay")
"""What decides the results. Files that the pipeline rewrites, such as dvc.lock, say nothing."""


def commit(root: Path) -> tuple[str | None, bool]:
    """(commit, modified): the full hash of HEAD, or None outside git, and whether `SOURCES` differ from it."""
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if head is None or head.returncode != 0:
        return None, False
    changes = _git(root, "diff", "--quiet", "HEAD", "--", *SOURCES)
    return head.stdout.strip(), changes is None or changes.returncode != 0


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    """A read-only git command in `root`; None where git is not installed."""
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
