"""Who sends a form, and whether they have standing: what the shares of places and of the disk go by under pressure.

A visitor who drops the cookie is a new visitor each time, so newcomers of one address share what one client group may
hold. A newcomer has a cookie younger than ten minutes, or no run that was executed to its end. Both, because a cookie
can be stored for later, and a quick run takes a second: a hundred jars that each make one are newcomers all the same
until they are ten minutes old, and after that the reserves of their address still hold (see `scheduling`).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select
from sqlalchemy.exc import IntegrityError

from hfcourse import database, visitors
from hfcourse.runs.models import Arrival, Run

NEWCOMER_AGE = timedelta(seconds=visitors.NEWCOMER_SECONDS)
# An arrival is kept for so long: newcomers of one address share a part of the disk until then.
ARRIVAL_AGE = timedelta(days=1)
EXECUTED = ("succeeded", "failed")


@dataclass(frozen=True)
class Client:
    """Who sends this request: the visitor, the keyed digest of their address, and whether they are new here."""

    visitor: str
    origin: str
    is_newcomer: bool


def current_client() -> Client:
    """Return who sends this request; the cookie is made at first need, and the arrival of a newcomer noted."""
    is_recent = visitors.is_recent()  # before the cookie is made
    visitor = visitors.remembered()
    client = Client(visitor, visitors.address_digest(), is_recent or not has_executed_run(visitor))
    if client.is_newcomer:
        note_arrival(client)
    return client


def has_executed_run(visitor: str) -> bool:
    """Has one of the visitor's runs succeeded or failed? One that was only stopped says nothing."""
    found = select(Run.id).where(Run.visitor == visitor, Run.status.in_(EXECUTED)).limit(1)
    with database.reading() as session:
        return session.scalar(found) is not None


def note_arrival(client: Client) -> None:
    """Keep when and from where the visitor first sent a form."""
    with database.reading() as session:
        if session.get(Arrival, client.visitor):
            return
    arrival = Arrival(visitor=client.visitor, origin=client.origin, at=database.now())
    with suppress(IntegrityError), database.writing() as session:  # another of their forms may have noted it
        session.add(arrival)


def newcomers_of(origin: str) -> Select[str]:
    """Return the statement that selects the newcomers of an address."""
    return select(Arrival.visitor).where(Arrival.origin == origin, lacks_standing())


def all_newcomers() -> Select[str]:
    """Return the statement that selects the newcomers of every address."""
    return select(Arrival.visitor).where(lacks_standing())


def lacks_standing() -> ColumnElement[bool]:
    """Return the condition that the visitor of an arrival is a newcomer still."""
    executed = exists().where(Run.visitor == Arrival.visitor, Run.status.in_(EXECUTED))
    return or_(Arrival.at > database.now() - NEWCOMER_AGE, ~executed)


def forget_arrivals() -> None:
    """Delete the arrivals that are older than a day, and the address digests with them."""
    with database.writing() as session:
        session.execute(delete(Arrival).where(Arrival.at < database.now() - ARRIVAL_AGE))
