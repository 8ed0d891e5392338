"""Which fields of a form are marked as needed, expected or optional. Pure.

A mark is an advice: nothing is refused here for being empty, and only what is known is marked. A value is needed where
its author says so, or where a Python function gives its parameter a type that nothing empty has, and no default. It is
expected where a text has no default, or where it is the one file that an endpoint works on.
"""

from collections.abc import Sequence

from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.requirement_marks import REQUIRED
from hfcourse.spaces.schema.parameters.widgets import FILE_CONTROLS

EXPECTED = "expected"
# Components that hold a file which a function reads; an editor and a message begin with something of their own.
FILE_INPUT_COMPONENTS = {"image", "audio", "video", "file", "model3d", "pdf"}
# What these send when nobody touches them is of the type that is asked for; a checkbox always says yes or no.
EMPTY_VALUE_CONTROLS = {"text", "code", "checks", "gallery"}
SETTING_CONTROLS = {"number", "slider", "checkbox", "radio", "select", "checks", "colour", "moment"}


def choose_marks(parameters: Sequence[Parameter], has_button: bool) -> tuple[str, ...]:
    """Choose the mark of each parameter of one endpoint, '' for most.

    Args:
        has_button: a button of the Space's page calls it; what a change or a click in the page calls is often called
            with nothing.
    """
    only = find_only_file(parameters) if has_button else None
    return tuple(choose_mark(each, is_only_file=each is only) for each in parameters)


def choose_mark(parameter: Parameter, *, is_only_file: bool) -> str:
    """Choose the mark of one parameter: one of those of needs.py, EXPECTED or ''."""
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
    """Find the file that the endpoint works on: the only value without a default, beside settings that have one."""
    empty = [each for each in parameters if each.default is None or each.control not in SETTING_CONTROLS]
    found = empty[0] if len(empty) == 1 else None
    if found is None or found.component not in FILE_INPUT_COMPONENTS or found.control not in FILE_CONTROLS:
        return None
    return None if found.is_nullable or found.has_own_file or not found.is_shown else found
