"""Parsers of the choices in a component of /config or a schema of /info. Pure."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.choice_list import ChoiceList
from hfcourse.spaces.schema.labels import clean_label

# Lists of voices, cities and models have thousands. A longer list is truncated, and then accepts any text.
MAX_CHOICES, MAX_CHOICE_LABEL_CHARACTERS = 20_000, 100
NO_CHOICES = ChoiceList()
BOOLEAN_CHOICES = ChoiceList((("oui", True), ("non", False)))


def parse_choice_list(pairs: Any) -> ChoiceList | None:
    """Parse the choices of a component, None if it has no list of choices."""
    if not isinstance(pairs, list):
        return None
    listed = ChoiceList(
        (format_choice_label(pair[0]), pair[1]) if has_own_label(pair) else (format_choice_label(pair), pair)
        for pair in islice(pairs, MAX_CHOICES)
    )
    listed.is_cut = len(pairs) > MAX_CHOICES
    return listed


def has_own_label(choice: Any) -> bool:
    """Has this choice a label? Gradio lists `[label, value]`, old versions only the value."""
    return isinstance(choice, list) and len(choice) == 2


def get_choice_label(choice: Any) -> str:
    """Return the label of a listed choice."""
    return format_choice_label(choice[0] if has_own_label(choice) else choice)


def parse_schema_choices(schema: Mapping[str, Any]) -> ChoiceList:
    """Parse the choices of a schema: its enum, or yes and no for a nullable boolean."""
    listed = json_schema.get_enum_values(schema)
    if (
        listed is None
        and json_schema.is_nullable_schema(schema)
        and json_schema.get_schema_type(json_schema.resolve_schema(schema)) == "boolean"
    ):
        return BOOLEAN_CHOICES
    if listed is None:
        return NO_CHOICES
    choices = ChoiceList((format_choice_label(value), value) for value in islice(listed, MAX_CHOICES))
    choices.is_cut = len(listed) > MAX_CHOICES
    return choices


def format_choice_label(label: Any) -> str:
    """Return the label of a choice on one line, truncated with an ellipsis."""
    if isinstance(label, str) and is_clean_label(label):
        return label
    fallback = (
        label[: 2 * MAX_CHOICE_LABEL_CHARACTERS]
        if isinstance(label, str)
        else str(label)[: 2 * MAX_CHOICE_LABEL_CHARACTERS]
    )
    text = " ".join(clean_label(label, fallback, 2 * MAX_CHOICE_LABEL_CHARACTERS).split())
    cut = text if len(text) <= MAX_CHOICE_LABEL_CHARACTERS else f"{text[: MAX_CHOICE_LABEL_CHARACTERS - 1].rstrip()}…"
    return cut or "(vide)"


def is_clean_label(label: str) -> bool:
    """Would `format_choice_label` return this label unchanged? A fast path, as lists have thousands.

    A printable text has no whitespace but the plain space; every placeholder and translation marker has a `_`.
    """
    return (
        0 < len(label) <= MAX_CHOICE_LABEL_CHARACTERS
        and label.isprintable()
        and "_" not in label
        and "  " not in label
        and label == label.strip()
    )
