"""Registry of Spaces: each is described once per process, and its client cached for ten minutes.

Processes share the descriptions through the database; each checks there every ten seconds whether
its own are still current.
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
from hfcourse.spaces.client.gradio_client_adapter import DescribedClient
from hfcourse.spaces.client.http_client import HttpClient
from hfcourse.spaces.client.single_flight_cache import SingleFlightCache
from hfcourse.spaces.client.space_client import SpaceClient
from hfcourse.spaces.registry.client_config import extract_client_config, number_unnamed_parameters
from hfcourse.spaces.registry.description_cache import DESCRIPTION_TTL_SECONDS, DescriptionCache, RawDescription
from hfcourse.spaces.registry.info_filter import filter_info
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.description_limits import limit_description
from hfcourse.spaces.schema.page.page_events import parse_page_events
from hfcourse.spaces.untrusted.safe_json import parse_untrusted_json
from hfcourse.token_masking import mask_json_value

MAX_CONFIG_BYTES = 5_000_000
MAX_INFO_BYTES = 32_000_000  # info_filter.py reduces it to 5 MB
MAX_DESCRIPTION_NODES = 1_000_000  # five times those of an output: most are removed before parsing into objects
CACHE_CHECK_INTERVAL_SECONDS = 10
SUPPORTED_PROTOCOLS = ("sse_v1", "sse_v2", "sse_v2.1", "sse_v3")
API_PREFIX_PATTERN = re.compile(r"(/[A-Za-z0-9_-]+)*/?", re.ASCII)

log = logging.getLogger(__name__)


def request_description_part(
    http_client: HttpClient,
    url: str,
    token: tokens.AccessToken | None,
    reservation: Reservation,
    cookies: CookieJar,
    *,
    is_info: bool = False,
) -> Any:
    """Request one part of a Space's description, parsed and with the token masked.

    Args:
        reservation: memory reservation, resized to include the parsed response.
    """
    headers = {"x-hf-authorization": f"Bearer {token.reveal()}"} if token else {}
    cap, reduce = (MAX_INFO_BYTES, filter_info) if is_info else (MAX_CONFIG_BYTES, None)
    response = http_client.request("GET", url, cap=cap, headers=headers, cookies=cookies, reduce=reduce)
    if response.status == 401 and token:
        raise SpaceUnavailable("token-rejected")
    if code := http_status.classify_description_answer(response.status, response.headers):
        is_gateway = response.status in http_status.GATEWAY_STATUSES
        raise (GatewayError if is_gateway else SpaceUnavailable)(
            code, http_status.format_gateway_status(response.status, response.headers)
        )
    if "json" not in response.headers.get("content-type", ""):
        raise SpaceUnavailable("no-api")
    reservation.resize(reservation.size + estimate_parsed_bytes(response.body))
    return mask_json_value(parse_untrusted_json(response.body, MAX_DESCRIPTION_NODES), token)


def open_space_client(
    url: str, http_client: HttpClient, scope: CancelScope, token: tokens.AccessToken | None = None
) -> SpaceClient:
    """Request the description of the Space at `url`, and return its client.

    Raises: as `request_description` and `parse_description`.
    """
    with byte_budget.reserve_bytes() as reservation:
        return parse_description(
            url, request_description(url, http_client, scope, token, reservation), http_client, token, scope
        )


def request_description(
    url: str, http_client: HttpClient, scope: CancelScope, token: tokens.AccessToken | None, reservation: Reservation
) -> RawDescription:
    """Request the description of the Space at `url`: two requests, counted in `reservation`.

    Raises:
        SpaceUnavailable: it cannot be described (`no-api`, `space-login`, `space-too-old`,
            `bad-answer`…).
        CallError: `timeout`, `connection-lost`, `answer-too-large`, `server-busy`.
    """
    base, cookies = (
        url.rstrip("/"),
        CookieJar(url),
    )  # both responses are of one replica; calls of visitors do not share these
    with scope.activate():
        config = request_description_part(http_client, f"{base}/config", token, reservation, cookies)
        validate_config(config)
        info_url = f"{base}{config.get('api_prefix', '').rstrip('/')}/info"
        return RawDescription(
            config, request_description_part(http_client, info_url, token, reservation, cookies, is_info=True)
        )


def parse_description(
    url: str,
    description_parts: RawDescription,
    http_client: HttpClient,
    token: tokens.AccessToken | None,
    scope: CancelScope | None = None,
) -> SpaceClient:
    """Build the client of a Space from its raw description.

    Raises:
        SpaceUnavailable: the description is invalid (`no-api`, `space-too-old`, `bad-answer`).
        CallError: `timeout`, parsing exceeds the deadline.
    """
    check_deadline: Callable[[], object] = scope.check_remaining_seconds if scope else object
    check_deadline()
    base, (config, info) = url.rstrip("/"), description_parts
    validate_config(config)
    if not isinstance(info, dict) or not isinstance(info.get("named_endpoints"), dict):
        raise SpaceUnavailable("bad-answer")
    try:
        page_events = parse_page_events(config)  # undocumented functions, which the limit below removes
        config, info = limit_description(config, info)
        number_unnamed_parameters(info["named_endpoints"])
        description = build_description(config, info, check_deadline, page_events)
        offered = {
            each.name: info["named_endpoints"][each.name] for each in description.endpoints if not each.blocked_reason
        }
        called = limit_description(config, {"named_endpoints": offered})
        return SpaceClient(
            base, DescribedClient(base, *extract_client_config(*called)), description, http_client, token
        )
    except CourseError:
        raise
    except Exception as error:  # an untrusted description may be malformed in any way
        log.info("A Space's description is malformed: %s", type(error).__name__)
        raise SpaceUnavailable("bad-answer") from None


def validate_config(config: Any) -> None:
    """Reject a configuration that is not Gradio's, or whose prefix leads to another host."""
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
    """Cached client of a Space.

    Attributes:
        expires_at: time of expiry on the monotonic clock.
        stored_at: time of its row in the description cache.
    """

    client: SpaceClient
    expires_at: float
    stored_at: datetime | None = None

    def mark_stored(self, stored_at: datetime) -> None:
        self.stored_at = stored_at


class SpaceRegistry:
    """Cache of the clients of this process, one per Space, shared by all visitors."""

    def __init__(
        self,
        http_client: HttpClient,
        description_cache: DescriptionCache | None = None,
        ttl_seconds: float = DESCRIPTION_TTL_SECONDS,
    ) -> None:
        self.http_client = http_client
        self._description_cache = description_cache
        self._ttl_seconds = ttl_seconds
        self._cache: SingleFlightCache[RegisteredSpace] = SingleFlightCache(
            lambda space: min(CACHE_CHECK_INTERVAL_SECONDS, space.expires_at - time.monotonic()),
            subject="description",
        )

    def get_client(self, url: str, scope: CancelScope, token: tokens.AccessToken | None = None) -> SpaceClient:
        """Return the client of the Space at `url`, described at most ten minutes ago.

        Raises:
            SpaceUnavailable, CallError: as `open_space_client`.
        """
        key = make_registry_key(url, token)
        return self._cache.get_or_fetch(key, scope, lambda: self._load_space(key, url, scope, token)).client

    def get_known_client(self, url: str, token: tokens.AccessToken | None = None) -> SpaceClient | None:
        """Return the latest client of the Space at `url`, expired or not, without a request; None if there is none."""
        space = self._cache.get_latest_value(make_registry_key(url, token))
        return space.client if space else None

    def invalidate_space(self, connection: SpaceClient) -> None:
        """Invalidate the description of a Space in every process: an endpoint is gone, or it was restarted."""
        key = make_registry_key(connection.url, connection.token)
        space = self._cache.get_latest_value(key)
        # A call has a copy of its own, with its cookies, of the client that all calls share.
        if space and space.client.described_client is not connection.described_client:
            return  # it was already replaced
        self._cache.invalidate(key)
        if self._description_cache:
            self._description_cache.invalidate_description(key, space.stored_at if space else None)

    def _load_space(self, key: str, url: str, scope: CancelScope, token: tokens.AccessToken | None) -> RegisteredSpace:
        """Return the current client, else one from the description cache, else one from the Space itself."""
        cached = self._cache.get_latest_value(key)
        if cached and self._is_current(key, cached):
            return cached
        if self._description_cache and (stored := self._description_cache.fetch_description(key)):
            moment, description_parts = stored
            try:
                age = max(0.0, (database.utc_now() - moment).total_seconds())
                return RegisteredSpace(
                    parse_description(url, description_parts, self.http_client, token, scope),
                    self._compute_expiry(age),
                    moment,
                )
            except SpaceUnavailable:  # it may have been stored by an older version of this site
                log.info("A stored description is malformed.")
        with byte_budget.reserve_bytes() as memory:
            description_parts = request_description(url, self.http_client, scope, token, memory)
            space = RegisteredSpace(
                parse_description(url, description_parts, self.http_client, token, scope), self._compute_expiry()
            )
        if self._description_cache:
            self._description_cache.store_in_background(key, description_parts, space.mark_stored)
        return space

    def _compute_expiry(self, age_seconds: float = 0) -> float:
        return time.monotonic() + self._ttl_seconds - age_seconds

    def _is_current(self, key: str, space: RegisteredSpace) -> bool:
        """Is it unexpired, and the latest description that any process has stored?"""
        if time.monotonic() >= space.expires_at:
            return False
        try:
            return self._description_cache is None or self._description_cache.fetch_moment(key) == space.stored_at
        except SQLAlchemyError:
            return True


def make_registry_key(url: str, token: tokens.AccessToken | None) -> str:
    """Hash the URL of a Space and the use of the token, which are cached separately.

    The hash does not reveal the URL.
    """
    return hashlib.sha256(f"{url.rstrip('/')} {'with' if token else 'without'}".encode()).hexdigest()
