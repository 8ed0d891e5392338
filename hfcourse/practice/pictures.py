"""The picture filters of the practice Space, and the safe decoding of uploads."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageFilter, ImageOps, PngImagePlugin, UnidentifiedImageError

MAX_SIDE_PIXELS = 2048
# A small file can decode to a huge picture: the size is checked before the pixels are decoded.
# 12 × 2^20, so that 12 megapixels in the terms of phones (4032 × 3024) are within the limit.
MAX_PIXELS = 12 * 2**20
# The formats that browsers write and the site accepts. Decoders of other formats have risks of
# their own (tiles, scripts, archives).
ACCEPTED_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
# No camera writes more of it in a JPEG; in 20 MB, thousands of entries could each copy the whole.
MAX_EXIF_BYTES = 64 * 1024
# The limit for all compressed texts of a PNG together.
PngImagePlugin.MAX_TEXT_MEMORY = 4 * 2**20
TOO_LARGE_MESSAGE = "Cette image est trop grande : 12 millions de pixels au plus. Réduisez-la, puis recommencez."


class PictureError(Exception):
    """A picture that cannot be filtered; the message, in French, is shown to the student."""


def open_picture(path: str | Path) -> Image.Image:
    """Decode a picture, upright, in RGB (RGBA with transparency), at most 2048 pixels a side.

    An animation gives its first frame.

    Raises:
        PictureError: the file is not a picture, is truncated or has too many pixels.
    """
    try:
        with Image.open(path, formats=ACCEPTED_FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise PictureError(TOO_LARGE_MESSAGE)
            # Before the pixels are decoded: a JPEG is then decoded directly at a smaller size.
            picture.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
            upright = rotate_upright(picture)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (Image.DecompressionBombError, MemoryError) as error:
        raise PictureError(TOO_LARGE_MESSAGE) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PictureError("Ce fichier n'est pas une image lisible : essayez un PNG ou un JPEG.") from error


def rotate_upright(picture: Image.Image) -> Image.Image:
    """Rotate the picture by its Exif orientation; one with too much EXIF data to parse stays unchanged."""
    exif = picture.info.get("exif") or picture.info.get("Raw profile type exif") or b""
    return picture if len(exif) > MAX_EXIF_BYTES else ImageOps.exif_transpose(picture)


def apply_filter(picture: Image.Image, name: str) -> Image.Image:
    """Apply one of FILTERS to a picture; transparency is preserved.

    Raises:
        KeyError: the filter is unknown.
    """
    filtered = FILTERS[name](picture.convert("RGB"))
    if picture.mode == "RGBA":
        filtered.putalpha(picture.getchannel("A"))
    return filtered


def _black_and_white(picture: Image.Image) -> Image.Image:
    return picture.convert("L").convert("RGB")


def _sepia(picture: Image.Image) -> Image.Image:
    return ImageOps.colorize(picture.convert("L"), black="#20120a", mid="#94714d", white="#fff3dc")


def _blur(picture: Image.Image) -> Image.Image:
    # Proportional, so that a photo and its thumbnail look equally blurred.
    return picture.filter(ImageFilter.GaussianBlur(max(picture.size) / 120))


def _edges(picture: Image.Image) -> Image.Image:
    edges = picture.convert("L").filter(ImageFilter.FIND_EDGES)
    # Pillow leaves the outermost pixels unfiltered, which would draw a frame around the picture.
    width, height = edges.size
    inside = (1, 1, max(width - 1, 1), max(height - 1, 1))
    framed = Image.new("L", edges.size, 0)
    framed.paste(edges.crop(inside), inside)
    return ImageOps.invert(framed).convert("RGB")


FILTERS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "noir et blanc": _black_and_white,
    "sépia": _sepia,
    "négatif": ImageOps.invert,
    "flou": _blur,
    "contours": _edges,
}
