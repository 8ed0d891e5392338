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
from hfcourse.limits.rate_limits import KeyedBuckets

UNCONFIRMED_AGE = timedelta(days=1)
# New visitors of one address who leave a first mark: a large class at once, then one every six seconds.
MAX_NEW_VISITORS, NEW_VISITORS_REFILL_SECONDS = 400, 2_400


class Mark(database.Base):
    """One thing done: `key` names it within its lesson, `value` says how (the letters of an answer)."""

    __tablename__ = "lesson_marks"

    visitor: Mapped[str] = mapped_column(String(64), primary_key=True)
    lesson: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(database.Moment, index=True)
    is_confirmed: Mapped[bool] = mapped_column(default=True)


MARKS = cast(Table, Mark.__table__)
# Made once, for a bare connection: every lesson that a known visitor opens asks.
MARKS_OF = select(MARKS.c.lesson, MARKS.c.key, MARKS.c.value, MARKS.c.is_confirmed).where(
    MARKS.c.visitor == bindparam("of")
)


class TooManyNewVisitors(Exception):
    """One address leaves more first marks than a class would."""


def of_visitor() -> dict[str, dict[str, str]]:
    """What the visitor of this request has done: values by lesson and key; {} for somebody unknown.

    A lesson is read without a database too: {} while that fails.
    """
    visitor = visitors.current()
    if visitor is None:
        return {}
    try:
        with database.looking() as connection:
            rows = connection.execute(MARKS_OF, {"of": visitor}).all()
        if not visitors.is_recent() and not all(row.is_confirmed for row in rows):
            confirm(visitor)
    except OperationalError:
        return {}
    done: dict[str, dict[str, str]] = {}
    for lesson, key, value, _ in rows:
        done.setdefault(lesson, {})[key] = value
    return done


def confirm(visitor: str) -> None:
    """Keep the visitor's marks for KEEP_DAYS: they came back. A busy database keeps nobody from the lesson."""
    with suppress(OperationalError), database.writing() as session:
        session.execute(update(Mark).where(Mark.visitor == visitor).values(is_confirmed=True))


def keep(lesson: str, values: Mapping[str, str | None]) -> None:
    """Keep what the visitor has just done in a lesson, None to undo it; makes the visitor known at first need.

    Raises:
        TooManyNewVisitors: nothing is kept.
    """
    if visitors.current() is None and not new_visitors().take(visitors.address_digest()):
        raise TooManyNewVisitors
    is_confirmed, visitor = not visitors.is_recent(), visitors.remembered()
    mine = Mark.visitor == visitor, Mark.lesson == lesson
    # A second click at the same moment may have kept it already.
    with suppress(IntegrityError), database.writing() as session:
        session.execute(delete(Mark).where(*mine, Mark.key.in_(values)))
        for key, value in values.items():
            if value is not None:
                done = {"lesson": lesson, "key": key, "value": value, "at": database.now()}
                session.add(Mark(visitor=visitor, is_confirmed=is_confirmed, **done))
        session.execute(deleting_old())


def deleting_old() -> Delete:
    """The statement that deletes what is past KEEP_DAYS, and what nobody came back to within a day."""
    moment = database.now()
    is_old = Mark.at < moment - timedelta(days=current_app.config["KEEP_DAYS"])
    return delete(Mark).where(or_(is_old, and_(~Mark.is_confirmed, Mark.at < moment - UNCONFIRMED_AGE)))


def new_visitors() -> KeyedBuckets:
    """The rate limit of this process on first marks, by address."""
    return current_app.extensions["new_visitors"]


def init_app(app: Flask) -> None:
    """Make the rate limit, and have old marks deleted every day."""
    app.extensions["new_visitors"] = KeyedBuckets(MAX_NEW_VISITORS, NEW_VISITORS_REFILL_SECONDS)
    app.extensions.setdefault("daily_chores", []).append(prune)


def prune() -> None:
    """Delete what has had its time; every new mark does it too."""
    with database.writing() as session:
        session.execute(deleting_old())


def forget() -> None:
    """Delete all that the visitor of this request has done."""
    visitor = visitors.current()
    if visitor is not None:
        with database.writing() as session:
            session.execute(delete(Mark).where(Mark.visitor == visitor))
        wal_truncation.erase_soon()
