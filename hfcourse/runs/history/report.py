"""A run as a report in Markdown: what was sent, what came back, when. A stranger's words stand in it as code."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import render_template

from hfcourse.failure_explanations import explanation_of
from hfcourse.runs import presenter
from hfcourse.runs.outputs import export, output_kinds
from hfcourse.runs.outputs.rendered_outputs import WHOLE
from hfcourse.runs.store.models import Run
from hfcourse.runs.values import value_types
from hfcourse.text.markdown_quoting import fenced, in_code


@dataclass(frozen=True)
class Part:
    """A value sent or come back: `text` is Markdown, '' where the files say it all."""

    label: str
    component: str
    text: str
    files: list[value_types.FileEntry]


def report(run: Run, lost: Collection[str] = ()) -> str:
    """The report.

    Args:
        lost: the addresses of files whose bytes are gone.
    """
    inputs = presenter.inputs_of(run)
    came = [presenter.with_files(run, output) for output in presenter.outputs_of(run)]
    return render_template(
        "runs/report.md",
        run=run,
        explanation=explanation_of(run.error, run.said) if run.error else None,
        sent=[part(each["label"], "", inputs.get(each["name"]), "") for each in run.parameters],
        came=[part(each["label"], each["component"], each["value"], written(each)) for each in came],
        lost=lost,
        in_code=in_code,
        fenced=fenced,
    )


def written(output: dict[str, Any]) -> str:
    """An output as text, if it can be had so."""
    kind = output_kinds.kind_of_output(output)
    form = WHOLE.get(kind, "")
    text = export.whole(output, form) if form in ("txt", "csv") else None
    return "" if text is None else fenced(text, "csv" if form == "csv" else "")


def part(label: str, component: str, value: Any, text: str) -> Part:
    """A value; what is not files alone is written as the text given, else by what it is."""
    files = presenter.files_in(value)
    is_files = value_types.is_file(value) or value_types.is_list_of(value_types.is_file, value)
    return Part(label, component, "" if is_files else text or in_words(value), files)


def in_words(value: Any) -> str:
    """A value that no component says how to write."""
    if value is None or value == []:
        return "rien"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, str):
        return fenced(value) if value else "vide"
    return fenced(export.in_words(value) if not isinstance(value, dict | list) else export.indented(value), "json")
