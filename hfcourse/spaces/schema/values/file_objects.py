"""Objects and tuples that contain files: file controls for the files, JSON text for the rest. Pure.

`{"image": F, "caption": "…"}` has a file control for `image` and a text area with `{"caption": "…"}`.
"""

import copy
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.spaces.schema import json_input
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.file_places import FilePlace, ValuePath, build_skeleton
from hfcourse.spaces.schema.labels import MAX_LABEL_CHARACTERS, humanize_name
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.untrusted.json_size import exceeds_json_size
from hfcourse.text.typography import typeset_french

MAX_SURROUNDING_JSON_CHARACTERS = 2_000
WRONG_SHAPE_MESSAGE = typeset_french(
    "Ce JSON n’a pas la forme attendue : gardez ses clés et leurs niveaux, changez leurs valeurs."
)


def make_control_suffix(place_number: int) -> str:
    """Return the suffix of the name of a file control: a number, as keys are untrusted."""
    return str(place_number + 1)


def format_place_label(place: FilePlace) -> str:
    """Return the label of a file control: the path of keys to the file."""
    keys = [humanize_name(key) if isinstance(key, str) else typeset_french(f"n° {key + 1}") for key in place.path]
    return ", ".join(keys)[:MAX_LABEL_CHARACTERS]


def get_initial_surroundings(parameter: Parameter) -> Any:
    """Return the initial value without its files: the default of the Space, else the minimum that its type requires."""
    if isinstance(parameter.default, dict | list):
        return remove_files_at_places(parameter.default, parameter.file_places)
    return build_skeleton(parameter.schema, parameter.file_places)


def has_surroundings(parameter: Parameter) -> bool:
    """Is there anything to fill in besides files?"""
    rest = get_initial_surroundings(parameter)
    return bool(rest) if isinstance(rest, dict) else any(each is not None for each in rest or ())


def format_surroundings(parameter: Parameter, rest: Any) -> str:
    """Encode the rest of the value as JSON for a form.

    '' represents the default of the Space if it is long: `compose_object_value` restores it.
    """
    own = get_initial_surroundings(parameter)
    if not has_surroundings(parameter) or (rest == own and exceeds_json_size(own, MAX_SURROUNDING_JSON_CHARACTERS)):
        return ""
    return json.dumps(rest, ensure_ascii=False, indent=1)


def compose_object_value(parameter: Parameter, files: Mapping[str, Sequence[Any]], text: str) -> Any:
    """Parse the text, and insert the files at their paths.

    A missing file is null if the type allows it, else omitted; a missing list of files is empty.

    Raises:
        InvalidValue: the text is not valid JSON, or does not have these paths.
    """
    value = json_input.parse_json(text) if text.strip() else copy.deepcopy(get_initial_surroundings(parameter))
    for number, place in enumerate(parameter.file_places):
        found = [*files.get(make_control_suffix(number), ())]
        if found or place.is_list:
            set_at_path(value, place.path, found if place.is_list else found[0])
        elif place.is_required is False:
            set_null_if_absent(value, place.path)
    return value


def set_at_path(value: Any, path: ValuePath, item: Any) -> None:
    """Set an item at a path, creating missing objects; raise InvalidValue if the path does not exist."""
    for key, following in itertools.pairwise(path):
        if isinstance(value, dict) and isinstance(key, str) and isinstance(following, str):
            value.setdefault(key, {})
        value = value[key] if has_key_or_index(value, key) else None
    last = path[-1]
    if not (isinstance(value, dict) if isinstance(last, str) else has_key_or_index(value, last)):
        raise InvalidValue(WRONG_SHAPE_MESSAGE)
    value[last] = item


def set_null_if_absent(value: Any, path: ValuePath) -> None:
    """Set null at a path if its parent exists. (A tuple already has null there.)"""
    for key in path[:-1]:
        value = value[key] if has_key_or_index(value, key) else None
    if isinstance(value, dict):
        value.setdefault(str(path[-1]), None)


def has_key_or_index(value: Any, key: str | int) -> bool:
    """Does this object have the key, or this list the index?"""
    if isinstance(value, list):
        return isinstance(key, int) and key < len(value)
    return isinstance(value, dict) and key in value


def get_at_path(value: Any, path: ValuePath) -> Any:
    """Return the item at a path, None if it is missing."""
    for key in path:
        value = value[key] if has_key_or_index(value, key) else None
    return value


def remove_files_at_places(value: Any, places: Sequence[FilePlace]) -> Any:
    """Return a copy without the items at these paths; a tuple retains its length."""
    rest = copy.deepcopy(value)
    for place in places:
        parent = get_at_path(rest, place.path[:-1])
        if not has_key_or_index(parent, place.path[-1]):
            continue
        if isinstance(parent, dict):
            del parent[place.path[-1]]
        else:
            parent[place.path[-1]] = None
    return rest
