"""Choices as a form posts them: as text, which leads back to the choice's own JSON value. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.spaces.schema.choice_list import make_value_key
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import get_control_kind
from hfcourse.spaces.schema.values.numbers import format_scalar
from hfcourse.text.line_endings import normalize_line_endings

# So many characters of labels and values make a page of a reasonable weight; further choices can be typed.
MAX_RENDERED_CHOICE_CHARACTERS = 150_000
# From so many choices on, a browser's own list is a long way down: one types instead, and is helped.
MAX_SELECT_OPTIONS = 300
MAX_SUGGESTIONS = 5
INVALID_CHOICE_MESSAGE = "Choisissez l’une des réponses proposées."


def count_rendered_choices(parameter: Parameter) -> int:
    """How many of the choices a form draws: all, unless together they would make a page too heavy."""
    most = len(parameter.choices) if parameter.max_shown_choices is None else parameter.max_shown_choices
    count, weight = 0, 0
    for text, (label, _) in zip(parameter.choices.posted_texts[:most], parameter.choices[:most], strict=True):
        weight += len(text) + len(label)
        if weight > MAX_RENDERED_CHOICE_CHARACTERS:
            break
        count += 1
    return count


def can_send_any_text(parameter: Parameter) -> bool:
    """Is a text that is no known choice sent as it is?

    Where the author allows it; where the Space has more choices than are known here; and where it has none yet: its
    own page fills such a list later, and the Space alone can say whether the value is good.
    """
    return parameter.allows_custom or parameter.choices.is_cut or not parameter.choices


def parse_choice(parameter: Parameter, texts: Sequence[str]) -> Any:
    """The choice's own JSON value (a choice of 2025 is sent as a number), null for an empty text.

    Gradio's Radio and Dropdown refuse what is no choice ("is not in the list of choices"), so we do.
    """
    if not texts or texts[0] == "":
        return None
    return resolve_choice_values(parameter, texts[:1])[0]


def parse_checkbox_group(parameter: Parameter, texts: Sequence[str]) -> list[Any]:
    """The values of all that is ticked or typed. `max_choices` is no bound here: the Space itself does not check it."""
    empty_is_one = "" in parameter.choices.values_by_value_text
    return resolve_choice_values(parameter, [text for text in texts if text != "" or empty_is_one])


def resolve_choice_values(parameter: Parameter, texts: Sequence[str]) -> list[Any]:
    """The JSON value of each posted text: that of a choice, that of a label that is like no other, or the text itself.

    Raises:
        Wrong: one is no choice, and the Space allows no other.
    """
    tables = get_choice_lookups(parameter)
    if all(text in tables[0] for text in texts):
        return [tables[0][text] for text in texts]
    return [resolve_choice_value(parameter, normalize_line_endings(text), tables) for text in texts]


def get_choice_lookups(parameter: Parameter) -> tuple[Mapping[str, Any], ...]:
    """The tables in which a posted text is looked up, in order.

    A list in which any text may be typed never shows a position: « 1 » is a text of the student's there.
    """
    choices = parameter.choices
    if is_free_text_select(parameter):
        return choices.values_by_typed_text, choices.values_by_label, choices.values_by_value_text
    return choices.values_by_posted_text, choices.values_by_label, choices.values_by_value_text


def is_free_text_select(parameter: Parameter) -> bool:
    """Is this a list of one choice in which any other text may be typed?"""
    return parameter.allows_custom and get_control_kind(parameter) == "select"


def resolve_choice_value(parameter: Parameter, text: str, tables: Sequence[Mapping[str, Any]]) -> Any:
    """The JSON value of one posted text. Raises as `values_of`."""
    for values in tables:
        for written in (text, text.strip()):
            if written in values:
                return values[written]
    if can_send_any_text(parameter):
        return text
    similar = [
        f"« {parameter.choices.typed_texts[place]} »"
        for place in parameter.choices.find_similar_choices(text, MAX_SUGGESTIONS)
    ]
    if len(parameter.choices) <= MAX_SELECT_OPTIONS or not similar:
        raise InvalidValue(INVALID_CHOICE_MESSAGE)
    raise InvalidValue(
        f"Ce choix n’est pas dans la liste. Les plus proches : {', '.join(similar)}. Écrivez-en un en entier."
    )


def format_choice_texts(parameter: Parameter, wanted: Sequence[Any]) -> list[str]:
    """The posted text of each wanted value; what is no choice is left out, or it could not be sent back."""
    choices = parameter.choices
    texts = choices.typed_texts_by_key if is_free_text_select(parameter) else choices.posted_texts_by_key
    found = []
    for value in wanted:
        own = format_scalar(value) if can_send_any_text(parameter) and value not in (None, "") else None
        known = texts.get(make_value_key(value), own)
        found += [known] if known is not None else []
    return found
