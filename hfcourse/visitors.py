"""Who is asking: a visitor, known by a signed cookie, without an account.

The cookie holds a random name, and the number by which forms prove where they come from. It is set when
there is something to remember (a form shown, a run made, a question answered): reading lessons leaves no trace.
"""

import secrets
from datetime import timedelta

from flask import Flask, session

COOKIE_DAYS = 365


def current() -> str | None:
    """The visitor's random name, or None for somebody whom we have never had to remember."""
    return session.get("visitor")


def remembered() -> str:
    """The visitor's random name, made and kept in the cookie at first need."""
    if "visitor" not in session:
        session["visitor"] = secrets.token_urlsafe(16)
        session.permanent = True
    return session["visitor"]


def init_app(app: Flask) -> None:
    """Set the rules of the cookie; `Secure` is added on https (see security.py)."""
    app.config.update(
        SESSION_COOKIE_NAME="hfcourse",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,  # the health page and the lessons answer without a cookie
        PERMANENT_SESSION_LIFETIME=timedelta(days=COOKIE_DAYS),
    )
