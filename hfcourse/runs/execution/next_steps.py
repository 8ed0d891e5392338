"""Endpoints that the Space's page leads to after a call, stored with the run. Pure."""

from collections.abc import Sequence
from typing import Any

from hfcourse.spaces.schema.component_updates import is_component_update
from hfcourse.spaces.schema.endpoints import endpoint_wiring
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint

NEXT_STEPS_EVENT = "next"  # kind of the event that stores the next steps of a run


def find_next_steps(description: Description, endpoint: Endpoint, values: Sequence[Any]) -> list[dict[str, str]]:
    """Return the name and title of each next endpoint, stored so that the page need not query the Space.

    Args:
        values: the outputs, as the Space sent them.
    """
    arrived = [
        number for number, value in zip(endpoint.wiring.return_ids, values, strict=False) if is_filled_value(value)
    ]
    steps = endpoint_wiring.find_next_endpoints(
        description, endpoint, [number for number in arrived if number is not None]
    )
    return [{"endpoint": each.name, "title": each.title} for each in steps]


def is_filled_value(value: Any) -> bool:
    """Does this output have a value? A component update without one, null and empty values do not."""
    if is_component_update(value):
        value = value.get("value")
    return value not in (None, "", [], {})
