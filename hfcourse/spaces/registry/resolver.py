"""Where a Space is and in which state, whoever runs it; and the connection to one that is awake."""

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
from hfcourse.spaces.hub.limits import HubLimits

if TYPE_CHECKING:  # gradio_client takes half a second to import: only when a Space is first called
    from hfcourse.spaces.client.space_client import SpaceClient
    from hfcourse.spaces.hub.hub_api import SpaceStatus
    from hfcourse.spaces.hub.space_card import SpaceCard
    from hfcourse.spaces.registry.space_registry import SpaceRegistry

# For everything: the Hub, the practice Space that wakes, the description, which the last seconds are kept for.
DESCRIBE_TIMEOUT_SECONDS, DESCRIPTION_RESERVE_SECONDS = 8, 2
WAKE_POLL_INTERVAL_SECONDS = 0.5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SpaceLocation:
    """A Space, at `url` once it is awake; `may_have_token` only if catalogue and address allow it."""

    url: str
    is_awake: bool = True
    may_have_token: bool = False


def init_app(app: Flask) -> None:
    """Make the limits of look-ups; refuse a Hub on plain http that says where the token goes."""
    app.extensions["directory_lock"] = threading.Lock()  # or two threads make two directories
    app.extensions["hub_limits"] = HubLimits()
    bulkhead.init_app(app)
    with app.app_context():
        is_lent = any(entry.token and not entry.url for entry in catalogue.list_catalogue_entries())
        if tokens.get_site_token() and is_lent and not is_hub_authentic():
            reject_setting(
                "HF_ENDPOINT", "il faut https://, car le Hub dit où se trouve un Space à qui HF_TOKEN est prêté"
            )


def is_hub_authentic() -> bool:
    """Can nobody between the Hub and this site say where a Space is?"""
    address = urlsplit(current_app.config["HUB_URL"])
    return address.scheme == "https" or is_loopback(address.hostname)


def get_registry() -> "SpaceRegistry":
    """The connections of this process; made at the first need, since its libraries take half a second to import."""
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
    return extensions["directory"]


def resolve_space(space_id: str, leash: CancelScope, wait_seconds: float = 0) -> SpaceLocation:
    """Find a Space, and wake it if it sleeps; wait so long for the practice Space, within the leash.

    Raises:
        Unavailable: it cannot be called, now or ever; `bad-answer` if it is lent the token, and the Hub says that it is
            at the address of another.
        Refused: `secret-in-input`, its name holds what looks like a token.
    """
    entry = catalogue.find_catalogue_entry(space_id)
    if space_id == catalogue.PRACTICE_SPACE_ID and not (entry and entry.url):
        return resolve_practice_space(
            max(0, min(wait_seconds, leash.check_remaining_seconds() - DESCRIPTION_RESERVE_SECONDS))
        )
    if entry and entry.url:
        return SpaceLocation(entry.url, may_have_token=entry.token and is_allowed_origin(entry.url))
    if entry is None and not current_app.config["OPEN_CATALOGUE"]:
        raise SpaceUnavailable("space-not-found")
    if tokens.contains_token(space_id):
        raise FormRejected("secret-in-input")
    from hfcourse.spaces.hub import hub_api

    is_lent = bool(entry and entry.token)
    require_authentic_hub(space_id, is_lent)
    found = hub_api.look_up_space(space_id, get_registry().http_client, leash)
    if found.renamed_to:
        return resolve_renamed_space(entry, found)
    if is_lent and not hub_api.is_space_address(space_id, found.url):
        log.warning(
            "The Hub places %s, which is lent the token, at another Space's address; it is not called.", space_id
        )
        raise HubError("bad-answer")
    return SpaceLocation(found.url, is_awake=not found.blocked_code, may_have_token=is_lent)


def get_last_card(space_id: str) -> "SpaceCard":
    """The card of a Space as of the last time that the Hub was asked about it; the Hub is not asked for this."""
    from hfcourse.spaces.hub import hub_api

    return hub_api.get_cached_card(space_id)


def refresh_hub_status(space_id: str, leash: CancelScope) -> None:
    """Have the Hub say in which state a Space is, without waking it.

    Raises:
        CourseError: it cannot be called now, or the Hub says nothing that can be used.
    """
    from hfcourse.spaces.hub import hub_api

    with leash.activate():
        hub_api.look_up_space(space_id, get_registry().http_client, leash)


def get_last_hub_status(space_id: str) -> str:
    """Return what the Hub said last of a Space: `awake`, the code of an obstacle, `unknown` if it was not asked."""
    from hfcourse.spaces.hub import hub_api

    answer = hub_api.get_status_cache().get_last_result(space_id)
    if answer is None:
        return "unknown"
    if answer.failure:
        return answer.failure.code
    return answer.value.blocked_code or "awake" if answer.value else "unknown"


def require_authentic_hub(space_id: str, is_lent: bool) -> None:
    """Refuse to place a Space that is lent the token where nobody vouches for the Hub: it may have been marked since.

    Raises:
        HubError: `bad-answer`.
    """
    if is_lent and tokens.get_site_token() and not is_hub_authentic():
        log.warning("%s is not called: HF_ENDPOINT is not https://, and the Space is lent the token.", space_id)
        raise HubError("bad-answer")


def resolve_renamed_space(former: CatalogueEntry | None, found: "SpaceStatus") -> SpaceLocation:
    """A Space that the Hub knows by another name now: what the catalogue says of that name holds.

    The token is lent to a name. Whoever holds the new one may be somebody else: it is called without.
    """
    from hfcourse.spaces.hub import hub_api

    entry = catalogue.find_catalogue_entry(found.renamed_to)
    if entry and entry.url:
        return SpaceLocation(entry.url, may_have_token=entry.token and is_allowed_origin(entry.url))
    if former and former.token:
        log.warning("%s is called %s now: the token is lent to the former name alone.", former.id, found.renamed_to)
    is_lent = bool(entry and entry.token) and hub_api.is_space_address(found.renamed_to, found.url)
    require_authentic_hub(found.renamed_to, is_lent)
    return SpaceLocation(found.url, is_awake=not found.blocked_code, may_have_token=is_lent)


def get_current_name(space_id: str) -> str:
    """The `owner/name` that a Space has now, as far as the Hub was asked; its own for one that is not on the Hub."""
    if not is_on_hub(space_id):
        return space_id
    from hfcourse.spaces.hub import hub_api

    return hub_api.get_cached_space_id(space_id)


def is_on_hub(space_id: str) -> bool:
    """Is this Space looked up on the Hub, rather than run by this site or at an address of the catalogue?"""
    entry = catalogue.find_catalogue_entry(space_id)
    return space_id != catalogue.PRACTICE_SPACE_ID and not (entry and entry.url)


def get_id_from_url(address: str) -> str:
    """The `owner/name` of the Space at `https://<label>.hf.space`, which the Hub is asked for; '' for another address.

    Raises:
        Unavailable: the Hub knows none there, or cannot be asked.
    """
    from hfcourse.spaces.hub import hub_api

    found = hub_api.SPACE_HOST_PATTERN.fullmatch(address)
    if not (found and catalogue.is_catalogue_open()):
        return ""
    return hub_api.find_space_id_by_label(
        found[1], get_registry().http_client, CancelScope(hub_api.LOOKUP_TIMEOUT_SECONDS)
    )


def is_allowed_origin(url: str) -> bool:
    """Is this address at hf.space, or at one of the exact origins that the instructor set?"""
    from hfcourse.spaces.hub import hub_api

    if hub_api.SPACE_HOST_PATTERN.fullmatch(url):
        return True
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" in current_app.config["SPACE_ORIGINS"]


def resolve_practice_space(wait_seconds: float) -> SpaceLocation:
    """The practice Space, woken like any other by whoever opens it."""
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
    """The connection to a Space that is awake; `parse_wait_seconds` is for the practice Space to wake.

    It takes no longer than what is left `within` a leash. A stop of that one does not end the asking:
    other visitors may wait for the same answer.

    Raises:
        Unavailable: it sleeps (`space-sleeping`; it is being woken), or cannot be reached or described.
    """
    seconds = min(DESCRIBE_TIMEOUT_SECONDS, current_app.config["CALL_DEADLINE_SECONDS"])
    leash = CancelScope(min(seconds, within.check_remaining_seconds()) if within else seconds)
    place = resolve_space(space_id, leash, wait_seconds)
    if not place.is_awake:
        send_wake_request(place)
        raise SpaceUnavailable("space-sleeping")
    try:
        return get_registry().get_client(place.url, leash, tokens.get_site_token() if place.may_have_token else None)
    except CallError as failed:
        raise SpaceUnavailable(failed.code) from None


def send_wake_request(place: SpaceLocation) -> None:
    """Visit a sleeping Space of the Hub: any visit wakes it. Its answer does not matter."""
    if place.url:
        try:
            with (
                concurrency.release_while_waiting(),
                bulkhead.hold_bulkhead_slot(),
                CancelScope(1).activate(),
                get_registry().http_client.stream("GET", place.url + "/"),
            ):
                pass
        except CallError:
            log.info("A sleeping Space did not answer its first visit.")


@contextmanager
def keep_awake(space_id: str, leash: CancelScope) -> Iterator[None]:
    """Keep the practice Space from falling asleep inside the block; wait for it to wake first, within the leash.

    Raises:
        Unavailable: `practice-unavailable`, it does not start.
        CallError: `timeout`, or the run was stopped.
    """
    is_ours = space_id == catalogue.PRACTICE_SPACE_ID and not current_app.config["PRACTICE_URL"]
    if is_ours and not wake_practice_space(leash):
        raise SpaceUnavailable("practice-unavailable")
    with catalogue.get_practice_server().track_call() if is_ours else nullcontext():
        yield


def wake_practice_space(leash: CancelScope) -> bool:
    """Wake it and wait, looking at the leash again and again: the visitor may stop the run meanwhile."""
    server = catalogue.get_practice_server()
    server.wake()
    while server.state == "waking":
        server.wait_until_awake(min(WAKE_POLL_INTERVAL_SECONDS, leash.check_remaining_seconds()))
    return server.state == "awake"
