"""The zips that lessons offer: one folder of `content/`, as its listings show it. Pure."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from hfcourse.lessons.syntax import includes

ADDRESS = "/lecons/fichiers/"


def parents_of(name: str) -> list[str]:
    """Return the folders that a file of `content/` is in: `a/b/app.py` -> `a`, `a/b`."""
    return list(accumulate(name.split("/")[:-1], "{}/{}".format))


def name_of(folder: str) -> str:
    """Return the name of the zip of a folder: `mini-chatbot/1-question` -> `mini-chatbot-1-question`."""
    return folder.replace("/", "-")


def address_of(folder: str) -> str:
    """Return where the site serves the zip of a folder."""
    return f"{ADDRESS}{name_of(folder)}.zip"


def files_of(folder: str, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the files of a folder, by their path from the folder above, without the marks of their parts."""
    above = len(folder) - len(folder.rpartition("/")[2])
    for name, text in sorted(texts.items()):
        if name.startswith(f"{folder}/"):
            yield name[above:], includes.without_marks(text.splitlines())
