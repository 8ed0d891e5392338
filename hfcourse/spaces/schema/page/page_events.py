"""Events of a Space's own page that are no endpoints, and that a visitor of the page sets off all the same. Pure.

Two kinds. `load` runs when the page opens, and often fills the State that the endpoints read. A click on a row of
`gr.Examples` runs `load_example`, which answers with the values of the row, files included. Neither is in `/info`:
Gradio marks the second undocumented, and authors hide the first. Both are called by their number, as the page does.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces.schema.page.ranking import BUTTON_EVENTS, parse_targets
from hfcourse.spaces.untrusted.json_size import measure_json_size

MAX_LOAD_EVENTS = 10
MAX_EVENT_COMPONENTS = 200
MAX_INITIAL_CHARACTERS = 50_000  # of the first values that all load events of a page take, as JSON
MAX_CHAIN_STEPS = 50  # of `.then().then()…`, looked at backwards
ROW_CHOICE_EVENTS = {"click", "select"}

JsonObject = Mapping[str, Any]


@dataclass(frozen=True)
class PageEvent:
    """A function that the page calls: its number, and the ids of the components that it takes and fills.

    `initial` has the first value of each input as the page opens, None for session state.
    """

    number: int
    inputs: tuple[int | None, ...]
    outputs: tuple[int | None, ...]
    initial_values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class PageEvents:
    """The events of one page: those that open a session, in order; the one that answers with a row, by data set.

    `previous` has the number of the step that each step follows, and `pressed` those that a button or the Enter key
    sets off, private ones included.
    """

    opening_events: tuple[PageEvent, ...] = ()
    row_loaders: Mapping[Any, PageEvent] = field(default_factory=dict)
    previous_steps: Mapping[int, int] = field(default_factory=dict)
    button_steps: frozenset[int] = frozenset()

    def get_preceding_steps(self, number: Any) -> tuple[int, ...]:
        """The numbers of the steps that the page takes before this one, the nearest first."""
        steps: list[int] = []
        before = self.previous_steps.get(number) if isinstance(number, int) else None
        while before is not None and before not in steps and len(steps) < MAX_CHAIN_STEPS:
            steps.append(before)
            before = self.previous_steps.get(before)
        return tuple(steps)

    def is_triggered_by_button(self, number: Any) -> bool:
        """Does a button or the Enter key set off this step, or the chain that it stands in?"""
        return any(
            each in self.button_steps for each in (number, *self.get_preceding_steps(number)) if isinstance(each, int)
        )


def parse_page_events(config: JsonObject) -> PageEvents:
    """Read the dependencies of `/config` as it came: those without a documented endpoint are what is looked for."""
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
    """Can it be called without the page, and does it end?"""
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
    """The load events, and the steps after them, that fill session state, work for the session alone, or feed those.

    One without outputs works for the session alone: it makes a folder, or fetches a model, for who opens the page.
    """
    begun: dict[int, JsonObject] = {}
    for number, dependency in numbered:
        is_load = any(event == "load" for _, event in parse_targets(dependency))
        if is_load or is_among(dependency.get("trigger_after"), begun):
            begun[number] = dependency
    needed: list[tuple[int, JsonObject]] = []
    wanted: set[Any] = set()
    for number, dependency in reversed(begun.items()):
        outputs = dependency["outputs"]
        if not outputs or any(is_state(each, components) or is_among(each, wanted) for each in outputs):
            needed.append((number, dependency))
            wanted |= {each for each in dependency["inputs"] if isinstance(each, int)}
    initial = BoundedInitialValues(components)
    return tuple(build_page_event(number, each, initial) for number, each in needed[::-1][:MAX_LOAD_EVENTS])


def is_among(number: Any, wanted: Container[Any]) -> bool:
    return isinstance(number, int) and number in wanted


def is_state(number: Any, components: Mapping[Any, JsonObject]) -> bool:
    return isinstance(number, int) and components.get(number, {}).get("type") == "state"


def find_row_loaders(
    numbered: Iterable[tuple[int, JsonObject]], components: Mapping[Any, JsonObject]
) -> dict[Any, PageEvent]:
    """The event that answers with the row that is chosen in a data set, by the id of the data set."""
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
    inputs, outputs = (parse_component_ids(dependency[key]) for key in ("inputs", "outputs"))
    return PageEvent(number, inputs, outputs, tuple(initial.take_value(each) for each in inputs))


def parse_component_ids(numbers: Iterable[Any]) -> tuple[int | None, ...]:
    return tuple(each if isinstance(each, int) else None for each in numbers)


class BoundedInitialValues:
    """What the components of a page hold as it opens, as far as a budget of characters goes."""

    def __init__(self, components: Mapping[Any, JsonObject]) -> None:
        self._components = components
        self._characters_left = MAX_INITIAL_CHARACTERS

    def take_value(self, number: int | None) -> Any:
        """The value of that component; None for session state, what holds a file, and what exceeds the budget."""
        component = self._components.get(number, {})
        value = (component.get("props") or {}).get("value")
        size = measure_json_size(value, self._characters_left)
        is_within, self._characters_left = size <= self._characters_left, max(0, self._characters_left - size)
        return value if is_within and component.get("type") != "state" and not contains_file_path(value) else None


def contains_file_path(value: Any) -> bool:
    """Is there file data in this value? A path that a Space wrote is never sent back to it as a file."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "path" in item:
                return True
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return False


def unwrap_update(value: Any) -> Any:
    """The value that an update of a component brings, or the value itself."""
    is_update = isinstance(value, dict) and value.get("__type__") == "update"
    return value.get("value") if is_update else value
