"""Parts of recorded HTTP messages as texts that a page can show: heads, bodies, events. Pure."""

import json
import re
from dataclasses import dataclass

from hfcourse.errors import CallError
from hfcourse.spaces.untrusted.safe_json import parse_untrusted_json

MAX_INDENTED_CHARACTERS = 40_000  # of JSON: deep nesting grows with each line's indentation
BINARY_PREVIEW_BYTES, BYTES_PER_LINE = 256, 16
# Control and format characters, which a terminal would obey and a page would hide or reorder.
INVISIBLE_CHARACTER = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff]"
)
EVENT_END = re.compile(r"\r?\n\r?\n")


@dataclass(frozen=True)
class MessageHead:
    """Start line and headers of a message, name and value as they were sent."""

    start_line: str
    headers: tuple[tuple[str, str], ...]

    def get_header(self, name: str) -> str:
        """Return the value of a header in lower case, '' if absent."""
        return next((value.lower() for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True)
class BodyText:
    """Body for a page: `kind` is `json`, `text`, `binary` or `empty`."""

    kind: str
    text: str = ""


def split_message(message: bytes) -> tuple[MessageHead, bytes]:
    """Split a message into its head and its body."""
    head, _, body = message.partition(b"\r\n\r\n")
    return parse_head(head), body


def parse_head(head: bytes) -> MessageHead:
    """Parse the head of a message; invisible characters are shown by their code."""
    start_line, *lines = head.decode("utf-8", "replace").strip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = tuple((show_invisible(name), show_invisible(value.strip())) for name, _, value in pairs)
    return MessageHead(show_invisible(start_line), headers)


def show_invisible(text: str) -> str:
    """Replace control and format characters by their code: a Space may send what a terminal or a page obeys."""
    return INVISIBLE_CHARACTER.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def decode_body(body: bytes, content_type: str = "") -> BodyText:
    """Return a body as text: JSON is indented, binary data becomes a short hexadecimal dump."""
    if not body:
        return BodyText("empty")
    if is_binary(body, content_type):
        return BodyText("binary", dump_bytes(body[:BINARY_PREVIEW_BYTES]))
    text = body.decode("utf-8", "replace")
    if body.lstrip()[:1] in (b"{", b"["):
        indented = indent_json(body)
        if indented:
            return BodyText("json", show_invisible(indented))
    return BodyText("text", show_invisible(text.replace("\r\n", "\n")))


def is_binary(body: bytes, content_type: str) -> bool:
    """Is this no text? A sample may end within a UTF-8 character, and an upload is binary between its text lines."""
    if content_type.startswith(("image/", "audio/", "video/", "application/octet-stream")) or b"\0" in body:
        return True
    decoded = body.decode("utf-8", "replace")
    return decoded.count("\ufffd") > max(1, len(decoded) // 20)


def indent_json(body: bytes) -> str:
    """Return JSON with one member a line, '' if it is none, or if that would be too long."""
    try:
        indented = json.dumps(parse_untrusted_json(body), ensure_ascii=False, indent=2)
    except (CallError, RecursionError):
        return ""
    return indented if len(indented) <= MAX_INDENTED_CHARACTERS else ""


def dump_bytes(data: bytes) -> str:
    """Return bytes in hexadecimal, with those that are ASCII beside them."""
    lines = []
    for start in range(0, len(data), BYTES_PER_LINE):
        piece = data[start : start + BYTES_PER_LINE]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        lines.append(f"{start:04x}  {piece.hex(' '):<{BYTES_PER_LINE * 3 - 1}}  {text}")
    return "\n".join(lines)


def split_events(body: bytes) -> list[bytes]:
    """Split an event stream into its whole events; a cut one at its end is left out."""
    text = body.decode("latin-1")
    return [part.encode("latin-1") for part in EVENT_END.split(text)[:-1] if part.strip()]


def read_event_data(event: bytes) -> bytes:
    """Return the joined `data:` lines of an event."""
    lines = [line[5:].removeprefix(b" ") for line in event.splitlines() if line.startswith(b"data:")]
    return b"\n".join(lines)


def read_event_name(event: bytes) -> str:
    """Return the `event:` field of an event, '' if it has none: the REST routes of Gradio name their events there."""
    names = [line[6:].strip() for line in event.splitlines() if line.startswith(b"event:")]
    return names[-1].decode("utf-8", "replace") if names else ""


def get_event_message(data: bytes) -> str:
    """Return the kind of a Gradio event, its `msg`; '' if it has none."""
    try:
        message = parse_untrusted_json(data).get("msg")
    except (CallError, AttributeError):
        return ""
    return message if isinstance(message, str) else ""
