"""Access token of the site: read once at start, passed to one call at a time, masked everywhere else.

No other module reads the token's variables. They are removed from the process environment after they are read:
huggingface_hub and gradio_client send the value they find there to any host (a call made with ``token=None`` contained
it in 4 requests out of 4), and a child process would inherit it.
"""

import io
import logging
import os
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import IO

from flask import Flask, Response, current_app, g, has_app_context, has_request_context

from hfcourse.text import file_scanning, token_search
from hfcourse.text.typography import typeset_french

TOKEN_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
MASK_TEXT = "[jeton masqué]"
# Current Hub tokens are longer; with ten letters or more it cannot be an ordinary word.
TOKEN_PATTERN = re.compile(r"hf_[A-Za-z0-9]{10,}", re.ASCII)
LIBRARY_ENVIRONMENT = {
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
}
# Query string of a URL in the logs of Werkzeug (`"GET /a?q=b HTTP/1.1"`) and gunicorn (the same, and the referrer).
QUERY_STRING = re.compile(r"\?\S*?(?=\"?(?:\s|$))")
ACCESS_LOGGERS = ("werkzeug", "gunicorn.access")
NOISY_LOGGERS = ("httpx", "httpcore", "httpcore2", "gradio_client", "huggingface_hub")


class AccessToken:
    """Access token whose representation is masked."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return f"Token({MASK_TEXT})"

    __str__ = __repr__

    def reveal(self) -> str:
        """Return the value, only for the header of a call."""
        return self._value


def read_token(environment: MutableMapping[str, str]) -> AccessToken | None:
    """Return the token from `environment`, or None if it is absent or blank.

    Raises:
        SystemExit: it does not match the pattern of a token. The value is not printed.
    """
    value = environment.get("HF_TOKEN", "").strip()
    if not value:
        return None
    if not TOKEN_PATTERN.fullmatch(value):
        raise SystemExit(
            typeset_french(
                "hfcourse : HF_TOKEN n'a pas la forme d'un jeton (hf_, puis des lettres ou des chiffres) : le site ne"
                " démarre pas. Copiez-le de nouveau dans .env, ou retirez cette ligne."
            )
        )
    return AccessToken(value)


def hide_from_libraries(environment: MutableMapping[str, str] = os.environ) -> None:
    """Remove the token from the environment and disable the libraries' telemetry, before they are imported."""
    for variable in TOKEN_VARIABLES:
        environment.pop(variable, None)
    environment.update(LIBRARY_ENVIRONMENT)


def get_site_token() -> AccessToken | None:
    """Return the token of this site, for one call."""
    token: AccessToken | None = current_app.extensions["token"]
    return token


def has_site_token(app: Flask) -> bool:
    """Does this application have a token? Without an application context, while it is created."""
    return app.extensions["token"] is not None


def redact_token(words: str, token: AccessToken | None) -> str:
    """Replace the site's token in `words` by « [jeton masqué] » (exact value only)."""
    return words.replace(token.reveal(), MASK_TEXT) if token else words


def contains_token(content: bytes | str) -> bool:
    """Does a text or a file contain a possible token, or the site's own?"""
    if isinstance(content, bytes):
        return file_contains_token(io.BytesIO(content))
    return token_search.has_token(content, get_token_value(), get_scan_budget().search)


def file_contains_token(file: IO[bytes]) -> bool:
    """Does an open file contain one, in any supported encoding or container?"""
    return file_scanning.file_holds_token(file, get_token_value(), get_scan_budget())


def mask_tokens(words: str) -> str:
    """Replace each possible token in `words` by « [jeton masqué] »."""
    found = token_search.find_tokens(words, get_token_value(), get_scan_budget().search)
    return token_search.replace_spans(words, found, MASK_TEXT) if found else words


def get_token_value() -> str:
    """Return the site's own token, or '' without one or without an application context."""
    token = current_app.extensions.get("token") if has_app_context() else None
    return token.reveal() if token else ""


def get_scan_budget() -> file_scanning.ScanBudget:
    """Return the remaining scan budget of this request."""
    if not has_request_context():
        return file_scanning.ScanBudget()
    if "scan_budget" not in g:
        g.scan_budget = file_scanning.ScanBudget()
    budget: file_scanning.ScanBudget = g.scan_budget
    return budget


class RedactingFilter(logging.Filter):
    """Log filter that masks the site's token, traceback included."""

    def __init__(self, token: AccessToken) -> None:
        super().__init__()
        self.token = token

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact_token(record.getMessage(), self.token), None
        if record.exc_info:
            record.exc_text = redact_token("".join(traceback.format_exception(*record.exc_info)), self.token)
        return True


class QueryStringFilter(logging.Filter):
    """Access log filter that drops query strings, which contain searches, and masks tokens."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask_tokens(QUERY_STRING.sub("?…", record.getMessage())), None
        return True


QUERY_STRING_FILTER = QueryStringFilter()  # a singleton: loggers ignore a filter that they already have


def install_response_redaction(app: Flask, token: AccessToken) -> None:
    """Mask the token in every response: the last defence against a Space that repeats the token it received."""

    @app.after_request
    def mask(response: Response) -> Response:
        if response.is_streamed or response.direct_passthrough:
            return response
        body = response.get_data()
        if token.reveal().encode() in body:
            response.set_data(body.replace(token.reveal().encode(), MASK_TEXT.encode()))
        return response


def is_reloader_parent(app: Flask) -> bool:
    """Is this the supervisor process of `flask run --debug`? It serves no request and imports neither library."""
    return app.debug and "--no-reload" not in sys.argv and os.environ.get("WERKZEUG_RUN_MAIN") != "true"


def init_app(app: Flask) -> None:
    """Read the token, hide it, and mask it in logs and responses."""
    token = app.extensions["token"] = read_token(os.environ)
    if not is_reloader_parent(app):  # its child reads the same environment
        hide_from_libraries()
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ACCESS_LOGGERS:
        logging.getLogger(name).addFilter(QUERY_STRING_FILTER)
    if token:
        for handler in (*app.logger.handlers, *logging.getLogger().handlers):
            handler.addFilter(RedactingFilter(token))
        install_response_redaction(app, token)
