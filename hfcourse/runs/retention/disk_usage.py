"""How much of KEEP_BYTES is taken, in all and by whom: files, and the texts of the runs (typed, answered, told)."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, func, select

from hfcourse import database
from hfcourse.files.file_store import StoredFile
from hfcourse.runs.store import newcomer_status
from hfcourse.runs.store.models import Run, VisitorArrival

# One visitor may fill one part in so many of KEEP_BYTES, and so may the newcomers of one address together: twenty of
# the largest forms, and five visitors who send nothing else than those fill the disk.
QUOTA_DIVISOR = 5
# All newcomers together keep at most one part in so many, once the disk is full.
NEWCOMER_QUOTA_DIVISOR = 4
PRESSURE_TTL_SECONDS = 2

Condition = ColumnElement[bool]


def sum_file_bytes(*conditions: Condition) -> int:
    """Size of the kept files that meet the conditions, of all without any."""
    with database.read_session() as session:
        return session.scalar(select(func.sum(StoredFile.size)).where(*conditions)) or 0


def sum_text_bytes(*conditions: Condition) -> int:
    """Size of the texts of the runs that meet the conditions, of all without any."""
    with database.read_session() as session:
        return session.scalar(select(func.sum(Run.text_bytes)).where(*conditions)) or 0


def sum_total_bytes() -> int:
    """All that is kept."""
    return sum_file_bytes() + sum_text_bytes()


def sum_visitor_bytes(visitors: Any) -> int:
    """What these visitors keep: a statement that selects them, or a list."""
    return sum_file_bytes(StoredFile.visitor.in_(visitors)) + sum_text_bytes(Run.visitor.in_(visitors))


def compute_quota_bytes() -> int:
    """What one visitor may keep."""
    return current_app.config["KEEP_BYTES"] // QUOTA_DIVISOR


def compute_quota_excess(visitor: str) -> int:
    """How much the visitor keeps above their share; below zero, what is left of it."""
    return sum_visitor_bytes([visitor]) - compute_quota_bytes()


def is_disk_under_pressure() -> bool:
    """Is more than half of KEEP_BYTES taken? The answer is kept for a moment: every form asks."""
    kept = current_app.extensions.setdefault("disk_pressure", {"until": 0.0, "is_so": False})
    if time.monotonic() >= kept["until"]:
        kept["is_so"] = 2 * sum_total_bytes() > current_app.config["KEEP_BYTES"]
        kept["until"] = time.monotonic() + PRESSURE_TTL_SECONDS
    return kept["is_so"]


def list_visitors_over_quota() -> list[str]:
    """Those who keep more than their share, the youngest here first."""
    sums: Counter[str] = Counter()
    statements = (
        select(StoredFile.visitor, func.sum(StoredFile.size)).group_by(StoredFile.visitor),
        select(Run.visitor, func.sum(Run.text_bytes)).group_by(Run.visitor),
    )
    with database.read_session() as session:
        for statement in statements:
            sums.update(dict(session.execute(statement).all()))
        heavy = [visitor for visitor, size in sums.items() if size > compute_quota_bytes()]
        first = select(Run.visitor, func.min(Run.created)).where(Run.visitor.in_(heavy)).group_by(Run.visitor)
        begun = dict(session.execute(first).all())
    return sorted(heavy, key=lambda visitor: begun.get(visitor, database.utc_now()), reverse=True)


def list_newcomer_origins() -> Sequence[str]:
    """The addresses that somebody without standing sent a form from."""
    with database.read_session() as session:
        return session.scalars(
            select(VisitorArrival.origin).where(newcomer_status.is_newcomer_arrival()).distinct()
        ).all()


def compute_newcomer_quota() -> int:
    """What the newcomers of one address may keep on a full disk: a visitor's share, less where there are many such."""
    origins = len(list_newcomer_origins())
    return min(compute_quota_bytes(), current_app.config["KEEP_BYTES"] // NEWCOMER_QUOTA_DIVISOR // max(origins, 1))


def sum_newcomer_bytes() -> int:
    """What all newcomers keep."""
    return sum_visitor_bytes(newcomer_status.select_all_newcomers())


def is_origin_crowded(origin: str) -> bool:
    """Do those who came from this address today keep half of the disk, standing or not?"""
    return (
        2 * sum_visitor_bytes(select(VisitorArrival.visitor).where(VisitorArrival.origin == origin))
        > current_app.config["KEEP_BYTES"]
    )
