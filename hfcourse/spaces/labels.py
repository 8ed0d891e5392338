"""The words that a Space has for its parts, made readable: placeholders and translation markers are none. Pure."""

import json
import re
from typing import Any

LABEL_CHARACTERS, HELP_CHARACTERS = 200, 600
# No label is longer; it is cut before anything reads it, since one label can be asked for by hundreds of endpoints.
MAX_SOURCE_CHARACTERS = 2_000
MAX_STRINGS = 100
PLACEHOLDER = re.compile(r"(parameter|param|value|output)_\d+", re.ASCII)
# What Gradio calls the parameters of a function that has no component.
ORDINAL = re.compile(r"\d+(st|nd|rd|th)", re.ASCII)
MARKER = "__i18n__"


def readable(text: Any, fallback: str, characters: int = LABEL_CHARACTERS) -> str:
    """A label as text: placeholders and whatever is no text give `fallback`, a translation the last word of its key."""
    if isinstance(text, dict):
        return keyed(text, fallback)
    if not isinstance(text, str):
        return fallback
    text = text[:MAX_SOURCE_CHARACTERS]
    if text.startswith(MARKER):
        return marked(text, fallback)
    text = text.strip().replace("\0", "")  # PostgreSQL keeps no text with a NUL
    return text[:characters] if text and not PLACEHOLDER.fullmatch(text) else fallback


def marked(text: str, fallback: str) -> str:
    """What `__i18n__{…"key": "chat.submit"…}` says to somebody who has no translation: « Submit »."""
    try:
        return keyed(json.loads(text.removeprefix(MARKER)), fallback)
    except (ValueError, RecursionError):
        return fallback


def keyed(marker: Any, fallback: str) -> str:
    key = marker.get("key") if isinstance(marker, dict) else None
    key = key[-MAX_SOURCE_CHARACTERS:] if isinstance(key, str) else None
    return readable(humanized(key.rsplit(".", 1)[-1]), fallback) if key and key.strip() else fallback


def humanized(name: str) -> str:
    """`/text_to_image` → « Text to image »."""
    words = name.strip("/_").replace("_", " ")
    return (words[:1].upper() + words[1:]) or name


def strings(value: Any, most: int = MAX_STRINGS) -> tuple[str, ...]:
    """The first texts of a list, empty for anything else."""
    return tuple(str(item)[:LABEL_CHARACTERS] for item in value[:most]) if isinstance(value, list) else ()
