"""Read JSON while it arrives: an object member by member, each value copied up to a limit or skipped. Pure.

A whole text of 30 MB parsed takes ten times its size as Python objects. Here only what is copied is kept; what is
skipped is searched for its end and forgotten. The text is not validated: that is left to whoever parses the copy.
"""

import re
from collections.abc import Iterable, Iterator

# Possessive quantifiers never backtrack: linear in time whatever the text.
# What is between two brackets: whole strings, numbers, words, commas.
FLAT_RUN = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")++', re.DOTALL)
STRING_PART = re.compile(rb'(?:[^"\\]++|\\.)++', re.DOTALL)
JSON_WHITESPACE = b" \t\r\n"
WHITESPACE_RUN = re.compile(rb"[ \t\r\n]*+")
SEPARATOR_RUN = re.compile(rb"[ \t\r\n,]*+")
END_OF_SCALAR = re.compile(rb"[,\]}]")
# Of one text: each bracket, and what is between two, costs a step of Python, about a microsecond; a member some more.
MAX_STEPS, STEPS_PER_MEMBER = 2_000_000, 4
MAX_KEY_BYTES = 4_000


class TooManySteps(ValueError):
    """The text has more brackets, and members, than may be read."""


class JsonStream:
    """A cursor in a JSON text that arrives in pieces.

    Raises (every method):
        ValueError: the text ends too early, or is no JSON.
        TooManySteps: it has too many brackets.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer, self._position = b"", 0
        self._steps_left = MAX_STEPS

    def peek_byte(self) -> bytes:
        """Return the next byte that is not blank, without taking it."""
        return self._skip_match(WHITESPACE_RUN)

    def iter_members(self) -> Iterator[bytes]:
        """Yield the key of each member of the object that begins here, as JSON text; the caller takes its value."""
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
        """Yield once for each item of the array that begins here; the caller takes it."""
        self._expect_byte(b"[")
        while self._skip_match(SEPARATOR_RUN) != b"]":
            self._spend_steps(STEPS_PER_MEMBER)
            yield
        self._expect_byte(b"]")

    def copy_value(self, max_bytes: int) -> bytes | None:
        """Take the next value and return its text, None if that has more bytes."""
        kept, size, depth = [], 0, 0
        while True:
            piece = self._next_piece(depth)
            size += len(piece)
            if size <= max_bytes:
                kept.append(piece)
            else:
                kept.clear()
            depth += piece in (b"[", b"{")
            depth -= piece in (b"]", b"}")
            if depth == 0:
                return b"".join(kept) if size <= max_bytes else None

    def skip_value(self) -> None:
        """Take the next value and forget it."""
        self.copy_value(0)

    def _next_piece(self, depth: int) -> bytes:
        """Take a bracket or what is between two; outside of every bracket one string or scalar."""
        self._spend_steps(1)
        first = self.peek_byte()
        if first in (b"[", b"{", b"]", b"}"):
            self._position += 1
            return first
        if depth and (found := FLAT_RUN.match(self._buffer, self._position)):
            self._position = found.end()
            return found[0]
        return self._read_string() if first == b'"' else self._read_scalar()

    def _read_string(self) -> bytes:
        """Take a string, whose pieces may be in several chunks."""
        pieces = [b'"']
        self._position += 1
        while True:
            if self._position == len(self._buffer):
                self._fill_buffer()
            byte = self._buffer[self._position : self._position + 1]
            if byte == b'"':
                self._position += 1
                return b"".join([*pieces, b'"'])
            found = STRING_PART.match(self._buffer, self._position)
            if found is None:  # a backslash at the end of a chunk
                self._fill_buffer()
                continue
            pieces.append(found[0])
            self._position = found.end()

    def _read_scalar(self) -> bytes:
        """Take a number or a word, up to what ends it."""
        pieces = []
        while True:
            found = END_OF_SCALAR.search(self._buffer, self._position)
            pieces.append(self._buffer[self._position : found.start() if found else len(self._buffer)])
            self._position += len(pieces[-1])
            if found:
                if not (text := b"".join(pieces).strip(JSON_WHITESPACE)):
                    raise ValueError("no value")
                return text
            self._fill_buffer()

    def _spend_steps(self, steps: int) -> None:
        self._steps_left -= steps
        if self._steps_left < 0:
            raise TooManySteps("too many brackets")

    def _skip_match(self, expression: re.Pattern[bytes]) -> bytes:
        """Take what the expression matches, in as many chunks as it goes on; return the byte after it."""
        while True:
            self._position = expression.match(self._buffer, self._position).end()  # type: ignore[union-attr]
            if self._position < len(self._buffer):
                return self._buffer[self._position : self._position + 1]
            self._fill_buffer()

    def _expect_byte(self, wanted: bytes) -> None:
        if self.peek_byte() != wanted:
            raise ValueError(f"no {wanted.decode()}")
        self._position += 1

    def _fill_buffer(self) -> None:
        """Append the next chunk to what is left of the buffer."""
        chunk = next(self._chunks, None)
        if chunk is None:
            raise ValueError("the text ends too early")
        self._buffer, self._position = self._buffer[self._position :] + chunk, 0
