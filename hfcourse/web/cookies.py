"""The cookies of the site: their names and attributes, on plain http and on https."""

from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature

# A browser takes a cookie with this prefix from https alone, for this host alone, from no page of a sibling domain.
HOST_PREFIX = "__Host-"
NOT_MIGRATED_KEYS = ("instructor",)  # what is not taken over from a cookie without the prefix


def build_cookie_name(name: str) -> str:
    """Return the name of a cookie for this request: with the prefix `__Host-` on https."""
    return HOST_PREFIX + name if request.is_secure else name


def set_cookie(response: Response, name: str, value: str, max_age_seconds: int) -> None:
    """Set a cookie that no script reads, for the whole site (which the prefix requires)."""
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
    """Flask's session in a cookie: `hfcourse` on plain http, `__Host-hfcourse` with `Secure` on https."""

    def get_cookie_name(self, app: Flask) -> str:
        return build_cookie_name(app.config["SESSION_COOKIE_NAME"])

    def get_cookie_path(self, app: Flask) -> str:
        return "/" if request.is_secure else super().get_cookie_path(app)

    def get_cookie_domain(self, app: Flask) -> str | None:
        return None

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the session; on https, take over once what a visitor has in a cookie without the prefix.

        A page of a sibling domain can set such a cookie: it may name a visitor, and never the instructor.
        """
        opened = super().open_session(app, request)
        if request.is_secure and opened is not None and not opened:
            opened.update(self.read_unprefixed_cookie(app, request))
        return opened

    def read_unprefixed_cookie(self, app: Flask, request: Request) -> dict[str, Any]:
        """Return what may be taken over from the session cookie without the prefix; {} where there is no valid one."""
        serializer = self.get_signing_serializer(app)
        kept = request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        if serializer is None or not kept:
            return {}
        try:
            values = serializer.loads(kept, max_age=int(app.permanent_session_lifetime.total_seconds()))
        except BadSignature:
            return {}
        return {key: value for key, value in values.items() if key not in NOT_MIGRATED_KEYS}

    def save_session(self, app: Flask, session: SecureCookieSession, response: Response) -> None:  # type: ignore[override]
        """Write the session; where the cookie without the prefix was taken over, that one goes."""
        super().save_session(app, session, response)
        plain_name = app.config["SESSION_COOKIE_NAME"]
        if request.is_secure and session.modified and request.cookies.get(plain_name):
            response.delete_cookie(plain_name, secure=True, httponly=True, samesite="Lax")


def init_app(app: Flask) -> None:
    """Keep the session in such a cookie."""
    app.session_interface = CookieSessionInterface()
