"""Files: what a visitor sends and what a Space sends back, kept under a name of ours.

A file's type is the one its bytes say, never the one its name or its sender claims. A file belongs to
the visitor who sent or caused it.
"""

import logging
import re
import secrets
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
from hfcourse.config import refuse
from hfcourse.spaces import storage
from hfcourse.spaces.masking import mask_text
from hfcourse.spaces.storage import Storage

NAME_CHARACTERS = 120
NOT_OF_A_TOKEN = re.compile(r"[^A-Za-z0-9]")
HEAD_BYTES = 64
PIECE_BYTES = 64 * 1024  # what is in memory of a file that is kept or sent
# What a browser may show in a page; everything else is downloaded.
SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", ".png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", ".jpg"),
    (re.compile(rb"GIF8[79]a"), "image/gif", ".gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp", ".webp"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav", ".wav"),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), "audio/mpeg", ".mp3"),
    (re.compile(rb"OggS"), "audio/ogg", ".ogg"),
    (re.compile(rb"....ftyp", re.DOTALL), "video/mp4", ".mp4"),
    (re.compile(rb"\x1aE\xdf\xa3"), "video/webm", ".webm"),
)
SVG_HEAD_BYTES = 2_000
SVG = re.compile(rb"(\xef\xbb\xbf)?\s*(<(\?xml|!doctype svg|!--)[^>]*>\s*){0,9}<svg[\s>]", re.IGNORECASE)
UNKNOWN_TYPE = "application/octet-stream"
# Served from our origin, a file must not be a page of ours.
FILE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}

log = logging.getLogger(__name__)


class NotKept(Exception):
    """A file could not be kept: the disk is full, its store or the database does not answer."""


class StoredFile(database.Base):
    """A kept file; its bytes are in the storage of this site, under its id."""

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    visitor: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[datetime] = mapped_column(database.Moment, index=True)
    erased: Mapped[datetime | None] = mapped_column(database.Moment)  # its run is kept, its bytes are not


@dataclass(frozen=True)
class KeptFile:
    """A file that we hold: the only file that a call may send."""

    id: str
    name: str
    media_type: str
    size: int
    storage: Storage = field(repr=False, compare=False)

    @classmethod
    def of(cls, row: StoredFile) -> "KeptFile":
        return cls(row.id, row.name, row.media_type, row.size, current())

    @property
    def safe_name(self) -> str:
        """The name as a header may carry it."""
        return re.sub(r"[^A-Za-z0-9._-]", "_", self.name)[-80:] or "fichier"

    @property
    def is_inline(self) -> bool:
        """May a browser show it in a page?"""
        return self.media_type != UNKNOWN_TYPE

    def open(self) -> BinaryIO:
        """Its bytes, to read and to seek in. Raises OSError, FileNotFoundError."""
        return self.storage.open(self.id)

    def read(self) -> bytes:
        """All its bytes. Raises OSError, FileNotFoundError."""
        with self.open() as file:
            return file.read()

    def is_gone(self) -> bool:
        """Are its bytes gone for sure? Where the storage does not answer, who reads them will see."""
        try:
            return not self.storage.is_there(self.id)
        except OSError:
            return False


def media_type(head: bytes) -> str:
    """The type that the first bytes say, `application/octet-stream` for all that is not shown in a page."""
    return next((name for signature, name, _ in SIGNATURES if signature.match(head)), UNKNOWN_TYPE)


def extension(kind: str) -> str:
    """The file extension of one of our types, '' for the unknown one."""
    return next((suffix for _, name, suffix in SIGNATURES if name == kind), "")


def clean_name(name: str) -> str:
    """The last part of a file name, without control characters, and without the token of this site."""
    last = re.split(r"[/\\]", name)[-1]
    readable = mask_text("".join(filter(str.isprintable, last)), token := tokens.current())
    # A header, and an archive, write an underscore for many a character: that must not make a token of a name.
    if token and token.reveal() in NOT_OF_A_TOKEN.sub("_", readable):
        readable = tokens.MASK
    return readable[-NAME_CHARACTERS:] or "fichier"


def current() -> Storage:
    """Where the bytes are."""
    return current_app.extensions["files"]


def read_pieces(file: IO[bytes]) -> Iterator[bytes]:
    """All bytes of a file from where it stands, in pieces. Raises OSError."""
    while piece := file.read(PIECE_BYTES):
        yield piece


def keep(visitor: str, name: str, content: bytes | Iterable[bytes]) -> KeptFile:
    """Keep `content` for `visitor`; written whole before it is known, so that no row names half a file.

    Args:
        content: all of it, or pieces that are written as they come; nothing is kept if their source raises.

    Raises:
        NotKept: there is no room for it, or nobody answers.
    """
    file_id = secrets.token_hex(16)
    pieces = [content] if isinstance(content, bytes) else content
    try:
        size, head = write_pieces(file_id, pieces)
        kept = KeptFile(file_id, clean_name(name), media_type(head), size, current())
        with database.writing() as session:
            session.add(row_of(kept, visitor))
    except (OSError, SQLAlchemyError) as error:
        log.error("A file could not be kept: %s", type(error).__name__)
        if isinstance(error, SQLAlchemyError):
            discard([file_id])
        raise NotKept from None
    return kept


def write_pieces(file_id: str, pieces: Iterable[bytes]) -> tuple[int, bytes]:
    """Write a new file to the storage; return its size and its first bytes. Raises OSError."""
    size, head = 0, b""
    with current().create(file_id) as file:
        for piece in pieces:
            file.write(piece)
            size += len(piece)
            if len(head) < HEAD_BYTES:
                head = (head + piece)[:HEAD_BYTES]
    return size, head


def row_of(kept: KeptFile, visitor: str) -> StoredFile:
    return StoredFile(
        id=kept.id,
        visitor=visitor,
        name=kept.name,
        media_type=kept.media_type,
        size=kept.size,
        created=database.now(),
    )


def find(visitor: str, file_id: str) -> KeptFile | None:
    """The file of that id, if it is this visitor's."""
    with database.reading() as session:
        row = session.get(StoredFile, file_id)
    if row is None or row.visitor != visitor or row.erased:
        return None
    return KeptFile.of(row)


def discard(file_ids: Sequence[str]) -> Sequence[str]:
    """Remove the bytes of files that no row names; return those that are left, the storage being in trouble."""
    for done, file_id in enumerate(file_ids):
        try:
            current().remove(file_id)
        except OSError:  # the others would each wait for the same time-out
            return file_ids[done:]
    return []


def answer(kept: KeptFile) -> Response:
    """The HTTP answer that hands a file to a browser: shown if its type is one of ours, downloaded if not.

    A browser may ask for a part of it (206), as it does to seek in a sound or a video; 416 where there is no such part.
    What names no part, or several, is given the whole.

    Raises:
        FileNotFoundError: its bytes are gone.
        OSError: nobody can tell.
    """
    asked = request.range
    is_part = asked is not None and asked.units == "bytes" and len(asked.ranges) == 1
    response = sent(kept, kept.media_type, as_attachment=not kept.is_inline, download_name=kept.safe_name)
    try:
        if is_part:
            response.make_conditional(request, accept_ranges=True, complete_length=kept.size)
    except RequestedRangeNotSatisfiable:
        response.close()
        response = Response(status=416, headers={"Content-Range": f"bytes */{kept.size}"}, mimetype=kept.media_type)
    response.headers.update(FILE_HEADERS)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def sent(kept: KeptFile, mimetype: str, **how: Any) -> Response:
    """All bytes of a file, in pieces, none of which is read before it is asked for."""
    response = send_file(kept.open(), mimetype=mimetype, max_age=0, etag=False, conditional=False, **how)
    response.content_length = kept.size
    return response


def is_drawing(kept: KeptFile) -> bool:
    """Is this SVG? Nothing but an `img` may show it: it can hold scripts. Raises OSError, FileNotFoundError."""
    with kept.open() as file:
        return bool(SVG.match(file.read(SVG_HEAD_BYTES)))


def answer_drawing(kept: KeptFile) -> Response:
    """The HTTP answer that hands SVG to an `img`; 404 for what is none. Raises OSError, FileNotFoundError."""
    if not is_drawing(kept):
        abort(404)
    response = sent(kept, "image/svg+xml")
    response.headers.update(FILE_HEADERS)
    response.headers["Content-Security-Policy"] += "; style-src 'unsafe-inline'"
    return response


def init_app(app: Flask) -> None:
    """Open the storage that the settings name."""
    try:
        app.extensions["files"] = storage.at(app.config["FILES_URL"], Path(app.instance_path) / "files")
    except ImportError:
        refuse("HFCOURSE_FILES_URL", "its driver is not installed (pip install -r requirements-campus.txt)")
    except ValueError:
        refuse("HFCOURSE_FILES_URL", "expected an address that fsspec knows, such as s3://bucket/prefix")
    except OSError:
        refuse("HFCOURSE_FILES_URL", "the folder cannot be written to")
