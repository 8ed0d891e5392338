"""Runs that are there already, without a Space: stored as the site stores them."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from hfcourse import database
from hfcourse.files import file_store
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from tests.support.clients import BrowserClient

LABELS = {"prenom": "Prénom", "image": "Image"}


def log_in_as(student: BrowserClient, visitor: str) -> BrowserClient:
    """The student, whom the site knows by this name."""
    with student.client.session_transaction() as session:
        session["visitor"] = visitor
    return student


def read_stored_file(handle: file_store.FileHandle) -> bytes:
    with handle.open() as file:
        return file.read()


def make_run(
    visitor: str,
    status: str = "succeeded",
    *,
    at: datetime | None = None,
    space: str = "a/b",
    endpoint: str = "/saluer",
    sent: dict[str, Any] | None = None,
    came: list[dict[str, Any]] | None = None,
    file: tuple[str, bytes] | None = None,
    **ended: Any,
) -> str:
    """A run with this status; `file` is sent for its parameter `image`, `came` are its outputs."""
    inputs = dict(sent or {})
    kept = [file_store.save_file(visitor, *file)] if file else []
    if kept:
        inputs["image"] = {"$file": 0}
    run_id = run_store.create_run(
        visitor,
        space=space,
        endpoint=endpoint,
        title="Saluer quelqu’un",
        parameters=[{"name": name, "label": LABELS.get(name, name)} for name in inputs],
        inputs=inputs,
        files=[("image", each.id) for each in kept],
        file_names=[each.name for each in kept],
    )
    if status in ("running", "succeeded", "failed"):
        run_store.claim_run(run_id)
    if status not in ("queued", "running"):
        run_store.finish_run(run_id, status, came or [], **ended)
    if at:
        with database.write_session() as session:
            session.execute(update(Run).where(Run.id == run_id).values(created=at))
    return run_id


def count_rows(table: type) -> int:
    """Return the number of rows of a table."""
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0
