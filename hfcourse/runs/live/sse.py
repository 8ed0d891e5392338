"""Server-sent events: renders of a run over an open connection, which occupies a server thread.

Therefore streams are limited in number, detect a closed connection, time out and end at shutdown. A
rejected client polls the fragment instead.
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from flask import Flask, current_app

from hfcourse.runs.live.fragments import FragmentRenderer
from hfcourse.runs.live.run_watcher import WatchedRun
from hfcourse.runs.queue import shutdown
from hfcourse.server.threads import count_threads

KEEPALIVE_INTERVAL_SECONDS = 5  # a closed connection is detected by the next write
MAX_STREAM_SECONDS = 120
RECONNECT_INTERVAL_SECONDS = 1
# A browser opens six connections to a site: a page in a seventh tab would block. Further tabs poll the fragment.
MAX_STREAMS_PER_VISITOR = 4
# Throttle: a stream renders for at most one part in RENDER_DUTY_DIVISOR of its time.
RENDER_DUTY_DIVISOR, MAX_PAUSE_SECONDS = 5, 1.0
LINE_END = re.compile(r"\r\n|\r|\n")


class StreamSlots:
    """Semaphore for the open streams of this process, with a limit per visitor."""

    def __init__(self) -> None:
        self._open_count = 0
        self._visitor_counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.is_over = False
        # One page is rendered at a time: a hundred rendering threads would starve other requests.
        self.render_lock = threading.Lock()

    def acquire(self, environ: dict[str, Any], visitor: str) -> bool:
        """Acquire a slot; return False if half of the server threads stream, or at the visitor's limit."""
        max_streams = count_threads(environ) // 2
        with self._lock:
            if (
                self.is_over
                or self._open_count >= max_streams
                or self._visitor_counts[visitor] >= MAX_STREAMS_PER_VISITOR
            ):
                return False
            self._open_count += 1
            self._visitor_counts[visitor] += 1
            return True

    def close(self) -> None:
        """End the open streams and open no more; without a lock, for a signal handler's thread."""
        self.is_over = True

    def release(self, visitor: str) -> None:
        """Release the slot."""
        with self._lock:
            self._open_count -= 1
            self._visitor_counts[visitor] -= 1
            self._visitor_counts += Counter()  # drop the zero counts


def stream_run(watched: WatchedRun, seen: int | None, render: FragmentRenderer) -> Iterator[str]:
    """Yield the rendered run at each change, as server-sent events, until it has finished.

    Args:
        seen: cursor of the state that the browser shows already.
    """
    streams, ends_at, version = get_stream_slots(), time.monotonic() + MAX_STREAM_SECONDS, -1
    # The first event proves to the page that no proxy buffers the stream.
    yield f"retry: {RECONNECT_INTERVAL_SECONDS * 1000}\nevent: suivi\ndata: oui\n\n"
    while not (streams.is_over or watched.is_over) and time.monotonic() < ends_at:
        if not watched.wait_for_change(version, KEEPALIVE_INTERVAL_SECONDS):
            yield ": battement\n\n"
            continue
        version, run = watched.version, watched.run
        if run is None:
            return
        if run.cursor != seen or run.status == "queued":  # a queue position is not stored as an event
            started_at = time.monotonic()
            with streams.render_lock:
                html = render(run)
            yield format_event(run.cursor, html)
            seen = run.cursor
            time.sleep(min((time.monotonic() - started_at) * (RENDER_DUTY_DIVISOR - 1), MAX_PAUSE_SECONDS))
        if run.is_finished:
            return


def format_event(cursor: int, html: str) -> str:
    """Serialize a fragment as a server-sent event."""
    lines = "\n".join(f"data: {line}" for line in LINE_END.split(html))
    return f"id: {cursor}\n{lines}\n\n"


def get_stream_slots() -> StreamSlots:
    """Return the stream slots of this process."""
    slots: StreamSlots = current_app.extensions["streams"]
    return slots


def init_app(app: Flask) -> None:
    """Create the stream slots of this process; they close with it."""
    slots = app.extensions["streams"] = StreamSlots()
    shutdown.get_shutdown_hooks(app).end_streams.append(slots.close)
