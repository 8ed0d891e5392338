"""The Spaces that this process knows: each described once, then shared by all visitors for ten minutes.

What one process was told is on the shelf for the others; each looks there every ten seconds whether what it knows still
holds.
"""

import hashlib
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database, tokens
from hfcourse.errors import CourseError, GatewayError, SpaceUnavailable
from hfcourse.limits import byte_budget
from hfcourse.limits.byte_budget import Reservation, estimate_parsed_bytes
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.client import http_status
from hfcourse.spaces.client.cookie_jar import CookieJar
from hfcourse.spaces.client.described_client import DescribedClient
from hfcourse.spaces.client.http_client import HttpClient
from hfcourse.spaces.client.single_flight_cache import SingleFlightCache
from hfcourse.spaces.client.space_client import SpaceClient
from hfcourse.spaces.registry.description_cache import DESCRIPTION_TTL_SECONDS, DescriptionCache, RawDescription
from hfcourse.spaces.registry.info_filter import filter_info
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.description_limits import limit_description
from hfcourse.spaces.schema.page.page_events import parse_page_events
from hfcourse.spaces.untrusted.safe_json import parse_untrusted_json
from hfcourse.token_masking import mask_json_value

MAX_CONFIG_BYTES = 5_000_000
MAX_INFO_BYTES = 32_000_000  # of which info_filter.py keeps 5 MB
MAX_DESCRIPTION_NODES = 1_000_000  # five times those of an answer: most are left out before anything is built
CACHE_CHECK_INTERVAL_SECONDS = 10
MAX_COMPONENT_LOOKUPS = 20_000_000
SUPPORTED_PROTOCOLS = ("sse_v1", "sse_v2", "sse_v2.1", "sse_v3")
API_PREFIX_PATTERN = re.compile(r"(/[A-Za-z0-9_-]+)*/?", re.ASCII)

log = logging.getLogger(__name__)


def request_description_part(
    wire: HttpClient,
    url: str,
    token: tokens.AccessToken | None,
    memory: Reservation,
    cookies: CookieJar,
    *,
    is_info: bool = False,
) -> Any:
    """A part of a Space's description, without the token that it may repeat; `memory` grows by what it takes."""
    headers = {"x-hf-authorization": f"Bearer {token.reveal()}"} if token else {}
    cap, reduce = (MAX_INFO_BYTES, filter_info) if is_info else (MAX_CONFIG_BYTES, None)
    answer = wire.request("GET", url, cap=cap, headers=headers, cookies=cookies, reduce=reduce)
    if answer.status == 401 and token:
        raise SpaceUnavailable("token-rejected")
    if code := http_status.classify_description_answer(answer.status, answer.headers):
        is_gateway = answer.status in http_status.GATEWAY_STATUSES
        raise (GatewayError if is_gateway else SpaceUnavailable)(
            code, http_status.format_gateway_status(answer.status, answer.headers)
        )
    if "json" not in answer.headers.get("content-type", ""):
        raise SpaceUnavailable("no-api")
    memory.resize(memory.size + estimate_parsed_bytes(answer.body))
    return mask_json_value(parse_untrusted_json(answer.body, MAX_DESCRIPTION_NODES), token)


def open_space_client(
    url: str, wire: HttpClient, leash: CancelScope, token: tokens.AccessToken | None = None
) -> SpaceClient:
    """Ask the Space at `url` to describe itself, and make a connection of it. Raises as `ask` and `understood`."""
    with byte_budget.reserve_bytes() as memory:
        return parse_description(url, request_description(url, wire, leash, token, memory), wire, token, leash)


def request_description(
    url: str, wire: HttpClient, leash: CancelScope, token: tokens.AccessToken | None, memory: Reservation
) -> RawDescription:
    """What the Space at `url` says of itself: two requests, whose answers `memory` is made to count.

    Raises:
        Unavailable: it cannot be described (`no-api`, `space-login`, `space-too-old`, `bad-answer`…).
        CallError: `timeout`, `connection-lost`, `answer-too-large`, `server-busy`.
    """
    base, cookies = url.rstrip("/"), CookieJar(url)  # both answers are of one replica; no visitor's call sees these
    with leash.activate():
        config = request_description_part(wire, f"{base}/config", token, memory, cookies)
        validate_config(config)
        info_url = f"{base}{config.get('api_prefix', '').rstrip('/')}/info"
        return RawDescription(config, request_description_part(wire, info_url, token, memory, cookies, is_info=True))


def parse_description(
    url: str, said: RawDescription, wire: HttpClient, token: tokens.AccessToken | None, leash: CancelScope | None = None
) -> SpaceClient:
    """The connection to the Space that said this of itself.

    Raises:
        Unavailable: it makes no sense (`no-api`, `space-too-old`, `bad-answer`).
        CallError: `timeout`, describing takes longer than the leash allows.
    """
    check_deadline: Callable[[], object] = leash.check_remaining_seconds if leash else object
    check_deadline()
    base, (config, info) = url.rstrip("/"), said
    validate_config(config)
    if not isinstance(info, dict) or not isinstance(info.get("named_endpoints"), dict):
        raise SpaceUnavailable("bad-answer")
    try:
        page_events = parse_page_events(config)  # of what is not documented, and not kept below
        config, info = limit_description(config, info)
        number_unnamed_parameters(info["named_endpoints"])
        description = build_description(config, info, check_deadline, page_events)
        offered = {
            each.name: info["named_endpoints"][each.name] for each in description.endpoints if not each.blocked_reason
        }
        called = limit_description(config, {"named_endpoints": offered})
        return SpaceClient(base, DescribedClient(base, *extract_client_config(*called)), description, wire, token)
    except CourseError:
        raise
    except Exception as error:  # a stranger's description may be wrong in any way
        log.info("A Space's description makes no sense: %s", type(error).__name__)
        raise SpaceUnavailable("bad-answer") from None


def extract_client_config(config: dict[str, Any], info: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What gradio_client needs of a description, and nothing else: it is kept for ten minutes."""
    named = info["named_endpoints"]
    dependencies = [
        {"id": number}
        | pick_keys(each, "id", "api_name", "inputs", "outputs", "api_visibility", "show_api", "backend_fn")
        for number, each in enumerate(config["dependencies"])
        if isinstance(each.get("api_name"), str) and f"/{each['api_name']}" in named
    ]
    called = {number for each in dependencies for number in (*each["inputs"], *each["outputs"])}
    components = [pick_keys(each, "id", "type", "skip_api") for each in config["components"] if each["id"] in called]
    # It looks for each input among all components, one after the other.
    if (
        len(components) * sum(len(each["inputs"]) + len(each["outputs"]) for each in dependencies)
        > MAX_COMPONENT_LOOKUPS
    ):
        raise ValueError("too many components")
    small = pick_keys(config, "version", "protocol", "api_prefix") | {
        "components": components,
        "dependencies": dependencies,
    }
    endpoints: dict[str, Any] = {name: {"parameters": [], "returns": []} for name in named}
    return small, {"named_endpoints": endpoints, "unnamed_endpoints": {}}


def number_unnamed_parameters(named: dict[str, Any]) -> None:
    """Give the parameters of Gradio before 4.23, which have no names, their numbers from 1: they go by position."""
    for entry in named.values():
        for number, parameter in enumerate(entry["parameters"], 1):
            parameter.setdefault("parameter_name", str(number))


def pick_keys(given: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The entries of `given` with these keys, those that there are."""
    return {key: given[key] for key in keys if key in given}


def validate_config(config: Any) -> None:
    """Refuse a configuration that is not Gradio's, or that would send us elsewhere."""
    if not isinstance(config, dict) or not isinstance(config.get("dependencies"), list):
        raise SpaceUnavailable("no-api")
    if config.get("protocol", "ws") not in SUPPORTED_PROTOCOLS:
        raise SpaceUnavailable("space-too-old")
    prefix = config.get("api_prefix", "")
    if (
        not isinstance(prefix, str)
        or not API_PREFIX_PATTERN.fullmatch(prefix)
        or not isinstance(config.get("components"), list)
    ):
        raise SpaceUnavailable("bad-answer")


@dataclass
class RegisteredSpace:
    """A connection, believed until that moment of the monotonic clock; `moment` is that of its row on the shelf."""

    client: SpaceClient
    expires_at: float
    stored_at: datetime | None = None

    def mark_stored(self, moment: datetime) -> None:
        self.stored_at = moment


class SpaceRegistry:
    """The connections of this process, one per Space, shared by all visitors."""

    def __init__(
        self, wire: HttpClient, shelf: DescriptionCache | None = None, fresh_seconds: float = DESCRIPTION_TTL_SECONDS
    ) -> None:
        self.http_client = wire
        self._description_cache = shelf
        self._ttl_seconds = fresh_seconds
        self._cache: SingleFlightCache[RegisteredSpace] = SingleFlightCache(
            lambda known: min(CACHE_CHECK_INTERVAL_SECONDS, known.expires_at - time.monotonic())
        )

    def get_client(self, url: str, leash: CancelScope, token: tokens.AccessToken | None = None) -> SpaceClient:
        """The connection to the Space at `url`, described at most ten minutes ago.

        Raises:
            Unavailable, CallError: as `connect`.
        """
        key = make_registry_key(url, token)
        return self._cache.get_or_fetch(key, leash, lambda: self._load_space(key, url, leash, token)).client

    def invalidate_space(self, connection: SpaceClient) -> None:
        """Describe this Space anew at the next need, in every process: an endpoint is gone, or it was started again."""
        key = make_registry_key(connection.url, connection.token)
        known = self._cache.get_latest_value(key)
        if known and known.client is not connection:
            return  # it was described anew meanwhile
        self._cache.invalidate(key)
        if self._description_cache:
            self._description_cache.invalidate_description(key, known.stored_at if known else None)

    def _load_space(self, key: str, url: str, leash: CancelScope, token: tokens.AccessToken | None) -> RegisteredSpace:
        """What is known of a Space, if it still holds; else what is on the shelf; else what the Space says now."""
        before = self._cache.get_latest_value(key)
        if before and self._is_current(key, before):
            return before
        if self._description_cache and (there := self._description_cache.fetch_description(key)):
            moment, said = there
            try:
                age = max(0.0, (database.utc_now() - moment).total_seconds())
                return RegisteredSpace(
                    parse_description(url, said, self.http_client, token, leash), self._compute_expiry(age), moment
                )
            except SpaceUnavailable:  # an older version of this site may have stored it
                log.info("A stored description makes no sense.")
        with byte_budget.reserve_bytes() as memory:
            said = request_description(url, self.http_client, leash, token, memory)
            known = RegisteredSpace(
                parse_description(url, said, self.http_client, token, leash), self._compute_expiry()
            )
        if self._description_cache:
            self._description_cache.store_in_background(key, said, known.mark_stored)
        return known

    def _compute_expiry(self, age_seconds: float = 0) -> float:
        return time.monotonic() + self._ttl_seconds - age_seconds

    def _is_current(self, key: str, known: RegisteredSpace) -> bool:
        """Is it still fresh, and the latest that any process was told?"""
        if time.monotonic() >= known.expires_at:
            return False
        try:
            return self._description_cache is None or self._description_cache.fetch_moment(key) == known.stored_at
        except SQLAlchemyError:
            return True


def make_registry_key(url: str, token: tokens.AccessToken | None) -> str:
    """What is lent the token and what is not are two things, even at one address; which is not to be read in it."""
    return hashlib.sha256(f"{url.rstrip('/')} {'with' if token else 'without'}".encode()).hexdigest()
