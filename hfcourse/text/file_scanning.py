"""Scanner of files for access tokens, including compressed containers, within a budget.

Tokens are sent by mistake in a `.env`, a notebook, an office document (a zip of XML), an archive. The file is read in
overlapping windows, so that it is never whole in memory and other threads can run in between. Compressed streams are
found by their signatures, because a zip's directory may be broken or list millions of entries. Data over the budget is
not searched: this protects against mistakes, not against hiding a token on purpose.
"""

import codecs
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from hfcourse.text import token_search
from hfcourse.text.token_search import SearchBudget

WINDOW_BYTES, OVERLAP_BYTES, FIRST_READ_BYTES = 262_144, 2_048, 16_384
MAX_INFLATED_BYTES, MAX_COMPRESSION_RATIO, MAX_MEMBERS = 20_000_000, 200, 1_000
MIN_ALLOWED_BYTES = 1_000_000  # of a member, regardless of its ratio
MAX_NESTED_BYTES, MAX_NESTING = 5_000_000, 1
# Limit for the search for other spellings, over all files of a request: enough for a notebook, not for a film.
MAX_DECODED_BYTES = 2_000_000
# A plain token, and one in UTF-16 or UTF-32 (either byte order), where the same number of NULs separates all letters.
# Matched on bytes in lower case, which is several times as fast as a pattern that ignores case.
PLAIN_TOKEN_BYTES = re.compile(rb"hf_(?:oauth_|jwt_)?[a-z0-9]{20}|api_org_[a-z0-9]{20}")
WIDE_TOKEN = re.compile(
    rb"h(\0{1,3})f\1_(?:(?:\1[a-z0-9]){20}|\1[oj](?:\1[a-z0-9]){2,4}\1_(?:\1[a-z0-9]){20})"
    rb"|a(\0{1,3})p\2i\2_\2o\2r\2g\2_(?:\2[a-z0-9]){20}"
)
# Local header of a deflated zip member: its name and extra field follow these 30 bytes.
ZIP_MEMBER = re.compile(rb"PK\x03\x04..[^\x01\x03\x05\x07].\x08\x00.{16}(..)(..)", re.DOTALL)
ZIP_START, GZIP_START = b"PK\x03\x04", b"\x1f\x8b\x08"
UTF_16_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# Word processors put markup inside words; the end of a paragraph or cell also ends a word.
MARKUP_GAP = re.compile(rb"</(?:w:p|w:tc|text:p|text:h|table:table-cell|a:p|si|c|v)>")
JSON_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[nr])")
MARKUP = re.compile(rb"<[^<>]*>")


class ReadableFile(Protocol):
    """Open binary file."""

    def read(self, size: int = -1, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...


@dataclass
class ScanBudget:
    """Remaining budget of a request for decompression and for the search of other spellings."""

    inflated_bytes: int = MAX_INFLATED_BYTES
    members: int = MAX_MEMBERS
    decoded_bytes: int = MAX_DECODED_BYTES
    search: SearchBudget = field(default_factory=SearchBudget)


def file_holds_token(file: ReadableFile, known: str = "", budget: ScanBudget | None = None, nesting: int = 0) -> bool:
    """Is there a possible token in a file of any type?

    Args:
        file: is read from its start; its position afterwards is undefined.
        known: a token to find regardless of its pattern.
        budget: shared by the files of one request.
        nesting: number of containers around this one.
    """
    budget = budget or ScanBudget()
    head = read_range(file, 0, WINDOW_BYTES)
    size = file.seek(0, 2)
    if any(window_holds_token(window, known) for _, window in read_windows(file)):
        return True
    if head.startswith((ZIP_START, GZIP_START)):
        members = inflate_members(file, head, budget)
        return nesting <= MAX_NESTING and any(member_holds_token(each, known, budget, nesting) for each in members)
    return size <= budget.decoded_bytes and decoded_text_holds_token(read_range(file, 0, size), known, budget)


def member_holds_token(pieces: Iterator[bytes], known: str, budget: ScanBudget, nesting: int) -> bool:
    """Search one decompressed stream; if it is small enough to buffer, also as a container or text."""
    buffer, tail, size = [], b"", 0
    for piece in pieces:
        if window_holds_token(tail + piece, known):
            return True
        tail = (tail + piece)[-OVERLAP_BYTES:]
        size += len(piece)
        if size <= MAX_NESTED_BYTES:
            buffer.append(piece)
    if size > MAX_NESTED_BYTES:
        return False
    content = b"".join(buffer)
    if content.startswith((ZIP_START, GZIP_START)):
        return file_holds_token(io.BytesIO(content), known, budget, nesting + 1)
    return decoded_text_holds_token(content, known, budget)


def window_holds_token(window: bytes, known: str) -> bool:
    """Is there a token in these bytes, plain or in UTF-16 or UTF-32?"""
    folded = window.lower()
    if PLAIN_TOKEN_BYTES.search(folded) or (known and known.lower().encode() in folded):
        return True
    return b"\0" in folded and bool(
        WIDE_TOKEN.search(folded) or (known and known.lower().encode() in folded.replace(b"\0", b""))
    )


def decoded_text_holds_token(content: bytes, known: str, budget: ScanBudget) -> bool:
    """Is there a token in other letters, in escapes, broken by line ends or markup, in a possible text?"""
    if len(content) > budget.decoded_bytes or not content:
        return False
    budget.decoded_bytes -= len(content)
    if content.startswith(b"<?xml"):
        content = MARKUP.sub(b"", MARKUP_GAP.sub(b"\n\n", content))
    text = JSON_ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else "\n", decode_text(content))
    return token_search.has_token(text, known, budget.search)


def decode_text(content: bytes) -> str:
    """Decode bytes as UTF-16 if they have its byte order mark, otherwise as UTF-8 or Latin-1."""
    if wide := UTF_16_BOMS.get(content[:2]):
        return content.decode(wide, "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def read_range(file: ReadableFile, offset: int, size: int) -> bytes:
    """Read `size` bytes from an offset."""
    file.seek(offset)
    return file.read(size)


def read_windows(file: ReadableFile) -> Iterator[tuple[int, bytes]]:
    """Yield the offset and content of each window of a file; each overlaps the previous one."""
    start, window = 0, read_range(file, 0, WINDOW_BYTES)
    while window:
        yield start, window
        start += len(window) - OVERLAP_BYTES if len(window) > OVERLAP_BYTES else len(window)
        window = read_range(file, start, WINDOW_BYTES + OVERLAP_BYTES)
        if len(window) <= OVERLAP_BYTES:
            return


def inflate_members(file: ReadableFile, head: bytes, budget: ScanBudget) -> Iterator[Iterator[bytes]]:
    """Yield an iterator of decompressed chunks for each deflated stream of a zip, or for that of a gzip."""
    if head.startswith(GZIP_START):
        yield inflate_stream(file, 0, zlib.MAX_WBITS | 16, budget)
        return
    last = -1
    for place, window in read_windows(file):
        for match in ZIP_MEMBER.finditer(window):
            if budget.members <= 0 or budget.inflated_bytes <= 0:
                return
            if place + match.start() > last:  # otherwise it was in the previous window
                last = place + match.start()
                names = sum(int.from_bytes(length, "little") for length in match.groups())
                yield inflate_stream(file, place + match.end() + names, -zlib.MAX_WBITS, budget)


def inflate_stream(file: ReadableFile, start: int, window_bits: int, budget: ScanBudget) -> Iterator[bytes]:
    """Yield decompressed chunks of the stream at `start`, until its end, an error, or a limit of the budget."""
    budget.members -= 1
    stream, at, made, rest = zlib.decompressobj(window_bits), start, 0, b""
    while not stream.eof and budget.inflated_bytes > 0:
        if not rest:
            rest = read_range(file, at, FIRST_READ_BYTES if at == start else WINDOW_BYTES)
            at += len(rest)
            if not rest:
                return
        try:
            piece = stream.decompress(rest, min(WINDOW_BYTES, budget.inflated_bytes))
        except zlib.error:
            return
        rest = stream.unconsumed_tail
        made += len(piece)
        budget.inflated_bytes -= len(piece)
        if piece:
            yield piece
        if made > MIN_ALLOWED_BYTES + MAX_COMPRESSION_RATIO * (at - start):
            return
