"""One value that an endpoint takes: an entry of /info joined with its component of /config. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hfcourse.spaces import json_text, labels, schemas
from hfcourse.spaces.choice_list import ChoiceList
from hfcourse.spaces.controls import choose_control
from hfcourse.spaces.file_places import FilePlace, find_file_places
from hfcourse.spaces.json_size import exceeds
from hfcourse.spaces.labels import humanized, readable, strings
from hfcourse.spaces.mistakes import Wrong
from hfcourse.spaces.needs import read_need
from hfcourse.spaces.table_limits import MAX_COLUMNS, number_columns, shorten_table

NAME_CHARACTERS = 200
MOST_CHOICES, CHOICE_CHARACTERS = 2_000, 100
# What a form shows first of one parameter, as JSON: as much as a student may write there (see json_text.py).
MAX_DEFAULT_CHARACTERS = 100_000
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
NO_CHOICES = ChoiceList()
YES_OR_NO = ChoiceList((("oui", True), ("non", False)))


@dataclass(frozen=True)
class Parameter:
    """One value to send. `component` is Gradio's type in lower case; `default` is None where a form shows nothing.

    `has_own_file` says that the Space's own page starts with a file of the Space, which is not sent from here.
    `time` is the kind of a moment: "string" (any text), "timestamp" or "datetime" (the Space reads it as a moment).
    `is_named` is false where the name is ours, because another parameter has the author's.
    `is_expected` is true where a Python function has no value of its own; nothing is ever refused for being empty.
    `need` is what the author says of leaving it empty, see needs.py.
    `default_is_cut` says that the Space's own page starts with more than a form here can show. `max_shown_choices` and
    `max_rows` are what the form's budget leaves to this parameter, None where it leaves all (see form_budget.py).
    """

    name: str
    label: str
    component: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    help: str = ""
    placeholder: str = ""
    choices: ChoiceList = NO_CHOICES
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
    is_named: bool = True
    is_expected: bool = False
    need: str = ""
    is_shown: bool = True
    default_is_cut: bool = False
    max_shown_choices: int | None = None
    max_rows: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.choices, ChoiceList):
            object.__setattr__(self, "choices", ChoiceList(self.choices))

    @cached_property
    def shape(self) -> Mapping[str, Any]:
        """The schema without references and null, see `schemas.plain`."""
        return schemas.plain(self.schema)

    @cached_property
    def is_nullable(self) -> bool:
        return schemas.may_be_null(self.schema)

    @cached_property
    def file_places(self) -> tuple[FilePlace, ...]:
        """Where files stand in its value, by its schema."""
        return find_file_places(self.schema)

    @cached_property
    def control(self) -> str:
        """The kind of control that writes its value, see controls.py."""
        return choose_control(self)

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The titles of the columns that a form shows: those of the table, numbers where it has none."""
        return self.headers or number_columns(self.default)


# A value as far as a form can show it, None where it cannot, and whether that is less than all of it.
Bounded = tuple[Any, bool]
NO_DEFAULT: Bounded = (None, False)


@dataclass(frozen=True)
class Presentation:
    """What the properties of a component say: arguments of Parameter, choices (None where it lists none), defaults."""

    parts: Mapping[str, Any]
    choices: ChoiceList | None
    default: Bounded
    last_default: Bounded


# By the identity of the component and the kind of parameter that it is: thousands of parameters may name one component.
Presentations = dict[tuple[int, str], Presentation]


def describe_parameter(
    entry: Mapping[str, Any], component: Mapping[str, Any], presentations: Presentations | None = None
) -> Parameter:
    """One entry of `parameters` with its component of /config ({} where there is none).

    Args:
        presentations: the cache of one description, whose components stay alive meanwhile.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: they have not the form that Gradio gives them.
    """
    kind = component_of(entry, component)
    name = str(entry["parameter_name"]).replace("\0", "")[:NAME_CHARACTERS]
    schema = schema if isinstance(schema := entry.get("type"), dict) else {}
    presented = presentation_of(component, kind, {} if presentations is None else presentations)
    value, is_cut = default(presented, entry, kind)
    need, label, help_text = read_need(label_of(entry, name, kind), presented.parts["help"])
    return Parameter(
        name=name,
        label=label,
        component=kind,
        schema=schema,
        choices=choices_in_schema(schema) if presented.choices is None else presented.choices,
        default=value,
        default_is_cut=is_cut,
        **numeric(component.get("props") or {}, schema),
        is_expected=kind == "api" and not entry.get("parameter_has_default") and not schemas.may_be_null(schema),
        need=need,
        **{**presented.parts, "help": help_text},
    )


def presentation_of(component: Mapping[str, Any], kind: str, presentations: Presentations) -> Presentation:
    """`present` of this component, computed once."""
    key = id(component), kind
    if not component or key not in presentations:
        presentations[key] = present(component.get("props") or {}, kind)
    return presentations[key]


def present(props: Mapping[str, Any], kind: str) -> Presentation:
    """Read the properties of a component."""
    parts = {
        "help": readable(props.get("info"), "", labels.HELP_CHARACTERS),
        "placeholder": readable(props.get("placeholder"), ""),
        **textual(props),
        **chosen(props),
        **of_files(props, kind),
        **of_table(props),
        **of_moment(props),
        "speakers": strings(props.get("speakers")),
        "is_shown": props.get("visible", True) is True and props.get("interactive") is not False,
    }
    defaults = bounded_default(props.get("value"), kind), bounded_default(props.get("default_value"), kind)
    return Presentation(parts, listed_choices(props.get("choices")), *defaults)


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
        "datatypes": (given[:20],) * len(titles) if isinstance(given, str) else strings(given, MAX_COLUMNS),
        "rows": max(1, min(MOST_ROWS, whole(rows) or 1)),
        "grows": growth != "fixed",
    }


def headers(props: Mapping[str, Any]) -> tuple[str, ...]:
    """The titles of a table's columns: those of its first value, else its own, which Gradio fills with 1, 2, 3."""
    value = props.get("value")
    own = value.get("headers") if isinstance(value, dict) else None
    return strings(own, MAX_COLUMNS) or strings(props.get("headers"), MAX_COLUMNS)


def of_moment(props: Mapping[str, Any]) -> dict[str, Any]:
    kind = props.get("type")
    return {
        "has_time": props.get("include_time") is not False,
        "time": kind if kind in ("timestamp", "datetime") else "string",
    }


def default(presented: Presentation, entry: Mapping[str, Any], kind: str) -> Bounded:
    """What the form shows first; never file data, it could name a file of ours."""
    for found in (presented.default, bounded_default(entry.get("parameter_default"), kind), presented.last_default):
        if found[0] is not None or found[1]:
            return found
    return NO_DEFAULT


def bounded_default(value: Any, kind: str) -> Bounded:
    """Cut a table to the rows that a form can send, and leave out whatever else is too large to be shown."""
    if value is None:
        return NO_DEFAULT
    short = shorten_table(value) if kind == "dataframe" else value
    if exceeds(short, MAX_DEFAULT_CHARACTERS):
        return None, not holds_file(value)
    return (short, short is not value) if is_harmless(short, kind) else NO_DEFAULT


def is_harmless(value: Any, kind: str) -> bool:
    """May a form show this and send it back? A scalar, a list of scalars, a table, or JSON without files."""
    if value is None or is_unsendable_number(value):
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


def is_unsendable_number(value: Any) -> bool:
    """Is this a number that no form could send back, see numbers.number_in?"""
    return isinstance(value, int | float) and not isinstance(value, bool) and number(value) is None


def is_small_json(value: Any) -> bool:
    try:
        json_text.check_sendable(value)
    except Wrong:
        return False
    return True


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def listed_choices(pairs: Any) -> ChoiceList | None:
    """Label and JSON value of each choice that a component lists; None where it lists none."""
    if not isinstance(pairs, list):
        return None
    return ChoiceList(
        (label_of_choice(pair[0]), pair[1])
        if isinstance(pair, list) and len(pair) == 2
        else (label_of_choice(pair), pair)
        for pair in pairs[:MOST_CHOICES]
    )


def choices_in_schema(schema: Mapping[str, Any]) -> ChoiceList:
    """The choices of a schema: a list, or yes, no and nothing."""
    listed = schemas.enum_of(schema)
    if listed is None and schemas.may_be_null(schema) and schemas.type_of(schemas.plain(schema)) == "boolean":
        return YES_OR_NO
    if listed is None:
        return NO_CHOICES
    return ChoiceList((label_of_choice(value), value) for value in listed[:MOST_CHOICES])


def label_of_choice(label: Any) -> str:
    fallback = label[:CHOICE_CHARACTERS] if isinstance(label, str) else str(label)
    return readable(label, fallback.strip(), CHOICE_CHARACTERS)[:CHOICE_CHARACTERS] or "(vide)"


def number(value: Any) -> float | None:
    """A bound, None where there is none."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_one and abs(value) < 1e300 and math.isfinite(value) else None


def whole(value: Any) -> int | None:
    return value if type(value) is int else None
