"""Parsers and formatters of values written as lines of text: a conversation, a dialogue, paths, a label. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values.text_limits import check_line_count

ROLE_WORDS = {"user": "user", "vous": "user", "assistant": "assistant", "modèle": "assistant", "modele": "assistant",
         "system": "system", "système": "system"}  # fmt: skip
ROLE_LINE = re.compile(rf"({'|'.join(ROLE_WORDS)})[ \u00a0\u202f]?: ?(.*)", re.IGNORECASE)
SPEAKER_LINE = re.compile(r"([^:\n]{1,100}?)[ \u00a0\u202f]?: ?(.*)")
BRACKET_LINE = re.compile(r"\[([^\]\n]{1,100})\] ?(.*)")


# --- a conversation


def parse_chat(parameter: Parameter, texts: Sequence[str]) -> list[Any]:
    """Parse lines to messages, in the format of this version of Gradio.

    A line without a role continues the previous message.
    """
    messages = parse_messages(texts[0])
    if detect_message_style(parameter) == "pairs":
        return pair_messages(messages)
    return [build_message(role, text, detect_message_style(parameter) == "parts") for role, text in messages]


def parse_messages(text: str) -> list[tuple[str, str]]:
    """Parse role and text of each message.

    Raises:
        InvalidValue: the first line has no role, or there are too many lines.
    """
    check_line_count(text)
    messages: list[tuple[str, list[str]]] = []
    for line in text.replace("\r\n", "\n").strip("\n").split("\n"):
        if found := ROLE_LINE.fullmatch(line):
            messages.append((ROLE_WORDS[found[1].lower()], [found[2]]))
        elif messages:
            messages[-1][1].append(unindent_line(line))
        elif line.strip():
            raise InvalidValue("Commencez la première ligne par « user: » ou « assistant: ».")
    return [(role, "\n".join(lines).rstrip("\n")) for role, lines in messages]


def unindent_line(line: str) -> str:
    """Unescape a line of a message: a leading space escapes a line that looks like a new message."""
    return line[1:] if line.startswith(" ") and ROLE_LINE.fullmatch(line.lstrip(" ")) else line


def build_message(role: str, text: str, is_in_parts: bool) -> dict[str, Any]:
    """Build a message; with text content (Gradio 4), `options` is unknown and null metadata is rejected."""
    if not is_in_parts:
        return {"role": role, "content": text}
    return {"role": role, "metadata": None, "content": [{"text": text, "type": "text"}], "options": None}


def pair_messages(messages: Sequence[tuple[str, str]]) -> list[list[str | None]]:
    """Return messages in the format of Gradio 4: pairs of a request and its response."""
    pairs: list[list[str | None]] = []
    for role, text in messages:
        if role == "assistant" and pairs and pairs[-1][1] is None:
            pairs[-1][1] = text
        else:
            pairs.append([None, text] if role == "assistant" else [text, None])
    return pairs


def detect_message_style(parameter: Parameter) -> str:
    """Return the message format: « pairs » (Gradio 4), « texts » (5: the content is text), « parts » (6: a list)."""
    message = json_schema.resolve_schema(json_schema.resolve_schema(parameter.schema).get("items"), parameter.schema)
    properties = message.get("properties")
    if json_schema.get_schema_type(message) == "array":
        return "pairs"
    content = (
        json_schema.resolve_schema(properties.get("content"), parameter.schema) if isinstance(properties, dict) else {}
    )
    return "texts" if content and json_schema.get_schema_type(content) != "array" else "parts"


def format_chat(value: Any) -> str:
    """Format a conversation as lines, without its files and components."""
    lines = []
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict) and isinstance(item.get("role"), str):
            lines.append(format_message(item["role"], item.get("content")))
        elif isinstance(item, list) and len(item) == 2:
            lines += [format_message(role, text) for role, text in zip(("user", "assistant"), item, strict=True)]
    return "\n".join(filter(None, lines))


def format_message(role: str, content: Any) -> str:
    """Format a message as lines, '' without a known role or text."""
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    first, *others = "\n".join(text for text in texts if isinstance(text, str)).split("\n")
    if role not in ROLE_WORDS or not (first or others):
        return ""
    return "\n".join([f"{role}: {first}", *map(indent_line, others)])


def indent_line(line: str) -> str:
    """Escape a line that looks like a new message, the inverse of `unindent_line`."""
    return f" {line}" if ROLE_LINE.fullmatch(line.lstrip(" ")) else line


# --- a dialogue


def parse_dialogue(parameter: Parameter, texts: Sequence[str]) -> list[dict[str, str]] | str:
    """Parse speaker and text of each line, « Nom : texte » or « [Nom] texte »; the default is the first speaker.

    A dialogue without speakers is a plain text, as on the Space's own page.
    """
    check_line_count(texts[0])
    lines = [line for line in texts[0].splitlines() if line.strip()]
    found = [BRACKET_LINE.fullmatch(line) or SPEAKER_LINE.fullmatch(line) for line in lines]
    if lines and not parameter.speakers and not any(found):
        return texts[0].replace("\r\n", "\n")
    speaker = parameter.speakers[0] if parameter.speakers else ""
    return [
        {"speaker": named[1].strip() if named else speaker, "text": named[2] if named else line}
        for line, named in zip(lines, found, strict=True)
    ]


def format_dialogue(value: Any) -> str:
    """Format a dialogue, one line per item."""
    if isinstance(value, str):
        return value
    lines = [item for item in (value if isinstance(value, list) else []) if isinstance(item, dict)]
    return "\n".join(f"{item.get('speaker', '')} : {item.get('text', '')}".replace("\n", " ") for item in lines)


# --- paths of a file explorer


def parse_paths(_parameter: Parameter, texts: Sequence[str]) -> list[list[str]]:
    """Parse one path per line, and split it; raise InvalidValue for an empty or relative part."""
    check_line_count(texts[0])
    paths = [line.strip().strip("/").split("/") for line in texts[0].splitlines() if line.strip().strip("/")]
    if any(part in ("", ".", "..") for path in paths for part in path):
        raise InvalidValue("Écrivez un chemin par ligne, sans « .. », par exemple dossier/fichier.txt.")
    return paths


def format_paths(value: Any) -> str:
    """Format paths, one per line."""
    paths = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return "\n".join("/".join(map(str, path)) if isinstance(path, list) else str(path) for path in paths)


# --- a label


def parse_label(_parameter: Parameter, texts: Sequence[str]) -> dict[str, Any] | None:
    """Parse a label without confidences; an empty text is null."""
    text = texts[0].strip()
    return {"label": text, "confidences": None} if text else None


def format_label(value: Any) -> str:
    """Format a label, without its confidences."""
    label: Any = value.get("label") if isinstance(value, Mapping) else value
    return "" if label is None else str(label)
