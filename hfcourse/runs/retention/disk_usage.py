"""Usage of KEEP_BYTES, in total and by visitor: files, and the texts of the runs (inputs, outputs, events)."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, func, select

from hfcourse import database
from hfcourse.files.file_store import StoredFile
from hfcourse.runs.store import newcomers
from hfcourse.runs.store.models import Run, VisitorArrival

# Quota of a visitor, and of the newcomers of one address together, as a fraction of KEEP_BYTES: twenty of the largest
# forms, so five visitors who send only those fill the disk.
QUOTA_DIVISOR = 5
# Quota of all newcomers together on a full disk, as a fraction of KEEP_BYTES.
NEWCOMER_QUOTA_DIVISOR = 4
PRESSURE_TTL_SECONDS = 2

Condition = ColumnElement[bool]


def sum_file_bytes(*conditions: Condition) -> int:
    """Return the size of the stored files that meet the conditions; of all without conditions."""
    with database.read_session() as session:
        return session.scalar(select(func.sum(StoredFile.size)).where(*conditions)) or 0


def sum_text_bytes(*conditions: Condition) -> int:
    """Return the size of the texts of the runs that meet the conditions; of all without conditions."""
    with database.read_session() as session:
        return session.scalar(select(func.sum(Run.text_bytes)).where(*conditions)) or 0


def sum_total_bytes() -> int:
    """Return the size of all stored files and texts."""
    return sum_file_bytes() + sum_text_bytes()


def sum_visitor_bytes(visitors: Any) -> int:
    """Return the size of what these visitors store: a statement that selects them, or a list."""
    return sum_file_bytes(StoredFile.visitor.in_(visitors)) + sum_text_bytes(Run.visitor.in_(visitors))


def get_keep_bytes() -> int:
    """Return KEEP_BYTES: what all visitors may store."""
    keep_bytes: int = current_app.config["KEEP_BYTES"]
    return keep_bytes


def compute_quota_bytes() -> int:
    """Return the quota of one visitor."""
    return get_keep_bytes() // QUOTA_DIVISOR


def compute_quota_excess(visitor: str) -> int:
    """Return by how many bytes the visitor exceeds the quota; negative below it."""
    return sum_visitor_bytes([visitor]) - compute_quota_bytes()


def is_disk_under_pressure() -> bool:
    """Is more than half of KEEP_BYTES used? Cached for PRESSURE_TTL_SECONDS: every form asks."""
    cached = current_app.extensions.setdefault("disk_pressure", {"until": 0.0, "is_so": False})
    if time.monotonic() >= cached["until"]:
        cached["is_so"] = 2 * sum_total_bytes() > get_keep_bytes()
        cached["until"] = time.monotonic() + PRESSURE_TTL_SECONDS
    return bool(cached["is_so"])


def list_visitors_over_quota() -> list[str]:
    """Return the visitors over their quota, the most recent arrival first."""
    sums: Counter[str] = Counter()
    statements = (
        select(StoredFile.visitor, func.sum(StoredFile.size)).group_by(StoredFile.visitor),
        select(Run.visitor, func.sum(Run.text_bytes)).group_by(Run.visitor),
    )
    with database.read_session() as session:
        for statement in statements:
            sums.update(dict(session.execute(statement).all()))
        over_quota = [visitor for visitor, size in sums.items() if size > compute_quota_bytes()]
        first = select(Run.visitor, func.min(Run.created)).where(Run.visitor.in_(over_quota)).group_by(Run.visitor)
        first_runs = dict(session.execute(first).all())
    return sorted(over_quota, key=lambda visitor: first_runs.get(visitor, database.utc_now()), reverse=True)


def list_newcomer_origins() -> Sequence[str]:
    """Return the address digests of current newcomers."""
    with database.read_session() as session:
        return session.scalars(select(VisitorArrival.origin).where(newcomers.is_newcomer_arrival()).distinct()).all()


def compute_newcomer_quota() -> int:
    """Return the quota of the newcomers of one address on a full disk: smaller with more addresses."""
    origins = len(list_newcomer_origins())
    return min(compute_quota_bytes(), get_keep_bytes() // NEWCOMER_QUOTA_DIVISOR // max(origins, 1))


def sum_newcomer_bytes() -> int:
    """Return the size of what all newcomers store."""
    return sum_visitor_bytes(newcomers.select_all_newcomers())


def is_origin_crowded(origin: str) -> bool:
    """Do the visitors who arrived from this address today use half of the disk, newcomers or not?"""
    return (
        2 * sum_visitor_bytes(select(VisitorArrival.visitor).where(VisitorArrival.origin == origin)) > get_keep_bytes()
    )
