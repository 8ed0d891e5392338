"""Call that a form makes with its present values: its values, with the reader's own files by name."""

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hfcourse.files.file_store import FileHandle
from hfcourse.playground.code.code_target import CodeTarget, make_call
from hfcourse.playground.code.languages.code_call import RESERVED_ARGUMENTS, CodeCall, CodeFile
from hfcourse.spaces.form import field_values, forms
from hfcourse.spaces.form.fields import Field
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.schema.examples.placeholder_names import choose_placeholder_name
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter_defaults import MAX_DEFAULT_CHARACTERS
from hfcourse.spaces.schema.values import file_values
from hfcourse.spaces.schema.values.file_objects import make_control_suffix
from hfcourse.spaces.schema.values.file_values import FileControl
from hfcourse.spaces.untrusted.json_size import exceeds_json_size
from hfcourse.spaces.untrusted.json_tree import DESCEND, map_nodes


def build_form_call(target: CodeTarget, form: Form) -> CodeCall:
    """Return the call that the form makes; an invalid value is null.

    Long defaults of the Space that the form does not show are left out where all values have names:
    the Space inserts them itself, and they may have megabytes.
    """
    is_named = all(entry.parameter.is_named for entry in form.fields)
    names = {entry.parameter.name for entry in form.fields}
    may_omit = is_named and not target.fixed_inputs and RESERVED_ARGUMENTS.isdisjoint(names)
    kept = [entry for entry in form.fields if not (may_omit and field_values.is_whole_default(entry))]
    values = {entry.parameter.name: get_code_value(entry, form) for entry in kept}
    if may_omit:
        values = {
            entry.parameter.name: value
            for entry, value in zip(kept, values.values(), strict=True)
            if not is_long_default(entry, value)
        }
    call = make_call(target, form.endpoint.name, values, is_named=is_named)
    return replace(call, omits_defaults=len(values) < len(form.fields))


def is_long_default(entry: Field, value: Any) -> bool:
    """Does the value hold a default of the Space that is too long for a form?"""
    return entry.parameter.whole_json is not None and exceeds_json_size(value, MAX_DEFAULT_CHARACTERS)


def get_code_value(entry: Field, form: Form) -> Any:
    """Return the value that the form sends for a field, with a `CodeFile` for each file; None for an invalid one."""
    if entry.file_controls and not has_chosen_file(form):
        return compose_placeholder_value(entry)
    try:
        if entry.parameter.name in form.values:
            return replace_stored_files(form.values[entry.parameter.name])
        return replace_stored_files(forms.compute_current_value(entry))
    except InvalidValue:
        return None


def has_chosen_file(form: Form) -> bool:
    """Is a file chosen in any field? The empty ones are then meant to be empty, as the form sends them."""
    return any(any(entry.files_by_suffix.values()) for entry in form.fields)


def replace_stored_files(value: Any) -> Any:
    """Return a value with a `CodeFile` in place of each stored file."""
    return map_nodes(
        value, lambda node: CodeFile(node.name, node.media_type) if isinstance(node, FileHandle) else DESCEND
    )


def compose_placeholder_value(entry: Field) -> Any:
    """Return the value of a field without a file: with a placeholder for each file that the function needs.

    A message with attached files is complete without them, and null is complete where the author accepts it.
    """
    parameter = entry.parameter
    placeholders: Mapping[str, Sequence[CodeFile]] = {}
    if entry.control != "multimodal" and not parameter.is_nullable:
        name = choose_placeholder_name(parameter)
        needed = [part.suffix for part in entry.file_controls if needs_file(entry, part)]
        placeholders = {suffix: [CodeFile(name, guess_media_type(name))] for suffix in needed}
    try:
        return file_values.compose_file_value(parameter, placeholders, entry.text)
    except InvalidValue:  # invalid text beside the files
        return None


def guess_media_type(name: str) -> str:
    """Return the media type of a file name: a gallery distinguishes pictures and films."""
    return mimetypes.guess_type(name)[0] or ""


def needs_file(entry: Field, part: FileControl) -> bool:
    """Does the function need a file in this control?"""
    if entry.control == "editor":  # the background is the only required file
        return part.suffix == "background"
    places = entry.parameter.file_places
    return entry.control != "object" or any(
        place.is_required for number, place in enumerate(places) if make_control_suffix(number) == part.suffix
    )


def list_fields_without_file(form: Form) -> list[Field]:
    """Return the fields for which the code names an example file, because none is chosen."""
    if has_chosen_file(form):
        return []
    return [
        entry
        for entry in form.fields
        if entry.file_controls and entry.control != "multimodal" and not entry.parameter.is_nullable
    ]
