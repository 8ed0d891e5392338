"""One value that an endpoint takes: an entry of /info joined with its component of /config. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces import json_text, labels, schemas
from hfcourse.spaces.labels import humanized, readable, strings
from hfcourse.spaces.mistakes import Wrong

NAME_CHARACTERS = 200
MOST_CHOICES, CHOICE_CHARACTERS, MOST_COLUMNS = 2_000, 100, 500
MOST_ROWS = 10  # that a table shows before anybody has filled it
MOST_LINES = 20
# Components whose value is text, a number, a box or some of these: a default of any other shape is not one.
FLAT = {
    "textbox", "number", "slider", "checkbox", "radio", "dropdown", "checkboxgroup",
    "code", "markdown", "html", "colorpicker", "datetime", "timer", "starrating",
}  # fmt: skip
WORDS = {
    "textbox": "Texte", "number": "Nombre", "slider": "Réglette", "checkbox": "Case", "checkboxgroup": "Cases",
    "radio": "Choix", "dropdown": "Choix", "image": "Image", "audio": "Son", "video": "Vidéo", "file": "Fichier",
    "dataframe": "Tableau", "datetime": "Date", "colorpicker": "Couleur", "chatbot": "Conversation", "code": "Code",
    "json": "JSON", "gallery": "Galerie", "imageeditor": "Image", "multimodaltextbox": "Message", "model3d": "Volume",
    "imageslider": "Images", "highlightedtext": "Texte annoté", "dialogue": "Dialogue", "fileexplorer": "Fichiers",
    "html": "HTML", "markdown": "Texte", "browserstate": "Mémoire", "plot": "Graphique", "lineplot": "Graphique",
    "timer": "Minuterie", "label": "Étiquette", "uploadbutton": "Fichier", "pdf": "Document", "starrating": "Note",
}  # fmt: skip
IN_PICTURES = ("image", "video", "background")
YES_OR_NO = (("oui", True), ("non", False))


@dataclass(frozen=True)
class Parameter:
    """One value to send. `component` is Gradio's type in lower case; `default` is None where a form shows nothing.

    `has_own_file` says that the Space's own page starts with a file of the Space, which is not sent from here.
    `time` is the kind of a moment: "string" (any text), "timestamp" or "datetime" (the Space reads it as a moment).
    `is_expected` is true where a Python function has no value of its own; nothing is ever refused for being empty.
    """

    name: str
    label: str
    component: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    help: str = ""
    placeholder: str = ""
    choices: tuple[tuple[str, Any], ...] = ()
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    precision: int | None = None
    lines: int = 1
    text_type: str = "text"
    max_length: int | None = None
    language: str = ""
    multiple: bool = False
    allows_custom: bool = False
    max_choices: int | None = None
    is_folder: bool = False
    file_types: tuple[str, ...] = ()
    refuses_other_types: bool = False
    sources: tuple[str, ...] = ()
    has_own_file: bool = False
    headers: tuple[str, ...] = ()
    datatypes: tuple[str, ...] = ()
    rows: int = 1
    grows: bool = True
    has_time: bool = True
    time: str = "string"
    speakers: tuple[str, ...] = ()
    is_expected: bool = False
    is_shown: bool = True


def describe_parameter(entry: Mapping[str, Any], component: Mapping[str, Any]) -> Parameter:
    """One entry of `parameters` with its component of /config ({} where there is none).

    Raises:
        KeyError, TypeError, ValueError, AttributeError: they have not the form that Gradio gives them.
    """
    props = component.get("props") or {}
    kind = component_of(entry, component)
    name = str(entry["parameter_name"]).replace("\0", "")[:NAME_CHARACTERS]
    schema = schema if isinstance(schema := entry.get("type"), dict) else {}
    return Parameter(
        name=name,
        label=label_of(entry, name, kind),
        component=kind,
        schema=schema,
        help=readable(props.get("info"), "", labels.HELP_CHARACTERS),
        placeholder=readable(props.get("placeholder"), ""),
        choices=choices(props.get("choices"), schema),
        default=default(entry, props, kind),
        **numeric(props, schema),
        **textual(props),
        **chosen(props),
        **of_files(props, kind),
        **of_table(props),
        **of_moment(props),
        speakers=strings(props.get("speakers")),
        is_expected=kind == "api" and not entry.get("parameter_has_default") and not schemas.may_be_null(schema),
        is_shown=props.get("visible", True) is True and props.get("interactive") is not False,
    )


def component_of(entry: Mapping[str, Any], component: Mapping[str, Any]) -> str:
    """The component's type; a plot and an HTML element of an author's own have their names in /info alone."""
    known, told = str(component.get("type") or "").lower(), str(entry.get("component") or "").lower()
    return (told or known) if known in ("html", "nativeplot", "") else known


def label_of(entry: Mapping[str, Any], name: str, kind: str) -> str:
    """The author's label, else the parameter's name, else what it is and which: « Image 2 ».

    Gradio calls what has no component « 1st », « 2nd », and what has no name « param_0 ».
    """
    label = readable(entry.get("label"), "")
    if label and not (kind == "api" and labels.ORDINAL.fullmatch(label)):
        return label
    if labels.PLACEHOLDER.fullmatch(name):
        return f"{WORDS.get(kind, 'Valeur')} {int(name.rsplit('_', 1)[1][:9]) + 1}"
    return humanized(name)


def numeric(props: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    shape = schemas.plain(schema)
    found = {
        key: first(number(props.get(key)), number(shape.get(key)) if key != "step" else None)
        for key in ("minimum", "maximum", "step")
    }
    return {**found, "precision": whole(props.get("precision"))}


def first(*candidates: Any) -> Any:
    return next((each for each in candidates if each is not None), None)


def textual(props: Mapping[str, Any]) -> dict[str, Any]:
    lines, kind, longest = whole(props.get("lines")), props.get("type"), whole(props.get("max_length"))
    return {
        "lines": max(1, min(MOST_LINES, lines or 1)),
        "text_type": kind if kind in ("password", "email") else "text",
        "max_length": longest if longest and longest > 0 else None,
        "language": readable(props.get("language"), "", 40),
    }


def chosen(props: Mapping[str, Any]) -> dict[str, Any]:
    most = whole(props.get("max_choices"))
    return {
        "multiple": bool(props.get("multiselect")) or props.get("file_count") in ("multiple", "directory"),
        "allows_custom": bool(props.get("allow_custom_value")),
        "max_choices": most if most and most > 0 else None,
    }


def of_files(props: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """gr.File refuses other types than its own unless it wants the bytes (`type="binary"`); galleries always do."""
    return {
        "is_folder": props.get("file_count") == "directory",
        "file_types": strings(props.get("file_types")),
        "refuses_other_types": kind in ("gallery", "multimodaltextbox") or props.get("type") != "binary",
        "sources": strings(props.get("sources")),
        "has_own_file": holds_file(props.get("value")),
    }


def holds_file(value: Any) -> bool:
    """Is there file data of the Space in this value, or in the list that it is?"""
    if isinstance(value, list):
        return any(map(holds_file, value[:MOST_ROWS]))
    if not isinstance(value, dict):
        return False
    return isinstance(value.get("path"), str) or any(holds_file(value.get(key)) for key in IN_PICTURES)


def of_table(props: Mapping[str, Any]) -> dict[str, Any]:
    """Titles and types of the columns; `row_count` is `[number, "dynamic"]` or `[number, "fixed"]`."""
    titles, given, count = headers(props), props.get("datatype"), props.get("row_count")
    rows, growth = count if isinstance(count, list) and len(count) == 2 else (count, "dynamic")
    return {
        "headers": titles,
        "datatypes": (given,) * len(titles) if isinstance(given, str) else strings(given)[:MOST_COLUMNS],
        "rows": max(1, min(MOST_ROWS, whole(rows) or 1)),
        "grows": growth != "fixed",
    }


def headers(props: Mapping[str, Any]) -> tuple[str, ...]:
    """The titles of a table's columns: those of its first value, else its own, which Gradio fills with 1, 2, 3."""
    value = props.get("value")
    titles = strings(value.get("headers") if isinstance(value, dict) else None) or strings(props.get("headers"))
    return titles[:MOST_COLUMNS]


def of_moment(props: Mapping[str, Any]) -> dict[str, Any]:
    kind = props.get("type")
    return {
        "has_time": props.get("include_time") is not False,
        "time": kind if kind in ("timestamp", "datetime") else "string",
    }


def default(entry: Mapping[str, Any], props: Mapping[str, Any], kind: str) -> Any:
    """What the form shows first; never file data, it could name a file of ours."""
    for candidate in (props.get("value"), entry.get("parameter_default"), props.get("default_value")):
        if is_harmless(candidate, kind):
            return candidate
    return None


def is_harmless(value: Any, kind: str) -> bool:
    """May a form show this and send it back? A scalar, a list of scalars, a table, or JSON without files."""
    if value is None:
        return False
    if isinstance(value, list) and len(value) > MOST_CHOICES:
        return False
    if is_scalar(value) or (isinstance(value, list) and all(is_scalar(item) for item in value)):
        return True
    if kind in FLAT:
        return False
    if kind == "dataframe":
        return (
            isinstance(value, dict)
            and set(value) <= {"headers", "data", "metadata"}
            and isinstance(value.get("data"), list)
        )
    return is_small_json(value)


def is_small_json(value: Any) -> bool:
    try:
        json_text.check_sendable(value)
    except Wrong:
        return False
    return True


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def choices(pairs: Any, schema: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Label and JSON value of each choice: from /config, else from the schema (a list, or yes, no and nothing)."""
    if isinstance(pairs, list):
        return tuple(
            (label_of_choice(pair[0]), pair[1])
            if isinstance(pair, list) and len(pair) == 2
            else (label_of_choice(pair), pair)
            for pair in pairs[:MOST_CHOICES]
        )
    listed = schemas.enum_of(schema)
    if listed is None and schemas.may_be_null(schema) and schemas.type_of(schemas.plain(schema)) == "boolean":
        return YES_OR_NO
    return tuple((label_of_choice(value), value) for value in (listed or [])[:MOST_CHOICES])


def label_of_choice(label: Any) -> str:
    return readable(label, str(label).strip(), CHOICE_CHARACTERS)[:CHOICE_CHARACTERS] or "(vide)"


def number(value: Any) -> float | None:
    """A bound, None where there is none."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_one and abs(value) < 1e300 and math.isfinite(value) else None


def whole(value: Any) -> int | None:
    return value if type(value) is int else None
