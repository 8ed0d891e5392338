"""Parsers of form fields to JSON values, and formatters back to text, by kind of control. Pure.

A browser posts text. Each control parses it to the JSON value of its component, or raises a validation error in
French. Every value is sent explicitly, so an empty field has a value too, see `parse_value`. An unchanged field sends
the default itself, not the value parsed from its text. Tables are parsed by tables.py, values that contain files by
file_values.py.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hfcourse.spaces.schema import json_input
from hfcourse.spaces.schema.field_errors import MISSING_FIELD, InvalidValue
from hfcourse.spaces.schema.number_checks import is_number
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import ABSENT_WHEN_EMPTY_CONTROLS, get_control_kind
from hfcourse.spaces.schema.values import text_formats
from hfcourse.spaces.schema.values.choice_parsing import format_choice_texts, parse_checkbox_group, parse_choice
from hfcourse.spaces.schema.values.datetimes import format_browser_datetime, parse_datetime_text
from hfcourse.spaces.schema.values.numbers import (
    clamp_to_slider,
    format_decimal,
    format_scalar,
    parse_number,
    parse_slider,
)
from hfcourse.spaces.schema.values.text_limits import check_text_length
from hfcourse.text.line_endings import normalize_line_endings


def parse_value(parameter: Parameter, texts: Sequence[str]) -> Any:
    """Parse and validate the posted texts of a parameter; `texts` is empty if the request has none.

    An unchanged field is the default as the Space gave it (1.0, not 1; CR LF, not LF), which is not validated: the
    Space's own page sends it too. An empty field is "" for text; null for a number, a date, a label, a choice or JSON;
    false for a checkbox; [] for several choices, a conversation, a dialogue or paths.

    Raises:
        InvalidValue: the control does not accept it.
    """
    kind = get_control_kind(parameter)
    if not texts and kind not in ABSENT_WHEN_EMPTY_CONTROLS:
        raise InvalidValue(MISSING_FIELD)
    check_text_length(parameter, texts)
    if is_untouched(parameter, texts):
        return clamp_to_slider(parameter, parameter.default) if kind == "slider" else parameter.default
    return PARSERS[kind](parameter, texts)


def is_untouched(parameter: Parameter, texts: Sequence[str]) -> bool:
    """Was the control posted unchanged, as rendered with the default?"""
    if parameter.default is None:
        return parameter.is_null_at_first and not any(texts)
    if get_control_kind(parameter) in ("number", "slider") and not is_number(parameter.default):
        return False
    return is_rendered_from(parameter, texts, parameter.default)


def is_rendered_from(parameter: Parameter, texts: Sequence[str], value: Any) -> bool:
    """Are these the texts that a browser posts for a control rendered with this value?"""
    return value is not None and (
        normalize_as_browser(parameter, texts) == normalize_as_browser(parameter, format_value(parameter, value))
    )


def normalize_as_browser(parameter: Parameter, texts: Sequence[str]) -> list[str]:
    """Normalize texts as a browser does: newlines, lower-case colours, dates, order of checkboxes."""
    kind, unified = get_control_kind(parameter), [normalize_line_endings(text) for text in texts]
    if kind == "checkbox_group":
        return sorted({*unified})
    if kind == "color":
        return [text.lower() for text in unified]
    if kind == "datetime":
        return [format_browser_datetime(parameter, text) or text for text in unified]
    if kind == "text" and parameter.text_type == "email":  # https://html.spec.whatwg.org/#email-state-(type=email)
        return [text.replace("\n", "").strip() for text in unified]
    return unified


def parse_text(parameter: Parameter, texts: Sequence[str]) -> str | None:
    """Parse a text; an empty Python `str | None` is None. gr.Textbox does not validate `max_length`."""
    text = normalize_line_endings(texts[0])
    return None if not text and parameter.is_nullable else text


def parse_checkbox(_parameter: Parameter, texts: Sequence[str]) -> bool:
    """Parse a checkbox, which a browser omits if it is not ticked."""
    return bool(texts) and texts[-1] not in ("", "0", "false")


def parse_json_value(_parameter: Parameter, texts: Sequence[str]) -> Any:
    """Parse a JSON field."""
    return json_input.parse_json(texts[0])


def parse_null(_parameter: Parameter, _texts: Sequence[str]) -> None:
    """Return None for a component that a form cannot fill (a plot)."""


PARSERS: Mapping[str, Callable[[Parameter, Sequence[str]], Any]] = {
    "text": parse_text,
    "code": parse_text,
    "color": parse_text,
    "datetime": parse_datetime_text,
    "number": parse_number,
    "slider": parse_slider,
    "checkbox": parse_checkbox,
    "radio": parse_choice,
    "select": parse_choice,
    "checkbox_group": parse_checkbox_group,
    "json": parse_json_value,
    "chat": text_formats.parse_chat,
    "dialogue": text_formats.parse_dialogue,
    "paths": text_formats.parse_paths,
    "label": text_formats.parse_label,
    "null": parse_null,
}
LINE_FORMATTERS: Mapping[str, Callable[[Any], str]] = {
    "chat": text_formats.format_chat,
    "dialogue": text_formats.format_dialogue,
    "paths": text_formats.format_paths,
    "label": text_formats.format_label,
}


def format_value(parameter: Parameter, value: Any) -> list[str]:
    """Format a value as the texts of its control, the inverse of `parse_value`; [] if nothing is ticked."""
    kind = get_control_kind(parameter)
    if kind == "checkbox":
        return ["1"] if value is True else []
    if kind in ("radio", "select", "checkbox_group"):
        texts = format_choice_texts(parameter, value if isinstance(value, list) else [value])
        return texts or ([""] if kind == "select" else [])  # a browser always posts a single select
    if value is None or kind == "null":
        return [""]
    return [format_control_text(parameter, kind, value)]


def format_control_text(parameter: Parameter, kind: str, value: Any) -> str:
    """Format a value as the single text of its control."""
    if kind in LINE_FORMATTERS:
        return LINE_FORMATTERS[kind](value)
    if kind in ("slider", "number") and isinstance(value, int | float):
        return format_decimal(clamp_to_slider(parameter, value) if kind == "slider" else value)
    return json.dumps(value, ensure_ascii=False, indent=1) if kind == "json" else format_scalar(value)
