"""The zip downloads of lessons: one folder of `content/`, without marker comments. Pure."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from hfcourse.lessons.syntax import includes

DOWNLOADS_URL_PATH = "/lecons/fichiers/"


def list_parent_folders(name: str) -> list[str]:
    """Return the parent folders of a file of `content/`: `a/b/app.py` -> `a`, `a/b`."""
    return list(accumulate(name.split("/")[:-1], "{}/{}".format))


def get_zip_name(folder: str) -> str:
    """Return the name of the zip of a folder: `mini-chatbot/1-question` -> `mini-chatbot-1-question`."""
    return folder.replace("/", "-")


def get_zip_address(folder: str) -> str:
    """Return the URL path of the zip of a folder."""
    return f"{DOWNLOADS_URL_PATH}{get_zip_name(folder)}.zip"


def iterate_folder_files(folder: str, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Iterate over the files of a folder: path from its parent folder, and text without markers."""
    above = len(folder) - len(folder.rpartition("/")[2])
    for name, text in sorted(texts.items()):
        if name.startswith(f"{folder}/"):
            yield name[above:], includes.remove_part_comments(text.splitlines())
