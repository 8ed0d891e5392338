"""Routes by which a Space serves the files of a response. Pure.

Source: gradio/routes.py of Gradio 4.44, 5.49 and 6.31 (`/file=`, `/stream/…`).
"""

import re
from typing import Any
from urllib.parse import quote

MAX_PATH_CHARACTERS = 1024
CONTROL_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # quote() escapes all others
PLAYLIST_FILE_NAME = "playlist.m3u8"


def is_safe_path(path: Any) -> bool:
    """Is this path, given by a Space, safe to append to one of its routes?"""
    if not isinstance(path, str) or not 0 < len(path) <= MAX_PATH_CHARACTERS:
        return False
    return "://" not in path and not CONTROL_CHARACTERS.search(path) and ".." not in re.split(r"[/\\]", path)


def build_file_route(path: str) -> str:
    """Return the route of a file."""
    return f"file={quote(path)}"


def build_stream_route(path: str) -> str:
    """Return the route of a whole stream.

    It is beside the playlist since Gradio 5, and the stream itself in Gradio 4.
    """
    folder, _, last = path.rpartition("/")
    return f"stream/{quote(f'{folder}/playlist-file' if last == PLAYLIST_FILE_NAME else path)}"
