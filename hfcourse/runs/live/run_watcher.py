"""The runs that pages follow: each as the database knows it, looked up once for all who follow it in this process.

One thread does all the looking. Of runs that this process executes it hears as something is stored (news.py); for
those of other processes it asks the database in which of them something is new, all of them in one query.
"""

import logging
import threading
import time
import weakref
from collections.abc import Collection, Sequence

from flask import Flask, current_app

from hfcourse.limits import concurrency
from hfcourse.runs.live import run_changes
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.store import heartbeat, notifications
from hfcourse.runs.store.models import Run

REMOTE_POLL_INTERVAL_SECONDS = 0.1  # how often the runs of other processes are looked at
MIN_POLL_INTERVAL_SECONDS = (
    0.04  # between two look-ups: a Space that says something every millisecond is not worth one each time
)
POSITION_INTERVAL_SECONDS = 1  # and how often at their places in the queue
WATCHED_RUN_TTL_SECONDS = 15  # a run that nobody follows stays known for the page that only asks now and then
REFRESH_TIMEOUT_SECONDS = 2
DATABASE_RETRY_INTERVAL_SECONDS = 1

log = logging.getLogger(__name__)


class WatchedRun:
    """A run as it was known a moment ago; `version` counts the times that something of it was new."""

    def __init__(self, run: Run) -> None:
        self.run: Run | None = run  # None once it is deleted
        self.version = 0
        self.queue_position: tuple[int, int] | None = None  # among those that wait for another process
        self.used_at = time.monotonic()
        self.is_over = False
        self._changed = threading.Condition()

    def publish(self, run: Run | None) -> None:
        """Something is new, if only its place in our queue: wake those who wait for it."""
        with self._changed:
            self.run, self.version = run, self.version + 1
            self._changed.notify_all()

    def release_waiters(self) -> None:
        """The site ends: nobody may wait any longer."""
        with self._changed:
            self.is_over = True
            self._changed.notify_all()

    def wait_for_change(self, version: int, seconds: float) -> bool:
        """Wait until something is newer than this version, for some seconds at most; is it?"""
        self.used_at = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: self.version > version or self.is_over, seconds)
            return self.version > version

    @property
    def cursor(self) -> int:
        return self.run.cursor if self.run else 0


class RunWatcher:
    """The followed runs of this process; its thread lives as long as there are any."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self._watched: dict[str, WatchedRun] = {}
        self._changed_ids: set[str] = set()
        self._moved_ids: set[str] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._positions_checked_at = 0.0

    def watch_run(self, run: Run) -> WatchedRun:
        """From now on this run is followed, until nobody has asked about it for a while."""
        with self._changed:
            followed = self._watched.get(run.id)
            if followed is None:
                followed = self._watched[run.id] = WatchedRun(run)
                self._changed_ids.add(run.id)  # for what was stored between this look at the run and the first of ours
            followed.used_at = time.monotonic()
            if self._thread is None or not self._thread.is_alive():  # a fork has no thread but the one that forked
                self._thread = threading.Thread(target=self._run_loop, daemon=True, name="runs-following")
                self._thread.start()
            self._changed.notify()
        return followed

    def fetch_latest(self, run_id: str) -> Run | None:
        """The run as the database knows it now, if it is followed here already: one light query."""
        with self._changed:
            followed = self._watched.get(run_id)
        if followed is None or followed.run is None:
            return None
        stored = run_changes.fetch_cursors([run_id]).get(run_id)
        if stored is None:
            return None
        deadline = time.monotonic() + REFRESH_TIMEOUT_SECONDS
        while followed.cursor < stored and not followed.is_over and time.monotonic() < deadline:
            version = followed.version
            self.on_changed(run_id)
            with concurrency.release_while_waiting():
                followed.wait_for_change(version, REMOTE_POLL_INTERVAL_SECONDS)
        followed.used_at = time.monotonic()
        return followed.run if followed.cursor >= stored else None

    def on_changed(self, run_id: str) -> None:
        """Something of this run was stored; called by whoever stored it, so it only takes a note."""
        with self._changed:
            if run_id in self._watched:
                self._changed_ids.add(run_id)
                self._changed.notify()

    def on_moved(self, run_ids: Collection[str]) -> None:
        """These runs came nearer to their turn in this process; a class that waits is told once a second."""
        with self._changed:
            self._moved_ids.update(run_id for run_id in run_ids if run_id in self._watched)

    def release_all(self) -> None:
        """Let everybody who follows a run go: the process is about to end."""
        with self._changed:
            followed, self._watched = self._watched, {}
        for each in followed.values():
            each.release_waiters()

    def _run_loop(self) -> None:
        while self._has_watched_runs():
            app = self._app()
            if app is None:
                return
            try:
                with app.app_context():
                    self._poll()
            except (
                Exception
            ):  # the database is away: the pages keep what they have, and all is looked up when it is back
                log.exception("The followed runs could not be looked at")
                with self._changed:
                    self._changed_ids.update(self._watched)
                time.sleep(DATABASE_RETRY_INTERVAL_SECONDS)
            del app  # or this thread alone would keep an application that everybody else has left
            self._wait_for_change()

    def _has_watched_runs(self) -> bool:
        """Forget the runs that nobody asks about; are any left?"""
        oldest = time.monotonic() - WATCHED_RUN_TTL_SECONDS
        with self._changed:
            self._watched = {key: each for key, each in self._watched.items() if each.used_at > oldest}
            if not self._watched:
                self._thread = None
            return bool(self._watched)

    def _wait_for_change(self) -> None:
        time.sleep(MIN_POLL_INTERVAL_SECONDS)
        with self._changed:
            self._changed.wait_for(lambda: self._changed_ids, REMOTE_POLL_INTERVAL_SECONDS - MIN_POLL_INTERVAL_SECONDS)

    def _poll(self) -> None:
        """Look up the runs of which something is new, and wake those who follow them."""
        with self._changed:
            told, self._changed_ids = self._changed_ids, set()
            followed = dict(self._watched)
        elsewhere = self._list_remote_ids(followed)
        if elsewhere:
            stored = run_changes.fetch_cursors(elsewhere)
            told |= {run_id for run_id in elsewhere if stored.get(run_id) != followed[run_id].cursor}
        for each in self._collect_moved_runs(followed, elsewhere):
            each.publish(each.run)  # nothing of it is new in the database
        known = {run_id: followed[run_id].run for run_id in told if run_id in followed}
        if known:
            renewed = run_changes.fetch_updates({run_id: run for run_id, run in known.items() if run})
            for run_id in known:
                followed[run_id].publish(renewed.get(run_id))

    def _collect_moved_runs(self, followed: dict[str, WatchedRun], elsewhere: Sequence[str]) -> list[WatchedRun]:
        """Those that came nearer to their turn, here or in another process, since a second ago."""
        if time.monotonic() - self._positions_checked_at < POSITION_INTERVAL_SECONDS:
            return []
        self._positions_checked_at = time.monotonic()
        with self._changed:
            here, self._moved_ids = self._moved_ids, set()
        waiting = [run_id for run_id in elsewhere if is_queued(followed[run_id].run)]
        places = heartbeat.fetch_queue_positions(waiting) if waiting else {}
        nearer = [followed[run_id] for run_id in waiting if followed[run_id].queue_position != places.get(run_id)]
        for each in nearer:
            each.queue_position = places.get(each.run.id) if each.run else None
        return [*nearer, *(followed[run_id] for run_id in here if run_id in followed)]

    def _list_remote_ids(self, followed: dict[str, WatchedRun]) -> list[str]:
        """Those that go on in another process, of which nobody tells us anything."""
        in_hand = dispatcher.get_dispatcher().active_run_ids()
        return [
            run_id
            for run_id, each in followed.items()
            if each.run and not each.run.is_finished and run_id not in in_hand
        ]


def is_queued(run: Run | None) -> bool:
    return run is not None and run.status == "queued"


def get_watcher() -> RunWatcher:
    """What this process follows."""
    return current_app.extensions["following"]


def init_app(app: Flask) -> None:
    """Make it; it starts no thread before somebody follows a run."""
    following = app.extensions["following"] = RunWatcher(app)
    notifications.subscribe(app, following.on_changed, following.on_moved)
