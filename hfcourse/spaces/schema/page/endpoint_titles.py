"""Titles of endpoints: the label of the button, the function name, or the triggering event. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.spaces.schema.labels import clean_label, humanize_name
from hfcourse.spaces.schema.page.ranking import UNNAMED_ENDPOINT, parse_targets
from hfcourse.spaces.schema.parameters.parameter import COMPONENT_WORDS
from hfcourse.text.typography import typeset_french

FIELD_EVENT_TITLES = {
    "change": "Quand « {} » change",
    "input": "Pendant la saisie de « {} »",
    "select": "À un choix dans « {} »",
    "upload": "À l’envoi d’un fichier dans « {} »",
    "submit": "À l’envoi de « {} »",
    "clear": "Quand « {} » est vidé",
    "blur": "À la sortie de « {} »",
    "focus": "À l’entrée dans « {} »",
    "click": "Au clic sur « {} »",
}
PAGE_EVENT_TITLES = {
    "load": "À l’ouverture de la page",
    "tick": "À intervalles réguliers",
    "unload": "À la fermeture de la page",
}

# Gradio's default label of the button of an Interface.
DEFAULT_BUTTON = "Submit"

# Every title is rendered on every page of the Space, beside hundreds of others.
MAX_ENDPOINT_TITLE_CHARACTERS, MAX_TITLE_MARK_CHARACTERS = 100, 40

Components = Mapping[int, Mapping[str, Any]]


def find_button_label(dependency: Mapping[str, Any], components: Components) -> str:
    """Return the label of the visible button that triggers this endpoint, '' without one."""
    for number, event in parse_targets(dependency):
        component = components.get(number) or {}
        if event == "click" and str(component.get("type", "")).endswith("button"):
            props = component.get("props") or {}
            words = clean_label(props.get("value"), "") or clean_label(props.get("label"), "")
            if words and props.get("visible", True) is True:
                return words
    return ""


def build_endpoint_title(
    name: str, button: str, previous: str, dependency: Mapping[str, Any], components: Components
) -> str:
    """Build a readable title of an endpoint, truncated.

    Args:
        name: the name of the endpoint, without Gradio's numeric suffix.
        button: the label of its button, '' without one.
        previous: the name of the previous step, '' for the first of a chain.
    """
    return shorten_title(build_full_title(name, button, previous, dependency, components))


def build_full_title(
    name: str, button: str, previous: str, dependency: Mapping[str, Any], components: Components
) -> str:
    """Build a readable title: button, function name, event, previous step or number, the first available."""
    if button or not UNNAMED_ENDPOINT.fullmatch(name):
        return button or humanize_name(name)
    for number, event in parse_targets(dependency):
        label = get_component_label(components.get(number) or {})
        if event in PAGE_EVENT_TITLES:
            return typeset_french(PAGE_EVENT_TITLES[event])
        if label and event in FIELD_EVENT_TITLES:
            return typeset_french(FIELD_EVENT_TITLES[event].format(label))
    return f"Étape après {previous}" if previous else f"Fonction sans nom {parse_trailing_number(name)}".strip()


def shorten_title(title: str, characters: int = MAX_ENDPOINT_TITLE_CHARACTERS) -> str:
    """Truncate a title to this length, with an ellipsis."""
    return title if len(title) <= characters else f"{title[: characters - 1].rstrip()}…"


def disambiguate_titles(titles: Sequence[str], marks: Sequence[Sequence[str]]) -> list[str]:
    """Make titles unique: append to duplicates the first kind of mark that distinguishes all of them, else a number.

    Args:
        marks: the labels of each title, one per kind of mark, '' if missing.
    """
    positions_by_title: dict[str, list[int]] = {}
    for position, title in enumerate(titles):
        positions_by_title.setdefault(title, []).append(position)
    unique = list(titles)
    for title, positions in positions_by_title.items():
        if len(positions) > 1:
            numbers = [str(count) for count in range(1, len(positions) + 1)]
            kinds = [*zip(*(marks[position] for position in positions), strict=True)]
            chosen = next((kind for kind in kinds if len({*filter(None, kind)}) == len(positions)), numbers)
            for position, mark in zip(positions, chosen, strict=True):
                unique[position] = append_mark(title, mark)
    return unique


def name_default_buttons(titles: Sequence[str], tabs: Sequence[str]) -> list[str]:
    """Append the tab to titles that are Gradio's default button label, if there is more than one title."""
    if len(titles) < 2:
        return [*titles]
    return [
        append_mark(title, tab) if title == DEFAULT_BUTTON and tab else title
        for title, tab in zip(titles, tabs, strict=True)
    ]


def append_mark(title: str, mark: str) -> str:
    """Append a mark in parentheses: « Generate (Image to video) »."""
    return f"{title} ({shorten_title(mark, MAX_TITLE_MARK_CHARACTERS)})"


def get_component_label(component: Mapping[str, Any]) -> str:
    """Return the label of a component of the page, by default a word for its type: « Nombre »."""
    label = clean_label((component.get("props") or {}).get("label"), "")
    return label or COMPONENT_WORDS.get(str(component.get("type")), "")


def parse_trailing_number(name: str) -> str:
    """Return the number at the end of a name, '' without one: « 7 » for `/lambda_7`."""
    return name.rpartition("_")[2] if name[-1:].isdigit() else ""
