"""Files: what a visitor sends and what a Space sends back, kept under a name of ours.

A file's type is the one its bytes say, never the one its name or its sender claims. A file belongs to
the visitor who sent or caused it.
"""

import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import Response, current_app, request, send_file
from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from hfcourse import database

NAME_CHARACTERS = 120
HEAD_BYTES = 64
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


class StoredFile(database.Base):
    """A kept file; its bytes are in the instance folder, under its id."""

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    visitor: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[datetime] = mapped_column(database.Moment, index=True)


@dataclass(frozen=True)
class KeptFile:
    """A file that we hold: the only file that a call may send."""

    id: str
    name: str
    media_type: str
    size: int
    path: Path

    @classmethod
    def of(cls, row: StoredFile) -> "KeptFile":
        return cls(row.id, row.name, row.media_type, row.size, path_of(row.id))

    @property
    def safe_name(self) -> str:
        """The name as a header may carry it."""
        return re.sub(r"[^A-Za-z0-9._-]", "_", self.name)[-80:] or "fichier"

    @property
    def is_inline(self) -> bool:
        """May a browser show it in a page?"""
        return self.media_type != UNKNOWN_TYPE

    def read(self) -> bytes:
        return self.path.read_bytes()


def media_type(head: bytes) -> str:
    """The type that the first bytes say, `application/octet-stream` for all that is not shown in a page."""
    return next((name for signature, name, _ in SIGNATURES if signature.match(head)), UNKNOWN_TYPE)


def extension(kind: str) -> str:
    """The file extension of one of our types, '' for the unknown one."""
    return next((suffix for _, name, suffix in SIGNATURES if name == kind), "")


def clean_name(name: str) -> str:
    """The last part of a file name, without control characters."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(character for character in last if character.isprintable())[-NAME_CHARACTERS:] or "fichier"


def folder() -> Path:
    """Where the bytes are."""
    return Path(current_app.instance_path) / "files"


def path_of(file_id: str) -> Path:
    return folder() / file_id[:2] / file_id


def keep(visitor: str, name: str, content: bytes) -> KeptFile:
    """Keep `content` for `visitor`; written whole before it is known, so that no row names half a file."""
    file_id = secrets.token_hex(16)
    path = path_of(file_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    os.replace(partial, path)
    kept = KeptFile(file_id, clean_name(name), media_type(content[:HEAD_BYTES]), len(content), path)
    with database.writing() as session:
        session.add(
            StoredFile(
                id=kept.id,
                visitor=visitor,
                name=kept.name,
                media_type=kept.media_type,
                size=kept.size,
                created=database.now(),
            )
        )
    return kept


def find(visitor: str, file_id: str) -> KeptFile | None:
    """The file of that id, if it is this visitor's."""
    with database.reading() as session:
        row = session.get(StoredFile, file_id)
    if row is None or row.visitor != visitor:
        return None
    return KeptFile.of(row)


def discard(file_id: str) -> None:
    """Remove the bytes of a file whose row is gone."""
    path_of(file_id).unlink(missing_ok=True)


def answer(kept: KeptFile) -> Response:
    """The HTTP answer that hands a file to a browser: shown if its type is one of ours, downloaded if not.

    A browser may ask for a part of it (206), as it does to seek in a sound or a video; 416 where there is no such part.
    What names no part, or several, is given the whole.
    """
    asked = request.range
    is_part = asked is not None and asked.units == "bytes" and len(asked.ranges) == 1
    try:
        response = send_file(
            kept.path,
            mimetype=kept.media_type,
            as_attachment=not kept.is_inline,
            download_name=kept.safe_name,
            max_age=0,
            etag=False,
            conditional=is_part,
        )
    except RequestedRangeNotSatisfiable:
        response = Response(status=416, headers={"Content-Range": f"bytes */{kept.size}"}, mimetype=kept.media_type)
    response.headers.update(FILE_HEADERS)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def is_drawing(kept: KeptFile) -> bool:
    """Is this SVG? Nothing but an `img` may show it: it can hold scripts."""
    with kept.path.open("rb") as file:
        return bool(SVG.match(file.read(SVG_HEAD_BYTES)))


def answer_drawing(kept: KeptFile) -> Response:
    """The HTTP answer that hands SVG to an `img`."""
    response = send_file(kept.path, mimetype="image/svg+xml", max_age=0, etag=False, conditional=False)
    response.headers.update(FILE_HEADERS)
    response.headers["Content-Security-Policy"] += "; style-src 'unsafe-inline'"
    return response
