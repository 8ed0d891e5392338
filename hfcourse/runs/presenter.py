"""Presentation of a run: its JSON and its template context."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from hfcourse import database
from hfcourse.failure_explanations import explain_failure
from hfcourse.runs.outputs.rendered_outputs import RenderedOutput, render_outputs
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run, RunFile
from hfcourse.runs.values import sent_summary, sent_tables, value_types
from hfcourse.runs.values.file_refs import (
    ERASED,
    FileEntry,
    count_references_over_limit,
    resolve_output_references,
)
from hfcourse.runs.values.page_budget import PageBudget
from hfcourse.runs.values.status_labels import STATUS_LABELS, SUBMITTED_STEP, get_last_step_label
from hfcourse.runs.values.value_types import COMPONENTS_WITH_FILES
from hfcourse.spaces.untrusted.json_tree import find_nodes
from hfcourse.text.typography import typeset_french


def serialize_run(run: Run) -> dict[str, Any]:
    """Serialize the run for `/essais/<id>.json`; its schema is part of the public contract."""
    queued = describe_queue(run)
    return {
        "id": run.id,
        "space": run.space,
        "endpoint": run.endpoint,
        "status": run.status,
        "error": describe_error(run),
        "inputs": collect_inputs(run),
        "outputs": [
            {name: output[name] for name in ("label", "component", "value")}
            for output in (resolve_output_files(run, each) for each in select_outputs(run))
        ],
        "partials": run.partials,
        "queue": queued,
        "progress": run.get_latest_event("progress").get("steps", []),
        "log": run.list_event_data("log"),
        "timings": {
            name: format_iso_timestamp(getattr(run, name))
            for name in ("created", "started", "first_output", "finished")
        },
    }


def describe_error(run: Run) -> dict[str, str] | None:
    """Return the code and French sentence of a failed run."""
    if run.error is None:
        return None
    sentence = explain_failure(run.error, run.error_detail).sentence
    return {
        "code": run.error,
        "message": typeset_french(f"{sentence} « {run.error_detail} »") if run.error_detail else sentence,
    }


def format_iso_timestamp(moment: datetime | None) -> str | None:
    """Format a time as ISO 8601, UTC, with milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def describe_queue(run: Run) -> dict[str, Any]:
    """Return the queue position of the run: in our own queue, then in the Space's."""
    if run.status == "queued":
        rank, size = dispatcher.get_dispatcher().find_queue_position(run.id) or (None, None)
        return {"rank": rank, "size": size, "eta": None}
    return {"rank": None, "size": None, "eta": None, **run.get_latest_event("queued")}


def list_validation_errors(run: Run) -> list[tuple[str, str]]:
    """Return label and message of each parameter that the Space's validator rejected, '' without message."""
    messages = run.get_latest_event("invalid").get("fields", {})
    return [
        (parameter["label"], messages[parameter["name"]])
        for parameter in run.parameters
        if parameter["name"] in messages
    ]


def select_outputs(run: Run) -> list[dict[str, Any]]:
    """Return the stored outputs; the latest partial ones while the run is running or if it was interrupted."""
    if run.status in ("succeeded", "failed", "stopped"):
        return run.outputs
    outputs: list[dict[str, Any]] = run.get_latest_event("partial").get("outputs", [])
    return outputs


def collect_inputs(run: Run) -> dict[str, Any]:
    """Return the values sent, by parameter name, with a file entry for each file."""
    return run_store.collect_sent_values(run, lambda item: make_file_entry(run, item))


def list_empty_inputs(run: Run) -> list[str]:
    """Return the labels of the inputs sent as null, the most frequent cause of an exception in a Space."""
    inputs = collect_inputs(run)
    return [each["label"] for each in run.parameters if inputs.get(each["name"]) is None]


def collect_files(value: Any) -> list[FileEntry]:
    """Return the files of a value that was sent, in order, without duplicates."""
    found = find_nodes(value, value_types.is_file)
    return list({tuple(file.values()): file for file in found}.values())


def has_sent_media(run: Run) -> bool:
    """Was an image, audio or video file sent? The page shows it beside the output, for comparison."""
    sent = (item.file for item in run.files if item.parameter is not None)
    return any(file.media_type.startswith(("image/", "audio/", "video/")) and not file.erased for file in sent)


def make_file_entry(run: Run, item: RunFile) -> FileEntry:
    """Return the entry of a file with its URL, or a missing entry if its bytes were evicted."""
    if item.file.erased:
        return FileEntry.make_missing(ERASED, item.file.name)
    return FileEntry(
        file=url_for("runs.file", run_id=run.id, n=item.position),
        name=item.file.name,
        bytes=item.file.size,
        media_type=item.file.media_type,
    )


def resolve_output_files(run: Run, output: dict[str, Any]) -> dict[str, Any]:
    """Resolve the file references of a stored output; a value that holds no files is unchanged."""
    has_files = output.get("holds_files", output["component"].lower() in COMPONENTS_WITH_FILES)
    entries = {item.position: make_file_entry(run, item) for item in run.files if item.parameter is None}
    return output | {"value": resolve_output_references(output["value"], entries)} if has_files else output


def find_output(run: Run, n: int) -> dict[str, Any] | None:
    """Return output number `n` with its files, None if there is none."""
    outputs = select_outputs(run)
    return resolve_output_files(run, outputs[n]) if n < len(outputs) else None


def render_run_outputs(run: Run, budget: PageBudget) -> list[RenderedOutput]:
    """Render one section for each output."""
    outputs = (resolve_output_files(run, output) for output in select_outputs(run))
    return render_outputs(outputs, is_live=not run.is_finished, budget=budget)


def count_surplus_files(run: Run) -> int:
    """Count the output files that were not stored because they exceed the limit of a run."""
    return sum(count_references_over_limit(each["value"]) for each in select_outputs(run) if each.get("holds_files"))


@dataclass(frozen=True)
class ProgressStep:
    """Step of the progress display: `state` is done, here, or '' for a later one."""

    name: str
    state: str
    at: datetime | None = None


def build_progress_steps(run: Run) -> list[ProgressStep]:
    """Build the four steps of a run's life, with the current one."""
    here = {"queued": 1, "running": 2}.get(run.status, 3)
    here_labels = [STATUS_LABELS[status].short for status in ("queued", "running")]
    names = [SUBMITTED_STEP, *here_labels, get_last_step_label(run.status)]
    moments = [run.created, None, run.started, run.finished]
    success = run.status == "succeeded"
    return [
        ProgressStep(
            name, "done" if position < here or success else "here" if position == here else "", moments[position]
        )
        for position, name in enumerate(names)
    ]


def describe_progress(run: Run) -> dict[str, Any]:
    """Return the progress bar: `value` and `max` if known, and the text."""
    steps = run.get_latest_event("progress").get("steps") or [{}]
    step = steps[-1]
    ratio, index, length = step.get("progress"), step.get("index"), step.get("length")
    bar: dict[str, Any] = {"words": str(step.get("desc") or "")[:200], "value": None, "max": None, "is_count": False}
    if isinstance(ratio, int | float):
        bar |= {"value": ratio, "max": 1}
    elif isinstance(index, int | float) and isinstance(length, int | float) and length > 0:
        bar |= {"value": index, "max": length, "is_count": True}
    return bar


def measure_elapsed_seconds(run: Run) -> float:
    """Return the duration so far: since creation while queued, since the start afterwards."""
    lasted = (run.finished or database.utc_now()) - (run.started or run.created)
    return max(lasted.total_seconds(), 0.0)


def build_template_context(run: Run, sharers: int = 1) -> dict[str, Any]:
    """Build the context of the templates of a run; see `PageBudget` for `sharers`."""
    budget = PageBudget(is_live=not run.is_finished, sharers=sharers)
    return {
        "run": run,
        "outputs": render_run_outputs(run, budget),
        "budget": budget,
        "inputs": collect_inputs(run),
        "summarize_sent": sent_summary.summarize_sent,
        "surplus_files": count_surplus_files(run),
        "collect_files": collect_files,
        "empty_inputs": list_empty_inputs(run) if run.error == "space-exception" else [],
        "is_file": value_types.is_file,
        "is_table": value_types.is_table,
        "excerpt_table": sent_tables.excerpt_table,
        "has_sent_media": has_sent_media(run),
        "progress_steps": build_progress_steps(run),
        "queue": describe_queue(run),
        "is_stalled": run.status == "queued" and dispatcher.get_dispatcher().is_stalled(),
        "progress": describe_progress(run),
        "elapsed": measure_elapsed_seconds(run),
        "validation_errors": list_validation_errors(run),
        "explanation": explain_failure(run.error, run.error_detail) if run.error else None,
    }
