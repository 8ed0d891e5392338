"""Default of a parameter: truncated for a form, and stored complete as JSON. Pure.

An unchanged value is sent exactly as the Space gave it. A default too large for a form (the table of a
leaderboard, a long text) is not rendered: it is stored as compact JSON, a tenth of the memory of the parsed
value, and parsed again when it is sent.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces.schema import json_input
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.number_checks import is_number, is_sendable_number
from hfcourse.spaces.schema.table_limits import shorten_table
from hfcourse.spaces.untrusted.json_size import exceeds_json_size
from hfcourse.spaces.untrusted.json_tree import is_scalar

# Of one parameter in a form, as JSON: the same limit as for JSON that a student types (see json_input.py).
MAX_DEFAULT_CHARACTERS = 100_000
MAX_DEFAULT_LIST_VALUES = 20_000  # values of one list
# As JSON: of one value, of all parameters of one form, and of one description.
MAX_WHOLE_DEFAULT_BYTES, MAX_WHOLE_DEFAULT_BYTES_PER_FORM, MAX_WHOLE_DEFAULT_BYTES_PER_SPACE = (
    2_000_000,
    4_000_000,
    6_000_000,
)
# Components whose value is a scalar or a list of scalars: a default of another type is invalid.
FLAT_COMPONENTS = {
    "textbox", "number", "slider", "checkbox", "radio", "dropdown", "checkboxgroup",
    "code", "markdown", "colorpicker", "datetime", "timer", "starrating",
}  # fmt: skip
IMAGE_FILE_KEYS = ("image", "video", "background")
MAX_CHECKED_ITEMS = 10


@dataclass(frozen=True)
class ParameterDefault:
    """Default value for a form.

    Attributes:
        value: the value that the form renders, None for an empty field.
        is_cut: the default of the Space is larger, and truncated.
        whole_json: the complete default as JSON, None if it is not truncated or not sent (too large, or
            with files of the Space).
    """

    value: Any = None
    is_cut: bool = False
    whole_json: bytes | None = None

    @property
    def is_given(self) -> bool:
        return self.value is not None or self.is_cut


NO_DEFAULT = ParameterDefault()


@dataclass
class WholeDefaultBudget:
    """Budget of bytes for the truncated defaults of one description, with a cache of encoded values.

    The cache `encoded` is keyed by identity; it references the values, so that no id is reused.
    """

    bytes_left: int = MAX_WHOLE_DEFAULT_BYTES_PER_SPACE
    encoded: dict[int, tuple[Any, bytes | None]] = field(default_factory=dict)

    def encode_within_budget(self, value: Any) -> bytes | None:
        """Encode a default as JSON and cache it; None if it exceeds the limits or this budget."""
        if id(value) not in self.encoded:
            whole = encode_whole_default(value)
            if whole is not None and len(whole) > self.bytes_left:
                whole = None
            self.bytes_left -= len(whole or b"")
            self.encoded[id(value)] = value, whole
        return self.encoded[id(value)][1]


def limit_default(value: Any, kind: str, budget: WholeDefaultBudget) -> ParameterDefault:
    """Truncate a table to the rows that a form can send, and store any other value that is too large to render."""
    if value is None:
        return NO_DEFAULT
    short = shorten_table(value) if kind == "dataframe" else value
    if is_too_large_to_show(short):
        return NO_DEFAULT if has_space_file(value) else ParameterDefault(None, True, budget.encode_within_budget(value))
    if not is_safe_default(short, kind):
        return NO_DEFAULT
    return (
        ParameterDefault(short) if short is value else ParameterDefault(short, True, budget.encode_within_budget(value))
    )


def find_first_default(defaults: Iterable[ParameterDefault]) -> ParameterDefault:
    """Return the first default that is given, by default NO_DEFAULT; the iterator is not consumed further."""
    return next((each for each in defaults if each.is_given), NO_DEFAULT)


def is_too_large_to_show(value: Any) -> bool:
    """Is this larger than a form can render, or a number that cannot be typed?"""
    if exceeds_json_size(value, MAX_DEFAULT_CHARACTERS) or (
        isinstance(value, list) and len(value) > MAX_DEFAULT_LIST_VALUES
    ):
        return True
    return is_number(value) and not is_sendable_number(value)


def is_safe_default(value: Any, kind: str) -> bool:
    """Can a form render this and send it back? A scalar, a list of scalars, a table, or JSON without files."""
    if is_scalar(value) or (isinstance(value, list) and all(is_scalar(item) for item in value)):
        return True
    if kind in FLAT_COMPONENTS:
        return False
    if kind == "dataframe" and not (
        isinstance(value, dict)
        and set(value) <= {"headers", "data", "metadata"}
        and isinstance(value.get("data"), list)
    ):
        return False
    return has_no_file_data(value) if kind == "dataframe" else is_small_json(value)


def is_small_json(value: Any) -> bool:
    """Does this pass the validation of typed JSON?"""
    try:
        json_input.check_json_sendable(value)
    except InvalidValue:
        return False
    return True


def has_no_file_data(value: Any) -> bool:
    """Is this free of file data, and not too deep?"""
    try:
        json_input.reject_file_data(value)
    except InvalidValue:
        return False
    return True


def has_space_file(value: Any) -> bool:
    """Is this file data of the Space, or does it contain some?"""
    if isinstance(value, list):
        return any(map(has_space_file, value[:MAX_CHECKED_ITEMS]))
    if not isinstance(value, dict):
        return False
    return isinstance(value.get("path"), str) or any(has_space_file(value.get(key)) for key in IMAGE_FILE_KEYS)


def encode_whole_default(value: Any) -> bytes | None:
    """Encode a value as compact JSON; return None if it is too large, not JSON, or contains file data."""
    if exceeds_json_size(value, MAX_WHOLE_DEFAULT_BYTES) or not has_no_file_data(value):
        return None
    try:
        whole = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):  # NaN, a lone surrogate, an integer of thousands of digits
        return None
    return whole if len(whole) <= MAX_WHOLE_DEFAULT_BYTES else None
