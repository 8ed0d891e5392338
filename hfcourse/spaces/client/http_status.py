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

from hfcourse.errors import MAX_DETAIL_CHARACTERS, CallError
from hfcourse.failure_explanations import MAX_WAIT_SECONDS, RETRY_AFTER_HEADER
from hfcourse.spaces.client.call_failures import TokenMask, extract_message_text, return_unmasked
from hfcourse.spaces.client.retry_after import parse_retry_after

OK_STATUS, REDIRECT_STATUSES = 200, {301, 302, 303, 307, 308}
GATEWAY_DOWN_STATUSES = {502, 520, 521, 523, 525, 526, 527, 530}
GATEWAY_TIMEOUT_STATUSES = {408, 504, 522, 524, 598, 599}
SERVICE_UNAVAILABLE_STATUS = 503
GATEWAY_STATUSES = GATEWAY_DOWN_STATUSES | GATEWAY_TIMEOUT_STATUSES | {SERVICE_UNAVAILABLE_STATUS}
CODE_BY_STATUS = {
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
    **dict.fromkeys(GATEWAY_DOWN_STATUSES, "connection-lost"),
    **dict.fromkeys(GATEWAY_TIMEOUT_STATUSES, "timeout"),
}
# The part of an answer in which Gradio, FastAPI and gateways say what is wrong.
DETAIL_KEYS = ("detail", "error", "message")
LOGIN_PATH_PATTERN = re.compile(
    r"(?:^|[/_-])(?:login|log-in|signin|sign_in|sign-in|oauth2?|auth|authorize|sso)(?:[/._-]|$)", re.I
)


def classify_answer(
    status: int, headers: Mapping[str, str], body: bytes, mask: TokenMask = return_unmasked
) -> CallError | None:
    """Return what an answer to a join or an upload means, None for 200.

    Args:
        headers: by name in lower case.
        body: as much of it as was read; JSON or not.
        mask: leaves what the Space was lent out of its words.
    """
    if status == OK_STATUS:
        return None
    if status in REDIRECT_STATUSES:
        return CallError(classify_redirect(headers.get("location", "")))
    words = extract_error_detail(body, mask)
    code = (
        classify_unavailable(words)
        if status == SERVICE_UNAVAILABLE_STATUS
        else CODE_BY_STATUS.get(status, "bad-answer")
    )
    if code == "space-exception":
        return CallError(code, words)
    return CallError(
        code, format_retry_after(headers) if code == "queue-full" else format_gateway_status(status, headers)
    )


def classify_stream_answer(status: int, headers: Mapping[str, str]) -> CallError | None:
    """Return what the status of the stream of events means, None for 200.

    The call was taken a moment before: a stream that is not found or not available is that of a Space that has
    restarted, or of another replica.
    """
    if status == 404:
        return CallError("connection-lost")
    if status == SERVICE_UNAVAILABLE_STATUS:
        return CallError("connection-lost", format_gateway_status(status, headers))
    return classify_answer(status, headers, b"")


def classify_description_answer(status: int, headers: Mapping[str, str]) -> str:
    """Return the code of a Space that answers so when it is asked to describe itself, '' for 200."""
    if status in REDIRECT_STATUSES:
        return classify_redirect(headers.get("location", ""))
    others = {OK_STATUS: "", 401: "space-login", 403: "space-login", 404: "no-api", 429: "too-many-requests"}
    codes = (
        others
        | {SERVICE_UNAVAILABLE_STATUS: "space-sleeping"}
        | {each: CODE_BY_STATUS[each] for each in GATEWAY_DOWN_STATUSES | GATEWAY_TIMEOUT_STATUSES}
    )
    return codes.get(status, "bad-answer")


def classify_unavailable(words: str) -> str:
    """Return the code of a 503: Gradio's queue is full or stopped; any other is of a gateway: the Space starts."""
    if "queue is stopped" in words.casefold():
        return "connection-lost"
    return "queue-full" if "queue" in words.casefold() else "space-sleeping"


def classify_redirect(location: str) -> str:
    """Return the code of a redirect, which is never followed: the page of a login, or something else."""
    try:
        path = urlsplit(location).path
    except ValueError:
        path = ""
    return "space-login" if LOGIN_PATH_PATTERN.search(path) else "bad-answer"


def extract_error_detail(body: bytes, mask: TokenMask = return_unmasked) -> str:
    """Return the words of a JSON error as text, '' where there are none."""
    try:
        parsed = json.loads(body) if body[:1] == b"{" else None
    except (ValueError, RecursionError):
        return ""
    found = (parsed.get(name) for name in DETAIL_KEYS) if isinstance(parsed, dict) else ()
    return extract_message_text(
        next((each for each in found if isinstance(each, str)), None), MAX_DETAIL_CHARACTERS, mask
    )


def format_gateway_status(status: int, headers: Mapping[str, str]) -> str:
    """Return what is stored of a gateway's status and of a wait that an answer asks for; '' for neither."""
    told = f"HTTP {status}" if status in GATEWAY_STATUSES else "", format_retry_after(headers)
    return ", ".join(filter(None, told))


def format_retry_after(headers: Mapping[str, str]) -> str:
    """Return the wait that a Retry-After header asks for, written as one in whole seconds; '' for none."""
    seconds = parse_retry_after(headers.get("retry-after", "").strip())
    if seconds is None or not 0 < seconds <= MAX_WAIT_SECONDS:
        return ""
    return f"{RETRY_AFTER_HEADER}: {math.ceil(seconds)}"
