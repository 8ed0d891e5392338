"""Choices that a visitor's earlier runs returned for the lists of a form, while their session lives."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database
from hfcourse.runs.store.models import RUNS, SpaceSession
from hfcourse.spaces.form.choice_updates import ChoiceSources
from hfcourse.spaces.schema.component_updates import is_component_update

MAX_SEARCHED_RUNS = 5  # the newest; the outputs of each have 2 MB at most
SESSION_START_QUERY = select(SpaceSession.created).where(
    SpaceSession.visitor == bindparam("visitor"), SpaceSession.space == bindparam("space")
)
SESSION_OUTPUTS_QUERY = (
    select(RUNS.c.endpoint, RUNS.c.outputs)
    .where(
        RUNS.c.visitor == bindparam("visitor"),
        RUNS.c.space == bindparam("space"),
        RUNS.c.finished >= bindparam("since", type_=database.UtcDateTime),  # the first run of a session begins it
        RUNS.c.endpoint.in_(bindparam("endpoints", expanding=True)),
        RUNS.c.status == "succeeded",
        RUNS.c.keeps_state,
    )
    .order_by(RUNS.c.created.desc(), RUNS.c.id.desc())
    .limit(MAX_SEARCHED_RUNS)
)


def find_choice_updates(visitor: str | None, space: str, sources: ChoiceSources) -> dict[str, Mapping[str, Any]]:
    """Return the latest update with choices for each parameter that has one, by its name.

    A database error yields {}: the Space itself validates the choice.
    """
    if visitor is None or not sources:
        return {}
    owner = {"visitor": visitor, "space": space}
    try:
        with database.read_connection() as connection:
            since = connection.scalar(SESSION_START_QUERY, owner)
            query = {"since": since, "endpoints": [*sources]}
            rows = connection.execute(SESSION_OUTPUTS_QUERY, owner | query).all() if since else []
    except SQLAlchemyError:
        return {}
    return select_latest_updates(((row.endpoint, row.outputs) for row in rows), sources)


def select_latest_updates(
    runs: Iterable[tuple[str, list[dict[str, Any]]]], sources: ChoiceSources
) -> dict[str, Mapping[str, Any]]:
    """Return the first update with choices for each parameter.

    `runs` are endpoint and outputs, the newest first.
    """
    updates: dict[str, Mapping[str, Any]] = {}
    for endpoint, outputs in runs:
        for place, name in sources[endpoint]:
            value: Any = outputs[place].get("value") if place < len(outputs) else None
            if name not in updates and is_component_update(value) and isinstance(value.get("choices"), list):
                updates[name] = value
    return updates
