"""Writer of traces: those of half a second in one transaction, which costs more than its rows.

A trace is read by a person, a moment later; the result of a run never waits for it. A process that is told to end
writes what is pending; of one that is killed the last half second is lost, and the page of the trace says so.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from hfcourse.runs.store import run_traces
from hfcourse.runs.store.run_traces import TracePart

WRITE_INTERVAL_SECONDS = 0.5
MAX_PENDING_PARTS = 200  # more are written at once
MAX_UNPACKED_BYTES = 16_000  # a larger part is packed by the thread that adds it
MAX_ATTEMPTS = 5  # a database that fails for longer loses traces, not memory

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class UnpackedPart:
    """Part of a trace that is masked and serialized by the writer, beside the requests and runs of this process.

    Attributes:
        pack: returns the content; called within an application context.
        size: about how many bytes it holds until then.
    """

    run_id: str
    part: str
    pack: Callable[[], bytes]
    size: int


class TraceWriter:
    """Pending parts of one process, written by a timer."""

    def __init__(self, app: Flask) -> None:
        self._app, self._lock, self._write_lock = app, threading.Lock(), threading.Lock()
        self._pending: list[TracePart | UnpackedPart] = []
        self._failed_attempts = 0
        self._has_timer = self._is_closed = False

    def add(self, part: TracePart | UnpackedPart) -> None:
        """Write this part soon, with the others of the next half second."""
        parts: Sequence[TracePart | UnpackedPart] = [part]
        if isinstance(part, UnpackedPart) and part.size > MAX_UNPACKED_BYTES:
            with self._app.app_context():
                parts = pack_parts(parts)
        with self._lock:
            self._pending += parts
            is_full = len(self._pending) >= MAX_PENDING_PARTS
        if self._is_closed or is_full or not self._start_timer():
            self.flush()

    def _start_timer(self) -> bool:
        """Have the pending parts written in half a second; return False if no thread can be started."""
        with self._lock:
            if self._has_timer:
                return True
            self._has_timer = True
        timer = threading.Timer(WRITE_INTERVAL_SECONDS, self.flush)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # the interpreter is shutting down, or the limit of threads is reached
            self._has_timer = False
            return False
        return True

    def flush(self) -> None:
        """Write all pending parts now; those that another thread is writing are stored when this returns."""
        with self._write_lock:
            with self._lock:
                pending, self._pending = self._pending, []
                self._has_timer = False  # one that has not fired finds nothing, or writes a little earlier
            if pending:
                self._write(pending)

    def _write(self, pending: Sequence[TracePart | UnpackedPart]) -> None:
        """Pack and write these parts, or put them back; the caller holds the write lock."""
        with self._app.app_context():
            parts = pack_parts(pending)
            is_stored = not parts or write_parts(parts)
        self._failed_attempts = 0 if is_stored else self._failed_attempts + 1
        if 0 < self._failed_attempts < MAX_ATTEMPTS and not self._is_closed:
            self._put_back(parts)

    def _put_back(self, parts: list[TracePart]) -> None:
        """Have parts that could not be stored written again in half a second."""
        with self._lock:
            self._pending[:0] = parts
        self._start_timer()

    def close(self) -> None:
        """Write all pending parts, and later ones at once: the process ends."""
        self._is_closed = True
        self.flush()


def pack_parts(parts: Sequence[TracePart | UnpackedPart]) -> list[TracePart]:
    """Return parts as they are stored, without those whose packing fails: a bug there must lose no other part."""
    packed = []
    for part in parts:
        try:
            packed.append(part if isinstance(part, TracePart) else TracePart(part.run_id, part.part, part.pack()))
        except Exception as error:
            name = type(error).__name__
            log.error(
                "Part %r of the trace of run %s is lost: %s", part.part, part.run_id, name, exc_info=current_app.debug
            )
    return packed


def write_parts(parts: Sequence[TracePart]) -> bool:
    """Store parts; return False if the database fails, which is only logged: without them runs are complete."""
    try:
        run_traces.store_traces(parts)
    except SQLAlchemyError as error:
        log.warning("Traces could not be stored: %s", type(error).__name__)
        return False
    return True


def get_writer(app: Flask | None = None) -> TraceWriter:
    """Return the writer of this application, the current one if none is given."""
    writer: TraceWriter = (app or current_app).extensions["trace_writer"]
    return writer


def init_app(app: Flask) -> None:
    """Create the writer."""
    app.extensions["trace_writer"] = TraceWriter(app)
