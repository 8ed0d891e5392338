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
from hfcourse.spaces.schema.choice_list import key_of
from hfcourse.spaces.schema.examples import sample_files
from hfcourse.spaces.schema.examples.example_text import PAIR_CHARACTERS, words_of
from hfcourse.spaces.schema.examples.sample_files import SampleFile, files_in
from hfcourse.spaces.schema.field_errors import Wrong
from hfcourse.spaces.schema.labels import readable
from hfcourse.spaces.schema.page.page_events import PageEvent
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import HOLD_FILES, control
from hfcourse.spaces.schema.values.form_budget import share_fairly
from hfcourse.spaces.schema.values.value_parsers import parse, typed
from hfcourse.spaces.untrusted.json_size import measure

MOST_EXAMPLES = 30
MAX_PAIRS = 6  # values that the link to an example shows
MAX_COLUMNS = 500  # parameters that one data set fills
# Of the samples of one description, each time that an endpoint reads them; a value costs CELL_CHARACTERS at least.
MAX_EXAMPLE_CHARACTERS, CELL_CHARACTERS = 1_000_000, 20


@dataclass(frozen=True)
class Example:
    """Values by parameter name, a SampleFile for each file in them, and the words of the link to them.

    `label` is the author's, '' without one; `pairs` has label and words of the values; `dataset` and `row` say where
    the description has it, and `row_loader` which event of the page answers with its values.
    """

    words: str
    values: Mapping[str, Any] = field(default_factory=dict)
    label: str = field(default="", compare=False)
    pairs: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    dataset: int = field(default=0, compare=False)
    row: int = field(default=0, compare=False)
    row_loader: PageEvent | None = field(default=None, compare=False)

    @cached_property
    def files(self) -> tuple[SampleFile, ...]:
        """The files of its values, in order."""
        return tuple(file for value in self.values.values() for file in files_in(value))

    @property
    def needs_loader(self) -> bool:
        """Does the description give nothing but the name of one of its files?"""
        return any(not file.path for file in self.files)


@dataclass(frozen=True)
class Dataset:
    """The first samples of a data set, and the ids of the components that they fill.

    `place` counts the data sets of the page; `characters` is what reading the samples costs.
    """

    numbers: Sequence[Any]
    samples: Sequence[Sequence[Any]]
    labels: Sequence[Any]
    headers: Sequence[Any]
    characters: int
    place: int = 0
    row_loader: PageEvent | None = None


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


def index_datasets(
    components: Sequence[Mapping[str, Any]], row_loaders: Mapping[Any, PageEvent] | None = None
) -> Datasets:
    """The data sets that name their components, measured once.

    Args:
        row_loaders: the event of the page that answers with a row, by the id of the data set.
    """
    found = [(each.get("id"), each.get("props") or {}) for each in components if each.get("type") == "dataset"]
    datasets: list[Dataset] = []
    characters_left = MAX_EXAMPLE_CHARACTERS
    for number, props in found:
        if all(isinstance(props.get(key), list) for key in ("component_ids", "samples")):
            read = read_dataset(props, characters_left)
            datasets.append(replace(read, place=len(datasets), row_loader=(row_loaders or {}).get(number)))
            characters_left -= read.characters
    by_number: dict[int, list[int]] = defaultdict(list)
    for place, dataset in enumerate(datasets):
        for number in {number for number in dataset.numbers if isinstance(number, int)}:
            by_number[number].append(place)
    return Datasets(by_number, datasets)


def read_dataset(props: Mapping[str, Any], characters: int) -> Dataset:
    """The first samples, MOST_EXAMPLES of them and so many characters at most."""
    numbers = props["component_ids"][:MAX_COLUMNS]
    labels, headers = (
        found if isinstance(found := props.get(key), list) else [] for key in ("sample_labels", "headers")
    )
    samples: list[Sequence[Any]] = []
    cost = 0
    for sample in props["samples"][:MOST_EXAMPLES]:
        row, cost_of_row = bounded_sample(sample[: len(numbers)] if isinstance(sample, list) else [])
        if cost + cost_of_row > characters:
            break
        samples.append(row)
        cost += cost_of_row
    return Dataset(numbers, samples, labels, headers, cost)


def bounded_sample(sample: Sequence[Any]) -> tuple[list[Any], int]:
    """The values of a sample, None for one that no field could show; and what reading them costs."""
    sizes = [measure(value, json_input.JSON_BYTES) for value in sample]
    kept = [value if size <= json_input.JSON_BYTES else None for value, size in zip(sample, sizes, strict=True)]
    return kept, sum(CELL_CHARACTERS + size for size in sizes if size <= json_input.JSON_BYTES)


def examples_of(numbered: Mapping[Any, Parameter], datasets: Datasets) -> tuple[Example, ...]:
    """The examples of one endpoint, in the author's order; none once the budget of the description is spent.

    Args:
        numbered: the parameters by the id of their component.
    """
    found: list[Example] = []
    concerning = datasets.concerning(numbered)
    shares = share_fairly([len(dataset.samples) for dataset in concerning], MOST_EXAMPLES)  # a long list hides no other
    for dataset, share in zip(concerning, shares, strict=True):
        if len(found) < MOST_EXAMPLES and datasets.spend(dataset.characters):
            concerned = [numbered.get(number) if isinstance(number, int) else None for number in dataset.numbers]
            rows = (of_sample(concerned, dataset, n) for n in range(len(dataset.samples)))
            found += islice(filter(None, rows), share)
    different: list[Example] = []
    for each in found[:MOST_EXAMPLES]:
        if each.needs_loader or each not in different:  # two files of one name may differ
            different.append(each)
    return tuple(different)


def of_sample(concerned: Sequence[Parameter | None], dataset: Dataset, n: int) -> Example | None:
    """One line of a dataset; None if nothing in it can be filled in."""
    given: dict[str, Any] = {}
    pairs: list[tuple[str, str]] = []
    for column, (parameter, value) in enumerate(zip(concerned, dataset.samples[n], strict=False)):
        if parameter is None:
            continue
        read = sample_value(parameter, value, f"{dataset.place}-{n}-{column}", dataset.row_loader is not None)
        if read is not None:
            given[parameter.name] = read
            header = readable(dataset.headers[column], "") if column < len(dataset.headers) else ""
            pairs.append((header or parameter.label, words_of([read], PAIR_CHARACTERS)))
    if not given:
        return None
    label = readable(dataset.labels[n], "") if n < len(dataset.labels) else ""
    pairs = [pair for pair in pairs if pair[1]] or pairs  # a value that is left empty needs no mention
    return Example(
        label or words_of(given.values()),
        given,
        label,
        tuple(pairs[:MAX_PAIRS]),
        dataset=dataset.place,
        row=n,
        row_loader=dataset.row_loader,
    )


def sample_value(parameter: Parameter, value: Any, key: str, has_loader: bool) -> Any:
    """The value that an example gives a parameter, None where its control could not show or send it.

    Args:
        key: where the description has the value.
        has_loader: can the Space be asked for a file of which only the name is known?
    """
    if control(parameter) in HOLD_FILES:
        found = sample_files.parse_sample(parameter, value, key)
        return found if has_loader or all(file.path for file in files_in(found)) else None
    return usable(parameter, value) if is_usable(parameter, value) else None


def is_usable(parameter: Parameter, value: Any) -> bool:
    """Can the control of this parameter show the value, and send it?"""
    kind = control(parameter)
    if value is None or kind == "nothing":
        return False
    if kind == "table":
        return isinstance(usable(parameter, value), dict)
    try:
        json_input.check_sendable(value)
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
