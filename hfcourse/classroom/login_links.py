"""One-time login links, created by a command on the server: no flood of login attempts delays them.

A link contains a signed random token, and the database a row of `instructor_sessions` for it that
no cookie can name. Redeeming the link deletes the row, so that at most one browser logs in.
« Sortir partout » and a change of the password revoke it too.
"""

import secrets
from datetime import timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import delete

from hfcourse import database
from hfcourse.instructors import InstructorSession, derive_session_id, get_password_digest

LINK_MAX_AGE_SECONDS = 600
MAX_CODE_CHARACTERS = 200
LOGIN_LINK_PATH = "/enseignant/?code="


def create_code() -> str:
    """Return the signed code of a new link, valid for LINK_MAX_AGE_SECONDS."""
    token, moment = secrets.token_urlsafe(24), database.utc_now()
    row = InstructorSession(
        id=derive_link_id(token),
        password=get_password_digest(),
        created=moment,
        expires=moment + timedelta(seconds=LINK_MAX_AGE_SECONDS),
    )
    with database.write_session() as session:
        session.add(row)
    return str(get_link_serializer().dumps(token))


def redeem_code(code: str) -> bool:
    """Redeem a code; return False if it is invalid, expired, used, or of another password.

    The signature is checked first: an invented code costs no access to the database.
    """
    if len(code) > MAX_CODE_CHARACTERS or not get_password_digest():
        return False
    try:
        token = get_link_serializer().loads(code)
    except BadSignature:
        return False
    deletion = delete(InstructorSession).where(
        InstructorSession.id == derive_link_id(str(token)),
        InstructorSession.expires > database.utc_now(),
        InstructorSession.password == get_password_digest(),
    )
    with database.write_session() as session:
        return bool(session.execute(deletion.returning(InstructorSession.id)).all())


def derive_link_id(token: str) -> str:
    """Return the row id of a link, distinct from that of a session with the same token."""
    return derive_session_id(f"link:{token}")


def get_link_serializer() -> URLSafeTimedSerializer:
    """Return the serializer that signs the codes of links."""
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="instructor-link")
