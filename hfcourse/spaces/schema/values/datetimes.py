"""Parser and formatter of dates and times: the format of a browser's field, and Gradio's. Pure."""

import re
from collections.abc import Sequence

from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values.text_limits import MAX_DATETIME_CHARACTERS

DATETIME_PATTERN = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?)?", re.ASCII)
# Unambiguous whitespace: two adjacent `\s*` would backtrack in quadratic time.
RELATIVE_TIME_PATTERN = re.compile(r"now\s*(?:-\s*\d+\s*[dmhs])?", re.ASCII)


def parse_datetime_text(parameter: Parameter, texts: Sequence[str]) -> str | None:
    """Parse a browser's field or a text to a date, or a date and time, in Gradio's format; None for an empty text.

    gr.DateTime accepts any text if its `type` is "string"; for a timestamp or a datetime it parses its own format
    or « now - 5m », and fails on any other text.

    Raises:
        InvalidValue: the Space cannot parse the text.
    """
    text = texts[0].strip()
    if not text:
        return None
    found = DATETIME_PATTERN.fullmatch(text)
    if found and parameter.has_time:
        return f"{found[1]} {found[2] or '00:00'}{found[3] or ':00'}"
    if found and not found[2]:
        return text
    is_short = len(text) <= MAX_DATETIME_CHARACTERS
    if parameter.time != "string" and not (is_short and RELATIVE_TIME_PATTERN.fullmatch(text)):
        example = "2025-07-14 08:30:00" if parameter.has_time else "2025-07-14"
        raise InvalidValue(f"Écrivez un moment comme {example}, ou « now » pour maintenant.")
    return text


def format_browser_datetime(parameter: Parameter, text: str) -> str | None:
    """Return the value of a browser's field for this date, '' for an empty text, None if the field cannot show it."""
    found = DATETIME_PATTERN.fullmatch(text.strip())
    if not text.strip():
        return ""
    if found is None or (found[2] and not parameter.has_time):
        return None
    return f"{found[1]}T{found[2] or '00:00'}{found[3] or ':00'}" if parameter.has_time else found[1]
