"""Files are whole or absent, and JSON that cannot be read is one line."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vaeplay import files
from vaeplay.data import drawing
from vaeplay.errors import UserError


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "result.json"
    files.write_json(path, {"old": 1})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: .*result\.json"):
        files.write_json(path, {"new": 2})
    assert files.read_json(path) == {"old": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_goes_with_the_next_write_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, living = (tmp_path / f".x.json.{files.HOST}.{process}.0.part" for process in (dead.pid, os.getppid()))
    elsewhere = tmp_path / f".x.json.another-machine.{dead.pid}.0.part"
    mine = tmp_path / ".notes.part"
    for path in (left, living, elsewhere, mine):
        path.write_text("half")
    assert files.abandoned(tmp_path) == [left]
    files.write_json(tmp_path / "x.json", {})
    assert {path.name for path in tmp_path.iterdir()} == {"x.json", living.name, elsewhere.name, mine.name}


def test_a_folder_takes_the_place_of_the_old_one_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "cell"
    with files.writing_folder(path) as folder:
        files.write_text(folder / "one", "1")
        assert not path.exists()
    with pytest.raises(ZeroDivisionError), files.writing_folder(path) as folder:
        files.write_text(folder / "two", "2")
        raise ZeroDivisionError
    assert [file.name for file in path.iterdir()] == ["one"]
    with pytest.raises(OSError, match=r"No space left on device: .*cell'$"), files.writing_folder(path) as folder:
        raise OSError(28, "No space left on device", str(folder / "two"))
    with files.writing_folder(path) as folder:
        files.write_text(folder / "three", "3")
    assert [file.name for file in path.iterdir()] == ["three"]
    assert list(tmp_path.iterdir()) == [path]


def test_half_a_folder_of_a_killed_process_goes_with_the_next_write(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f".cell.{files.HOST}.{dead.pid}.0.part"
    files.write_text(left / "one", "1")
    assert files.abandoned(tmp_path) == [left]
    files.write_text(tmp_path / "x", "")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_results_are_as_readable_as_any_file(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    files.write_text(tmp_path / "result", "")
    assert (tmp_path / "result").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_write_within_a_write_and_an_error_of_the_writers_own(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="elsewhere"), files.writing(tmp_path / "x"):
        with files.writing(tmp_path / "x") as inner:
            inner.write(b"whole")
        (tmp_path / "elsewhere").read_bytes()
    assert (tmp_path / "x").read_bytes() == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_number_that_json_has_not_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "x.json", {"loss": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": 1'])
def test_what_is_not_json_is_one_line_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"x\.json: not readable as JSON") as caught:
        files.read_json(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="no such file"):
        files.read_json(tmp_path / "absent.json")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_shows_each_image_pixel_for_pixel(tmp_path: Path, channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, channels, 5, 4), dtype=np.uint8)
    path = tmp_path / "sheet.png"
    path.write_bytes(drawing.sheet(pixels / 255))
    drawn = np.asarray(Image.open(path)).reshape(2 * 7 + 2, 3 * 6 + 2, channels)
    for row in range(2):
        for column in range(3):
            top, left = 2 + row * 7, 2 + column * 6
            assert np.array_equal(drawn[top : top + 5, left : left + 4], pixels[row, column].transpose(1, 2, 0))
    assert (drawn[:2] == 255).all()
    assert drawing.sheet(pixels / 255) == path.read_bytes()
