"""Which endpoints a Space's page goes on with once one has answered. Pure.

On the page the outputs of a step are components, and the inputs of the next step are the same ones: what came back is
already filled in. Over the API nothing says so but the component ids of `/config`, and the session state that one step
writes and another reads.
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
    """The component ids of an endpoint: one for each parameter and return (None where unknown), and of session state.

    `number` is that of its dependency, `before` those of the steps that the page takes before it, the nearest first.
    `is_pressed` says that a button or the Enter key sets it off, or its chain: people are meant to come there.
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
    """The wiring of the dependency of that number, whose inputs and outputs are these components."""
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
    """The ids of the components that a caller sends or gets, in order."""
    return tuple(each.get("id") for each in components if not each.get("skip_api"))


def collect_state_ids(components: Sequence[ComponentConfig]) -> frozenset[Any]:
    return frozenset(each.get("id") for each in components if each.get("type") == "state")


def find_next_endpoints(description: "Description", endpoint: "Endpoint", arrived: Collection[Any]) -> list["Endpoint"]:
    """The endpoints to go on with, the next of its chain first, then in the order of the page's endpoints.

    One that the page runs before this endpoint is none, and one that fills nothing but the same outputs again (reset,
    undo, once more) neither, unless it is the next of the chain: they lead back.

    Args:
        arrived: the component ids of the outputs that brought a value.
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
    """Does the following endpoint take a value that arrived, or session state that was written?"""
    return not set(arrived).isdisjoint(following.parameter_ids) or not done.written_state_ids.isdisjoint(
        following.read_state_ids
    )
