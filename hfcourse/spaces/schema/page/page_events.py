"""Events of a Space's own page that are not endpoints, but that a visitor of the page triggers. Pure.

There are two kinds. `load` runs when the page opens, and often initializes the State that the endpoints read. A
click on a row of `gr.Examples` runs `load_example`, which returns the values of the row, files included. Neither is
in `/info`: Gradio marks the second undocumented, and authors hide the first. Both are called by their id, as the
page does.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces.schema.page.ranking import BUTTON_EVENTS, parse_targets
from hfcourse.spaces.untrusted.json_size import measure_json_size
from hfcourse.spaces.untrusted.json_tree import JsonObject, contains_node

MAX_LOAD_EVENTS = 10
MAX_EVENT_COMPONENTS = 200
MAX_INITIAL_CHARACTERS = 50_000  # of the initial values for all load events of a page, as JSON
MAX_CHAIN_STEPS = 50  # of `.then().then()…`, followed backwards
ROW_CHOICE_EVENTS = {"click", "select"}


@dataclass(frozen=True)
class PageEvent:
    """Function that the page calls: its id, and the ids of its input and output components.

    `initial_values` has the value of each input when the page opens, None for session state.
    """

    number: int
    inputs: tuple[int | None, ...]
    outputs: tuple[int | None, ...]
    initial_values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class PageEvents:
    """Events of one page.

    Attributes:
        opening_events: the events that open a session, in order.
        row_loaders: the event that returns the values of a row, by id of the data set.
        previous_steps: the id of the previous step of each step.
        button_steps: the ids of the steps that a button or the Enter key triggers, private ones included.
    """

    opening_events: tuple[PageEvent, ...] = ()
    row_loaders: Mapping[Any, PageEvent] = field(default_factory=dict)
    previous_steps: Mapping[int, int] = field(default_factory=dict)
    button_steps: frozenset[int] = frozenset()

    def get_preceding_steps(self, number: Any) -> tuple[int, ...]:
        """Return the ids of the steps before this one in its chain, the nearest first."""
        steps: list[int] = []
        before = self.previous_steps.get(number) if isinstance(number, int) else None
        while before is not None and before not in steps and len(steps) < MAX_CHAIN_STEPS:
            steps.append(before)
            before = self.previous_steps.get(before)
        return tuple(steps)

    def is_triggered_by_button(self, number: Any) -> bool:
        """Does a button or the Enter key trigger this step or its chain?"""
        return any(
            each in self.button_steps for each in (number, *self.get_preceding_steps(number)) if isinstance(each, int)
        )


def parse_page_events(config: JsonObject) -> PageEvents:
    """Parse the events of the original `/config`, before dependencies without an endpoint are dropped."""
    components = {each["id"]: each for each in config["components"]}
    numbered = [
        (number if type(number := each.get("id", place)) is int else place, each)
        for place, each in enumerate(config["dependencies"])
    ]
    callable_ones = [(number, each) for number, each in numbered if is_callable(each)]
    return PageEvents(
        find_opening_events(callable_ones, components),
        find_row_loaders(callable_ones, components),
        {number: before for number, each in numbered if type(before := each.get("trigger_after")) is int},
        frozenset(
            number for number, each in numbered if any(event in BUTTON_EVENTS for _, event in parse_targets(each))
        ),
    )


def is_callable(dependency: JsonObject) -> bool:
    """Can this dependency be called without the page, and does it terminate?"""
    lists = dependency.get("inputs"), dependency.get("outputs")
    return (
        all(isinstance(each, list) and len(each) <= MAX_EVENT_COMPONENTS for each in lists)
        and dependency.get("backend_fn") is not False
        and dependency.get("connection") != "stream"
        and not any(dependency.get(key) for key in ("collects_event_data", "component_prop_inputs", "every"))
    )


def find_opening_events(
    numbered: Sequence[tuple[int, JsonObject]], components: Mapping[Any, JsonObject]
) -> tuple[PageEvent, ...]:
    """Return the load events and their following steps that write session state, have no outputs, or feed those.

    An event without outputs works for the session: it creates a folder, or downloads a model, for the visitor.
    """
    started: dict[int, JsonObject] = {}
    for number, dependency in numbered:
        is_load = any(event == "load" for _, event in parse_targets(dependency))
        if is_load or is_among(dependency.get("trigger_after"), started):
            started[number] = dependency
    needed: list[tuple[int, JsonObject]] = []
    read_by_needed: set[Any] = set()
    for number, dependency in reversed(started.items()):
        outputs = dependency["outputs"]
        if not outputs or any(is_state(each, components) or is_among(each, read_by_needed) for each in outputs):
            needed.append((number, dependency))
            read_by_needed |= {each for each in dependency["inputs"] if isinstance(each, int)}
    initial = BoundedInitialValues(components)
    return tuple(build_page_event(number, each, initial) for number, each in needed[::-1][:MAX_LOAD_EVENTS])


def is_among(number: Any, ids: Container[Any]) -> bool:
    """Is this untrusted value an id in this container?"""
    return isinstance(number, int) and number in ids


def is_state(number: Any, components: Mapping[Any, JsonObject]) -> bool:
    """Is this the id of a session state?"""
    return isinstance(number, int) and components.get(number, {}).get("type") == "state"


def find_row_loaders(
    numbered: Iterable[tuple[int, JsonObject]], components: Mapping[Any, JsonObject]
) -> dict[Any, PageEvent]:
    """Return the event that returns the values of a clicked row, by id of the data set."""
    found: dict[Any, PageEvent] = {}
    for number, dependency in numbered:
        inputs = dependency["inputs"]
        if len(inputs) != 1 or not isinstance(inputs[0], int) or components.get(inputs[0], {}).get("type") != "dataset":
            continue
        is_chosen = any(
            event in ROW_CHOICE_EVENTS and target == inputs[0] for target, event in parse_targets(dependency)
        )
        if is_chosen and inputs[0] not in found:
            found[inputs[0]] = build_page_event(number, dependency, BoundedInitialValues({}))
    return found


def build_page_event(number: int, dependency: JsonObject, initial: "BoundedInitialValues") -> PageEvent:
    """Build the event of a dependency, with its initial values within the budget."""
    inputs, outputs = (parse_component_ids(dependency[key]) for key in ("inputs", "outputs"))
    return PageEvent(number, inputs, outputs, tuple(initial.take_value(each) for each in inputs))


def parse_component_ids(numbers: Iterable[Any]) -> tuple[int | None, ...]:
    """Return these ids, None for each malformed one."""
    return tuple(each if isinstance(each, int) else None for each in numbers)


class BoundedInitialValues:
    """Initial values of the components of a page, within a budget of characters."""

    def __init__(self, components: Mapping[Any, JsonObject]) -> None:
        self._components = components
        self._characters_left = MAX_INITIAL_CHARACTERS

    def take_value(self, number: int | None) -> Any:
        """Return the initial value of a component; None for session state, files, and beyond the budget."""
        component = self._components.get(number, {})
        value = (component.get("props") or {}).get("value")
        size = measure_json_size(value, self._characters_left)
        is_within, self._characters_left = size <= self._characters_left, max(0, self._characters_left - size)
        return value if is_within and component.get("type") != "state" and not contains_file_path(value) else None


def contains_file_path(value: Any) -> bool:
    """Does this value contain file data? A path from a Space is never sent back to it as a file."""
    return contains_node(value, lambda node: isinstance(node, dict) and "path" in node)


def unwrap_update(value: Any) -> Any:
    """Return the value of a component update, or any other value unchanged."""
    is_update = isinstance(value, dict) and value.get("__type__") == "update"
    return value.get("value") if is_update else value
