"""Database cache of Space descriptions, shared by all processes: one requests it, the others read it.

A failing database counts as a cache miss: the description is then requested from the Space.
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
# A later time was written by a wrong clock, and would never expire.
MAX_CLOCK_SKEW_SECONDS = 60
# Limits as JSON, and compressed; a larger description is requested by each process.
MAX_DESCRIPTION_BYTES, MAX_COMPRESSED_BYTES = 5_000_000, 1_000_000

log = logging.getLogger(__name__)


class SpaceDescription(database.Base):
    """Row with the description of one Space, received at `moment`: compressed JSON.

    The key is a hash, which does not reveal the Space's URL.
    """

    __tablename__ = "space_descriptions"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    moment: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class RawDescription(NamedTuple):
    """Parsed `/config` and `/info` of a Space, with the token masked."""

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
    """Database cache of one application."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)

    def fetch_moment(self, key: str) -> datetime | None:
        """Return the time of the cached description, None without a valid one. Raises SQLAlchemyError."""
        with database.read_connection() as connection:
            return connection.scalar(SELECT_MOMENT, {"of": key, **get_validity_window()})

    def fetch_description(self, key: str) -> tuple[datetime, RawDescription] | None:
        """Return the cached description and its time, None without a valid one."""
        try:
            with database.read_connection() as connection:
                row = connection.execute(SELECT_DESCRIPTION, {"of": key, **get_validity_window()}).first()
            return (row.moment, decompress_description(row.content)) if row else None
        except (SQLAlchemyError, zlib.error, ValueError, TypeError) as error:
            log.warning("A Space's description could not be read: %s", type(error).__name__)
            return None

    def store_in_background(self, key: str, description: RawDescription, on_stored: Callable[[datetime], None]) -> None:
        """Store a description in a thread, since a page must not wait for a busy database.

        Args:
            on_stored: callback with the time of the stored description.
        """
        stored_at = database.utc_now()

        def store() -> None:
            app = self._app()
            if app:
                with app.app_context():
                    if store_description(key, stored_at, description):
                        on_stored(stored_at)

        threading.Thread(target=store, daemon=True, name="store-description").start()

    def invalidate_description(self, key: str, stored_at: datetime | None) -> None:
        """Delete the description of that time or an older one; if the time is unknown, the current one."""
        try:
            with database.write_connection() as connection:
                connection.execute(
                    DELETE_DESCRIPTION, {"of": key, "until": stored_at or database.utc_now(), **get_validity_window()}
                )
        except SQLAlchemyError as error:
            log.warning("A Space's description could not be deleted: %s", type(error).__name__)


def get_validity_window() -> dict[str, datetime]:
    """Return the oldest and the latest time of a valid description."""
    now = database.utc_now()
    return {
        "since": now - timedelta(seconds=DESCRIPTION_TTL_SECONDS),
        "latest": now + timedelta(seconds=MAX_CLOCK_SKEW_SECONDS),
    }


def store_description(key: str, stored_at: datetime, description: RawDescription) -> bool:
    """Store a description; return False if it is too large, a newer one exists, or the database fails."""
    content = compress_description(description)
    if content is None:
        return False
    try:
        with database.write_connection() as connection:
            connection.execute(DELETE_DESCRIPTION, {"of": key, "until": stored_at, **get_validity_window()})
            connection.execute(insert(DESCRIPTIONS_TABLE), {"key": key, "moment": stored_at, "content": content})
    except SQLAlchemyError as error:
        log.info("A Space's description was not stored: %s", type(error).__name__)
        return False
    return True


def compress_description(description: RawDescription) -> bytes | None:
    """Return the compressed description, None if it is too large.

    The site's token is masked: a Space that received it once may repeat it to any caller.
    """
    masked = mask_json_value(description, tokens.get_site_token())
    encoded = json.dumps(masked, ensure_ascii=False, separators=(",", ":")).encode()
    content = zlib.compress(encoded) if len(encoded) <= MAX_DESCRIPTION_BYTES else None
    return content if content and len(content) <= MAX_COMPRESSED_BYTES else None


def decompress_description(content: bytes) -> RawDescription:
    """Decompress and parse a stored description.

    Raises:
        zlib.error, ValueError, TypeError: it is corrupt.
        CallError: as `byte_budget.reserve_bytes`.
    """
    encoded = zlib.decompress(content)
    with byte_budget.reserve_bytes(estimate_parsed_bytes(encoded)):
        return RawDescription(*json.loads(encoded))


def delete_expired_descriptions() -> None:
    """Delete the expired descriptions."""
    with database.write_connection() as connection:
        connection.execute(DELETE_EXPIRED, get_validity_window())
