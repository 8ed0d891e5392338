"""Watcher of the runs that pages follow: one lookup per change serves all subscribers of a process.

A single thread polls. For runs executed by this process it is notified when something is stored
(`store/notifications.py`); for those of other processes it polls the database for all cursors in
one query.
"""

import logging
import threading
import time
import weakref
from collections.abc import Collection, Sequence

from flask import Flask, current_app

from hfcourse.limits import concurrency
from hfcourse.runs.live import run_changes
from hfcourse.runs.queue import dispatcher, shutdown
from hfcourse.runs.store import heartbeat, notifications
from hfcourse.runs.store.models import Run

REMOTE_POLL_INTERVAL_SECONDS = 0.1  # polling interval for the runs of other processes
# Throttle between two polls: a Space that sends an event every millisecond must not cause one each.
MIN_POLL_INTERVAL_SECONDS = 0.04
POSITION_INTERVAL_SECONDS = 1  # polling interval for queue positions
WATCHED_RUN_TTL_SECONDS = 15  # serves pages that poll instead of streaming
REFRESH_TIMEOUT_SECONDS = 2
DATABASE_RETRY_INTERVAL_SECONDS = 1

log = logging.getLogger(__name__)


class WatchedRun:
    """Cached state of a watched run; `version` counts its changes."""

    def __init__(self, run: Run) -> None:
        self.run: Run | None = run  # None once the run is deleted
        self.may_change = not run.is_finished  # an attribute: each poll asks it of every watched run
        self.version = 0
        self.queue_position: tuple[int, int] | None = None  # in the queue of another process
        self.used_at = time.monotonic()
        self.is_over = False
        self._changed = threading.Condition()

    def publish(self, run: Run | None) -> None:
        """Store the new state, or a new queue position alone, and wake the waiting threads."""
        with self._changed:
            self.run, self.version = run, self.version + 1
            self.may_change = run is not None and not run.is_finished
            self._changed.notify_all()

    def release_waiters(self) -> None:
        """Wake the waiting threads at shutdown."""
        with self._changed:
            self.is_over = True
            self._changed.notify_all()

    def wait_for_change(self, version: int, seconds: float) -> bool:
        """Wait, with a timeout, until the version exceeds this one; return whether it does."""
        self.used_at = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: self.version > version or self.is_over, seconds)
            return self.version > version

    @property
    def cursor(self) -> int:
        return self.run.cursor if self.run else 0


class RunWatcher:
    """Registry of the watched runs of this process; its thread lives while there are any."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self._watched: dict[str, WatchedRun] = {}
        self._new_ids: set[str] = set()  # may have changed between the caller's read and the first poll
        self._changed_ids: set[str] = set()
        self._moved_ids: set[str] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._positions_checked_at = 0.0

    def watch_run(self, run: Run) -> WatchedRun:
        """Watch this run until it has not been requested for WATCHED_RUN_TTL_SECONDS."""
        with self._changed:
            watched = self._watched.get(run.id)
            if watched is None:
                watched = self._watched[run.id] = WatchedRun(run)
                self._new_ids.add(run.id)
            watched.used_at = time.monotonic()
            if self._thread is None or not self._thread.is_alive():  # threads do not survive a fork
                self._thread = threading.Thread(target=self._run_loop, daemon=True, name="runs-following")
                self._thread.start()
            self._changed.notify()
        return watched

    def fetch_latest(self, run_id: str) -> Run | None:
        """Return the current state of a run that is watched already, with one light query; else None."""
        with self._changed:
            watched = self._watched.get(run_id)
        if watched is None or watched.run is None:
            return None
        stored = run_changes.fetch_cursors([run_id]).get(run_id)
        if stored is None:
            return None
        deadline = time.monotonic() + REFRESH_TIMEOUT_SECONDS
        while watched.cursor < stored and not watched.is_over and time.monotonic() < deadline:
            version = watched.version
            self.on_changed(run_id)
            with concurrency.release_while_waiting():
                watched.wait_for_change(version, REMOTE_POLL_INTERVAL_SECONDS)
        watched.used_at = time.monotonic()
        return watched.run if watched.cursor >= stored else None

    def on_changed(self, run_id: str) -> None:
        """Mark a run as changed; a callback of the storing thread, so it only sets a flag."""
        with self._changed:
            if run_id in self._watched:
                self._changed_ids.add(run_id)
                self._changed.notify()

    def on_moved(self, run_ids: Collection[str]) -> None:
        """Mark queued runs of this process as moved; their subscribers are notified once a second."""
        with self._changed:
            self._moved_ids.update(run_id for run_id in run_ids if run_id in self._watched)

    def release_all(self) -> None:
        """Release all subscribers at shutdown."""
        with self._changed:
            watched, self._watched = self._watched, {}
        for each in watched.values():
            each.release_waiters()

    def _run_loop(self) -> None:
        while self._has_watched_runs():
            app = self._app()
            if app is None:
                return
            try:
                with app.app_context():
                    self._poll()
            except Exception:  # the database is down: pages show the last state, all runs are polled on its return
                log.exception("The watched runs could not be polled")
                with self._changed:
                    self._changed_ids.update(self._watched)
                time.sleep(DATABASE_RETRY_INTERVAL_SECONDS)
            del app  # or this thread would hold the last reference to the application
            self._wait_for_change()

    def _has_watched_runs(self) -> bool:
        """Expire the runs that are no longer requested; are any left?"""
        oldest = time.monotonic() - WATCHED_RUN_TTL_SECONDS
        with self._changed:
            self._watched = {key: each for key, each in self._watched.items() if each.used_at > oldest}
            if not self._watched:
                self._thread = None
            return bool(self._watched)

    def _wait_for_change(self) -> None:
        time.sleep(MIN_POLL_INTERVAL_SECONDS)
        with self._changed:
            self._changed.wait_for(
                lambda: self._changed_ids or self._new_ids, REMOTE_POLL_INTERVAL_SECONDS - MIN_POLL_INTERVAL_SECONDS
            )

    def _poll(self) -> None:
        """Fetch the changed runs and publish them to their subscribers."""
        with self._changed:
            changed, self._changed_ids = self._changed_ids, set()
            new, self._new_ids = self._new_ids, set()
            watched = dict(self._watched)
        remote = self._list_remote_ids(watched)
        unsure = list({*remote, *(new & watched.keys())} - changed)
        if unsure:
            stored = run_changes.fetch_cursors(unsure)
            changed |= {run_id for run_id in unsure if stored.get(run_id) != watched[run_id].cursor}
        for each in self._collect_moved_runs(watched, remote):
            each.publish(each.run)  # the stored state is unchanged
        known = {run_id: watched[run_id].run for run_id in changed if run_id in watched}
        if known:
            updated = run_changes.fetch_updates({run_id: run for run_id, run in known.items() if run})
            for run_id in known:
                watched[run_id].publish(updated.get(run_id))

    def _collect_moved_runs(self, watched: dict[str, WatchedRun], remote: Sequence[str]) -> list[WatchedRun]:
        """Return the runs whose queue position changed, here or in another process; throttled."""
        if time.monotonic() - self._positions_checked_at < POSITION_INTERVAL_SECONDS:
            return []
        self._positions_checked_at = time.monotonic()
        with self._changed:
            here, self._moved_ids = self._moved_ids, set()
        waiting = [run_id for run_id in remote if is_queued(watched[run_id].run)]
        positions = heartbeat.fetch_queue_positions(waiting) if waiting else {}
        moved = [watched[run_id] for run_id in waiting if watched[run_id].queue_position != positions.get(run_id)]
        for each in moved:
            each.queue_position = positions.get(each.run.id) if each.run else None
        return [*moved, *(watched[run_id] for run_id in here if run_id in watched)]

    def _list_remote_ids(self, watched: dict[str, WatchedRun]) -> list[str]:
        """Return the unfinished runs of other processes, which send no notifications here."""
        active = dispatcher.get_dispatcher().active_run_ids()
        return [run_id for run_id, each in watched.items() if each.may_change and run_id not in active]


def is_queued(run: Run | None) -> bool:
    """Is this a run that has not started?"""
    return run is not None and run.status == "queued"


def get_watcher() -> RunWatcher:
    """Return the watcher of this process."""
    watcher: RunWatcher = current_app.extensions["following"]
    return watcher


def init_app(app: Flask) -> None:
    """Create the watcher and subscribe it; it starts no thread before a run is watched."""
    watcher = app.extensions["following"] = RunWatcher(app)
    notifications.subscribe(app, watcher.on_changed, watcher.on_moved)
    shutdown.get_shutdown_hooks(app).end_streams.append(watcher.release_all)
