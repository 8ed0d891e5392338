"""The table of a series of runs: one parameter varies, each line has its value and what came back."""

from collections.abc import Sequence
from typing import Any

from hfcourse.runs import presenter
from hfcourse.runs.history.compared_inputs import format_input
from hfcourse.runs.history.result_summaries import describe_result
from hfcourse.runs.store.models import SERIES_EVENT, Run
from hfcourse.runs.values.page_budget import PageBudget
from hfcourse.runs.values.sent_summary import summarize_sent


def build_series_table(runs: Sequence[Run], parameter: str) -> dict[str, Any]:
    """Build the template context of the table.

    Args:
        parameter: name of the one that varies; runs of a URL that somebody wrote by hand may not have it.
    """
    labels = {each["name"]: each["label"] for run in runs for each in run.parameters}
    allowance = PageBudget().sent_allowance
    lines = [
        (run, format_input(parameter, presenter.collect_inputs(run), allowance) or "", describe_run_result(run))
        for run in runs
    ]
    others = [each for each in runs[0].parameters if each["name"] != parameter]
    begun = next((run for run in runs if run.get_latest_event(SERIES_EVENT)), None)
    return {
        "series_label": labels.get(parameter, ""),
        "series_lines": lines,
        "other_values": summarize_sent(others, presenter.collect_inputs(runs[0])),
        "first_run": runs[0],
        "series_run_id": begun.id if begun else "",
        "unsent_count": begun.get_latest_event(SERIES_EVENT).get("unsent", 0) if begun else 0,
        "is_series_live": any(not run.is_finished for run in runs),
    }


def describe_run_result(run: Run) -> str:
    """Return the result of an ended run in one line, '' before its end."""
    summary = run.get_latest_event("summary")
    return describe_result(summary) if summary and run.is_finished else ""
