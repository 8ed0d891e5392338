"""The filters of the practice Space, and the opening of a picture that somebody sent."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageFilter, ImageOps, PngImagePlugin, UnidentifiedImageError

MAX_SIDE_PIXELS = 2048
# A small file can hold a huge picture: its size is read, and refused, before its pixels are.
# 12 × 2^20, so that what a phone calls 12 megapixels (4032 × 3024) is within it.
MAX_PIXELS = 12 * 2**20
# What browsers make and the site lets pass. Others have readers with traps of their own (tiles, scripts, archives).
ACCEPTED_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
# More of a JPEG is no camera's; in 20 MB, thousands of entries can each stand for a copy of the whole.
MAX_EXIF_BYTES = 64 * 1024
# Of all compressed texts of a PNG together.
PngImagePlugin.MAX_TEXT_MEMORY = 4 * 2**20
TOO_LARGE_MESSAGE = "Cette image est trop grande : 12 millions de pixels au plus. Réduisez-la, puis recommencez."


class PictureError(Exception):
    """A picture that cannot be filtered; its text, in French, is for whoever sent it."""


def open_picture(path: str | Path) -> Image.Image:
    """The picture of a file, upright, in RGB (RGBA if it has transparency), at most 2048 pixels a side.

    Of an animation it is the first picture. Raises PictureError when the file is not a picture, is cut short or holds
    too many pixels.
    """
    try:
        with Image.open(path, formats=ACCEPTED_FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise PictureError(TOO_LARGE_MESSAGE)
            # Before the pixels are read: a JPEG is then decoded directly at a smaller size.
            picture.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
            upright = rotate_upright(picture)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (Image.DecompressionBombError, MemoryError) as error:
        raise PictureError(TOO_LARGE_MESSAGE) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PictureError("Ce fichier n'est pas une image lisible : essayez un PNG ou un JPEG.") from error


def rotate_upright(picture: Image.Image) -> Image.Image:
    """The picture as its camera was held; one whose EXIF data is too large to be read stays as it is."""
    exif = picture.info.get("exif") or picture.info.get("Raw profile type exif") or b""
    return picture if len(exif) > MAX_EXIF_BYTES else ImageOps.exif_transpose(picture)


def apply_filter(picture: Image.Image, name: str) -> Image.Image:
    """The picture through one of FILTERS, its transparency kept. Raises KeyError for an unknown name."""
    filtered = FILTERS[name](picture.convert("RGB"))
    if picture.mode == "RGBA":
        filtered.putalpha(picture.getchannel("A"))
    return filtered


def _black_and_white(picture: Image.Image) -> Image.Image:
    return picture.convert("L").convert("RGB")


def _sepia(picture: Image.Image) -> Image.Image:
    return ImageOps.colorize(picture.convert("L"), black="#20120a", mid="#94714d", white="#fff3dc")


def _blur(picture: Image.Image) -> Image.Image:
    # In proportion, so that a photo and its thumbnail look equally blurred.
    return picture.filter(ImageFilter.GaussianBlur(max(picture.size) / 120))


def _edges(picture: Image.Image) -> Image.Image:
    edges = picture.convert("L").filter(ImageFilter.FIND_EDGES)
    # Pillow leaves the outermost pixels as they were, which would draw a frame around the picture.
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
