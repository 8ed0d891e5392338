"""A Space's own examples, as values for the form of an endpoint. Pure.

Gradio puts them into /config as a component `dataset`: `component_ids` says which components, `samples` has a line
of values for each example. Files among them are left out: they are on the Space's disk, or on other sites.
Where an endpoint has none, the `example_input` of /info serve, as one example.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces import choices, json_text, numbers, tables
from hfcourse.spaces.controls import HOLD_FILES, control
from hfcourse.spaces.labels import readable
from hfcourse.spaces.mistakes import Wrong
from hfcourse.spaces.parameters import Parameter
from hfcourse.spaces.values import parse, typed
from hfcourse.typography import french

MOST_EXAMPLES, WORDS_CHARACTERS = 30, 90
UNFILLED = {*HOLD_FILES, "nothing"}
GENERAL = french("Des valeurs d’exemple")


@dataclass(frozen=True)
class Example:
    """Values by parameter name, and the words of the link to them."""

    words: str
    values: Mapping[str, Any] = field(default_factory=dict)


def datasets_of(components: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The props of each dataset that names its components."""
    found = [component.get("props") or {} for component in components if component.get("type") == "dataset"]
    return [props for props in found if all(isinstance(props.get(key), list) for key in ("component_ids", "samples"))]


def examples_of(
    parameters: Sequence[Parameter],
    numbered: Mapping[Any, Parameter],
    datasets: Sequence[Mapping[str, Any]],
    entries: Sequence[Mapping[str, Any]],
) -> tuple[Example, ...]:
    """The examples of one endpoint, in the author's order.

    Args:
        numbered: the parameters by the id of their component.
        entries: what /info says of each parameter.
    """
    found: list[Example] = []
    for props in datasets:
        concerned = [numbered.get(number) if isinstance(number, int) else None for number in props["component_ids"]]
        if any(concerned):
            numbers_of_samples = range(min(len(props["samples"]), MOST_EXAMPLES))
            found += filter(None, (of_sample(concerned, props, n) for n in numbers_of_samples))
    different = [each for place, each in enumerate(found[:MOST_EXAMPLES]) if each not in found[:place]]
    return tuple(different) or of_inputs(parameters, entries)


def of_sample(concerned: Sequence[Parameter | None], props: Mapping[str, Any], n: int) -> Example | None:
    """One line of a dataset; None if nothing in it can be filled in."""
    sample, labels = props["samples"][n], props.get("sample_labels")
    given = {
        parameter.name: usable(parameter, value)
        for parameter, value in zip(concerned, sample if isinstance(sample, list) else [], strict=False)
        if parameter is not None and is_usable(parameter, value)
    }
    label = readable(labels[n], "") if isinstance(labels, list) and n < len(labels) else ""
    return Example(label or words_of(given.values()), given) if given else None


def of_inputs(parameters: Sequence[Parameter], entries: Sequence[Mapping[str, Any]]) -> tuple[Example, ...]:
    """The one example that /info gives, if it fills what is empty; its HTML texts and « ... » are none."""
    given = {
        parameter.name: usable(parameter, entry.get("example_input"))
        for parameter, entry in zip(parameters, entries, strict=True)
        if parameter.default in (None, "", []) and entry.get("example_input") != "..."
        if is_usable(parameter, entry.get("example_input"))
    }
    return (Example(GENERAL, given),) if given else ()


def is_usable(parameter: Parameter, value: Any) -> bool:
    """Can the control of this parameter show the value, and send it?"""
    kind = control(parameter)
    if value is None or kind in UNFILLED:
        return False
    if kind == "table":
        return isinstance(usable(parameter, value), dict)
    try:
        json_text.check_sendable(value)
        texts = typed(parameter, usable(parameter, value))
        return bool(texts) and (kind == "json" or parse(parameter, texts) is not None)
    except (Wrong, TypeError, ValueError):
        return False


def usable(parameter: Parameter, value: Any) -> Any:
    """The value of an example; Gradio 4 writes a choice by its label, and a table as its lines alone."""
    kind = control(parameter)
    if kind in ("radio", "select", "checks"):
        return by_label(parameter, value)
    if kind == "table" and isinstance(value, list) and value and all(isinstance(row, list) for row in value):
        return {"headers": [*tables.titles_of(parameter)], "data": value, "metadata": None}
    return value


def by_label(parameter: Parameter, value: Any) -> Any:
    named = choices.by_label(parameter)
    known = {choices.key_of(each) for _, each in parameter.choices}

    def read(item: Any) -> Any:
        return named.get(item, item) if isinstance(item, str) and choices.key_of(item) not in known else item

    return [read(item) for item in value] if isinstance(value, list) else read(value)


def words_of(given: Iterable[Any]) -> str:
    """« Léo, 2,5, bleu »: the values, as far as they fit a link."""
    words = ", ".join(filter(None, map(written, given)))
    return words if len(words) <= WORDS_CHARACTERS else f"{words[: WORDS_CHARACTERS - 1].rstrip()}…"


def written(value: Any) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int | float):
        return numbers.decimal(value)
    if isinstance(value, list):
        return ", ".join(map(written, value[:10]))
    is_table = isinstance(value, dict) and "headers" in value
    return "un tableau" if is_table else " ".join(numbers.shown(value).split())
