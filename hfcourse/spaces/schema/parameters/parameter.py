"""Data model and builder of a parameter: an entry of /info joined with its component of /config. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hfcourse.spaces.schema import json_schema, labels
from hfcourse.spaces.schema.choice_list import ChoiceList
from hfcourse.spaces.schema.file_places import FilePlace, find_file_places
from hfcourse.spaces.schema.labels import clean_label, humanize_name
from hfcourse.spaces.schema.layout.mounting import MOUNT_DEPENDENT_TYPES, UnsetComponentValues
from hfcourse.spaces.schema.listed_choices import NO_CHOICES, parse_schema_choices
from hfcourse.spaces.schema.parameters.component_props import (
    ComponentProps,
    ComponentPropsCache,
    get_component_props,
    parse_number_props,
)
from hfcourse.spaces.schema.parameters.parameter_defaults import (
    ParameterDefault,
    WholeDefaultBudget,
    find_first_default,
    limit_default,
)
from hfcourse.spaces.schema.parameters.requirement_marks import extract_requirement
from hfcourse.spaces.schema.parameters.widgets import choose_control_kind
from hfcourse.spaces.schema.table_limits import number_columns

MAX_NAME_CHARACTERS = 200
COMPONENT_WORDS = {
    "textbox": "Texte", "number": "Nombre", "slider": "Réglette", "checkbox": "Case", "checkboxgroup": "Cases",
    "radio": "Choix", "dropdown": "Choix", "image": "Image", "audio": "Son", "video": "Vidéo", "file": "Fichier",
    "dataframe": "Tableau", "datetime": "Date", "colorpicker": "Couleur", "chatbot": "Conversation", "code": "Code",
    "json": "JSON", "gallery": "Galerie", "imageeditor": "Image", "multimodaltextbox": "Message", "model3d": "Volume",
    "imageslider": "Images", "highlightedtext": "Texte annoté", "dialogue": "Dialogue", "fileexplorer": "Fichiers",
    "html": "HTML", "markdown": "Texte", "browserstate": "Mémoire", "plot": "Graphique", "lineplot": "Graphique",
    "timer": "Minuterie", "label": "Étiquette", "uploadbutton": "Fichier", "pdf": "Document", "starrating": "Note",
}  # fmt: skip
NO_UNSET_VALUES = UnsetComponentValues()


@dataclass(frozen=True)
class Parameter:
    """One value that an endpoint takes.

    Attributes:
        component: Gradio's type in lower case.
        default: the initial value of the form field, None for an empty field.
        has_own_file: the Space's own page starts with a file of the Space, which this form does not send.
        time: the type of a gr.DateTime: "string" (any text), "timestamp" or "datetime" (parsed by the Space).
        is_named: false if the name is generated, because another parameter has the author's name.
        is_expected: a Python function has no default for it. An empty value is never rejected for that.
        requirement: REQUIRED, OPTIONAL or '', by the author's own words (see requirement_marks.py).
        default_is_cut: the default is larger than a form can render, and truncated.
        whole_json: the complete default as JSON, None if it is not truncated or not sent
            (see parameter_defaults.py).
        is_null_at_first: the Space's own page sends null until its block is opened (see mounting.py).
        max_shown_choices: limit from the budget of the form, None for no limit (see form_budget.py).
        max_rows: limit from the budget of the form, None for no limit.
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
    max_lines: int | None = None
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
    requirement: str = ""
    is_shown: bool = True
    default_is_cut: bool = False
    whole_json: bytes | None = field(default=None, repr=False)
    is_null_at_first: bool = False
    max_shown_choices: int | None = None
    max_rows: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.choices, ChoiceList):
            object.__setattr__(self, "choices", ChoiceList(self.choices))

    @cached_property
    def resolved_schema(self) -> Mapping[str, Any]:
        """Schema without references and null, see `json_schema.resolve_schema`."""
        return json_schema.resolve_schema(self.schema)

    @cached_property
    def is_nullable(self) -> bool:
        """Does the schema accept null?"""
        return json_schema.is_nullable_schema(self.schema)

    @cached_property
    def file_places(self) -> tuple[FilePlace, ...]:
        """Places of files in its value, by its schema."""
        return find_file_places(self.schema)

    @cached_property
    def control(self) -> str:
        """Kind of control for its value, see widgets.py."""
        return choose_control_kind(self)

    @property
    def is_one_line(self) -> bool:
        """Is its field on the Space's own page a single line, which strips newlines from pasted text?

        Gradio renders an `input` for a password, an e-mail address, or `lines` and `max_lines` of 1, else a
        `textarea` that grows, even for `lines=1` (js/textbox/shared/Textbox.svelte in Gradio 4, 5 and 6).
        """
        return self.text_type != "text" or (self.lines == 1 and self.max_lines == 1)

    @property
    def full_default(self) -> Any:
        """Complete default of the Space, parsed again from JSON if the form truncates it."""
        return self.default if self.whole_json is None else json.loads(self.whole_json)

    @cached_property
    def column_titles(self) -> tuple[str, ...]:
        """Titles of the columns in a form: those of the table, by default numbers."""
        return self.headers or number_columns(self.default)


def build_parameter(
    entry: Mapping[str, Any],
    component: Mapping[str, Any],
    presentations: ComponentPropsCache | None = None,
    initial: UnsetComponentValues = NO_UNSET_VALUES,
) -> Parameter:
    """Build a parameter from an entry of `parameters` and its component of /config ({} if unknown).

    Args:
        presentations: the cache of one description; it is keyed by identity, so the components must outlive it.
        initial: the values that the Space's own page sends for components without a value.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the payload does not have Gradio's schema.
    """
    kind = choose_component_type(entry, component)
    name = str(entry["parameter_name"]).replace("\0", "")[:MAX_NAME_CHARACTERS]
    schema = schema if isinstance(schema := entry.get("type"), dict) else {}
    presentations = ComponentPropsCache() if presentations is None else presentations
    presented = get_component_props(component, kind, presentations)
    found = find_first_default(iter_defaults(presented, entry, kind, presentations.budget))
    value = found.value if found.is_given else initial.find_unset_value(component, kind)
    need, label, help_text = extract_requirement(choose_parameter_label(entry, name, kind), presented.arguments["help"])
    return Parameter(
        name=name,
        label=label,
        component=kind,
        schema=schema,
        choices=parse_schema_choices(schema) if presented.choices is None else presented.choices,
        default=value,
        default_is_cut=found.is_cut,
        whole_json=found.whole_json,
        is_null_at_first=bool(component) and value is None and not found.is_cut and kind in MOUNT_DEPENDENT_TYPES,
        **parse_number_props(component.get("props") or {}, schema),
        is_expected=kind == "api"
        and not entry.get("parameter_has_default")
        and not json_schema.is_nullable_schema(schema),
        requirement=need,
        **{**presented.arguments, "help": help_text},
    )


def choose_component_type(entry: Mapping[str, Any], component: Mapping[str, Any]) -> str:
    """Return the component's type; only /info has the type of a plot and of a custom HTML component."""
    config_type, info_type = str(component.get("type") or "").lower(), str(entry.get("component") or "").lower()
    return (info_type or config_type) if config_type in ("html", "nativeplot", "") else config_type


def choose_parameter_label(entry: Mapping[str, Any], name: str, kind: str) -> str:
    """Return the author's label, else the parameter's name, else its type and number: « Image 2 ».

    Gradio labels a parameter without a component « 1st », « 2nd », and names one without a name « param_0 ».
    """
    label = clean_label(entry.get("label"), "")
    if label and not (kind == "api" and labels.ORDINAL_LABEL.fullmatch(label)):
        return label
    if labels.PLACEHOLDER_NAME.fullmatch(name):
        return f"{COMPONENT_WORDS.get(kind, 'Valeur')} {int(name.rsplit('_', 1)[1][:9]) + 1}"
    return humanize_name(name)


def iter_defaults(
    presented: ComponentProps, entry: Mapping[str, Any], kind: str, budget: WholeDefaultBudget
) -> Iterator[ParameterDefault]:
    """Yield candidate defaults by priority; never file data, which could reference a server file."""
    yield presented.default
    yield limit_default(entry.get("parameter_default"), kind, budget)
    yield presented.last_default
