"""What a page calls an endpoint: the words of its button, its name, or what sets it off. Pure."""

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

# What Gradio writes on the button of an Interface unless its author says otherwise.
DEFAULT_BUTTON = "Submit"

# A title stands on every page of the Space, beside hundreds of others.
MAX_ENDPOINT_TITLE_CHARACTERS, MAX_TITLE_MARK_CHARACTERS = 100, 40

Components = Mapping[int, Mapping[str, Any]]


def find_button_label(dependency: Mapping[str, Any], components: Components) -> str:
    """What the button that triggers this endpoint says, '' if none does; one that nobody sees says nothing."""
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
    """A title that a person can read, whatever the endpoint is called.

    Args:
        name: that of the endpoint, without the number that Gradio may have added to it.
        previous: the step that it follows, '' if it begins a chain.
    """
    return shorten_title(build_full_title(name, button, previous, dependency, components))


def build_full_title(
    name: str, button: str, previous: str, dependency: Mapping[str, Any], components: Components
) -> str:
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
    return title if len(title) <= characters else f"{title[: characters - 1].rstrip()}…"


def disambiguate_titles(titles: Sequence[str], marks: Sequence[Sequence[str]]) -> list[str]:
    """Titles that differ: those that are alike get the first mark that tells all of them apart, else a number.

    Args:
        marks: of each title, as many labels as of the others, '' where it has none of that kind.
    """
    alike: dict[str, list[int]] = {}
    for position, title in enumerate(titles):
        alike.setdefault(title, []).append(position)
    found = list(titles)
    for title, positions in alike.items():
        if len(positions) > 1:
            numbers = [str(count) for count in range(1, len(positions) + 1)]
            kinds = [*zip(*(marks[position] for position in positions), strict=True)]
            chosen = next((kind for kind in kinds if len({*filter(None, kind)}) == len(positions)), numbers)
            for position, mark in zip(positions, chosen, strict=True):
                found[position] = append_mark(title, mark)
    return found


def name_default_buttons(titles: Sequence[str], tabs: Sequence[str]) -> list[str]:
    """Name the tab beside a title that is Gradio's own word for any button, where there are others to choose from."""
    if len(titles) < 2:
        return [*titles]
    return [
        append_mark(title, tab) if title == DEFAULT_BUTTON and tab else title
        for title, tab in zip(titles, tabs, strict=True)
    ]


def append_mark(title: str, mark: str) -> str:
    """« Generate (Image to video) »."""
    return f"{title} ({shorten_title(mark, MAX_TITLE_MARK_CHARACTERS)})"


def get_component_label(component: Mapping[str, Any]) -> str:
    """The label of a component of the page, else what it is: « Nombre »."""
    label = clean_label((component.get("props") or {}).get("label"), "")
    return label or COMPONENT_WORDS.get(str(component.get("type")), "")


def parse_trailing_number(name: str) -> str:
    """« 7 » of `/lambda_7`."""
    return name.rpartition("_")[2] if name[-1:].isdigit() else ""
