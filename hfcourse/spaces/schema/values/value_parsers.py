"""From what a form posts to what an endpoint expects, and back. Pure.

A browser posts text. Each control turns it into the JSON value of its component, or says in French what
is wrong with it. Every value is sent explicitly, so an empty field has a value too: see `parse`. A field that comes
back as it was drawn sends the default itself, not what its text would be read as. Tables are read by tables.py, values
with files in them by compositions.py.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hfcourse.spaces.schema import json_input
from hfcourse.spaces.schema.field_errors import MISSING, Wrong
from hfcourse.spaces.schema.number_checks import is_number
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import MAY_BE_ABSENT, control
from hfcourse.spaces.schema.values import text_formats
from hfcourse.spaces.schema.values.choice_parsing import choice_texts, parse_checks, parse_choice
from hfcourse.spaces.schema.values.datetimes import browser_text, parse_moment
from hfcourse.spaces.schema.values.numbers import clamped, decimal, parse_number, parse_slider, shown
from hfcourse.spaces.schema.values.text_limits import check_length
from hfcourse.text.line_endings import unify_line_ends


def parse(parameter: Parameter, texts: Sequence[str]) -> Any:
    """The JSON value of what was posted for `parameter`; `texts` is empty when nothing was.

    Untouched: the default as the Space gave it (1.0, not 1; CR LF, not LF), which is not checked: the Space's own page
    sends it too. Empty: text gives "", a number, a moment or a label null, a box false, a choice null, several choices,
    a conversation, a dialogue or paths [], JSON null.

    Raises:
        Wrong: it is not what the control takes.
    """
    kind = control(parameter)
    if not texts and kind not in MAY_BE_ABSENT:
        raise Wrong(MISSING)
    check_length(parameter, texts)
    if is_untouched(parameter, texts):
        return clamped(parameter, parameter.default) if kind == "slider" else parameter.default
    return PARSERS[kind](parameter, texts)


def is_untouched(parameter: Parameter, texts: Sequence[str]) -> bool:
    """Did the control come back as it was drawn with the default?"""
    if parameter.default is None:
        return parameter.is_null_at_first and not any(texts)
    if control(parameter) in ("number", "slider") and not is_number(parameter.default):
        return False
    return is_drawn_with(parameter, texts, parameter.default)


def is_drawn_with(parameter: Parameter, texts: Sequence[str], value: Any) -> bool:
    """Are these the texts of a control that was drawn with this value, as a browser sends them back?"""
    return value is not None and (
        as_browser_writes(parameter, texts) == as_browser_writes(parameter, typed(parameter, value))
    )


def as_browser_writes(parameter: Parameter, texts: Sequence[str]) -> list[str]:
    """The texts as a browser rewrites them: line ends, colours in lower case, moments, boxes in the order drawn."""
    kind, unified = control(parameter), [unify_line_ends(text) for text in texts]
    if kind == "checks":
        return sorted({*unified})
    if kind == "colour":
        return [text.lower() for text in unified]
    if kind == "moment":
        return [browser_text(parameter, text) or text for text in unified]
    if kind == "text" and parameter.text_type == "email":  # https://html.spec.whatwg.org/#email-state-(type=email)
        return [text.replace("\n", "").strip() for text in unified]
    return unified


def parse_text(parameter: Parameter, texts: Sequence[str]) -> str | None:
    """The text as typed; a Python `str | None` that is left empty is None. gr.Textbox checks no `max_length`."""
    text = unify_line_ends(texts[0])
    return None if not text and parameter.is_nullable else text


def parse_checkbox(_parameter: Parameter, texts: Sequence[str]) -> bool:
    return bool(texts) and texts[-1] not in ("", "0", "false")


def parse_json(_parameter: Parameter, texts: Sequence[str]) -> Any:
    return json_input.value_in(texts[0])


def parse_nothing(_parameter: Parameter, _texts: Sequence[str]) -> None:
    """What nobody can fill from here (a plot) is sent as null."""


PARSERS: Mapping[str, Callable[[Parameter, Sequence[str]], Any]] = {
    "text": parse_text,
    "code": parse_text,
    "colour": parse_text,
    "moment": parse_moment,
    "number": parse_number,
    "slider": parse_slider,
    "checkbox": parse_checkbox,
    "radio": parse_choice,
    "select": parse_choice,
    "checks": parse_checks,
    "json": parse_json,
    "chat": text_formats.parse_chat,
    "dialogue": text_formats.parse_dialogue,
    "paths": text_formats.parse_paths,
    "label": text_formats.parse_label,
    "nothing": parse_nothing,
}
AS_LINES: Mapping[str, Callable[[Any], str]] = {
    "chat": text_formats.chat_text,
    "dialogue": text_formats.dialogue_text,
    "paths": text_formats.paths_text,
    "label": text_formats.label_text,
}


def typed(parameter: Parameter, value: Any) -> list[str]:
    """What the control shows for a value: the reverse of `parse`; [] for nothing ticked."""
    kind = control(parameter)
    if kind == "checkbox":
        return ["1"] if value is True else []
    if kind in ("radio", "select", "checks"):
        texts = choice_texts(parameter, value if isinstance(value, list) else [value])
        return texts or ([""] if kind == "select" else [])  # a browser always sends a list of one choice
    if value is None or kind == "nothing":
        return [""]
    return [written(parameter, kind, value)]


def written(parameter: Parameter, kind: str, value: Any) -> str:
    """A value in the one text of its control."""
    if kind in AS_LINES:
        return AS_LINES[kind](value)
    if kind in ("slider", "number") and isinstance(value, int | float):
        return decimal(clamped(parameter, value) if kind == "slider" else value)
    return json.dumps(value, ensure_ascii=False, indent=1) if kind == "json" else shown(value)
