"""Anonymous visitors, identified by a signed session cookie, without an account.

The cookie contains a random id, its creation time, and the CSRF token. It is set only when there is something to
remember (a form shown, a run created, a question answered): reading lessons leaves no trace. A client that drops its
cookie is a new visitor each time, so limits that must be fair under load also use the client's address: see
`digest_client_address`.
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
    """Return the visitor's random id, or None without one in the session."""
    return session.get("visitor")


def get_or_create_visitor() -> str:
    """Return the visitor's random id, created and stored in the session on first use."""
    if "visitor" not in session:
        session["visitor"] = secrets.token_urlsafe(16)
        session["since"] = int(time.time())
        session.permanent = True
    visitor: str = session["visitor"]
    return visitor


def is_new_visitor() -> bool:
    """Is the visitor's cookie absent or younger than ten minutes? One without a creation time is older."""
    if "visitor" not in session:
        return True
    since: float = session.get("since", 0)
    return since > time.time() - NEW_VISITOR_SECONDS


def get_first_seen() -> datetime:
    """Return the creation time of the visitor's cookie; the epoch if it has none."""
    return datetime.fromtimestamp(session.get("since", 0), UTC)


def digest_client_address() -> str:
    """Return a keyed digest of the client's network, which cannot be reversed without the site's key."""
    network = ADDRESS_PURPOSE + get_client_network(request.remote_addr or "").encode()
    return hmac.new(current_app.config["SECRET_KEY"].encode(), network, hashlib.sha256).hexdigest()[:32]


def init_app(app: Flask) -> None:
    """Configure the session cookie; `Secure` is added on https (see web/cookies.py)."""
    app.config.update(
        SESSION_COOKIE_NAME="hfcourse",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,  # the health page and the lessons answer without a cookie
        PERMANENT_SESSION_LIFETIME=timedelta(days=COOKIE_DAYS),
    )
