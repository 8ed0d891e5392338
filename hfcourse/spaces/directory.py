"""The Spaces that this process knows: each described once, then shared by all visitors for ten minutes."""

import logging
import re
from typing import Any

from hfcourse import tokens
from hfcourse.errors import Unavailable
from hfcourse.spaces.client import Connection, Knowledge
from hfcourse.spaces.description import describe
from hfcourse.spaces.leash import Leash
from hfcourse.spaces.memory import Memory
from hfcourse.spaces.untrusted import read_json
from hfcourse.spaces.wire import Wire

DESCRIPTION_BYTES, DESCRIPTION_SECONDS = 5_000_000, 600
MOST_STEPS = 20_000_000
PROTOCOLS = ("sse_v1", "sse_v2", "sse_v2.1", "sse_v3")
PREFIX = re.compile(r"(/[A-Za-z0-9_-]+)*/?", re.ASCII)

log = logging.getLogger(__name__)


def ask_json(wire: Wire, url: str, token: tokens.Token | None) -> Any:
    """A part of a Space's description, without the token that it may repeat."""
    headers = {"x-hf-authorization": f"Bearer {token.reveal()}"} if token else {}
    answer = wire.ask("GET", url, cap=DESCRIPTION_BYTES, headers=headers)
    if answer.status == 401:
        raise Unavailable("token-rejected" if token else "space-login")
    if answer.status == 429:
        raise Unavailable("too-many-requests")
    if answer.status != 200:
        raise Unavailable("no-api" if answer.status == 404 else "bad-answer")
    if "json" not in answer.headers.get("content-type", ""):
        raise Unavailable("no-api")
    return read_json(tokens.redact_bytes(answer.body, token))


def connect(url: str, wire: Wire, leash: Leash, token: tokens.Token | None = None) -> Connection:
    """Ask the Space at `url` to describe itself: two requests.

    Raises:
        Unavailable: it cannot be described (`no-api`, `space-login`, `space-too-old`, `bad-answer`…).
        CallFailed: `timeout`, `connection-lost`, `answer-too-large`.
    """
    base = url.rstrip("/")
    with leash.hold():
        config = ask_json(wire, f"{base}/config", token)
        check_config(config)
        info = ask_json(wire, f"{base}{config.get('api_prefix', '').rstrip('/')}/info", token)
    if not isinstance(info, dict) or not isinstance(info.get("named_endpoints"), dict):
        raise Unavailable("bad-answer")
    try:
        number_nameless(info["named_endpoints"])
        return Connection(base, Knowledge(base, *known_part(config, info)), describe(config, info), wire, token)
    except Exception as error:  # a stranger's description may be wrong in any way
        log.info("A Space's description makes no sense: %s", type(error).__name__)
        raise Unavailable("bad-answer") from None


def known_part(config: dict[str, Any], info: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What gradio_client needs of a description, and nothing else: it is kept for ten minutes."""
    named = info["named_endpoints"]
    components = [pick(each, "id", "type", "skip_api") for each in config["components"]]
    dependencies = [
        {"id": number} | pick(each, "id", "api_name", "inputs", "outputs", "api_visibility", "show_api", "backend_fn")
        for number, each in enumerate(config["dependencies"])
        if isinstance(each.get("api_name"), str) and f"/{each['api_name']}" in named
    ]
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


class Directory:
    """The connections of this process, one per Space, shared by all visitors."""

    def __init__(self, wire: Wire, fresh_seconds: float = DESCRIPTION_SECONDS) -> None:
        self.wire = wire
        self._memory: Memory[Connection] = Memory(lambda _connection: fresh_seconds)

    def connection(self, url: str, leash: Leash, token: tokens.Token | None = None) -> Connection:
        """The connection to the Space at `url`, described at most ten minutes ago.

        Raises:
            Unavailable, CallFailed: as `connect`.
        """
        return self._memory.get(key_of(url, token), leash, lambda: connect(url, self.wire, leash, token))

    def forget(self, connection: Connection) -> None:
        """Describe this Space anew at the next need: an endpoint is gone, or it was started again."""
        self._memory.forget(key_of(connection.url, connection.token))


def key_of(url: str, token: tokens.Token | None) -> str:
    """What is lent the token and what is not are two things, even at one address."""
    return f"{url.rstrip('/')} {'with' if token else 'without'}"
