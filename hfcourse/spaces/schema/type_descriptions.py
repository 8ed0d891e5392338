"""French descriptions of the types of parameters and outputs, from JSON schema and component. Pure.

Keys and values, which are not French, are quoted with backticks.
"""

import json
from collections.abc import Sequence
from typing import Any

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.json_schema import Schema
from hfcourse.spaces.untrusted.json_size import exceeds_json_size
from hfcourse.text.typography import NO_BREAK

MAX_TYPE_DEPTH, MAX_LISTED_ITEMS, MAX_TYPE_CHARACTERS, MAX_CHOICE_CHARACTERS = 3, 6, 200, 40
ANY_TYPE_WORDS, TEXT_TYPE_WORD, LIST_TYPE_WORD = "n’importe quelle valeur JSON", "texte", "liste"
SIMPLE_TYPE_WORDS = {
    "string": TEXT_TYPE_WORD,
    "integer": "nombre entier",
    "number": "nombre",
    "boolean": "vrai ou faux",
    "null": "`null`",
}
PLURAL_TYPE_WORDS = {
    TEXT_TYPE_WORD: "textes",
    "nombre entier": "nombres entiers",
    "nombre": "nombres",
    "fichier": "fichiers",
    "objet": "objets",
    LIST_TYPE_WORD: "listes",
}
FILE_TYPE_WORDS = {
    "image": "fichier image",
    "audio": "fichier son",
    "video": "fichier vidéo",
    "model3d": "fichier de volume 3D",
}


def describe_type(schema: Any, component: str = "") -> str:
    """Return a description of this type (« liste de nombres »), of at most MAX_TYPE_CHARACTERS.

    Args:
        component: Gradio's component type, case-insensitive; it determines the kind of a file.
    """
    root = schema if isinstance(schema, dict) else {}
    words = (
        FILE_TYPE_WORDS.get(component.lower(), "")
        if json_schema.is_file_schema(json_schema.resolve_schema(root), root)
        else ""
    )
    return truncate_words(words or describe_schema(root, root, 0))


def describe_schema(schema: Any, root: Schema, depth: int) -> str:
    """Return the description of a schema node; a union of null and one type is described as that type."""
    shape = json_schema.resolve_schema(schema, root)
    if json_schema.is_file_schema(shape, root):
        return "fichier"
    choices = shape.get("enum")
    if isinstance(choices, list) and choices:
        return describe_choices(choices)
    if "const" in shape:
        return format_choice_json(shape["const"])
    alternatives = json_schema.get_alternatives(shape)
    if alternatives and depth < MAX_TYPE_DEPTH:
        words = dict.fromkeys(describe_schema(each, root, depth + 1) for each in alternatives[:MAX_LISTED_ITEMS])
        return " ou ".join(words)
    kind = json_schema.get_schema_type(shape)
    if kind == "array":
        return describe_list_type(shape, root, depth)
    return describe_object_type(shape, root, depth) if kind == "object" else SIMPLE_TYPE_WORDS.get(kind, ANY_TYPE_WORDS)


def describe_list_type(shape: Schema, root: Schema, depth: int) -> str:
    """Return the description of a list, or of a tuple with the types of its items."""
    parts = shape.get("prefixItems")
    if depth >= MAX_TYPE_DEPTH:
        return LIST_TYPE_WORD
    if isinstance(parts, list) and parts:
        items = ", ".join(describe_schema(each, root, depth + 1) for each in parts[:MAX_LISTED_ITEMS])
        return f"{LIST_TYPE_WORD}{NO_BREAK}: {items}"
    if not shape.get("items"):
        return LIST_TYPE_WORD
    items = describe_schema(shape["items"], root, depth + 1)
    return (
        f"{LIST_TYPE_WORD} de {PLURAL_TYPE_WORDS[items]}"
        if items in PLURAL_TYPE_WORDS
        else f"{LIST_TYPE_WORD} dont chaque élément est{NO_BREAK}: {items}"
    )


def describe_object_type(shape: Schema, root: Schema, depth: int) -> str:
    """Return the description of an object, with its first keys and their types."""
    properties = json_schema.get_properties(shape)
    if not properties or depth >= MAX_TYPE_DEPTH:
        return "objet"
    keys = [
        f"{quote_code(name[:MAX_TYPE_CHARACTERS])} ({describe_schema(each, root, depth + 1)})"
        for name, each in [*properties.items()][:MAX_LISTED_ITEMS]
    ]
    return f"objet{NO_BREAK}: {', '.join(keys)}" + (", …" if len(properties) > MAX_LISTED_ITEMS else "")


def describe_choices(choices: Sequence[Any]) -> str:
    """Return the first choices as JSON, and the total number if the list is truncated."""
    listed = ", ".join(map(format_choice_json, choices[:MAX_LISTED_ITEMS]))
    return f"un choix parmi {listed}" + (f"… ({len(choices)} en tout)" if len(choices) > MAX_LISTED_ITEMS else "")


def format_choice_json(value: Any) -> str:
    """Return a choice as truncated JSON in backticks."""
    short = value[:MAX_CHOICE_CHARACTERS] if isinstance(value, str) else value
    if exceeds_json_size(short, 2 * MAX_CHOICE_CHARACTERS):
        return "…"
    return quote_code(truncate_words(json.dumps(short, ensure_ascii=False), MAX_CHOICE_CHARACTERS))


def quote_code(text: str) -> str:
    """Quote a text with backticks, replacing those inside by apostrophes."""
    return f"`{text.replace('`', chr(39))}`"


def truncate_words(text: str, characters: int = MAX_TYPE_CHARACTERS) -> str:
    """Truncate a text to this length, with an ellipsis."""
    return text if len(text) <= characters else text[: characters - 1] + "…"
