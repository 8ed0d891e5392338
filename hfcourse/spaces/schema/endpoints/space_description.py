"""What a Space says of itself, made into what a form needs. Pure.

Two sources, joined as follows: `/info` says what to send, `/config` how to present it and whether it can
be called at all. The dependency whose `api_name` is the endpoint's gives, without the components marked
`skip_api`, one component per parameter and per return, in order. Measured on 849 endpoints: no mismatch.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from typing import Any

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.endpoints.description_limits import (
    MAX_CHOICES_PER_ENDPOINT,
    MAX_TOTAL_PARAMETERS,
    is_endpoint_too_large,
    limit_description,
    order_by_likelihood,
)
from hfcourse.spaces.schema.endpoints.endpoint_list import EndpointListItem, build_endpoint_list
from hfcourse.spaces.schema.endpoints.endpoint_ordering import arrange_endpoints
from hfcourse.spaces.schema.endpoints.endpoint_wiring import EndpointWiring, read_wiring
from hfcourse.spaces.schema.examples.example_values import Example, ExampleDatasets, build_examples, index_datasets
from hfcourse.spaces.schema.labels import MAX_HELP_CHARACTERS, ORDINAL_LABEL, clean_label
from hfcourse.spaces.schema.layout.block_tree import Layout, Position
from hfcourse.spaces.schema.layout.captions import Caption, read_captions
from hfcourse.spaces.schema.layout.introduction import parse_introduction
from hfcourse.spaces.schema.layout.mounting import MountedPage, UnsetComponentValues, parse_mounted_page
from hfcourse.spaces.schema.layout.translations import translate_description
from hfcourse.spaces.schema.page.dependent_choices import build_dependent_choice_notices, has_dependent_choices
from hfcourse.spaces.schema.page.main_function import find_private_main_button
from hfcourse.spaces.schema.page.page_analysis import PageAnalysis, analyze_page
from hfcourse.spaces.schema.page.page_events import PageEvent, PageEvents, parse_page_events
from hfcourse.spaces.schema.page.prerequisites import Notice, build_empty_choice_notices, build_prerequisite_notices
from hfcourse.spaces.schema.page.ranking import (
    MALFORMED_DESCRIPTION,
    TOO_LARGE_FOR_FORM,
    find_blocked_reason,
    find_internal_reason,
    parse_targets,
)
from hfcourse.spaces.schema.page.relevance import NO_RELEVANCE, SortKey, score_endpoint
from hfcourse.spaces.schema.parameters.fixed_inputs import FixedInputs, find_fixed_inputs
from hfcourse.spaces.schema.parameters.parameter import (
    MAX_NAME_CHARACTERS,
    ComponentPropsCache,
    Parameter,
    build_parameter,
)
from hfcourse.spaces.schema.parameters.placement import Placement
from hfcourse.spaces.schema.values.form_budget import DefaultSizes, fit_parameters_to_form
from hfcourse.text.typography import typeset_french

RENDERING_PROPS = ("language", "x", "y", "color", "y_aggregate", "x_bin")
CHAT_ANSWER = "chat-answer"
DEFAULT_RETURN_LABEL = typeset_french("Résultat")
MAX_APP_ID_CHARACTERS = 40  # Gradio's is a number of 64 bits


@dataclass(frozen=True)
class ReturnValue:
    """One value that comes back; `component` is Gradio's type as /info writes it: Textbox, Image…

    `hints` is what helps to draw it: the language of a code, the columns (x, y, color) of a plot and how it aggregates
    them (y_aggregate, x_bin), `answers` = CHAT_ANSWER for the answer of a gr.ChatInterface.
    """

    label: str
    component: str
    rendering_hints: Mapping[str, str] = field(default_factory=dict)
    holds_files: bool = False
    schema: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Endpoint:
    """One function of the Space.

    `obstacle` says why it cannot be called from outside, '' if it can; `plumbing` why it is hardly meant for people;
    `follows` names the endpoint that the Space's own page calls just before. `lead` names the endpoint that the author
    means of the chain of which this one is another step, '' if it is that one itself. `twin_of` names the one that it
    repeats on the same components; `family` is the name of its function, without the number that Gradio adds.
    `positions` says where each parameter is on that page, by its name; `captions` are the short texts of that page.
    `fixed_inputs` are the values that no caller gives, by position (see fixed_inputs.py).
    """

    name: str
    title: str
    help: str
    parameters: tuple[Parameter, ...]
    returns: tuple[ReturnValue, ...]
    blocked_reason: str = ""
    internal_reason: str = ""
    previous_name: str = ""
    has_session_state: bool = False
    is_generator: bool = False
    relevance: SortKey = NO_RELEVANCE
    examples: tuple[Example, ...] = ()
    positions: Mapping[str, Position] = field(default_factory=dict)
    captions: tuple[Caption, ...] = ()
    wiring: EndpointWiring = field(default_factory=EndpointWiring)
    lead_name: str = ""
    is_before_lead: bool = False
    twin_name: str = ""
    base_name: str = ""
    is_unreachable: bool = False
    notices: tuple[Notice, ...] = ()
    fixed_inputs: FixedInputs = field(default_factory=dict)

    @property
    def is_internal(self) -> bool:
        """Is it to be folded away, with its reason?"""
        return bool(self.blocked_reason or self.internal_reason)

    @property
    def is_listed(self) -> bool:
        """Has it a line of its own in the list, rather than a place under another one?"""
        return not (self.lead_name or self.twin_name)


@dataclass(frozen=True)
class Description:
    """A Space: its own title ('' if it has none), its version of Gradio, its endpoints, the one meant first first.

    `introduction` is the first sentences of its page, as plain text.
    `private_main` is what the button of its main function says where that cannot be called, None where it can.
    `opening` has the events by which its page begins a session; `app_id` changes when the Space is started again.
    """

    title: str
    gradio_version: str
    endpoints: tuple[Endpoint, ...]
    introduction: str = ""
    opening_events: tuple[PageEvent, ...] = ()
    app_id: str = ""
    private_main_button: str | None = None

    def find_endpoint(self, name: str) -> Endpoint | None:
        """The endpoint of that name."""
        return next((endpoint for endpoint in self.endpoints if endpoint.name == name), None)

    @cached_property
    def examples_by_file_key(self) -> Mapping[str, tuple[Endpoint, Example]]:
        """Of each example file an endpoint and its example, by the place where the description names the file."""
        examples = ((endpoint, example) for endpoint in self.endpoints for example in endpoint.examples)
        return {file.key: (endpoint, example) for endpoint, example in examples for file in example.files}

    @cached_property
    def main_endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints to show: those meant for people; where there are none, whatever can be called."""
        listed = [endpoint for endpoint in self.endpoints if endpoint.is_listed]
        meant = tuple(endpoint for endpoint in listed if not endpoint.is_internal)
        return meant or tuple(endpoint for endpoint in listed if not endpoint.blocked_reason)

    @cached_property
    def internal_endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints to fold away."""
        first = {endpoint.name for endpoint in self.main_endpoints}
        return tuple(each for each in self.endpoints if each.is_listed and each.name not in first)

    @cached_property
    def main_lines(self) -> tuple[EndpointListItem, ...]:
        """The list of the endpoints to show."""
        return build_endpoint_list(self.main_endpoints, self.endpoints)

    @cached_property
    def internal_lines(self) -> tuple[EndpointListItem, ...]:
        """The list of those to fold away."""
        return build_endpoint_list(self.internal_endpoints, self.endpoints)


def build_description(
    config: Mapping[str, Any],
    info: Mapping[str, Any],
    check: Callable[[], object] = object,
    page_events: PageEvents | None = None,
) -> Description:
    """Join `/config` and `/info`, both as parsed JSON.

    Args:
        check: called again and again meanwhile; what it raises (a deadline) ends the work.
        page_events: those of `/config` as it came, where what is given here has been bounded.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: they have not the form that Gradio gives them.
    """
    events = page_events or parse_page_events(config)
    config, info = translate_description(*limit_description(config, info))
    named, described = info["named_endpoints"], {}
    page = analyze_page(config, named)
    datasets = index_datasets([*page.components.values()], events.row_loaders)
    placement = Placement.from_components(page.layout, page.components)
    captions, mounted_page = read_captions(config, page.layout), parse_mounted_page(config)
    space = EndpointFactory(page, datasets, events, placement, captions, mounted_page)
    for name in order_by_likelihood(named, named, page.dependencies, page.flow.chains):
        check()
        described[name] = space.describe_endpoint(name, named[name])
    if described and all(endpoint.blocked_reason == MALFORMED_DESCRIPTION for endpoint in described.values()):
        raise ValueError("no endpoint has the form that Gradio gives it")
    ranked = arrange_endpoints([described[name] for name in named], page)
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
    """The points of the one that can be called and has most of them."""
    return max((each.relevance[0] for each in endpoints if not each.blocked_reason), default=0)


@dataclass
class EndpointFactory:
    """What the endpoints of one description share; `parameters_left` is what they may still have, all together."""

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
        """Describe one entry of `named_endpoints`; one that is odd is closed, and the others stay open."""
        try:
            return self.build_endpoint(name, entry)
        except (KeyError, TypeError, ValueError, AttributeError):
            return self.build_blocked_endpoint(name, entry, MALFORMED_DESCRIPTION)

    def build_endpoint(self, name: str, entry: Mapping[str, Any]) -> Endpoint:
        """One entry of `named_endpoints`; one whose form would be too large is closed, and says so."""
        self.remaining_parameters -= len(entry["parameters"])
        dependency = self.page.dependencies.get(name, {})
        if is_endpoint_too_large(entry, dependency) or self.remaining_parameters < 0:
            return self.build_blocked_endpoint(name, entry)
        inputs, outputs = (
            self.list_components(dependency.get("inputs", ())),
            self.list_components(dependency.get("outputs", ())),
        )
        initial = self.mounted_page.make_unset_values(number for number, _ in parse_targets(dependency))
        described, numbered = build_parameters(
            entry["parameters"], filter_api_components(inputs), self.presentations, initial
        )
        positions: Mapping[str, Position] = {}
        if described is not None:
            numbers = [
                component.get("id")
                for _, component in pair_with_components(entry["parameters"], filter_api_components(inputs))
            ]
            described, positions = self.placement.place_parameters(described, entry["parameters"], numbers)
        parameters = (
            fit_parameters_to_form(described, self.sizes, self.presentations.budget) if described is not None else None
        )
        if parameters is None:
            return self.build_blocked_endpoint(name, entry)
        button, needed = self.page.get_button_label(name), self.page.get_prerequisites(name)
        flow, number = self.page.flow, self.page.numbers.get(name)
        has_state = any(component.get("type") == "state" for component in [*inputs, *outputs])
        return Endpoint(
            name=name,
            title=self.page.build_title(name),
            help=clean_label(entry.get("description"), "", MAX_HELP_CHARACTERS),
            parameters=parameters,
            returns=tuple(
                build_return_value(item, component)
                for item, component in pair_with_components(entry["returns"], filter_api_components(outputs))
            ),
            blocked_reason=find_blocked_reason(dependency, entry),
            internal_reason=self.page.find_internal_reason(name)
            or find_internal_reason(name, button, entry, parameters),
            previous_name=self.page.previous_endpoints.get(name, ""),
            has_session_state=has_state or has_dependent_choices(flow, number),
            is_generator=bool((dependency.get("types") or {}).get("generator")),
            relevance=score_endpoint(name, entry, parameters, self.page, needed),
            examples=build_examples(numbered, self.datasets),
            positions=positions,
            captions=self.captions,
            wiring=read_wiring(dependency.get("id"), self.events, inputs, outputs),
            lead_name=self.page.get_lead(name),
            is_before_lead=self.page.is_before_lead(name),
            base_name=self.page.get_base_name(name),
            is_unreachable=needed.is_out_of_reach,
            notices=(
                *build_prerequisite_notices(needed),
                *build_empty_choice_notices(flow, numbered),
                *build_dependent_choice_notices(flow, number, numbered),
            ),
            fixed_inputs=find_fixed_inputs(inputs),
        )

    def build_blocked_endpoint(self, name: str, entry: Mapping[str, Any], reason: str = TOO_LARGE_FOR_FORM) -> Endpoint:
        """An endpoint that has no form here: it is listed, with the reason."""
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
        """The components of these ids, {} for one that is not there."""
        return [self.page.components.get(number, {}) for number in numbers]


def filter_api_components(components: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that a caller from outside sends or gets: no session state, no layout."""
    return [each for each in components if not each.get("skip_api")]


def pair_with_components(
    entries: Sequence[Mapping[str, Any]], components: Sequence[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each entry of /info with its component of /config, {} where there is none."""
    return [(entry, components[place] if place < len(components) else {}) for place, entry in enumerate(entries)]


def build_parameters(
    entries: Sequence[Mapping[str, Any]],
    sent: Sequence[Mapping[str, Any]],
    presentations: ComponentPropsCache,
    initial: UnsetComponentValues,
) -> tuple[tuple[Parameter, ...] | None, dict[Any, Parameter]]:
    """The parameters in order, and by the id of their component; None if they have too many choices."""
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
    """Give the later ones of a name a name of their own: values go by position, and a form needs one name for each.

    Gradio calls the inputs of `*args` param_1, param_2, whatever the parameters before them are called.
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
    """Yield candidates for another name, the first of which is hardly ever taken."""
    return (f"{name[: MAX_NAME_CHARACTERS - 20]}__{place}{'_' * extra}" for extra in count())


def build_return_value(entry: Mapping[str, Any], component: Mapping[str, Any]) -> ReturnValue:
    """One entry of `returns` with its component of /config ({} where there is none)."""
    props = component.get("props") or {}
    schema = entry.get("type")
    label = clean_label(entry.get("label"), DEFAULT_RETURN_LABEL)
    return ReturnValue(
        label=DEFAULT_RETURN_LABEL if ORDINAL_LABEL.fullmatch(label) and entry.get("component") == "Api" else label,
        component=str(entry.get("component", ""))[:MAX_NAME_CHARACTERS],
        rendering_hints=read_rendering_hints(props) | ({"answers": CHAT_ANSWER} if is_chat_answer(component) else {}),
        holds_files=json_schema.contains_file_schema(schema),
        schema=schema if isinstance(schema, dict) else {},
    )


def read_rendering_hints(props: Mapping[str, Any]) -> dict[str, str]:
    """What properties of a component help to draw its value; the number of `x_bin` as text."""
    named = {name: props[name][:MAX_NAME_CHARACTERS] for name in RENDERING_PROPS if isinstance(props.get(name), str)}
    width = props.get("x_bin")
    return named | ({"x_bin": repr(width)} if type(width) in (int, float) else {})


def is_chat_answer(component: Mapping[str, Any]) -> bool:
    """Is this where a gr.ChatInterface puts the answer of its function, for callers of its API alone?

    Source: `api_response` in gradio/chat_interface.py of Gradio 5 and 6, a hidden JSON, and `fake_response_textbox` of
    Gradio 4, a hidden Textbox.
    """
    props = component.get("props") or {}
    is_hidden_response = props.get("visible") is False and props.get("label") == "Response"
    return is_hidden_response and component.get("type") in ("json", "textbox")
