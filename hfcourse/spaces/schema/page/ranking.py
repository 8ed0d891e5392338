"""Rules for blocked endpoints, which cannot be called, and internal ones, not meant for people. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.text.typography import typeset_french

BUTTON_EVENTS = {"click", "submit"}
UNNAMED_ENDPOINT = re.compile(r"/(lambda|js_fn)(_\d+)?", re.ASCII)

NEEDS_EVENT = typeset_french(
    "Il attend un geste fait dans la page du Space (un clic, une sélection) : on ne peut pas l’appeler d’ici."
)
NEEDS_COMPONENT = typeset_french("Il lit tout un élément de la page du Space : on ne peut pas l’appeler d’ici.")
NEEDS_STREAM = typeset_french("Il reçoit un flux continu (caméra, micro) : on ne peut pas l’appeler d’ici.")
NEEDS_LOGIN = typeset_french("Il agit au nom d’une personne connectée à Hugging Face : on ne peut pas l’appeler d’ici.")
TOO_LARGE_FOR_FORM = typeset_french(
    "Il attend trop de valeurs, ou des valeurs trop longues, pour un formulaire : on ne peut pas l’appeler d’ici."
)
MALFORMED_DESCRIPTION = typeset_french("Sa description n’a pas la forme attendue : on ne peut pas l’appeler d’ici.")
PRIVATE_NAME = typeset_french("Son nom commence par un tiret bas : son auteur le destine à la page elle-même.")
NO_AUTHOR_NAME = typeset_french("Son auteur ne lui a pas donné de nom : c’est un rouage de la page.")
NO_PARAMETERS = typeset_french("Il n’attend aucune valeur, et aucun bouton ne le lance.")
ALL_PARAMETERS_HIDDEN = typeset_french("La page du Space ne montre aucun de ses paramètres.")
TRIGGERED_BY_PAGE = typeset_french("La page du Space l’appelle d’elle-même, quand elle s’ouvre ou qu’un champ change.")
ONLY_FILLS_FIELDS = typeset_french(
    "Il n’attend aucune valeur, et ne fait que remplir ou vider des champs de la page du Space."
)
PRIVATE_CHAIN_STEP = typeset_french("C’est une étape d’une fonction que son auteur n’a pas rendue publique.")


def find_blocked_reason(dependency: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Return why this endpoint cannot be called through the API, '' if it can, by /config and /info."""
    if dependency.get("collects_event_data"):
        return NEEDS_EVENT
    if dependency.get("component_prop_inputs"):
        return NEEDS_COMPONENT
    if dependency.get("connection") == "stream":
        return NEEDS_STREAM
    # « optional » is `gr.OAuthToken | None`: without a login, the function receives None.
    return NEEDS_LOGIN if entry.get("oauth_token") not in (None, "", "optional") else ""


def find_internal_reason(name: str, button: str, entry: Mapping[str, Any], parameters: tuple[Parameter, ...]) -> str:
    """Return why this endpoint is probably not meant for people, '' if it is; it can be called anyway."""
    if name.startswith("/_") and not button:
        return PRIVATE_NAME
    if button or entry.get("description"):
        return ""
    if UNNAMED_ENDPOINT.fullmatch(name):
        return NO_AUTHOR_NAME
    if not parameters:
        return NO_PARAMETERS
    return "" if any(parameter.is_shown for parameter in parameters) else ALL_PARAMETERS_HIDDEN


def parse_targets(dependency: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Parse the triggers of an endpoint.

    Returns:
        Component id (None for the page itself) and event name of each.
    """
    listed = dependency.get("targets")
    targets = [each for each in listed if isinstance(each, list) and len(each) == 2] if isinstance(listed, list) else []
    return [(number, event) for number, event in targets if isinstance(event, str)]
