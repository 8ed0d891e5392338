"""What Spaces said of themselves, kept in the database for all processes: one asks a Space, the others read.

A database in trouble is as an empty shelf: whoever looks asks the Space itself.
"""

import json
import logging
import threading
import weakref
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from flask import Flask
from sqlalchemy import LargeBinary, String, Table, bindparam, delete, insert, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from hfcourse import database, tokens
from hfcourse.limits import byte_budget
from hfcourse.limits.byte_budget import estimate_parsed_bytes
from hfcourse.token_masking import mask_json_value

DESCRIPTION_TTL_SECONDS = 600
# What is later than this is of a clock that was wrong, and would be fresh for ever.
MAX_CLOCK_SKEW_SECONDS = 60
# As JSON, and compressed: what is more is asked for by each process.
MAX_DESCRIPTION_BYTES, MAX_COMPRESSED_BYTES = 5_000_000, 1_000_000

log = logging.getLogger(__name__)


class SpaceDescription(database.Base):
    """What one Space said of itself at `moment`: compressed JSON. The key says nothing of its address."""

    __tablename__ = "space_descriptions"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    moment: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class RawDescription(NamedTuple):
    """`/config` and `/info` of a Space, parsed, without the token."""

    config: Any
    info: Any


DESCRIPTIONS_TABLE = cast(Table, SpaceDescription.__table__)
IS_VALID_NOW = DESCRIPTIONS_TABLE.c.moment.between(bindparam("since"), bindparam("latest"))
MATCHES_VALID_KEY = DESCRIPTIONS_TABLE.c.key == bindparam("of"), IS_VALID_NOW
SELECT_MOMENT = select(DESCRIPTIONS_TABLE.c.moment).where(*MATCHES_VALID_KEY)
SELECT_DESCRIPTION = select(DESCRIPTIONS_TABLE.c.moment, DESCRIPTIONS_TABLE.c.content).where(*MATCHES_VALID_KEY)
DELETE_EXPIRED = delete(DESCRIPTIONS_TABLE).where(~IS_VALID_NOW)
DELETE_DESCRIPTION = delete(DESCRIPTIONS_TABLE).where(
    DESCRIPTIONS_TABLE.c.key == bindparam("of"),
    or_(DESCRIPTIONS_TABLE.c.moment <= bindparam("until"), DESCRIPTIONS_TABLE.c.moment > bindparam("latest")),
)


class DescriptionCache:
    """The rows, for one application."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)

    def fetch_moment(self, key: str) -> datetime | None:
        """When the description that is there was given; None without a fresh one. Raises SQLAlchemyError."""
        with database.read_connection() as connection:
            return connection.scalar(SELECT_MOMENT, {"of": key, **get_validity_window()})

    def fetch_description(self, key: str) -> tuple[datetime, RawDescription] | None:
        """The fresh description that is there, and when it was given."""
        try:
            with database.read_connection() as connection:
                row = connection.execute(SELECT_DESCRIPTION, {"of": key, **get_validity_window()}).first()
            return (row.moment, decompress_description(row.content)) if row else None
        except (SQLAlchemyError, zlib.error, ValueError, TypeError) as error:
            log.warning("A Space's description could not be read: %s", type(error).__name__)
            return None

    def store_in_background(self, key: str, said: RawDescription, then: Callable[[datetime], None]) -> None:
        """Put it there, and tell `then` when it is; in a thread, since a page must not wait for a busy database."""
        moment = database.utc_now()

        def work() -> None:
            app = self._app()
            if app:
                with app.app_context():
                    if store_description(key, moment, said):
                        then(moment)

        threading.Thread(target=work, daemon=True, name="store-description").start()

    def invalidate_description(self, key: str, moment: datetime | None) -> None:
        """Take away the description of that moment, and no newer one; whichever is there now if none is known."""
        try:
            with database.write_connection() as connection:
                connection.execute(
                    DELETE_DESCRIPTION, {"of": key, "until": moment or database.utc_now(), **get_validity_window()}
                )
        except SQLAlchemyError as error:
            log.warning("A Space's description could not be dropped: %s", type(error).__name__)


def get_validity_window() -> dict[str, datetime]:
    """Between which moments a description must have been given to be believed now."""
    now = database.utc_now()
    return {
        "since": now - timedelta(seconds=DESCRIPTION_TTL_SECONDS),
        "latest": now + timedelta(seconds=MAX_CLOCK_SKEW_SECONDS),
    }


def store_description(key: str, moment: datetime, said: RawDescription) -> bool:
    """Put a description there; False if it is too large, if there is a newer one, or if nobody answers."""
    content = compress_description(said)
    if content is None:
        return False
    try:
        with database.write_connection() as connection:
            connection.execute(DELETE_DESCRIPTION, {"of": key, "until": moment, **get_validity_window()})
            connection.execute(insert(DESCRIPTIONS_TABLE), {"key": key, "moment": moment, "content": content})
    except SQLAlchemyError as error:
        log.info("A Space's description was not stored: %s", type(error).__name__)
        return False
    return True


def compress_description(said: RawDescription) -> bytes | None:
    """What is stored, None for what is too large; a Space that was lent the token once may repeat it to anybody."""
    masked = mask_json_value(said, tokens.get_site_token())
    written = json.dumps(masked, ensure_ascii=False, separators=(",", ":")).encode()
    content = zlib.compress(written) if len(written) <= MAX_DESCRIPTION_BYTES else None
    return content if content and len(content) <= MAX_COMPRESSED_BYTES else None


def decompress_description(content: bytes) -> RawDescription:
    """What `compressed` made this of. Raises zlib.error, ValueError, TypeError; CallError as `byte_budget.reserve`."""
    written = zlib.decompress(content)
    with byte_budget.reserve_bytes(estimate_parsed_bytes(written)):
        return RawDescription(*json.loads(written))


def delete_expired_descriptions() -> None:
    """Delete what is no longer believed."""
    with database.write_connection() as connection:
        connection.execute(DELETE_EXPIRED, get_validity_window())
