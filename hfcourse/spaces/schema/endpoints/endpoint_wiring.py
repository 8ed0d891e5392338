"""Search for the endpoints that can process the outputs of another one. Pure.

On the page, the outputs of a step and the inputs of the next one are the same components, so a returned
value is already filled in. Over the API, only the component ids of `/config` and the session state that
one step writes and another reads express this link.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfcourse.spaces.schema.page.page_events import MAX_CHAIN_STEPS, PageEvents

if TYPE_CHECKING:
    from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint

MAX_NEXT_ENDPOINTS = 3

ComponentConfig = Mapping[str, Any]


@dataclass(frozen=True)
class EndpointWiring:
    """Component ids of an endpoint.

    Attributes:
        parameter_ids: one id per parameter, None if unknown.
        return_ids: one id per return value, None if unknown.
        read_state_ids: the session states that it reads.
        written_state_ids: the session states that it writes.
        dependency_id: the id of its dependency.
        preceding_ids: the steps before it in its chain, the nearest first.
        is_triggered_by_button: a button or the Enter key triggers it or its chain, so it is meant for people.
    """

    parameter_ids: tuple[Any, ...] = ()
    return_ids: tuple[Any, ...] = ()
    read_state_ids: frozenset[Any] = frozenset()
    written_state_ids: frozenset[Any] = frozenset()
    dependency_id: Any = None
    preceding_ids: tuple[int, ...] = ()
    is_triggered_by_button: bool = False


def read_wiring(
    number: Any, events: PageEvents, inputs: Sequence[ComponentConfig], outputs: Sequence[ComponentConfig]
) -> EndpointWiring:
    """Build the wiring of the dependency with this id and these input and output components."""
    return EndpointWiring(
        parameter_ids=collect_api_component_ids(inputs),
        return_ids=collect_api_component_ids(outputs),
        read_state_ids=collect_state_ids(inputs),
        written_state_ids=collect_state_ids(outputs),
        dependency_id=number,
        preceding_ids=events.get_preceding_steps(number),
        is_triggered_by_button=events.is_triggered_by_button(number),
    )


def collect_api_component_ids(components: Sequence[ComponentConfig]) -> tuple[Any, ...]:
    """Return the ids of the components that an API caller sends or receives, in order."""
    return tuple(each.get("id") for each in components if not each.get("skip_api"))


def collect_state_ids(components: Sequence[ComponentConfig]) -> frozenset[Any]:
    """Return the ids of the session states."""
    return frozenset(each.get("id") for each in components if each.get("type") == "state")


def find_next_endpoints(description: "Description", endpoint: "Endpoint", arrived: Collection[Any]) -> list["Endpoint"]:
    """Return the endpoints that can follow, the next steps of its chain first, then in list order.

    Excluded are endpoints that the page runs before this one, and those that only write the same outputs
    again (reset, undo, retry), unless they are next in the chain.

    Args:
        arrived: the component ids of the outputs that have a value.
    """
    done = endpoint.wiring
    found: list[tuple[int, Endpoint]] = []
    for each in description.endpoints:
        is_next = done.dependency_id is not None and done.dependency_id in each.wiring.preceding_ids
        if each is endpoint or each.blocked_reason or each.wiring.dependency_id in done.preceding_ids:
            continue
        leads_on = is_next or (
            each.wiring.is_triggered_by_button and not set(each.wiring.return_ids) <= set(done.return_ids)
        )
        if leads_on and can_continue(done, each.wiring, arrived):
            found.append((each.wiring.preceding_ids.index(done.dependency_id) if is_next else MAX_CHAIN_STEPS, each))
    found.sort(key=lambda pair: pair[0])
    return [each for _, each in found[:MAX_NEXT_ENDPOINTS]]


def can_continue(done: EndpointWiring, following: EndpointWiring, arrived: Collection[Any]) -> bool:
    """Does the following endpoint read a returned value, or a session state that was written?"""
    return not set(arrived).isdisjoint(following.parameter_ids) or not done.written_state_ids.isdisjoint(
        following.read_state_ids
    )
