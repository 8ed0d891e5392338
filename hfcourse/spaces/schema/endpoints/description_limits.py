"""Limits of a description, enforced before it is processed. Pure.

A description of 5 MB can reference a large part many times: the cost is a product (endpoints by data sets,
parameters by choices), which a limit on its bytes does not bound. So the parts are counted first, and those
above a limit are dropped. Maxima in the recorded descriptions of 70 real Spaces: 40 endpoints,
42 parameters of one endpoint, 390 in all, 156 components, 9 data sets, 6 triggers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from hfcourse.spaces.schema.layout.block_tree import collect_block_ids
from hfcourse.spaces.schema.layout.introduction import TEXT_COMPONENTS
from hfcourse.spaces.schema.page.event_chains import EventChains, read_dependency_id
from hfcourse.spaces.schema.page.ranking import BUTTON_EVENTS, UNNAMED_ENDPOINT, find_blocked_reason, parse_targets
from hfcourse.spaces.schema.parameters.parameter import MAX_NAME_CHARACTERS
from hfcourse.spaces.untrusted.json_tree import JsonObject

MAX_ENDPOINTS, MAX_PARAMETERS, MAX_RETURNS = 500, 500, 500
MAX_TOTAL_PARAMETERS = 20_000
MAX_CHOICES_PER_ENDPOINT = 50_000  # a list shared by several parameters counts once
MAX_COMPONENTS_PER_ENDPOINT = 2_000  # state and layout among inputs and outputs included
MAX_DATASETS, MAX_TARGETS = 100, 100
MAX_TEXTS = 40  # Markdown and HTML, parsed for the introduction of the Space
MAX_PRIVATE_STEPS, MAX_COMPONENTS_PER_PRIVATE_STEP = 500, 300
MAX_PRIMARY_BUTTONS = 20
# The names of all endpoints, which are rendered on each page of the Space.
MAX_ENDPOINT_NAMES_BYTES = 50_000


def limit_description(config: JsonObject, info: JsonObject) -> tuple[dict[str, Any], dict[str, Any]]:
    """Filter `/config` and `/info` to what can be offered, and add missing dependency ids. Idempotent.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the payload does not have Gradio's schema.
    """
    named = {name: entry for name, entry in info["named_endpoints"].items() if is_endpoint_entry(entry)}
    if info["named_endpoints"] and not named:
        raise ValueError("no endpoint has the form that Gradio gives it")
    chains = EventChains(config["dependencies"])
    dependencies = index_dependencies_by_name(config["dependencies"], named)
    endpoints = choose_endpoints(named, dependencies, chains)
    chosen = choose_dependencies(chains, [each for name, each in dependencies.items() if name in endpoints])
    blocks = collect_block_ids(config.get("layout"))
    components = choose_components(config["components"], chosen, blocks)
    return (
        {**config, "components": components, "dependencies": chosen},
        {**info, "named_endpoints": endpoints},
    )


def index_dependencies_by_name(dependencies: list[JsonObject], named: JsonObject) -> dict[str, dict[str, Any]]:
    """Index dependencies by endpoint name, the last of duplicates wins; `id` defaults to the list index."""
    return {
        "/" + dependency["api_name"]: {**dependency, "id": read_dependency_id(dependency, place)}
        for place, dependency in enumerate(dependencies)
        if isinstance(dependency.get("api_name"), str) and "/" + dependency["api_name"] in named
    }


def choose_dependencies(chains: EventChains, public: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the dependencies of the endpoints, then the private steps needed to analyze them.

    The first step of the chain of an endpoint has priority, then the others in the author's order. Each
    `trigger_after` is the nearest retained step, so that a chain stays connected if steps are dropped.
    """
    offered, names = {each["id"] for each in public}, {each["api_name"] for each in public}
    begin = (chains.get_root_id(number) for number in offered if number in chains.steps)
    private = (number for number in dict.fromkeys((*sorted(begin), *chains.steps)) if number not in offered)
    chosen = [*public, *(reduce_private_step(n, chains.steps[n], names) for n in islice(private, MAX_PRIVATE_STEPS))]
    nearest = chains.find_nearest_included({each["id"] for each in chosen})
    return [{**limit_dependency(each), "trigger_after": nearest.get(each["id"])} for each in chosen]


def reduce_private_step(number: int, step: JsonObject, taken_names: set[str]) -> dict[str, Any]:
    """Reduce a private step to what the page analysis reads: its triggers, inputs, outputs and name.

    Args:
        taken_names: the names of the endpoints; a step with one of these names loses it.
    """
    name = step.get("api_name")
    is_name = isinstance(name, str) and len(name) <= MAX_NAME_CHARACTERS and name not in taken_names
    parts = {key: step[key] for key in ("backend_fn", "collects_event_data") if key in step}
    parts |= {key: limit_component_ids(step.get(key)) for key in ("inputs", "outputs")}
    targets = step["targets"] if isinstance(step.get("targets"), list) else []
    return {"id": number, "api_name": name if is_name else False, "targets": targets, **parts}


def limit_component_ids(numbers: Any) -> list[int]:
    """Return the first ids of a list, [] for any other value."""
    found = numbers if isinstance(numbers, list) else []
    return [each for each in found[:MAX_COMPONENTS_PER_PRIVATE_STEP] if type(each) is int]


def choose_endpoints(named: JsonObject, dependencies: Mapping[str, JsonObject], chains: EventChains) -> dict[str, Any]:
    """Return the public endpoints in the author's order; above the limit, those most likely meant for people."""
    public = [name for name, entry in named.items() if is_public_endpoint(name, entry)]
    chosen = set(limit_endpoint_names(order_by_likelihood(public, named, dependencies, chains)[:MAX_ENDPOINTS]))
    return {name: named[name] for name in public if name in chosen}


def order_by_likelihood(
    names: Iterable[str], named: JsonObject, dependencies: Mapping[str, JsonObject], chains: EventChains
) -> list[str]:
    """Sort names by how likely the endpoint is meant for people, so that those consume a budget first."""
    return sorted(
        names, key=lambda name: make_likelihood_sort_key(name, named[name], dependencies.get(name, {}), chains)
    )


def limit_endpoint_names(names: list[str]) -> Iterator[str]:
    """Yield the names that fit into MAX_ENDPOINT_NAMES_BYTES."""
    left = MAX_ENDPOINT_NAMES_BYTES
    for name in names:
        left -= len(name.encode())
        if left < 0:
            return
        yield name


def is_endpoint_entry(entry: Any) -> bool:
    """Does this entry have the schema of an endpoint in `/info`? Malformed entries are dropped."""
    lists = [entry.get(key) for key in ("parameters", "returns")] if isinstance(entry, dict) else [None]
    return all(isinstance(each, list) and all(isinstance(item, dict) for item in each) for each in lists)


def is_public_endpoint(name: str, entry: JsonObject) -> bool:
    """Is this endpoint public, with a valid name?"""
    return bool(
        entry.get("api_visibility", "public") == "public"
        and entry.get("show_api", True)
        and len(name) <= MAX_NAME_CHARACTERS
        and name.isprintable()
    )


def make_likelihood_sort_key(
    name: str, entry: JsonObject, dependency: JsonObject, chains: EventChains
) -> tuple[bool, bool, bool]:
    """Return a cheap sort key: is blocked, is unnamed or private, has neither button nor description."""
    number = dependency.get("id")
    first = chains.get_root_step(number) if number in chains.steps else dependency
    is_meant = entry.get("description") or any(event in BUTTON_EVENTS for _, event in parse_targets(first))
    is_nameless = UNNAMED_ENDPOINT.fullmatch(name) or name.startswith("/_")
    return bool(find_blocked_reason(dependency, entry)), bool(is_nameless), not is_meant


def limit_dependency(dependency: JsonObject) -> dict[str, Any]:
    """Truncate triggers and component ids.

    One component more than the limit is retained, so that `is_endpoint_too_large` detects the overflow.
    """
    limits = {
        "inputs": MAX_COMPONENTS_PER_ENDPOINT + 1,
        "outputs": MAX_COMPONENTS_PER_ENDPOINT + 1,
        "targets": MAX_TARGETS,
    }
    cut = {key: dependency[key][:most] for key, most in limits.items() if isinstance(dependency.get(key), list)}
    return {**dependency, **cut}


def choose_components(
    components: list[JsonObject], dependencies: Sequence[JsonObject], blocks: set[int]
) -> list[dict[str, Any]]:
    """Return the components of these dependencies, the `blocks` of the page, and the first data sets and texts.

    Primary buttons are included even if /config has no event for them: they show what the page is for.
    """
    referenced = blocks.union(number for dependency in dependencies for number in iter_component_ids(dependency))
    sets = islice((each for each in components if each.get("type") == "dataset"), MAX_DATASETS)
    texts = islice((each for each in components if read_component_type(each).lower() in TEXT_COMPONENTS), MAX_TEXTS)
    primary = islice((each for each in components if is_primary_button(each)), MAX_PRIMARY_BUTTONS)
    marked = {id(each) for each in (*sets, *texts, *primary)}
    chosen = (each for each in components if each["id"] in referenced or id(each) in marked)
    return [{**each, "type": read_component_type(each)} for each in chosen]


def is_primary_button(component: JsonObject) -> bool:
    """Is it a primary button? It counts even if /config has no event for it."""
    props = component.get("props")
    return component.get("type") == "button" and isinstance(props, dict) and props.get("variant") == "primary"


def iter_component_ids(dependency: JsonObject) -> Iterator[Any]:
    """Yield the ids of the inputs, outputs and triggers of an endpoint."""
    yield from dependency.get("inputs", ())
    yield from dependency.get("outputs", ())
    for target in dependency.get("targets", ()):
        if isinstance(target, list) and len(target) == 2:
            yield target[0]


def read_component_type(component: JsonObject) -> str:
    """Return Gradio's type of a component, '' if it is not text."""
    kind = component.get("type")
    return kind[:MAX_NAME_CHARACTERS] if isinstance(kind, str) else ""


def is_endpoint_too_large(entry: JsonObject, dependency: JsonObject) -> bool:
    """Does this endpoint exceed the limits of parameters, return values or components?"""
    components = max(len(dependency.get("inputs", ())), len(dependency.get("outputs", ())))
    return (
        len(entry["parameters"]) > MAX_PARAMETERS
        or len(entry["returns"]) > MAX_RETURNS
        or components > MAX_COMPONENTS_PER_ENDPOINT
    )
