"""From an image file to pixels, and one line for each that cannot be: whatever bytes it holds, nothing else escapes.

Pillow decodes, as torchvision's own folder data set does by default; torchvision's decoders know neither BMP nor TIFF,
and are deprecated from version 0.29 on. Only the formats below are tried: Pillow's others run programs or load files.
"""

import re
import stat
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from vaeplay.data.fitting import fit
from vaeplay.errors import is_of_the_machine

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MOST_PIXELS = 89_478_485  # Pillow's own bound, at which it only warns: 256 MB in colour
PNG = b"\x89PNG"
GREY = {"1", "L", "LA", "La", "I;16", "I;16L", "I;16B", "I;16N"}
DEEP = {"I;16", "I;16L", "I;16B", "I;16N"}
WITHOUT_WHITE = {"I", "F"}
ORIENTATION = 0x0112  # the EXIF tag
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings an image of each orientation upright; from 5 on, width and height change places."""

warnings.filterwarnings("ignore", module=r"PIL\.")  # on damaged metadata, and on sizes that are checked here


class BadImageError(Exception):
    """A file that gives no image: the text says what is wrong with it, in one line and without its name."""


@dataclass(frozen=True)
class Header:
    """What an image says of itself before its pixels are decoded: its size as it is to be seen, and its colours."""

    width: int
    height: int
    channels: int


def shown(path: Path | str) -> str:
    """A path as one line that a terminal shows as it is: quoted and escaped where it holds anything but plain text."""
    text = str(path)
    return text if text.isprintable() and text == text.strip() else ascii(text)


def header(path: Path) -> Header:
    """Size and channels of an image file, without decoding it.

    Raises:
        BadImageError: as `decode`, as far as the header tells.
    """
    try:
        with _opened(path) as image:
            size = image.size[::-1] if _orientation(image) >= 5 else image.size
            return Header(*size, 1 if image.mode in GREY else 3)
    except Exception as error:
        raise _bad(error) from None


def decode(path: Path, size: int | None, channels: int) -> NDArray[np.uint8]:
    """The image in a file, turned as its EXIF says, on white where it is transparent: (channels, height, width).

    Of an animation or a file of several pages it is the first. Sixteen bits of grey become the eight upper ones.

    Raises:
        BadImageError: the file cannot be read, is no image of a known format, is damaged, or is too large to decode.
    """
    try:
        with _opened(path) as image:
            if size is not None:
                image.draft(None, (2 * size, 2 * size))  # a JPEG decodes several times faster to a fraction of its size
            turn = TURNS.get(_orientation(image))
            plain = _plain(image)
            return fit(plain if turn is None else plain.transpose(turn), size, channels)
    except Exception as error:
        raise _bad(error) from None


def _opened(path: Path) -> Image.Image:
    """The image of a file, not decoded yet."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise BadImageError("not a regular file")
    content = path.read_bytes()
    if not content:
        raise BadImageError("empty")
    if content.startswith(PNG):
        Image.open(BytesIO(content), formats=FORMATS).verify()  # its checksums, at which decoding does not look
    image = Image.open(BytesIO(content), formats=FORMATS)
    if image.width * image.height > MOST_PIXELS:
        raise BadImageError(f"{image.width}×{image.height} pixels; at most {MOST_PIXELS:,} are decoded")
    return image


def _orientation(image: Image.Image) -> int:
    """What the image's EXIF says, 1 to 8; 1, upright, where it says nothing that can be read."""
    try:
        found = image.getexif().get(ORIENTATION)
    except Exception:  # damaged metadata beside sound pixels
        return 1
    return found if found in TURNS else 1


def _plain(image: Image.Image) -> Image.Image:
    """The image in mode L or RGB."""
    if image.mode in WITHOUT_WHITE:
        raise BadImageError("its pixels are 32 bits wide, and nothing says which number is white")
    if image.mode in DEEP:
        return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        on = image.convert("RGBA")
        plain = Image.alpha_composite(Image.new("RGBA", on.size, "white"), on).convert("RGB")
        return plain.convert("L") if image.mode in GREY else plain
    return image.convert("L" if image.mode in GREY else "RGB")


def _bad(error: Exception) -> BadImageError:
    """The one line for whatever went wrong. Pillow's decoders raise errors of any kind at bytes they did not expect.

    Raises:
        Exception: the error itself, if the machine lacked memory or the like: the next run would find a good image.
    """
    if is_of_the_machine(error):
        raise error
    if isinstance(error, BadImageError):
        return error
    if isinstance(error, UnidentifiedImageError):
        return BadImageError("not an image (PNG, JPEG, WebP, GIF, BMP or TIFF)")
    if isinstance(error, Image.DecompressionBombError):
        found = re.search(r"\d+ pixels", str(error))
        return BadImageError(f"{found[0] if found else 'too many pixels'}; at most {MOST_PIXELS:,} are decoded")
    if isinstance(error, OSError) and error.strerror:
        return BadImageError(f"cannot be read ({error.strerror})")
    text = "".join(letter if letter.isprintable() else " " for letter in str(error))
    return BadImageError(f"damaged ({' '.join(text.split())[:100] or type(error).__name__})")
