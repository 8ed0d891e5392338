"""Data-flow graph of a page: the steps that write and read each component, and the results. Pure.

Derived from `/config` alone: components are the variables of the page, `inputs` and `outputs` of each dependency
its reads and writes. Private steps are included, though they cannot be called through the API.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from hfcourse.spaces.schema.page.event_chains import ChainStep, EventChains
from hfcourse.spaces.schema.page.ranking import BUTTON_EVENTS, parse_targets

ComponentsById = Mapping[int, Mapping[str, Any]]
TriggerTarget = tuple[Any, str]  # the component's id, None for the page, and the event

# Results that people want: images, sounds, videos, 3D models, a conversation, a class with its score. Matched as
# substrings, since the type of a custom component contains its kind: `litmodel3d`, `imageannotator`.
RICH_OUTPUT_TYPES = ("image", "audio", "video", "gallery", "model3d", "chatbot", "label")
RICH_WEIGHT, PLAIN_WEIGHT = 3, 1
# Settings that a person changes before a call, even if another step randomizes them.
SETTING_COMPONENTS = {"number", "slider", "checkbox", "radio", "dropdown", "checkboxgroup", "colorpicker", "datetime"}
# Limits per step and per component, as the cost is the product of both and of the number of steps.
MAX_EXAMINED_COMPONENTS, MAX_WRITERS = 300, 20


class DataFlow:
    """Graph of the reads and writes of all steps of a page.

    Args:
        names: the names of the endpoints that can be called through the API, by dependency id.
    """

    def __init__(self, chains: EventChains, components: ComponentsById, names: Mapping[int, str]) -> None:
        self.chains = chains
        self.components = components
        self.names = names
        self._reader_roots = self._find_readers()
        self._writers: dict[Any, list[int]] = {}
        for number, step in chains.steps.items():
            for written in dict.fromkeys(get_output_ids(step)):
                writers = self._writers.setdefault(written, [])
                if len(writers) < MAX_WRITERS:
                    writers.append(number)
        self._lead_by_root: dict[int, int | None] = {}
        self._triggers_by_root: dict[int, tuple[TriggerTarget, ...]] = {}
        self._preparers_by_component: dict[Any, frozenset[int]] = {}
        self._inputs_by_step: dict[int, frozenset[Any]] = {}
        self._makers_by_component: dict[Any, frozenset[int]] = {}

    def _find_readers(self) -> dict[Any, int | None]:
        """Return the root of the chain that reads each component, None if several chains do."""
        found: dict[Any, int | None] = {}
        for number, step in self.chains.steps.items():
            root = self.chains.get_root_id(number)
            found.update((each, root if found.get(each, root) == root else None) for each in get_input_ids(step))
        return found

    @cached_property
    def callable_readers(self) -> Mapping[Any, set[int]]:
        """Ids of the first MAX_WRITERS callable steps that read each component."""
        found: dict[Any, set[int]] = {}
        for number in self.names:
            for each in get_input_ids(self.chains.steps[number]):
                readers = found.setdefault(each, set())
                if len(readers) < MAX_WRITERS:
                    readers.add(number)
        return found

    def get_component(self, number: Any) -> Mapping[str, Any]:
        """Return the component with this id, {} if it is missing."""
        return self.components.get(number) or {}

    def get_component_type(self, number: Any) -> str:
        """Return Gradio's type of a component, '' if it is missing."""
        return str(self.get_component(number).get("type") or "")

    def is_api_component(self, number: Any) -> bool:
        """Does an API caller send or receive this component? Session state and layout are excluded."""
        component = self.get_component(number)
        return bool(component) and not component.get("skip_api") and component.get("type") != "state"

    def get_writers(self, number: Any) -> list[int]:
        """Return the ids of the first MAX_WRITERS steps that write this component."""
        return self._writers.get(number, [])

    def find_preparers(self, number: Any) -> frozenset[int]:
        """Return the writers that compute this component from other components.

        A step without inputs resets it, one that reads it modifies it. Cached: called for each input of each
        endpoint.
        """
        if number not in self._preparers_by_component:
            read = {each: get_input_ids(self.chains.steps[each]) for each in self.get_writers(number)}
            makes = (each for each, inputs in read.items() if inputs and number not in inputs)
            self._preparers_by_component[number] = frozenset(makes)
        return self._preparers_by_component[number]

    def get_triggers(self, number: int) -> tuple[TriggerTarget, ...]:
        """Return component and event of each trigger of the chain of this step, cached by root."""
        root = self.chains.get_root_id(number)
        if root not in self._triggers_by_root:
            self._triggers_by_root[root] = tuple(parse_targets(self.chains.steps[root]))
        return self._triggers_by_root[root]

    def is_triggered_by_button(self, number: int) -> bool:
        """Does a button or the Enter key trigger the chain? A click on an example row only fills fields."""
        triggers = self.get_triggers(number)
        return any(
            event in BUTTON_EVENTS and self.get_component_type(target) != "dataset" for target, event in triggers
        )

    def is_triggered_by_page(self, number: int) -> bool:
        """Does the page or a field change trigger the chain? A chain without any trigger is for the API."""
        return bool(self.get_triggers(number)) and not self.is_triggered_by_button(number)

    def is_triggered_by_load(self, number: int) -> bool:
        """Does loading the page trigger the chain?"""
        return any(event == "load" for _, event in self.get_triggers(number))

    def weigh_outputs(self, number: int) -> int:
        """Return how much the outputs of a step look like a result: RICH_WEIGHT, PLAIN_WEIGHT or 0.

        An image written to its own input is normalized, not produced; a conversation is always written to its
        own input.
        """
        step = self.chains.steps[number]
        outputs = [each for each in get_output_ids(step) if self.is_api_component(each)]
        if not outputs or self.is_filler(number):
            return 0
        inputs = set(get_input_ids(step))
        produced = (
            self.get_component_type(each)
            for each in outputs
            if each not in inputs or self.get_component_type(each) == "chatbot"
        )
        return RICH_WEIGHT if any(rich in kind for kind in produced for rich in RICH_OUTPUT_TYPES) else PLAIN_WEIGHT

    def has_result(self, number: int) -> bool:
        """Does this step produce a result for a reader: an output that no other chain reads?

        An output read only by its own chain counts unless it is a setting: a number or a choice that another step
        reads (a seed), even if a step randomizes it.
        """
        step, chain = self.chains.steps[number], self.chains.get_root_id(number)
        produced = [
            each
            for each in get_output_ids(step)
            if self.is_api_component(each) and each not in self._get_step_inputs(number)
        ]
        return any(
            each not in self._reader_roots
            or (self._reader_roots[each] == chain and self.get_component_type(each) not in SETTING_COMPONENTS)
            for each in produced
        )

    def has_input_from_other_chain(self, number: int) -> bool:
        """Does this step read what another button produces? A field modified in place (a prompt) is not produced."""
        root = self.chains.get_root_id(number)
        return any(self._find_makers(each) - {root} for each in get_input_ids(self.chains.steps[number]))

    def _find_makers(self, component: Any) -> frozenset[int]:
        """Return the roots of the button-triggered chains that compute a component from others, cached."""
        if component not in self._makers_by_component:
            made_by = (each for each in self.get_writers(component) if component not in self._get_step_inputs(each))
            makers = (each for each in made_by if each in self.names and self._get_step_inputs(each))
            self._makers_by_component[component] = frozenset(
                map(self.chains.get_root_id, filter(self.is_triggered_by_button, makers))
            )
        return self._makers_by_component[component]

    def _get_step_inputs(self, number: int) -> frozenset[Any]:
        """Return the input components of a step, cached."""
        if number not in self._inputs_by_step:
            self._inputs_by_step[number] = frozenset(get_input_ids(self.chains.steps[number]))
        return self._inputs_by_step[number]

    def is_filler(self, number: int) -> bool:
        """Does it have no inputs, and fill or reset fields of the page (« Clear », « Random prompt »)?

        A step that creates a State which others only read opens a session, and is not a filler.
        """
        step = self.chains.steps[number]
        if get_input_ids(step) or any(each in self._session_states for each in get_output_ids(step)):
            return False
        return any(self.is_api_component(each) and each in self._reader_roots for each in get_output_ids(step))

    @cached_property
    def _session_states(self) -> set[Any]:
        """States that some step reads without writing them, and that no step with inputs writes."""
        read_only: set[Any] = set()
        computed: set[Any] = set()
        for step in self.chains.steps.values():
            inputs, outputs = get_input_ids(step), set(get_output_ids(step))
            read_only.update(
                each for each in inputs if each not in outputs and self.get_component_type(each) == "state"
            )
            computed.update(outputs if inputs else ())
        return read_only - computed

    def find_lead(self, number: int) -> int | None:
        """Return the id of the main step of this chain, None if it is private; cached by root."""
        root = self.chains.get_root_id(number)
        if root not in self._lead_by_root:
            self._lead_by_root[root] = self._choose_lead(self.chains.list_member_ids(root))
        return self._lead_by_root[root]

    def _choose_lead(self, members: list[int]) -> int | None:
        """Return the last callable step with a rich output, else the one that computes a result from most fields.

        Return None if the outputs of a private step weigh more than those of this step.
        """
        callable_ids = [each for each in members if each in self.names]
        if not callable_ids:
            return None
        fields = self._count_own_fields(members)
        sort_keys = {each: self._make_lead_sort_key(each, fields[each]) for each in callable_ids}
        _, lead = max(enumerate(callable_ids), key=lambda each: (*sort_keys[each[1]], each[0]))
        private = (each for each in members if each not in self.names and self._get_step_inputs(each))
        is_private = max(map(self.weigh_outputs, private), default=0) > self.weigh_outputs(lead)
        return None if is_private else lead

    def _make_lead_sort_key(self, number: int, fields: int) -> tuple[int, bool, bool, int]:
        """Return the sort key of a step in its chain: weight, has inputs; for plain outputs also result, fields."""
        weight, takes = self.weigh_outputs(number), bool(self._get_step_inputs(number))
        return (weight, takes, True, 0) if weight == RICH_WEIGHT else (weight, takes, self.has_result(number), fields)

    def _count_own_fields(self, members: list[int]) -> dict[int, int]:
        """Count the input components of each step of a chain that no earlier step has written."""
        written: set[Any] = set()
        found = {}
        for each in members:
            found[each] = sum(
                self.is_api_component(number) and number not in written for number in self._get_step_inputs(each)
            )
            written.update(get_output_ids(self.chains.steps[each]))
        return found


def get_input_ids(step: ChainStep) -> list[Any]:
    """Return the ids of the input components of a step, at most MAX_EXAMINED_COMPONENTS."""
    return (step.get("inputs") or [])[:MAX_EXAMINED_COMPONENTS]


def get_output_ids(step: ChainStep) -> list[Any]:
    """Return the ids of the output components of a step, at most MAX_EXAMINED_COMPONENTS."""
    return (step.get("outputs") or [])[:MAX_EXAMINED_COMPONENTS]
