"""Resolver of Spaces: URL and state of each, wherever it runs, and the client of one that is awake."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, current_app

from hfcourse import tokens
from hfcourse.config import reject_setting
from hfcourse.errors import CallError, FormRejected, HubError, SpaceUnavailable
from hfcourse.limits import bulkhead, concurrency
from hfcourse.limits.deadline import CancelScope
from hfcourse.setting_parsers import is_loopback
from hfcourse.spaces import catalogue
from hfcourse.spaces.catalogue import CatalogueEntry
from hfcourse.spaces.hub import limits as hub_limits

if TYPE_CHECKING:  # gradio_client takes half a second to import: only when a Space is first called
    from hfcourse.spaces.client.space_client import SpaceClient
    from hfcourse.spaces.hub.hub_api import SpaceStatus
    from hfcourse.spaces.registry.space_registry import SpaceRegistry

# Timeout of all steps: the Hub, the waking practice Space, and the description, for which the last
# seconds are reserved.
DESCRIBE_TIMEOUT_SECONDS, DESCRIPTION_RESERVE_SECONDS = 8, 2
WAKE_POLL_INTERVAL_SECONDS = 0.5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SpaceLocation:
    """Location of a Space; `may_have_token` is only set if the catalogue and the URL allow it."""

    url: str
    is_awake: bool = True
    may_have_token: bool = False


def init_app(app: Flask) -> None:
    """Create the limits of look-ups; reject a Hub on plain http that decides where the token is sent."""
    app.extensions["directory_lock"] = threading.Lock()  # so that two threads do not create two registries
    hub_limits.init_app(app)
    bulkhead.init_app(app)
    with app.app_context():
        has_token_entry = any(entry.token and not entry.url for entry in catalogue.list_catalogue_entries())
        if tokens.get_site_token() and has_token_entry and not is_hub_authentic():
            reject_setting(
                "HF_ENDPOINT", "il faut https://, car le Hub dit où se trouve un Space à qui HF_TOKEN est prêté"
            )


def is_hub_authentic() -> bool:
    """Is the connection to the Hub safe from a forged Space URL (https or loopback)?"""
    address = urlsplit(current_app.config["HUB_URL"])
    return address.scheme == "https" or is_loopback(address.hostname)


def get_registry() -> "SpaceRegistry":
    """Return the registry of this process, created at the first use: its libraries import in half a second."""
    from hfcourse.spaces.client.http_client import HttpClient
    from hfcourse.spaces.registry.description_cache import DescriptionCache
    from hfcourse.spaces.registry.space_registry import SpaceRegistry

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    extensions, config = app.extensions, app.config
    with extensions["directory_lock"]:
        if "directory" not in extensions:
            extensions["directory"] = SpaceRegistry(
                HttpClient(config["PROXY_URL"], config["CA_BUNDLE"]), DescriptionCache(app)
            )
    registry: SpaceRegistry = extensions["directory"]
    return registry


def has_registry() -> bool:
    """Has this process created its registry? If not, it has described no Space yet."""
    return "directory" in current_app.extensions


def resolve_space(space_id: str, scope: CancelScope, wait_seconds: float = 0) -> SpaceLocation:
    """Return the location of a Space, and wake it if it sleeps.

    Args:
        wait_seconds: how long to wait for the practice Space to wake, within the deadline.

    Raises:
        SpaceUnavailable: it cannot be called, now or ever; `bad-answer` if it may receive the
            token, and the Hub reports the URL of another Space.
        FormRejected: `secret-in-input`, its name contains what looks like a token.
    """
    entry = catalogue.find_catalogue_entry(space_id)
    if space_id == catalogue.PRACTICE_SPACE_ID and not (entry and entry.url):
        return resolve_practice_space(
            max(0, min(wait_seconds, scope.check_remaining_seconds() - DESCRIPTION_RESERVE_SECONDS))
        )
    if entry and entry.url:
        return SpaceLocation(entry.url, may_have_token=entry.token and is_allowed_origin(entry.url))
    if entry is None and not current_app.config["OPEN_CATALOGUE"]:
        raise SpaceUnavailable("space-not-found")
    if tokens.contains_token(space_id):
        raise FormRejected("secret-in-input")
    from hfcourse.spaces.hub import hub_api

    may_have_token = bool(entry and entry.token)
    require_authentic_hub(space_id, may_have_token)
    status = hub_api.look_up_space(space_id, get_registry().http_client, scope)
    if status.renamed_to:
        return resolve_renamed_space(entry, status)
    if may_have_token and not hub_api.is_space_address(space_id, status.url):
        log.warning(
            "The Hub reports another Space's URL for %s, which may receive the token; it is not called.", space_id
        )
        raise HubError("bad-answer")
    return SpaceLocation(status.url, is_awake=not status.blocked_code, may_have_token=may_have_token)


def refresh_hub_status(space_id: str, scope: CancelScope) -> None:
    """Look up the state of a Space on the Hub without waking it.

    Raises:
        CourseError: it cannot be called now, or the Hub gives no usable response.
    """
    from hfcourse.spaces.hub import hub_api

    with scope.activate():
        hub_api.look_up_space(space_id, get_registry().http_client, scope)


def require_authentic_hub(space_id: str, may_have_token: bool) -> None:
    """Raise HubError for a Space with the token if the Hub is not authentic; init_app may predate its entry."""
    if may_have_token and tokens.get_site_token() and not is_hub_authentic():
        log.warning("%s is not called: HF_ENDPOINT is not https://, and the Space may receive the token.", space_id)
        raise HubError("bad-answer")


def resolve_renamed_space(former: CatalogueEntry | None, status: "SpaceStatus") -> SpaceLocation:
    """Return the location of a renamed Space, with the catalogue entry of its new name.

    The token is granted to a name: the new name may have another owner, and is called without it.
    """
    from hfcourse.spaces.hub import hub_api

    entry = catalogue.find_catalogue_entry(status.renamed_to)
    if entry and entry.url:
        return SpaceLocation(entry.url, may_have_token=entry.token and is_allowed_origin(entry.url))
    if former and former.token:
        log.warning("%s was renamed to %s: the token is only sent under the former name.", former.id, status.renamed_to)
    may_have_token = bool(entry and entry.token) and hub_api.is_space_address(status.renamed_to, status.url)
    require_authentic_hub(status.renamed_to, may_have_token)
    return SpaceLocation(status.url, is_awake=not status.blocked_code, may_have_token=may_have_token)


def get_current_name(space_id: str) -> str:
    """Return the current `owner/name` of a Space from its last look-up; its own for one that is not on the Hub."""
    if not is_on_hub(space_id):
        return space_id
    from hfcourse.spaces.hub import hub_api

    return hub_api.get_cached_space_id(space_id)


def is_on_hub(space_id: str) -> bool:
    """Is this Space looked up on the Hub, rather than run by this site or at a URL of the catalogue?"""
    entry = catalogue.find_catalogue_entry(space_id)
    return space_id != catalogue.PRACTICE_SPACE_ID and not (entry and entry.url)


def get_id_from_url(address: str) -> str:
    """Return the `owner/name` of the Space at `https://<label>.hf.space`, requested from the Hub; '' for any other URL.

    Raises:
        SpaceUnavailable: the Hub knows no Space there, or gives no usable response.
    """
    from hfcourse.spaces.hub import hub_api

    match = hub_api.SPACE_HOST_PATTERN.fullmatch(address)
    if not (match and catalogue.is_catalogue_open()):
        return ""
    return hub_api.find_space_id_by_label(
        match[1], get_registry().http_client, CancelScope(hub_api.LOOKUP_TIMEOUT_SECONDS)
    )


def is_allowed_origin(url: str) -> bool:
    """Is this URL at hf.space, or at one of the origins configured by the instructor?"""
    from hfcourse.spaces.hub import hub_api

    if hub_api.SPACE_HOST_PATTERN.fullmatch(url):
        return True
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" in current_app.config["SPACE_ORIGINS"]


def resolve_practice_space(wait_seconds: float) -> SpaceLocation:
    """Return the location of the practice Space; wake it if it sleeps."""
    if current_app.config["PRACTICE_URL"]:
        return SpaceLocation(current_app.config["PRACTICE_URL"])
    server = catalogue.get_practice_server()
    if server.state == "broken":
        log.error("The practice Space did not start: %s", server.failure)
        server.wake()
        raise SpaceUnavailable("practice-unavailable")
    if server.state != "awake":
        server.wake()
        with concurrency.release_while_waiting():
            server.wait_until_awake(wait_seconds)
    url = server.url
    if url is None:
        return SpaceLocation("", is_awake=False)
    server.record_use()
    return SpaceLocation(url)


def connect_to_space(space_id: str, wait_seconds: float = 0, within: CancelScope | None = None) -> "SpaceClient":
    """Return the client of a Space that is awake.

    A cancelled `within` does not cancel the requests: other visitors may wait for the same
    response.

    Args:
        wait_seconds: how long to wait for the practice Space to wake.
        within: scope of the caller, whose remaining time limits this call.

    Raises:
        SpaceUnavailable: it sleeps (`space-sleeping`; it is being woken), or cannot be reached or
            described.
    """
    seconds = min(DESCRIBE_TIMEOUT_SECONDS, current_app.config["CALL_DEADLINE_SECONDS"])
    scope = CancelScope(min(seconds, within.check_remaining_seconds()) if within else seconds)
    location = resolve_space(space_id, scope, wait_seconds)
    if not location.is_awake:
        send_wake_request(location)
        raise SpaceUnavailable("space-sleeping")
    try:
        return get_registry().get_client(
            location.url, scope, tokens.get_site_token() if location.may_have_token else None
        )
    except CallError as failed:
        raise SpaceUnavailable(failed.code) from None


def send_wake_request(location: SpaceLocation) -> None:
    """Send a request to a sleeping Space of the Hub, which wakes it; the response is ignored."""
    if location.url:
        try:
            with (
                concurrency.release_while_waiting(),
                bulkhead.hold_bulkhead_slot(),
                CancelScope(1).activate(),
                get_registry().http_client.stream("GET", location.url + "/"),
            ):
                pass
        except CallError:
            log.info("A sleeping Space did not answer its first visit.")


@contextmanager
def keep_awake(space_id: str, scope: CancelScope) -> Iterator[None]:
    """Prevent the practice Space from sleeping inside the block; first wait until it is awake.

    Raises:
        SpaceUnavailable: `practice-unavailable`, it does not start.
        CallError: `timeout`, or the run was cancelled.
    """
    is_own_server = space_id == catalogue.PRACTICE_SPACE_ID and not current_app.config["PRACTICE_URL"]
    if is_own_server and not wake_practice_space(scope):
        raise SpaceUnavailable("practice-unavailable")
    with catalogue.get_practice_server().track_call() if is_own_server else nullcontext():
        yield


def wake_practice_space(scope: CancelScope) -> bool:
    """Wake the practice Space and poll until it is awake or the scope is cancelled."""
    server = catalogue.get_practice_server()
    server.wake()
    while server.state == "waking":
        server.wait_until_awake(min(WAKE_POLL_INTERVAL_SECONDS, scope.check_remaining_seconds()))
    return server.state == "awake"
