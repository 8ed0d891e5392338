"""Choices as a form posts them: as text, which leads back to the choice's own JSON value. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.spaces.choice_list import key_of
from hfcourse.spaces.mistakes import Wrong
from hfcourse.spaces.numbers import shown
from hfcourse.spaces.parameters import Parameter

# So many characters of labels and values make a page of a reasonable weight; further choices can be typed.
SHOWN_CHARACTERS = 60_000


def shown_count(parameter: Parameter) -> int:
    """How many of the choices a form draws: all, unless together they would make a page too heavy."""
    most = len(parameter.choices) if parameter.max_shown_choices is None else parameter.max_shown_choices
    count, weight = 0, 0
    for text, (label, _) in zip(parameter.choices.texts[:most], parameter.choices[:most], strict=True):
        weight += len(text) + len(label)
        if weight > SHOWN_CHARACTERS:
            break
        count += 1
    return count


def parse_choice(parameter: Parameter, texts: Sequence[str]) -> Any:
    """The choice's own JSON value (a choice of 2025 is sent as a number).

    Gradio's Radio and Dropdown refuse what is no choice ("is not in the list of choices"), so we do.
    """
    if not texts or (texts[0] == "" and "" not in parameter.choices.values_by_text):
        return None
    return values_of(parameter, texts[:1])[0]


def parse_checks(parameter: Parameter, texts: Sequence[str]) -> list[Any]:
    """The values of all that is ticked or typed. `max_choices` is no bound here: the Space itself does not check it."""
    empty_is_one = "" in parameter.choices.values_by_text
    return values_of(parameter, [text for text in texts if text != "" or empty_is_one])


def values_of(parameter: Parameter, texts: Sequence[str]) -> list[Any]:
    """The JSON value of each posted text: that of a choice, that of a label that is like no other, or the text itself.

    Raises:
        Wrong: one is no choice, and the Space allows no other.
    """
    posted = parameter.choices.values_by_text
    if all(text in posted for text in texts):
        return [posted[text] for text in texts]
    named = parameter.choices.values_by_label
    return [chosen(parameter, text, posted, named) for text in texts]


def chosen(parameter: Parameter, text: str, posted: Mapping[str, Any], named: Mapping[str, Any]) -> Any:
    if text in posted:
        return posted[text]
    if text.strip() in named:
        return named[text.strip()]
    if parameter.allows_custom:
        return text
    raise Wrong("Choisissez l’une des réponses proposées.")


def choice_texts(parameter: Parameter, wanted: Sequence[Any]) -> list[str]:
    """The posted text of each wanted value; what is no choice is left out, or it could not be sent back."""
    texts = parameter.choices.texts_by_key
    found = []
    for value in wanted:
        own = shown(value) if parameter.allows_custom and value not in (None, "") else None
        known = texts.get(key_of(value), own)
        found += [known] if known is not None else []
    return found
