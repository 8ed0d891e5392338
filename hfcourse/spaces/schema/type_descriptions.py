"""Types of parameters and outputs in French words, from their JSON schema and component. Pure.

Keys and values, which are not French, stand between backticks.
"""

import json
from collections.abc import Sequence
from typing import Any

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.json_schema import Schema
from hfcourse.spaces.untrusted.json_size import exceeds
from hfcourse.text.typography import NO_BREAK

MAX_DEPTH, MAX_LISTED, MAX_CHARACTERS, MAX_CHOICE_CHARACTERS = 3, 6, 200, 40
ANY, TEXT, LIST = "n’importe quelle valeur JSON", "texte", "liste"
SIMPLE = {"string": TEXT, "integer": "nombre entier", "number": "nombre", "boolean": "vrai ou faux", "null": "`null`"}
PLURALS = {
    TEXT: "textes",
    "nombre entier": "nombres entiers",
    "nombre": "nombres",
    "fichier": "fichiers",
    "objet": "objets",
    LIST: "listes",
}
FILES = {"image": "fichier image", "audio": "fichier son", "video": "fichier vidéo", "model3d": "fichier de volume 3D"}


def describe_type(schema: Any, component: str = "") -> str:
    """Return what a value of this type is, as « liste de nombres » ; MAX_CHARACTERS at most.

    Args:
        component: Gradio's type, in any case; it says which kind of file a file is.
    """
    root = schema if isinstance(schema, dict) else {}
    words = FILES.get(component.lower(), "") if json_schema.is_file(json_schema.plain(root), root) else ""
    return shorten(words or describe(root, root, 0))


def describe(schema: Any, root: Schema, depth: int) -> str:
    """Return the words of a part of a schema, without a choice between null and one other type."""
    shape = json_schema.plain(schema, root)
    if json_schema.is_file(shape, root):
        return "fichier"
    choices = shape.get("enum")
    if isinstance(choices, list) and choices:
        return list_choices(choices)
    if "const" in shape:
        return written(shape["const"])
    alternatives = json_schema.alternatives(shape)
    if alternatives and depth < MAX_DEPTH:
        words = dict.fromkeys(describe(each, root, depth + 1) for each in alternatives[:MAX_LISTED])
        return " ou ".join(words)
    kind = json_schema.type_of(shape)
    if kind == "array":
        return describe_list(shape, root, depth)
    return describe_object(shape, root, depth) if kind == "object" else SIMPLE.get(kind, ANY)


def describe_list(shape: Schema, root: Schema, depth: int) -> str:
    """Return « liste de nombres », or the types of the parts of a tuple."""
    parts = shape.get("prefixItems")
    if depth >= MAX_DEPTH:
        return LIST
    if isinstance(parts, list) and parts:
        return f"{LIST}{NO_BREAK}: {', '.join(describe(each, root, depth + 1) for each in parts[:MAX_LISTED])}"
    if not shape.get("items"):
        return LIST
    items = describe(shape["items"], root, depth + 1)
    return f"{LIST} de {PLURALS[items]}" if items in PLURALS else f"{LIST} dont chaque élément est{NO_BREAK}: {items}"


def describe_object(shape: Schema, root: Schema, depth: int) -> str:
    """Return « objet », with its keys and their types."""
    properties = json_schema.properties_of(shape)
    if not properties or depth >= MAX_DEPTH:
        return "objet"
    keys = [
        f"{quote_code(name[:MAX_CHARACTERS])} ({describe(each, root, depth + 1)})"
        for name, each in [*properties.items()][:MAX_LISTED]
    ]
    return f"objet{NO_BREAK}: {', '.join(keys)}" + (", …" if len(properties) > MAX_LISTED else "")


def list_choices(choices: Sequence[Any]) -> str:
    """Return the first choices as JSON, and how many there are."""
    listed = ", ".join(map(written, choices[:MAX_LISTED]))
    return f"un choix parmi {listed}" + (f"… ({len(choices)} en tout)" if len(choices) > MAX_LISTED else "")


def written(value: Any) -> str:
    short = value[:MAX_CHOICE_CHARACTERS] if isinstance(value, str) else value
    if exceeds(short, 2 * MAX_CHOICE_CHARACTERS):
        return "…"
    return quote_code(shorten(json.dumps(short, ensure_ascii=False), MAX_CHOICE_CHARACTERS))


def quote_code(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`"


def shorten(text: str, characters: int = MAX_CHARACTERS) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"
