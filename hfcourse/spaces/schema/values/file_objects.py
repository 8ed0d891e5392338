"""Objects and tuples with files in them: file controls for the files, JSON text for what is left. Pure.

`{"image": F, "caption": "…"}` has a file control for `image` and a text area with `{"caption": "…"}`.
"""

import copy
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.spaces.schema import json_input
from hfcourse.spaces.schema.field_errors import Wrong
from hfcourse.spaces.schema.file_places import FilePlace, Path, skeleton
from hfcourse.spaces.schema.labels import LABEL_CHARACTERS, humanized
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.untrusted.json_size import exceeds
from hfcourse.text.typography import french

MAX_REST_CHARACTERS = 2_000
NOT_OF_THIS_SHAPE = french(
    "Ce JSON n’a pas la forme attendue : gardez ses clés et leurs niveaux, changez leurs valeurs."
)


def suffix_of(place_number: int) -> str:
    """Return the end of the name of a file control: a number, as the keys are a stranger's."""
    return str(place_number + 1)


def words_of(place: FilePlace) -> str:
    """Return the words of a file control: the keys that lead to the file."""
    keys = [humanized(key) if isinstance(key, str) else french(f"n° {key + 1}") for key in place.path]
    return ", ".join(keys)[:LABEL_CHARACTERS]


def rest_of(parameter: Parameter) -> Any:
    """Return what surrounds the files at first: the Space's own value if it has one, else what its type requires."""
    if isinstance(parameter.default, dict | list):
        return without_files(parameter.default, parameter.file_places)
    return skeleton(parameter.schema, parameter.file_places)


def has_rest(parameter: Parameter) -> bool:
    """Is there anything to fill in but files?"""
    rest = rest_of(parameter)
    return bool(rest) if isinstance(rest, dict) else any(each is not None for each in rest or ())


def text_of(parameter: Parameter, rest: Any) -> str:
    """Return the text that a form shows for what surrounds the files.

    '' stands for what the Space itself has there, where that is long: `compose_object` reads it so.
    """
    own = rest_of(parameter)
    if not has_rest(parameter) or (rest == own and exceeds(own, MAX_REST_CHARACTERS)):
        return ""
    return json.dumps(rest, ensure_ascii=False, indent=1)


def compose_object(parameter: Parameter, files: Mapping[str, Sequence[Any]], text: str) -> Any:
    """Return the value: what the text says, with the files at their places.

    A file that is missing is null where the type allows it, and left out where it does not; a list of them is empty.

    Raises:
        Wrong: the text is no JSON, or not of the shape that has these places.
    """
    value = json_input.value_in(text) if text.strip() else copy.deepcopy(rest_of(parameter))
    for number, place in enumerate(parameter.file_places):
        found = [*files.get(suffix_of(number), ())]
        if found or place.several:
            put(value, place.path, found if place.several else found[0])
        elif place.is_required is False:
            put_if_absent(value, place.path)
    return value


def put(value: Any, path: Path, item: Any) -> None:
    """Set what is at the end of a path, making the objects on the way. Raises Wrong."""
    for key, following in itertools.pairwise(path):
        if isinstance(value, dict) and isinstance(key, str) and isinstance(following, str):
            value.setdefault(key, {})
        value = value[key] if has_key(value, key) else None
    last = path[-1]
    if not (isinstance(value, dict) if isinstance(last, str) else has_key(value, last)):
        raise Wrong(NOT_OF_THIS_SHAPE)
    value[last] = item


def put_if_absent(value: Any, path: Path) -> None:
    """Set null at the end of a path whose parent is there. (A tuple has null there already.)"""
    for key in path[:-1]:
        value = value[key] if has_key(value, key) else None
    if isinstance(value, dict):
        value.setdefault(str(path[-1]), None)


def has_key(value: Any, key: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(key, int) and key < len(value)
    return isinstance(value, dict) and key in value


def at(value: Any, path: Path) -> Any:
    """Return what is at the end of a path, None where nothing is."""
    for key in path:
        value = value[key] if has_key(value, key) else None
    return value


def without_files(value: Any, places: Sequence[FilePlace]) -> Any:
    """Return a copy without what is at these places; a tuple keeps its length."""
    rest = copy.deepcopy(value)
    for place in places:
        parent = at(rest, place.path[:-1])
        if not has_key(parent, place.path[-1]):
            continue
        if isinstance(parent, dict):
            del parent[place.path[-1]]
        else:
            parent[place.path[-1]] = None
    return rest
