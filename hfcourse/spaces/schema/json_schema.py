"""What a JSON schema of /info says of a value, as far as a form needs it. Pure.

Only one reading matters here: which control can write such a value. Whatever a schema says beyond that, or says
wrongly, is as if it said nothing.
"""

from collections.abc import Mapping
from typing import Any

MAX_REFERENCE_STEPS = 8  # of references that lead to references
# Gradio's own schemas have 4 alternatives and 7 properties at most. One that has more alternatives says nothing.
MAX_ALTERNATIVES, MAX_PROPERTIES = 100, 100
FILE_TITLES, FILE_TYPE = ("FileData", "ImageData"), "gradio.FileData"
MAX_SCHEMA_NODES = 5_000  # of a schema: Gradio's largest, that of a chat, has some five hundred

Schema = Mapping[str, Any]


def resolve_schema(schema: Any, root: Schema | None = None) -> Schema:
    """The schema without its references and without the `null` among its alternatives; {} where it is none.

    `root` holds the definitions, where that is not the schema itself. All steps together look at MAX_ALTERNATIVES.
    """
    root = root if root is not None else schema if isinstance(schema, dict) else {}
    budget = MAX_ALTERNATIVES
    for _ in range(MAX_REFERENCE_STEPS):
        if not isinstance(schema, dict):
            return {}
        budget -= count_alternatives(schema)
        if budget < 0:
            return {}
        step = resolve_reference(schema, root) if "$ref" in schema else get_only_alternative(schema)
        if step is None:
            return schema
        schema = step
    return {}


def resolve_reference(schema: Schema, root: Schema) -> Any:
    reference, definitions = schema["$ref"], root.get("$defs")
    name = reference.rsplit("/", 1)[-1] if isinstance(reference, str) else ""
    return definitions.get(name, {}) if isinstance(definitions, dict) else {}


def get_only_alternative(schema: Schema) -> Any:
    """The one alternative that is not null; numbers of both kinds are one; None where there is a choice."""
    kinds = [each for each in get_alternatives(schema) if get_schema_type(each) != "null"]
    if kinds and all(get_schema_type(each) in ("number", "integer") for each in kinds):
        return {"type": "number"} if len(kinds) > 1 else kinds[0]
    return kinds[0] if len(kinds) == 1 else None


def get_alternatives(schema: Schema) -> list[Any]:
    found = schema.get("anyOf") or schema.get("oneOf")
    return found if isinstance(found, list) and len(found) <= MAX_ALTERNATIVES else []


def count_alternatives(schema: Schema) -> int:
    """Number of alternatives, those of a list that is too long for `alternatives` included."""
    found = schema.get("anyOf") or schema.get("oneOf")
    return len(found) if isinstance(found, list) else 0


def get_schema_type(schema: Any) -> str:
    kind = schema.get("type") if isinstance(schema, dict) else None
    return kind if isinstance(kind, str) else ""


def is_nullable_schema(schema: Schema) -> bool:
    """Does the schema name `null` among its alternatives?"""
    return any(get_schema_type(each) == "null" for each in get_alternatives(schema))


def get_enum_values(schema: Schema) -> list[Any] | None:
    """The values that the schema lists, its own or those of its items; None where it lists none."""
    shape = resolve_schema(schema)
    items = resolve_schema(shape.get("items"), schema) if get_schema_type(shape) == "array" else shape
    values = items.get("enum")
    return values if isinstance(values, list) and values else None


def is_file_schema(schema: Schema, root: Schema | None = None) -> bool:
    """Is this Gradio's file data? By its structure: components say « FileData », a Python function's types no title.

    Args:
        root: holds the definitions that `schema`, resolved by `plain`, refers to.
    """
    properties, is_titled = get_properties(schema), schema.get("title") in FILE_TITLES
    if not ("path" in properties or "url" in properties):
        return is_titled and "properties" not in schema
    return is_titled or is_file_meta_schema(resolve_schema(properties.get("meta"), root or schema))


def is_file_meta_schema(meta: Schema) -> bool:
    """Does this schema of `meta` name Gradio's file data: by a constant since Gradio 5, by its default in Gradio 4?"""
    named = get_properties(meta).get("_type")
    if isinstance(named, dict) and (named.get("const") == FILE_TYPE or named.get("enum") == [FILE_TYPE]):
        return True
    return meta.get("default") == {"_type": FILE_TYPE}


def contains_file_schema(schema: Any) -> bool:
    """Is there a file anywhere in the schema, its definitions included? Looks at MAX_NODES of it."""
    root, waiting = schema if isinstance(schema, dict) else {}, [schema]
    for _ in range(MAX_SCHEMA_NODES):
        if not waiting:
            return False
        node = waiting.pop()
        if isinstance(node, dict):
            if is_file_schema(node, root):
                return True
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return False


def find_file_property(schema: Schema) -> str:
    """The first property that is a file, where the schema is an object with one (`video` of VideoData); else ''."""
    properties = get_properties(resolve_schema(schema))
    return next((name for name, each in properties.items() if is_file_schema(resolve_schema(each, schema), schema)), "")


def get_properties(shape: Schema) -> Mapping[str, Any]:
    """The properties of an object; {} where it has none, or more than any that a form could know."""
    properties = shape.get("properties")
    return properties if isinstance(properties, dict) and len(properties) <= MAX_PROPERTIES else {}
