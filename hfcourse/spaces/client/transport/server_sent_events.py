"""Parser of server-sent events (HTML standard, section 9.2.6), in linear time and bounded memory."""

import re
from collections.abc import Callable, Iterable, Iterator

from hfcourse.errors import CallError

EVENT_END = re.compile(rb"\r?\n\r?\n")


def iter_server_sent_events(
    chunks: Iterable[bytes], cap: int, on_growth: Callable[[int], None] = lambda _size: None
) -> Iterator[bytes]:
    """Yield the joined `data:` lines of each event of an SSE stream, without comments and other fields.

    Each byte is looked at once, however the stream is cut: searching again from the start of a growing
    buffer takes a minute for 60 MB.

    Args:
        cap: the most bytes of one event.
        on_growth: called with the size of the buffer after each chunk, to reserve memory for it.

    Raises:
        CallError: `answer-too-large`, one event is longer than `cap` bytes.
    """
    buffer, searched = bytearray(), 0
    for chunk in chunks:
        buffer += chunk
        while end := EVENT_END.search(buffer, searched):
            event = bytes(buffer[: end.start()])
            del buffer[: end.end()]
            searched = 0
            lines = [line[5:].removeprefix(b" ") for line in event.splitlines() if line.startswith(b"data:")]
            if lines:
                yield b"\n".join(lines)
        searched = max(0, len(buffer) - 3)  # "\r\n\r" may begin a separator
        if len(buffer) > cap:
            raise CallError("answer-too-large")
        on_growth(len(buffer))
