"""Analysis of the endpoints on the Space's own page: chains, titles, tabs, twins. Pure."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hfcourse.spaces.schema.layout.block_tree import TAB_KINDS, Layout, parse_layout
from hfcourse.spaces.schema.page.dataflow import ComponentsById, DataFlow, get_input_ids, get_output_ids
from hfcourse.spaces.schema.page.endpoint_families import find_base_name
from hfcourse.spaces.schema.page.endpoint_titles import build_endpoint_title, find_button_label, get_component_label
from hfcourse.spaces.schema.page.event_chains import ChainStep, EventChains
from hfcourse.spaces.schema.page.prerequisites import Prerequisites, find_prerequisites
from hfcourse.spaces.schema.page.ranking import (
    ONLY_FILLS_FIELDS,
    PRIVATE_CHAIN_STEP,
    UNNAMED_ENDPOINT,
    find_blocked_reason,
)


@dataclass(frozen=True)
class PageAnalysis:
    """Analyzed page of one Space.

    Attributes:
        dependencies: the dependencies of its endpoints, by endpoint name.
        numbers: their ids, by endpoint name.
        known_names: the names of all functions, private ones included, which share Gradio's numeric suffixes.
    """

    components: ComponentsById
    dependencies: Mapping[str, ChainStep]
    numbers: Mapping[str, int]
    known_names: frozenset[str]
    flow: DataFlow
    layout: Layout

    @cached_property
    def previous_endpoints(self) -> dict[str, str]:
        """Nearest public step before each endpoint, through private steps; the first of a chain is omitted."""
        names = {number: name for name, number in self.numbers.items()}
        nearest = self.flow.chains.find_nearest_included(names)
        return {name: names[nearest[n]] for n, name in names.items() if nearest.get(n, n) != n}

    def get_base_name(self, name: str) -> str:
        """Return the name of its function, without Gradio's numeric suffix."""
        return find_base_name(name, self.known_names)

    @cached_property
    def _leads(self) -> dict[str, str]:
        return {}

    @cached_property
    def _button_labels(self) -> dict[str, str]:
        return {}

    def get_lead(self, name: str) -> str:
        """Return the name of the main endpoint of its chain, '' if it is this one or private; cached."""
        if name not in self._leads:  # requested five times per endpoint
            self._leads[name] = self._find_lead(name)
        return self._leads[name]

    def _find_lead(self, name: str) -> str:
        number = self.numbers.get(name)
        if number is None or number not in self.flow.names:
            return ""
        lead = self.flow.find_lead(number)
        return "" if lead is None or lead == number else self.flow.names[lead]

    def is_before_lead(self, name: str) -> bool:
        """Is this endpoint an earlier step of the chain than its main endpoint?"""
        lead = self.get_lead(name)
        return bool(lead) and self.numbers[name] in self.flow.chains.find_preceding_ids(self.numbers[lead])

    def get_button_label(self, name: str) -> str:
        """Return the label of the button of the chain that this endpoint leads, '' without one; cached."""
        if name not in self._button_labels:
            self._button_labels[name] = self._find_button_label(name)
        return self._button_labels[name]

    def _find_button_label(self, name: str) -> str:
        number = self.numbers.get(name)
        if number is None or self.get_lead(name):
            return ""
        return find_button_label(self.flow.chains.get_root_step(number), self.components)

    def build_title(self, name: str) -> str:
        """Build a readable title of an endpoint."""
        dependency, previous = self.dependencies.get(name, {}), self.previous_endpoints.get(name, "")
        base_name = name if UNNAMED_ENDPOINT.fullmatch(name) else self.get_base_name(name)
        return build_endpoint_title(base_name, self.get_button_label(name), previous, dependency, self.components)

    def find_internal_reason(self, name: str) -> str:
        """Return why the data flow marks this endpoint as internal, '' if it does not."""
        number = self.numbers.get(name)
        if number is None or number not in self.flow.names:
            return ""
        if self.flow.find_lead(number) is None:
            return PRIVATE_CHAIN_STEP
        return ONLY_FILLS_FIELDS if self.flow.is_filler(number) else ""

    def get_prerequisites(self, name: str) -> Prerequisites:
        """Return the prerequisites of an endpoint."""
        number = self.numbers.get(name)
        return Prerequisites() if number is None else find_prerequisites(self.flow, number)

    def get_twin_key(self, name: str) -> Hashable:
        """Return the grouping key of twins: function, inputs and outputs; None for an unnamed function."""
        dependency = self.dependencies.get(name, {})
        if UNNAMED_ENDPOINT.fullmatch(name) or name not in self.numbers:
            return None
        return self.get_base_name(name), tuple(dependency.get("inputs") or ()), tuple(dependency.get("outputs") or ())

    def is_on_opening_tab(self, number: int) -> bool:
        """Is a trigger of this step visible when the page opens: in no tab, or in the first tab of its group?"""
        triggers = self.flow.get_triggers(number)
        return not triggers or any(self.is_visible_initially(target) for target, _ in triggers)

    def is_visible_initially(self, component: Any) -> bool:
        """Is this component outside of tabs, or in the first tab of each group around it?"""
        tabs = (block for block in self.layout.find_position(component).blocks if block.is_tab)
        return all(self.first_tabs.get(tab.parent.number if tab.parent else None) == tab.number for tab in tabs)

    @cached_property
    def first_tabs(self) -> dict[int | None, int]:
        """Id of the first visible tab, by the id of the block around it."""
        found: dict[int | None, int] = {}
        for number, position in self.layout.positions.items():
            component = self.components.get(number) or {}
            is_visible = (component.get("props") or {}).get("visible", True) is True
            if is_visible and str(component.get("type")).lower() in TAB_KINDS:
                found.setdefault(position.block.number if position.block else None, number)
        return found

    def collect_distinguishing_labels(self, name: str) -> tuple[str, ...]:
        """Return labels to distinguish equal titles: of the tab around it, its first output, its first input."""
        number = self.numbers.get(name)
        if number is None:
            return "", "", ""
        step = self.flow.chains.steps[number]
        triggers = self.flow.get_triggers(number)
        blocks = self.layout.find_position(triggers[0][0]).blocks if triggers else ()
        tab = next((block.label for block in blocks if block.label and (block.is_tab or block.is_accordion)), "")
        ends = (
            [each for each in numbers if self.flow.is_api_component(each)]
            for numbers in (get_output_ids(step), get_input_ids(step))
        )
        return tab, *(get_component_label(self.flow.get_component(found[0])) if found else "" for found in ends)


def analyze_page(config: Mapping[str, Any], named: Mapping[str, Mapping[str, Any]]) -> PageAnalysis:
    """Analyze the page of a `/config` within the limits.

    Args:
        named: the entries of the endpoints in /info.
    """
    components = {component["id"]: component for component in config["components"]}
    steps = config["dependencies"]
    functions = {"/" + each["api_name"]: each for each in steps if isinstance(each.get("api_name"), str)}
    dependencies = {name: each for name, each in functions.items() if name in named}
    numbers = {name: each["id"] for name, each in dependencies.items()}
    callable_names = {
        numbers[name]: name for name, each in dependencies.items() if not find_blocked_reason(each, named[name])
    }
    flow = DataFlow(EventChains(steps), components, callable_names)
    return PageAnalysis(components, dependencies, numbers, frozenset(functions), flow, parse_layout(config))
