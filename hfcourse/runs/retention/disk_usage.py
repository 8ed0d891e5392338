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
from hfcourse.runs.store.models import Arrival, Run

# One visitor may fill one part in so many of KEEP_BYTES, and so may the newcomers of one address together: twenty of
# the largest forms, and five visitors who send nothing else than those fill the disk.
SHARES = 5
# All newcomers together keep at most one part in so many, once the disk is full.
NEWCOMER_PARTS = 4
PRESSURE_TTL_SECONDS = 2

Condition = ColumnElement[bool]


def kept_bytes(*conditions: Condition) -> int:
    """Size of the kept files that meet the conditions, of all without any."""
    with database.reading() as session:
        return session.scalar(select(func.sum(StoredFile.size)).where(*conditions)) or 0


def text_bytes(*conditions: Condition) -> int:
    """Size of the texts of the runs that meet the conditions, of all without any."""
    with database.reading() as session:
        return session.scalar(select(func.sum(Run.text_bytes)).where(*conditions)) or 0


def total_bytes() -> int:
    """All that is kept."""
    return kept_bytes() + text_bytes()


def bytes_of(visitors: Any) -> int:
    """What these visitors keep: a statement that selects them, or a list."""
    return kept_bytes(StoredFile.visitor.in_(visitors)) + text_bytes(Run.visitor.in_(visitors))


def share_bytes() -> int:
    """What one visitor may keep."""
    return current_app.config["KEEP_BYTES"] // SHARES


def above_share(visitor: str) -> int:
    """How much the visitor keeps above their share; below zero, what is left of it."""
    return bytes_of([visitor]) - share_bytes()


def is_under_pressure() -> bool:
    """Is more than half of KEEP_BYTES taken? The answer is kept for a moment: every form asks."""
    kept = current_app.extensions.setdefault("disk_pressure", {"until": 0.0, "is_so": False})
    if time.monotonic() >= kept["until"]:
        kept["is_so"] = 2 * total_bytes() > current_app.config["KEEP_BYTES"]
        kept["until"] = time.monotonic() + PRESSURE_TTL_SECONDS
    return kept["is_so"]


def heavy_visitors() -> list[str]:
    """Those who keep more than their share, the youngest here first."""
    sums: Counter[str] = Counter()
    statements = (
        select(StoredFile.visitor, func.sum(StoredFile.size)).group_by(StoredFile.visitor),
        select(Run.visitor, func.sum(Run.text_bytes)).group_by(Run.visitor),
    )
    with database.reading() as session:
        for statement in statements:
            sums.update(dict(session.execute(statement).all()))
        heavy = [visitor for visitor, size in sums.items() if size > share_bytes()]
        first = select(Run.visitor, func.min(Run.created)).where(Run.visitor.in_(heavy)).group_by(Run.visitor)
        begun = dict(session.execute(first).all())
    return sorted(heavy, key=lambda visitor: begun.get(visitor, database.now()), reverse=True)


def newcomer_origins() -> Sequence[str]:
    """The addresses that somebody without standing sent a form from."""
    with database.reading() as session:
        return session.scalars(select(Arrival.origin).where(newcomer_status.lacks_standing()).distinct()).all()


def newcomer_level() -> int:
    """What the newcomers of one address may keep on a full disk: a visitor's share, less where there are many such."""
    origins = len(newcomer_origins())
    return min(share_bytes(), current_app.config["KEEP_BYTES"] // NEWCOMER_PARTS // max(origins, 1))


def newcomer_bytes() -> int:
    """What all newcomers keep."""
    return bytes_of(newcomer_status.all_newcomers())


def is_crowded(origin: str) -> bool:
    """Do those who came from this address today keep half of the disk, standing or not?"""
    return 2 * bytes_of(select(Arrival.visitor).where(Arrival.origin == origin)) > current_app.config["KEEP_BYTES"]
