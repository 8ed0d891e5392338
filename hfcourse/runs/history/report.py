"""A run as a report in Markdown: what was sent, what came back, when. A stranger's words stand in it as code."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import render_template

from hfcourse.failure_explanations import explain_failure
from hfcourse.runs import presenter
from hfcourse.runs.outputs import export, output_kinds
from hfcourse.runs.outputs.rendered_outputs import EXPORT_FORMATS
from hfcourse.runs.store.models import Run
from hfcourse.runs.values import value_types
from hfcourse.text.markdown_quoting import quote_code_block, quote_inline_code


@dataclass(frozen=True)
class ReportValue:
    """A value sent or come back: `text` is Markdown, '' where the files say it all."""

    label: str
    component: str
    text: str
    files: list[value_types.FileEntry]


def render_report(run: Run, lost: Collection[str] = ()) -> str:
    """The report.

    Args:
        lost: the addresses of files whose bytes are gone.
    """
    inputs = presenter.collect_inputs(run)
    came = [presenter.resolve_output_files(run, output) for output in presenter.select_outputs(run)]
    return render_template(
        "runs/report.md",
        run=run,
        explanation=explain_failure(run.error, run.error_detail) if run.error else None,
        sent=[make_report_value(each["label"], "", inputs.get(each["name"]), "") for each in run.parameters],
        came=[
            make_report_value(each["label"], each["component"], each["value"], export_output_text(each))
            for each in came
        ],
        lost=lost,
        in_code=quote_inline_code,
        fenced=quote_code_block,
    )


def export_output_text(output: dict[str, Any]) -> str:
    """An output as text, if it can be had so."""
    kind = output_kinds.classify_output(output)
    form = EXPORT_FORMATS.get(kind, "")
    text = export.serialize_output(output, form) if form in ("txt", "csv") else None
    return "" if text is None else quote_code_block(text, "csv" if form == "csv" else "")


def make_report_value(label: str, component: str, value: Any, text: str) -> ReportValue:
    """A value; what is not files alone is written as the text given, else by what it is."""
    files = presenter.collect_files(value)
    is_files = value_types.is_file(value) or value_types.is_list_of(value_types.is_file, value)
    return ReportValue(label, component, "" if is_files else text or format_report_value(value), files)


def format_report_value(value: Any) -> str:
    """A value that no component says how to write."""
    if value is None or value == []:
        return "rien"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, str):
        return quote_code_block(value) if value else "vide"
    return quote_code_block(
        export.value_to_text(value) if not isinstance(value, dict | list) else export.value_to_json(value), "json"
    )
