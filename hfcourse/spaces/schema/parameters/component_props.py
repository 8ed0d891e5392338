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
    """What the properties of a component say: arguments of Parameter, choices (None where it lists none), defaults."""

    arguments: Mapping[str, Any]
    choices: ChoiceList | None
    default: ParameterDefault
    last_default: ParameterDefault


class ComponentPropsCache(dict[tuple[int, str], ComponentProps]):
    """The cache of one description, by the identity of the component and the kind of parameter that it is.

    Thousands of parameters may name one component. `budget` is what all defaults together may take.
    """

    def __init__(self) -> None:
        super().__init__()
        self.budget = WholeDefaultBudget()


def get_component_props(component: Mapping[str, Any], kind: str, presentations: ComponentPropsCache) -> ComponentProps:
    """`present` of this component, computed once."""
    key = id(component), kind
    if not component or key not in presentations:
        presentations[key] = parse_component_props(component.get("props") or {}, kind, presentations.budget)
    return presentations[key]


def parse_component_props(props: Mapping[str, Any], kind: str, budget: WholeDefaultBudget) -> ComponentProps:
    """Read the properties of a component."""
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
    shape = json_schema.resolve_schema(schema)
    found = {
        key: coalesce_values(parse_bound(props.get(key)), parse_bound(shape.get(key)) if key != "step" else None)
        for key in ("minimum", "maximum", "step")
    }
    return {**found, "precision": parse_integer(props.get("precision"))}


def coalesce_values(*candidates: Any) -> Any:
    return next((each for each in candidates if each is not None), None)


def parse_text_props(props: Mapping[str, Any]) -> dict[str, Any]:
    lines, kind, longest = parse_integer(props.get("lines")), props.get("type"), parse_integer(props.get("max_length"))
    return {
        "lines": max(1, min(MAX_TEXTAREA_LINES, lines or 1)),
        "max_lines": parse_integer(props.get("max_lines")),
        "text_type": kind if kind in ("password", "email") else "text",
        "max_length": longest if longest and longest > 0 else None,
        "language": clean_label(props.get("language"), "", 40),
    }


def parse_choice_props(props: Mapping[str, Any]) -> dict[str, Any]:
    most = parse_integer(props.get("max_choices"))
    return {
        "multiple": bool(props.get("multiselect")) or props.get("file_count") in ("multiple", "directory"),
        "allows_custom": bool(props.get("allow_custom_value")),
        "max_choices": most if most and most > 0 else None,
    }


def parse_file_props(props: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """gr.File refuses other types than its own unless it wants the bytes (`type="binary"`); galleries always do."""
    return {
        "is_folder": props.get("file_count") == "directory",
        "file_types": collect_strings(props.get("file_types")),
        "refuses_other_types": kind in ("gallery", "multimodaltextbox") or props.get("type") != "binary",
        "sources": collect_strings(props.get("sources")),
        "has_own_file": has_space_file(props.get("value")),
    }


def parse_table_props(props: Mapping[str, Any]) -> dict[str, Any]:
    """Titles and types of the columns; `row_count` is `[number, "dynamic"]` or `[number, "fixed"]`."""
    titles, given, count = collect_column_titles(props), props.get("datatype"), props.get("row_count")
    rows, growth = count if isinstance(count, list) and len(count) == 2 else (count, "dynamic")
    return {
        "headers": titles,
        "datatypes": (given[:20],) * len(titles) if isinstance(given, str) else collect_strings(given, MAX_COLUMNS),
        "rows": max(1, min(MAX_INITIAL_ROWS, parse_integer(rows) or 1)),
        "grows": growth != "fixed",
    }


def collect_column_titles(props: Mapping[str, Any]) -> tuple[str, ...]:
    """The titles of a table's columns: those of its first value, else its own, which Gradio fills with 1, 2, 3."""
    value = props.get("value")
    own = value.get("headers") if isinstance(value, dict) else None
    return collect_strings(own, MAX_COLUMNS) or collect_strings(props.get("headers"), MAX_COLUMNS)


def parse_datetime_props(props: Mapping[str, Any]) -> dict[str, Any]:
    kind = props.get("type")
    return {
        "has_time": props.get("include_time") is not False,
        "time": kind if kind in ("timestamp", "datetime") else "string",
    }


def parse_bound(value: Any) -> float | None:
    """A bound, None where there is none."""
    return value if is_sendable_number(value) else None


def parse_integer(value: Any) -> int | None:
    return value if type(value) is int else None
