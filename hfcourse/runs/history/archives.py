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
from hfcourse.files.file_store import FORBIDDEN_NAME_PATTERN, FileHandle
from hfcourse.runs import presenter
from hfcourse.runs.history import queries, report
from hfcourse.runs.history.queries import RunFilter
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run, RunFile
from hfcourse.web import template_globals

ARCHIVE_CHUNK_BYTES = 65_536
MAX_ENDPOINT_CHARACTERS, MAX_FILE_NAME_CHARACTERS = 30, 60
REFUSED_BY_WINDOWS = re.compile(r'[<>:"/\\|?*]')
COMPRESSION_LEVEL = 1  # of compression: most bytes are those of pictures, which gain nothing


class ChunkBuffer:
    """What a ZipFile writes into, and from where it is taken away at once."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._chunks.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits here."""

    def drain(self) -> bytes:
        """What was written since."""
        piece, self._chunks = b"".join(self._chunks), []
        return piece


class Archive:
    """A zip that grows; each step says that something may be taken from its pipe."""

    def __init__(self) -> None:
        self.buffer = ChunkBuffer()
        self.zip = zipfile.ZipFile(
            cast(IO[bytes], self.buffer), "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL
        )

    def add_text(self, name: str, text: str, moment: datetime) -> None:
        self.zip.writestr(
            self._make_entry(name, moment), text.encode(errors="replace"), compresslevel=COMPRESSION_LEVEL
        )

    def add_run(self, run: Run) -> Iterator[None]:
        """The folder of a run: its files, then what tells of them, as it knows which of them are gone."""
        folder, lost = make_folder_name(run), set()
        for item in run.files:
            try:
                yield from self._add_file(f"{folder}/{make_file_path(item)}", item)
            except OSError:
                lost.add(presenter.make_file_entry(run, item)["file"])
        written = json.dumps(presenter.serialize_run(run), ensure_ascii=False, indent=2)
        self.add_text(f"{folder}/essai.json", written, run.created)
        self.add_text(f"{folder}/essai.md", report.render_report(run, lost), run.created)
        yield

    def _add_file(self, name: str, item: RunFile) -> Iterator[None]:
        entry = self._make_entry(name, item.file.created)
        with FileHandle.from_row(item.file).open() as file, self.zip.open(entry, "w") as written:
            while piece := file.read(ARCHIVE_CHUNK_BYTES):
                written.write(piece)
                yield

    def _make_entry(self, name: str, moment: datetime) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, template_globals.to_local_time(moment).timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        return entry


def stream_archive(visitor: str | None) -> Iterator[bytes]:
    """The zip of all the visitor's runs as they stand, piece by piece."""
    made, keep_days = Archive(), current_app.config["KEEP_DAYS"]
    with made.zip:
        made.add_text("LISEZMOI.txt", render_template("runs/archive.txt", keep_days=keep_days), database.utc_now())
        for run in iter_runs(visitor):
            for _ in made.add_run(run):
                yield made.buffer.drain()
    yield made.buffer.drain()


def iter_runs(visitor: str | None) -> Iterator[Run]:
    """The visitor's runs, the newest first, each read when its turn comes."""
    for run_ids in queries.iter_run_ids(visitor, RunFilter()) if visitor else ():
        for run_id in run_ids:
            run = run_store.find_run(run_id, visitor)
            if run is not None:  # deleted meanwhile
                yield run


def make_folder_name(run: Run) -> str:
    """`2026-11-25_14h02_saluer_<id>`: in the order of the days, and like no other."""
    endpoint = clean_file_name(run.endpoint.strip("/"), MAX_ENDPOINT_CHARACTERS)
    return f"{template_globals.to_local_time(run.created):%Y-%m-%d_%Hh%M}_{endpoint}_{run.id}"


def make_file_path(item: RunFile) -> str:
    """Where a file is in the folder of its run: its number makes the name the only one, and no device of Windows."""
    side = "recus" if item.parameter is None else "envoyes"
    return f"{side}/{item.position}-{clean_file_name(item.file.name, MAX_FILE_NAME_CHARACTERS)}"


def clean_file_name(name: str, most: int) -> str:
    """The end of a name as every system takes it, and as it is read: nothing in it turns letters round."""
    return REFUSED_BY_WINDOWS.sub("_", FORBIDDEN_NAME_PATTERN.sub("_", name))[-most:].strip(" .") or "sans-nom"
