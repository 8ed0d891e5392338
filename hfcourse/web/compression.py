"""Compression of responses: Flask-Compress for all pages, and functions for a page that a cache keeps compressed."""

import gzip
from typing import NamedTuple

import brotli
from flask import Flask, request
from flask_compress import Compress

compress = Compress()
ENCODINGS = ["br", "gzip"]  # the first of equals is chosen


class CompressionLevel(NamedTuple):
    """Effort of each encoding, higher for a smaller body."""

    br: int
    gzip: int


# 5 is the first level of brotli that beats gzip on our pages. 11 needs a tenth of a second for a lesson, and saves a
# tenth of its size: for bodies that are compressed once.
FAST, SMALLEST = CompressionLevel(br=5, gzip=6), CompressionLevel(br=11, gzip=9)


def choose_encoding() -> str:
    """Return the content encoding for the response to this request, '' for none."""
    return request.accept_encodings.best_match(ENCODINGS) or ""


def compress_bytes(content: bytes, encoding: str, level: CompressionLevel) -> bytes:
    """Compress a body in one of ENCODINGS."""
    if encoding == "br":
        return bytes(brotli.compress(content, quality=level.br))
    return gzip.compress(content, level.gzip, mtime=0)


def decompress_bytes(content: bytes, encoding: str) -> bytes:
    """Reverse `compress_bytes` for a body of this site; one without an encoding is returned as it is."""
    if encoding == "br":
        return bytes(brotli.decompress(content))
    return gzip.decompress(content) if encoding == "gzip" else content


def init_app(app: Flask) -> None:
    """Compress every response that has no Content-Encoding of its own."""
    app.config.update(
        COMPRESS_MIMETYPES=["text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"],
        COMPRESS_ALGORITHM=ENCODINGS,
        COMPRESS_BR_LEVEL=FAST.br,
        COMPRESS_LEVEL=FAST.gzip,
        COMPRESS_ALGORITHM_STREAMING=["br", "deflate"],  # static files; the library has no gzip there
        COMPRESS_DEFLATE_LEVEL=9,  # browsers cache static files: one download for each visitor
    )
    compress.init_app(app)
