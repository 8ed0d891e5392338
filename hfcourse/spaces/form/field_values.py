"""Value of one field, including defaults of the Space that are too large for a form."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hfcourse.spaces.schema.values import tables, value_parsers
from hfcourse.text.line_endings import normalize_line_endings

if TYPE_CHECKING:  # imports this module
    from hfcourse.spaces.form.fields import Field


def is_whole_default(entry: "Field") -> bool:
    """Does the field send a default of the Space that the form does not show in full?"""
    if entry.parameter.whole_json is None:
        return False
    if entry.control == "table":
        return entry.base_value is None and entry.rows == tables.format_table_rows(
            entry.parameter, entry.parameter.default
        )
    return entry.sends_whole_default and not any(entry.texts)


def parse_field_texts(entry: "Field") -> Any:
    """Parse the value of a text field: the posted text, or the default that the form does not show.

    Raises:
        InvalidValue: the control does not accept the text.
    """
    if entry.sends_whole_default and entry.parameter.whole_json and not any(entry.texts):
        return entry.parameter.full_default
    value = value_parsers.parse_value(entry.parameter, entry.texts)
    return entry.base_value if is_unchanged_from_base(entry) else value


def is_unchanged_from_base(entry: "Field") -> bool:
    """Was the field posted as it was rendered with the value of an earlier run?"""
    try:
        return value_parsers.is_rendered_from(entry.parameter, entry.texts, entry.base_value)
    except (TypeError, ValueError, KeyError, AttributeError):  # run of another endpoint, or of an older Space
        return False


def get_base_value(values: Mapping[str, Any] | None, name: str) -> Any:
    """Return the value with which the control was rendered; None without one, or for one with files."""
    value = (values or {}).get(name)
    try:
        json.dumps(value)
    except TypeError:
        return None
    return value


def restore_default_line_ends(entry: "Field") -> str:
    """Return the text beside files as posted; if it is the default, with the line ends of the default."""
    default, text = entry.parameter.default, normalize_line_endings(entry.text)
    default_text = default.get("text") if isinstance(default, dict) else None
    return default_text if isinstance(default_text, str) and normalize_line_endings(default_text) == text else text
