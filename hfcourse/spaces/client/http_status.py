"""What the status of a Space's answer means: its own refusal, or a gateway that answers in its place. Pure.

Between us and a Space stand proxies: that of Hugging Face, nginx, Cloudflare. While a Space starts, restarts or is too
slow they answer for it, mostly with a page of HTML. Gradio's own refusals are JSON, `{"detail": …}`.

Sources: RFC 9110, section 15; Cloudflare's 520 to 530; `gradio/routes.py` (`queue_join_helper`), 4.44 to 6.31.
"""

import json
import math
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from hfcourse.errors import SAID_CHARACTERS, CallFailed
from hfcourse.failure_explanations import MAX_WAIT_SECONDS, RETRY_AFTER
from hfcourse.spaces.client.call_failures import Mask, message_text, unmasked
from hfcourse.spaces.client.retry_after import parse_retry_after

OK, REDIRECTS = 200, {301, 302, 303, 307, 308}
GATEWAY_DOWN = {502, 520, 521, 523, 525, 526, 527, 530}
GATEWAY_TIMEOUTS = {408, 504, 522, 524, 598, 599}
UNAVAILABLE = 503
GATEWAY_STATUSES = GATEWAY_DOWN | GATEWAY_TIMEOUTS | {UNAVAILABLE}
CODES = {
    400: "space-exception",
    401: "space-login",
    403: "space-login",
    404: "endpoint-gone",
    413: "answer-too-large",
    429: "too-many-requests",
    500: "space-exception",
    501: "space-exception",
    505: "space-exception",
    507: "space-exception",
    **dict.fromkeys(GATEWAY_DOWN, "connection-lost"),
    **dict.fromkeys(GATEWAY_TIMEOUTS, "timeout"),
}
# The part of an answer in which Gradio, FastAPI and gateways say what is wrong.
DETAILS = ("detail", "error", "message")
LOGIN_PATH = re.compile(
    r"(?:^|[/_-])(?:login|log-in|signin|sign_in|sign-in|oauth2?|auth|authorize|sso)(?:[/._-]|$)", re.I
)


def failure_of_answer(status: int, headers: Mapping[str, str], body: bytes, mask: Mask = unmasked) -> CallFailed | None:
    """Return what an answer to a join or an upload means, None for 200.

    Args:
        headers: by name in lower case.
        body: as much of it as was read; JSON or not.
        mask: leaves what the Space was lent out of its words.
    """
    if status == OK:
        return None
    if status in REDIRECTS:
        return CallFailed(code_of_redirect(headers.get("location", "")))
    words = detail_of(body, mask)
    code = code_of_unavailable(words) if status == UNAVAILABLE else CODES.get(status, "bad-answer")
    if code == "space-exception":
        return CallFailed(code, words)
    return CallFailed(code, wait_of(headers) if code == "queue-full" else status_words(status, headers))


def failure_of_stream(status: int, headers: Mapping[str, str]) -> CallFailed | None:
    """Return what the status of the stream of events means, None for 200.

    The call was taken a moment before: a stream that is not found or not available is that of a Space that has
    restarted, or of another replica.
    """
    if status == 404:
        return CallFailed("connection-lost")
    if status == UNAVAILABLE:
        return CallFailed("connection-lost", status_words(status, headers))
    return failure_of_answer(status, headers, b"")


def code_of_description(status: int, headers: Mapping[str, str]) -> str:
    """Return the code of a Space that answers so when it is asked to describe itself, '' for 200."""
    if status in REDIRECTS:
        return code_of_redirect(headers.get("location", ""))
    others = {OK: "", 401: "space-login", 403: "space-login", 404: "no-api", 429: "too-many-requests"}
    codes = others | {UNAVAILABLE: "space-sleeping"} | {each: CODES[each] for each in GATEWAY_DOWN | GATEWAY_TIMEOUTS}
    return codes.get(status, "bad-answer")


def code_of_unavailable(words: str) -> str:
    """Return the code of a 503: Gradio's queue is full or stopped; any other is of a gateway: the Space starts."""
    if "queue is stopped" in words.casefold():
        return "connection-lost"
    return "queue-full" if "queue" in words.casefold() else "space-sleeping"


def code_of_redirect(location: str) -> str:
    """Return the code of a redirect, which is never followed: the page of a login, or something else."""
    try:
        path = urlsplit(location).path
    except ValueError:
        path = ""
    return "space-login" if LOGIN_PATH.search(path) else "bad-answer"


def detail_of(body: bytes, mask: Mask = unmasked) -> str:
    """Return the words of a JSON error as text, '' where there are none."""
    try:
        parsed = json.loads(body) if body[:1] == b"{" else None
    except (ValueError, RecursionError):
        return ""
    found = (parsed.get(name) for name in DETAILS) if isinstance(parsed, dict) else ()
    return message_text(next((each for each in found if isinstance(each, str)), None), SAID_CHARACTERS, mask)


def status_words(status: int, headers: Mapping[str, str]) -> str:
    """Return what is stored of a gateway's status and of a wait that an answer asks for; '' for neither."""
    told = f"HTTP {status}" if status in GATEWAY_STATUSES else "", wait_of(headers)
    return ", ".join(filter(None, told))


def wait_of(headers: Mapping[str, str]) -> str:
    """Return the wait that a Retry-After header asks for, written as one in whole seconds; '' for none."""
    seconds = parse_retry_after(headers.get("retry-after", "").strip())
    if seconds is None or not 0 < seconds <= MAX_WAIT_SECONDS:
        return ""
    return f"{RETRY_AFTER}: {math.ceil(seconds)}"
