"""The value of one field as it stands, the Space's own beyond what a form shows included."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hfcourse.spaces.schema.values import tables, value_parsers
from hfcourse.text.line_endings import normalize_line_endings

if TYPE_CHECKING:  # which uses this module
    from hfcourse.spaces.form.fields import Field


def is_whole_default(entry: "Field") -> bool:
    """Is what the field sends the Space's own value, of which no form shows all?"""
    if entry.parameter.whole_json is None:
        return False
    if entry.control == "table":
        return entry.base_value is None and entry.rows == tables.format_table_rows(
            entry.parameter, entry.parameter.default
        )
    return entry.sends_whole_default and not any(entry.texts)


def parse_field_texts(entry: "Field") -> Any:
    """The value of a field of texts: what was typed, else the Space's own where the form shows none of it.

    Raises:
        Wrong: the control does not take what was typed.
    """
    if entry.sends_whole_default and entry.parameter.whole_json and not any(entry.texts):
        return entry.parameter.full_default
    value = value_parsers.parse_value(entry.parameter, entry.texts)
    return entry.base_value if is_unchanged_from_base(entry) else value


def is_unchanged_from_base(entry: "Field") -> bool:
    """Did the field come back as it was drawn with the value of an earlier run?"""
    try:
        return value_parsers.is_rendered_from(entry.parameter, entry.texts, entry.base_value)
    except (TypeError, ValueError, KeyError, AttributeError):  # the run of another endpoint, or of an older Space
        return False


def get_base_value(given: Mapping[str, Any] | None, name: str) -> Any:
    """The value that the control of this parameter was drawn with; None where there is none, or one with files."""
    value = (given or {}).get(name)
    try:
        json.dumps(value)
    except TypeError:
        return None
    return value


def restore_default_line_ends(entry: "Field") -> str:
    """The text beside files as it was typed; that of the default with its own line ends if nobody touched it."""
    default, text = entry.parameter.default, normalize_line_endings(entry.text)
    own = default.get("text") if isinstance(default, dict) else None
    return own if isinstance(own, str) and normalize_line_endings(own) == text else text
