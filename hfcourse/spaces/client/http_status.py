"""Classification of HTTP statuses: the Space's own errors, or those of a gateway. Pure.

Requests to a Space pass proxies: that of Hugging Face, nginx, Cloudflare. While a Space starts,
restarts or is too slow, a proxy responds in its place, mostly with an HTML page. Gradio's own
errors are JSON, `{"detail": …}`.

Sources: RFC 9110, section 15; Cloudflare's 520 to 530; `gradio/routes.py` (`queue_join_helper`),
4.44 to 6.31.
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
# JSON keys under which Gradio, FastAPI and gateways report an error.
DETAIL_KEYS = ("detail", "error", "message")
LOGIN_PATH_PATTERN = re.compile(
    r"(?:^|[/_-])(?:login|log-in|signin|sign_in|sign-in|oauth2?|auth|authorize|sso)(?:[/._-]|$)", re.I
)


def classify_answer(
    status: int, headers: Mapping[str, str], body: bytes, mask: TokenMask = return_unmasked
) -> CallError | None:
    """Return the error of the response to a join or an upload, None for 200.

    Args:
        headers: by name in lower case.
        body: as much of it as was read; JSON or not.
        mask: removes the token that the Space may repeat.
    """
    if status == OK_STATUS:
        return None
    if status in REDIRECT_STATUSES:
        return CallError(classify_redirect(headers.get("location", "")))
    detail = extract_error_detail(body, mask)
    code = (
        classify_unavailable(detail)
        if status == SERVICE_UNAVAILABLE_STATUS
        else CODE_BY_STATUS.get(status, "bad-answer")
    )
    if code == "space-exception":
        return CallError(code, detail)
    return CallError(
        code, format_retry_after(headers) if code == "queue-full" else format_gateway_status(status, headers)
    )


def classify_stream_answer(status: int, headers: Mapping[str, str]) -> CallError | None:
    """Return the error of the response to the request for the event stream, None for 200.

    The Space has just accepted the call: 404 and 503 mean that it restarted, or that another
    replica responded.
    """
    if status == 404:
        return CallError("connection-lost")
    if status == SERVICE_UNAVAILABLE_STATUS:
        return CallError("connection-lost", format_gateway_status(status, headers))
    return classify_answer(status, headers, b"")


def classify_description_answer(status: int, headers: Mapping[str, str]) -> str:
    """Return the error code of the response to a request for the Space's description, '' for 200."""
    if status in REDIRECT_STATUSES:
        return classify_redirect(headers.get("location", ""))
    others = {OK_STATUS: "", 401: "space-login", 403: "space-login", 404: "no-api", 429: "too-many-requests"}
    codes = (
        others
        | {SERVICE_UNAVAILABLE_STATUS: "space-sleeping"}
        | {each: CODE_BY_STATUS[each] for each in GATEWAY_DOWN_STATUSES | GATEWAY_TIMEOUT_STATUSES}
    )
    return codes.get(status, "bad-answer")


def classify_unavailable(detail: str) -> str:
    """Return the code of a 503.

    Gradio's queue is full or stopped; any other 503 is a gateway's, whose Space is starting.
    """
    if "queue is stopped" in detail.casefold():
        return "connection-lost"
    return "queue-full" if "queue" in detail.casefold() else "space-sleeping"


def classify_redirect(location: str) -> str:
    """Return the code of a redirect, which is never followed: a login page, or anything else."""
    try:
        path = urlsplit(location).path
    except ValueError:
        path = ""
    return "space-login" if LOGIN_PATH_PATTERN.search(path) else "bad-answer"


def extract_error_detail(body: bytes, mask: TokenMask = return_unmasked) -> str:
    """Return the message of a JSON error as text, '' for none."""
    try:
        parsed = json.loads(body) if body[:1] == b"{" else None
    except (ValueError, RecursionError):
        return ""
    found = (parsed.get(name) for name in DETAIL_KEYS) if isinstance(parsed, dict) else ()
    return extract_message_text(
        next((each for each in found if isinstance(each, str)), None), MAX_DETAIL_CHARACTERS, mask
    )


def format_gateway_status(status: int, headers: Mapping[str, str]) -> str:
    """Return the gateway status and Retry-After of a response as stored with the run; '' for neither."""
    parts = f"HTTP {status}" if status in GATEWAY_STATUSES else "", format_retry_after(headers)
    return ", ".join(filter(None, parts))


def format_retry_after(headers: Mapping[str, str]) -> str:
    """Return the Retry-After header in whole seconds, '' for none."""
    seconds = parse_retry_after(headers.get("retry-after", "").strip())
    if seconds is None or not 0 < seconds <= MAX_WAIT_SECONDS:
        return ""
    return f"{RETRY_AFTER_HEADER}: {math.ceil(seconds)}"
