"""Streaming reader of JSON: an object member by member, each value copied up to a limit or skipped. Pure.

A JSON text of 30 MB uses ten times its size when parsed to Python objects. Here only copied values
are buffered; a skipped value is scanned for its end and discarded. The text is not validated: that
is left to the parser of the copy.
"""

import re
from collections.abc import Iterable, Iterator

# Possessive quantifiers never backtrack: linear in time for every text.
# Text between two brackets: whole strings, numbers, words, commas.
FLAT_RUN = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")++', re.DOTALL)
STRING_PART = re.compile(rb'(?:[^"\\]++|\\.)++', re.DOTALL)
JSON_WHITESPACE = b" \t\r\n"
WHITESPACE_RUN = re.compile(rb"[ \t\r\n]*+")
SEPARATOR_RUN = re.compile(rb"[ \t\r\n,]*+")
END_OF_SCALAR = re.compile(rb"[,\]}]")
# Limit of one text: each bracket, and the text between two, costs a Python step of about a
# microsecond; a member costs more.
MAX_STEPS, STEPS_PER_MEMBER = 2_000_000, 4
MAX_KEY_BYTES = 4_000


class TooManySteps(ValueError):
    """The text exceeds the limit of brackets and members."""


class JsonStream:
    """Cursor in a JSON text that arrives in chunks.

    Raises (every method):
        ValueError: the text ends too early, or is not JSON.
        TooManySteps: it has too many brackets.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer, self._position = b"", 0
        self._steps_left = MAX_STEPS

    def peek_byte(self) -> bytes:
        """Return the next non-blank byte without consuming it."""
        return self._skip_match(WHITESPACE_RUN)

    def iter_members(self) -> Iterator[bytes]:
        """Yield the key of each member of the object at the cursor, as JSON text; the caller consumes its value."""
        self._expect_byte(b"{")
        while (first := self._skip_match(SEPARATOR_RUN)) != b"}":
            if first != b'"':
                raise ValueError("no key")
            self._spend_steps(STEPS_PER_MEMBER)
            key = self.copy_value(MAX_KEY_BYTES)
            if key is None:
                raise ValueError("a key is too long")
            self._expect_byte(b":")
            yield key
        self._expect_byte(b"}")

    def iter_items(self) -> Iterator[None]:
        """Yield once per item of the array at the cursor; the caller consumes it."""
        self._expect_byte(b"[")
        while self._skip_match(SEPARATOR_RUN) != b"]":
            self._spend_steps(STEPS_PER_MEMBER)
            yield
        self._expect_byte(b"]")

    def copy_value(self, max_bytes: int) -> bytes | None:
        """Consume the next value and return its text, None if that is longer than `max_bytes`."""
        pieces, size, depth = [], 0, 0
        while True:
            piece = self._next_piece(depth)
            size += len(piece)
            if size <= max_bytes:
                pieces.append(piece)
            else:
                pieces.clear()
            depth += piece in (b"[", b"{")
            depth -= piece in (b"]", b"}")
            if depth == 0:
                return b"".join(pieces) if size <= max_bytes else None

    def skip_value(self) -> None:
        """Consume and discard the next value."""
        self.copy_value(0)

    def _next_piece(self, depth: int) -> bytes:
        """Consume a bracket or the text between two; outside of all brackets one string or scalar."""
        self._spend_steps(1)
        first = self.peek_byte()
        if first in (b"[", b"{", b"]", b"}"):
            self._position += 1
            return first
        if depth and (match := FLAT_RUN.match(self._buffer, self._position)):
            self._position = match.end()
            return match[0]
        return self._read_string() if first == b'"' else self._read_scalar()

    def _read_string(self) -> bytes:
        """Consume a string, which may span several chunks."""
        pieces = [b'"']
        self._position += 1
        while True:
            if self._position == len(self._buffer):
                self._fill_buffer()
            byte = self._buffer[self._position : self._position + 1]
            if byte == b'"':
                self._position += 1
                return b"".join([*pieces, b'"'])
            match = STRING_PART.match(self._buffer, self._position)
            if match is None:  # a backslash at the end of a chunk
                self._fill_buffer()
                continue
            pieces.append(match[0])
            self._position = match.end()

    def _read_scalar(self) -> bytes:
        """Consume a number or a word."""
        pieces = []
        while True:
            match = END_OF_SCALAR.search(self._buffer, self._position)
            pieces.append(self._buffer[self._position : match.start() if match else len(self._buffer)])
            self._position += len(pieces[-1])
            if match:
                if not (text := b"".join(pieces).strip(JSON_WHITESPACE)):
                    raise ValueError("no value")
                return text
            self._fill_buffer()

    def _spend_steps(self, steps: int) -> None:
        self._steps_left -= steps
        if self._steps_left < 0:
            raise TooManySteps("too many brackets")

    def _skip_match(self, expression: re.Pattern[bytes]) -> bytes:
        """Consume what the expression matches, across chunks; return the byte after it."""
        while True:
            self._position = expression.match(self._buffer, self._position).end()  # type: ignore[union-attr]
            if self._position < len(self._buffer):
                return self._buffer[self._position : self._position + 1]
            self._fill_buffer()

    def _expect_byte(self, expected: bytes) -> None:
        if self.peek_byte() != expected:
            raise ValueError(f"no {expected.decode()}")
        self._position += 1

    def _fill_buffer(self) -> None:
        """Append the next chunk to the rest of the buffer."""
        chunk = next(self._chunks, None)
        if chunk is None:
            raise ValueError("the text ends too early")
        self._buffer, self._position = self._buffer[self._position :] + chunk, 0
