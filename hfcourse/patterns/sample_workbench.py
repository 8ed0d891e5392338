"""Samples of what is beside a form, in memory only: the latest runs, two runs compared, the table of a series."""

from typing import Any

from hfcourse.patterns.sample_runs import EXAMPLE_SPACE, RUN_ID, SENT_AT, make_run
from hfcourse.runs.history.comparison import build_comparison
from hfcourse.runs.history.queries import RunSummary
from hfcourse.runs.history.series_table import build_series_table
from hfcourse.runs.store.models import Run, RunEvent
from hfcourse.text.typography import NO_BREAK, typeset_french

GREETINGS = (
    ("succeeded", "Awa", 2, typeset_french("Bonjour Awa ! Bonjour Awa !")),
    ("succeeded", "Inès", 2, typeset_french("Bonjour Inès ! Bonjour Inès !")),
    ("failed", "", 2, ""),
    ("running", "Théo", 2, ""),
)


def build_strip_context() -> dict[str, Any]:
    """Build the template context of the latest runs, the first of which is on show."""
    runs = [
        RunSummary(
            name_run(number), EXAMPLE_SPACE, "/saluer", "Saluer", status, SENT_AT, describe_sent(name, count), result
        )
        for number, (status, name, count, result) in enumerate(GREETINGS)
    ]
    return {
        "recent_runs": runs,
        "recent_space": EXAMPLE_SPACE,
        "recent_endpoint": "/saluer",
        "shown_run_id": name_run(0),
    }


def name_run(number: int) -> str:
    return f"{RUN_ID}-{number}"


def describe_sent(name: str, count: int) -> str:
    """Describe the values of a run as its excerpt does."""
    words = f"Nombre de fois{NO_BREAK}: {count}"
    return f"Prénom{NO_BREAK}: {name} · {words}" if name else words


def build_comparison_context() -> dict[str, Any]:
    """Build the template context of two runs, which differ in one of two values."""
    return build_comparison(make_greeting(0), make_greeting(1))


def build_series_context() -> dict[str, Any]:
    """Build the template context of a series that is going on."""
    return build_series_table([make_greeting(number) for number in range(len(GREETINGS))], "prenom")


def make_greeting(number: int) -> Run:
    """Make the run of this number, with what came back."""
    status, name, count, result = GREETINGS[number]
    run = make_run(status)
    run.id, run.inputs = name_run(number), {"prenom": name, "fois": count}
    run.outputs = [{"label": "Salutation", "component": "Textbox", "value": result}] if result else []
    summary = {"result": result} | ({"error": run.error, "detail": ""} if run.error else {})
    if run.is_finished:
        run.events.append(
            RunEvent(run_id=run.id, position=len(run.events) + 1, kind="summary", data=summary, at=SENT_AT)
        )
    return run
