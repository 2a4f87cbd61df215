"""A folder of images: what is read and how it is brought to one form, and a line for every file that gives no image."""

import io
import json
import os
import pickle
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import stages
from stages import prepare
from vaeplay import files
from vaeplay.data import decoding, folder, images
from vaeplay.data.decoding import BadImageError, Header, decode, header
from vaeplay.data.tree import shown
from vaeplay.errors import UserError
from vaeplay.settings import params, resolve

from .conftest import ROOT

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::RuntimeWarning:PIL")

Prepare = Callable[..., tuple[int, str]]
PHOTO = np.random.default_rng(0).integers(0, 256, (20, 24, 3), dtype=np.uint8)


def encoded(pixels: NDArray[Any] | Image.Image, form: str, **options: Any) -> bytes:
    """The content of an image file."""
    buffer = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(buffer, form, **options)
    return buffer.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.fixture
def prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: Any, capsys: pytest.CaptureFixture[str]
) -> Prepare:
    """Run the prepare stage on `images/`, with changes to the data settings: its exit code and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["prepare"])
    (tmp_path / "images").mkdir()

    def run(**changes: Any) -> tuple[int, str]:
        values["data"] |= {"name": "folder", "size": 8, "on_error": "fail", **changes}
        chosen = params.validate(values).data.used()
        files.write_json(Path("settings/data.json"), {"seed": 0, "data": chosen})
        try:
            stages.run(prepare.main)
        except SystemExit as left:
            said = capsys.readouterr()
            return int(str(left.code)), (said.out + said.err).rstrip("\n")
        said = capsys.readouterr()
        return 0, said.out + said.err

    return run


def fill(where: Path, count: int = 12, shape: tuple[int, ...] = (10, 12, 3)) -> None:
    """Good images, in files `000.png` and on."""
    where.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(1)
    for number in range(count):
        pixels = generator.integers(0, 256, shape, dtype=np.uint8)
        (where / f"{number:03}.png").write_bytes(encoded(pixels, "PNG"))


def card() -> Any:
    return json.loads(Path("data/card.json").read_text())


class Touch:
    """Unpickling one makes a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("unpickled"),))


def damaged(content: bytes) -> bytes:
    """The content with a few bytes in its middle turned over."""
    middle = len(content) // 2
    return content[:middle] + bytes(255 - byte for byte in content[middle : middle + 8]) + content[middle + 8 :]


PNG = encoded(PHOTO, "PNG")
NOT = "not an image (PNG, JPEG, WebP, AVIF, GIF, BMP or TIFF)"
CUT = {form: encoded(PHOTO, form)[:-400] for form in ("JPEG", "GIF", "BMP", "WEBP")}

# what lies in the folder beside twelve good images: its name, its content, how the line shows the name, what it says
BAD: list[tuple[str, bytes, str, str]] = [
    ("zero.png", b"", "images/zero.png", "empty"),
    ("notes.txt", b"buy milk\n", "images/notes.txt", NOT),
    ("text.png", b"not a picture", "images/text.png", NOT),
    ("page.jpg", b"<!doctype html><title>404</title>", "images/page.jpg", NOT),
    ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "images/drawing.svg", NOT),
    ("program.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "images/program.png", NOT),
    ("archive.png", b"PK\x03\x04" + bytes(60), "images/archive.png", NOT),
    ("pickle.png", pickle.dumps(Touch()), "images/pickle.png", NOT),
    ("phone.heic", bytes(4) + b"ftypheic" + bytes(60), "images/phone.heic", "HEIC, which is not read here; convert it"),
    ("film.mp4", bytes(4) + b"ftypisom" + bytes(60), "images/film.mp4", "a video, which is not read here; convert it"),
    ("new.jxl", b"\xff\x0a" + bytes(60), "images/new.jxl", "JPEG XL, which is not read here; convert it"),
    ("paper.pdf", b"%PDF-1.7" + bytes(60), "images/paper.pdf", "a PDF, which is not read here; convert it"),
    ("cut.png", PNG[:-400], "images/cut.png", "damaged ("),
    ("head.png", PNG[:40], "images/head.png", NOT),
    ("turned.png", damaged(PNG), "images/turned.png", "damaged ("),
    ("cut.jpg", CUT["JPEG"], "images/cut.jpg", "damaged ("),
    ("cut.gif", CUT["GIF"], "images/cut.gif", "damaged (image file is truncated"),
    ("cut.bmp", CUT["BMP"], "images/cut.bmp", "damaged (image file is truncated"),
    ("cut.webp", CUT["WEBP"], "images/cut.webp", ""),
    ("cut.tiff", encoded(PHOTO, "TIFF")[:300], "images/cut.tiff", ""),
    ("float.tiff", encoded(np.ones((4, 4), np.float32), "TIFF"), "images/float.tiff", "its pixels are 32 bits wide"),
    ("bomb.png", png_claiming(10_000, 10_000), "images/bomb.png", "10000×10000 pixels; at most 89,478,485 are decoded"),
    ("huge.png", png_claiming(60_000, 60_000), "images/huge.png", "3600000000 pixels; at most 89,478,485 are decoded"),
    ("zero wide.png", png_claiming(0, 5), "images/zero wide.png", ""),
    ("two words.png", b"", "images/two words.png", "empty"),
    ('it\'s "quoted".png', b"", 'images/it\'s "quoted".png', "empty"),
    ("<script>alert(1)<script>.png", b"", "images/<script>alert(1)<script>.png", "empty"),
    ("$(touch x);`y`.png", b"", "images/$(touch x);`y`.png", "empty"),
    ("{{ 7*7 }}%s.png", b"", "images/{{ 7*7 }}%s.png", "empty"),
    ("-rf.png", b"", "images/-rf.png", "empty"),
    ("new\nline.png", b"", r"'images/new\nline.png'", "empty"),
    ("bell\a\x1b[31m.png", b"", r"'images/bell\x07\x1b[31m.png'", "empty"),
    ("space after.png ", b"", "'images/space after.png '", "empty"),
    ("תמונה.png", b"", "images/תמונה.png", "empty"),
    ("turned\u202egnp.exe", b"", r"'images/turned\u202egnp.exe'", "empty"),
    ("\U0001f600.png", b"", "images/\U0001f600.png", "empty"),
    ("\udcff.png", PNG, r"'images/\udcff.png'", "its name is not UTF-8"),
]


@pytest.mark.parametrize(("name", "content", "named", "what"), BAD, ids=[ascii(row[0]) for row in BAD])
def test_a_file_that_gives_no_image_is_one_line_or_is_left_out_and_counted(
    prepared: Prepare, name: str, content: bytes, named: str, what: str
) -> None:
    fill(Path("images"))
    (Path("images") / name).write_bytes(content)
    code, said = prepared()
    line, hint = said.splitlines()
    assert code == 1
    assert line.startswith(f"error: {named}: {what}")
    assert "\ufffd" not in line and "0x" not in line and len(line) < 250
    assert hint == "error: data.on_error: skip leaves such files out and counts them"
    assert not Path("data/images.safetensors").exists()
    assert prepared(on_error="skip") == (0, "")
    assert card()["skipped"] == 1
    assert card()["skipped_files"][0].startswith(f"{named}: {what}")
    assert sum(card()["counts"].values()) == 12
    assert not Path("unpickled").exists()


def link_to_itself(folder: Path) -> None:
    (folder / "loop.png").symlink_to("loop.png")


def link_to_nothing(folder: Path) -> None:
    (folder / "gone.png").symlink_to("nowhere.png")


def link_upwards(folder: Path) -> None:
    (folder / "cats").mkdir()
    (folder / "cats/loop").symlink_to(folder)


def links_across(folder: Path) -> None:
    for one, other in (("cats", "dogs"), ("dogs", "cats")):
        (folder / one).mkdir(exist_ok=True)
        (folder / other).mkdir(exist_ok=True)
        (folder / one / "more").symlink_to(folder / other)


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (link_to_itself, "images/loop.png: cannot be read (Too many levels of symbolic links)"),
        (link_to_nothing, "images/gone.png: cannot be read (No such file or directory)"),
        (link_upwards, "images/cats/loop: a link to a folder that it lies in"),
        (links_across, "images/cats/more/more: a link to a folder that it lies in"),
        (pipe, "images/pipe.png: not a regular file"),
    ],
)
def test_links_in_circles_and_what_is_no_file_are_a_line(
    prepared: Prepare, make: Callable[[Path], None], line: str
) -> None:
    fill(Path("images"))
    make(Path("images").resolve())
    code, said = prepared()
    assert (code, said.splitlines()[0]) == (1, f"error: {line}")
    assert prepared(on_error="skip") == (0, "")
    assert line in card()["skipped_files"]


def test_a_file_or_folder_without_permission_is_a_line(prepared: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(Path("images"))
    fill(Path("images/closed"), 1)
    read, scan = Path.read_bytes, os.scandir

    def refusing(what: Any) -> Any:  # root may read what its mode forbids, so that the refusal is made here
        def refuse(path: Any) -> Any:
            if Path(path).name in {"003.png", "closed"}:
                raise PermissionError(13, "Permission denied", str(path))
            return what(path)

        return refuse

    monkeypatch.setattr(Path, "read_bytes", refusing(read))
    monkeypatch.setattr(os, "scandir", refusing(scan))
    code, said = prepared()
    assert code == 1
    assert "error: images/closed: cannot be read (Permission denied)" in said.splitlines()
    assert "error: images/003.png: cannot be read (Permission denied)" in said.splitlines()


@pytest.mark.parametrize(
    ("count", "changes", "line"),
    [
        (0, {}, "data.path: no image in images; put some there, or name the folder that holds yours"),
        (1, {}, "data.path: only images/000.png; at least 3 images are needed, one to train on and one for each test"),
        (2, {}, "data.path: only images/000.png and images/001.png; at least 3 images are needed, "),
        (3, {}, "data.test: no image falls in the test split of 3; change the shares or add images"),
        (30, {"validation": 0.01}, "data.validation: no image falls in the validation split of 30; change the shares"),
    ],
)
def test_too_few_images_are_one_line(prepared: Prepare, count: int, changes: Any, line: str) -> None:
    fill(Path("images"), count)
    code, said = prepared(**changes)
    assert code == 1
    assert said.startswith(f"error: {line}")
    assert "\n" not in said


def test_images_of_several_sizes_need_a_size(prepared: Prepare) -> None:
    fill(Path("images"))
    (Path("images") / "zz.png").write_bytes(encoded(PHOTO, "PNG"))
    code, said = prepared(size=None)
    assert code == 1
    assert said == (
        "error: data.size: found null, but the images differ in size: images/000.png (12×10) and "
        "images/zz.png (24×20); set it to a number of pixels"
    )


def test_many_bad_files_are_named_together_but_not_by_the_thousand(prepared: Prepare) -> None:
    fill(Path("images"))
    for number in range(50):
        (Path("images") / f"bad{number:02}.png").write_bytes(b"")
    code, said = prepared()
    assert code == 1
    assert len(said.splitlines()) == 21
    assert "and perhaps more; data.on_error: skip" in said.splitlines()[-1]
    assert prepared(on_error="skip") == (0, "")
    assert card()["skipped"] == 50
    assert len(card()["skipped_files"]) == 20


def test_own_size_and_channels_are_kept_and_a_single_class_is_no_mistake(prepared: Prepare) -> None:
    fill(Path("images"), 20, (10, 12))
    assert prepared(size=None) == (0, "")
    assert card()["shape"] == [1, 10, 12]
    assert card()["classes"] == ["(no folder)"]
    (Path("images") / "colour.png").write_bytes(encoded(PHOTO[:10, :12], "PNG"))
    assert prepared(size=None) == (0, "")
    assert card()["shape"] == [3, 10, 12]
    assert prepared(channels=1) == (0, "")
    assert card()["shape"] == [1, 8, 8]


def test_the_first_folder_is_the_class_and_what_is_no_image_by_its_name_is_passed_over(prepared: Prepare) -> None:
    hostile = "<script>\n'\"\u202e"
    for name in ("cats/young", "cats/old", "dogs", hostile, "two words"):
        fill(Path("images") / name, 10)
    fill(Path("images/.hidden"), 3)
    for name in ("README.md", ".gitkeep", "Thumbs.db", "dogs/.DS_Store", "cats/readme.txt"):
        (Path("images") / name).write_text("no picture")
    assert prepared() == (0, "")
    assert card()["classes"] == sorted(["cats", "dogs", hostile, "two words"])
    assert sum(card()["counts"].values()) == 50
    assert card()["class_counts"]["test"] == [2, 4, 2, 2]  # by name: the hostile one, cats, dogs, two words
    assert card()["skipped"] == 0


def test_what_systems_keep_for_themselves_is_passed_over_and_named(prepared: Prepare) -> None:
    for name in ("cats", "dogs", "cats/@eaDir/SYNOPHOTO", "#recycle", "__MACOSX/cats", ".thumbnails"):
        fill(Path("images") / name, 10)
    for name in ("Icon\r", "cats/Icon\r", "ehthumbs.db", "photos.dvc"):
        (Path("images") / name).write_bytes(b"")
    code, said = prepared()
    assert (code, said.count("\n")) == (0, 1)
    assert card()["classes"] == ["cats", "dogs"]
    assert sum(card()["counts"].values()) == 20
    [note] = card()["notes"]
    assert said == f"note: {note}\n"
    assert all(name in note for name in ("images/cats/@eaDir", "images/#recycle", "images/__MACOSX"))


@pytest.mark.parametrize("names", [("train", "test"), ("Training", "Valid", "test"), ("train", "val", "more")])
def test_splits_are_not_taken_for_classes(prepared: Prepare, values: Any, names: tuple[str, ...]) -> None:
    for name in names:
        fill(Path("images") / name / "cats", 5)
    code, said = prepared()
    assert code == 1
    assert said.startswith("error: data.path: images is divided into T" if "Valid" in names else "error: data.path: ")
    assert f"name one of them (data.path: images/{names[0]})" in said
    values["data"] |= {"path": str(Path("images").resolve()), "name": "folder"}
    with pytest.raises(UserError, match="would be taken for classes"):
        resolve.check(params.validate(values), ROOT)  # the settings stage refuses it before anything is deleted
    (Path("images") / names[0]).rename("images/wagons")
    assert prepared()[0] == 0, "one such name alone may be a class"


def grey_png_of_twelve_bits(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(12):
        deep = np.linspace(0, 4095 - number, 144).astype(np.uint16).reshape(12, 12)
        (folder / f"{number}.png").write_bytes(encoded(deep, "PNG"))


def test_twelve_bits_in_sixteen_are_told_of_and_a_white_point_mends_it(prepared: Prepare) -> None:
    grey_png_of_twelve_bits(Path("images"))
    code, said = prepared()
    [note] = card()["notes"]
    assert (code, said) == (0, f"note: {note}\n")
    assert note.startswith("12 files have more than eight bits a pixel") and "6.2%" in note
    assert "Set data.white" in note
    assert prepared(white=4095) == (0, "")
    assert card()["notes"] == []


def test_white_is_what_the_file_could_hold_or_what_the_settings_say(tmp_path: Path) -> None:
    path = tmp_path / "image"
    deep = np.array([[0, 2047, 4095]], np.uint16)
    for content, white, expected in (
        (encoded(deep, "PNG"), None, [0, 8, 16]),
        (encoded(deep, "PNG"), 4095, [0, 127, 255]),
        (encoded(deep, "TIFF"), 2047, [0, 255, 255]),
        (encoded(deep.astype(np.int32), "TIFF"), 4095, [0, 127, 255]),
        (encoded(deep.astype(np.float32) / 4095, "TIFF"), 1.0, [0, 127, 255]),
        (encoded(np.array([[-1, np.nan, np.inf]], np.float32), "TIFF"), 1.0, [0, 0, 255]),
        (tiff_of_twelve_bits(deep), None, [0, 127, 255]),
    ):
        path.write_bytes(content)
        assert decode(path, None, 1, white).pixels.ravel().tolist() == expected


def tiff_of_twelve_bits(deep: NDArray[np.uint16]) -> bytes:
    """A row of numbers as a TIFF that packs two of them into three bytes."""
    bits = "".join(f"{number:012b}" for number in deep.ravel())
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    tags = {256: deep.shape[1], 257: 1, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 1, 279: len(packed)}
    start = 8 + len(packed) + len(packed) % 2
    entries = b"".join(
        struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, value) for tag, value in tags.items()
    )
    content = b"II*\0" + struct.pack("<I", start) + packed + bytes(len(packed) % 2)
    return content + struct.pack("<H", len(tags)) + entries + bytes(4)


def test_dark_colour_of_sixteen_bits_is_told_of(tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0))
    rows = zlib.compress((b"\0" + struct.pack(">12H", *[4095] * 12)) * 4)
    path = tmp_path / "image"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    assert decode(path, None, 3).brightest == pytest.approx(15 / 255)
    path.write_bytes(PNG)
    assert decode(path, None, 3).brightest is None


def test_damaged_exif_beside_sound_pixels_is_no_damage(tmp_path: Path) -> None:
    upright = np.zeros((4, 6), np.uint8)
    path = tmp_path / "image"
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = exif.tobytes()
    for end in range(6, len(whole)):
        path.write_bytes(encoded(upright, "PNG", exif=whole[:end]))
        found = header(path)
        assert decode(path, None, 1).pixels.shape == (1, found.height, found.width)


def test_a_folder_elsewhere_with_any_name_is_read(prepared: Prepare, tmp_path: Path) -> None:
    where = tmp_path / "my photos, <b>'\"&"
    fill(where)
    assert prepared(path=str(where)) == (0, "")
    assert card()["title"] == "my photos, <b>'\"&, a folder of 12 images"


def test_a_limit_takes_the_same_share_of_each_class(prepared: Prepare) -> None:
    fill(Path("images/many"), 60)
    fill(Path("images/few"), 20)
    assert prepared(limit=40) == (0, "")
    counts = np.sum(list(card()["class_counts"].values()), 0)
    assert counts.tolist() == [10, 30]


def read_one(tmp_path: Path, content: bytes, size: int | None = None, channels: int = 3) -> NDArray[np.uint8]:
    path = tmp_path / "image"
    path.write_bytes(content)
    assert header(path).channels in (1, 3)
    return decode(path, size, channels).pixels


GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)


LOSSY = ("JPEG", "AVIF")


@pytest.mark.parametrize("form", decoding.FORMATS)
def test_every_format_is_read(tmp_path: Path, form: str) -> None:
    options: dict[str, dict[str, Any]] = {
        "WEBP": {"lossless": True},
        "AVIF": {"quality": 100, "subsampling": "4:4:4"},
        "JPEG": {"quality": 100, "subsampling": 0},
    }
    grey = Image.fromarray(GREY) if form != "WEBP" else Image.fromarray(GREY).convert("RGB")
    found = read_one(tmp_path, encoded(grey, form, **options.get(form, {})), channels=1)
    assert np.abs(found[0].astype(int) - GREY).max() <= (2 if form in LOSSY else 0)


def test_each_kind_of_pixel_becomes_eight_bits_of_grey_or_colour(tmp_path: Path) -> None:
    colour = np.stack([GREY, 255 - GREY, GREY // 2], 2)
    assert np.array_equal(read_one(tmp_path, encoded(colour, "PNG")), colour.transpose(2, 0, 1))
    luma = read_one(tmp_path, encoded(colour, "PNG"), channels=1)[0]
    assert np.abs(luma - colour @ [0.299, 0.587, 0.114]).max() < 1
    assert np.array_equal(read_one(tmp_path, encoded(GREY, "PNG")), np.stack([GREY] * 3))
    deep = GREY.astype(np.uint16) * 257
    for form in ("PNG", "TIFF"):
        assert np.array_equal(read_one(tmp_path, encoded(deep, form), channels=1)[0], GREY)
    bits = Image.fromarray(GREY > 100)
    assert np.array_equal(read_one(tmp_path, encoded(bits, "PNG"), channels=1)[0], (GREY > 100) * 255)
    palette = Image.fromarray(GREY // 64).copy()
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    table = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]], np.uint8)
    assert np.array_equal(read_one(tmp_path, encoded(palette, "PNG")), table[GREY // 64].transpose(2, 0, 1))
    clear = encoded(palette, "PNG", transparency=2)
    table[2] = 255
    assert np.array_equal(read_one(tmp_path, clear), table[GREY // 64].transpose(2, 0, 1))
    ink = encoded(Image.fromarray(colour).convert("CMYK"), "TIFF")
    assert np.abs(read_one(tmp_path, ink).astype(int) - colour.transpose(2, 0, 1)).max() <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_transparent_shows_white_paper(tmp_path: Path, channels: int) -> None:
    share = np.linspace(0, 255, 16).astype(np.uint8)[None].repeat(16, 0)
    expected = 255 - share.astype(float)  # black ink of this opacity on white
    for ink in (np.zeros((16, 16, 1), np.uint8), np.zeros((16, 16, 3), np.uint8)):
        found = read_one(tmp_path, encoded(np.dstack([ink, share]), "PNG"), channels=channels)
        assert np.abs(found - expected).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_the_image_upright(tmp_path: Path, orientation: int) -> None:
    """Against the standard's own words: where the zeroth row and the zeroth column of the file are to be seen."""
    upright = np.arange(6, dtype=np.uint8).reshape(3, 2) * 40
    ends = [("T", "L"), ("T", "R"), ("B", "R"), ("B", "L"), ("L", "T"), ("R", "T"), ("R", "B"), ("L", "B")]
    row, column = ends[orientation - 1]
    stored = upright if row in "TB" else upright.T
    vertical, horizontal = (row, column) if row in "TB" else (column, row)
    if vertical == "B":
        stored = stored[::-1] if row in "TB" else stored[:, ::-1]
    if horizontal == "R":
        stored = stored[:, ::-1] if row in "TB" else stored[::-1]
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(np.ascontiguousarray(stored), "PNG", exif=exif)
    assert np.array_equal(read_one(tmp_path, content, channels=1)[0], upright)
    assert header(tmp_path / "image") == Header(2, 3, 1)


def test_an_animation_is_its_first_picture(tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 8), level) for level in (50, 200)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (read_one(tmp_path, content) == 50).all()


def test_scaling_averages_and_does_not_alias_or_overshoot(tmp_path: Path) -> None:
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    small = read_one(tmp_path, encoded(board, "PNG"), 16, 1)
    assert np.abs(small.astype(int) - 127).max() <= 8  # taking every fourth pixel would give one colour, black or white
    edge = np.repeat(np.array([60, 200], np.uint8), 32)[None].repeat(64, 0)
    for size in (16, 100):
        found = read_one(tmp_path, encoded(edge, "PNG"), size, 1)
        assert (found.min(), found.max()) == (60, 200)


def test_the_middle_of_an_oblong_is_kept(tmp_path: Path) -> None:
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 255
    for content in (encoded(wide, "PNG"), encoded(wide.T.copy(), "PNG")):
        found = read_one(tmp_path, content, 5, 1)[0]
        assert (found[1:-1, 1:-1] == 255).all()
        assert found.min() > 200  # the filter reaches half a new pixel beyond the cut


def test_a_photograph_is_scaled_the_same_whether_decoded_whole_or_in_part(tmp_path: Path) -> None:
    coarse = Image.fromarray(np.random.default_rng(2).integers(0, 256, (8, 8, 3), dtype=np.uint8))
    photo = coarse.resize((800, 600), Image.Resampling.BICUBIC)
    in_part = read_one(tmp_path, encoded(photo, "JPEG", quality=95), 32)
    whole = read_one(tmp_path, encoded(photo, "PNG"), 32)
    assert np.abs(in_part.astype(int) - whole).mean() < 2


FORMS = [
    encoded(PHOTO, "PNG"),
    encoded(PHOTO, "JPEG"),
    encoded(PHOTO, "GIF"),
    encoded(PHOTO, "BMP"),
    encoded(PHOTO, "TIFF"),
    encoded(PHOTO, "TIFF", compression="tiff_lzw"),
    encoded(PHOTO, "WEBP"),
    encoded(PHOTO[..., 0].astype(np.uint16) * 200, "PNG"),
    encoded(Image.fromarray(PHOTO).convert("P"), "PNG", transparency=1),
]
CHANGE = st.tuples(st.integers(0, 4000), st.integers(0, 255))


@settings(max_examples=500)
@given(
    st.sampled_from(FORMS),
    st.lists(CHANGE, max_size=6),
    st.none() | st.integers(0, 4000),
    st.binary(max_size=6),
    st.integers(0, 200),
)
def test_whatever_the_bytes_there_is_an_image_or_one_line(
    content: bytes, changes: list[tuple[int, int]], length: int | None, more: bytes, place: int
) -> None:
    changed = bytearray(content)
    for position, value in changes:
        changed[position % len(changed)] = value
    changed[place:place] = more
    with tempfile.TemporaryDirectory() as where:
        path = Path(where) / "image"
        path.write_bytes(bytes(changed[:length]))
        try:
            found = decode(path, 8, 3).pixels
        except BadImageError as error:
            assert str(error).isprintable() and 0 < len(str(error)) < 200
        else:
            assert found.shape == (3, 8, 8)
            assert found.dtype == np.uint8
        try:
            said = header(path)
        except BadImageError as error:
            assert str(error).isprintable()
        else:
            assert said.width > 0 and said.height > 0


def test_names_are_shown_as_one_line() -> None:
    assert shown("a b.png") == "a b.png"
    assert shown("שלום") == "שלום"
    assert shown("a\nb") == r"'a\nb'"


def test_an_empty_or_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no image in"):
        folder.read(images.Request("folder", path=str(tmp_path), size=8))
    with pytest.raises(UserError, match="cannot be read \\(No such file or directory\\)"):
        folder.read(images.Request("folder", path=str(tmp_path / "gone"), size=8))
