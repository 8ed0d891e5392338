"""A Space's own examples, as values for the form of an endpoint. Pure.

Gradio puts them into /config as a component `dataset`: `component_ids` says which components, `samples` has a line
of values for each example. Files among them are left out: they are on the Space's disk, or on other sites.
Where an endpoint has none, the `example_input` of /info serve, as one example.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces import json_text, numbers
from hfcourse.spaces.choice_list import key_of
from hfcourse.spaces.controls import HOLD_FILES, control
from hfcourse.spaces.json_size import measure
from hfcourse.spaces.labels import readable
from hfcourse.spaces.mistakes import Wrong
from hfcourse.spaces.parameters import Parameter
from hfcourse.spaces.values import parse, typed
from hfcourse.typography import french

MOST_EXAMPLES, WORDS_CHARACTERS = 30, 90
MAX_COLUMNS = 500  # parameters that one data set fills
# Of the samples of one description, each time that an endpoint reads them; a value costs CELL_CHARACTERS at least.
MAX_EXAMPLE_CHARACTERS, CELL_CHARACTERS = 1_000_000, 20
UNFILLED = {*HOLD_FILES, "nothing"}
GENERAL = french("Des valeurs d’exemple")


@dataclass(frozen=True)
class Example:
    """Values by parameter name, and the words of the link to them."""

    words: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """The first samples of a data set, and the ids of the components that they fill.

    `characters` is what reading the samples costs.
    """

    numbers: Sequence[Any]
    samples: Sequence[Sequence[Any]]
    labels: Sequence[Any]
    characters: int


@dataclass
class Datasets:
    """The data sets of a description, by the id of each component that they fill, in the author's order.

    `characters_left` is the budget of reading them: endpoints and data sets make a product.
    """

    by_number: Mapping[int, Sequence[int]]
    datasets: Sequence[Dataset]
    characters_left: int = MAX_EXAMPLE_CHARACTERS

    def concerning(self, numbers: Iterable[Any]) -> list[Dataset]:
        """The data sets that fill one of these components."""
        places = {place for number in numbers for place in self.by_number.get(number, ())}
        return [self.datasets[place] for place in sorted(places)]

    def spend(self, characters: int) -> bool:
        """Take so much of the budget; False, and nothing is taken, if it is not there."""
        has_enough = characters <= self.characters_left
        self.characters_left -= characters if has_enough else 0
        return has_enough


def index_datasets(components: Sequence[Mapping[str, Any]]) -> Datasets:
    """The data sets that name their components, measured once."""
    found = [component.get("props") or {} for component in components if component.get("type") == "dataset"]
    usable = [each for each in found if all(isinstance(each.get(key), list) for key in ("component_ids", "samples"))]
    datasets: list[Dataset] = []
    characters_left = MAX_EXAMPLE_CHARACTERS
    for props in usable:
        datasets.append(read_dataset(props, characters_left))
        characters_left -= datasets[-1].characters
    by_number: dict[int, list[int]] = defaultdict(list)
    for place, dataset in enumerate(datasets):
        for number in {number for number in dataset.numbers if isinstance(number, int)}:
            by_number[number].append(place)
    return Datasets(by_number, datasets)


def read_dataset(props: Mapping[str, Any], characters: int) -> Dataset:
    """The first samples, MOST_EXAMPLES of them and so many characters at most."""
    numbers, labels = props["component_ids"][:MAX_COLUMNS], props.get("sample_labels")
    samples: list[Sequence[Any]] = []
    cost = 0
    for sample in props["samples"][:MOST_EXAMPLES]:
        row, cost_of_row = bounded_sample(sample[: len(numbers)] if isinstance(sample, list) else [])
        if cost + cost_of_row > characters:
            break
        samples.append(row)
        cost += cost_of_row
    return Dataset(numbers, samples, labels if isinstance(labels, list) else [], cost)


def bounded_sample(sample: Sequence[Any]) -> tuple[list[Any], int]:
    """The values of a sample, None for one that no field could show; and what reading them costs."""
    sizes = [measure(value, json_text.JSON_BYTES) for value in sample]
    kept = [value if size <= json_text.JSON_BYTES else None for value, size in zip(sample, sizes, strict=True)]
    return kept, sum(CELL_CHARACTERS + size for size in sizes if size <= json_text.JSON_BYTES)


def examples_of(
    parameters: Sequence[Parameter],
    numbered: Mapping[Any, Parameter],
    datasets: Datasets,
    entries: Sequence[Mapping[str, Any]],
) -> tuple[Example, ...]:
    """The examples of one endpoint, in the author's order; none once the budget of the description is spent.

    Args:
        numbered: the parameters by the id of their component.
        entries: what /info says of each parameter.
    """
    found: list[Example] = []
    for dataset in datasets.concerning(numbered):
        if len(found) < MOST_EXAMPLES and datasets.spend(dataset.characters):
            concerned = [numbered.get(number) if isinstance(number, int) else None for number in dataset.numbers]
            found += filter(None, (of_sample(concerned, dataset, n) for n in range(len(dataset.samples))))
    different = [each for place, each in enumerate(found[:MOST_EXAMPLES]) if each not in found[:place]]
    return tuple(different) or of_inputs(parameters, entries, datasets)


def of_sample(concerned: Sequence[Parameter | None], dataset: Dataset, n: int) -> Example | None:
    """One line of a dataset; None if nothing in it can be filled in."""
    given = {
        parameter.name: usable(parameter, value)
        for parameter, value in zip(concerned, dataset.samples[n], strict=False)
        if parameter is not None and is_usable(parameter, value)
    }
    label = readable(dataset.labels[n], "") if n < len(dataset.labels) else ""
    return Example(label or words_of(given.values()), given) if given else None


def of_inputs(
    parameters: Sequence[Parameter], entries: Sequence[Mapping[str, Any]], datasets: Datasets
) -> tuple[Example, ...]:
    """The one example that /info gives, if it fills what is empty; its HTML texts and « ... » are none."""
    given = {
        parameter.name: usable(parameter, entry.get("example_input"))
        for parameter, entry in zip(parameters, entries, strict=True)
        if parameter.default in (None, "", []) and entry.get("example_input") not in (None, "...")
        if datasets.spend(CELL_CHARACTERS + measure(entry["example_input"], json_text.JSON_BYTES))
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
        return {"headers": [*parameter.titles], "data": value, "metadata": None}
    return value


def by_label(parameter: Parameter, value: Any) -> Any:
    named, known = parameter.choices.values_by_label, parameter.choices.texts_by_key

    def read(item: Any) -> Any:
        return named.get(item, item) if isinstance(item, str) and key_of(item) not in known else item

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
