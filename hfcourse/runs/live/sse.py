"""Server-sent events: a run as it changes, over a connection that stays open, which takes a thread of the server.

So there are only so many, a closed one is noticed, none lasts for ever, and the end of the site ends them all.
Whoever is refused asks again and again for the fragment instead.
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, current_app

from hfcourse.runs.live.run_watcher import WatchedRun
from hfcourse.runs.store.models import Run
from hfcourse.server.threads import count_threads

KEEPALIVE_INTERVAL_SECONDS = 5  # a thread learns that the browser has gone when it next writes something
MAX_STREAM_SECONDS = 120
RECONNECT_INTERVAL_SECONDS = 1
# A browser opens six connections to a site: a page in a seventh tab would wait for ever. The rest ask for the fragment.
MAX_STREAMS_PER_VISITOR = 4
# Of its time a stream spends one part in so many on drawing the page, so that a Space that says much shows less often.
RENDER_DUTY_DIVISOR, MAX_PAUSE_SECONDS = 5, 1.0
LINE_END = re.compile(r"\r\n|\r|\n")

FragmentRenderer = Callable[[Run], str]


class StreamSlots:
    """The open streams of this process."""

    def __init__(self) -> None:
        self._open_count = 0
        self._visitor_counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.is_over = False
        # One page is drawn at a time: a hundred threads that draw would leave the requests of others no processor.
        self.render_lock = threading.Lock()

    def acquire(self, environ: dict[str, Any], visitor: str) -> bool:
        """Take a place; False if half of the server's threads hold a stream already, or this visitor has enough."""
        most = count_threads(environ) // 2
        with self._lock:
            if self.is_over or self._open_count >= most or self._visitor_counts[visitor] >= MAX_STREAMS_PER_VISITOR:
                return False
            self._open_count += 1
            self._visitor_counts[visitor] += 1
            return True

    def release(self, visitor: str) -> None:
        """Give the place back."""
        with self._lock:
            self._open_count -= 1
            self._visitor_counts[visitor] -= 1
            self._visitor_counts += Counter()  # forget who has none


def stream_run(followed: WatchedRun, seen: int | None, draw: FragmentRenderer) -> Iterator[str]:
    """The run, drawn whenever something of it is new, as server-sent events; the last is its end.

    Args:
        seen: the cursor of what the browser shows already.
    """
    streams, ends_at, version = get_stream_slots(), time.monotonic() + MAX_STREAM_SECONDS, -1
    # The page knows by the first event that nobody on the way keeps what is sent.
    yield f"retry: {RECONNECT_INTERVAL_SECONDS * 1000}\nevent: suivi\ndata: oui\n\n"
    while not (streams.is_over or followed.is_over) and time.monotonic() < ends_at:
        if not followed.wait_for_change(version, KEEPALIVE_INTERVAL_SECONDS):
            yield ": battement\n\n"
            continue
        version, run = followed.version, followed.run
        if run is None:
            return
        if run.cursor != seen or run.status == "queued":  # its place in our own queue is no event
            begun = time.monotonic()
            with streams.render_lock:
                drawn = draw(run)
            yield format_event(run.cursor, drawn)
            seen = run.cursor
            time.sleep(min((time.monotonic() - begun) * (RENDER_DUTY_DIVISOR - 1), MAX_PAUSE_SECONDS))
        if run.is_finished:
            return


def format_event(cursor: int, html: str) -> str:
    """A fragment as the browser's EventSource reads it."""
    lines = "\n".join(f"data: {line}" for line in LINE_END.split(html))
    return f"id: {cursor}\n{lines}\n\n"


def get_stream_slots() -> StreamSlots:
    """The streams of this process."""
    return current_app.extensions["streams"]


def init_app(app: Flask) -> None:
    """Make room for the streams of this process."""
    app.extensions["streams"] = StreamSlots()
