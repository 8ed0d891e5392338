"""What a visitor has done in the lessons: answers given, boxes ticked, lessons read. One row for each.

Nothing is kept of somebody who only reads. What somebody did who never came back goes after a day: a script that drops
the cookie is a new visitor each time, and would fill the table for KEEP_DAYS. Coming back is a request with a cookie
older than ten minutes; it confirms the marks.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import cast

from flask import Flask, current_app
from sqlalchemy import Delete, String, Table, and_, bindparam, delete, or_, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from hfcourse import database, visitors, wal_truncation
from hfcourse.limits.rate_limits import KeyedTokenBuckets

UNCONFIRMED_TTL = timedelta(days=1)
# New visitors of one address who leave a first mark: a large class at once, then one every six seconds.
MAX_NEW_VISITORS, NEW_VISITORS_REFILL_SECONDS = 400, 2_400


class ProgressRecord(database.Base):
    """One thing done: `key` names it within its lesson, `value` says how (the letters of an answer)."""

    __tablename__ = "lesson_marks"

    visitor: Mapped[str] = mapped_column(String(64), primary_key=True)
    lesson: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)
    is_confirmed: Mapped[bool] = mapped_column(default=True)


PROGRESS_TABLE = cast(Table, ProgressRecord.__table__)
# Made once, for a bare connection: every lesson that a known visitor opens asks.
SELECT_PROGRESS = select(
    PROGRESS_TABLE.c.lesson, PROGRESS_TABLE.c.key, PROGRESS_TABLE.c.value, PROGRESS_TABLE.c.is_confirmed
).where(PROGRESS_TABLE.c.visitor == bindparam("of"))


class TooManyNewVisitors(Exception):
    """One address leaves more first marks than a class would."""


def get_visitor_progress() -> dict[str, dict[str, str]]:
    """What the visitor of this request has done: values by lesson and key; {} for somebody unknown.

    A lesson is read without a database too: {} while that fails.
    """
    visitor = visitors.get_visitor()
    if visitor is None:
        return {}
    try:
        with database.read_connection() as connection:
            rows = connection.execute(SELECT_PROGRESS, {"of": visitor}).all()
        if not visitors.is_new_visitor() and not all(row.is_confirmed for row in rows):
            confirm_progress(visitor)
    except OperationalError:
        return {}
    done: dict[str, dict[str, str]] = {}
    for lesson, key, value, _ in rows:
        done.setdefault(lesson, {})[key] = value
    return done


def confirm_progress(visitor: str) -> None:
    """Keep the visitor's marks for KEEP_DAYS: they came back. A busy database keeps nobody from the lesson."""
    with suppress(OperationalError), database.write_session() as session:
        session.execute(update(ProgressRecord).where(ProgressRecord.visitor == visitor).values(is_confirmed=True))


def store_progress(lesson: str, values: Mapping[str, str | None]) -> None:
    """Keep what the visitor has just done in a lesson, None to undo it; makes the visitor known at first need.

    Raises:
        TooManyNewVisitors: nothing is kept.
    """
    if visitors.get_visitor() is None and not get_new_visitor_limit().consume_token(visitors.digest_client_address()):
        raise TooManyNewVisitors
    is_confirmed, visitor = not visitors.is_new_visitor(), visitors.get_or_create_visitor()
    mine = ProgressRecord.visitor == visitor, ProgressRecord.lesson == lesson
    # A second click at the same moment may have kept it already.
    with suppress(IntegrityError), database.write_session() as session:
        session.execute(delete(ProgressRecord).where(*mine, ProgressRecord.key.in_(values)))
        for key, value in values.items():
            if value is not None:
                done = {"lesson": lesson, "key": key, "value": value, "at": database.utc_now()}
                session.add(ProgressRecord(visitor=visitor, is_confirmed=is_confirmed, **done))
        session.execute(build_progress_expiry())


def build_progress_expiry() -> Delete:
    """The statement that deletes what is past KEEP_DAYS, and what nobody came back to within a day."""
    moment = database.utc_now()
    is_old = ProgressRecord.at < moment - timedelta(days=current_app.config["KEEP_DAYS"])
    return delete(ProgressRecord).where(
        or_(is_old, and_(~ProgressRecord.is_confirmed, ProgressRecord.at < moment - UNCONFIRMED_TTL))
    )


def get_new_visitor_limit() -> KeyedTokenBuckets:
    """The rate limit of this process on first marks, by address."""
    return current_app.extensions["new_visitors"]


def init_app(app: Flask) -> None:
    """Make the rate limit, and have old marks deleted every day."""
    app.extensions["new_visitors"] = KeyedTokenBuckets(MAX_NEW_VISITORS, NEW_VISITORS_REFILL_SECONDS)
    app.extensions.setdefault("daily_chores", []).append(delete_expired_progress)


def delete_expired_progress() -> None:
    """Delete what has had its time; every new mark does it too."""
    with database.write_session() as session:
        session.execute(build_progress_expiry())


def delete_visitor_progress() -> None:
    """Delete all that the visitor of this request has done."""
    visitor = visitors.get_visitor()
    if visitor is not None:
        with database.write_session() as session:
            session.execute(delete(ProgressRecord).where(ProgressRecord.visitor == visitor))
        wal_truncation.schedule_wal_truncation()
