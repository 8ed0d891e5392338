"""Who is the instructor: somebody who knew the password, remembered by the visitor's cookie for a day of class.

The cookie holds a digest of the password, made with the site's key: another password, and everybody is out.
"""

import hmac
import math
import time
from collections import deque
from collections.abc import Callable
from threading import Lock

from flask import current_app, session

HOURS = 12
KEPT = "instructor"
# Somebody who has forgotten it needs a few attempts; who guesses would need thousands.
ATTEMPTS, OF_EVERYBODY, WITHIN_SECONDS = 5, 30, 60


class Attempts:
    """The wrong passwords of the last minute, of each address and of all: a class may sit behind one."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failed: deque[tuple[float, str]] = deque(maxlen=OF_EVERYBODY)
        self._lock = Lock()

    def seconds_left(self, address: str) -> int:
        """How long this address has to wait before its next attempt; 0 for not at all."""
        with self._lock:
            since = self._now() - WITHIN_SECONDS
            everybody = [moment for moment, _ in self._failed if moment > since]
            own = [moment for moment, failed in self._failed if failed == address and moment > since]
        full = [(own, ATTEMPTS), (everybody, OF_EVERYBODY)]
        return math.ceil(max((moments[-most] - since for moments, most in full if len(moments) >= most), default=0))

    def fail(self, address: str) -> None:
        """One more wrong password."""
        with self._lock:
            self._failed.append((self._now(), address))


def digest(password: str) -> str:
    """What stands for the password in a cookie, which its owner can read."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, b"instructor:" + password.encode(), "sha256").hexdigest()


def is_known(password: str) -> bool:
    """Is it the password? Compared in a time that tells nothing; without one set, nothing is."""
    expected = current_app.config["INSTRUCTOR_PASSWORD"]
    return bool(expected) and hmac.compare_digest(digest(expected), digest(password))


def enter() -> None:
    """Remember that the visitor is the instructor."""
    session[KEPT] = {"until": int(time.time()) + HOURS * 3600, "by": digest(current_app.config["INSTRUCTOR_PASSWORD"])}


def leave() -> None:
    """Forget it."""
    session.pop(KEPT, None)


def is_here() -> bool:
    """Is the visitor the instructor?"""
    kept, expected = session.get(KEPT), current_app.config["INSTRUCTOR_PASSWORD"]
    if not kept or not expected:
        return False
    return kept["until"] > time.time() and hmac.compare_digest(kept["by"], digest(expected))


def attempts() -> Attempts:
    """The wrong passwords of this process."""
    return current_app.extensions.setdefault("attempts", Attempts())
