"""A run as others see it: its JSON, and what its page shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from hfcourse import database
from hfcourse.failure_explanations import explanation_of
from hfcourse.runs.outputs.rendered_outputs import Shown, all_shown
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run, RunFile
from hfcourse.runs.values import sent_summary, sent_tables, value_types
from hfcourse.runs.values.page_budget import PageBudget
from hfcourse.runs.values.value_types import ERASED, FILE, HOLDS_FILES, NAME, SURPLUS, WHY, FileEntry, is_reference


def as_json(run: Run) -> dict[str, Any]:
    """The run as `/essais/<id>.json` gives it; the form of it is part of the site's contract."""
    queued = queue_of(run)
    return {
        "id": run.id,
        "space": run.space,
        "endpoint": run.endpoint,
        "status": run.status,
        "error": run_store.error_of(run),
        "inputs": inputs_of(run),
        "outputs": [
            {name: output[name] for name in ("label", "component", "value")}
            for output in (with_files(run, each) for each in outputs_of(run))
        ],
        "partials": run.partials,
        "queue": queued,
        "progress": run.latest("progress").get("steps", []),
        "log": run.all("log"),
        "timings": {name: iso(getattr(run, name)) for name in ("created", "started", "first_output", "finished")},
    }


def iso(moment: datetime | None) -> str | None:
    """ISO 8601, UTC, with milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def queue_of(run: Run) -> dict[str, Any]:
    """Where the run waits: in our own queue, then in the Space's."""
    if run.status == "queued":
        rank, size = dispatcher.current().place(run.id) or (None, None)
        return {"rank": rank, "size": size, "eta": None}
    return {"rank": None, "size": None, "eta": None, **run.latest("queued")}


def faults_of(run: Run) -> list[tuple[str, str]]:
    """Label of each parameter that the Space's validator refused, and its words, '' where it said nothing."""
    said = run.latest("invalid").get("fields", {})
    return [(parameter["label"], said[parameter["name"]]) for parameter in run.parameters if parameter["name"] in said]


def outputs_of(run: Run) -> list[dict[str, Any]]:
    """The outputs as stored; the latest partial ones while the run goes on, or if its process ended before it."""
    if run.status in ("succeeded", "failed", "stopped"):
        return run.outputs
    return run.latest("partial").get("outputs", [])


def inputs_of(run: Run) -> dict[str, Any]:
    """The values sent, by parameter name, with what is known of each file."""
    return run_store.sent_values(run, lambda item: file_entry(run, item))


def left_empty(run: Run) -> list[str]:
    """The labels of what was sent as nothing, which is the commonest reason for a Space to break down."""
    inputs = inputs_of(run)
    return [each["label"] for each in run.parameters if inputs.get(each["name"]) is None]


def files_in(value: Any) -> list[FileEntry]:
    """The files of a value that was sent, in order; each once."""
    if isinstance(value, FileEntry):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [file for item in items for file in files_in(item)]
    return list({tuple(file.values()): file for file in found}.values())


def has_sent_media(run: Run) -> bool:
    """Was a picture, a sound or a film sent? It is compared with what came back, and stands beside it."""
    sent = (item.file for item in run.files if item.parameter is not None)
    return any(file.media_type.startswith(("image/", "audio/", "video/")) and not file.erased for file in sent)


def file_entry(run: Run, item: RunFile) -> FileEntry:
    """A file of the run, with its address, or the entry of one whose bytes made room for others."""
    if item.file.erased:
        return FileEntry.missing(ERASED, item.file.name)
    return FileEntry(
        file=url_for("runs.file", run_id=run.id, n=item.n),
        name=item.file.name,
        bytes=item.file.size,
        media_type=item.file.media_type,
    )


def with_files(run: Run, output: dict[str, Any]) -> dict[str, Any]:
    """A stored output, each file in its value with its address; where no file can be, a Space's own words stay."""
    holds = output.get("holds_files", output["component"].lower() in HOLDS_FILES)
    ours = {item.n: file_entry(run, item) for item in run.files if item.parameter is None}
    return output | {"value": resolved(output["value"], ours)} if holds else output


def resolved(value: Any, ours: Mapping[int, FileEntry]) -> Any:
    """A stored value with an entry in place of each reference to a file."""
    if isinstance(value, dict):
        if is_reference(value):
            number = value[FILE]
            found = ours.get(number) if isinstance(number, int) else None
            return found or FileEntry.missing(value.get(WHY), value.get(NAME))
        return {key: resolved(item, ours) for key, item in value.items()}
    return [resolved(item, ours) for item in value] if isinstance(value, list) else value


def output_of(run: Run, n: int) -> dict[str, Any] | None:
    """Output number `n` with its files, None if there is none."""
    outputs = outputs_of(run)
    return with_files(run, outputs[n]) if n < len(outputs) else None


def shown_outputs(run: Run, budget: PageBudget) -> list[Shown]:
    """One section for each output there is."""
    return all_shown((with_files(run, output) for output in outputs_of(run)), not run.is_finished, budget)


def surplus_files(run: Run) -> int:
    """How many files of the answer were not kept, being more than a run's share."""
    return sum(counted(output["value"]) for output in outputs_of(run) if output.get("holds_files"))


def counted(value: Any) -> int:
    """The references, at any depth, to files beyond a run's share."""
    if isinstance(value, dict):
        return value.get(WHY) == SURPLUS if is_reference(value) else sum(map(counted, value.values()))
    return sum(map(counted, value)) if isinstance(value, list) else 0


@dataclass(frozen=True)
class Step:
    """A step of the rail: done, here, or to come."""

    name: str
    state: str
    at: datetime | None = None


LAST_STEPS = {"failed": "Échec", "stopped": "Arrêté", "interrupted": "Interrompu"}


def rail(run: Run) -> list[Step]:
    """The four steps of a run's life, and where it is."""
    here = {"queued": 1, "running": 2}.get(run.status, 3)
    names = ["Envoyé", "En file", "En cours", LAST_STEPS.get(run.status, "Terminé")]
    moments = [run.created, None, run.started, run.finished]
    success = run.status == "succeeded"
    return [
        Step(name, "done" if position < here or success else "here" if position == here else "", moments[position])
        for position, name in enumerate(names)
    ]


def latest_message(run: Run) -> dict[str, Any]:
    """What the progress bar shows: `value` and `max` where they are known, and the words."""
    steps = run.latest("progress").get("steps") or [{}]
    step = steps[-1]
    ratio, index, length = step.get("progress"), step.get("index"), step.get("length")
    bar: dict[str, Any] = {"words": str(step.get("desc") or "")[:200], "value": None, "max": None, "is_count": False}
    if isinstance(ratio, int | float):
        bar |= {"value": ratio, "max": 1}
    elif isinstance(index, int | float) and isinstance(length, int | float) and length > 0:
        bar |= {"value": index, "max": length, "is_count": True}
    return bar


def elapsed_seconds(run: Run) -> float:
    """How long it has taken so far, or took: from its creation on while it waits, without the wait afterwards."""
    lasted = (run.finished or database.now()) - (run.started or run.created)
    return max(lasted.total_seconds(), 0.0)


def view_of(run: Run) -> dict[str, Any]:
    """What the templates of a run show."""
    budget = PageBudget(is_live=not run.is_finished)
    return {
        "run": run,
        "outputs": shown_outputs(run, budget),
        "budget": budget,
        "inputs": inputs_of(run),
        "summarize_sent": sent_summary.summarize_sent,
        "surplus_files": surplus_files(run),
        "files_in": files_in,
        "left_empty": left_empty(run) if run.error == "space-exception" else [],
        "is_file": value_types.is_file,
        "is_table": value_types.is_table,
        "excerpt_table": sent_tables.excerpt_table,
        "has_sent_media": has_sent_media(run),
        "rail": rail(run),
        "queue": queue_of(run),
        "is_stalled": run.status == "queued" and dispatcher.current().is_stalled(),
        "progress": latest_message(run),
        "elapsed": elapsed_seconds(run),
        "faults": faults_of(run),
        "explanation": explanation_of(run.error, run.said) if run.error else None,
    }
