"""Requests to stop a run, polled by the process that executes it."""

from collections.abc import Sequence

from hfcourse import database
from hfcourse.runs.store import notifications, run_statistics
from hfcourse.runs.store.models import FINAL_STATUSES
from hfcourse.runs.store.statements import CLIENT_DELETE, STOP_REQUEST_UPDATE, UNSTOPPED_QUERY


def request_stop(run_id: str) -> None:
    """Stop a queued run; for a running one, store the request for its process: see `find_stop_requests`."""
    with database.write_connection() as connection:
        stopped = connection.execute(STOP_REQUEST_UPDATE, {"run_id": run_id, "moment": database.utc_now()}).all()
        if any(row.status in FINAL_STATUSES for row in stopped):
            connection.execute(CLIENT_DELETE, {"of_run": run_id})
        run_statistics.count_finished_runs(connection, stopped)
    notifications.notify_changed(run_id)


def find_stop_requests(run_ids: Sequence[str]) -> list[str]:
    """Return those of these runs that a process asked to stop, or has deleted."""
    with database.read_connection() as connection:
        unstopped = set(connection.scalars(UNSTOPPED_QUERY, {"run_ids": run_ids}))
    return [run_id for run_id in run_ids if run_id not in unstopped]
