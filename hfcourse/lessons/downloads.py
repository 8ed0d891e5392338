"""The zips that lessons offer: one folder of `content/`, as its listings show it. Pure."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath

from hfcourse.lessons import listings

ADDRESS = "/lecons/fichiers/"
# The earliest moment that a zip can hold: with the true ones, the same files would be another zip on each machine.
EPOCH = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o100644 << 16
MAX_PACKED = 16


def parents_of(name: str) -> list[str]:
    """Return the folders that a file of `content/` is in: `a/b/app.py` -> `a/b`, `a`."""
    return [str(parent) for parent in PurePosixPath(name).parents if str(parent) != "."]


def name_of(folder: str) -> str:
    """Return the name of the zip of a folder: `mini-chatbot/1-question` -> `mini-chatbot-1-question`."""
    return folder.replace("/", "-")


def address_of(folder: str) -> str:
    """Return where the site serves the zip of a folder."""
    return f"{ADDRESS}{name_of(folder)}.zip"


def files_of(folder: str, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the files of a folder, by their path from the folder above, without the marks of their parts."""
    above = PurePosixPath(folder).parent
    for name, text in sorted(texts.items()):
        if name.startswith(f"{folder}/"):
            yield str(PurePosixPath(name).relative_to(above)), listings.without_marks(text.splitlines())


@lru_cache(MAX_PACKED)
def pack(files: tuple[tuple[str, str], ...]) -> bytes:
    """Return a zip of these files, the same bytes for the same files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr, info.compress_type = FILE_MODE, zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode())
    return packed.getvalue()
