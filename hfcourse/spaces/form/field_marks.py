"""Marks of form fields: required, expected or optional. Pure.

A mark is a hint: no field is rejected here for being empty, and only what is known is marked. A
value is required where its author says so, or where a Python function annotates its parameter with
a type that has no empty value, and no default. It is expected where a text has no default, or where
it is the only file that an endpoint works on.
"""

from collections.abc import Sequence

from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.requirement_marks import REQUIRED
from hfcourse.spaces.schema.parameters.widgets import FILE_CONTROLS

EXPECTED = "expected"
# Components whose file a function reads; an editor and a message have an initial value of their
# own.
FILE_INPUT_COMPONENTS = {"image", "audio", "video", "file", "model3d", "pdf"}
# The value that these send when untouched is of the annotated type; a checkbox always sends a
# boolean.
EMPTY_VALUE_CONTROLS = {"text", "code", "checkbox_group", "gallery"}
SETTING_CONTROLS = {"number", "slider", "checkbox", "radio", "select", "checkbox_group", "color", "datetime"}


def choose_marks(parameters: Sequence[Parameter], has_button: bool) -> tuple[str, ...]:
    """Return the mark of each parameter of one endpoint, '' for most.

    Args:
        has_button: a button of the Space's page calls it; endpoints that the page calls on a change
            or click often run without a value.
    """
    only = find_only_file(parameters) if has_button else None
    return tuple(choose_mark(each, is_only_file=each is only) for each in parameters)


def choose_mark(parameter: Parameter, *, is_only_file: bool) -> str:
    """Return the mark of one parameter: one of those of requirement_marks.py, EXPECTED or ''."""
    if parameter.requirement:
        return parameter.requirement
    if parameter.is_expected:
        return (
            ""
            if parameter.control == "checkbox"
            else EXPECTED
            if parameter.control in EMPTY_VALUE_CONTROLS
            else REQUIRED
        )
    return EXPECTED if is_only_file else ""


def find_only_file(parameters: Sequence[Parameter]) -> Parameter | None:
    """Return the file parameter that the endpoint works on, or None.

    It is the only value without a default, next to settings that have one.
    """
    empty = [each for each in parameters if each.default is None or each.control not in SETTING_CONTROLS]
    found = empty[0] if len(empty) == 1 else None
    if found is None or found.component not in FILE_INPUT_COMPONENTS or found.control not in FILE_CONTROLS:
        return None
    return None if found.is_nullable or found.has_own_file or not found.is_shown else found
