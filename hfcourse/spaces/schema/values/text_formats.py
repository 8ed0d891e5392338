"""Values written as lines of text: a conversation, a dialogue, paths, a label. Pure."""

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
    """The messages that the lines write, in the form that this version of Gradio takes.

    A line that begins with no role goes on with the message before it.
    """
    messages = parse_messages(texts[0])
    if detect_message_style(parameter) == "pairs":
        return pair_messages(messages)
    return [build_message(role, text, detect_message_style(parameter) == "parts") for role, text in messages]


def parse_messages(text: str) -> list[tuple[str, str]]:
    """Role and text of each message.

    Raises:
        Wrong: the first line says not who speaks, or there are too many lines.
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
    return [(role, "\n".join(said_lines).rstrip("\n")) for role, said_lines in messages]


def unindent_line(line: str) -> str:
    """A line of a message that looks like a new one is written with a space before it."""
    return line[1:] if line.startswith(" ") and ROLE_LINE.fullmatch(line.lstrip(" ")) else line


def build_message(role: str, text: str, is_in_parts: bool) -> dict[str, Any]:
    """A message; Gradio 4, whose content is text, knows no options and refuses metadata that are null."""
    if not is_in_parts:
        return {"role": role, "content": text}
    return {"role": role, "metadata": None, "content": [{"text": text, "type": "text"}], "options": None}


def pair_messages(messages: Sequence[tuple[str, str]]) -> list[list[str | None]]:
    """Messages as Gradio 4 keeps them: what was said and the answer, side by side."""
    pairs: list[list[str | None]] = []
    for role, text in messages:
        if role == "assistant" and pairs and pairs[-1][1] is None:
            pairs[-1][1] = text
        else:
            pairs.append([None, text] if role == "assistant" else [text, None])
    return pairs


def detect_message_style(parameter: Parameter) -> str:
    """How messages are written: « pairs » (Gradio 4), « texts » (5: the content is text), « parts » (6: a list)."""
    message = json_schema.resolve_schema(json_schema.resolve_schema(parameter.schema).get("items"), parameter.schema)
    properties = message.get("properties")
    if json_schema.get_schema_type(message) == "array":
        return "pairs"
    content = (
        json_schema.resolve_schema(properties.get("content"), parameter.schema) if isinstance(properties, dict) else {}
    )
    return "texts" if content and json_schema.get_schema_type(content) != "array" else "parts"


def format_chat(value: Any) -> str:
    """The lines of a conversation, its files and components left out."""
    lines = []
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict) and isinstance(item.get("role"), str):
            lines.append(format_message(item["role"], item.get("content")))
        elif isinstance(item, list) and len(item) == 2:
            lines += [format_message(role, text) for role, text in zip(("user", "assistant"), item, strict=True)]
    return "\n".join(filter(None, lines))


def format_message(role: str, content: Any) -> str:
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    first, *others = "\n".join(text for text in texts if isinstance(text, str)).split("\n")
    if role not in ROLE_WORDS or not (first or others):
        return ""
    return "\n".join([f"{role}: {first}", *map(indent_line, others)])


def indent_line(line: str) -> str:
    """The reverse of `unindented`."""
    return f" {line}" if ROLE_LINE.fullmatch(line.lstrip(" ")) else line


# --- a dialogue


def parse_dialogue(parameter: Parameter, texts: Sequence[str]) -> list[dict[str, str]] | str:
    """Speaker and text of each line, « Nom : texte » or « [Nom] texte »; one without a name is the first speaker's.

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
    if isinstance(value, str):
        return value
    lines = [item for item in (value if isinstance(value, list) else []) if isinstance(item, dict)]
    return "\n".join(f"{item.get('speaker', '')} : {item.get('text', '')}".replace("\n", " ") for item in lines)


# --- paths of a file explorer


def parse_paths(_parameter: Parameter, texts: Sequence[str]) -> list[list[str]]:
    """The parts of each path, one path a line."""
    check_line_count(texts[0])
    paths = [line.strip().strip("/").split("/") for line in texts[0].splitlines() if line.strip().strip("/")]
    if any(part in ("", ".", "..") for path in paths for part in path):
        raise InvalidValue("Écrivez un chemin par ligne, sans « .. », par exemple dossier/fichier.txt.")
    return paths


def format_paths(value: Any) -> str:
    paths = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return "\n".join("/".join(map(str, path)) if isinstance(path, list) else str(path) for path in paths)


# --- a label


def parse_label(_parameter: Parameter, texts: Sequence[str]) -> dict[str, Any] | None:
    """A label without confidences; nothing is null."""
    text = texts[0].strip()
    return {"label": text, "confidences": None} if text else None


def format_label(value: Any) -> str:
    label: Any = value.get("label") if isinstance(value, Mapping) else value
    return "" if label is None else str(label)
