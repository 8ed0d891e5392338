"""Files: what a visitor sends and what a Space sends back, kept under a name of ours.

A file's type is the one its bytes say, never the one its name or its sender claims. A file belongs to
the visitor who sent or caused it.
"""

import logging
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO

from flask import Flask, Response, abort, current_app, request, send_file
from sqlalchemy import BigInteger, String
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from hfcourse import database, tokens
from hfcourse.config import reject_setting
from hfcourse.files import limits, storage_backends
from hfcourse.files.media_types import HEAD_BYTES, detect_media_type, get_extension, is_shown_by_browsers
from hfcourse.files.storage_backends import Storage
from hfcourse.token_masking import mask_text

MAX_FILE_NAME_CHARACTERS = 120
# Control characters, ends of lines, Unicode's bidirectional controls (UAX #9), surrogates, private use.
FORBIDDEN_NAME_PATTERN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\uf8ff\U000f0000-\U0010ffff]"
)
NON_TOKEN_PATTERN = re.compile(r"[^A-Za-z0-9]")
FILE_CHUNK_BYTES = 64 * 1024  # what is in memory of a file that is kept or sent
SVG_HEAD_BYTES = 2_000
SVG_PATTERN = re.compile(rb"(\xef\xbb\xbf)?\s*(<(\?xml|!doctype svg|!--)[^>]*>\s*){0,9}<svg[\s>]", re.IGNORECASE)
# Served from our origin, a file must not be a page of ours.
FILE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}

log = logging.getLogger(__name__)


class FileStorageError(Exception):
    """A file could not be kept: the disk is full, its store or the database does not answer."""


class StoredFile(database.Base):
    """A kept file; its bytes are in the storage of this site, under its id."""

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    visitor: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(MAX_FILE_NAME_CHARACTERS))
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)
    erased: Mapped[datetime | None] = mapped_column(database.UtcDateTime)  # its run is kept, its bytes are not


@dataclass(frozen=True)
class FileHandle:
    """A file that we hold: the only file that a call may send."""

    id: str
    name: str
    media_type: str
    size: int
    storage: Storage = field(repr=False, compare=False)

    @classmethod
    def from_row(cls, row: StoredFile) -> "FileHandle":
        return cls(row.id, row.name, row.media_type, row.size, get_file_storage())

    @property
    def is_inline(self) -> bool:
        """May a browser show it in a page?"""
        return is_shown_by_browsers(self.media_type)

    def open(self) -> BinaryIO:
        """Its bytes, to read and to seek in. Raises OSError, FileNotFoundError."""
        return self.storage.open(self.id)

    def read_content(self) -> bytes:
        """All its bytes. Raises OSError, FileNotFoundError."""
        with self.open() as file:
            return file.read()

    def is_missing(self) -> bool:
        """Are its bytes gone for sure? Where the storage does not answer, who reads them will see."""
        try:
            return not self.storage.exists(self.id)
        except OSError:
            return False


def sanitize_file_name(name: str) -> str:
    """Return the last part of a file name in any script, without the token of this site.

    Composed (NFC): Gradio drops combining marks, so three names of macOS with é, è and ê would become one. Blanks of
    every width stay; control characters, halves of characters and signs that turn letters round do not.
    """
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    readable = mask_text(FORBIDDEN_NAME_PATTERN.sub("", last), token := tokens.get_site_token())
    # An archive writes an underscore for many a character: that must not make a token of a name.
    if token and token.reveal() in NON_TOKEN_PATTERN.sub("_", readable):
        readable = tokens.MASK_TEXT
    return readable[-MAX_FILE_NAME_CHARACTERS:] or "fichier"


def get_file_storage() -> Storage:
    """Where the bytes are."""
    return current_app.extensions["files"]


def iter_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """All bytes of a file from where it stands, in pieces. Raises OSError."""
    while piece := file.read(FILE_CHUNK_BYTES):
        yield piece


def save_file(
    visitor: str, name: str, content: bytes | Iterable[bytes], *, corrects_extension: bool = False
) -> FileHandle:
    """Keep `content` for `visitor`; written whole before it is known, so that no row names half a file.

    Args:
        content: all of it, or pieces that are written as they come; nothing is kept if their source raises.
        corrects_extension: give the name the extension of the type that its bytes say, if they say one.

    Raises:
        FileStorageError: there is no room for it, or nobody answers.
    """
    file_id = secrets.token_hex(16)
    pieces = [content] if isinstance(content, bytes) else content
    try:
        size, head = write_chunks(file_id, pieces)
        kind = detect_media_type(head)
        if corrects_extension and (suffix := get_extension(kind)):
            name = name.rpartition(".")[0] or name
            name += suffix
        kept = FileHandle(file_id, sanitize_file_name(name), kind, size, get_file_storage())
        with database.write_session() as session:
            session.add(make_file_row(kept, visitor))
    except (OSError, SQLAlchemyError) as error:
        log.error("A file could not be kept: %s", type(error).__name__)
        if isinstance(error, SQLAlchemyError):
            delete_file_bytes([file_id])
        raise FileStorageError from None
    return kept


def write_chunks(file_id: str, pieces: Iterable[bytes]) -> tuple[int, bytes]:
    """Write a new file to the storage; return its size and its first bytes. Raises OSError."""
    size, head = 0, b""
    with get_file_storage().create(file_id) as file:
        for piece in pieces:
            file.write(piece)
            size += len(piece)
            if len(head) < HEAD_BYTES:
                head = (head + piece)[:HEAD_BYTES]
    return size, head


def make_file_row(kept: FileHandle, visitor: str) -> StoredFile:
    return StoredFile(
        id=kept.id,
        visitor=visitor,
        name=kept.name,
        media_type=kept.media_type,
        size=kept.size,
        created=database.utc_now(),
    )


def find_file(visitor: str, file_id: str) -> FileHandle | None:
    """The file of that id, if it is this visitor's."""
    with database.read_session() as session:
        row = session.get(StoredFile, file_id)
    if row is None or row.visitor != visitor or row.erased:
        return None
    return FileHandle.from_row(row)


def delete_file_bytes(file_ids: Sequence[str]) -> Sequence[str]:
    """Remove the bytes of files that no row names; return those that are left, the storage being in trouble."""
    for done, file_id in enumerate(file_ids):
        try:
            get_file_storage().remove(file_id)
        except OSError:  # the others would each wait for the same time-out
            return file_ids[done:]
    return []


def make_file_response(kept: FileHandle) -> Response:
    """The HTTP answer that hands a file to a browser: shown if its type is one of ours, downloaded if not.

    A browser may ask for a part of it (206), as it does to seek in a sound or a video; 416 where there is no such part.
    What names no part, or several, is given the whole.

    Raises:
        FileNotFoundError: its bytes are gone.
        OSError: nobody can tell.
    """
    asked = request.range
    is_part = asked is not None and asked.units == "bytes" and len(asked.ranges) == 1
    response = stream_file(kept, kept.media_type, as_attachment=not kept.is_inline, download_name=kept.name)
    try:
        if is_part:
            response.make_conditional(request, accept_ranges=True, complete_length=kept.size)
    except RequestedRangeNotSatisfiable:
        response.close()
        response = Response(status=416, headers={"Content-Range": f"bytes */{kept.size}"}, mimetype=kept.media_type)
    response.headers.update(FILE_HEADERS)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def stream_file(kept: FileHandle, mimetype: str, **how: Any) -> Response:
    """All bytes of a file, in pieces, none of which is read before it is asked for."""
    response = send_file(kept.open(), mimetype=mimetype, max_age=0, etag=False, conditional=False, **how)
    response.content_length = kept.size
    return response


def is_svg(kept: FileHandle) -> bool:
    """Is this SVG? Nothing but an `img` may show it: it can hold scripts. Raises OSError, FileNotFoundError."""
    with kept.open() as file:
        return bool(SVG_PATTERN.match(file.read(SVG_HEAD_BYTES)))


def make_svg_response(kept: FileHandle) -> Response:
    """The HTTP answer that hands SVG to an `img`; 404 for what is none. Raises OSError, FileNotFoundError."""
    if not is_svg(kept):
        abort(404)
    response = stream_file(kept, "image/svg+xml")
    response.headers.update(FILE_HEADERS)
    response.headers["Content-Security-Policy"] += "; style-src 'unsafe-inline'"
    return response


def init_app(app: Flask) -> None:
    """Open the storage that the settings name, and tell the templates the limits on files."""
    app.jinja_env.globals["file_limits"] = limits
    app.jinja_env.filters["is_shown_by_browsers"] = is_shown_by_browsers
    try:
        app.extensions["files"] = storage_backends.open_backend(
            app.config["FILES_URL"], Path(app.instance_path) / "files"
        )
    except ImportError:
        reject_setting("HFCOURSE_FILES_URL", "son pilote n'est pas installé (pip install -r requirements-campus.txt)")
    except ValueError:
        reject_setting("HFCOURSE_FILES_URL", "il faut une adresse que fsspec connaît, comme s3://seau/prefixe")
    except OSError:
        reject_setting("HFCOURSE_FILES_URL", "on ne peut pas écrire dans ce dossier")
