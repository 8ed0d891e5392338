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
from hfcourse.errors import CourseError, GatewayFailed, Unavailable
from hfcourse.limits import byte_budget
from hfcourse.limits.byte_budget import Reservation, parsed_bytes
from hfcourse.limits.deadline import Leash
from hfcourse.spaces.client import http_status
from hfcourse.spaces.client.cookie_jar import CookieJar
from hfcourse.spaces.client.http_client import Wire
from hfcourse.spaces.client.single_flight_cache import Memory
from hfcourse.spaces.client.space_client import Connection, Knowledge
from hfcourse.spaces.registry.description_cache import FRESH_SECONDS, Said, Shelf
from hfcourse.spaces.registry.info_filter import filter_info
from hfcourse.spaces.schema.endpoints.description_limits import bound_description
from hfcourse.spaces.schema.endpoints.space_description import describe
from hfcourse.spaces.schema.page.page_events import parse_page_events
from hfcourse.spaces.untrusted.safe_json import read_json
from hfcourse.token_masking import mask_value

MAX_CONFIG_BYTES = 5_000_000
MAX_INFO_BYTES = 32_000_000  # of which info_filter.py keeps 5 MB
MAX_DESCRIPTION_NODES = 1_000_000  # five times those of an answer: most are left out before anything is built
LOOK_SECONDS = 10
MOST_STEPS = 20_000_000
PROTOCOLS = ("sse_v1", "sse_v2", "sse_v2.1", "sse_v3")
PREFIX = re.compile(r"(/[A-Za-z0-9_-]+)*/?", re.ASCII)

log = logging.getLogger(__name__)


def ask_json(
    wire: Wire, url: str, token: tokens.Token | None, memory: Reservation, cookies: CookieJar, *, is_info: bool = False
) -> Any:
    """A part of a Space's description, without the token that it may repeat; `memory` grows by what it takes."""
    headers = {"x-hf-authorization": f"Bearer {token.reveal()}"} if token else {}
    cap, reduce = (MAX_INFO_BYTES, filter_info) if is_info else (MAX_CONFIG_BYTES, None)
    answer = wire.ask("GET", url, cap=cap, headers=headers, cookies=cookies, reduce=reduce)
    if answer.status == 401 and token:
        raise Unavailable("token-rejected")
    if code := http_status.code_of_description(answer.status, answer.headers):
        is_gateway = answer.status in http_status.GATEWAY_STATUSES
        raise (GatewayFailed if is_gateway else Unavailable)(
            code, http_status.status_words(answer.status, answer.headers)
        )
    if "json" not in answer.headers.get("content-type", ""):
        raise Unavailable("no-api")
    memory.resize(memory.size + parsed_bytes(answer.body))
    return mask_value(read_json(answer.body, MAX_DESCRIPTION_NODES), token)


def connect(url: str, wire: Wire, leash: Leash, token: tokens.Token | None = None) -> Connection:
    """Ask the Space at `url` to describe itself, and make a connection of it. Raises as `ask` and `understood`."""
    with byte_budget.reserve() as memory:
        return understood(url, ask(url, wire, leash, token, memory), wire, token, leash)


def ask(url: str, wire: Wire, leash: Leash, token: tokens.Token | None, memory: Reservation) -> Said:
    """What the Space at `url` says of itself: two requests, whose answers `memory` is made to count.

    Raises:
        Unavailable: it cannot be described (`no-api`, `space-login`, `space-too-old`, `bad-answer`…).
        CallFailed: `timeout`, `connection-lost`, `answer-too-large`, `server-busy`.
    """
    base, cookies = url.rstrip("/"), CookieJar(url)  # both answers are of one replica; no visitor's call sees these
    with leash.hold():
        config = ask_json(wire, f"{base}/config", token, memory, cookies)
        check_config(config)
        info_url = f"{base}{config.get('api_prefix', '').rstrip('/')}/info"
        return Said(config, ask_json(wire, info_url, token, memory, cookies, is_info=True))


def understood(url: str, said: Said, wire: Wire, token: tokens.Token | None, leash: Leash | None = None) -> Connection:
    """The connection to the Space that said this of itself.

    Raises:
        Unavailable: it makes no sense (`no-api`, `space-too-old`, `bad-answer`).
        CallFailed: `timeout`, describing takes longer than the leash allows.
    """
    check_deadline: Callable[[], object] = leash.remaining if leash else object
    check_deadline()
    base, (config, info) = url.rstrip("/"), said
    check_config(config)
    if not isinstance(info, dict) or not isinstance(info.get("named_endpoints"), dict):
        raise Unavailable("bad-answer")
    try:
        page_events = parse_page_events(config)  # of what is not documented, and not kept below
        config, info = bound_description(config, info)
        number_nameless(info["named_endpoints"])
        description = describe(config, info, check_deadline, page_events)
        offered = {each.name: info["named_endpoints"][each.name] for each in description.endpoints if not each.obstacle}
        called = bound_description(config, {"named_endpoints": offered})
        return Connection(base, Knowledge(base, *known_part(*called)), description, wire, token)
    except CourseError:
        raise
    except Exception as error:  # a stranger's description may be wrong in any way
        log.info("A Space's description makes no sense: %s", type(error).__name__)
        raise Unavailable("bad-answer") from None


def known_part(config: dict[str, Any], info: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What gradio_client needs of a description, and nothing else: it is kept for ten minutes."""
    named = info["named_endpoints"]
    dependencies = [
        {"id": number} | pick(each, "id", "api_name", "inputs", "outputs", "api_visibility", "show_api", "backend_fn")
        for number, each in enumerate(config["dependencies"])
        if isinstance(each.get("api_name"), str) and f"/{each['api_name']}" in named
    ]
    called = {number for each in dependencies for number in (*each["inputs"], *each["outputs"])}
    components = [pick(each, "id", "type", "skip_api") for each in config["components"] if each["id"] in called]
    # It looks for each input among all components, one after the other.
    if len(components) * sum(len(each["inputs"]) + len(each["outputs"]) for each in dependencies) > MOST_STEPS:
        raise ValueError("too many components")
    small = pick(config, "version", "protocol", "api_prefix") | {"components": components, "dependencies": dependencies}
    endpoints: dict[str, Any] = {name: {"parameters": [], "returns": []} for name in named}
    return small, {"named_endpoints": endpoints, "unnamed_endpoints": {}}


def number_nameless(named: dict[str, Any]) -> None:
    """Give the parameters of Gradio before 4.23, which have no names, their numbers from 1: they go by position."""
    for entry in named.values():
        for number, parameter in enumerate(entry["parameters"], 1):
            parameter.setdefault("parameter_name", str(number))


def pick(given: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The entries of `given` with these keys, those that there are."""
    return {key: given[key] for key in keys if key in given}


def check_config(config: Any) -> None:
    """Refuse a configuration that is not Gradio's, or that would send us elsewhere."""
    if not isinstance(config, dict) or not isinstance(config.get("dependencies"), list):
        raise Unavailable("no-api")
    if config.get("protocol", "ws") not in PROTOCOLS:
        raise Unavailable("space-too-old")
    prefix = config.get("api_prefix", "")
    if not isinstance(prefix, str) or not PREFIX.fullmatch(prefix) or not isinstance(config.get("components"), list):
        raise Unavailable("bad-answer")


@dataclass
class Known:
    """A connection, believed until that moment of the monotonic clock; `moment` is that of its row on the shelf."""

    connection: Connection
    until: float
    moment: datetime | None = None

    def is_stored(self, moment: datetime) -> None:
        self.moment = moment


class Directory:
    """The connections of this process, one per Space, shared by all visitors."""

    def __init__(self, wire: Wire, shelf: Shelf | None = None, fresh_seconds: float = FRESH_SECONDS) -> None:
        self.wire = wire
        self._shelf = shelf
        self._fresh_seconds = fresh_seconds
        self._memory: Memory[Known] = Memory(lambda known: min(LOOK_SECONDS, known.until - time.monotonic()))

    def connection(self, url: str, leash: Leash, token: tokens.Token | None = None) -> Connection:
        """The connection to the Space at `url`, described at most ten minutes ago.

        Raises:
            Unavailable, CallFailed: as `connect`.
        """
        key = key_of(url, token)
        return self._memory.get(key, leash, lambda: self._known(key, url, leash, token)).connection

    def forget(self, connection: Connection) -> None:
        """Describe this Space anew at the next need, in every process: an endpoint is gone, or it was started again."""
        key = key_of(connection.url, connection.token)
        known = self._memory.latest(key)
        if known and known.connection is not connection:
            return  # it was described anew meanwhile
        self._memory.forget(key)
        if self._shelf:
            self._shelf.drop(key, known.moment if known else None)

    def _known(self, key: str, url: str, leash: Leash, token: tokens.Token | None) -> Known:
        """What is known of a Space, if it still holds; else what is on the shelf; else what the Space says now."""
        before = self._memory.latest(key)
        if before and self._holds(key, before):
            return before
        if self._shelf and (there := self._shelf.read(key)):
            moment, said = there
            try:
                age = max(0.0, (database.now() - moment).total_seconds())
                return Known(understood(url, said, self.wire, token, leash), self._ends(age), moment)
            except Unavailable:  # an older version of this site may have stored it
                log.info("A stored description makes no sense.")
        with byte_budget.reserve() as memory:
            said = ask(url, self.wire, leash, token, memory)
            known = Known(understood(url, said, self.wire, token, leash), self._ends())
        if self._shelf:
            self._shelf.keep(key, said, known.is_stored)
        return known

    def _ends(self, age_seconds: float = 0) -> float:
        return time.monotonic() + self._fresh_seconds - age_seconds

    def _holds(self, key: str, known: Known) -> bool:
        """Is it still fresh, and the latest that any process was told?"""
        if time.monotonic() >= known.until:
            return False
        try:
            return self._shelf is None or self._shelf.moment(key) == known.moment
        except SQLAlchemyError:
            return True


def key_of(url: str, token: tokens.Token | None) -> str:
    """What is lent the token and what is not are two things, even at one address; which is not to be read in it."""
    return hashlib.sha256(f"{url.rstrip('/')} {'with' if token else 'without'}".encode()).hexdigest()
