"""Multipart request body that uploads a file to Gradio, streamed from the disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from hfcourse.errors import CallError
from hfcourse.files.file_store import FileHandle, iter_chunks
from hfcourse.spaces.client.transport.http_messages import SizedBody

# Escaping of names as in browsers (HTML standard, « multipart/form-data encoding algorithm »).
ESCAPED_IN_NAMES = str.maketrans({"\n": "%0A", "\r": "%0D", '"': "%22"})


def escape_name(name: str) -> str:
    """Escape a file name for a quoted parameter of a multipart header."""
    return name.translate(ESCAPED_IN_NAMES)


@contextmanager
def open_stored_file(handle: FileHandle) -> Iterator[BinaryIO]:
    """Open a stored file for its upload. Raises CallError, `file-unreachable`."""
    try:
        file = handle.open()
    except OSError:
        raise CallError("file-unreachable") from None
    with file:
        yield file


def build_multipart_body(handle: FileHandle, file: BinaryIO, boundary: str) -> SizedBody:
    """Build the request body that uploads one file; the file is read while the body is iterated.

    Raises, while it is iterated:
        CallError: `file-unreachable`, the file cannot be read, or its size has changed.
    """
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{escape_name(handle.name)}"\r\n'
        f"Content-Type: {handle.media_type}\r\n\r\n"
    ).encode()
    end = f"\r\n--{boundary}--\r\n".encode()

    def iter_parts() -> Iterator[bytes]:
        yield head
        bytes_left = handle.size
        try:
            for chunk in iter_chunks(file):
                bytes_left -= len(chunk)
                yield chunk
        except OSError:
            raise CallError("file-unreachable") from None
        if bytes_left:  # Content-Length is sent: the Space would wait for the rest, or parse the next request as it
            raise CallError("file-unreachable")
        yield end

    return SizedBody(len(head) + handle.size + len(end), iter_parts())


def build_file_data(path: str, handle: FileHandle) -> dict[str, Any]:
    """Return Gradio's JSON for an uploaded file, whose `path` is on the Space."""
    return {
        "path": path,
        "orig_name": handle.name,
        "size": handle.size,
        "mime_type": handle.media_type,
        "meta": {"_type": "gradio.FileData"},
    }
