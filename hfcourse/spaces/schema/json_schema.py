"""Reader of the JSON schemas of /info, limited to what a form needs. Pure.

The only question is which control can write a value of this type. Other keywords and malformed parts of a schema
are ignored.
"""

from collections.abc import Mapping
from typing import Any

MAX_REFERENCE_STEPS = 8  # of chained references
# Gradio's own schemas have at most 4 alternatives and 7 properties; a schema above the limit is ignored.
MAX_ALTERNATIVES, MAX_PROPERTIES = 100, 100
FILE_TITLES, FILE_TYPE = ("FileData", "ImageData"), "gradio.FileData"
MAX_SCHEMA_NODES = 5_000  # Gradio's largest schema, that of a chat, has about five hundred nodes

Schema = Mapping[str, Any]


def resolve_schema(schema: Any, root: Schema | None = None) -> Schema:
    """Resolve the references of a schema and drop `null` from its alternatives.

    Args:
        root: the schema with the definitions, by default `schema` itself.

    Returns:
        The resolved schema; {} if it is malformed, or if resolving it exceeds MAX_REFERENCE_STEPS
        references or MAX_ALTERNATIVES alternatives in total.
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
    """Return the definition that `$ref` names, {} if it is missing."""
    reference, definitions = schema["$ref"], root.get("$defs")
    name = reference.rsplit("/", 1)[-1] if isinstance(reference, str) else ""
    return definitions.get(name, {}) if isinstance(definitions, dict) else {}


def get_only_alternative(schema: Schema) -> Any:
    """Return the only alternative besides null, None if there are several; `number | integer` counts as one."""
    kinds = [each for each in get_alternatives(schema) if get_schema_type(each) != "null"]
    if kinds and all(get_schema_type(each) in ("number", "integer") for each in kinds):
        return {"type": "number"} if len(kinds) > 1 else kinds[0]
    return kinds[0] if len(kinds) == 1 else None


def get_alternatives(schema: Schema) -> list[Any]:
    """Return the alternatives of a union; [] if there are none, or more than MAX_ALTERNATIVES."""
    found = schema.get("anyOf") or schema.get("oneOf")
    return found if isinstance(found, list) and len(found) <= MAX_ALTERNATIVES else []


def count_alternatives(schema: Schema) -> int:
    """Count the alternatives, including those of a list too long for `get_alternatives`."""
    found = schema.get("anyOf") or schema.get("oneOf")
    return len(found) if isinstance(found, list) else 0


def get_schema_type(schema: Any) -> str:
    """Return the `type` of a schema, '' if it has no single type."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    return kind if isinstance(kind, str) else ""


def is_nullable_schema(schema: Schema) -> bool:
    """Is `null` one of the alternatives?"""
    return any(get_schema_type(each) == "null" for each in get_alternatives(schema))


def get_enum_values(schema: Schema) -> list[Any] | None:
    """Return the `enum` of the schema or of its items, None without one."""
    shape = resolve_schema(schema)
    items = resolve_schema(shape.get("items"), schema) if get_schema_type(shape) == "array" else shape
    values = items.get("enum")
    return values if isinstance(values, list) and values else None


def is_file_schema(schema: Schema, root: Schema | None = None) -> bool:
    """Is this the schema of Gradio's file data?

    Detected by structure: the schema of a component has the title « FileData », that of a Python type has none.

    Args:
        root: the schema with the definitions that `schema`, already resolved, refers to.
    """
    properties, is_titled = get_properties(schema), schema.get("title") in FILE_TITLES
    if not ("path" in properties or "url" in properties):
        return is_titled and "properties" not in schema
    return is_titled or is_file_meta_schema(resolve_schema(properties.get("meta"), root or schema))


def is_file_meta_schema(meta: Schema) -> bool:
    """Is this the `meta` of Gradio's file data: a constant since Gradio 5, a default in Gradio 4?"""
    marker = get_properties(meta).get("_type")
    if isinstance(marker, dict) and (marker.get("const") == FILE_TYPE or marker.get("enum") == [FILE_TYPE]):
        return True
    return meta.get("default") == {"_type": FILE_TYPE}


def contains_file_schema(schema: Any) -> bool:
    """Is there a file anywhere in the schema, its definitions included? Visits at most MAX_SCHEMA_NODES nodes."""
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
    """Return the name of the first property that is a file (`video` of VideoData), '' without one."""
    properties = get_properties(resolve_schema(schema))
    return next((name for name, each in properties.items() if is_file_schema(resolve_schema(each, schema), schema)), "")


def get_properties(shape: Schema) -> Mapping[str, Any]:
    """Return the properties of an object schema; {} if it has none, or more than MAX_PROPERTIES."""
    properties = shape.get("properties")
    return properties if isinstance(properties, dict) and len(properties) <= MAX_PROPERTIES else {}
