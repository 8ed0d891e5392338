"""Parser of the properties of a component of /config, cached per description. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hfcourse.spaces.schema import json_schema, labels
from hfcourse.spaces.schema.choice_list import ChoiceList
from hfcourse.spaces.schema.labels import clean_label, collect_strings
from hfcourse.spaces.schema.listed_choices import parse_choice_list
from hfcourse.spaces.schema.number_checks import is_sendable_number
from hfcourse.spaces.schema.parameters.parameter_defaults import (
    NO_DEFAULT,
    ParameterDefault,
    WholeDefaultBudget,
    has_space_file,
    limit_default,
)
from hfcourse.spaces.schema.table_limits import MAX_COLUMNS

MAX_INITIAL_ROWS = 10  # of a table without content
MAX_TEXTAREA_LINES = 20


@dataclass(frozen=True)
class ComponentProps:
    """Parsed properties of a component: arguments of Parameter, choices (None without a list), defaults."""

    arguments: Mapping[str, Any]
    choices: ChoiceList | None
    default: ParameterDefault
    last_default: ParameterDefault


class ComponentPropsCache(dict[tuple[int, str], ComponentProps]):
    """Cache of parsed properties for one description, by identity of the component and component type.

    Thousands of parameters may name one component. `budget` limits all defaults together.
    """

    def __init__(self) -> None:
        super().__init__()
        self.budget = WholeDefaultBudget()


def get_component_props(component: Mapping[str, Any], kind: str, presentations: ComponentPropsCache) -> ComponentProps:
    """Return the parsed properties of a component from the cache, parsing them on a miss."""
    key = id(component), kind
    if not component or key not in presentations:
        presentations[key] = parse_component_props(component.get("props") or {}, kind, presentations.budget)
    return presentations[key]


def parse_component_props(props: Mapping[str, Any], kind: str, budget: WholeDefaultBudget) -> ComponentProps:
    """Parse the properties of a component."""
    parts = {
        "help": clean_label(props.get("info"), "", labels.MAX_HELP_CHARACTERS),
        "placeholder": clean_label(props.get("placeholder"), ""),
        **parse_text_props(props),
        **parse_choice_props(props),
        **parse_file_props(props, kind),
        **parse_table_props(props),
        **parse_datetime_props(props),
        "speakers": collect_strings(props.get("speakers")),
        "is_shown": props.get("visible", True) is True and props.get("interactive") is not False,
    }
    default = limit_default(props.get("value"), kind, budget)
    last_default = NO_DEFAULT if default.is_given else limit_default(props.get("default_value"), kind, budget)
    return ComponentProps(parts, parse_choice_list(props.get("choices")), default, last_default)


def parse_number_props(props: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Parse bounds, step and precision; the bounds of the schema are the fallback."""
    shape = json_schema.resolve_schema(schema)
    found = {
        key: coalesce_values(parse_bound(props.get(key)), parse_bound(shape.get(key)) if key != "step" else None)
        for key in ("minimum", "maximum", "step")
    }
    return {**found, "precision": parse_integer(props.get("precision"))}


def coalesce_values(*candidates: Any) -> Any:
    """Return the first value that is not None, by default None."""
    return next((each for each in candidates if each is not None), None)


def parse_text_props(props: Mapping[str, Any]) -> dict[str, Any]:
    """Parse the properties of a text field."""
    lines, kind, longest = parse_integer(props.get("lines")), props.get("type"), parse_integer(props.get("max_length"))
    return {
        "lines": max(1, min(MAX_TEXTAREA_LINES, lines or 1)),
        "max_lines": parse_integer(props.get("max_lines")),
        "text_type": kind if kind in ("password", "email") else "text",
        "max_length": longest if longest and longest > 0 else None,
        "language": clean_label(props.get("language"), "", 40),
    }


def parse_choice_props(props: Mapping[str, Any]) -> dict[str, Any]:
    """Parse the properties of a choice or of a list of files."""
    most = parse_integer(props.get("max_choices"))
    return {
        "multiple": bool(props.get("multiselect")) or props.get("file_count") in ("multiple", "directory"),
        "allows_custom": bool(props.get("allow_custom_value")),
        "max_choices": most if most and most > 0 else None,
    }


def parse_file_props(props: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Parse the properties of a file field.

    gr.File rejects types outside its list unless it takes bytes (`type="binary"`); galleries always reject them.
    """
    return {
        "is_folder": props.get("file_count") == "directory",
        "file_types": collect_strings(props.get("file_types")),
        "refuses_other_types": kind in ("gallery", "multimodaltextbox") or props.get("type") != "binary",
        "sources": collect_strings(props.get("sources")),
        "has_own_file": has_space_file(props.get("value")),
    }


def parse_table_props(props: Mapping[str, Any]) -> dict[str, Any]:
    """Parse column titles, column types and rows; `row_count` is `[number, "dynamic"]` or `[number, "fixed"]`."""
    titles, given, count = collect_column_titles(props), props.get("datatype"), props.get("row_count")
    rows, growth = count if isinstance(count, list) and len(count) == 2 else (count, "dynamic")
    return {
        "headers": titles,
        "datatypes": (given[:20],) * len(titles) if isinstance(given, str) else collect_strings(given, MAX_COLUMNS),
        "rows": max(1, min(MAX_INITIAL_ROWS, parse_integer(rows) or 1)),
        "grows": growth != "fixed",
    }


def collect_column_titles(props: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the column titles of a table: those of its value, else its property, by default 1, 2, 3 in Gradio."""
    value = props.get("value")
    own = value.get("headers") if isinstance(value, dict) else None
    return collect_strings(own, MAX_COLUMNS) or collect_strings(props.get("headers"), MAX_COLUMNS)


def parse_datetime_props(props: Mapping[str, Any]) -> dict[str, Any]:
    """Parse the properties of a gr.DateTime."""
    kind = props.get("type")
    return {
        "has_time": props.get("include_time") is not False,
        "time": kind if kind in ("timestamp", "datetime") else "string",
    }


def parse_bound(value: Any) -> float | None:
    """Return a numeric bound, None if the value is not a valid one."""
    return value if is_sendable_number(value) else None


def parse_integer(value: Any) -> int | None:
    """Return the value if it is an int (not a boolean), else None."""
    return value if type(value) is int else None
