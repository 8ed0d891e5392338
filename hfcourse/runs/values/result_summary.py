"""Summary of what a run returned, in one line, for lists of runs. Pure."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from hfcourse.runs.values.file_refs import is_file_reference
from hfcourse.runs.values.sent_summary import describe_value
from hfcourse.text.typography import NO_BREAK, format_number

MAX_SUMMARY_CHARACTERS, MAX_SUMMARIZED_OUTPUTS, MAX_DETAIL_CHARACTERS = 120, 4, 100
EMPTY_RESULT = "rien en retour"


def build_summary(outputs: Sequence[Mapping[str, Any]], error: str | None, error_detail: str) -> dict[str, str]:
    """Return the data of the event `summary`: the result in one line, and how the run failed."""
    summary = {"result": summarize_outputs(outputs)}
    return summary | ({"error": error, "detail": error_detail[:MAX_DETAIL_CHARACTERS]} if error else {})


def summarize_outputs(outputs: Sequence[Mapping[str, Any]]) -> str:
    """Return the first outputs that are not empty in MAX_SUMMARY_CHARACTERS; '' if there is none."""
    described = (describe_output(each.get("value")) for each in islice(outputs, 3 * MAX_SUMMARIZED_OUTPUTS))
    text = " · ".join(islice(filter(None, described), MAX_SUMMARIZED_OUTPUTS))
    return text if len(text) <= MAX_SUMMARY_CHARACTERS else text[: MAX_SUMMARY_CHARACTERS - 1].rstrip() + "…"


def describe_output(value: Any) -> str:
    """Describe one output: a label with its confidence, a file, the last message of a chat, else as an input."""
    if isinstance(value, Mapping):
        return describe_output_object(value)
    if isinstance(value, list) and value and isinstance(value[-1], Mapping):
        content = value[-1].get("content")
        return describe_value(content) if isinstance(content, str) else describe_output(value[0])
    return describe_value(value)


def describe_output_object(value: Mapping[str, Any]) -> str:
    """Describe an object: each level down is one of a fixed shape, so that the depth is bounded."""
    if is_file_reference(value):
        return "un fichier"
    if "__type__" in value:
        return describe_value(value.get("value"))
    if isinstance(value.get("label"), str | int | float) and "confidences" in value:
        return describe_label(value)
    return describe_value(value)


def describe_label(value: Mapping[str, Any]) -> str:
    """Return `espagnol 97 %`, or the label alone if its confidence is unknown."""
    confidences = value.get("confidences")
    first = confidences[0] if isinstance(confidences, list) and confidences else None
    share = first.get("confidence") if isinstance(first, Mapping) else None
    label = describe_value(value["label"])
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        return label
    return f"{label} {format_number(round(100 * share))}{NO_BREAK}%"
