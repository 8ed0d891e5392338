"""Asking the Hub about a Space: does it exist, in which state is it, where does it answer.

Asked by us, with a limit of time: gradio_client's own look-up polls a building Space for ever. Source:
`GET /api/spaces/{owner}/{name}` of the Hub, fields `private`, `sdk`, `host`, `runtime.stage`, `cardData`; and
`GET /api/spaces/by-subdomain/{label}`, field `id`.
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
from hfcourse.spaces.client.http_client import HttpClient, HttpResponse
from hfcourse.spaces.client.http_status import REDIRECT_STATUSES
from hfcourse.spaces.client.single_flight_cache import SingleFlightCache
from hfcourse.spaces.hub.limits import HubLimits
from hfcourse.spaces.hub.space_card import NO_CARD, SpaceCard, read_card

LOOKUP_TIMEOUT_SECONDS, AWAKE_TTL_SECONDS, WAKING_TTL_SECONDS = 5, 10, 1
NAME_TTL_SECONDS = 600
# A failure within a smaller part of LOOKUP_TIMEOUT_SECONDS says nothing of the Hub: whoever asked had no more time.
MIN_FAIR_TIMEOUT_SHARE = 0.2
# As long as a description: what the Hub said is used while it cannot be asked, or must not be.
MAX_STALE_SECONDS = 600
MAX_HUB_ANSWER_BYTES = 1_000_000
# Full match on the raw text, then the address is rebuilt from the label: parsers disagree on the rest.
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
    """A Space on the Hub: `obstacle` is the code of what keeps it from being called now, '' for nothing.

    `renamed_to` is the `owner/name` that it has now, if it was asked for by a former one, else ''.
    """

    url: str
    blocked_code: str
    card: SpaceCard = NO_CARD
    renamed_to: str = ""


def look_up_space(space_id: str, wire: HttpClient, leash: CancelScope) -> SpaceStatus:
    """Ask the Hub about `owner/name`, or remember what it said a moment ago.

    Raises:
        Unavailable: the Hub says that it cannot be called, or says nothing that can be used.
    """
    memory = get_status_cache()
    is_listed = catalogue.find_catalogue_entry(space_id) is not None
    return get_cached_or_stale(memory, space_id, leash, lambda: fetch_space_status(space_id, wire, leash), is_listed)


def get_cached_card(space_id: str) -> SpaceCard:
    """The card of a Space as of the last time that the Hub was asked about it; the Hub is not asked for this."""
    found = get_status_cache().get_last_value(space_id, MAX_STALE_SECONDS)
    return found.card if found else NO_CARD


def get_status_cache() -> SingleFlightCache[SpaceStatus]:
    """What the Hub said of Spaces a moment ago."""
    memory: SingleFlightCache[SpaceStatus] = current_app.extensions.setdefault(
        "look_ups", SingleFlightCache(get_status_ttl)
    )
    return memory


def get_cached_space_id(space_id: str) -> str:
    """The `owner/name` of a Space that was renamed, as the Hub said when it was last asked; else its own."""
    found = get_status_cache().get_last_value(space_id, MAX_STALE_SECONDS)
    return (found.renamed_to if found else "") or space_id


def get_cached_or_stale(
    memory: SingleFlightCache[T], key: str, leash: CancelScope, ask: Callable[[], T], is_listed: bool = False
) -> T:
    """What the Hub said a moment ago, or says now; else what it said last (as stale-if-error of RFC 5861).

    Args:
        is_listed: it is about a Space of the catalogue.

    Raises:
        Unavailable: the Hub says so; `HubError`, it says nothing that can be used, or is not asked now.
    """

    def ask_within_limits() -> T:
        get_hub_limits().admit_request(
            is_known=memory.get_last_value(key, MAX_STALE_SECONDS) is not None, is_listed=is_listed
        )
        return ask()

    try:
        return memory.get_or_fetch(key, leash, ask_within_limits)
    except (CallError, HubError) as failed:
        stale = memory.get_last_value(key, MAX_STALE_SECONDS)
        if stale is not None:
            return stale
        raise (convert_network_error(failed) if isinstance(failed, CallError) else failed) from None


def get_hub_limits() -> HubLimits:
    """What this process may ask of the Hub."""
    return current_app.extensions["hub_limits"]


def convert_network_error(failed: CallError) -> HubError:
    """What a failure of the network means when it is the Hub that was asked, or not even that."""
    is_away = failed.code == "connection-lost" or isinstance(failed, BulkheadFull)
    return HubError("hub-unreachable" if is_away else failed.code)


def find_space_id_by_label(label: str, wire: HttpClient, leash: CancelScope) -> str:
    """The `owner/name` that the Hub gives for `https://<label>.hf.space`.

    Raises:
        Unavailable: there is no such Space, or the Hub says nothing that can be used.
    """
    memory: SingleFlightCache[str] = current_app.extensions.setdefault(
        "hub_names", SingleFlightCache(lambda _name: NAME_TTL_SECONDS)
    )
    return get_cached_or_stale(memory, label, leash, lambda: fetch_space_id(label, wire, leash))


def fetch_space_id(label: str, wire: HttpClient, leash: CancelScope) -> str:
    """Ask the Hub now."""
    space = get_hub_json(f"/by-subdomain/{label}", wire, leash)
    name = space.get("id") if isinstance(space, dict) else None
    if not isinstance(name, str) or not catalogue.is_space_id(name):
        raise HubError("bad-answer")
    return name


def get_status_ttl(found: SpaceStatus) -> int:
    """How long to believe it; the page of a Space that wakes asks again every second."""
    return WAKING_TTL_SECONDS if found.blocked_code else AWAKE_TTL_SECONDS


def fetch_space_status(space_id: str, wire: HttpClient, leash: CancelScope) -> SpaceStatus:
    """Ask the Hub now; a redirect to the Space's new name is followed once, on the Hub itself."""
    answer = request_hub(f"/{space_id}", wire, leash)
    renamed_to = extract_new_name(answer, space_id)
    if renamed_to:
        answer = request_hub(f"/{renamed_to}", wire, leash)
    return replace(parse_space_status(parse_hub_answer(answer, HUB_CODE_BY_STATUS)), renamed_to=renamed_to)


def extract_new_name(answer: HttpResponse, space_id: str) -> str:
    """The new `owner/name` in a redirect of the Hub, '' for none.

    The Hub answers 307 for a Space that was renamed or has changed hands. Of the address nothing is used but the name:
    it must be the Hub's own, of the same kind as the one that was asked.
    """
    if answer.status not in REDIRECT_STATUSES:
        return ""
    base = f"{current_app.config['HUB_URL']}/api/spaces/"
    try:
        target = urljoin(f"{base}{space_id}", answer.headers.get("location", ""))
    except ValueError:
        return ""
    name = target.removeprefix(base) if target.startswith(base) else ""
    is_new = name != space_id and catalogue.is_space_id(name) and not tokens.contains_token(name)
    return name if is_new else ""


def get_hub_json(
    rest: str, wire: HttpClient, leash: CancelScope, statuses: Mapping[int, str] = HUB_CODE_BY_STATUS
) -> Any:
    """The JSON of `/api/spaces<rest>`.

    Args:
        statuses: what an answer of that status says of the Space that is asked about.

    Raises:
        Unavailable: what `statuses` says, or any other answer that is not 200.
        CallError: as `Wire.ask`, and `bad-answer`, it is no JSON.
    """
    return parse_hub_answer(request_hub(rest, wire, leash), statuses)


def request_hub(rest: str, wire: HttpClient, leash: CancelScope) -> HttpResponse:
    """Ask the Hub for `/api/spaces<rest>` within the time of a look-up, and note whether it answers."""
    seconds = min(LOOKUP_TIMEOUT_SECONDS, leash.check_remaining_seconds())
    with track_reachability(seconds), CancelScope(seconds).activate():
        answer = wire.request("GET", f"{current_app.config['HUB_URL']}/api/spaces{rest}", cap=MAX_HUB_ANSWER_BYTES)
    get_hub_limits().record_answer(answer.status, answer.headers.get("retry-after", ""))
    return answer


def parse_hub_answer(answer: HttpResponse, statuses: Mapping[int, str]) -> Any:
    """The JSON of an answer of the Hub. Raises as `get_hub_json`."""
    if answer.status in statuses:
        raise SpaceUnavailable(statuses[answer.status])
    if answer.status == 429:
        raise HubError("too-many-requests")
    if answer.status != 200:
        raise HubError("hub-unreachable" if answer.status >= 500 else "bad-answer")
    return answer.parse_json_body()


@contextmanager
def track_reachability(seconds: float) -> Iterator[None]:
    """Note whether the Hub gives an answer within so many seconds, whatever it is: see `state`."""
    current_app.extensions["hub_state"] = "unreachable"
    begun = time.monotonic()
    try:
        yield
    except CallError as failed:
        if seconds >= LOOKUP_TIMEOUT_SECONDS * MIN_FAIR_TIMEOUT_SHARE:
            get_hub_limits().record_failure(failed.code, time.monotonic() - begun)
        raise
    current_app.extensions["hub_state"] = "reachable"


def get_hub_state() -> str:
    """`reachable` or `unreachable` when this process last asked it, else `not-asked`; it is not asked for this."""
    return current_app.extensions.get("hub_state", "not-asked")


def parse_space_status(space: Any) -> SpaceStatus:
    """What the Hub's answer says."""
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
    """Is this the address of that Space: at hf.space its own label, else one of the exact origins that were set?

    The Hub makes the label of `owner/name`: lower case, a hyphen for what a host name cannot hold
    (gradio/hello_world.3 is at gradio-hello-world-3.hf.space). Source: spaces-embed in the Hub's documentation.
    """
    found = SPACE_HOST_PATTERN.fullmatch(url)
    label = re.sub(r"[^a-z0-9]+", "-", space_id.lower()).strip("-")
    return found[1] == label if found else url in current_app.config["SPACE_ORIGINS"]


def resolve_allowed_origin(host: Any) -> str:
    """The address of a Space, rebuilt; only hf.space and the origins set by the instructor."""
    text = host if isinstance(host, str) else ""
    if found := SPACE_HOST_PATTERN.fullmatch(text):
        return f"https://{found[1]}.hf.space"
    if text.rstrip("/") in current_app.config["SPACE_ORIGINS"]:
        return text.rstrip("/")
    raise HubError("bad-answer")
