"""The latest runs of one endpoint, for the strip beside its form."""

from typing import Any

from hfcourse.runs.history import queries
from hfcourse.runs.history.queries import RunFilter

MAX_RECENT_RUNS = 6


def build_recent_context(visitor: str | None, space: str, endpoint: str, shown_run_id: str) -> dict[str, Any]:
    """Build the context of `runs/_recent_runs.html`.

    Args:
        shown_run_id: the run whose answer the page shows, '' for none.
    """
    run_filter = RunFilter(space=space, endpoint=endpoint)
    return {
        "recent_runs": queries.fetch_summaries(visitor, run_filter, most=MAX_RECENT_RUNS) if visitor else [],
        "recent_space": space,
        "recent_endpoint": endpoint,
        "shown_run_id": shown_run_id,
    }
