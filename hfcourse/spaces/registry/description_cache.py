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
from hfcourse.limits.byte_budget import parsed_bytes
from hfcourse.token_masking import mask_value

FRESH_SECONDS = 600
# What is later than this is of a clock that was wrong, and would be fresh for ever.
SKEW_SECONDS = 60
# As JSON, and compressed: what is more is asked for by each process.
MOST_BYTES, MOST_STORED_BYTES = 5_000_000, 1_000_000

log = logging.getLogger(__name__)


class SpaceDescription(database.Base):
    """What one Space said of itself at `moment`: compressed JSON. The key says nothing of its address."""

    __tablename__ = "space_descriptions"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    moment: Mapped[datetime] = mapped_column(database.Moment, index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Said(NamedTuple):
    """`/config` and `/info` of a Space, parsed, without the token."""

    config: Any
    info: Any


ROWS = cast(Table, SpaceDescription.__table__)
IS_BELIEVED = ROWS.c.moment.between(bindparam("since"), bindparam("latest"))
IS_FRESH = ROWS.c.key == bindparam("of"), IS_BELIEVED
MOMENT = select(ROWS.c.moment).where(*IS_FRESH)
ROW = select(ROWS.c.moment, ROWS.c.content).where(*IS_FRESH)
OLD = delete(ROWS).where(~IS_BELIEVED)
DROP = delete(ROWS).where(
    ROWS.c.key == bindparam("of"), or_(ROWS.c.moment <= bindparam("until"), ROWS.c.moment > bindparam("latest"))
)


class Shelf:
    """The rows, for one application."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)

    def moment(self, key: str) -> datetime | None:
        """When the description that is there was given; None without a fresh one. Raises SQLAlchemyError."""
        with database.looking() as connection:
            return connection.scalar(MOMENT, {"of": key, **believed()})

    def read(self, key: str) -> tuple[datetime, Said] | None:
        """The fresh description that is there, and when it was given."""
        try:
            with database.looking() as connection:
                row = connection.execute(ROW, {"of": key, **believed()}).first()
            return (row.moment, decompress(row.content)) if row else None
        except (SQLAlchemyError, zlib.error, ValueError, TypeError) as error:
            log.warning("A Space's description could not be read: %s", type(error).__name__)
            return None

    def keep(self, key: str, said: Said, then: Callable[[datetime], None]) -> None:
        """Put it there, and tell `then` when it is; in a thread, since a page must not wait for a busy database."""
        moment = database.now()

        def work() -> None:
            app = self._app()
            if app:
                with app.app_context():
                    if store(key, moment, said):
                        then(moment)

        threading.Thread(target=work, daemon=True, name="store-description").start()

    def drop(self, key: str, moment: datetime | None) -> None:
        """Take away the description of that moment, and no newer one; whichever is there now if none is known."""
        try:
            with database.changing() as connection:
                connection.execute(DROP, {"of": key, "until": moment or database.now(), **believed()})
        except SQLAlchemyError as error:
            log.warning("A Space's description could not be dropped: %s", type(error).__name__)


def believed() -> dict[str, datetime]:
    """Between which moments a description must have been given to be believed now."""
    now = database.now()
    return {"since": now - timedelta(seconds=FRESH_SECONDS), "latest": now + timedelta(seconds=SKEW_SECONDS)}


def store(key: str, moment: datetime, said: Said) -> bool:
    """Put a description there; False if it is too large, if there is a newer one, or if nobody answers."""
    content = compressed(said)
    if content is None:
        return False
    try:
        with database.changing() as connection:
            connection.execute(DROP, {"of": key, "until": moment, **believed()})
            connection.execute(insert(ROWS), {"key": key, "moment": moment, "content": content})
    except SQLAlchemyError as error:
        log.info("A Space's description was not stored: %s", type(error).__name__)
        return False
    return True


def compressed(said: Said) -> bytes | None:
    """What is stored, None for what is too large; a Space that was lent the token once may repeat it to anybody."""
    masked = mask_value(said, tokens.current())
    written = json.dumps(masked, ensure_ascii=False, separators=(",", ":")).encode()
    content = zlib.compress(written) if len(written) <= MOST_BYTES else None
    return content if content and len(content) <= MOST_STORED_BYTES else None


def decompress(content: bytes) -> Said:
    """What `compressed` made this of. Raises zlib.error, ValueError, TypeError; CallFailed as `byte_budget.reserve`."""
    written = zlib.decompress(content)
    with byte_budget.reserve(parsed_bytes(written)):
        return Said(*json.loads(written))


def forget_old() -> None:
    """Delete what is no longer believed."""
    with database.changing() as connection:
        connection.execute(OLD, believed())
