"""Who executes a run, and when: threads of this process, each visitor and each Space within its limits.

Runs wait here in the order they came. A thread of its own for each call in progress (not a
ThreadPoolExecutor, whose threads the interpreter waits for at exit: a call may last two minutes).
"""

import atexit
import logging
import threading
import time
import weakref
from collections import Counter, deque
from dataclasses import dataclass

from flask import Flask, current_app

from hfcourse.runs import news, pruning, store
from hfcourse.runs.execute import execute
from hfcourse.runs.limits import Limits
from hfcourse.spaces.leash import Leash

BEAT_SECONDS = 2
STOP_LOOK_SECONDS = 0.4  # a run is stopped within a second, whichever process was asked
PRUNE_SECONDS = 60

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Waiting:
    """A run that waits for its turn."""

    run_id: str
    visitor: str
    space: str
    keeps_state: bool = False

    @property
    def session(self) -> tuple[str, str] | None:
        """The session at the Space that it speaks in; two calls at once would read each other's answers."""
        return (self.visitor, self.space) if self.keeps_state else None


class Dispatcher:
    """The runs that this process has in hand."""

    def __init__(self, app: Flask, limits: Limits) -> None:
        self._app = weakref.ref(app)
        self.limits = limits
        self._deadline_seconds = app.config["CALL_DEADLINE_SECONDS"]
        self._waiting: deque[Waiting] = deque()
        self._leashes: dict[str, Leash] = {}
        self._visitors: Counter[str] = Counter()
        self._spaces: Counter[str] = Counter()
        self._sessions: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._keeper: threading.Thread | None = None
        self._tended_at, self._pruned_at = -float(BEAT_SECONDS), -float(PRUNE_SECONDS)
        self._pruning = threading.Lock()

    def submit(self, waiting: Waiting) -> None:
        """Have a stored run executed as soon as its turn comes."""
        with self._lock:
            self._waiting.append(waiting)
            self._start_keeper()
        self._start_allowed()

    def stop(self, run_id: str) -> None:
        """Stop a run: at once if it is in hand here, else by the process that has it, which looks for this."""
        store.ask_to_stop(run_id)
        self._let_go(run_id)

    def _let_go(self, run_id: str) -> None:
        """Take a stopped run out of what waits here, or end its call."""
        with self._lock:  # left there it would take a place, and one of its visitor's runs of this minute
            self._waiting = deque(waiting for waiting in self._waiting if waiting.run_id != run_id)
            leash = self._leashes.get(run_id)
        if leash:
            leash.stop()
        self._tell_waiting()

    def place(self, run_id: str) -> tuple[int, int] | None:
        """Runs before this one in our own queue, and how many wait in all; None if it does not wait here."""
        with self._lock:
            ids = [waiting.run_id for waiting in self._waiting]
        return (ids.index(run_id), len(ids)) if run_id in ids else None

    def _tell_waiting(self) -> None:
        """The places in our queue have changed, of which the database knows nothing."""
        app = self._app()
        with self._lock:
            ids = [waiting.run_id for waiting in self._waiting]
        if app and ids:
            with app.app_context():
                for run_id in ids:
                    news.tell(run_id)

    def _start_allowed(self) -> None:
        """Start every waiting run whose visitor, Space and session have room, in the order they came."""
        self._start_those_allowed()
        self._tell_waiting()

    def _start_those_allowed(self) -> None:
        with self._lock:
            for waiting in list(self._waiting):
                if not self._may_start(waiting):
                    continue
                try:
                    self._start(waiting)
                except RuntimeError:  # the system gives no more threads: the keeper tries again
                    log.error("No thread could be started for run %s", waiting.run_id)
                    return

    def _may_start(self, waiting: Waiting) -> bool:
        by_visitor, at_space = self._visitors[waiting.visitor], self._spaces[waiting.space]
        if waiting.session in self._sessions:
            return False
        return self.limits.allow(len(self._leashes), by_visitor, at_space, waiting.visitor)

    def _start(self, waiting: Waiting) -> None:
        leash = Leash(self._deadline_seconds)
        name = f"run-{waiting.run_id}"
        threading.Thread(target=self._execute, args=(waiting, leash), daemon=True, name=name).start()
        # Counted once it is sure to start; at its end it waits for the lock that is held here.
        self._waiting.remove(waiting)
        self._leashes[waiting.run_id] = leash
        self._visitors[waiting.visitor] += 1
        self._spaces[waiting.space] += 1
        if waiting.session:
            self._sessions.add(waiting.session)
        self.limits.note(waiting.visitor)

    def _execute(self, waiting: Waiting, leash: Leash) -> None:
        app = self._app()
        try:
            if app:
                with app.app_context():
                    execute(waiting.run_id, leash)
        except Exception:  # the database is gone: the run will be found by its heartbeat
            log.exception("Run %s could not be executed", waiting.run_id)
        finally:
            self._forget(waiting)
            self._start_allowed()

    def _forget(self, waiting: Waiting) -> None:
        with self._lock:
            del self._leashes[waiting.run_id]
            for counted, key in ((self._visitors, waiting.visitor), (self._spaces, waiting.space)):
                counted[key] -= 1
                if not counted[key]:
                    del counted[key]
            if waiting.session:
                self._sessions.discard(waiting.session)

    def _start_keeper(self) -> None:
        if self._keeper is None or not self._keeper.is_alive():
            self._keeper = threading.Thread(target=self._keep, daemon=True, name="runs-keeper")
            self._keeper.start()

    def _keep(self) -> None:
        """While there are runs: stop those that others ask to, say that they are alive, start, prune."""
        while True:
            with self._lock:
                if not self._leashes and not self._waiting:
                    self._keeper = None
                    return
            if time.monotonic() - self._tended_at >= BEAT_SECONDS:
                self._tended_at = time.monotonic()
                self._tend()
            time.sleep(STOP_LOOK_SECONDS)
            self._heed_stops()

    def _heed_stops(self) -> None:
        """Stop the runs in hand here that another process was asked to stop."""
        app = self._app()
        if app is None:
            return
        try:
            with app.app_context():
                if in_hand := self.in_hand():
                    for run_id in store.stops_asked(in_hand):
                        self._let_go(run_id)
        except Exception:
            log.exception("Stops could not be looked for")

    def _tend(self) -> None:
        app = self._app()
        if app is None:
            return
        try:
            with app.app_context():
                store.beat(self.in_hand())
            self._start_allowed()
            if time.monotonic() - self._pruned_at > PRUNE_SECONDS:
                self._pruned_at = time.monotonic()
                # In a thread of its own: deleting a thousand files takes longer than a heartbeat may wait.
                threading.Thread(target=self._prune, daemon=True, name="runs-pruning").start()
        except Exception:
            log.exception("The runs in progress could not be tended")

    def _prune(self) -> None:
        app = self._app()
        if app is None or not self._pruning.acquire(blocking=False):
            return
        try:
            with app.app_context():
                pruning.prune()
        except Exception:
            log.exception("Old runs could not be pruned")
        finally:
            self._pruning.release()

    def in_hand(self) -> list[str]:
        """The runs that wait here or are in progress here: nobody else may say that they are alive."""
        with self._lock:
            return [*self._leashes, *(waiting.run_id for waiting in self._waiting)]

    def close(self) -> None:
        """End every call and mark its run: the process is about to end."""
        in_hand = self.in_hand()
        with self._lock:
            self._waiting.clear()
            leashes = list(self._leashes.values())
        app = self._app()
        if app is None or not in_hand:
            return
        with app.app_context():
            store.interrupt(in_hand)
        for leash in leashes:
            leash.stop()


def current() -> Dispatcher:
    """The dispatcher of this process."""
    return current_app.extensions["dispatcher"]


def init_app(app: Flask) -> None:
    """Make the dispatcher; it starts no thread before the first run."""
    dispatcher = app.extensions["dispatcher"] = Dispatcher(app, Limits.of(app.config))
    atexit.register(close_quietly, weakref.ref(dispatcher))


def close_quietly(reference: "weakref.ref[Dispatcher]") -> None:
    """At exit, when the database may be gone already."""
    dispatcher = reference()
    if dispatcher:
        try:
            dispatcher.close()
        except Exception as error:
            log.debug("Runs could not be marked at exit: %s", type(error).__name__)
