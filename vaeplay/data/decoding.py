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
from PIL import ExifTags, Image, ImageFile, ImageOps, UnidentifiedImageError, features

from vaeplay.data.fitting import fit
from vaeplay.errors import is_of_the_machine

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", *(["AVIF"] if features.check("avif") else []))
READ = "PNG, JPEG, WebP, AVIF, GIF, BMP or TIFF"
OTHERS = {
    "AVIF": rb"....ftypavi[fs]",
    "HEIC": rb"....ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)",
    "a video": rb"....ftyp",
    "JPEG XL": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "JPEG 2000": rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  ",
    "a PDF": rb"%PDF-",
    "a Photoshop file": rb"8BPS",
}
"""What stands in people's folders of images and is none that is read: its name, and how its bytes begin."""
MOST_PIXELS = 89_478_485  # Pillow's own bound, at which it only warns: 256 MB in colour
PNG = b"\x89PNG"
DEEP = {"I;16", "I;16L", "I;16B", "I;16N"}
WITHOUT_WHITE = {"I", "F"}
GREY = {"1", "L", "LA", "La", *DEEP, *WITHOUT_WHITE}
SIDEWAYS = range(5, 9)  # orientations of EXIF in which width and height change places
BITS = 258  # the tag of TIFF: bits of each sample

warnings.filterwarnings("ignore", module=r"PIL\.")  # on damaged metadata, and on sizes that are checked here


class BadImageError(Exception):
    """A file that gives no image: the text says what is wrong with it, in one line and without its name."""


@dataclass(frozen=True)
class Header:
    """What an image says of itself before its pixels are decoded: its size as it is to be seen, and its colours."""

    width: int
    height: int
    channels: int


@dataclass(frozen=True)
class Decoded:
    """The pixels, (channels, height, width). Of more than 8 bits, the brightest as a share of white."""

    pixels: NDArray[np.uint8]
    brightest: float | None


def header(path: Path) -> Header:
    """Size and channels of an image file, without decoding it.

    Raises:
        BadImageError: as `decode`, as far as the header tells.
    """
    try:
        with _opened(path) as image:
            size = image.size[::-1] if _orientation(image) in SIDEWAYS else image.size
            return Header(*size, 1 if image.mode in GREY else 3)
    except Exception as error:
        raise _bad(error) from None


def decode(path: Path, size: int | None, channels: int, white: float | None = None) -> Decoded:
    """The image in a file, turned as its EXIF says, on white where it is transparent.

    Of an animation or a file of several pages it is the first. Of more than eight bits of grey, 0 to `white` become
    0 to 255; None stands for the largest number that the file could hold. Of sixteen bits of colour Pillow keeps eight.

    Raises:
        BadImageError: the file cannot be read, is no image of a known format, is damaged, or is too large to decode.
    """
    try:
        with _opened(path) as image:
            if size is not None:
                image.draft(None, (2 * size, 2 * size))  # a JPEG decodes several times faster to a fraction of its size
            is_deep = any("16" in str(tile.args) for tile in image.tile)  # as the file has it; Pillow's colours are not
            _turn(image)
            if image.mode in DEEP | WITHOUT_WHITE:
                shares = np.nan_to_num(np.asarray(image).astype(np.float64)) / (white or _largest(image))
                plain, brightest = Image.fromarray(np.rint(shares.clip(0, 1) * 255).astype(np.uint8)), shares.max()
            else:
                plain = _plain(image)
                brightest = np.asarray(plain).max() / 255 if is_deep else None
            return Decoded(fit(plain, size, channels), brightest)
    except Exception as error:
        raise _bad(error) from None


def _opened(path: Path) -> ImageFile.ImageFile:
    """The image of a file, not decoded yet."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise BadImageError("not a regular file")
    content = path.read_bytes()
    if not content:
        raise BadImageError("empty")
    if content.startswith(PNG):
        Image.open(BytesIO(content), formats=FORMATS).verify()  # its checksums, at which decoding does not look
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        known = next((name for name, start in OTHERS.items() if re.match(start, content, re.DOTALL)), None)
        advice = f"{known}, which is not read here; convert it to PNG or JPEG" if known else f"not an image ({READ})"
        raise BadImageError(advice) from None
    if image.width * image.height > MOST_PIXELS:
        raise BadImageError(f"{image.width}×{image.height} pixels; at most {MOST_PIXELS:,} are decoded")
    return image


def _orientation(image: Image.Image) -> object:
    """What the image's EXIF says; None where it says nothing that can be read."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # damaged metadata beside sound pixels
        return None


def _turn(image: Image.Image) -> None:
    """Bring the image upright."""
    image.load()  # here damaged pixels are an error
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception as error:  # of metadata that cannot be read or, once the image is turned, be written again
        if is_of_the_machine(error):
            raise


def _largest(image: Image.Image) -> int:
    """The largest number that a pixel of a deep image can be; a TIFF may say that it has fewer than sixteen bits."""
    if image.mode in WITHOUT_WHITE:
        raise BadImageError("its pixels are 32 bits wide: data.white has to say which number is white")
    return 2 ** int(getattr(image, "tag_v2", {}).get(BITS, (16,))[0]) - 1


def _plain(image: Image.Image) -> Image.Image:
    """The image in mode L or RGB, on white where it is transparent."""
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
        return BadImageError(f"not an image ({READ})")
    if isinstance(error, Image.DecompressionBombError):
        found = re.search(r"\d+ pixels", str(error))
        return BadImageError(f"{found[0] if found else 'too many pixels'}; at most {MOST_PIXELS:,} are decoded")
    if isinstance(error, OSError) and error.strerror:
        return BadImageError(f"cannot be read ({error.strerror})")
    text = "".join(letter if letter.isprintable() else " " for letter in str(error))
    return BadImageError(f"damaged ({' '.join(text.split())[:100] or type(error).__name__})")
