"""Choices as a form posts them: as text, which leads back to the choice's own JSON value. Pure."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hfcourse.spaces.mistakes import Wrong
from hfcourse.spaces.numbers import shown
from hfcourse.spaces.parameters import Parameter

TEXT_CHARACTERS = 200  # longer ones are posted by their position
# So many characters of labels and values make a page of a reasonable weight; further choices can be typed.
SHOWN_CHARACTERS = 60_000


def option_texts(parameter: Parameter) -> list[str]:
    """The text that a form posts for each choice: its value, or its position where values look alike or are long."""
    texts = [value if isinstance(value, str) else json.dumps(value) for _, value in parameter.choices]
    is_clear = len(set(texts)) == len(texts) and all(len(text) <= TEXT_CHARACTERS for text in texts)
    return texts if is_clear else [str(position) for position in range(len(texts))]


def shown_count(parameter: Parameter) -> int:
    """How many of the choices a form draws: all, unless together they would make a page too heavy."""
    count, weight = 0, 0
    for text, (label, _) in zip(option_texts(parameter), parameter.choices, strict=True):
        weight += len(text) + len(label)
        if weight > SHOWN_CHARACTERS:
            break
        count += 1
    return count


def parse_choice(parameter: Parameter, texts: Sequence[str]) -> Any:
    """The choice's own JSON value (a choice of 2025 is sent as a number).

    Gradio's Radio and Dropdown refuse what is no choice ("is not in the list of choices"), so we do.
    """
    if not texts or (texts[0] == "" and "" not in option_texts(parameter)):
        return None
    return values_of(parameter, texts[:1])[0]


def parse_checks(parameter: Parameter, texts: Sequence[str]) -> list[Any]:
    """The values of all that is ticked or typed. `max_choices` is no bound here: the Space itself does not check it."""
    empty_is_one = "" in option_texts(parameter)
    return values_of(parameter, [text for text in texts if text != "" or empty_is_one])


def values_of(parameter: Parameter, texts: Sequence[str]) -> list[Any]:
    """The JSON value of each posted text: that of a choice, that of a label that is like no other, or the text itself.

    Raises:
        Wrong: one is no choice, and the Space allows no other.
    """
    posted = dict(zip(option_texts(parameter), (value for _, value in parameter.choices), strict=True))
    if all(text in posted for text in texts):
        return [posted[text] for text in texts]
    named = by_label(parameter)
    return [chosen(parameter, text, posted, named) for text in texts]


def chosen(parameter: Parameter, text: str, posted: dict[str, Any], named: dict[str, Any]) -> Any:
    if text in posted:
        return posted[text]
    if text.strip() in named:
        return named[text.strip()]
    if parameter.allows_custom:
        return text
    raise Wrong("Choisissez l’une des réponses proposées.")


def by_label(parameter: Parameter) -> dict[str, Any]:
    """The value of each label that only one choice has."""
    counted = Counter(label for label, _ in parameter.choices)
    return {label: value for label, value in parameter.choices if counted[label] == 1}


def choice_texts(parameter: Parameter, wanted: Sequence[Any]) -> list[str]:
    """The posted text of each wanted value; what is no choice is left out, or it could not be sent back."""
    texts: dict[tuple[type, str], str] = {}
    for text, (_, value) in zip(option_texts(parameter), parameter.choices, strict=True):
        texts.setdefault(key_of(value), text)
    found = []
    for value in wanted:
        own = shown(value) if parameter.allows_custom and value not in (None, "") else None
        known = texts.get(key_of(value), own)
        found += [known] if known is not None else []
    return found


def key_of(value: Any) -> tuple[type, str]:
    """1, 1.0, True and "1" are four values."""
    return type(value), json.dumps(value, sort_keys=True)
