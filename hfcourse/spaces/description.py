"""What a Space says of itself, made into what a form needs. Pure.

Two sources, joined as follows: `/info` says what to send, `/config` how to present it and whether it can
be called at all. The dependency whose `api_name` is the endpoint's gives, without the components marked
`skip_api`, one component per parameter and per return, in order. Measured on 849 endpoints: no mismatch.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hfcourse.typography import french

NAME_CHARACTERS, LABEL_CHARACTERS = 200, 200
HELP_CHARACTERS = 600
# Far above what people make; without them, a description of 5 MB is a page that takes minutes.
MOST_ENDPOINTS, MOST_PARAMETERS, MOST_CHOICES = 500, 500, 2_000
# A component counts each time that an endpoint uses it: one list of choices named 30,000 times fills 4 GB.
MOST_CHARACTERS = 20_000_000
HINTS = ("language", "x", "y", "color")
BUTTON_EVENTS, FIELD_EVENTS = {"click", "submit"}, {"change", "input", "load", "tick", "select", "upload"}
PLACEHOLDER = re.compile(r"(parameter|param|value|output)_\d+|__i18n__.*", re.ASCII | re.DOTALL)
PLUMBING = re.compile(r"/(lambda|js_fn|_)", re.ASCII)

NEEDS_EVENT = french(
    "Il attend un geste fait dans la page du Space (un clic, une sélection) : on ne peut pas l’appeler d’ici."
)
NEEDS_COMPONENT = french("Il lit tout un élément de la page du Space : on ne peut pas l’appeler d’ici.")
NEEDS_STREAM = french("Il reçoit un flux continu (caméra, micro) : on ne peut pas l’appeler d’ici.")
NEEDS_LOGIN = french("Il agit au nom d’une personne connectée à Hugging Face : on ne peut pas l’appeler d’ici.")


@dataclass(frozen=True)
class Parameter:
    """One value to send. `component` is Gradio's type in lower case; `default` is None where a form shows nothing."""

    name: str
    label: str
    component: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    help: str = ""
    placeholder: str = ""
    choices: tuple[tuple[str, Any], ...] = ()
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    precision: int | None = None
    lines: int = 1
    multiple: bool = False
    allows_custom: bool = False
    file_types: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    datatypes: tuple[str, ...] = ()
    is_shown: bool = True


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
    """One function of the Space; `obstacle` says why it cannot be called from outside, '' if it can."""

    name: str
    title: str
    help: str
    parameters: tuple[Parameter, ...]
    returns: tuple[Return, ...]
    obstacle: str = ""
    keeps_state: bool = False
    streams: bool = False
    score: int = 0


@dataclass(frozen=True)
class Description:
    """A Space: its own title ('' if it has none), its version of Gradio, its endpoints, the one meant first first."""

    title: str
    gradio: str
    endpoints: tuple[Endpoint, ...]

    def find(self, name: str) -> Endpoint | None:
        """The endpoint of that name."""
        return next((endpoint for endpoint in self.endpoints if endpoint.name == name), None)


def describe(config: Mapping[str, Any], info: Mapping[str, Any]) -> Description:
    """Join `/config` and `/info`, both as parsed JSON.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: they have not the form that Gradio gives them.
    """
    components = {component["id"]: component for component in config["components"]}
    dependencies = {
        "/" + dependency["api_name"]: dependency
        for dependency in config["dependencies"]
        if isinstance(dependency.get("api_name"), str) and "/" + dependency["api_name"] in info["named_endpoints"]
    }
    check_weight(components, dependencies)
    endpoints = [
        describe_endpoint(name, entry, dependencies.get(name, {}), components)
        for name, entry in info["named_endpoints"].items()
        if entry.get("api_visibility", "public") == "public"
        and entry.get("show_api", True)
        and len(name) <= NAME_CHARACTERS
        and name.isprintable()
    ]
    ranked = sorted(endpoints, key=lambda endpoint: -endpoint.score)
    title = readable(config.get("title"), "")
    return Description(
        "" if title == "Gradio" else title, str(config.get("version", ""))[:20], tuple(ranked[:MOST_ENDPOINTS])
    )


def check_weight(components: Mapping[int, Mapping[str, Any]], dependencies: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ValueError if what the endpoints show, all together, is more than a page and our memory can hold."""
    uses = Counter(number for dependency in dependencies.values() for number in dependency.get("inputs", ()))
    weight = sum(
        times * len(json.dumps(components[number].get("props")))
        for number, times in uses.items()
        if number in components and not components[number].get("skip_api")
    )
    if weight > MOST_CHARACTERS:
        raise ValueError(f"more than {MOST_CHARACTERS} characters")


def describe_endpoint(
    name: str, entry: Mapping[str, Any], dependency: Mapping[str, Any], components: Mapping[int, Mapping[str, Any]]
) -> Endpoint:
    """One entry of `named_endpoints` with its dependency ({} where /config does not have it)."""
    if len(entry["parameters"]) > MOST_PARAMETERS or len(entry["returns"]) > MOST_PARAMETERS:
        raise ValueError(f"more than {MOST_PARAMETERS} parameters or returns")
    inputs = [components.get(number, {}) for number in dependency.get("inputs", ())]
    sent = [component for component in inputs if not component.get("skip_api")]
    parameters = tuple(
        describe_parameter(parameter, sent[position] if position < len(sent) else {})
        for position, parameter in enumerate(entry["parameters"])
    )
    outputs = [components.get(number, {}) for number in dependency.get("outputs", ())]
    shown = [component for component in outputs if not component.get("skip_api")]
    returns = tuple(
        describe_return(item, shown[position] if position < len(shown) else {})
        for position, item in enumerate(entry["returns"])
    )
    if len({parameter.name for parameter in parameters}) < len(parameters):
        raise ValueError("two parameters of one name")
    button = trigger_label(dependency, components)
    return Endpoint(
        name=name,
        title=button or humanized(name),
        help=readable(entry.get("description"), "", HELP_CHARACTERS),
        parameters=parameters,
        returns=returns,
        obstacle=obstacle(dependency, entry),
        keeps_state=any(component.get("type") == "state" for component in inputs),
        streams=bool((dependency.get("types") or {}).get("generator")),
        score=score(name, entry, dependency, bool(button), parameters),
    )


def describe_parameter(entry: Mapping[str, Any], component: Mapping[str, Any]) -> Parameter:
    """One entry of `parameters` with its component of /config ({} where there is none)."""
    props = component.get("props") or {}
    name = str(entry["parameter_name"]).replace("\0", "")[:NAME_CHARACTERS]
    count = props.get("file_count")
    return Parameter(
        name=name,
        label=readable(entry.get("label"), humanized(name)),
        component=str(component.get("type") or entry.get("component") or "").lower(),
        schema=schema if isinstance(schema := entry.get("type"), dict) else {},
        help=readable(props.get("info"), "", HELP_CHARACTERS),
        placeholder=readable(props.get("placeholder"), ""),
        choices=choices(props.get("choices"), entry.get("type")),
        default=default(entry, props),
        minimum=number(props.get("minimum")),
        maximum=number(props.get("maximum")),
        step=number(props.get("step")),
        precision=props["precision"] if type(props.get("precision")) is int else None,
        lines=max(1, min(20, props["lines"])) if isinstance(props.get("lines"), int) else 1,
        multiple=bool(props.get("multiselect")) or count in ("multiple", "directory"),
        allows_custom=bool(props.get("allow_custom_value")),
        file_types=strings(props.get("file_types")),
        headers=headers(props),
        datatypes=datatypes(props),
        is_shown=props.get("visible", True) is True and props.get("interactive") is not False,
    )


def describe_return(entry: Mapping[str, Any], component: Mapping[str, Any]) -> Return:
    """One entry of `returns` with its component of /config ({} where there is none)."""
    props = component.get("props") or {}
    schema = json.dumps(entry.get("type"))
    return Return(
        label=readable(entry.get("label"), "Résultat"),
        component=str(entry.get("component", ""))[:NAME_CHARACTERS],
        hints={name: props[name][:NAME_CHARACTERS] for name in HINTS if isinstance(props.get(name), str)},
        holds_files='"FileData"' in schema or '"ImageData"' in schema,
    )


def default(entry: Mapping[str, Any], props: Mapping[str, Any]) -> Any:
    """What the form shows first: a scalar, some scalars or a table; never file data, it could name ours."""
    for candidate in (props.get("value"), entry.get("parameter_default")):
        if is_harmless(candidate):
            return candidate
    return None


def is_harmless(value: Any) -> bool:
    """Is this a scalar, a list of scalars, or the value of a table?"""
    if isinstance(value, list):
        return len(value) <= MOST_CHOICES and all(is_scalar(item) for item in value)
    if isinstance(value, dict):
        return set(value) <= {"headers", "data", "metadata"} and isinstance(value.get("data"), list)
    return value is not None and is_scalar(value)


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def choices(pairs: Any, schema: Any) -> tuple[tuple[str, Any], ...]:
    """Label and JSON value of each choice: from /config, else from the schema's `enum`."""
    if isinstance(pairs, list):
        return tuple(
            (str(pair[0]), pair[1]) if isinstance(pair, list) and len(pair) == 2 else (str(pair), pair)
            for pair in pairs[:MOST_CHOICES]
        )
    enum = schema.get("enum") if isinstance(schema, dict) else None
    return tuple((str(value), value) for value in enum[:MOST_CHOICES]) if isinstance(enum, list) else ()


def trigger_label(dependency: Mapping[str, Any], components: Mapping[int, Mapping[str, Any]]) -> str:
    """What the button that triggers this endpoint says, '' if none does."""
    for target in dependency.get("targets", ()):
        component = components.get(target[0]) or {}
        if component.get("type") == "button" and target[1] == "click":
            return readable((component.get("props") or {}).get("value"), "")
    return ""


def obstacle(dependency: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Why nobody can call this endpoint from outside, '' if one can; only /config tells."""
    if dependency.get("collects_event_data"):
        return NEEDS_EVENT
    if dependency.get("component_prop_inputs"):
        return NEEDS_COMPONENT
    if dependency.get("connection") == "stream":
        return NEEDS_STREAM
    return NEEDS_LOGIN if entry.get("oauth_token") else ""


def score(
    name: str,
    entry: Mapping[str, Any],
    dependency: Mapping[str, Any],
    has_button: bool,
    parameters: tuple[Parameter, ...],
) -> int:
    """How much the author seems to have meant this endpoint for people; equal ones stay in the author's order."""
    events = {target[1] for target in dependency.get("targets", ())}
    points = 4 * bool(events & BUTTON_EVENTS) + 2 * has_button + 2 * bool(entry.get("description"))
    points += 2 * bool(parameters and entry["returns"]) + any(parameter.is_shown for parameter in parameters)
    points -= 4 * bool(PLUMBING.match(name)) + 2 * bool(events & FIELD_EVENTS) + (dependency.get("queue") is False)
    return points - 20 * bool(obstacle(dependency, entry))


def readable(text: Any, fallback: str, characters: int = LABEL_CHARACTERS) -> str:
    """A label as text: placeholders, translation markers and whatever is no text give `fallback`."""
    if not isinstance(text, str) or not text.strip() or PLACEHOLDER.fullmatch(text):
        return fallback
    return text.strip().replace("\0", "")[:characters]  # PostgreSQL keeps no text with a NUL


def humanized(name: str) -> str:
    """`/text_to_image` → « Text to image »."""
    words = name.strip("/_").replace("_", " ")
    return (words[:1].upper() + words[1:]) or name


def number(value: Any) -> float | None:
    """A bound, None where there is none."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def strings(value: Any) -> tuple[str, ...]:
    """A list of texts, empty for anything else."""
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def headers(props: Mapping[str, Any]) -> tuple[str, ...]:
    """The titles of a table's columns: its own, else those of its first value."""
    value = props.get("value")
    return strings(props.get("headers")) or strings(value.get("headers") if isinstance(value, dict) else None)


def datatypes(props: Mapping[str, Any]) -> tuple[str, ...]:
    """The type of each column of a table; one word stands for all."""
    given, columns = props.get("datatype"), len(headers(props))
    return (given,) * columns if isinstance(given, str) else strings(given)
