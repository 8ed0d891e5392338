"""The figures of lessons: our drawings, and the instructor's own pictures that replace them.

A picture in `figures/` of the instance folder replaces the drawing of the same name at the next
reload: `HuggingFaceTokens.png` replaces `HuggingFaceTokens.svg`. SVG is not accepted: its text
would become part of our page.
"""

import base64
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path

from hfcourse.lessons.syntax.context import DID_YOU_MEAN, LintError, find_near, make_fault
from hfcourse.lessons.syntax.html_blocks import get_figure_title
from hfcourse.text import typography

FIGURES_URL_PATH = "/figures/"
# A phone on a slow connection loads the file as it is: 500 kB are a full screen at 1600 pixels.
MAX_PICTURE_BYTES = 500_000
# Exif 2.32, table 4: for orientations 5 to 8, rows of the file are columns of the picture.
EXIF_ORIENTATION, TURNED_SIDEWAYS = 0x0112, range(5, 9)
PICTURE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".avif": "image/avif",
}


@lru_cache(maxsize=64)
def read_picture_size(path: Path, _modified: int) -> tuple[int, int]:
    """Return width and height in pixels as displayed, parsed from the file's header (LRU cache).

    The photograph of a phone may be stored on its side; browsers rotate it by its Exif orientation.

    Args:
        _modified: the modification time in ns, as a part of the cache key.

    Raises:
        OSError, ValueError: the file cannot be read, or is no picture.
    """
    from PIL import Image  # only here: it takes longer to load than Flask, and few sites have such pictures

    try:
        with Image.open(path) as picture:
            width, height = picture.size
            return (height, width) if picture.getexif().get(EXIF_ORIENTATION) in TURNED_SIDEWAYS else (width, height)
    except Image.DecompressionBombError as error:
        raise ValueError(str(error)) from error


def find_own_pictures(folder: Path) -> dict[str, Path]:
    """Return the pictures of the instance folder, by the name of the drawing that each replaces."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {f"{path.stem}.svg": path for path in found if path.suffix.lower() in PICTURE_TYPES and path.is_file()}


def replace_drawings(drawings: Mapping[str, str], folder: Path) -> tuple[dict[str, str], list[LintError]]:
    """Replace drawings by the instructor's pictures.

    Returns:
        The HTML of each figure by name, and the lint errors of unusable pictures.
    """
    figures, faults = dict(drawings), []
    for name, path in find_own_pictures(folder).items():
        if name not in drawings:
            near = find_near(name, drawings)
            advice = DID_YOU_MEAN if near else "Donnez-lui le nom d'une figure d'une leçon."
            near = Path(near).stem + path.suffix
            faults.append(make_fault(str(path), 1, "cette image ne remplace aucune figure.", advice, near=near))
            continue
        try:
            width, height = read_picture_size(path, path.stat().st_mtime_ns)
        except (OSError, ValueError):
            problem, advice = "cette image est illisible.", "Enregistrez-la de nouveau, en PNG, JPEG ou WebP."
            faults.append(make_fault(str(path), 1, problem, advice))
            continue
        if (weight := path.stat().st_size) > MAX_PICTURE_BYTES:
            problem = "cette image pèse {weight}."
            advice = "Enregistrez-la en WebP ou en JPEG, large de 1600 pixels au plus, sous {limit}."
            sizes = {"weight": typography.format_size(weight), "limit": typography.format_size(MAX_PICTURE_BYTES)}
            faults.append(make_fault(str(path), 1, problem, advice, **sizes))
        figures[name] = (
            f'<img src="{FIGURES_URL_PATH}{escape(path.name)}" alt="{escape(get_figure_title(drawings[name]))}"'
            f' width="{width}" height="{height}" loading="lazy" decoding="async">'
        )
    return figures, faults


def make_data_url(path: Path) -> str:
    """Encode the picture as a data URL, for a page that loads nothing."""
    return f"data:{PICTURE_TYPES[path.suffix.lower()]};base64,{base64.b64encode(path.read_bytes()).decode()}"
