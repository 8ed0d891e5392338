"""Request limits and CSRF protection."""

import io
import tempfile
from itertools import chain
from typing import IO, Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Request, current_app, request
from flask_wtf import CSRFProtect
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser, MultiPartParser

from hfcourse.web import compression, cookies, headers, hosts, proxies, security_log

csrf = CSRFProtect()

MAX_FORM_FIELDS = 1_000
MAX_FORM_TEXT_BYTES = 2_000_000
# Each byte of a letter beyond ASCII takes three in a URL-encoded body (`é` is `%C3%A9`).
MAX_URLENCODED_BODY_BYTES = 3 * MAX_FORM_TEXT_BYTES
# A file over the limit is read to its end and discarded, so that the other fields of its form survive;
# a body over this many times the limit is rejected without being read.
BODY_LIMIT_FACTOR = 10
MAX_SPOOL_BYTES = 500_000
# Werkzeug loses a field when a chunk ends inside an empty one (pallets/werkzeug#3285, open at 3.1.9): with its
# 64 kB chunks, a table of 800 cells lost one in two posts out of three. Without a large file no form fills this one.
CHUNK_BYTES = 1_000_000

Part = TypeVar("Part", str, FileStorage)


class CappedUpload(tempfile.SpooledTemporaryFile[bytes]):
    """Spooled upload that discards data once the files of its form exceed the limit in total; see `is_whole`.

    `has_failed` is set when the disk is full; the form is still parsed to its end.
    """

    has_failed = False

    def __init__(self, owner: "LimitedRequest") -> None:
        super().__init__(max_size=MAX_SPOOL_BYTES, mode="wb+")
        self.owner = owner

    @property
    def is_whole(self) -> bool:
        return not (self.owner.is_too_large or self.has_failed)

    def write(self, data: Any) -> int:
        self.owner.uploaded_bytes += len(data)
        if self.is_whole:
            try:
                super().write(data)
                self.flush()  # otherwise a full disk would only be noticed after the form was parsed
            except OSError:
                self._discard_content()
        return len(data)

    def _discard_content(self) -> None:
        self.has_failed, self._file = True, io.BytesIO()


class LargeChunkFormParser(FormDataParser):
    """Werkzeug's form parser with chunks of CHUNK_BYTES, and a limit on the fields of a URL-encoded form."""

    def _parse_urlencoded(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        body = stream.read()
        if body.count(b"&") >= MAX_FORM_FIELDS:  # before millions of empty fields are built
            raise RequestEntityTooLarge
        return super()._parse_urlencoded(io.BytesIO(body), mimetype, content_length, options)

    def _parse_multipart(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        boundary = options.get("boundary", "").encode("ascii")
        if not boundary:
            raise ValueError("no boundary")
        parser = MultiPartParser(
            self.stream_factory, self.max_form_memory_size, self.cls, CHUNK_BYTES, self.max_form_parts
        )
        form, files = parser.parse(stream, boundary, content_length)
        return stream, self._drop_unnamed(form), self._drop_unnamed(files)

    def _drop_unnamed(self, parts: MultiDict[str, Part]) -> MultiDict[str, Part]:
        """Remove the parts whose name Werkzeug cannot parse: their key is None."""
        if None not in parts:
            return parts
        return self.cls(pair for pair in parts.items(multi=True) if pair[0] is not None)


class LimitedRequest(Request):
    """Request whose form survives a file over the limit, which sets `is_too_large`."""

    form_data_parser_class = LargeChunkFormParser
    uploaded_bytes = 0
    upload_limit_bytes = 0

    @property
    def is_too_large(self) -> bool:
        return self.uploaded_bytes > self.upload_limit_bytes

    def _load_form_data(self) -> None:
        """Parse the form and enforce the limits on fields and text.

        Werkzeug limits neither the size nor the number of fields of a form without files.
        """
        if self.mimetype == "application/x-www-form-urlencoded":
            self.max_content_length = MAX_URLENCODED_BODY_BYTES
        super()._load_form_data()
        if sum(map(len, self.form.listvalues())) > MAX_FORM_FIELDS:
            raise RequestEntityTooLarge
        # Werkzeug limits each field; a rejected form is rendered with all its texts, so their sum is limited too.
        if sum(map(len, chain.from_iterable(self.form.listvalues()))) > MAX_FORM_TEXT_BYTES:
            raise RequestEntityTooLarge

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        self.upload_limit_bytes = current_app.config["UPLOAD_LIMIT_BYTES"]
        return CappedUpload(self)


def is_upload_too_large() -> bool:
    """Did the files of this form exceed the limit? Its other fields are complete."""
    return cast(LimitedRequest, request).is_too_large


def is_cross_site() -> bool:
    """Was this form submitted by a page of another site?

    For forms of pages that must not set a cookie, so that no CSRF token can be checked. Browsers send Sec-Fetch-Site,
    and on plain http only Origin; a client that sends neither is no browser, and holds no visitor's cookie to abuse.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site not in {"same-origin", "none"}
    return origin is not None and parse_authority(origin) != request.host


def parse_authority(url: str) -> str | None:
    """Return host and port of `url`, or None if it cannot be parsed (`http://[`)."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return None


def drop_malformed_referrer() -> None:
    """Remove a Referer that cannot be parsed: Flask-WTF raises ValueError for it, but rejects a missing one cleanly."""
    if parse_authority(request.environ.get("HTTP_REFERER", "")) is None or not has_valid_port(request.referrer or ""):
        request.environ.pop("HTTP_REFERER")


def has_valid_port(url: str) -> bool:
    """Is the port of `url` a number from 0 to 65535, or absent?"""
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True


def init_app(app: Flask) -> None:
    """Install the request checks (outermost first), then CSRF protection, compression and size limits."""
    for part in (security_log, hosts, proxies, headers, cookies):
        part.init_app(app)
    app.request_class = LimitedRequest
    app.config.update(
        WTF_CSRF_TIME_LIMIT=None,  # a form stays open for a two-hour class
        MAX_CONTENT_LENGTH=app.config["UPLOAD_LIMIT_BYTES"] * BODY_LIMIT_FACTOR,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_TEXT_BYTES,
        MAX_FORM_PARTS=MAX_FORM_FIELDS,
    )
    app.before_request(drop_malformed_referrer)
    csrf.init_app(app)
    compression.init_app(app)
