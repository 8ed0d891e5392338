"""The words that a Space has for its parts, made readable: placeholders and translation markers are none. Pure."""

import json
import re
from collections.abc import Callable
from typing import Any

MAX_LABEL_CHARACTERS, MAX_HELP_CHARACTERS = 200, 600
# No label is longer; it is cut before anything reads it, since one label can be asked for by hundreds of endpoints.
MAX_LABEL_SOURCE_CHARACTERS = 2_000
MAX_STRINGS = 100
PLACEHOLDER_NAME = re.compile(r"(parameter|param|value|output)_\d+", re.ASCII)
# What Gradio calls the parameters of a function that has no component.
ORDINAL_LABEL = re.compile(r"\d+(st|nd|rd|th)", re.ASCII)
TRANSLATION_MARKER = "__i18n__"
# Gradio writes an object without objects in it; the bound keeps the search linear.
TRANSLATION_MARKER_PATTERN = re.compile(TRANSLATION_MARKER + r"(\{[^{}]{0,500}\})")


def clean_label(text: Any, fallback: str, characters: int = MAX_LABEL_CHARACTERS) -> str:
    """A label as text: placeholders and whatever is no text give `fallback`, a translation the last word of its key."""
    if isinstance(text, dict):
        return clean_translated_label(text, fallback)
    if not isinstance(text, str):
        return fallback
    text = text[:MAX_LABEL_SOURCE_CHARACTERS]
    if TRANSLATION_MARKER in text:
        text = replace_markers(text, lambda key: humanize_name(get_last_key_part(key)))
    text = text.strip().replace("\0", "")  # PostgreSQL keeps no text with a NUL
    return text[:characters] if text and not PLACEHOLDER_NAME.fullmatch(text) else fallback


def replace_markers(text: str, translate: Callable[[str], str]) -> str:
    """Replace each `__i18n__{…"key": "chat.submit"…}` of a text, anywhere in it, by the words for its key.

    Gradio writes a translated text so, and its page looks for the key. A marker without a key, or cut in two, is
    removed: it says nothing to a reader.
    """

    def words(found: re.Match[str]) -> str:
        key = parse_marker_key(found[1])
        return translate(key) if key else ""

    return TRANSLATION_MARKER_PATTERN.sub(words, text).partition(TRANSLATION_MARKER)[0]


def parse_marker_key(written: str) -> str:
    """The key in the JSON of a marker, '' where there is none."""
    try:
        marker = json.loads(written)
    except (ValueError, RecursionError):
        return ""
    key = marker.get("key") if isinstance(marker, dict) else None
    return key if isinstance(key, str) and key.strip() else ""


def get_last_key_part(key: str) -> str:
    """`chat.send_all` → `send_all`."""
    return key.rsplit(".", 1)[-1]


def clean_translated_label(marker: Any, fallback: str) -> str:
    key = marker.get("key") if isinstance(marker, dict) else None
    key = key[-MAX_LABEL_SOURCE_CHARACTERS:] if isinstance(key, str) else None
    return clean_label(humanize_name(get_last_key_part(key)), fallback) if key and key.strip() else fallback


def humanize_name(name: str) -> str:
    """`/text_to_image` → « Text to image »."""
    words = name.strip("/_").replace("_", " ")
    return (words[:1].upper() + words[1:]) or name


def collect_strings(value: Any, most: int = MAX_STRINGS) -> tuple[str, ...]:
    """The first texts of a list, empty for anything else."""
    return tuple(str(item)[:MAX_LABEL_CHARACTERS] for item in value[:most]) if isinstance(value, list) else ()
