"""The command `vaeplay`, and which `vaeplay` a copy of the project runs."""

import errno
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from vaeplay import cli
from vaeplay.errors import UserError

from .conftest import ROOT
from .workspace import Workspace


def python(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True)


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    done = python("-X", "importtime", "-m", "vaeplay", "--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in cli.COMMANDS)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"torch", "dvc", "distributed", "pydantic", "numpy"}


def test_no_command_says_what_there_is() -> None:
    done = python("-m", "vaeplay")
    assert done.returncode == 0
    for name, (_, summary, example) in cli.COMMANDS.items():
        words = re.escape(f"vaeplay {name} {example}".rstrip())
        assert re.search(rf"^  {words} +{re.escape(summary)}$", done.stdout, re.MULTILINE)


def test_the_installed_command_is_this_function() -> None:
    assert any(point.load() is cli.main for point in entry_points(group="console_scripts", name="vaeplay"))


def broken(error: Exception, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a command that ends with an error."""

    class Broken:
        add_arguments = staticmethod(lambda parser: None)

        @staticmethod
        def main(arguments: object) -> int:
            raise error

    monkeypatch.setitem(sys.modules, "vaeplay.broken", Broken)
    monkeypatch.setattr(cli, "COMMANDS", {"break": ("vaeplay.broken", "break", "")})
    return cli.main(["break"])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UserError("params.yaml: beta: found 'x'"), "error: params.yaml: beta: found 'x'\n"),
        (UserError("beta: found 'x'\nseed: found 'y'"), "error: beta: found 'x'\nerror: seed: found 'y'\n"),
        (
            OSError(errno.EROFS, "Read-only file system", ".vaeplay"),
            "error: .vaeplay: Read-only file system; make it writable\n",
        ),
    ],
)
def test_a_mistake_and_a_lack_of_the_machine_are_a_line_each(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert broken(error, monkeypatch) == 1
    assert capsys.readouterr().err == said
    with pytest.raises(ZeroDivisionError):
        broken(ZeroDivisionError(), monkeypatch)


LOUD = """
import sys, types
from vaeplay import cli

main = lambda arguments: print("x" * 10**6, flush=True)
sys.modules["loud"] = types.SimpleNamespace(add_arguments=lambda parser: None, main=main)
cli.COMMANDS = {"loud": ("loud", "loud", "")}
sys.exit(cli.main(["loud"]))
"""


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = ["sh", "-c", '"$0" -c "$1" | head -c 1', sys.executable, LOUD]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("x", "")


def test_a_copy_runs_its_own_code(tmp_path: Path) -> None:
    workspace = Workspace.make(tmp_path / "copy")
    for module in ("vaeplay/errors.py", "vaeplay/cli.py"):
        path = workspace.root / module
        path.write_text(path.read_text() + f"\nprint('{module} of the copy')\n")
    assert "vaeplay/errors.py of the copy" in python("-m", "stages.settings", cwd=workspace.root).stdout
    assert "vaeplay/cli.py of the copy" in python("-m", "vaeplay", "--help", cwd=workspace.root).stdout
    commands = "stages:\n  which:\n    cmd: python -c 'import vaeplay.errors'\n"  # as DVC runs a stage
    (workspace.root / "dvc.yaml").write_text(commands)
    done = workspace.run(sys.executable, "-m", "dvc", "repro")
    assert "vaeplay/errors.py of the copy" in done.stdout, done.stdout + done.stderr
