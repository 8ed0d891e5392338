"""Names and attributes of the site's cookies, on plain http and on https."""

from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature

# Browsers accept a cookie with this prefix only over https and for this host, never from a sibling domain.
HOST_PREFIX = "__Host-"
NOT_MIGRATED_KEYS = ("instructor",)  # session keys never copied from a cookie without the prefix


def build_cookie_name(name: str) -> str:
    """Return the cookie's name for this request: with the prefix `__Host-` on https."""
    return HOST_PREFIX + name if request.is_secure else name


def set_cookie(response: Response, name: str, value: str, max_age_seconds: int) -> None:
    """Set an HttpOnly cookie for the whole site (path `/`, which the prefix requires)."""
    response.set_cookie(
        build_cookie_name(name),
        value,
        max_age=max_age_seconds,
        path="/",
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


class CookieSessionInterface(SecureCookieSessionInterface):
    """Flask's cookie session: `hfcourse` on plain http, `__Host-hfcourse` with `Secure` on https."""

    def get_cookie_name(self, app: Flask) -> str:
        return build_cookie_name(app.config["SESSION_COOKIE_NAME"])

    def get_cookie_path(self, app: Flask) -> str:
        return "/" if request.is_secure else super().get_cookie_path(app)

    def get_cookie_domain(self, app: Flask) -> str | None:
        return None

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Load the session; on https, migrate an old session from a cookie without the prefix, once.

        A page of a sibling domain can set that cookie, so it may identify a visitor, but never the instructor.
        """
        opened = super().open_session(app, request)
        if request.is_secure and opened is not None and not opened:
            opened.update(self.read_unprefixed_cookie(app, request))
        return opened

    def read_unprefixed_cookie(self, app: Flask, request: Request) -> dict[str, Any]:
        """Return the values to migrate from the session cookie without the prefix; {} without a valid one."""
        serializer = self.get_signing_serializer(app)
        cookie = request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        if serializer is None or not cookie:
            return {}
        try:
            values = serializer.loads(cookie, max_age=int(app.permanent_session_lifetime.total_seconds()))
        except BadSignature:
            return {}
        return {key: value for key, value in values.items() if key not in NOT_MIGRATED_KEYS}

    def save_session(self, app: Flask, session: SecureCookieSession, response: Response) -> None:  # type: ignore[override]
        """Save the session, and delete the cookie without the prefix once it is migrated."""
        super().save_session(app, session, response)
        plain_name = app.config["SESSION_COOKIE_NAME"]
        if request.is_secure and session.modified and request.cookies.get(plain_name):
            response.delete_cookie(plain_name, secure=True, httponly=True, samesite="Lax")


def init_app(app: Flask) -> None:
    """Install the session interface."""
    app.session_interface = CookieSessionInterface()
