"""Responses that serve stored files: in a page, as a download, in ranges; an SVG for an `img` alone."""

import re
from typing import Any

from flask import Response, abort, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from hfcourse.files.file_store import FileHandle

SVG_HEAD_BYTES = 2_000
SVG_PATTERN = re.compile(rb"(\xef\xbb\xbf)?\s*(<(\?xml|!doctype svg|!--)[^>]*>\s*){0,9}<svg[\s>]", re.IGNORECASE)
# Served from our origin, a file must not be rendered as a page of ours.
FILE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}


def make_file_response(handle: FileHandle) -> Response:
    """Return the response that serves a file: inline for browser types, else as a download.

    A range request gets 206, as browsers send to seek in a sound or a video, or 416 for an
    unsatisfiable one. The whole file is sent for no range, and for several.

    Raises:
        FileNotFoundError: its bytes are gone.
        OSError: the storage does not respond.
    """
    requested_range = request.range
    is_part = requested_range is not None and requested_range.units == "bytes" and len(requested_range.ranges) == 1
    response = stream_file(handle, handle.media_type, as_attachment=not handle.is_inline, download_name=handle.name)
    try:
        if is_part:
            response.make_conditional(request, accept_ranges=True, complete_length=handle.size)
    except RequestedRangeNotSatisfiable:
        response.close()
        response = Response(status=416, headers={"Content-Range": f"bytes */{handle.size}"}, mimetype=handle.media_type)
    response.headers.update(FILE_HEADERS)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def stream_file(handle: FileHandle, mimetype: str, **options: Any) -> Response:
    """Return a response that streams a file in chunks, each read on demand."""
    response = send_file(handle.open(), mimetype=mimetype, max_age=0, etag=False, conditional=False, **options)
    response.content_length = handle.size
    return response


def is_svg(handle: FileHandle) -> bool:
    """Is this SVG? Only an `img` may render it, since it can contain scripts. Raises OSError, FileNotFoundError."""
    with handle.open() as file:
        return bool(SVG_PATTERN.match(file.read(SVG_HEAD_BYTES)))


def make_svg_response(handle: FileHandle) -> Response:
    """Return the response that serves SVG to an `img`; 404 for other files. Raises OSError, FileNotFoundError."""
    if not is_svg(handle):
        abort(404)
    response = stream_file(handle, "image/svg+xml")
    response.headers.update(FILE_HEADERS)
    response.headers["Content-Security-Policy"] += "; style-src 'unsafe-inline'"
    return response
