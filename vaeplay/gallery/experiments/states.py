"""What `dvc exp show --json` says of experiments, and their results, which DVC's cache keeps by their MD5."""

from collections.abc import Callable, Iterator

from pydantic import Field

from vaeplay.gallery.page import Setting
from vaeplay.gallery.results import Anything, Result, flatten, parse

Load = Callable[[str], bytes | None]
"""From an MD5 to the content that has it; None where it is not in this cache."""


class Failure(Result):
    """Why DVC could not read something."""

    msg: str = "no reason given"


class Values(Result):
    """The values in one file."""

    data: Anything | None = None


class Output(Result):
    """What a stage has made: the MD5 of its content, which ends in `.dir` for a folder."""

    hash: str | None = None


class Data(Result):
    """What a state holds: its files of settings and of results by their paths."""

    params: dict[str, Values] = Field(default_factory=dict)
    outs: dict[str, Output] = Field(default_factory=dict)


class Executor(Result):
    """What runs an experiment."""

    state: str | None = None


class Run(Result):
    """An experiment: its revisions, the newest first, and what runs it."""

    revs: tuple["State", ...] | None = None
    executor: Executor | None = None


class State(Result):
    """The workspace, a commit, or what an experiment came to."""

    rev: str
    name: str | None = None
    error: Failure | None = None
    data: Data | None = None
    experiments: tuple[Run, ...] | None = None

    @property
    def title(self) -> str:
        """What readers call it."""
        return self.name or self.rev[:10]

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Its own params.yaml."""
        file = self.data and self.data.params.get("params.yaml")
        return flatten(file.data) if file and file.data else ()

    def progress(self, run: Run | None) -> str:
        """Why it has no results, or not all; empty once it has ended well."""
        if self.error:
            return f"failed: {self.error.msg}"
        running = run and run.executor and run.executor.state
        return running if running and running != "success" else ""


class Entry(Result):
    """A file in a folder that DVC's cache keeps."""

    md5: str
    relpath: str


class Files:
    """The results of a state."""

    def __init__(self, state: State, load: Load) -> None:
        outs = state.data.outs.items() if state.data else ()
        self.md5s = {path: out.hash for path, out in outs if out.hash}
        self.load = load

    def content(self, path: str) -> bytes | None:
        """The content of a file, which may lie in a folder that is one result; None where it is not known here."""
        self._open(path.rpartition("/")[0])
        return self.load(self.md5s[path]) if path in self.md5s else None

    def _open(self, folder: str) -> None:
        if (md5 := self.md5s.get(folder, "")).endswith(".dir"):
            del self.md5s[folder]
            for entry in parse(self.load(md5) or b"[]", f"DVC's cache: {folder}", tuple[Entry, ...]):
                self.md5s[f"{folder}/{entry.relpath}"] = entry.md5


def states(told: str) -> Iterator[tuple[State, Run | None]]:
    """The workspace and each commit, and each experiment's newest revision with the experiment.

    Raises:
        UserError: DVC's output is malformed.
    """
    for revision in parse(told, "dvc exp show", tuple[State, ...]):
        yield revision, None
        for run in revision.experiments or ():
            if run.revs:
                yield run.revs[0], run
