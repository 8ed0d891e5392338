"""Markdown report of a run: inputs, outputs, times. Untrusted text is quoted as code."""

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
from hfcourse.runs.values.file_refs import FileEntry
from hfcourse.text.markdown_quoting import quote_code_block, quote_inline_code


@dataclass(frozen=True)
class ReportValue:
    """Input or output: `text` is Markdown, '' if its files are the whole value."""

    label: str
    component: str
    text: str
    files: list[FileEntry]


def render_report(run: Run, lost: Collection[str] = ()) -> str:
    """Render the report.

    Args:
        lost: URLs of the files whose bytes are missing.
    """
    inputs = presenter.collect_inputs(run)
    outputs = [presenter.resolve_output_files(run, output) for output in presenter.select_outputs(run)]
    return render_template(
        "runs/report.md",
        run=run,
        explanation=explain_failure(run.error, run.error_detail) if run.error else None,
        sent=[make_report_value(each["label"], "", inputs.get(each["name"]), "") for each in run.parameters],
        came=[
            make_report_value(each["label"], each["component"], each["value"], export_output_text(each))
            for each in outputs
        ],
        lost=lost,
        in_code=quote_inline_code,
        fenced=quote_code_block,
    )


def export_output_text(output: dict[str, Any]) -> str:
    """Return an output as a Markdown code block, '' if it has no text format."""
    kind = output_kinds.classify_output(output)
    form = EXPORT_FORMATS.get(kind, "")
    text = export.serialize_output(output, form) if form in ("txt", "csv") else None
    return "" if text is None else quote_code_block(text, "csv" if form == "csv" else "")


def make_report_value(label: str, component: str, value: Any, text: str) -> ReportValue:
    """Build a report entry: without text if it is files only, else the text given or the formatted value."""
    files = presenter.collect_files(value)
    is_files = value_types.is_file(value) or value_types.is_list_of(value_types.is_file, value)
    return ReportValue(label, component, "" if is_files else text or format_report_value(value), files)


def format_report_value(value: Any) -> str:
    """Format a value without a component-specific format as Markdown."""
    if value is None or value == []:
        return "rien"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, str):
        return quote_code_block(value) if value else "vide"
    return quote_code_block(
        export.value_to_text(value) if not isinstance(value, dict | list) else export.value_to_json(value), "json"
    )
