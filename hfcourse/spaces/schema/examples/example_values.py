"""Parser of a Space's own examples to values for the form of an endpoint. Pure.

/config has them as a component `dataset`: `component_ids` lists the components, `samples` has a row of values for
each example, `sample_labels` optionally names them. A file is parsed to a SampleFile: it is on the Space's disk, and
fetched when its example is chosen (see example_files.py). The `example_input` of /info is ignored: Gradio generates
it from the component type (« Hello!! »), and it teaches nothing.
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
MAX_PAIRS = 6  # values shown in the link to an example
MAX_DATASET_COLUMNS = 500  # parameters filled by one data set
# Of the samples of one description, counted again for each endpoint; CHARACTER_COST_PER_VALUE is the minimum cost.
MAX_EXAMPLE_CHARACTERS, CHARACTER_COST_PER_VALUE = 1_000_000, 20


@dataclass(frozen=True)
class Example:
    """Example of an endpoint.

    Attributes:
        link_text: the text of the link to it.
        values: the values by parameter name, with a SampleFile for each file.
        label: the author's label, '' without one.
        labelled_values: label and text of each value.
        dataset_index: the index of its data set in the description.
        row_index: the index of its row in the data set.
        row_loader: the event of the page that returns its values.
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
        """Files in its values, in order."""
        return tuple(file for value in self.values.values() for file in iter_sample_files(value))

    @property
    def needs_loader(self) -> bool:
        """Is there a file of which the description has only the name?"""
        return any(not file.path for file in self.files)


@dataclass(frozen=True)
class ExampleDataset:
    """First samples of a data set, and the ids of the components that they fill.

    `index` is that of the data set on the page; `character_cost` is the budget that parsing the samples consumes.
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
    """Data sets of a description, indexed by the ids of the components that they fill, in the author's order.

    `characters_left` is the budget for parsing them, as the cost is the product of endpoints and data sets.
    """

    indexes_by_component: Mapping[int, Sequence[int]]
    datasets: Sequence[ExampleDataset]
    characters_left: int = MAX_EXAMPLE_CHARACTERS

    def find_datasets_for_components(self, numbers: Iterable[Any]) -> list[ExampleDataset]:
        """Return the data sets that fill one of these components."""
        places = {place for number in numbers for place in self.indexes_by_component.get(number, ())}
        return [self.datasets[place] for place in sorted(places)]

    def spend_characters(self, characters: int) -> bool:
        """Consume part of the budget; return False, consuming nothing, if it is too small."""
        has_enough = characters <= self.characters_left
        self.characters_left -= characters if has_enough else 0
        return has_enough


def index_datasets(
    components: Sequence[Mapping[str, Any]], row_loaders: Mapping[Any, PageEvent] | None = None
) -> ExampleDatasets:
    """Index the data sets by component, and measure them once.

    Args:
        row_loaders: the event of the page that returns the values of a row, by id of the data set.
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
    """Parse the first samples of a data set, at most MAX_EXAMPLES, within a budget of characters."""
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
    """Replace each value that is too large for a field by None.

    Returns:
        The values of the sample, and the cost of parsing them in characters.
    """
    sizes = [measure_json_size(value, json_input.MAX_JSON_BYTES) for value in sample]
    values = [value if size <= json_input.MAX_JSON_BYTES else None for value, size in zip(sample, sizes, strict=True)]
    return values, sum(CHARACTER_COST_PER_VALUE + size for size in sizes if size <= json_input.MAX_JSON_BYTES)


def build_examples(numbered: Mapping[Any, Parameter], datasets: ExampleDatasets) -> tuple[Example, ...]:
    """Build the examples of one endpoint, in the author's order, within the budget of the description.

    Args:
        numbered: the parameters by component id.
    """
    found: list[Example] = []
    matching = datasets.find_datasets_for_components(numbered)
    shares = share_fairly([len(dataset.samples) for dataset in matching], MAX_EXAMPLES)  # a long list hides no other
    for dataset, share in zip(matching, shares, strict=True):
        if len(found) < MAX_EXAMPLES and datasets.spend_characters(dataset.character_cost):
            parameters = [numbered.get(number) if isinstance(number, int) else None for number in dataset.component_ids]
            rows = (build_example(parameters, dataset, n) for n in range(len(dataset.samples)))
            found += islice(filter(None, rows), share)
    unique: list[Example] = []
    for each in found[:MAX_EXAMPLES]:
        if each.needs_loader or each not in unique:  # two files with the same name may differ
            unique.append(each)
    return tuple(unique)


def build_example(parameters: Sequence[Parameter | None], dataset: ExampleDataset, n: int) -> Example | None:
    """Build the example of row `n` of a data set, None if the form can use none of its values."""
    values: dict[str, Any] = {}
    pairs: list[tuple[str, str]] = []
    for column, (parameter, value) in enumerate(zip(parameters, dataset.samples[n], strict=False)):
        if parameter is None:
            continue
        converted = convert_sample_value(
            parameter, value, f"{dataset.index}-{n}-{column}", dataset.row_loader is not None
        )
        if converted is not None:
            values[parameter.name] = converted
            header = clean_label(dataset.headers[column], "") if column < len(dataset.headers) else ""
            pairs.append((header or parameter.label, format_example_values([converted], MAX_EXAMPLE_PAIR_CHARACTERS)))
    if not values:
        return None
    label = clean_label(dataset.labels[n], "") if n < len(dataset.labels) else ""
    pairs = [pair for pair in pairs if pair[1]] or pairs  # empty values are not shown
    return Example(
        label or format_example_values(values.values()),
        values,
        label,
        tuple(pairs[:MAX_PAIRS]),
        dataset_index=dataset.index,
        row_index=n,
        row_loader=dataset.row_loader,
    )


def convert_sample_value(parameter: Parameter, value: Any, key: str, has_loader: bool) -> Any:
    """Convert a sample to a parameter value, None if its control cannot render or send it.

    Args:
        key: the position of the value in the description.
        has_loader: whether the Space can return a file of which only the name is known.
    """
    if get_control_kind(parameter) in FILE_CONTROLS:
        found = sample_files.parse_sample(parameter, value, key)
        return found if has_loader or all(file.path for file in iter_sample_files(found)) else None
    return normalize_example_value(parameter, value) if is_usable_example_value(parameter, value) else None


def is_usable_example_value(parameter: Parameter, value: Any) -> bool:
    """Can the control of this parameter render the value, and send it?"""
    kind = get_control_kind(parameter)
    if value is None or kind == "null":
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
    """Normalize the value of an example: Gradio 4 has the label of a choice, and only the rows of a table."""
    kind = get_control_kind(parameter)
    if kind in ("radio", "select", "checkbox_group"):
        return resolve_choice_labels(parameter, value)
    if kind == "table" and isinstance(value, list) and value and all(isinstance(row, list) for row in value):
        return {"headers": [*parameter.column_titles], "data": value, "metadata": None}
    return value


def resolve_choice_labels(parameter: Parameter, value: Any) -> Any:
    """Replace labels of choices by their values, unless they are values themselves."""
    by_label, by_key = parameter.choices.values_by_label, parameter.choices.posted_texts_by_key

    def resolve(item: Any) -> Any:
        return by_label.get(item, item) if isinstance(item, str) and make_value_key(item) not in by_key else item

    return [resolve(item) for item in value] if isinstance(value, list) else resolve(value)
