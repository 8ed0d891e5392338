"""Sample runs in each status, in memory only."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hfcourse.runs.history.queries import RunFilter, RunPage, RunSummary
from hfcourse.runs.store.models import Run, RunEvent

RUN_ID = "exemple"
EXAMPLE_SPACE = "hfcourse/entrainement"
SENT_AT = datetime(2026, 11, 22, 13, 2, tzinfo=UTC)
STEPS = {"steps": [{"index": 13, "length": 20, "desc": "Image"}]}
WARNING = {"level": "warning", "title": "", "text": "La réponse sera longue."}
NEXT_STEPS = {"steps": [{"endpoint": "/decrire", "title": "Décrire"}]}
EVENTS_BY_STATUS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "queued": (),
    "running": (("started", {}), ("progress", STEPS), ("log", WARNING)),
    "succeeded": (("started", {}), ("log", WARNING), ("next", NEXT_STEPS)),
    "failed": (("started", {}),),
    "stopped": (("started", {}),),
    "interrupted": (("started", {}),),
}


def make_run(status: str) -> Run:
    """Make a run that is stored nowhere."""
    is_finished = status not in ("queued", "running")
    events = [
        RunEvent(run_id=RUN_ID, position=position, kind=kind, data=data, at=SENT_AT)
        for position, (kind, data) in enumerate(EVENTS_BY_STATUS[status], 1)
    ]
    return Run(
        id=RUN_ID, space=EXAMPLE_SPACE, endpoint="/saluer", title="Saluer", status=status,
        parameters=[{"name": "prenom", "label": "Prénom"}, {"name": "fois", "label": "Nombre de fois"}],
        inputs={"prenom": "Awa", "fois": 2}, outputs=[], partials=0, error_detail="",
        error="timeout" if status == "failed" else None,
        created=SENT_AT, started=None if status == "queued" else SENT_AT + timedelta(seconds=8),
        finished=SENT_AT + timedelta(seconds=12) if is_finished else None,
        events=events, files=[],
    )  # fmt: skip


def build_sample_list_context() -> dict[str, Any]:
    """Build the template context of a list of two runs."""
    summaries = [
        RunSummary(RUN_ID, EXAMPLE_SPACE, "/saluer", "Saluer", status, SENT_AT, excerpt)
        for status, excerpt in (("succeeded", "Awa · 2"), ("running", "Inès · 3"))
    ]
    return {"run_filter": RunFilter(), "total": 2, "match_count": 2, "page": RunPage(summaries, False, False)}
