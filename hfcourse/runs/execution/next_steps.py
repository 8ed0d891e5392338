"""Find the endpoints that a Space's page goes on with after a call, for the run to keep. Pure."""

from collections.abc import Sequence
from typing import Any

from hfcourse.spaces.schema.component_updates import is_component_update
from hfcourse.spaces.schema.endpoints import endpoint_wiring
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint

NEXT_STEPS_EVENT = "next"  # the kind of the event that keeps the next steps of a run


def find_next_steps(description: Description, endpoint: Endpoint, values: Sequence[Any]) -> list[dict[str, str]]:
    """Name and title of each endpoint to go on with, for the run to keep: its page must not ask the Space.

    Args:
        values: the outputs, as the Space sent them.
    """
    arrived = [number for number, value in zip(endpoint.wiring.return_ids, values, strict=False) if has_content(value)]
    steps = endpoint_wiring.find_next_endpoints(
        description, endpoint, [number for number in arrived if number is not None]
    )
    return [{"endpoint": each.name, "title": each.title} for each in steps]


def has_content(value: Any) -> bool:
    """Did this output bring something? Nothing, an emptied field and a mere change of the page are nothing."""
    if is_component_update(value):
        value = value.get("value")
    return value not in (None, "", [], {})
