"""What a visitor has done in the lessons: answers given, boxes ticked, lessons read. One row for each.

Nothing is kept of somebody who only reads.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import Delete, String, delete, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from hfcourse import database, visitors


class Mark(database.Base):
    """One thing done: `key` names it within its lesson, `value` says how (the letters of an answer)."""

    __tablename__ = "lesson_marks"

    visitor: Mapped[str] = mapped_column(String(64), primary_key=True)
    lesson: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(database.Moment, index=True)


def of_visitor() -> dict[str, dict[str, str]]:
    """What the visitor of this request has done: values by lesson and key; {} for somebody unknown.

    A lesson is read without a database too: {} while that fails.
    """
    visitor = visitors.current()
    if visitor is None:
        return {}
    try:
        with database.reading() as session:
            rows = session.execute(select(Mark.lesson, Mark.key, Mark.value).where(Mark.visitor == visitor)).all()
    except OperationalError:
        return {}
    done: dict[str, dict[str, str]] = {}
    for lesson, key, value in rows:
        done.setdefault(lesson, {})[key] = value
    return done


def keep(lesson: str, values: Mapping[str, str | None]) -> None:
    """Keep what the visitor has just done in a lesson, None to undo it; makes the visitor known at first need."""
    visitor = visitors.remembered()
    mine = Mark.visitor == visitor, Mark.lesson == lesson
    # A second click at the same moment may have kept it already.
    with suppress(IntegrityError), database.writing() as session:
        session.execute(delete(Mark).where(*mine, Mark.key.in_(values)))
        for key, value in values.items():
            if value is not None:
                session.add(Mark(visitor=visitor, lesson=lesson, key=key, value=value, at=database.now()))
        session.execute(deleting_old())


def deleting_old() -> Delete:
    """The statement that deletes what is past KEEP_DAYS."""
    return delete(Mark).where(Mark.at < database.now() - timedelta(days=current_app.config["KEEP_DAYS"]))


def prune() -> None:
    """Delete what is past KEEP_DAYS; every new mark does it too."""
    with database.writing() as session:
        session.execute(deleting_old())


def forget() -> None:
    """Delete all that the visitor of this request has done."""
    visitor = visitors.current()
    if visitor is not None:
        with database.writing() as session:
            session.execute(delete(Mark).where(Mark.visitor == visitor))
