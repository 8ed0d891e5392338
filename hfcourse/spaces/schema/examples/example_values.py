"""A Space's own examples, as values for the form of an endpoint. Pure.

Gradio puts them into /config as a component `dataset`: `component_ids` says which components, `samples` has a line
of values for each example, `sample_labels` may name them. A file among them is a SampleFile: it is on the Space's disk,
and fetched once its example is chosen (see example_files.py). The `example_input` of /info is no example: Gradio makes
it up from the type of the component (« Hello!! »), and it teaches nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

from hfcourse.spaces.schema import json_input
from hfcourse.spaces.schema.choice_list import make_value_key
from hfcourse.spaces.schema.examples import sample_files
from hfcourse.spaces.schema.examples.example_text import MAX_EXAMPLE_PAIR_CHARACTERS, format_example_values
from hfcourse.spaces.schema.examples.sample_files import SampleFile, iter_sample_files
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.labels import clean_label
from hfcourse.spaces.schema.page.page_events import PageEvent
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import FILE_CONTROLS, get_control_kind
from hfcourse.spaces.schema.values.form_budget import share_fairly
from hfcourse.spaces.schema.values.value_parsers import format_value, parse_value
from hfcourse.spaces.untrusted.json_size import measure_json_size

MAX_EXAMPLES = 30
MAX_PAIRS = 6  # values that the link to an example shows
MAX_DATASET_COLUMNS = 500  # parameters that one data set fills
# Of the samples of one description, each time that an endpoint reads them; a value costs CELL_CHARACTERS at least.
MAX_EXAMPLE_CHARACTERS, CHARACTER_COST_PER_VALUE = 1_000_000, 20


@dataclass(frozen=True)
class Example:
    """Values by parameter name, a SampleFile for each file in them, and the words of the link to them.

    `label` is the author's, '' without one; `pairs` has label and words of the values; `dataset` and `row` say where
    the description has it, and `row_loader` which event of the page answers with its values.
    """

    link_text: str
    values: Mapping[str, Any] = field(default_factory=dict)
    label: str = field(default="", compare=False)
    labelled_values: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    dataset_index: int = field(default=0, compare=False)
    row_index: int = field(default=0, compare=False)
    row_loader: PageEvent | None = field(default=None, compare=False)

    @cached_property
    def files(self) -> tuple[SampleFile, ...]:
        """The files of its values, in order."""
        return tuple(file for value in self.values.values() for file in iter_sample_files(value))

    @property
    def needs_loader(self) -> bool:
        """Does the description give nothing but the name of one of its files?"""
        return any(not file.path for file in self.files)


@dataclass(frozen=True)
class ExampleDataset:
    """The first samples of a data set, and the ids of the components that they fill.

    `place` counts the data sets of the page; `characters` is what reading the samples costs.
    """

    component_ids: Sequence[Any]
    samples: Sequence[Sequence[Any]]
    labels: Sequence[Any]
    headers: Sequence[Any]
    character_cost: int
    index: int = 0
    row_loader: PageEvent | None = None


@dataclass
class ExampleDatasets:
    """The data sets of a description, by the id of each component that they fill, in the author's order.

    `characters_left` is the budget of reading them: endpoints and data sets make a product.
    """

    indexes_by_component: Mapping[int, Sequence[int]]
    datasets: Sequence[ExampleDataset]
    characters_left: int = MAX_EXAMPLE_CHARACTERS

    def find_datasets_for_components(self, numbers: Iterable[Any]) -> list[ExampleDataset]:
        """The data sets that fill one of these components."""
        places = {place for number in numbers for place in self.indexes_by_component.get(number, ())}
        return [self.datasets[place] for place in sorted(places)]

    def spend_characters(self, characters: int) -> bool:
        """Take so much of the budget; False, and nothing is taken, if it is not there."""
        has_enough = characters <= self.characters_left
        self.characters_left -= characters if has_enough else 0
        return has_enough


def index_datasets(
    components: Sequence[Mapping[str, Any]], row_loaders: Mapping[Any, PageEvent] | None = None
) -> ExampleDatasets:
    """The data sets that name their components, measured once.

    Args:
        row_loaders: the event of the page that answers with a row, by the id of the data set.
    """
    found = [(each.get("id"), each.get("props") or {}) for each in components if each.get("type") == "dataset"]
    datasets: list[ExampleDataset] = []
    characters_left = MAX_EXAMPLE_CHARACTERS
    for number, props in found:
        if all(isinstance(props.get(key), list) for key in ("component_ids", "samples")):
            read = read_dataset(props, characters_left)
            datasets.append(replace(read, index=len(datasets), row_loader=(row_loaders or {}).get(number)))
            characters_left -= read.character_cost
    by_number: dict[int, list[int]] = defaultdict(list)
    for place, dataset in enumerate(datasets):
        for number in {number for number in dataset.component_ids if isinstance(number, int)}:
            by_number[number].append(place)
    return ExampleDatasets(by_number, datasets)


def read_dataset(props: Mapping[str, Any], characters: int) -> ExampleDataset:
    """The first samples, MAX_EXAMPLES of them and so many characters at most."""
    numbers = props["component_ids"][:MAX_DATASET_COLUMNS]
    labels, headers = (
        found if isinstance(found := props.get(key), list) else [] for key in ("sample_labels", "headers")
    )
    samples: list[Sequence[Any]] = []
    cost = 0
    for sample in props["samples"][:MAX_EXAMPLES]:
        row, cost_of_row = limit_sample(sample[: len(numbers)] if isinstance(sample, list) else [])
        if cost + cost_of_row > characters:
            break
        samples.append(row)
        cost += cost_of_row
    return ExampleDataset(numbers, samples, labels, headers, cost)


def limit_sample(sample: Sequence[Any]) -> tuple[list[Any], int]:
    """The values of a sample, None for one that no field could show; and what reading them costs."""
    sizes = [measure_json_size(value, json_input.MAX_JSON_BYTES) for value in sample]
    kept = [value if size <= json_input.MAX_JSON_BYTES else None for value, size in zip(sample, sizes, strict=True)]
    return kept, sum(CHARACTER_COST_PER_VALUE + size for size in sizes if size <= json_input.MAX_JSON_BYTES)


def build_examples(numbered: Mapping[Any, Parameter], datasets: ExampleDatasets) -> tuple[Example, ...]:
    """The examples of one endpoint, in the author's order; none once the budget of the description is spent.

    Args:
        numbered: the parameters by the id of their component.
    """
    found: list[Example] = []
    concerning = datasets.find_datasets_for_components(numbered)
    shares = share_fairly([len(dataset.samples) for dataset in concerning], MAX_EXAMPLES)  # a long list hides no other
    for dataset, share in zip(concerning, shares, strict=True):
        if len(found) < MAX_EXAMPLES and datasets.spend_characters(dataset.character_cost):
            concerned = [numbered.get(number) if isinstance(number, int) else None for number in dataset.component_ids]
            rows = (build_example(concerned, dataset, n) for n in range(len(dataset.samples)))
            found += islice(filter(None, rows), share)
    different: list[Example] = []
    for each in found[:MAX_EXAMPLES]:
        if each.needs_loader or each not in different:  # two files of one name may differ
            different.append(each)
    return tuple(different)


def build_example(concerned: Sequence[Parameter | None], dataset: ExampleDataset, n: int) -> Example | None:
    """One line of a dataset; None if nothing in it can be filled in."""
    given: dict[str, Any] = {}
    pairs: list[tuple[str, str]] = []
    for column, (parameter, value) in enumerate(zip(concerned, dataset.samples[n], strict=False)):
        if parameter is None:
            continue
        read = convert_sample_value(parameter, value, f"{dataset.index}-{n}-{column}", dataset.row_loader is not None)
        if read is not None:
            given[parameter.name] = read
            header = clean_label(dataset.headers[column], "") if column < len(dataset.headers) else ""
            pairs.append((header or parameter.label, format_example_values([read], MAX_EXAMPLE_PAIR_CHARACTERS)))
    if not given:
        return None
    label = clean_label(dataset.labels[n], "") if n < len(dataset.labels) else ""
    pairs = [pair for pair in pairs if pair[1]] or pairs  # a value that is left empty needs no mention
    return Example(
        label or format_example_values(given.values()),
        given,
        label,
        tuple(pairs[:MAX_PAIRS]),
        dataset_index=dataset.index,
        row_index=n,
        row_loader=dataset.row_loader,
    )


def convert_sample_value(parameter: Parameter, value: Any, key: str, has_loader: bool) -> Any:
    """The value that an example gives a parameter, None where its control could not show or send it.

    Args:
        key: where the description has the value.
        has_loader: can the Space be asked for a file of which only the name is known?
    """
    if get_control_kind(parameter) in FILE_CONTROLS:
        found = sample_files.parse_sample(parameter, value, key)
        return found if has_loader or all(file.path for file in iter_sample_files(found)) else None
    return normalize_example_value(parameter, value) if is_usable_example_value(parameter, value) else None


def is_usable_example_value(parameter: Parameter, value: Any) -> bool:
    """Can the control of this parameter show the value, and send it?"""
    kind = get_control_kind(parameter)
    if value is None or kind == "nothing":
        return False
    if kind == "table":
        return isinstance(normalize_example_value(parameter, value), dict)
    try:
        json_input.check_json_sendable(value)
        texts = format_value(parameter, normalize_example_value(parameter, value))
        return bool(texts) and (kind == "json" or parse_value(parameter, texts) is not None)
    except (InvalidValue, TypeError, ValueError):
        return False


def normalize_example_value(parameter: Parameter, value: Any) -> Any:
    """The value of an example; Gradio 4 writes a choice by its label, and a table as its lines alone."""
    kind = get_control_kind(parameter)
    if kind in ("radio", "select", "checks"):
        return resolve_choice_labels(parameter, value)
    if kind == "table" and isinstance(value, list) and value and all(isinstance(row, list) for row in value):
        return {"headers": [*parameter.column_titles], "data": value, "metadata": None}
    return value


def resolve_choice_labels(parameter: Parameter, value: Any) -> Any:
    named, known = parameter.choices.values_by_label, parameter.choices.posted_texts_by_key

    def read(item: Any) -> Any:
        return named.get(item, item) if isinstance(item, str) and make_value_key(item) not in known else item

    return [read(item) for item in value] if isinstance(value, list) else read(value)
