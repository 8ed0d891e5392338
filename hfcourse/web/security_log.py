"""The security log: one line of JSON for each event of the logger `hfcourse.security`, on stderr unless configured.

Who entered the instructor's place, what was refused and where a limit was reached (OWASP ASVS 5.0, 16.3). No line
names a student: neither a visitor's id, nor an address, nor anything that was typed. Only an attempt at the
instructor's password carries a `source`, a keyed digest of the address that changes every day: enough to tell one
machine that guesses from thirty, and not enough to find out whose it is later.
"""

import hmac
import json
import logging
from datetime import UTC, datetime

from flask import Flask, current_app, has_request_context, request
from flask.logging import wsgi_errors_stream

SOURCE_LENGTH = 8
# Codes of refused forms that are worth a line; the others are ordinary mistakes of typing.
LOGGED_REFUSALS = {
    "secret-in-input": "token_refused",
    "limit-reached": "limit_reached",
    "upload-too-large": "upload_refused",
}
LOGGED_STATUSES = {413: "upload_refused", 429: "limit_reached"}

log = logging.getLogger("hfcourse.security")


def log_event(event: str, **fields: str | int) -> None:
    """Write one line: the time in UTC, the event, the name of the view, and `fields`, which are words of ours.

    JSON in ASCII has no line end inside a value, so that no value can begin a line of its own.
    """
    line: dict[str, str | int] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event}
    if has_request_context() and request.endpoint:
        line["view"] = request.endpoint
    log.info(json.dumps(line | fields, ensure_ascii=True))


def log_refusal(code: str) -> None:
    """Write a line for a refused form, if its error code concerns security."""
    if event := LOGGED_REFUSALS.get(code):
        log_event(event, code=code)


def log_status(status: int) -> None:
    """Write a line for an HTTP error that a limit caused."""
    if event := LOGGED_STATUSES.get(status):
        log_event(event, status=status)


def digest_source(address: str) -> str:
    """Return a short keyed digest of `address` that is valid today only."""
    key, day = str(current_app.secret_key).encode(), datetime.now(UTC).date().isoformat()
    return hmac.new(key, f"source:{day}:{address}".encode(), "sha256").hexdigest()[:SOURCE_LENGTH]


def init_app(app: Flask) -> None:
    """Send the log to stderr, unless whoever runs the site has configured a handler for it."""
    log.setLevel(logging.INFO)
    log.propagate = app.testing  # Flask's own handler, of the parent logger, would write each line a second time
    if not log.handlers:
        handler = logging.StreamHandler(wsgi_errors_stream)  # type: ignore[call-overload]
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
