"""Look-ups of Spaces on the Hub: existence, stage, and URL.

Sent by us, within a timeout: gradio_client's own look-up polls a building Space without end.
Source: `GET /api/spaces/{owner}/{name}` of the Hub, fields `private`, `sdk`, `host`,
`runtime.stage`, `cardData`; and `GET /api/spaces/by-subdomain/{label}`, field `id`.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urljoin

from flask import current_app

from hfcourse import tokens
from hfcourse.errors import CallError, HubError, SpaceUnavailable
from hfcourse.limits.bulkhead import BulkheadFull
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces import catalogue
from hfcourse.spaces.client.http_client import HttpClient
from hfcourse.spaces.client.http_status import REDIRECT_STATUSES
from hfcourse.spaces.client.single_flight_cache import SingleFlightCache
from hfcourse.spaces.client.transport.http_messages import HttpResponse
from hfcourse.spaces.hub.limits import get_hub_limits
from hfcourse.spaces.hub.space_card import NO_CARD, SpaceCard, read_card

LOOKUP_TIMEOUT_SECONDS, AWAKE_TTL_SECONDS, WAKING_TTL_SECONDS = 5, 10, 1
NAME_TTL_SECONDS = 600
# A failure within a smaller share of LOOKUP_TIMEOUT_SECONDS says nothing of the Hub: the caller's
# deadline was near.
MIN_FAIR_TIMEOUT_SHARE = 0.2
# Same as the TTL of a description: stale values are used while the Hub cannot or must not be
# requested.
MAX_STALE_SECONDS = 600
MAX_HUB_ANSWER_BYTES = 1_000_000
# Full match on the raw text, then the URL is rebuilt from the label: parsers disagree on the rest.
SPACE_HOST_PATTERN = re.compile(r"https://([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.hf\.space/?", re.ASCII)
CODE_BY_STAGE = {
    "RUNNING": "",
    "RUNNING_BUILDING": "",
    "RUNNING_APP_STARTING": "",
    "SLEEPING": "space-sleeping",
    "APP_STARTING": "space-sleeping",
    "BUILDING": "space-building",
    "PAUSED": "space-paused",
    "STOPPED": "space-paused",
    "NO_APP_FILE": "space-broken",
    "CONFIG_ERROR": "space-broken",
    "BUILD_ERROR": "space-broken",
    "RUNTIME_ERROR": "space-broken",
    "DELETING": "space-not-found",
}
HUB_CODE_BY_STATUS = {401: "space-not-found", 403: "space-private", 404: "space-not-found"}

T = TypeVar("T")


@dataclass(frozen=True)
class SpaceStatus:
    """Status of a Space on the Hub.

    Attributes:
        blocked_code: error code of the reason why it cannot be called now, '' for none.
        renamed_to: current `owner/name` if the request was for a former one, else ''.
    """

    url: str
    blocked_code: str
    card: SpaceCard = NO_CARD
    renamed_to: str = ""


def look_up_space(space_id: str, http_client: HttpClient, scope: CancelScope) -> SpaceStatus:
    """Return the status of `owner/name`, cached or from the Hub.

    Raises:
        SpaceUnavailable: the Space cannot be called, or the Hub gives no usable response.
    """
    cache = get_status_cache()
    is_listed = catalogue.find_catalogue_entry(space_id) is not None
    return get_cached_or_stale(
        cache, space_id, scope, lambda: fetch_space_status(space_id, http_client, scope), is_listed
    )


def get_cached_card(space_id: str) -> SpaceCard:
    """Return the card of a Space from its last look-up, without a request to the Hub."""
    status = get_status_cache().get_last_value(space_id, MAX_STALE_SECONDS)
    return status.card if status else NO_CARD


def get_status_cache() -> SingleFlightCache[SpaceStatus]:
    """Return the cache of Space statuses of this process."""
    cache: SingleFlightCache[SpaceStatus] = current_app.extensions.setdefault(
        "look_ups", SingleFlightCache(get_status_ttl, subject="hub")
    )
    return cache


def get_cached_space_id(space_id: str) -> str:
    """Return the current `owner/name` of a Space from its last look-up; its own if it was not renamed."""
    status = get_status_cache().get_last_value(space_id, MAX_STALE_SECONDS)
    return (status.renamed_to if status else "") or space_id


def get_cached_or_stale(
    cache: SingleFlightCache[T], key: str, scope: CancelScope, fetch: Callable[[], T], is_listed: bool = False
) -> T:
    """Return a value of the Hub, cached or fetched now; after a failure a stale one (stale-if-error of RFC 5861).

    Args:
        is_listed: the request is about a Space of the catalogue.

    Raises:
        SpaceUnavailable: the Hub reports it; `HubError`, its response is unusable, or it must not
            be requested now.
    """

    def fetch_within_limits() -> T:
        get_hub_limits().admit_request(
            is_known=cache.get_last_value(key, MAX_STALE_SECONDS) is not None, is_listed=is_listed
        )
        return fetch()

    try:
        return cache.get_or_fetch(key, scope, fetch_within_limits)
    except (CallError, HubError) as failed:
        stale = cache.get_last_value(key, MAX_STALE_SECONDS)
        if stale is not None:
            return stale
        raise (convert_network_error(failed) if isinstance(failed, CallError) else failed) from None


def convert_network_error(error: CallError) -> HubError:
    """Return the HubError for a network error of a request to the Hub, or for one that was not sent."""
    is_unreachable = error.code == "connection-lost" or isinstance(error, BulkheadFull)
    return HubError("hub-unreachable" if is_unreachable else error.code)


def find_space_id_by_label(label: str, http_client: HttpClient, scope: CancelScope) -> str:
    """Return the `owner/name` that the Hub reports for `https://<label>.hf.space`.

    Raises:
        SpaceUnavailable: there is no Space there, or the Hub gives no usable response.
    """
    cache: SingleFlightCache[str] = current_app.extensions.setdefault(
        "hub_names", SingleFlightCache(lambda _name: NAME_TTL_SECONDS)
    )
    return get_cached_or_stale(cache, label, scope, lambda: fetch_space_id(label, http_client, scope))


def fetch_space_id(label: str, http_client: HttpClient, scope: CancelScope) -> str:
    """Request the name from the Hub."""
    space = get_hub_json(f"/by-subdomain/{label}", http_client, scope)
    name = space.get("id") if isinstance(space, dict) else None
    if not isinstance(name, str) or not catalogue.is_space_id(name):
        raise HubError("bad-answer")
    return name


def get_status_ttl(status: SpaceStatus) -> int:
    """Return the TTL of a status in seconds; the page of a waking Space polls every second."""
    return WAKING_TTL_SECONDS if status.blocked_code else AWAKE_TTL_SECONDS


def fetch_space_status(space_id: str, http_client: HttpClient, scope: CancelScope) -> SpaceStatus:
    """Request the status from the Hub; follow a redirect to the Space's new name once, on the Hub itself."""
    response = request_hub(f"/{space_id}", http_client, scope)
    renamed_to = extract_new_name(response, space_id)
    if renamed_to:
        response = request_hub(f"/{renamed_to}", http_client, scope)
    return replace(parse_space_status(parse_hub_answer(response, HUB_CODE_BY_STATUS)), renamed_to=renamed_to)


def extract_new_name(response: HttpResponse, space_id: str) -> str:
    """Return the new `owner/name` from a redirect of the Hub, '' for none.

    The Hub responds 307 for a Space that was renamed or transferred. Of its URL only the name is
    used: the URL must be of the Hub itself, and of the same route as the request.
    """
    if response.status not in REDIRECT_STATUSES:
        return ""
    base = f"{current_app.config['HUB_URL']}/api/spaces/"
    try:
        target = urljoin(f"{base}{space_id}", response.headers.get("location", ""))
    except ValueError:
        return ""
    name = target.removeprefix(base) if target.startswith(base) else ""
    is_new = name != space_id and catalogue.is_space_id(name) and not tokens.contains_token(name)
    return name if is_new else ""


def get_hub_json(
    rest: str, http_client: HttpClient, scope: CancelScope, statuses: Mapping[int, str] = HUB_CODE_BY_STATUS
) -> Any:
    """Return the parsed JSON of `/api/spaces<rest>`.

    Args:
        statuses: error code of the requested Space by HTTP status.

    Raises:
        SpaceUnavailable: the code of `statuses`; `HubError` for any other status but 200.
        CallError: as `HttpClient.request`, and `bad-answer`, it is not JSON.
    """
    return parse_hub_answer(request_hub(rest, http_client, scope), statuses)


def request_hub(rest: str, http_client: HttpClient, scope: CancelScope) -> HttpResponse:
    """Request `/api/spaces<rest>` within the timeout of a look-up; record whether the Hub responds."""
    seconds = min(LOOKUP_TIMEOUT_SECONDS, scope.check_remaining_seconds())
    with track_reachability(seconds), CancelScope(seconds).activate():
        response = http_client.request(
            "GET", f"{current_app.config['HUB_URL']}/api/spaces{rest}", cap=MAX_HUB_ANSWER_BYTES
        )
    get_hub_limits().record_answer(response.status, response.headers.get("retry-after", ""))
    return response


def parse_hub_answer(response: HttpResponse, statuses: Mapping[int, str]) -> Any:
    """Parse a response of the Hub as JSON. Raises as `get_hub_json`."""
    if response.status in statuses:
        raise SpaceUnavailable(statuses[response.status])
    if response.status == 429:
        raise HubError("too-many-requests")
    if response.status != 200:
        raise HubError("hub-unreachable" if response.status >= 500 else "bad-answer")
    return response.parse_json_body()


@contextmanager
def track_reachability(seconds: float) -> Iterator[None]:
    """Record whether the Hub gives any response within the timeout: see `get_hub_state`."""
    current_app.extensions["hub_state"] = "unreachable"
    started_at = time.monotonic()
    try:
        yield
    except CallError as failed:
        if seconds >= LOOKUP_TIMEOUT_SECONDS * MIN_FAIR_TIMEOUT_SHARE:
            get_hub_limits().record_failure(failed.code, time.monotonic() - started_at)
        raise
    current_app.extensions["hub_state"] = "reachable"


def get_hub_state() -> str:
    """Return the result of the last request: `reachable`, `unreachable` or `not-asked`; send none."""
    return str(current_app.extensions.get("hub_state", "not-asked"))


def parse_space_status(space: Any) -> SpaceStatus:
    """Parse the Hub's JSON of a Space."""
    if not isinstance(space, dict):
        raise HubError("bad-answer")
    if space.get("private") is True:
        raise SpaceUnavailable("space-private")
    if space.get("sdk") != "gradio":
        raise SpaceUnavailable("no-api")
    runtime = space.get("runtime")
    stage = runtime.get("stage") if isinstance(runtime, dict) else None
    if not isinstance(stage, str) or stage not in CODE_BY_STAGE:
        raise HubError("bad-answer")
    if CODE_BY_STAGE[stage] and CODE_BY_STAGE[stage] != "space-sleeping":
        raise SpaceUnavailable(CODE_BY_STAGE[stage])
    return SpaceStatus(
        resolve_allowed_origin(space.get("host")), CODE_BY_STAGE[stage], read_card(space.get("cardData"))
    )


def is_space_address(space_id: str, url: str) -> bool:
    """Is this the URL of that Space: at hf.space its own label, else one of the configured origins?

    The Hub derives the label from `owner/name`: lower case, with a hyphen for characters that a
    host name cannot contain (gradio/hello_world.3 is at gradio-hello-world-3.hf.space). Source:
    spaces-embed in the Hub's documentation.
    """
    match = SPACE_HOST_PATTERN.fullmatch(url)
    label = re.sub(r"[^a-z0-9]+", "-", space_id.lower()).strip("-")
    return match[1] == label if match else url in current_app.config["SPACE_ORIGINS"]


def resolve_allowed_origin(host: Any) -> str:
    """Return the URL of a Space, rebuilt; only hf.space and the origins configured by the instructor."""
    text = host if isinstance(host, str) else ""
    if match := SPACE_HOST_PATTERN.fullmatch(text):
        return f"https://{match[1]}.hf.space"
    if text.rstrip("/") in current_app.config["SPACE_ORIGINS"]:
        return text.rstrip("/")
    raise HubError("bad-answer")
