"""Streams of a client's connection: its raw bytes within the budget of the connection, and the body of one request."""

import io
from http.client import LineTooLong
from typing import Any

from hfcourse.server.connections import ClientConnection

MAX_HEAD_BYTES = 65_536 + io.DEFAULT_BUFFER_SIZE  # the longest line that http.server accepts, plus one buffer
SEND_CHUNK_BYTES = 64 * 1024


class ClientStream(io.RawIOBase):
    """Raw I/O stream of a client, within the time budget of its connection."""

    def __init__(self, connection: ClientConnection) -> None:
        super().__init__()
        self._connection = connection
        self._head_bytes: int | None = 0

    def start_request_head(self) -> None:
        """Mark the start of the request line and headers, whose size is limited."""
        self._head_bytes = 0

    def finish_request_head(self) -> None:
        """Mark the end of the request line and headers: the size of the body is limited by the application."""
        self._head_bytes = None

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read as RawIOBase; http.server answers LineTooLong with 431."""
        if self._head_bytes is not None and self._head_bytes >= MAX_HEAD_BYTES:
            raise LineTooLong("head")
        count = self._connection.receive_into(buffer)
        if self._head_bytes is not None:
            self._head_bytes += count
        return count

    def write(self, data: Any, /) -> int:
        """Send all data in chunks: the socket's timeout is per chunk, that of `sendall` for the whole."""
        view = memoryview(data)
        for start in range(0, len(view), SEND_CHUNK_BYTES):
            piece = view[start : start + SEND_CHUNK_BYTES]
            while piece:
                piece = piece[self._connection.send(piece) :]
        return len(view)


class RequestBody(io.RawIOBase):
    """Body of a request: a number of bytes of the stream of its connection, which the next request follows."""

    def __init__(self, stream: io.BufferedIOBase, byte_count: int) -> None:
        super().__init__()
        self._stream, self.unread_bytes = stream, byte_count

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read until the buffer is full, the body has ended or the client has closed the connection."""
        count = self._stream.readinto(memoryview(buffer)[: self.unread_bytes])
        self.unread_bytes -= count
        return count
