"""Security log: one JSON line for each event of the logger `hfcourse.security`, on stderr by default.

Logs instructor logins, rejected requests and reached limits (OWASP ASVS 5.0, 16.3). No line identifies a student:
no visitor id, no address, no typed text. Only an attempt at the instructor's password has a `source`, a keyed digest
of the address that changes every day: enough to count guessing machines, too little to identify one later.
"""

import hmac
import json
import logging
from datetime import UTC, datetime

from flask import Flask, current_app, has_request_context, request
from flask.logging import wsgi_errors_stream

SOURCE_LENGTH = 8
# Error codes of rejected forms that concern security; the others are ordinary typing mistakes.
LOGGED_REFUSALS = {
    "secret-in-input": "token_refused",
    "limit-reached": "limit_reached",
    "upload-too-large": "upload_refused",
}
LOGGED_STATUSES = {413: "upload_refused", 429: "limit_reached"}

log = logging.getLogger("hfcourse.security")


def log_event(event: str, **fields: str | int) -> None:
    """Log one JSON line: UTC time, event, view name, and `fields`, whose values are never user input.

    JSON in ASCII escapes line ends, so that no value can start a forged line.
    """
    line: dict[str, str | int] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event}
    if has_request_context() and request.endpoint:
        line["view"] = request.endpoint
    log.info(json.dumps(line | fields, ensure_ascii=True))


def log_refusal(code: str) -> None:
    """Log a rejected form, if its error code concerns security."""
    if event := LOGGED_REFUSALS.get(code):
        log_event(event, code=code)


def log_status(status: int) -> None:
    """Log an HTTP error that a limit caused."""
    if event := LOGGED_STATUSES.get(status):
        log_event(event, status=status)


def digest_source(address: str) -> str:
    """Return a short HMAC of `address`, keyed with the secret key and today's date."""
    key, day = str(current_app.secret_key).encode(), datetime.now(UTC).date().isoformat()
    return hmac.new(key, f"source:{day}:{address}".encode(), "sha256").hexdigest()[:SOURCE_LENGTH]


def init_app(app: Flask) -> None:
    """Attach a stderr handler, unless the operator configured a handler for this logger."""
    log.setLevel(logging.INFO)
    log.propagate = app.testing  # otherwise Flask's handler on the parent logger would duplicate each line
    if not log.handlers:
        handler = logging.StreamHandler(wsgi_errors_stream)  # type: ignore[call-overload]
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
