"""What this process already knows of a Space: its state, its card, its description. Nothing here sends a request."""

from typing import TYPE_CHECKING

from flask import current_app

from hfcourse import tokens
from hfcourse.spaces import catalogue
from hfcourse.spaces.hub import hub_api
from hfcourse.spaces.hub.space_card import SpaceCard
from hfcourse.spaces.registry.resolver import get_registry, has_registry

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient


def get_known_client(space_id: str) -> "SpaceClient | None":
    """Return the client of a Space that this process has described before, expired or not, without any request."""
    url = find_known_url(space_id)
    if not url or not has_registry():
        return None
    registry, token = get_registry(), tokens.get_site_token()
    found = registry.get_known_client(url, token) if token else None
    return found or registry.get_known_client(url)


def find_known_url(space_id: str) -> str:
    """Return where a Space was the last time, '' if this process has not asked for it."""
    entry = catalogue.find_catalogue_entry(space_id)
    if entry and entry.url:
        return entry.url
    if space_id == catalogue.PRACTICE_SPACE_ID:
        return current_app.config["PRACTICE_URL"] or catalogue.get_practice_server().url or ""
    status = hub_api.get_status_cache().get_latest_value(space_id)
    return status.url if status else ""


def get_last_card(space_id: str) -> SpaceCard:
    """Return the card of a Space from its last look-up, without a request to the Hub."""
    return hub_api.get_cached_card(space_id)


def get_last_hub_status(space_id: str) -> str:
    """Return the result of the last look-up: `awake`, an error code, or `unknown` without one."""
    answer = hub_api.get_status_cache().get_last_result(space_id)
    if answer is None:
        return "unknown"
    if answer.failure:
        return answer.failure.code
    return answer.value.blocked_code or "awake" if answer.value else "unknown"
