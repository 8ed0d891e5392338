"""What a page calls an endpoint: the words of its button, its name, or what sets it off. Pure."""

from collections.abc import Mapping
from typing import Any

from hfcourse.spaces.labels import humanized, readable
from hfcourse.spaces.parameters import WORDS
from hfcourse.spaces.ranking import UNNAMED, targets_of
from hfcourse.typography import french

ON_A_FIELD = {
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
OF_THE_PAGE = {
    "load": "À l’ouverture de la page",
    "tick": "À intervalles réguliers",
    "unload": "À la fermeture de la page",
}

# A title stands on every page of the Space, beside hundreds of others.
TITLE_CHARACTERS = 100

Components = Mapping[int, Mapping[str, Any]]


def button_of(dependency: Mapping[str, Any], components: Components) -> str:
    """What the button that triggers this endpoint says, '' if none does; one that nobody sees says nothing."""
    for number, event in targets_of(dependency):
        component = components.get(number) or {}
        if event == "click" and str(component.get("type", "")).endswith("button"):
            props = component.get("props") or {}
            words = readable(props.get("value"), "") or readable(props.get("label"), "")
            if words and props.get("visible", True) is True:
                return words
    return ""


def title_of(name: str, button: str, previous: str, dependency: Mapping[str, Any], components: Components) -> str:
    """A title that a person can read, whatever the endpoint is called; `previous` is the step that it follows."""
    title = whole_title(name, button, previous, dependency, components)
    return title if len(title) <= TITLE_CHARACTERS else f"{title[: TITLE_CHARACTERS - 1].rstrip()}…"


def whole_title(name: str, button: str, previous: str, dependency: Mapping[str, Any], components: Components) -> str:
    if button or not UNNAMED.fullmatch(name):
        return button or humanized(name)
    for number, event in targets_of(dependency):
        label = label_of(components.get(number) or {})
        if event in OF_THE_PAGE:
            return french(OF_THE_PAGE[event])
        if label and event in ON_A_FIELD:
            return french(ON_A_FIELD[event].format(label))
    return f"Étape après {previous}" if previous else f"Fonction sans nom {number_of(name)}".strip()


def label_of(component: Mapping[str, Any]) -> str:
    """The label of a component of the page, else what it is: « Nombre »."""
    label = readable((component.get("props") or {}).get("label"), "")
    return label or WORDS.get(str(component.get("type")), "")


def number_of(name: str) -> str:
    """« 7 » of `/lambda_7`."""
    return name.rpartition("_")[2] if name[-1:].isdigit() else ""
