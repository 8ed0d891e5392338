"""A run as others see it: its JSON, and what its page shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from hfcourse.runs import dispatch, store
from hfcourse.runs.models import Run, RunFile
from hfcourse.runs.references import FILE

UPDATE = "__type__"


def as_json(run: Run) -> dict[str, Any]:
    """The run as `/essais/<id>.json` gives it; the form of it is part of the site's contract."""
    queued = queue_of(run)
    return {
        "id": run.id,
        "space": run.space,
        "endpoint": run.endpoint,
        "status": run.status,
        "error": store.error_of(run),
        "inputs": inputs_of(run),
        "outputs": [{**output, "value": with_files(run, output["value"])} for output in outputs_of(run)],
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
        rank, size = dispatch.current().place(run.id) or (None, None)
        return {"rank": rank, "size": size, "eta": None}
    return {"rank": None, "size": None, "eta": None, **run.latest("queued")}


def outputs_of(run: Run) -> list[dict[str, Any]]:
    """The outputs as stored; the latest partial ones while the run goes on, or if its process ended before it."""
    if run.status in ("succeeded", "failed", "stopped"):
        return run.outputs
    return run.latest("partial").get("outputs", [])


def inputs_of(run: Run) -> dict[str, Any]:
    """The values sent, by parameter name, with what is known of each file."""
    return store.sent_values(run, lambda item: file_entry(run, item))


def files_in(value: Any) -> list["FileEntry"]:
    """The files of a value that was sent, in order; each once."""
    if is_file(value):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [file for item in items for file in files_in(item)]
    return [file for place, file in enumerate(found) if file not in found[:place]]


class FileEntry(dict[str, Any]):
    """A file as the JSON shows it. A type of its own: a Space can write the same keys, with a link of its choice."""


def file_entry(run: Run, item: RunFile) -> FileEntry:
    """A file of the run, with its address."""
    return FileEntry(
        file=url_for("runs.file", run_id=run.id, n=item.n),
        name=item.file.name,
        bytes=item.file.size,
        media_type=item.file.media_type,
    )


def with_files(run: Run, value: Any) -> Any:
    """A stored value with an address in place of each file's number."""
    if isinstance(value, dict):
        if set(value) == {FILE}:
            found = next((item for item in run.files if item.n == value[FILE]), None)
            return file_entry(run, found) if found else FileEntry(file=None, name=None, bytes=None, media_type=None)
        return {key: with_files(run, item) for key, item in value.items()}
    return [with_files(run, item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Shown:
    """An output as its section shows it: `kind` names the partial template, `value` is what it draws."""

    number: int
    label: str
    component: str
    kind: str
    value: Any


def shown_outputs(run: Run) -> list[Shown]:
    """One section for each output there is."""
    sections = []
    for number, output in enumerate(outputs_of(run)):
        value = with_files(run, output["value"])
        if isinstance(value, dict) and value.get(UPDATE) == "update" and "value" in value:
            value = value["value"]  # the Space changed the component along with its value
        sections.append(Shown(number, output["label"], output["component"], kind_of(output["component"], value), value))
    return sections


def kind_of(component: str, value: Any) -> str:
    """How to draw a value: by its shape first, then by its component."""
    if value is None:
        return "nothing"
    if isinstance(value, bool) or not isinstance(value, dict | list):
        return "scalar" if isinstance(value, bool | int | float) else "text"
    if isinstance(value, dict):
        return kind_of_dict(value)
    if component == "Chatbot" and all(map(is_message, value)):
        return "chat"
    return "files" if value and all(is_file(item) for item in value) else "json"


def kind_of_dict(value: dict[str, Any]) -> str:
    if value.get(UPDATE) == "update":
        return "unchanged"
    if is_file(value):
        return "file"
    if is_table(value):
        return "table"
    return "label" if is_label(value) else "json"


def is_file(value: Any) -> bool:
    return isinstance(value, FileEntry)


def is_message(item: Any) -> bool:
    return isinstance(item, dict) and "role" in item and isinstance(item.get("content"), str | list | None)


def is_table(value: dict[str, Any]) -> bool:
    headers, data = value.get("headers"), value.get("data")
    return isinstance(headers, list) and isinstance(data, list) and all(isinstance(row, list) for row in data)


def is_label(value: dict[str, Any]) -> bool:
    confidences = value.get("confidences")
    return "label" in value and (
        confidences is None or (isinstance(confidences, list) and all(map(is_confidence, confidences)))
    )


def is_confidence(item: Any) -> bool:
    return isinstance(item, dict) and "label" in item and is_ratio(item.get("confidence"))


def is_ratio(value: Any) -> bool:
    """Is this a share of 1? (A number of four hundred digits breaks whoever multiplies it.)"""
    return isinstance(value, int | float) and 0 <= value <= 1


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
    bar: dict[str, Any] = {"words": str(step.get("desc") or "")[:200], "value": None, "max": None}
    if isinstance(ratio, int | float):
        bar |= {"value": ratio, "max": 1}
    elif isinstance(index, int | float) and isinstance(length, int | float) and length > 0:
        bar |= {"value": index, "max": length, "words": bar["words"] or f"{index} sur {length}"}
    return bar
