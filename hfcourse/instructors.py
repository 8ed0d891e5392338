"""Who is the instructor: somebody who knew the password, in a session that the database keeps for a day of class.

The visitor's cookie holds the token of that session, and the database its digest. So a session ends for every copy of
the cookie when it is closed, with a button, by time, or because the password is another.
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
from hfcourse.web import cookies

SESSION_HOURS = 12
SESSION_KEY = "instructor"
DEVICE_COOKIE, DEVICE_MAX_AGE_SECONDS = "hfcourse-device", 365 * 24 * 3600


class InstructorSession(database.Base):
    """One browser in which the instructor has entered: `id` is the digest of its token."""

    __tablename__ = "instructor_sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    password: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(database.UtcDateTime)
    expires: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)


def digest_password(password: str) -> str:
    """What stands for the password in a cookie, which its owner can read, and in the database."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, b"instructor:" + password.encode(errors="replace"), "sha256").hexdigest()


def get_password_digest() -> str:
    """Return the digest of the password that is set; '' where there is none."""
    expected = current_app.config["INSTRUCTOR_PASSWORD"]
    return digest_password(expected) if expected else ""


def check_password(password: str) -> bool:
    """Is it the password? Compared in a time that tells nothing; without one set, nothing is."""
    expected = get_password_digest()
    return hmac.compare_digest(expected, digest_password(password)) and bool(expected)


def log_in() -> None:
    """Open a session for the visitor's browser.

    The token and the number that proves forms are new, so that nobody who planted a cookie before shares either.
    """
    token, moment = secrets.token_urlsafe(24), database.utc_now()
    with database.write_session() as opened:
        opened.add(
            InstructorSession(
                id=derive_session_id(token),
                password=get_password_digest(),
                created=moment,
                expires=moment + timedelta(hours=SESSION_HOURS),
            )
        )
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)
    session[SESSION_KEY] = token
    g.pop("is_instructor", None)


def delete_expired_sessions() -> None:
    """Delete the sessions, and the links into one, that have expired."""
    with database.write_session() as opened:
        opened.execute(delete(InstructorSession).where(InstructorSession.expires <= database.utc_now()))


def derive_session_id(token: str) -> str:
    """Return the key of a session in the database: whoever reads the database cannot make the cookie of it."""
    return sha256(token.encode()).hexdigest()


def log_out(everywhere: bool = False) -> None:
    """Close the session of this browser, or those of all browsers."""
    token = session.pop(SESSION_KEY, None)
    g.pop("is_instructor", None)
    closing = delete(InstructorSession)
    if not everywhere:
        if not isinstance(token, str):
            return
        closing = closing.where(InstructorSession.id == derive_session_id(token))
    with database.write_session() as opened:
        opened.execute(closing)


def is_logged_in() -> bool:
    """Is the visitor the instructor? Looked up once for a request; nobody is while the database fails."""
    token = session.get(SESSION_KEY)
    if not isinstance(token, str) or not current_app.config["INSTRUCTOR_PASSWORD"]:
        return False
    if "is_instructor" not in g:
        g.is_instructor = is_session_valid(token)
    return g.is_instructor


def is_session_valid(token: str) -> bool:
    """Does the database have a session of this token, not expired, opened with the password that is set?"""
    wanted = (
        InstructorSession.id == derive_session_id(token),
        InstructorSession.expires > database.utc_now(),
        InstructorSession.password == get_password_digest(),
    )
    try:
        with database.read_session() as opened:
            return opened.scalar(select(InstructorSession.id).where(*wanted)) is not None
    except SQLAlchemyError:
        return False


def get_device_serializer() -> URLSafeTimedSerializer:
    """Return what signs device cookies: another password makes strangers of all devices."""
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=f"instructor-device:{get_password_digest()}")


def get_known_device() -> str | None:
    """Return the id of this browser if it has entered before with this password (OWASP's device cookie)."""
    kept = request.cookies.get(cookies.build_cookie_name(DEVICE_COOKIE), "")
    try:
        device = get_device_serializer().loads(kept, max_age=DEVICE_MAX_AGE_SECONDS)
    except BadSignature:
        return None
    return device if isinstance(device, str) else None


def remember_device(response: Response) -> None:
    """Give the browser a device cookie: it opens nothing, and has its attempts counted apart from everybody's."""
    device = get_known_device() or secrets.token_urlsafe(9)
    value = str(get_device_serializer().dumps(device))
    cookies.set_cookie(response, DEVICE_COOKIE, value, DEVICE_MAX_AGE_SECONDS)


def init_app(app: Flask) -> None:
    """Have expired sessions deleted every day; the templates ask who is here."""
    app.extensions.setdefault("daily_chores", []).append(delete_expired_sessions)
    app.jinja_env.globals["is_instructor"] = is_logged_in
