"""What is beside a form on the page of its Space: the answer that `?essai=` names, the latest runs, a series."""

from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.playground.workbench.series_input import SeriesInput
from hfcourse.playground.workbench.series_record import load_series_input
from hfcourse.runs.embedded_run import render_embedded_run
from hfcourse.runs.history.recent_runs import build_recent_context
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.spaces.form.error_summary import FieldError
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.web.template_globals import EMBED_SPACE

EMPTY_WORKBENCH: Mapping[str, Any] = {}


def build_workbench(
    space_id: str, endpoint: Endpoint, run_id: str | None, visitor: str | None, series_run_id: str | None = None
) -> Mapping[str, Any]:
    """Build the template context of the page beside the form.

    Args:
        run_id: as the URL has it; a run of another Space or endpoint has no answer here, and one of another visitor
            is missing, like one that was deleted.
        series_run_id: the first run of the series whose values the form shows, likewise.
    """
    run = find_endpoint_run(run_id, space_id, endpoint.name, visitor)
    series_run = run if series_run_id == run_id else find_endpoint_run(series_run_id, space_id, endpoint.name, visitor)
    return {
        "answer": render_embedded_run(run, EMBED_SPACE) if run else "",
        "is_run_missing": bool(run_id and run is None and not run_store.find_run(run_id, visitor)),
        "has_form_changed": run is not None and has_form_changed(run, endpoint),
        **build_recent_context(visitor, space_id, endpoint.name, run.id if run else ""),
        **({"series": load_series_input(series_run)} if series_run_id else {}),
    }


def find_endpoint_run(run_id: str | None, space_id: str, endpoint: str, visitor: str | None) -> Run | None:
    """Return the visitor's own run if it is one of this endpoint."""
    run = run_store.find_run(run_id, visitor) if run_id else None
    return run if run and (run.space, run.endpoint) == (space_id, endpoint) else None


def has_form_changed(run: Run, endpoint: Endpoint) -> bool:
    """Has the endpoint other parameters than in this run? Its other values are those of the run."""
    return {each["name"] for each in run.parameters} != {each.name for each in endpoint.parameters}


def list_series_errors(workbench: Mapping[str, Any]) -> Sequence[FieldError]:
    """Return the errors of the refused series beside a form."""
    series: SeriesInput | None = workbench.get("series")
    return series.field_errors if series else []
