"""What a Space says of itself, made into what a form needs. Pure.

Two sources, joined as follows: `/info` says what to send, `/config` how to present it and whether it can
be called at all. The dependency whose `api_name` is the endpoint's gives, without the components marked
`skip_api`, one component per parameter and per return, in order. Measured on 849 endpoints: no mismatch.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces.examples import Example, datasets_of, examples_of
from hfcourse.spaces.labels import HELP_CHARACTERS, ORDINAL, readable
from hfcourse.spaces.parameters import NAME_CHARACTERS, Parameter, describe_parameter
from hfcourse.spaces.ranking import obstacle, plumbing, score
from hfcourse.spaces.titles import button_of, title_of
from hfcourse.typography import french

# Far above what people make; without them, a description of 5 MB is a page that takes minutes.
MOST_ENDPOINTS, MOST_PARAMETERS = 500, 500
# A component counts each time that an endpoint uses it: one list of choices named 30,000 times fills 4 GB.
MOST_CHARACTERS = 20_000_000
HINTS = ("language", "x", "y", "color")
RESULT = french("Résultat")

Components = Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True)
class Return:
    """One value that comes back; `component` is Gradio's type as /info writes it: Textbox, Image…

    `hints` is what helps to draw it: the language of a code, the columns (x, y, color) of a plot.
    """

    label: str
    component: str
    hints: Mapping[str, str] = field(default_factory=dict)
    holds_files: bool = False


@dataclass(frozen=True)
class Endpoint:
    """One function of the Space.

    `obstacle` says why it cannot be called from outside, '' if it can; `plumbing` why it is hardly meant for people;
    `follows` names the endpoint that the Space's own page calls just before.
    """

    name: str
    title: str
    help: str
    parameters: tuple[Parameter, ...]
    returns: tuple[Return, ...]
    obstacle: str = ""
    plumbing: str = ""
    follows: str = ""
    keeps_state: bool = False
    streams: bool = False
    score: int = 0
    examples: tuple[Example, ...] = ()

    @property
    def is_aside(self) -> bool:
        """Is it to be folded away, with its reason?"""
        return bool(self.obstacle or self.plumbing)


@dataclass(frozen=True)
class Description:
    """A Space: its own title ('' if it has none), its version of Gradio, its endpoints, the one meant first first."""

    title: str
    gradio: str
    endpoints: tuple[Endpoint, ...]

    def find(self, name: str) -> Endpoint | None:
        """The endpoint of that name."""
        return next((endpoint for endpoint in self.endpoints if endpoint.name == name), None)

    @property
    def first(self) -> tuple[Endpoint, ...]:
        """The endpoints to show: those meant for people; where there are none, whatever can be called."""
        meant = tuple(endpoint for endpoint in self.endpoints if not endpoint.is_aside)
        return meant or tuple(endpoint for endpoint in self.endpoints if not endpoint.obstacle)

    @property
    def others(self) -> tuple[Endpoint, ...]:
        """The endpoints to fold away."""
        first = {endpoint.name for endpoint in self.first}
        return tuple(endpoint for endpoint in self.endpoints if endpoint.name not in first)


def describe(config: Mapping[str, Any], info: Mapping[str, Any]) -> Description:
    """Join `/config` and `/info`, both as parsed JSON.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: they have not the form that Gradio gives them.
    """
    components = {component["id"]: component for component in config["components"]}
    named = info["named_endpoints"]
    dependencies = {
        "/" + dependency["api_name"]: dependency
        for dependency in config["dependencies"]
        if isinstance(dependency.get("api_name"), str) and "/" + dependency["api_name"] in named
    }
    check_weight(components, dependencies)
    steps = {dependency.get("id"): name for name, dependency in dependencies.items()}
    space = Space(components, dependencies, steps, datasets_of([*components.values()]))
    endpoints = [space.endpoint(name, entry) for name, entry in named.items() if is_public(name, entry)]
    ranked = sorted(endpoints, key=lambda endpoint: (bool(endpoint.obstacle), bool(endpoint.plumbing), -endpoint.score))
    title = readable(config.get("title"), "")
    return Description(
        "" if title == "Gradio" else title, str(config.get("version", ""))[:20], tuple(ranked[:MOST_ENDPOINTS])
    )


def is_public(name: str, entry: Mapping[str, Any]) -> bool:
    return bool(
        entry.get("api_visibility", "public") == "public"
        and entry.get("show_api", True)
        and len(name) <= NAME_CHARACTERS
        and name.isprintable()
    )


def check_weight(components: Components, dependencies: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ValueError if what the endpoints show, all together, is more than a page and our memory can hold."""
    uses = Counter(number for dependency in dependencies.values() for number in dependency.get("inputs", ()))
    weight = sum(
        times * len(json.dumps(components[number].get("props")))
        for number, times in uses.items()
        if number in components and not components[number].get("skip_api")
    )
    if weight > MOST_CHARACTERS:
        raise ValueError(f"more than {MOST_CHARACTERS} characters")


@dataclass(frozen=True)
class Space:
    """What the endpoints of one description share: `steps` has the name of each dependency by its id."""

    components: Components
    dependencies: Mapping[str, Mapping[str, Any]]
    steps: Mapping[Any, str]
    datasets: Sequence[Mapping[str, Any]]

    def endpoint(self, name: str, entry: Mapping[str, Any]) -> Endpoint:
        """One entry of `named_endpoints`; /config may not have it, and then nothing is known but what to send."""
        dependency = self.dependencies.get(name, {})
        if len(entry["parameters"]) > MOST_PARAMETERS or len(entry["returns"]) > MOST_PARAMETERS:
            raise ValueError(f"more than {MOST_PARAMETERS} parameters or returns")
        inputs, outputs = self.named(dependency.get("inputs", ())), self.named(dependency.get("outputs", ()))
        parameters, numbered = parameters_of(entry["parameters"], known_to_api(inputs))
        button = button_of(dependency, self.components)
        previous = dependency.get("trigger_after")
        follows = self.steps.get(previous, "") if previous is not None else ""
        return Endpoint(
            name=name,
            title=title_of(name, button, follows, dependency, self.components),
            help=readable(entry.get("description"), "", HELP_CHARACTERS),
            parameters=parameters,
            returns=tuple(
                return_of(item, component) for item, component in paired(entry["returns"], known_to_api(outputs))
            ),
            obstacle=obstacle(dependency, entry),
            plumbing=plumbing(name, button, entry, parameters),
            follows=follows,
            keeps_state=any(component.get("type") == "state" for component in inputs),
            streams=bool((dependency.get("types") or {}).get("generator")),
            score=score(name, entry, dependency, bool(button), parameters),
            examples=examples_of(parameters, numbered, self.datasets, entry["parameters"]),
        )

    def named(self, numbers: Sequence[int]) -> list[Mapping[str, Any]]:
        """The components of these ids, {} for one that is not there."""
        return [self.components.get(number, {}) for number in numbers]


def known_to_api(components: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that a caller from outside sends or gets: no session state, no layout."""
    return [each for each in components if not each.get("skip_api")]


def paired(
    entries: Sequence[Mapping[str, Any]], components: Sequence[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each entry of /info with its component of /config, {} where there is none."""
    return [(entry, components[place] if place < len(components) else {}) for place, entry in enumerate(entries)]


def parameters_of(
    entries: Sequence[Mapping[str, Any]], sent: Sequence[Mapping[str, Any]]
) -> tuple[tuple[Parameter, ...], dict[Any, Parameter]]:
    """The parameters in order, and by the id of their component."""
    pairs = paired(entries, sent)
    parameters = tuple(describe_parameter(entry, component) for entry, component in pairs)
    if len({parameter.name for parameter in parameters}) < len(parameters):
        raise ValueError("two parameters of one name")
    numbers = [component.get("id") for _, component in pairs]
    return parameters, {n: each for n, each in zip(numbers, parameters, strict=True) if n is not None}


def return_of(entry: Mapping[str, Any], component: Mapping[str, Any]) -> Return:
    """One entry of `returns` with its component of /config ({} where there is none)."""
    props = component.get("props") or {}
    schema = json.dumps(entry.get("type"))
    label = readable(entry.get("label"), RESULT)
    return Return(
        label=RESULT if ORDINAL.fullmatch(label) and entry.get("component") == "Api" else label,
        component=str(entry.get("component", ""))[:NAME_CHARACTERS],
        hints={name: props[name][:NAME_CHARACTERS] for name in HINTS if isinstance(props.get(name), str)},
        holds_files='"FileData"' in schema or '"ImageData"' in schema,
    )
