"""What a page calls an endpoint: the words of its button, its name, or what sets it off. Pure."""

from collections.abc import Mapping
from typing import Any

from hfcourse.spaces.labels import humanized, readable
from hfcourse.spaces.ranking import UNNAMED
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

Components = Mapping[int, Mapping[str, Any]]


def button_of(dependency: Mapping[str, Any], components: Components) -> str:
    """What the button that triggers this endpoint says, '' if none does."""
    for component, event in targets_of(dependency, components):
        if event == "click" and str(component.get("type", "")).endswith("button"):
            props = component.get("props") or {}
            if words := readable(props.get("value"), "") or readable(props.get("label"), ""):
                return words
    return ""


def targets_of(dependency: Mapping[str, Any], components: Components) -> list[tuple[Mapping[str, Any], Any]]:
    """Component and event of each thing that triggers this endpoint; {} for the page itself."""
    return [(components.get(target[0]) or {}, target[1]) for target in dependency.get("targets", ())]


def title_of(name: str, button: str, previous: str, dependency: Mapping[str, Any], components: Components) -> str:
    """A title that a person can read, whatever the endpoint is called; `previous` is the step that it follows."""
    if button or not UNNAMED.fullmatch(name):
        return button or humanized(name)
    for component, event in targets_of(dependency, components):
        label = readable((component.get("props") or {}).get("label"), "")
        if event in OF_THE_PAGE:
            return french(OF_THE_PAGE[event])
        if label and event in ON_A_FIELD:
            return french(ON_A_FIELD[event].format(label))
    return f"Étape après {previous}" if previous else french("Fonction sans nom")
