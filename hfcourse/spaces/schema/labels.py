"""Sanitizer of the labels of a Space: it drops placeholders and replaces translation markers. Pure."""

import json
import re
from collections.abc import Callable
from typing import Any

MAX_LABEL_CHARACTERS, MAX_HELP_CHARACTERS = 200, 600
# Truncated before it is parsed: hundreds of endpoints may read the same label.
MAX_LABEL_SOURCE_CHARACTERS = 2_000
MAX_STRINGS = 100
PLACEHOLDER_NAME = re.compile(r"(parameter|param|value|output)_\d+", re.ASCII)
# Gradio's label of a parameter of a function without components.
ORDINAL_LABEL = re.compile(r"\d+(st|nd|rd|th)", re.ASCII)
TRANSLATION_MARKER = "__i18n__"
# Gradio writes a flat object; the length limit makes the search linear.
TRANSLATION_MARKER_PATTERN = re.compile(TRANSLATION_MARKER + r"(\{[^{}]{0,500}\})")


def clean_label(text: Any, fallback: str, characters: int = MAX_LABEL_CHARACTERS) -> str:
    """Sanitize a label.

    Returns:
        The text, truncated; `fallback` for a placeholder or a value that is not text; for a translation
        marker the last part of its key.
    """
    if isinstance(text, dict):
        return clean_translated_label(text, fallback)
    if not isinstance(text, str):
        return fallback
    text = text[:MAX_LABEL_SOURCE_CHARACTERS]
    if TRANSLATION_MARKER in text:
        text = replace_markers(text, lambda key: humanize_name(get_last_key_part(key)))
    text = text.strip().replace("\0", "")  # PostgreSQL cannot store a NUL in text
    return text[:characters] if text and not PLACEHOLDER_NAME.fullmatch(text) else fallback


def replace_markers(text: str, translate: Callable[[str], str]) -> str:
    """Replace each translation marker `__i18n__{…"key": "chat.submit"…}` in a text by the words for its key.

    Gradio writes a translated text this way, and its page looks up the key. A marker without a key, or a
    truncated one, is removed.
    """

    def translate_marker(marker: re.Match[str]) -> str:
        key = parse_marker_key(marker[1])
        return translate(key) if key else ""

    return TRANSLATION_MARKER_PATTERN.sub(translate_marker, text).partition(TRANSLATION_MARKER)[0]


def parse_marker_key(text: str) -> str:
    """Parse the JSON of a marker and return its key, '' without one."""
    try:
        marker = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    key = marker.get("key") if isinstance(marker, dict) else None
    return key if isinstance(key, str) and key.strip() else ""


def get_last_key_part(key: str) -> str:
    """Return the last part of a dotted key: `chat.send_all` → `send_all`."""
    return key.rsplit(".", 1)[-1]


def clean_translated_label(marker: Any, fallback: str) -> str:
    """Return a label made of the last part of a marker's key, `fallback` if it has none."""
    key = marker.get("key") if isinstance(marker, dict) else None
    key = key[-MAX_LABEL_SOURCE_CHARACTERS:] if isinstance(key, str) else None
    return clean_label(humanize_name(get_last_key_part(key)), fallback) if key and key.strip() else fallback


def humanize_name(name: str) -> str:
    """Return a name as readable words: `/text_to_image` → « Text to image »."""
    words = name.strip("/_").replace("_", " ")
    return (words[:1].upper() + words[1:]) or name


def collect_strings(value: Any, most: int = MAX_STRINGS) -> tuple[str, ...]:
    """Return the first `most` items of a list as truncated text, () for any other value."""
    return tuple(str(item)[:MAX_LABEL_CHARACTERS] for item in value[:most]) if isinstance(value, list) else ()
