"""Instructor login: password check, and sessions that the database stores for a day of class.

The visitor's cookie contains the token of the session, the database its digest. So a session expires for every copy of
the cookie when it is closed, by button, timeout, or a change of password.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from flask import Flask, Response, current_app, g, request, session
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import String, delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from hfcourse import database
from hfcourse.server.daily_chores import add_daily_chore
from hfcourse.web import cookies

SESSION_HOURS = 12
SESSION_KEY = "instructor"
DEVICE_COOKIE, DEVICE_MAX_AGE_SECONDS = "hfcourse-device", 365 * 24 * 3600


class InstructorSession(database.Base):
    """Session of the instructor in one browser: `id` is the digest of its token."""

    __tablename__ = "instructor_sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    password: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(database.UtcDateTime)
    expires: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)


def digest_password(password: str) -> str:
    """Return the HMAC of the password, for the database and for cookies, which their owner can read."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, b"instructor:" + password.encode(errors="replace"), "sha256").hexdigest()


def get_password_digest() -> str:
    """Return the digest of the configured password, or '' without one."""
    expected = current_app.config["INSTRUCTOR_PASSWORD"]
    return digest_password(expected) if expected else ""


def check_password(password: str) -> bool:
    """Is this the password? Compared in constant time; always False if none is configured."""
    expected = get_password_digest()
    return hmac.compare_digest(expected, digest_password(password)) and bool(expected)


def log_in() -> None:
    """Create a session for the visitor's browser.

    The session token and the CSRF token are new, so that an attacker who planted a cookie before shares neither.
    """
    token, now = secrets.token_urlsafe(24), database.utc_now()
    with database.write_session() as opened:
        opened.add(
            InstructorSession(
                id=derive_session_id(token),
                password=get_password_digest(),
                created=now,
                expires=now + timedelta(hours=SESSION_HOURS),
            )
        )
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)
    session[SESSION_KEY] = token
    g.pop("is_instructor", None)


def delete_expired_sessions() -> None:
    """Delete expired sessions and login links."""
    with database.write_session() as opened:
        opened.execute(delete(InstructorSession).where(InstructorSession.expires <= database.utc_now()))


def derive_session_id(token: str) -> str:
    """Return the database key of a session: a digest, from which a reader of the database cannot derive the cookie."""
    return sha256(token.encode()).hexdigest()


def log_out(*, everywhere: bool = False) -> None:
    """Delete the session of this browser, or those of all browsers."""
    token = session.pop(SESSION_KEY, None)
    g.pop("is_instructor", None)
    statement = delete(InstructorSession)
    if not everywhere:
        if not isinstance(token, str):
            return
        statement = statement.where(InstructorSession.id == derive_session_id(token))
    with database.write_session() as opened:
        opened.execute(statement)


def is_logged_in() -> bool:
    """Is the visitor the instructor? Cached for the request; False while the database fails."""
    token = session.get(SESSION_KEY)
    if not isinstance(token, str) or not current_app.config["INSTRUCTOR_PASSWORD"]:
        return False
    if "is_instructor" not in g:
        g.is_instructor = is_session_valid(token)
    is_instructor: bool = g.is_instructor
    return is_instructor


def is_session_valid(token: str) -> bool:
    """Does the database have an unexpired session of this token, opened with the current password?"""
    conditions = (
        InstructorSession.id == derive_session_id(token),
        InstructorSession.expires > database.utc_now(),
        InstructorSession.password == get_password_digest(),
    )
    try:
        with database.read_session() as opened:
            return opened.scalar(select(InstructorSession.id).where(*conditions)) is not None
    except SQLAlchemyError:
        return False


def get_device_serializer() -> URLSafeTimedSerializer:
    """Return the signer of device cookies; a change of password invalidates all devices."""
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=f"instructor-device:{get_password_digest()}")


def get_known_device() -> str | None:
    """Return the id of this browser if it has logged in before with this password (OWASP's device cookie)."""
    cookie = request.cookies.get(cookies.build_cookie_name(DEVICE_COOKIE), "")
    try:
        device = get_device_serializer().loads(cookie, max_age=DEVICE_MAX_AGE_SECONDS)
    except BadSignature:
        return None
    return device if isinstance(device, str) else None


def remember_device(response: Response) -> None:
    """Set a device cookie: it grants no access, but gives the browser a separate limit of login attempts."""
    device = get_known_device() or secrets.token_urlsafe(9)
    value = str(get_device_serializer().dumps(device))
    cookies.set_cookie(response, DEVICE_COOKIE, value, DEVICE_MAX_AGE_SECONDS)


def init_app(app: Flask) -> None:
    """Schedule the daily deletion of expired sessions, and register the template global `is_instructor`."""
    add_daily_chore(app, delete_expired_sessions)
    app.jinja_env.globals["is_instructor"] = is_logged_in
