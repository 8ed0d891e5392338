"""Classification of the client of a request as a newcomer or an established visitor.

It decides the share of slots and of the disk under pressure. A visitor who drops the cookie is a
new visitor each time, so newcomers of one address share the limits of one client group. A newcomer
has a cookie younger than ten minutes, or no run that was executed to its end. Both, because a
cookie can be stored for later, and a quick run takes a second: a hundred cookie jars with one run
each remain newcomers until they are ten minutes old, and after that the reserves of their address
still hold (see `scheduling`).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, bindparam, delete, exists, insert, or_, select
from sqlalchemy.exc import IntegrityError

from hfcourse import database, visitors
from hfcourse.runs.store.models import ARRIVALS, RUNS, Run, VisitorArrival
from hfcourse.runs.store.queue_counts import compute_cohort

NEWCOMER_AGE = timedelta(seconds=visitors.NEW_VISITOR_SECONDS)
# Retention of an arrival: newcomers of one address share a disk quota until then.
ARRIVAL_TTL = timedelta(days=1)
EXECUTED_STATUSES = ("succeeded", "failed")
# Of one visitor: has a run succeeded or failed (a stopped one does not count), and which arrival is stored?
# One statement, built once: every form submission executes it.
# Equality, not IN: SQLAlchemy renders the list of an IN at each execution.
STANDING_QUERY = select(
    exists().where(
        RUNS.c.visitor == bindparam("of_visitor"), or_(*(RUNS.c.status == each for each in EXECUTED_STATUSES))
    ),
    select(ARRIVALS.c.at).where(ARRIVALS.c.visitor == bindparam("of_visitor")).scalar_subquery(),
)


@dataclass(frozen=True)
class Client:
    """Client of a request: the visitor, the keyed digest of their address, and whether they are new.

    `arrival` of a newcomer is when the cookie was made; if that is old, when the first form was
    sent.
    """

    visitor: str
    origin: str
    is_newcomer: bool
    arrival: datetime | None = None

    @property
    def cohort(self) -> int:
        """Return the number of the minute of the visitor's arrival: see `scheduling`."""
        return compute_cohort(self.arrival)


def get_current_client() -> Client:
    """Return the client of this request; create the cookie on first use, record a newcomer's arrival."""
    is_recent = visitors.is_new_visitor()  # before the cookie is made
    visitor = visitors.get_or_create_visitor()
    with database.read_connection() as connection:
        has_executed, recorded = connection.execute(STANDING_QUERY, {"of_visitor": visitor}).one()
    if has_executed and not is_recent:
        return Client(visitor, visitors.digest_client_address(), is_newcomer=False)
    arrival = recorded or (visitors.get_first_seen() if is_recent else database.utc_now())
    client = Client(visitor, visitors.digest_client_address(), is_newcomer=True, arrival=arrival)
    if not recorded:
        record_arrival(client)
    return client


def record_arrival(client: Client) -> None:
    """Store the time and address digest of a visitor who sends a first form."""
    arrival = {"visitor": client.visitor, "origin": client.origin, "at": client.arrival or database.utc_now()}
    with (
        suppress(IntegrityError),
        database.write_connection() as connection,
    ):  # a concurrent form may have inserted it
        connection.execute(insert(ARRIVALS), arrival)


def select_newcomers(origin: str) -> Select[str]:
    """Return the statement that selects the newcomers of an address."""
    return select(VisitorArrival.visitor).where(VisitorArrival.origin == origin, is_newcomer_arrival())


def select_all_newcomers() -> Select[str]:
    """Return the statement that selects the newcomers of every address."""
    return select(VisitorArrival.visitor).where(is_newcomer_arrival())


def is_newcomer_arrival() -> ColumnElement[bool]:
    """Return the condition that the visitor of an arrival is still a newcomer."""
    executed = exists().where(Run.visitor == VisitorArrival.visitor, Run.status.in_(EXECUTED_STATUSES))
    return or_(VisitorArrival.at > database.utc_now() - NEWCOMER_AGE, ~executed)


def delete_old_arrivals() -> None:
    """Delete the arrivals that are older than a day, and the address digests with them."""
    with database.write_session() as session:
        session.execute(delete(VisitorArrival).where(VisitorArrival.at < database.utc_now() - ARRIVAL_TTL))
