"""All of a visitor's runs in one zip, a folder each, written while it is sent: no more of it is in memory than a piece.

The names in it are ours, or cleaned: they can be written on Windows, and none leads out of its folder.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, cast

from flask import current_app, render_template

from hfcourse import database
from hfcourse.files.file_store import REFUSED_IN_NAMES, KeptFile
from hfcourse.runs import presenter
from hfcourse.runs.history import queries, report
from hfcourse.runs.history.queries import Filter
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run, RunFile
from hfcourse.web import template_globals

PIECE_BYTES = 65_536
ENDPOINT_CHARACTERS, NAME_CHARACTERS = 30, 60
REFUSED_BY_WINDOWS = re.compile(r'[<>:"/\\|?*]')
LEVEL = 1  # of compression: most bytes are those of pictures, which gain nothing


class Pipe:
    """What a ZipFile writes into, and from where it is taken away at once."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        """What was written since."""
        piece, self._pieces = b"".join(self._pieces), []
        return piece


class Archive:
    """A zip that grows; each step says that something may be taken from its pipe."""

    def __init__(self) -> None:
        self.pipe = Pipe()
        self.zip = zipfile.ZipFile(cast(IO[bytes], self.pipe), "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)

    def add_text(self, name: str, text: str, moment: datetime) -> None:
        self.zip.writestr(self._entry(name, moment), text.encode(errors="replace"), compresslevel=LEVEL)

    def add_run(self, run: Run) -> Iterator[None]:
        """The folder of a run: its files, then what tells of them, as it knows which of them are gone."""
        folder, lost = folder_of(run), set()
        for item in run.files:
            try:
                yield from self._add_file(f"{folder}/{place_of(item)}", item)
            except OSError:
                lost.add(presenter.file_entry(run, item)["file"])
        written = json.dumps(presenter.as_json(run), ensure_ascii=False, indent=2)
        self.add_text(f"{folder}/essai.json", written, run.created)
        self.add_text(f"{folder}/essai.md", report.report(run, lost), run.created)
        yield

    def _add_file(self, name: str, item: RunFile) -> Iterator[None]:
        entry = self._entry(name, item.file.created)
        with KeptFile.of(item.file).open() as file, self.zip.open(entry, "w") as written:
            while piece := file.read(PIECE_BYTES):
                written.write(piece)
                yield

    def _entry(self, name: str, moment: datetime) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, template_globals.local(moment).timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        return entry


def archive(visitor: str | None) -> Iterator[bytes]:
    """The zip of all the visitor's runs as they stand, piece by piece."""
    made, keep_days = Archive(), current_app.config["KEEP_DAYS"]
    with made.zip:
        made.add_text("LISEZMOI.txt", render_template("runs/archive.txt", keep_days=keep_days), database.now())
        for run in runs_of(visitor):
            for _ in made.add_run(run):
                yield made.pipe.taken()
    yield made.pipe.taken()


def runs_of(visitor: str | None) -> Iterator[Run]:
    """The visitor's runs, the newest first, each read when its turn comes."""
    for run_ids in queries.all_ids(visitor, Filter()) if visitor else ():
        for run_id in run_ids:
            run = run_store.find(run_id, visitor)
            if run is not None:  # deleted meanwhile
                yield run


def folder_of(run: Run) -> str:
    """`2026-11-25_14h02_saluer_<id>`: in the order of the days, and like no other."""
    endpoint = clean(run.endpoint.strip("/"), ENDPOINT_CHARACTERS)
    return f"{template_globals.local(run.created):%Y-%m-%d_%Hh%M}_{endpoint}_{run.id}"


def place_of(item: RunFile) -> str:
    """Where a file is in the folder of its run: its number makes the name the only one, and no device of Windows."""
    side = "recus" if item.parameter is None else "envoyes"
    return f"{side}/{item.n}-{clean(item.file.name, NAME_CHARACTERS)}"


def clean(name: str, most: int) -> str:
    """The end of a name as every system takes it, and as it is read: nothing in it turns letters round."""
    return REFUSED_BY_WINDOWS.sub("_", REFUSED_IN_NAMES.sub("_", name))[-most:].strip(" .") or "sans-nom"
