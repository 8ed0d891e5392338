"""Limits of a description, applied before anything is built of it. Pure.

A description of 5 MB can name a large part many times: what it costs is a product (endpoints by data sets, parameters
by choices), which no limit on its bytes bounds. So the parts are counted first, and whatever is above a limit is left
out. Measured on the recorded descriptions of 70 real Spaces: 40 endpoints, 42 parameters of one endpoint, 390 in all,
156 components, 9 data sets, 6 triggers.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from hfcourse.spaces.introduction import TEXT_COMPONENTS
from hfcourse.spaces.layout import ids_of_blocks
from hfcourse.spaces.parameters import NAME_CHARACTERS
from hfcourse.spaces.ranking import BUTTON_EVENTS, UNNAMED, obstacle, targets_of

MAX_ENDPOINTS, MAX_PARAMETERS, MAX_RETURNS = 500, 500, 500
MAX_PARAMETERS_IN_ALL = 20_000
MAX_CHOICES_OF_ENDPOINT = 50_000  # a list that several parameters share counts once
MAX_COMPONENTS_OF_ENDPOINT = 2_000  # state and layout among inputs and outputs included
MAX_DATASETS, MAX_TARGETS = 100, 100
MAX_TEXTS = 40  # Markdown and HTML, of which the introduction of the Space is read
# Characters of the names of all endpoints, which are on each page of the Space.
MAX_NAMES_CHARACTERS = 50_000

Part = Mapping[str, Any]


def bound_description(config: Part, info: Part) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keep of `/config` and `/info` what can be offered, each dependency with its `id`; twice changes nothing.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: they have not the form that Gradio gives them.
    """
    named = {name: entry for name, entry in info["named_endpoints"].items() if is_entry(entry)}
    if info["named_endpoints"] and not named:
        raise ValueError("no endpoint has the form that Gradio gives it")
    dependencies = dependencies_by_name(config["dependencies"], named)
    endpoints = choose_endpoints(named, dependencies)
    kept = {name: bound_dependency(each) for name, each in dependencies.items() if name in endpoints}
    blocks = ids_of_blocks(config.get("layout"))
    components = choose_components(config["components"], list(kept.values()), blocks)
    return (
        {**config, "components": components, "dependencies": list(kept.values())},
        {**info, "named_endpoints": endpoints},
    )


def dependencies_by_name(dependencies: list[Part], named: Part) -> dict[str, dict[str, Any]]:
    """The dependency of each named endpoint, the last of several; its place is its `id` where it says none."""
    return {
        "/" + dependency["api_name"]: {"id": place, **dependency}
        for place, dependency in enumerate(dependencies)
        if isinstance(dependency.get("api_name"), str) and "/" + dependency["api_name"] in named
    }


def choose_endpoints(named: Part, dependencies: Mapping[str, Part]) -> dict[str, Any]:
    """The endpoints to offer, in the author's order; of too many, those that look meant for people."""
    public = [name for name, entry in named.items() if is_public(name, entry)]
    chosen = set(take_names(order_by_likelihood(public, named, dependencies)[:MAX_ENDPOINTS]))
    return {name: named[name] for name in public if name in chosen}


def order_by_likelihood(names: Iterable[str], named: Part, dependencies: Mapping[str, Part]) -> list[str]:
    """The endpoints that look meant for people first: those have what a budget can give."""
    return sorted(names, key=lambda name: is_unlikely(name, named[name], dependencies.get(name, {})))


def take_names(names: list[str]) -> Iterator[str]:
    """Yield the names that fit into MAX_NAMES_CHARACTERS."""
    left = MAX_NAMES_CHARACTERS
    for name in names:
        left -= len(name.encode())
        if left < 0:
            return
        yield name


def is_entry(entry: Any) -> bool:
    """Has this the form of an endpoint in `/info`? Of what has not nothing can be said; the others stay callable."""
    lists = [entry.get(key) for key in ("parameters", "returns")] if isinstance(entry, dict) else [None]
    return all(isinstance(each, list) and all(isinstance(item, dict) for item in each) for each in lists)


def is_public(name: str, entry: Part) -> bool:
    return bool(
        entry.get("api_visibility", "public") == "public"
        and entry.get("show_api", True)
        and len(name) <= NAME_CHARACTERS
        and name.isprintable()
    )


def is_unlikely(name: str, entry: Part, dependency: Part) -> tuple[bool, bool, bool]:
    """Sort key, which costs little: cannot it be called, is it nameless or private, has it neither button nor words?"""
    is_meant = entry.get("description") or any(event in BUTTON_EVENTS for _, event in targets_of(dependency))
    is_nameless = UNNAMED.fullmatch(name) or name.startswith("/_")
    return bool(obstacle(dependency, entry)), bool(is_nameless), not is_meant


def bound_dependency(dependency: Part) -> dict[str, Any]:
    """The dependency with a bounded number of triggers, and of components one more than `is_too_large` lets pass."""
    limits = {
        "inputs": MAX_COMPONENTS_OF_ENDPOINT + 1,
        "outputs": MAX_COMPONENTS_OF_ENDPOINT + 1,
        "targets": MAX_TARGETS,
    }
    cut = {key: dependency[key][:most] for key, most in limits.items() if isinstance(dependency.get(key), list)}
    return {**dependency, **cut}


def choose_components(components: list[Part], dependencies: list[Part], blocks: set[int]) -> list[dict[str, Any]]:
    """The components that these endpoints name, the `blocks` of the page, and the first data sets and texts."""
    wanted = blocks.union(number for dependency in dependencies for number in components_of(dependency))
    sets = {id(each) for each in islice((each for each in components if each.get("type") == "dataset"), MAX_DATASETS)}
    texts = (each for each in components if type_of_component(each).lower() in TEXT_COMPONENTS)
    sets |= {id(each) for each in islice(texts, MAX_TEXTS)}
    kept = (each for each in components if each["id"] in wanted or id(each) in sets)
    return [{**each, "type": type_of_component(each)} for each in kept]


def components_of(dependency: Part) -> Iterator[Any]:
    """The ids of the components that an endpoint takes, gives and is triggered by."""
    yield from dependency.get("inputs", ())
    yield from dependency.get("outputs", ())
    for target in dependency.get("targets", ()):
        if isinstance(target, list) and len(target) == 2:
            yield target[0]


def type_of_component(component: Part) -> str:
    kind = component.get("type")
    return kind[:NAME_CHARACTERS] if isinstance(kind, str) else ""


def is_too_large(entry: Part, dependency: Part) -> bool:
    """Has this endpoint more parameters, returns or components than a page can show and a call can send?"""
    components = max(len(dependency.get("inputs", ())), len(dependency.get("outputs", ())))
    return (
        len(entry["parameters"]) > MAX_PARAMETERS
        or len(entry["returns"]) > MAX_RETURNS
        or components > MAX_COMPONENTS_OF_ENDPOINT
    )
