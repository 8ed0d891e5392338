"""The page that asks for two runs to compare, where another number of them was ticked."""

from collections.abc import Sequence
from typing import Any

from hfcourse.runs.history import queries
from hfcourse.runs.history.queries import RunFilter

MAX_OFFERED_RUNS = 10


def build_choice_context(visitor: str | None, ticked: Sequence[str], *, is_same_run: bool) -> dict[str, Any]:
    """Build the template context: the ticked runs, and the newest ones to choose among.

    Args:
        ticked: ids of runs, as the URL has them; those of another visitor are left out.
        is_same_run: was one run to be compared with itself?
    """
    if visitor is None:
        return {"ticked_runs": [], "other_runs": [], "is_same_run": is_same_run}
    ticked_runs = [*queries.fetch_summaries(visitor, RunFilter(), run_ids=ticked)]
    newest = queries.fetch_summaries(visitor, RunFilter(), most=MAX_OFFERED_RUNS + 1)
    other_runs = [run for run in newest if run not in ticked_runs][:MAX_OFFERED_RUNS]
    return {
        "ticked_runs": ticked_runs,
        "other_runs": other_runs if len(ticked_runs) < 2 else [],  # else two of the ticked ones are enough
        "is_same_run": is_same_run,
    }
