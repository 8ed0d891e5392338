"""What each run of a list returned, in one line: read from its `summary` event, so that no output is read."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from hfcourse.failure_explanations import explain_failure
from hfcourse.runs.store.models import RUN_EVENTS
from hfcourse.runs.values.result_summary import EMPTY_RESULT
from hfcourse.text.typography import typeset_french

SUMMARIES_QUERY = select(RUN_EVENTS.c.run_id, RUN_EVENTS.c.data).where(
    RUN_EVENTS.c.run_id.in_(bindparam("run_ids", expanding=True)), RUN_EVENTS.c.kind == "summary"
)


def fetch_results(connection: Connection, run_ids: Sequence[str]) -> dict[str, str]:
    """Return the result of each ended run, by its id."""
    if not run_ids:
        return {}
    rows = connection.execute(SUMMARIES_QUERY, {"run_ids": run_ids})
    return {row.run_id: describe_result(row.data) for row in rows}


def describe_result(summary: Mapping[str, Any]) -> str:
    """Return the text of a summary: the author's words or our sentence for a failure, else the result."""
    if error := summary.get("error"):
        detail = summary.get("detail", "")
        return typeset_french(f"« {detail} »") if detail else explain_failure(error).sentence
    return summary.get("result") or EMPTY_RESULT
