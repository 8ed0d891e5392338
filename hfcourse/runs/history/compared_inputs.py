"""The inputs of two runs by parameter: texts, files and tables as a reader can tell them apart."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfcourse.runs import presenter
from hfcourse.runs.store.models import Run
from hfcourse.runs.values.file_refs import FileEntry
from hfcourse.runs.values.page_budget import PageBudget, TextAllowance
from hfcourse.runs.values.sent_summary import describe_value
from hfcourse.runs.values.sent_tables import SentTable, excerpt_table
from hfcourse.runs.values.value_types import is_file, is_table
from hfcourse.spaces.untrusted.json_tree import DESCEND, map_nodes

MAX_COMPARED_CHARACTERS = 2_000  # of a text in the table of inputs


@dataclass(frozen=True)
class ComparedValue:
    """A value in its cell: a text, the files in it, or the beginning of a table."""

    text: str = ""
    files: Sequence[FileEntry] = ()
    table: SentTable | None = None


@dataclass(frozen=True)
class ComparedInput:
    """One parameter in two runs; a value is None where a run has no such parameter."""

    label: str
    values: tuple[ComparedValue | None, ComparedValue | None]
    is_same: bool

    @property
    def differs_out_of_sight(self) -> bool:
        """Are the excerpts of two different values the same?"""
        return not self.is_same and self.values[0] == self.values[1]


def compare_inputs(first: Run, second: Run) -> list[ComparedInput]:
    """Compare the values sent, by parameter name, in the order of the first run."""
    sent = [presenter.collect_inputs(run) for run in (first, second)]
    labels = {each["name"]: each["label"] for run in (second, first) for each in run.parameters}
    names = list(dict.fromkeys(each["name"] for run in (first, second) for each in run.parameters))
    allowance = PageBudget().sent_allowance
    return [compare_input(labels[name], name, sent[0], sent[1], allowance) for name in names]


def compare_input(
    label: str, name: str, first: Mapping[str, Any], second: Mapping[str, Any], allowance: TextAllowance
) -> ComparedInput:
    """Compare one parameter; two files are the same if name, size and type are."""
    is_same = name in first and name in second and make_comparable(first[name]) == make_comparable(second[name])
    values = [make_compared_value(sent[name], allowance) if name in sent else None for sent in (first, second)]
    return ComparedInput(label, (values[0], values[1]), is_same)


def make_comparable(value: Any) -> Any:
    """Return the value with each file without its URL, which has the number of its run."""
    return map_nodes(value, describe_file)


def describe_file(node: Any) -> Any:
    return tuple(node[key] for key in ("name", "bytes", "media_type")) if is_file(node) else DESCEND


def make_compared_value(value: Any, allowance: TextAllowance) -> ComparedValue:
    """Make the excerpt of a value for its cell."""
    if files := presenter.collect_files(value):
        text = value.get("text") if isinstance(value, Mapping) else ""
        return ComparedValue(allowance.cut(text, MAX_COMPARED_CHARACTERS) if isinstance(text, str) else "", files)
    if isinstance(value, dict) and is_table(value):
        return ComparedValue(table=excerpt_table(value, allowance))
    return ComparedValue(allowance.cut(format_compared_text(value), MAX_COMPARED_CHARACTERS))


def format_compared_text(value: Any) -> str:
    """Format a value without files: what is nested is JSON, since a short description would hide what differs."""
    if isinstance(value, list) and not any(isinstance(item, list | Mapping) for item in value):
        return ", ".join(item if isinstance(item, str) else describe_value(item) for item in value)
    if isinstance(value, list | Mapping):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else describe_value(value)


def format_input(name: str, inputs: Mapping[str, Any], allowance: TextAllowance) -> str | None:
    """Format a value in brief: a text is shown whole up to a limit; None without such a parameter."""
    if name not in inputs:
        return None
    value = inputs[name]
    return allowance.cut(value if isinstance(value, str) else describe_value(value), MAX_COMPARED_CHARACTERS)
