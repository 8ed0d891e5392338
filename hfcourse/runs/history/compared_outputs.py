"""The outputs of two runs, in pairs: each beside that of the other run, with whether they are the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from hfcourse.runs import presenter
from hfcourse.runs.outputs.rendered_outputs import RenderedOutput
from hfcourse.runs.store.models import Run
from hfcourse.runs.values.file_refs import is_file_reference
from hfcourse.runs.values.page_budget import PageBudget
from hfcourse.spaces.untrusted.json_tree import contains_node


@dataclass(frozen=True)
class ComparedOutput:
    """An output in two runs, None where a run has none of that number; contents of files are not compared."""

    outputs: tuple[RenderedOutput | None, RenderedOutput | None]
    is_same: bool
    has_files: bool

    @property
    def is_in_one_run(self) -> bool:
        return None in self.outputs


def pair_outputs(first: Run, second: Run, budgets: tuple[PageBudget, PageBudget]) -> list[ComparedOutput]:
    """Render and pair the outputs of two runs, by their number."""
    values = [[each["value"] for each in presenter.select_outputs(run)] for run in (first, second)]
    rendered = [presenter.render_run_outputs(run, budget) for run, budget in zip((first, second), budgets, strict=True)]
    return [
        pair_output((left, right), [sent[number] for sent in values if number < len(sent)])
        for number, (left, right) in enumerate(zip_longest(*rendered))
    ]


def pair_output(pair: tuple[RenderedOutput | None, RenderedOutput | None], values: Sequence[Any]) -> ComparedOutput:
    """Compare the values of a pair of outputs."""
    has_files = any(contains_node(value, is_file_reference) for value in values)
    is_same = not has_files and None not in pair and values[0] == values[1]
    return ComparedOutput(pair, is_same, has_files)
