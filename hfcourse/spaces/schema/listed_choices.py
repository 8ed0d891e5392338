"""The choices that a component of /config or a schema of /info lists, as a form needs them. Pure."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.choice_list import ChoiceList
from hfcourse.spaces.schema.labels import readable

# Lists of voices, cities and models have thousands; of a longer list the first are kept, and any text can be sent.
MAX_CHOICES, CHOICE_CHARACTERS = 20_000, 100
NO_CHOICES = ChoiceList()
YES_OR_NO = ChoiceList((("oui", True), ("non", False)))


def list_choices(pairs: Any) -> ChoiceList | None:
    """Label and JSON value of each choice that a component lists; None where it lists none."""
    if not isinstance(pairs, list):
        return None
    listed = ChoiceList(
        (label_of_choice(pair[0]), pair[1]) if is_pair(pair) else (label_of_choice(pair), pair)
        for pair in islice(pairs, MAX_CHOICES)
    )
    listed.is_cut = len(pairs) > MAX_CHOICES
    return listed


def is_pair(choice: Any) -> bool:
    """Has this choice a label of its own? Gradio lists `[label, value]`, and the value alone in old versions."""
    return isinstance(choice, list) and len(choice) == 2


def label_of_pair(choice: Any) -> str:
    """The label of a listed choice."""
    return label_of_choice(choice[0] if is_pair(choice) else choice)


def choices_in_schema(schema: Mapping[str, Any]) -> ChoiceList:
    """The choices of a schema: a list, or yes, no and nothing."""
    listed = json_schema.enum_of(schema)
    if (
        listed is None
        and json_schema.may_be_null(schema)
        and json_schema.type_of(json_schema.plain(schema)) == "boolean"
    ):
        return YES_OR_NO
    if listed is None:
        return NO_CHOICES
    choices = ChoiceList((label_of_choice(value), value) for value in islice(listed, MAX_CHOICES))
    choices.is_cut = len(listed) > MAX_CHOICES
    return choices


def label_of_choice(label: Any) -> str:
    """The label of a choice on one line; of a longer one the beginning, and « … »."""
    if isinstance(label, str) and is_ready(label):
        return label
    fallback = label[: 2 * CHOICE_CHARACTERS] if isinstance(label, str) else str(label)[: 2 * CHOICE_CHARACTERS]
    text = " ".join(readable(label, fallback, 2 * CHOICE_CHARACTERS).split())
    cut = text if len(text) <= CHOICE_CHARACTERS else f"{text[: CHOICE_CHARACTERS - 1].rstrip()}…"
    return cut or "(vide)"


def is_ready(label: str) -> bool:
    """Is this label what `label_of_choice` makes of it, as nearly all are? Lists have thousands.

    What is printable has no space but the usual one; every placeholder and every translation marker has a `_`.
    """
    return (
        0 < len(label) <= CHOICE_CHARACTERS
        and label.isprintable()
        and "_" not in label
        and "  " not in label
        and label == label.strip()
    )
