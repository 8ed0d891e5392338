"""Parser of `/config` and `/info`, which joins them into the description of a Space. Pure.

`/info` defines what to send, `/config` how to render it and whether the endpoint can be called. The
dependency with the `api_name` of an endpoint lists, without the components marked `skip_api`, one component
per parameter and per return value, in order. Measured on 849 endpoints: no mismatch.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from hfcourse.spaces.schema.endpoints.description_limits import (
    MAX_CHOICES_PER_ENDPOINT,
    MAX_TOTAL_PARAMETERS,
    is_endpoint_too_large,
    limit_description,
    order_by_likelihood,
)
from hfcourse.spaces.schema.endpoints.endpoint_ordering import arrange_endpoints
from hfcourse.spaces.schema.endpoints.endpoint_wiring import read_wiring
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue, build_return_value
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.spaces.schema.examples.example_values import ExampleDatasets, build_examples, index_datasets
from hfcourse.spaces.schema.labels import MAX_HELP_CHARACTERS, clean_label
from hfcourse.spaces.schema.layout.block_tree import Layout, Position
from hfcourse.spaces.schema.layout.captions import Caption, read_captions
from hfcourse.spaces.schema.layout.introduction import parse_introduction
from hfcourse.spaces.schema.layout.mounting import MountedPage, UnsetComponentValues, parse_mounted_page
from hfcourse.spaces.schema.layout.translations import translate_description
from hfcourse.spaces.schema.page.dependent_choices import build_dependent_choice_notices, has_dependent_choices
from hfcourse.spaces.schema.page.main_function import find_private_main_button
from hfcourse.spaces.schema.page.page_analysis import PageAnalysis, analyze_page
from hfcourse.spaces.schema.page.page_events import PageEvents, parse_page_events
from hfcourse.spaces.schema.page.prerequisites import (
    Notice,
    Prerequisites,
    build_empty_choice_notices,
    build_prerequisite_notices,
)
from hfcourse.spaces.schema.page.ranking import (
    MALFORMED_DESCRIPTION,
    TOO_LARGE_FOR_FORM,
    find_blocked_reason,
    find_internal_reason,
    parse_targets,
)
from hfcourse.spaces.schema.page.relevance import score_endpoint
from hfcourse.spaces.schema.parameters.component_props import ComponentPropsCache
from hfcourse.spaces.schema.parameters.fixed_inputs import find_fixed_inputs
from hfcourse.spaces.schema.parameters.parameter import (
    MAX_NAME_CHARACTERS,
    Parameter,
    build_parameter,
)
from hfcourse.spaces.schema.parameters.placement import Placement
from hfcourse.spaces.schema.values.form_budget import DefaultSizes, fit_parameters_to_form

MAX_APP_ID_CHARACTERS = 40  # Gradio's is a 64-bit number


def build_description(
    config: Mapping[str, Any],
    info: Mapping[str, Any],
    check: Callable[[], object] = object,
    page_events: PageEvents | None = None,
) -> Description:
    """Build a description from `/config` and `/info`, both as parsed JSON.

    Args:
        check: a callback called before each endpoint; an exception it raises (a deadline) cancels the work.
        page_events: the events of the original `/config`, if `config` has been truncated.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the payload does not have Gradio's schema.
    """
    events = page_events or parse_page_events(config)
    config, info = translate_description(*limit_description(config, info))
    entries, endpoints = info["named_endpoints"], {}
    page = analyze_page(config, entries)
    datasets = index_datasets([*page.components.values()], events.row_loaders)
    placement = Placement.from_components(page.layout, page.components)
    captions, mounted_page = read_captions(config, page.layout), parse_mounted_page(config)
    factory = EndpointFactory(page, datasets, events, placement, captions, mounted_page)
    for name in order_by_likelihood(entries, entries, page.dependencies, page.flow.chains):
        check()
        endpoints[name] = factory.describe_endpoint(name, entries[name])
    if endpoints and all(endpoint.blocked_reason == MALFORMED_DESCRIPTION for endpoint in endpoints.values()):
        raise ValueError("no endpoint has the form that Gradio gives it")
    ranked = arrange_endpoints([endpoints[name] for name in entries], page)
    introduction = parse_introduction(config, page.layout)
    return Description(
        title=introduction.title,
        gradio_version=str(config.get("version", ""))[:20],
        endpoints=tuple(ranked),
        introduction=introduction.text,
        private_main_button=find_private_main_button(page, find_best_score(ranked)),
        opening_events=events.opening_events,
        app_id=str(config.get("app_id", ""))[:MAX_APP_ID_CHARACTERS],
    )


def find_best_score(endpoints: Sequence[Endpoint]) -> int:
    """Return the highest relevance score of the endpoints that can be called, 0 by default."""
    return max((each.relevance[0] for each in endpoints if not each.blocked_reason), default=0)


@dataclass(frozen=True)
class EndpointForm:
    """Parameters of one endpoint: in order, by component id (before placement), and their positions by name."""

    parameters: tuple[Parameter, ...]
    by_component_id: dict[Any, Parameter]
    positions: Mapping[str, Position]


@dataclass
class EndpointFactory:
    """Factory of the endpoints of one description, with their shared caches and budgets.

    `remaining_parameters` is the budget of parameters of all endpoints together.
    """

    page: PageAnalysis
    datasets: ExampleDatasets
    events: PageEvents
    placement: Placement = field(default_factory=lambda: Placement(Layout()))
    captions: tuple[Caption, ...] = ()
    mounted_page: MountedPage = field(default_factory=MountedPage)
    presentations: ComponentPropsCache = field(default_factory=ComponentPropsCache)
    sizes: DefaultSizes = field(default_factory=dict)
    remaining_parameters: int = MAX_TOTAL_PARAMETERS

    def describe_endpoint(self, name: str, entry: Mapping[str, Any]) -> Endpoint:
        """Build the endpoint of one entry of `named_endpoints`; block it, and not the others, if it is malformed."""
        try:
            return self.build_endpoint(name, entry)
        except (KeyError, TypeError, ValueError, AttributeError):
            return self.build_blocked_endpoint(name, entry, MALFORMED_DESCRIPTION)

    def build_endpoint(self, name: str, entry: Mapping[str, Any]) -> Endpoint:
        """Build the endpoint of one entry of `named_endpoints`; block it if its form exceeds the limits."""
        self.remaining_parameters -= len(entry["parameters"])
        dependency = self.page.dependencies.get(name, {})
        if is_endpoint_too_large(entry, dependency) or self.remaining_parameters < 0:
            return self.build_blocked_endpoint(name, entry)
        inputs = self.list_components(dependency.get("inputs", ()))
        outputs = self.list_components(dependency.get("outputs", ()))
        form = self.build_form(entry["parameters"], dependency, inputs)
        if form is None:
            return self.build_blocked_endpoint(name, entry)
        needed = self.page.get_prerequisites(name)
        has_state = any(component.get("type") == "state" for component in [*inputs, *outputs])
        return Endpoint(
            name=name,
            title=self.page.build_title(name),
            help=clean_label(entry.get("description"), "", MAX_HELP_CHARACTERS),
            parameters=form.parameters,
            returns=build_return_values(entry["returns"], outputs),
            blocked_reason=find_blocked_reason(dependency, entry),
            internal_reason=self.page.find_internal_reason(name)
            or find_internal_reason(name, self.page.get_button_label(name), entry, form.parameters),
            previous_name=self.page.previous_endpoints.get(name, ""),
            has_session_state=has_state or has_dependent_choices(self.page.flow, self.page.numbers.get(name)),
            is_generator=bool((dependency.get("types") or {}).get("generator")),
            relevance=score_endpoint(name, entry, form.parameters, self.page, needed),
            examples=build_examples(form.by_component_id, self.datasets),
            positions=form.positions,
            captions=self.captions,
            wiring=read_wiring(dependency.get("id"), self.events, inputs, outputs),
            lead_name=self.page.get_lead(name),
            is_before_lead=self.page.is_before_lead(name),
            base_name=self.page.get_base_name(name),
            is_unreachable=needed.is_out_of_reach,
            notices=self.build_notices(name, needed, form),
            fixed_inputs=find_fixed_inputs(inputs),
        )

    def build_notices(self, name: str, needed: Prerequisites, form: EndpointForm) -> tuple[Notice, ...]:
        """Build the notices above the form: what to do before, and choices that depend on other fields."""
        flow = self.page.flow
        return (
            *build_prerequisite_notices(needed),
            *build_empty_choice_notices(flow, form.by_component_id),
            *build_dependent_choice_notices(flow, self.page.numbers.get(name), form.by_component_id),
        )

    def build_form(
        self, entries: Sequence[Mapping[str, Any]], dependency: Mapping[str, Any], inputs: Sequence[Mapping[str, Any]]
    ) -> EndpointForm | None:
        """Build the parameters of an endpoint, placed on the page and fitted to the budget of a form.

        Args:
            entries: the parameters of /info.
            inputs: all input components of the dependency, session state included.

        Returns:
            The form, None if it exceeds the limits.
        """
        initial = self.mounted_page.make_unset_values(number for number, _ in parse_targets(dependency))
        sent = filter_api_components(inputs)
        parameters, by_component_id = build_parameters(entries, sent, self.presentations, initial)
        if parameters is None:
            return None
        component_ids = [component.get("id") for _, component in pair_with_components(entries, sent)]
        placed, positions = self.placement.place_parameters(parameters, entries, component_ids)
        fitted = fit_parameters_to_form(placed, self.sizes, self.presentations.budget)
        return None if fitted is None else EndpointForm(fitted, by_component_id, positions)

    def build_blocked_endpoint(self, name: str, entry: Mapping[str, Any], reason: str = TOO_LARGE_FOR_FORM) -> Endpoint:
        """Build an endpoint without a form, which is listed with the reason."""
        dependency = self.page.dependencies.get(name, {})
        return Endpoint(
            name=name,
            title=self.page.build_title(name),
            help=clean_label(entry.get("description"), "", MAX_HELP_CHARACTERS),
            parameters=(),
            returns=(),
            blocked_reason=find_blocked_reason(dependency, entry) or reason,
            previous_name=self.page.previous_endpoints.get(name, ""),
            base_name=self.page.get_base_name(name),
        )

    def list_components(self, numbers: Sequence[int]) -> list[Mapping[str, Any]]:
        """Return the components with these ids, {} for a missing one."""
        return [self.page.components.get(number, {}) for number in numbers]


def filter_api_components(components: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the components that an API caller sends or receives: no session state, no layout."""
    return [each for each in components if not each.get("skip_api")]


def pair_with_components(
    entries: Sequence[Mapping[str, Any]], components: Sequence[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return pairs of an entry of /info and its component of /config, {} if it is missing."""
    return [(entry, components[place] if place < len(components) else {}) for place, entry in enumerate(entries)]


def build_return_values(
    entries: Sequence[Mapping[str, Any]], outputs: Sequence[Mapping[str, Any]]
) -> tuple[ReturnValue, ...]:
    """Build the return values of an endpoint from their entries and the components of its outputs."""
    pairs = pair_with_components(entries, filter_api_components(outputs))
    return tuple(build_return_value(entry, component) for entry, component in pairs)


def build_parameters(
    entries: Sequence[Mapping[str, Any]],
    sent: Sequence[Mapping[str, Any]],
    presentations: ComponentPropsCache,
    initial: UnsetComponentValues,
) -> tuple[tuple[Parameter, ...] | None, dict[Any, Parameter]]:
    """Build the parameters of an endpoint.

    Returns:
        The parameters in order, and indexed by component id; None and {} if they have more than
        MAX_CHOICES_PER_ENDPOINT choices.
    """
    pairs, parameters = pair_with_components(entries, sent), []
    choices_left, counted = MAX_CHOICES_PER_ENDPOINT, set()
    for entry, component in pairs:
        parameters.append(build_parameter(entry, component, presentations, initial))
        choices = parameters[-1].choices
        choices_left -= len(choices) if id(choices) not in counted else 0
        counted.add(id(choices))
        if choices_left < 0:
            return None, {}
    parameters = rename_duplicates(parameters)
    numbers = [component.get("id") for _, component in pairs]
    numbered = {n: each for n, each in zip(numbers, parameters, strict=True) if n is not None}
    return tuple(parameters), numbered


def rename_duplicates(parameters: list[Parameter]) -> list[Parameter]:
    """Rename parameters with a duplicate name: a form needs unique names, a call sends values by position.

    Gradio names the inputs of `*args` param_1, param_2, even if other parameters have these names.
    """
    names = {parameter.name for parameter in parameters}
    if len(names) == len(parameters):
        return parameters
    seen: set[str] = set()
    renamed = []
    for place, parameter in enumerate(parameters, 1):
        if parameter.name in seen:
            name = next(each for each in generate_free_names(parameter.name, place) if each not in names)
            renamed.append(replace(parameter, name=name, is_named=False))
        else:
            renamed.append(parameter)
        names.add(renamed[-1].name)
        seen.add(renamed[-1].name)
    return renamed


def generate_free_names(name: str, place: int) -> Iterator[str]:
    """Return an iterator of candidates for a new name, the first of which is almost always free."""
    return (f"{name[: MAX_NAME_CHARACTERS - 20]}__{place}{'_' * extra}" for extra in count())
