"""Who is asking: a visitor, known by a signed cookie, without an account.

The cookie holds a random name, the moment it was made, and the number by which forms prove where they come from. It
is set when there is something to remember (a form shown, a run made, a question answered): reading lessons leaves no
trace. A client that drops its cookie is somebody new each time, so what has to be shared fairly under pressure also
looks at the client's address: see `digest_client_address`.
"""

import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime, timedelta

from flask import Flask, current_app, request, session

from hfcourse.limits.networks import get_client_network

COOKIE_DAYS = 365
NEW_VISITOR_SECONDS = 600
ADDRESS_PURPOSE = b"hfcourse client address:"


def get_visitor() -> str | None:
    """The visitor's random name, or None for somebody whom we have never had to remember."""
    return session.get("visitor")


def get_or_create_visitor() -> str:
    """The visitor's random name, made and kept in the cookie at first need."""
    if "visitor" not in session:
        session["visitor"] = secrets.token_urlsafe(16)
        session["since"] = int(time.time())
        session.permanent = True
    return session["visitor"]


def is_new_visitor() -> bool:
    """Is the visitor's cookie younger than ten minutes, or not there? One without a moment is older than these."""
    if "visitor" not in session:
        return True
    since = session.get("since", 0)
    return since > time.time() - NEW_VISITOR_SECONDS


def get_first_seen() -> datetime:
    """Return when the visitor's cookie was made; the epoch where it does not say."""
    return datetime.fromtimestamp(session.get("since", 0), UTC)


def digest_client_address() -> str:
    """Return a keyed digest of the client's network, which without the site's key tells nothing of it."""
    network = ADDRESS_PURPOSE + get_client_network(request.remote_addr or "").encode()
    return hmac.new(current_app.config["SECRET_KEY"].encode(), network, hashlib.sha256).hexdigest()[:32]


def init_app(app: Flask) -> None:
    """Set the rules of the cookie; `Secure` is added on https (see security.py)."""
    app.config.update(
        SESSION_COOKIE_NAME="hfcourse",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,  # the health page and the lessons answer without a cookie
        PERMANENT_SESSION_LIFETIME=timedelta(days=COOKIE_DAYS),
    )
