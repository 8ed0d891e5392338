"""File store: uploads of visitors and outputs of Spaces, stored under a random id.

A file's media type is detected from its content; its name and the sender's header are ignored. A
file belongs to the visitor who sent or caused it.
"""

import logging
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO

from flask import Flask, current_app
from sqlalchemy import BigInteger, String
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

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
FILE_CHUNK_BYTES = 64 * 1024  # part of a file that is in memory while it is stored or sent

log = logging.getLogger(__name__)


class FileStorageError(Exception):
    """A file could not be stored: the disk is full, its storage or the database does not respond."""


class StoredFile(database.Base):
    """Row of a stored file; its bytes are in the storage of this site, under its id."""

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    visitor: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(MAX_FILE_NAME_CHARACTERS))
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)
    erased: Mapped[datetime | None] = mapped_column(database.UtcDateTime)  # its run is retained, its bytes are not


@dataclass(frozen=True)
class FileHandle:
    """Handle of a stored file: the only kind of file that a call may send."""

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
        """May a browser render it in a page?"""
        return is_shown_by_browsers(self.media_type)

    def open(self) -> BinaryIO:
        """Open its bytes, seekable. Raises OSError, FileNotFoundError."""
        return self.storage.open(self.id)

    def is_missing(self) -> bool:
        """Are its bytes certainly gone? If the storage does not respond, the reader will see."""
        try:
            return not self.storage.exists(self.id)
        except OSError:
            return False


def sanitize_file_name(name: str) -> str:
    """Return the last part of a file name in any script, without the token of this site.

    Composed (NFC): Gradio drops combining marks, so three names of macOS with é, è and ê would
    become one. Blanks of every width are preserved; control characters, surrogates and
    bidirectional controls are removed.
    """
    base_name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    readable = mask_text(FORBIDDEN_NAME_PATTERN.sub("", base_name), token := tokens.get_site_token())
    # An archive replaces many characters by an underscore, which must not turn a name into a token.
    if token and token.reveal() in NON_TOKEN_PATTERN.sub("_", readable):
        readable = tokens.MASK_TEXT
    return readable[-MAX_FILE_NAME_CHARACTERS:] or "fichier"


def get_file_storage() -> Storage:
    """Return the storage backend of this site."""
    storage: Storage = current_app.extensions["files"]
    return storage


def iter_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a file from its current position, in chunks. Raises OSError."""
    while chunk := file.read(FILE_CHUNK_BYTES):
        yield chunk


def save_file(
    visitor: str, name: str, content: bytes | Iterable[bytes], *, corrects_extension: bool = False
) -> FileHandle:
    """Store `content` for `visitor`; commit its row only once it is complete.

    Args:
        content: all bytes, or chunks that are written as they arrive; nothing is stored if their
            iterator raises.
        corrects_extension: replace the extension of the name by that of the detected type, if any.

    Raises:
        FileStorageError: there is no space for it, or storage or database does not respond.
    """
    file_id = secrets.token_hex(16)
    chunks = [content] if isinstance(content, bytes) else content
    try:
        size, head = write_chunks(file_id, chunks)
        media_type = detect_media_type(head)
        if corrects_extension and (suffix := get_extension(media_type)):
            name = name.rpartition(".")[0] or name
            name += suffix
        handle = FileHandle(file_id, sanitize_file_name(name), media_type, size, get_file_storage())
        with database.write_session() as session:
            session.add(make_file_row(handle, visitor))
    except (OSError, SQLAlchemyError) as error:
        log.error("A file could not be stored: %s", type(error).__name__)
        if isinstance(error, SQLAlchemyError):
            delete_file_bytes([file_id])
        raise FileStorageError from None
    return handle


def write_chunks(file_id: str, chunks: Iterable[bytes]) -> tuple[int, bytes]:
    """Write a new file to the storage; return its size and its first bytes. Raises OSError."""
    size, head = 0, b""
    with get_file_storage().create(file_id) as file:
        for chunk in chunks:
            file.write(chunk)
            size += len(chunk)
            if len(head) < HEAD_BYTES:
                head = (head + chunk)[:HEAD_BYTES]
    return size, head


def make_file_row(handle: FileHandle, visitor: str) -> StoredFile:
    """Return the row of a file of this visitor."""
    return StoredFile(
        id=handle.id,
        visitor=visitor,
        name=handle.name,
        media_type=handle.media_type,
        size=handle.size,
        created=database.utc_now(),
    )


def find_file(visitor: str, file_id: str) -> FileHandle | None:
    """Return the file of that id, if it belongs to this visitor."""
    with database.read_session() as session:
        row = session.get(StoredFile, file_id)
    if row is None or row.visitor != visitor or row.erased:
        return None
    return FileHandle.from_row(row)


def delete_file_bytes(file_ids: Sequence[str]) -> Sequence[str]:
    """Delete the bytes of files without a row; return the ids that are left after a storage error."""
    for index, file_id in enumerate(file_ids):
        try:
            get_file_storage().remove(file_id)
        except OSError:  # each of the others would wait for the same timeout
            return file_ids[index:]
    return []


def init_app(app: Flask) -> None:
    """Open the configured storage, and register the template globals for files."""
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
