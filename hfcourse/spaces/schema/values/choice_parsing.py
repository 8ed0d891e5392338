"""Parser of posted choices: text, resolved to the JSON value of the choice. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.spaces.schema.choice_list import make_value_key
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import get_control_kind
from hfcourse.spaces.schema.values.numbers import format_scalar
from hfcourse.text.line_endings import normalize_line_endings

# Limit on the size of the page; choices beyond it can be typed.
MAX_RENDERED_CHOICE_CHARACTERS = 150_000
# A longer list is too long to scroll: it is rendered as a text field with suggestions.
MAX_SELECT_OPTIONS = 300
MAX_SUGGESTIONS = 5
INVALID_CHOICE_MESSAGE = "Choisissez l’une des réponses proposées."


def count_rendered_choices(parameter: Parameter) -> int:
    """Return how many choices a form renders: all, unless they exceed the limits."""
    most = len(parameter.choices) if parameter.max_shown_choices is None else parameter.max_shown_choices
    count, weight = 0, 0
    for text, (label, _) in zip(parameter.choices.posted_texts[:most], parameter.choices[:most], strict=True):
        weight += len(text) + len(label)
        if weight > MAX_RENDERED_CHOICE_CHARACTERS:
            break
        count += 1
    return count


def can_send_any_text(parameter: Parameter) -> bool:
    """Is a text accepted that is not a known choice?

    It is if the author allows it, if the list of choices is truncated, and if it is empty: the Space's own page
    fills it later, and only the Space can validate the value.
    """
    return parameter.allows_custom or parameter.choices.is_cut or not parameter.choices


def parse_choice(parameter: Parameter, texts: Sequence[str]) -> Any:
    """Parse the JSON value of a choice (a choice of 2025 is sent as a number), None for an empty text.

    An unknown choice is rejected, as by Gradio's Radio and Dropdown ("is not in the list of choices").

    Raises:
        InvalidValue: the text is not a choice, and the Space accepts no other.
    """
    if not texts or texts[0] == "":
        return None
    return resolve_choice_values(parameter, texts[:1])[0]


def parse_checkbox_group(parameter: Parameter, texts: Sequence[str]) -> list[Any]:
    """Parse the values of all ticked or typed choices; `max_choices` is not enforced, as in Gradio itself."""
    empty_is_one = "" in parameter.choices.values_by_value_text
    return resolve_choice_values(parameter, [text for text in texts if text != "" or empty_is_one])


def resolve_choice_values(parameter: Parameter, texts: Sequence[str]) -> list[Any]:
    """Resolve each posted text to the JSON value of a choice or of a unique label, else to the text itself.

    Raises:
        InvalidValue: one is not a choice, and the Space accepts no other.
    """
    tables = get_choice_lookups(parameter)
    if all(text in tables[0] for text in texts):
        return [tables[0][text] for text in texts]
    return [resolve_choice_value(parameter, normalize_line_endings(text), tables) for text in texts]


def get_choice_lookups(parameter: Parameter) -> tuple[Mapping[str, Any], ...]:
    """Return the look-up tables for a posted text, by priority.

    A list that accepts any text never posts an index: there, « 1 » is the student's own text.
    """
    choices = parameter.choices
    if is_free_text_select(parameter):
        return choices.values_by_typed_text, choices.values_by_label, choices.values_by_value_text
    return choices.values_by_posted_text, choices.values_by_label, choices.values_by_value_text


def is_free_text_select(parameter: Parameter) -> bool:
    """Is this a list with a single choice that accepts any other text?"""
    return parameter.allows_custom and get_control_kind(parameter) == "select"


def resolve_choice_value(parameter: Parameter, text: str, tables: Sequence[Mapping[str, Any]]) -> Any:
    """Resolve one posted text to its JSON value; raise InvalidValue as `resolve_choice_values`."""
    for values in tables:
        for candidate in (text, text.strip()):
            if candidate in values:
                return values[candidate]
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
    """Return the posted text of each of these values; a value that is not a choice is omitted if not accepted."""
    choices = parameter.choices
    texts = choices.typed_texts_by_key if is_free_text_select(parameter) else choices.posted_texts_by_key
    found = []
    for value in wanted:
        own = format_scalar(value) if can_send_any_text(parameter) and value not in (None, "") else None
        known = texts.get(make_value_key(value), own)
        found += [known] if known is not None else []
    return found
