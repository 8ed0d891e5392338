"""Zip archive of a visitor's runs, a folder each, streamed while it is content: memory holds one chunk.

The names in it are ours, or sanitized: they are valid on Windows, and none leads out of its folder.
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
from hfcourse.runs.store import run_store, run_traces
from hfcourse.runs.store.models import Run, RunFile
from hfcourse.runs.trace import har
from hfcourse.web import template_globals

ARCHIVE_CHUNK_BYTES = 65_536
MAX_ENDPOINT_CHARACTERS, MAX_FILE_NAME_CHARACTERS = 30, 60
REFUSED_BY_WINDOWS = re.compile(r'[<>:"/\\|?*]')
COMPRESSION_LEVEL = 1  # most bytes are those of images, which do not compress


class ChunkBuffer:
    """File object that a ZipFile writes to, drained after each write."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, chunk: bytes) -> int:
        self._chunks.append(bytes(chunk))
        return len(chunk)

    def flush(self) -> None:
        """Do nothing: there is no further buffer."""

    def drain(self) -> bytes:
        """Return and clear the bytes content since the last call."""
        chunk, self._chunks = b"".join(self._chunks), []
        return chunk


class Archive:
    """Growing zip archive; after each step its buffer can be drained."""

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
        """Add the folder of a run: its files, then its JSON and report, which name the missing files, and its trace."""
        folder, lost = make_folder_name(run), set()
        for item in run.files:
            try:
                yield from self._add_file(f"{folder}/{make_file_path(item)}", item)
            except OSError:
                lost.add(presenter.make_file_entry(run, item)["file"])
        content = json.dumps(presenter.serialize_run(run), ensure_ascii=False, indent=2)
        self.add_text(f"{folder}/essai.json", content, run.created)
        self.add_text(f"{folder}/essai.md", report.render_report(run, lost), run.created)
        if traces := run_traces.load_traces(run.id):
            self.add_text(f"{folder}/echanges.har", json.dumps(har.build_har(run, traces), indent=2), run.created)
        yield

    def _add_file(self, name: str, item: RunFile) -> Iterator[None]:
        entry = self._make_entry(name, item.file.created)
        with FileHandle.from_row(item.file).open() as file, self.zip.open(entry, "w") as content:
            while chunk := file.read(ARCHIVE_CHUNK_BYTES):
                content.write(chunk)
                yield

    def _make_entry(self, name: str, moment: datetime) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, template_globals.to_local_time(moment).timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        return entry


def stream_archive(visitor: str | None) -> Iterator[bytes]:
    """Yield the zip of all the visitor's runs, in chunks."""
    archive, keep_days = Archive(), current_app.config["KEEP_DAYS"]
    with archive.zip:
        archive.add_text("LISEZMOI.txt", render_template("runs/archive.txt", keep_days=keep_days), database.utc_now())
        for run in iter_runs(visitor):
            for _ in archive.add_run(run):
                yield archive.buffer.drain()
    yield archive.buffer.drain()


def iter_runs(visitor: str | None) -> Iterator[Run]:
    """Iterate over the visitor's runs, the newest first, each loaded on demand."""
    for run_ids in queries.iter_run_ids(visitor, RunFilter()) if visitor else ():
        for run_id in run_ids:
            run = run_store.find_run(run_id, visitor)
            if run is not None:  # deleted since the query
                yield run


def make_folder_name(run: Run) -> str:
    """Return a unique folder name sorted by date: `2026-11-25_14h02_saluer_<id>`."""
    endpoint = clean_file_name(run.endpoint.strip("/"), MAX_ENDPOINT_CHARACTERS)
    return f"{template_globals.to_local_time(run.created):%Y-%m-%d_%Hh%M}_{endpoint}_{run.id}"


def make_file_path(item: RunFile) -> str:
    """Return the path of a file in its run's folder.

    Its number makes it unique, and prevents device names of Windows.
    """
    folder = "recus" if item.parameter is None else "envoyes"
    return f"{folder}/{item.position}-{clean_file_name(item.file.name, MAX_FILE_NAME_CHARACTERS)}"


def clean_file_name(name: str, most: int) -> str:
    """Sanitize a file name for every system: keep its end, without control or bidirectional characters."""
    return REFUSED_BY_WINDOWS.sub("_", FORBIDDEN_NAME_PATTERN.sub("_", name))[-most:].strip(" .") or "sans-nom"
