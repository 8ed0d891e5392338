"""Requests of `flask run`: Werkzeug's handler within the budget of a connection, which stays open for the next request.

Werkzeug closes the connection after each response, since it does not know where the body of a request ends: a page with
its scripts takes some twenty connections, and as many threads. Here the application reads the body by a stream that
does, and the connection stays open if it has read all of it (RFC 9112, section 9.3). What is framed in another way than
by one Content-Length is left to Werkzeug.
"""

import io
import logging
import re
import selectors
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, connection_dropped_errors

from hfcourse.server.client_streams import SEND_CHUNK_BYTES, ClientStream, RequestBody
from hfcourse.text.typography import typeset_french

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from hfcourse.server.dev_server import LimitedServer

# How long a client that has not sent its whole body may take to send the next part of it.
DISCARD_WAIT_SECONDS = 0.01
# Of a request whose body is framed in another way, that waits for an answer before its body, or that leaves HTTP.
SPECIAL_HEADERS = ("Transfer-Encoding", "Expect", "Upgrade")
CONTENT_LENGTH_PATTERN = re.compile(r"[0-9]{1,15}")
STATUSES_WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
INTERNET_FAMILIES = (socket.AF_INET, socket.AF_INET6)
BAD_REQUEST_PAGE = typeset_french(
    """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Demande incomprise</title>
<h1>Demande incomprise</h1>
<p>Votre navigateur a envoyé une demande que le site ne comprend pas (%(code)d).</p>
<p>Revenez en arrière, rechargez la page, puis recommencez.</p></html>
"""
)

SERVER_ERROR_PAGE = typeset_french(
    """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Erreur du site</title>
<h1>Erreur du site</h1>
<p>Le site n’a pas pu répondre : la faute est de notre côté.</p>
<p>Revenez en arrière, rechargez la page, puis recommencez.</p></html>
"""
).encode()

RESPONSE_KEY = "hfcourse.response_body"

log = logging.getLogger(__name__)


class ResponseBody:
    """Body of a WSGI response whose `close()` has an effect once."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        """Close the body of the application, if it can be closed."""
        chunks, self._chunks = self._chunks, ()
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


class ClosingApplication:
    """WSGI middleware that leaves each response in the environment, for the request handler to close."""

    def __init__(self, application: "WSGIApplication") -> None:
        self.application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> ResponseBody:
        environ[RESPONSE_KEY] = body = ResponseBody(self.application(environ, start_response))
        return body


class ResponseWriter:
    """Writer of one WSGI response (PEP 3333) whose end the client recognizes, so that its connection can stay open.

    It does not if a part of the request's body is unread when the response begins.
    """

    def __init__(self, handler: "LimitedRequestHandler", request_body: RequestBody) -> None:
        self._handler, self._request_body = handler, request_body
        self._status, self._headers = "", [("", "")]
        self._is_head_sent = self._is_chunked = False
        self._has_body = True
        self._bytes_left: int | None = None  # of the body, as its header announces it

    @property
    def is_head_sent(self) -> bool:
        return self._is_head_sent

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """Set status and headers, which are sent with the first chunk.

        Raises:
            Exception: that of `exc_info`, if they have been sent already.
        """
        if exc_info and self._is_head_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        self._status, self._headers = status, headers
        return self.write

    def write(self, chunk: bytes) -> None:
        if not self._is_head_sent:
            self._send_head()
        if chunk and self._has_body:
            self._handler.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._is_chunked else chunk)
            if self._bytes_left is not None:
                self._bytes_left -= len(chunk)

    def finish(self) -> None:
        """End the body; close the connection if its length is not the announced one."""
        self.write(b"")
        if self._is_chunked:
            self._handler.wfile.write(b"0\r\n\r\n")
        if self._bytes_left:
            self._handler.close_connection = True

    def _send_head(self) -> None:
        code, _, reason = self._status.partition(" ")
        self._handler.send_response(int(code), reason)
        lengths = [int(value) for name, value in self._headers if name.lower() == "content-length"]
        for name, value in self._headers:
            self._handler.send_header(name, value)
        self._has_body = self._handler.command != "HEAD" and int(code) not in STATUSES_WITHOUT_BODY
        if self._has_body:
            self._bytes_left = lengths[0] if lengths else None
            self._is_chunked = not lengths
        if self._is_chunked:
            self._handler.send_header("Transfer-Encoding", "chunked")
        if self._handler.close_connection or self._request_body.unread_bytes:
            self._handler.send_header("Connection", "close")  # which also sets close_connection
        self._handler.end_headers()
        self._is_head_sent = True


class LimitedRequestHandler(WSGIRequestHandler):
    """Werkzeug's request handler with I/O within the connection's budget, and protocol errors in French."""

    error_message_format = BAD_REQUEST_PAGE
    server: "LimitedServer"
    _environ: "WSGIEnvironment"

    def setup(self) -> None:
        # Head and body are sent one after the other: Nagle's algorithm would hold the body for an acknowledgement.
        if self.request.family in INTERNET_FAMILIES:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().setup()
        self._client = self.server.connections.find_connection(self.connection)
        self._stream = ClientStream(self._client)
        self.rfile, self.wfile = io.BufferedReader(self._stream), self._stream  # type: ignore[assignment]

    def handle_one_request(self) -> None:
        self._stream.start_request_head()
        super().handle_one_request()

    def version_string(self) -> str:
        """Return the value of the `Server` header, without the versions of Werkzeug and Python."""
        return "hfcourse"

    def log_error(self, format: str, *args: Any) -> None:
        """Log a protocol error's status without its message, which repeats the request line."""
        if format.startswith("code "):
            format, args = "code %s", args[:1]
        super().log_error(format, *args)

    def make_environ(self) -> "WSGIEnvironment":
        self._environ = super().make_environ()
        return self._environ

    def run_wsgi(self) -> None:
        """Respond, and keep the connection open if it is certain where the next request starts."""
        self._stream.finish_request_head()
        length = self._get_body_length()
        if length is None:
            self._respond_and_close()
            return
        body = RequestBody(self.rfile, length)
        try:
            self._respond(body)
        finally:
            if body.unread_bytes:
                self.close_connection = True
                self._discard_input(body.unread_bytes)
        if not self.close_connection:
            self._client.start_keep_alive()

    def _get_body_length(self) -> int | None:
        """Return the length of the request's body, None if its head alone does not tell."""
        lengths = self.headers.get_all("Content-Length", ["0"])
        # Where the parser met a line that is no header, it has dropped those after it, which may tell a length.
        is_special = bool(self.headers.defects) or any(name in self.headers for name in SPECIAL_HEADERS)
        if is_special or self.request_version != "HTTP/1.1" or len(lengths) > 1:
            return None
        return int(lengths[0]) if CONTENT_LENGTH_PATTERN.fullmatch(lengths[0]) else None

    def _respond(self, request_body: RequestBody) -> None:
        """Respond to a request; what the client has asked to close is closed."""
        self.environ = environ = self.make_environ() | {"wsgi.input": request_body}
        writer = ResponseWriter(self, request_body)
        try:
            self.server.app(environ, writer.start_response)
            with closing(environ[RESPONSE_KEY]) as body:
                for chunk in body:
                    writer.write(chunk)
                writer.finish()
        except connection_dropped_errors as error:
            self.close_connection = True
            self.connection_dropped(error, environ)
        except Exception:
            self.close_connection = True
            if self.server.passthrough_errors:
                raise
            log.exception("Error on request")
            if not writer.is_head_sent:
                writer.start_response("500 Internal Server Error", [("Content-Type", "text/html; charset=utf-8")])
                writer.write(SERVER_ERROR_PAGE)
                writer.finish()

    def _discard_input(self, byte_count: int) -> None:
        """Receive at most so many bytes that the client goes on sending: closing with unread ones is a reset.

        A client that is reset while it sends may not see the response, such as a 413.
        """
        buffer = bytearray(SEND_CHUNK_BYTES)
        with suppress(OSError), selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            while byte_count > 0 and selector.select(DISCARD_WAIT_SECONDS):
                if not (received := self._client.receive_into(buffer)):
                    break
                byte_count -= received

    def _respond_and_close(self) -> None:
        """Respond as Werkzeug does, and close the response however the connection ends.

        After each response, Werkzeug reads what the client may still send, and closes the response only if that read
        succeeds. Chromium resets the connection of a redirect whose body it does not read.
        """
        self._environ = {}
        try:
            super().run_wsgi()
        finally:
            if body := self._environ.get(RESPONSE_KEY):
                body.close()
