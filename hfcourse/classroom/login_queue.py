"""Rate-limited queue of login attempts: it slows a brute-force attack down without locking the instructor out.

A rate limit that rejects attempts would let any student lock the instructor out. So an attempt over the limit is queued
instead: its page polls, and no thread is blocked. Each lane has its own rate limit:

    device:<id>   a browser that has logged in with this password before (OWASP's device cookie)
    machine       a browser on the machine of the site itself, not behind a proxy
    everybody     all others; addresses are served round-robin, so that a flood mostly delays itself

RESERVED_DECISIONS of each window are reserved for addresses without a decision in it, so that a flood from one address,
or from a few, does not delay others. An instructor behind the same address as a flood uses a link: see login_links.py.

MAX_DECISIONS in WINDOW_SECONDS allow 15.8 million attempts a year in the lane `everybody`: half a million years for
eight random letters and digits. The rows are in the database, so the limit holds across processes and restarts.
"""

import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask, request
from sqlalchemy import Delete, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from hfcourse import database, instructors
from hfcourse.limits.networks import get_client_network
from hfcourse.server.daily_chores import add_daily_chore
from hfcourse.web import proxies
from hfcourse.web.security_log import digest_source

MAX_DECISIONS, WINDOW_SECONDS = 10, 20
RESERVED_DECISIONS = 3
POLL_INTERVAL_SECONDS = 2
ABANDONED_TIMEOUT_SECONDS = 15  # without a poll: the browser is gone, and its attempt is skipped
DECIDED_TTL_SECONDS = 600  # of decided attempts, which determine the order of addresses
MAX_WAITING_PER_SOURCE, MAX_WAITING = 100, 300
MAX_WAITING_SOURCES = 600  # over MAX_WAITING, only one attempt per address is queued


class LoginAttempt(database.Base):
    """Queued attempt: `password` is the digest of the instructor's password if it was correct, '' otherwise."""

    __tablename__ = "login_attempts"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    lane: Mapped[str] = mapped_column(String(64), index=True)
    source: Mapped[str] = mapped_column(String(64))
    password: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(database.UtcDateTime)
    seen: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)
    decided: Mapped[datetime | None] = mapped_column(database.UtcDateTime)


@dataclass(frozen=True)
class AttemptState:
    """State of an attempt: `is_decided` with its outcome, or the minimum wait in seconds."""

    is_decided: bool
    is_right: bool = False
    wait_seconds: int = 0


class LoginQueueFull(Exception):
    """The queue is at its limit, for this address or in total."""


def get_request_lane() -> str:
    """Return the lane of the requesting browser."""
    device = instructors.get_known_device()
    if device is not None:
        return f"device:{device}"
    return "machine" if is_local_request() else "everybody"


def is_local_request() -> bool:
    """Does the request come from this machine? One that a local proxy forwards has the headers of a proxy."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return address.is_loopback and not proxies.is_forwarded()


def get_request_source() -> str:
    """Return the digest of the client's network."""
    return digest_source(get_client_network(request.remote_addr or ""))


def submit_attempt(is_right: bool) -> str:
    """Enqueue an attempt and return its id; delete expired rows.

    Raises:
        LoginQueueFull: the queue is at its limit.
    """
    moment, lane, source = database.utc_now(), get_request_lane(), get_request_source()
    attempt_id = secrets.token_urlsafe(12)
    with database.write_session() as session:
        session.execute(build_attempt_expiry(moment))
        waiting = [each.source for each in fetch_attempts(session, lane, moment) if each.decided is None]
        limit = MAX_WAITING if source in waiting else MAX_WAITING_SOURCES
        if len(waiting) >= limit or waiting.count(source) >= MAX_WAITING_PER_SOURCE:
            raise LoginQueueFull
        password = instructors.get_password_digest() if is_right else ""
        session.add(
            LoginAttempt(id=attempt_id, lane=lane, source=source, password=password, created=moment, seen=moment)
        )
    return attempt_id


def poll_attempt(attempt_id: str) -> AttemptState | None:
    """Decide the attempts that are due, and return the state of this one; None if it is unknown or expired."""
    moment = database.utc_now()
    with database.write_session() as session:
        own = session.get(LoginAttempt, attempt_id)
        if own is None:
            return None
        lock_lane(session, own.lane)
        session.refresh(own)
        own.seen = moment
        session.flush()
        attempts = fetch_attempts(session, own.lane, moment)
        queue, recent = order_queue(attempts), list_recent_sources(attempts, moment)
        decided = select_turns(queue, recent)
        session.execute(update(LoginAttempt).where(LoginAttempt.id.in_(decided)).values(decided=moment))
        if own.decided is None and attempt_id not in decided:
            left = MAX_DECISIONS - RESERVED_DECISIONS - len(recent)
            return AttemptState(False, wait_seconds=estimate_wait([each.id for each in queue].index(attempt_id), left))
        is_right = own.password != "" and own.password == instructors.get_password_digest()
        own.password = ""
        return AttemptState(True, is_right)


def lock_lane(session: Session, lane: str) -> None:
    """Lock a lane until the transaction ends: one process at a time decides (SQLite has a single writer)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"login_attempts:{lane}"))))


def cancel_attempt(attempt_id: str) -> None:
    """Remove a queued attempt: its browser has sent another."""
    with database.write_session() as session:
        session.execute(delete(LoginAttempt).where(LoginAttempt.id == attempt_id, LoginAttempt.decided.is_(None)))


def fetch_attempts(session: Session, lane: str, moment: datetime) -> Sequence[LoginAttempt]:
    """Return the attempts of a lane that are queued and polled, and those decided recently."""
    alive = LoginAttempt.seen >= moment - timedelta(seconds=ABANDONED_TIMEOUT_SECONDS)
    wanted = alive | LoginAttempt.decided.is_not(None)
    return session.scalars(select(LoginAttempt).where(LoginAttempt.lane == lane, wanted)).all()


def list_recent_sources(attempts: Sequence[LoginAttempt], moment: datetime) -> list[str]:
    """Return the source of each decision within the window."""
    since = moment - timedelta(seconds=WINDOW_SECONDS)
    return [each.source for each in attempts if each.decided is not None and each.decided > since]


def select_turns(queue: Sequence[LoginAttempt], recent: Sequence[str]) -> list[str]:
    """Return the ids of the attempts that are decided now.

    Args:
        queue: queued attempts, in the order of `order_queue`.
        recent: the source of each decision within the window; the last RESERVED_DECISIONS are for other sources.
    """
    chosen, sources = [], list(recent)
    for each in queue:
        limit = MAX_DECISIONS - RESERVED_DECISIONS if each.source in sources else MAX_DECISIONS
        if len(sources) < limit:
            chosen.append(each.id)
            sources.append(each.source)
    return chosen


def order_queue(attempts: Sequence[LoginAttempt]) -> list[LoginAttempt]:
    """Sort the queued attempts: round-robin over the sources, first in first out within each."""
    served: dict[str, int] = {}
    for each in attempts:
        if each.decided is not None:
            served[each.source] = served.get(each.source, 0) + 1
    ranked = []
    for each in sorted((each for each in attempts if each.decided is None), key=lambda one: (one.created, one.id)):
        rank = served[each.source] = served.get(each.source, 0) + 1
        ranked.append((rank, each.created, each.id, each))
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:3])]


def estimate_wait(place: int, left: int) -> int:
    """Estimate the wait in seconds with `place` attempts ahead and `left` decisions left in this window."""
    return max(POLL_INTERVAL_SECONDS, (place - max(left, 0)) // MAX_DECISIONS * WINDOW_SECONDS + WINDOW_SECONDS // 2)


def build_attempt_expiry(moment: datetime) -> Delete:
    """Return the statement that deletes the attempts that no longer determine an order."""
    return delete(LoginAttempt).where(LoginAttempt.seen < moment - timedelta(seconds=DECIDED_TTL_SECONDS))


def delete_expired_attempts() -> None:
    """Delete expired attempts; each new attempt does so too."""
    with database.write_session() as session:
        session.execute(build_attempt_expiry(database.utc_now()))


def init_app(app: Flask) -> None:
    """Schedule the daily deletion of expired attempts."""
    add_daily_chore(app, delete_expired_attempts)
