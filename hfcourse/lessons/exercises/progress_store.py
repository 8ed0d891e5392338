"""The stored progress of visitors: answers given, boxes ticked, lessons read; one row for each.

Nothing is stored for a visitor who only reads. Rows of visitors who never return expire after a
day: a script that drops the cookie is a new visitor at each request, and would fill the table for
KEEP_DAYS. A request with a cookie older than ten minutes counts as a return and confirms the rows.
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
from hfcourse.server.daily_chores import add_daily_chore

UNCONFIRMED_TTL = timedelta(days=1)
# The rate limit on new visitors of one address: a large class at once, then one every six seconds.
MAX_NEW_VISITORS, NEW_VISITORS_REFILL_SECONDS = 400, 2_400


class ProgressRecord(database.Base):
    """One stored action: `key` names it within its lesson, `value` holds its state (letters of an answer)."""

    __tablename__ = "lesson_marks"

    visitor: Mapped[str] = mapped_column(String(64), primary_key=True)
    lesson: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)
    is_confirmed: Mapped[bool] = mapped_column(default=True)


PROGRESS_TABLE = cast(Table, ProgressRecord.__table__)
# Compiled once, for a bare connection: each request for a lesson with a visitor cookie runs it.
SELECT_PROGRESS = select(
    PROGRESS_TABLE.c.lesson, PROGRESS_TABLE.c.key, PROGRESS_TABLE.c.value, PROGRESS_TABLE.c.is_confirmed
).where(PROGRESS_TABLE.c.visitor == bindparam("of"))


class TooManyNewVisitors(Exception):
    """One address exceeds the rate limit on first actions of new visitors."""


def get_visitor_progress() -> dict[str, dict[str, str]]:
    """Return the progress of this request's visitor: values by lesson and key.

    Returns:
        {} for an unknown visitor, and while the database fails: lessons must stay readable without
        it.
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
    """Confirm the visitor's rows, so that they expire after KEEP_DAYS; ignore a locked database."""
    with suppress(OperationalError), database.write_session() as session:
        session.execute(update(ProgressRecord).where(ProgressRecord.visitor == visitor).values(is_confirmed=True))


def store_progress(lesson: str, values: Mapping[str, str | None]) -> None:
    """Store a visitor's values in a lesson, None to delete one; create the visitor's cookie if needed.

    Raises:
        TooManyNewVisitors: nothing is stored.
    """
    if visitors.get_visitor() is None and not get_new_visitor_limit().consume_token(visitors.digest_client_address()):
        raise TooManyNewVisitors
    is_confirmed, visitor = not visitors.is_new_visitor(), visitors.get_or_create_visitor()
    own_rows = ProgressRecord.visitor == visitor, ProgressRecord.lesson == lesson
    # A concurrent request, such as a double click, may have inserted the row already.
    with suppress(IntegrityError), database.write_session() as session:
        session.execute(delete(ProgressRecord).where(*own_rows, ProgressRecord.key.in_(values)))
        for key, value in values.items():
            if value is not None:
                done = {"lesson": lesson, "key": key, "value": value, "at": database.utc_now()}
                session.add(ProgressRecord(visitor=visitor, is_confirmed=is_confirmed, **done))
        session.execute(build_progress_expiry())


def build_progress_expiry() -> Delete:
    """Return the statement that deletes rows past KEEP_DAYS, and unconfirmed ones after a day."""
    moment = database.utc_now()
    is_old = ProgressRecord.at < moment - timedelta(days=current_app.config["KEEP_DAYS"])
    return delete(ProgressRecord).where(
        or_(is_old, and_(~ProgressRecord.is_confirmed, ProgressRecord.at < moment - UNCONFIRMED_TTL))
    )


def get_new_visitor_limit() -> KeyedTokenBuckets:
    """Return the rate limit of this process on first actions, by address."""
    buckets: KeyedTokenBuckets = current_app.extensions["new_visitors"]
    return buckets


def init_app(app: Flask) -> None:
    """Create the rate limit and schedule the daily deletion of expired rows."""
    app.extensions["new_visitors"] = KeyedTokenBuckets(MAX_NEW_VISITORS, NEW_VISITORS_REFILL_SECONDS)
    add_daily_chore(app, delete_expired_progress)


def delete_expired_progress() -> None:
    """Delete the expired rows; each new row does so too."""
    with database.write_session() as session:
        session.execute(build_progress_expiry())


def delete_visitor_progress() -> None:
    """Delete all progress of this request's visitor."""
    visitor = visitors.get_visitor()
    if visitor is not None:
        with database.write_session() as session:
            session.execute(delete(ProgressRecord).where(ProgressRecord.visitor == visitor))
        wal_truncation.schedule_wal_truncation()
