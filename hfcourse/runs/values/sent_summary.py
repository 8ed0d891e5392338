"""Summary of the inputs of a run in one line: their labels and the beginning of each value. Pure."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from hfcourse.runs.values.brief_text import format_brief_value

MAX_VALUES, MAX_VALUE_CHARACTERS = 8, 60


def summarize_sent(parameters: Iterable[Mapping[str, str]], inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the label and the short text of each value that is not empty, MAX_VALUES at most.

    Args:
        parameters: `name` and `label` of each parameter of the run, in order.
        inputs: values by parameter name, files as entries.
    """
    written = ((each["label"], describe_value(inputs.get(each["name"]))) for each in parameters)
    return [pair for pair in written if pair[1]][:MAX_VALUES]


def describe_value(value: Any) -> str:
    """Describe a value in MAX_VALUE_CHARACTERS: a text, a number, the names of files, the size of a table."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Mapping):
        return describe_object(value)
    if isinstance(value, list):
        return shorten(", ".join(filter(None, map(describe_item, value[: MAX_VALUES + 1]))))
    if isinstance(value, str):
        return shorten(" ".join(value[: 10 * MAX_VALUE_CHARACTERS].split()))
    return format_brief_value(value, MAX_VALUE_CHARACTERS)


def describe_item(value: Any) -> str:
    """Describe an item of a list; of a nested list only the length, so that the cost stays linear."""
    return f"[{len(value)}]" if isinstance(value, list) else describe_value(value)


def describe_object(value: Mapping[str, Any]) -> str:
    """Describe a file by its name, a message by its text and files, a table by its number of rows."""
    if isinstance(value.get("name"), str) and "media_type" in value:
        return shorten(value["name"])
    if isinstance(value.get("data"), list) and isinstance(value.get("headers"), list):
        return f"{len(value['data'])} ligne{'s' if len(value['data']) > 1 else ''}"
    if isinstance(value.get("text"), str):
        return shorten(", ".join(filter(None, [describe_value(value["text"]), describe_value(value.get("files", []))])))
    return shorten("{" + ", ".join(islice(map(str, value), MAX_VALUES)) + "}") if value else ""


def shorten(text: str) -> str:
    """Cut a text to MAX_VALUE_CHARACTERS."""
    return text if len(text) <= MAX_VALUE_CHARACTERS else text[: MAX_VALUE_CHARACTERS - 1].rstrip() + "…"
