"""The default of a parameter as far as a form can show it, and the whole of it as JSON where it cannot. Pure.

A value that nobody touched goes back as it came. What is larger than a form (a leaderboard's table, a long text) is not
drawn; it is kept as compact JSON, a tenth of what the parsed value takes, and parsed again when it is sent.
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

# What a form shows first of one parameter, as JSON: as much as a student may write there (see format_json.py).
MAX_DEFAULT_CHARACTERS = 100_000
MAX_DEFAULT_LIST_VALUES = 20_000  # values of one list
# As JSON: of one value, of all parameters of one form, and of all that one description keeps.
MAX_WHOLE_DEFAULT_BYTES, MAX_WHOLE_DEFAULT_BYTES_PER_FORM, MAX_WHOLE_DEFAULT_BYTES_PER_SPACE = (
    2_000_000,
    4_000_000,
    6_000_000,
)
# Components whose value is text, a number, a box or some of these: a default of any other shape is not one.
FLAT_COMPONENTS = {
    "textbox", "number", "slider", "checkbox", "radio", "dropdown", "checkboxgroup",
    "code", "markdown", "colorpicker", "datetime", "timer", "starrating",
}  # fmt: skip
IMAGE_FILE_KEYS = ("image", "video", "background")
MAX_CHECKED_ITEMS = 10


@dataclass(frozen=True)
class ParameterDefault:
    """A default as a form shows it, None where it shows nothing.

    `is_cut` says that the Space's own page starts with more; `whole` is all of it as JSON, None where it is not cut or
    is not sent from here at all (too large, or with files of the Space).
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
    """The bytes that one description may still keep of defaults that no form shows; each value is encoded once.

    `encoded` is the cache, by identity; it holds the values, so that no other can take their identity.
    """

    bytes_left: int = MAX_WHOLE_DEFAULT_BYTES_PER_SPACE
    encoded: dict[int, tuple[Any, bytes | None]] = field(default_factory=dict)

    def encode_within_budget(self, value: Any) -> bytes | None:
        """`encode_whole_default`, within this budget."""
        if id(value) not in self.encoded:
            whole = encode_whole_default(value)
            if whole is not None and len(whole) > self.bytes_left:
                whole = None
            self.bytes_left -= len(whole or b"")
            self.encoded[id(value)] = value, whole
        return self.encoded[id(value)][1]


def limit_default(value: Any, kind: str, budget: WholeDefaultBudget) -> ParameterDefault:
    """Cut a table to the rows that a form can send, and keep apart whatever else is too large to be shown."""
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
    """The first default that there is; `defaults` is read no further."""
    return next((each for each in defaults if each.is_given), NO_DEFAULT)


def is_too_large_to_show(value: Any) -> bool:
    """Is this more than a form shows, or a number that cannot be typed?"""
    if exceeds_json_size(value, MAX_DEFAULT_CHARACTERS) or (
        isinstance(value, list) and len(value) > MAX_DEFAULT_LIST_VALUES
    ):
        return True
    return is_number(value) and not is_sendable_number(value)


def is_safe_default(value: Any, kind: str) -> bool:
    """May a form show this and send it back? A scalar, a list of scalars, a table, or JSON without files."""
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


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def is_small_json(value: Any) -> bool:
    try:
        json_input.check_json_sendable(value)
    except InvalidValue:
        return False
    return True


def has_no_file_data(value: Any) -> bool:
    try:
        json_input.reject_file_data(value)
    except InvalidValue:
        return False
    return True


def has_space_file(value: Any) -> bool:
    """Is there file data of the Space in this value, or in the list that it is?"""
    if isinstance(value, list):
        return any(map(has_space_file, value[:MAX_CHECKED_ITEMS]))
    if not isinstance(value, dict):
        return False
    return isinstance(value.get("path"), str) or any(has_space_file(value.get(key)) for key in IMAGE_FILE_KEYS)


def encode_whole_default(value: Any) -> bytes | None:
    """The value as compact JSON; None if it is too large, is no JSON, or holds what could name a file of ours."""
    if exceeds_json_size(value, MAX_WHOLE_DEFAULT_BYTES) or not has_no_file_data(value):
        return None
    try:
        whole = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):  # NaN, half of a character, an integer of thousands of digits
        return None
    return whole if len(whole) <= MAX_WHOLE_DEFAULT_BYTES else None
