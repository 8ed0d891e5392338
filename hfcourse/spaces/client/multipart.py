"""The multipart form by which Gradio receives a file, sent from the disk in pieces."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from hfcourse.errors import CallError
from hfcourse.files.file_store import FileHandle, iter_chunks
from hfcourse.spaces.client.http_client import SizedBody

# As browsers write a name (HTML standard, « multipart/form-data encoding algorithm »): UTF-8, but for these.
ESCAPED_IN_NAMES = str.maketrans({"\n": "%0A", "\r": "%0D", '"': "%22"})


def escape_name(name: str) -> str:
    """Return a file name as it stands between the quotation marks of a multipart header."""
    return name.translate(ESCAPED_IN_NAMES)


@contextmanager
def open_stored_file(kept: FileHandle) -> Iterator[BinaryIO]:
    """Open one of our files to send it. Raises CallError, `file-unreachable`."""
    try:
        file = kept.open()
    except OSError:
        raise CallError("file-unreachable") from None
    with file:
        yield file


def build_multipart_body(kept: FileHandle, file: BinaryIO, boundary: str) -> SizedBody:
    """The form by which Gradio receives one file, read from the disk while it is sent.

    Raises, while it is read:
        CallError: `file-unreachable`, the file cannot be read, or is not as long as it was.
    """
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{escape_name(kept.name)}"\r\n'
        f"Content-Type: {kept.media_type}\r\n\r\n"
    ).encode()
    end = f"\r\n--{boundary}--\r\n".encode()

    def pieces() -> Iterator[bytes]:
        yield head
        left = kept.size
        try:
            for piece in iter_chunks(file):
                left -= len(piece)
                yield piece
        except OSError:
            raise CallError("file-unreachable") from None
        if left:  # the length was promised: the Space would wait for the rest, or take the next request for it
            raise CallError("file-unreachable")
        yield end

    return SizedBody(len(head) + kept.size + len(end), pieces())
