"""What one process was told by a Space, and the others read: two sites on one database, and a clock that we turn."""

import os
import threading
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text, update
from sqlalchemy.exc import OperationalError
from time_machine import Traveller

from hfcourse import create_app, database, tokens
from hfcourse.limits.deadline import CancelScope
from hfcourse.runs.retention import eviction
from hfcourse.spaces.client import single_flight_cache
from hfcourse.spaces.client.space_client import SpaceClient
from hfcourse.spaces.registry import description_cache, resolver, space_registry
from hfcourse.spaces.registry.description_cache import DescriptionCache, RawDescription, SpaceDescription
from hfcourse.tokens import AccessToken
from tests.spaces.fake_servers import FakeSpace
from tests.spaces.hostile_spaces import build_description
from tests.support.apps import close_app
from tests.support.clocks import FakeMonotonic
from tests.support.waiting import wait_until

TOKEN = "hf_" + "S3cr3t" * 5
ASKED = ["/config", "/gradio_api/info"]


class Clocks:
    """The date and `time.monotonic()`, as the caches read them; both stand still until `advance`."""

    def __init__(self, wall_clock: Traveller, monotonic: FakeMonotonic) -> None:
        self.wall_clock, self.monotonic = wall_clock, monotonic

    def advance(self, seconds: float) -> None:
        self.wall_clock.shift(seconds)
        self.monotonic.advance(seconds)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch, wall_clock: Traveller) -> Clocks:
    return Clocks(wall_clock, FakeMonotonic(monkeypatch, single_flight_cache, space_registry))


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[Flask, Flask]]:
    """Two processes of one site."""
    made = create_app({"INSTANCE": str(tmp_path), "TESTING": True}), create_app({
        "INSTANCE": str(tmp_path), "TESTING": True
    })  # fmt: skip
    yield made
    for each in made:
        close_app(each)


def open_connection(site: Flask, space: FakeSpace, token: AccessToken | None = None) -> SpaceClient:
    with site.app_context():
        return resolver.get_registry().get_client(space.url, CancelScope(5), token)


def forget(site: Flask, connection: SpaceClient) -> None:
    with site.app_context():
        resolver.get_registry().invalidate_space(connection)


def moments(site: Flask) -> list[datetime]:
    """The moments of all stored descriptions."""
    with site.app_context(), database.read_connection() as opened:
        return list(opened.scalars(select(SpaceDescription.moment)))


def stored(site: Flask, count: int = 1) -> list[datetime]:
    """Those moments, once there are so many."""
    assert wait_until(lambda: len(moments(site)) == count), moments(site)
    return moments(site)


def asked_and_stored(site: Flask, space: FakeSpace) -> SpaceClient:
    """A connection of a process that asked the Space, once its row is there and it knows so."""
    made = open_connection(site, space)
    # It marks its own copy as stored after the row is there.
    assert wait_until(lambda: not any(each.name == "store-description" for each in threading.enumerate()))
    return made


def names(connection: SpaceClient) -> list[str]:
    """The parameters of its endpoint, as it describes them."""
    return [each.name for each in connection.description.endpoints[0].parameters]


def test_a_process_asks_nothing_that_another_was_told(sites: tuple[Flask, Flask], space: FakeSpace) -> None:
    first = asked_and_stored(sites[0], space)
    second = open_connection(sites[1], space)
    assert space.paths() == ASKED
    assert second is not first
    assert second.description == first.description
    assert (
        second.described_client.get_named_endpoint("/echo").fn_index
        == first.described_client.get_named_endpoint("/echo").fn_index
    )
    assert list(second.call_endpoint("/echo", ["bonjour"], CancelScope(5)))[-1].values == ("bonjour",)


def test_a_description_is_believed_for_ten_minutes_whoever_was_told(
    sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks
) -> None:
    asked_and_stored(sites[0], space)
    clocks.advance(599)
    open_connection(sites[1], space)
    assert space.paths() == ASKED
    clocks.advance(2)
    for site in sites:
        asked_and_stored(site, space)
    assert space.paths() == ASKED * 2


def test_while_nothing_changes_the_very_same_connection_goes_on(
    sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks
) -> None:
    firsts = [asked_and_stored(sites[0], space), open_connection(sites[1], space)]
    for _ in range(20):
        clocks.advance(11)
        assert [open_connection(site, space) for site in sites] == firsts
        assert all(open_connection(site, space) is first for site, first in zip(sites, firsts, strict=True))
    assert space.paths() == ASKED


def test_what_one_process_forgets_the_other_does_not_believe_ten_seconds_later(
    sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks
) -> None:
    first, second = asked_and_stored(sites[0], space), open_connection(sites[1], space)
    changed = build_description(("textbox", "nouveau", {}), outputs=(("textbox", "Sortie"),))
    space.config, space.info = changed["config"], changed["info"]
    forget(sites[0], first)
    assert moments(sites[0]) == []
    assert open_connection(sites[1], space) is second, "it has not looked yet"
    clocks.advance(11)
    assert names(asked_and_stored(sites[1], space)) == ["nouveau"]
    assert names(open_connection(sites[0], space)) == ["nouveau"]
    assert space.paths() == ASKED * 2


def test_a_newer_description_is_taken_from_the_shelf(
    sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks
) -> None:
    first, second = asked_and_stored(sites[0], space), open_connection(sites[1], space)
    changed = build_description(("textbox", "nouveau", {}), outputs=(("textbox", "Sortie"),))
    space.config, space.info = changed["config"], changed["info"]
    clocks.advance(1)
    forget(sites[0], first)
    asked_and_stored(sites[0], space)
    clocks.advance(10)
    newer = open_connection(sites[1], space)
    assert newer is not second
    assert names(newer) == ["nouveau"]
    assert space.paths() == ASKED * 2


def test_whoever_forgets_what_is_old_does_not_drop_what_is_newer(
    sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks
) -> None:
    first, second = asked_and_stored(sites[0], space), open_connection(sites[1], space)
    clocks.advance(1)
    forget(sites[0], first)
    newer = asked_and_stored(sites[0], space)
    kept = stored(sites[0])
    forget(sites[1], second)
    assert moments(sites[0]) == kept == [database.utc_now()]
    forget(sites[0], first)
    assert open_connection(sites[0], space) is newer, "it was described anew meanwhile"
    assert space.paths() == ASKED * 2


def test_with_the_token_and_without_are_two_things_and_neither_key_nor_row_says_a_secret(
    sites: tuple[Flask, Flask], space: FakeSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "get_site_token", lambda: AccessToken(TOKEN))
    space.config = {"title": f"Écho {TOKEN}"}  # a Space that repeats to everybody what it was lent
    open_connection(sites[0], space, AccessToken(TOKEN))
    stored(sites[0])
    assert open_connection(sites[1], space).token is None
    stored(sites[1], 2)
    assert space.paths() == ASKED * 2
    assert open_connection(sites[1], space, AccessToken(TOKEN)).token is not None
    assert space.paths() == ASKED * 2
    with sites[0].app_context(), database.read_connection() as opened:
        rows = opened.execute(select(SpaceDescription.key, SpaceDescription.content)).all()
    assert len({row.key for row in rows}) == 2
    assert not any(TOKEN.encode() in zlib.decompress(row.content) for row in rows)
    assert not any(space.url in row.key or TOKEN in row.key for row in rows)


@pytest.mark.parametrize(
    "content",
    [b"", b"no zlib", zlib.compress(b"no json"), zlib.compress(b"[1]"), zlib.compress(b"[{}, {}]"),
     zlib.compress(b'[{"dependencies": [], "components": [1], "protocol": "sse_v3"}, {"named_endpoints": {"/x": 1}}]'),
     zlib.compress(b"null"), zlib.compress(b"\xff")],
)  # fmt: skip
def test_a_row_that_makes_no_sense_is_as_none(sites: tuple[Flask, Flask], space: FakeSpace, content: bytes) -> None:
    asked_and_stored(sites[0], space)
    with sites[0].app_context(), database.write_connection() as opened:
        opened.execute(update(SpaceDescription).values(content=content))
    assert open_connection(sites[1], space).description.find_endpoint("/echo") is not None
    assert space.paths() == ASKED * 2


def test_what_was_said_before_does_not_take_the_place_of_what_was_said_later(
    sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks
) -> None:
    asked_and_stored(sites[0], space)
    kept, key, told = moments(sites[0]), space_registry.make_registry_key(space.url, None), []
    with sites[1].app_context():
        clocks.advance(-1)
        DescriptionCache(sites[1]).store_in_background(key, RawDescription({}, {}), told.append)
        assert wait_until(lambda: not any(each.name == "store-description" for each in threading.enumerate()))
    assert (moments(sites[0]), told) == (kept, [])


@pytest.mark.parametrize("seconds", [-3600, 700])
def test_a_row_of_a_clock_that_is_wrong_or_of_long_ago_is_as_none(
    sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks, seconds: float
) -> None:
    asked_and_stored(sites[0], space)
    clocks.wall_clock.shift(seconds)
    asked_and_stored(sites[1], space)
    assert space.paths() == ASKED * 2


class TestTrouble:
    @pytest.fixture
    def broken(self, sites: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch) -> None:
        """The database does not answer the first of the two."""

        def fail(*_arguments: Any) -> None:
            raise OperationalError("", {}, Exception("gone"))

        monkeypatch.setattr("hfcourse.database.read_connection", fail)
        monkeypatch.setattr("hfcourse.database.write_connection", fail)

    @pytest.mark.usefixtures("broken")
    def test_a_database_that_does_not_answer_breaks_no_description(
        self, sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks
    ) -> None:
        first = open_connection(sites[0], space)
        clocks.advance(11)
        assert open_connection(sites[0], space) is first, "what is known goes on"
        assert space.paths() == ASKED
        forget(sites[0], first)
        assert open_connection(sites[0], space) is not first
        assert space.paths() == ASKED * 2

    def test_a_table_that_is_not_there_yet_breaks_none_either(
        self, sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks
    ) -> None:
        with sites[0].app_context(), database.write_connection() as opened:
            opened.execute(text("DROP TABLE space_descriptions"))
        first = open_connection(sites[0], space)
        clocks.advance(11)
        assert open_connection(sites[0], space) is first

    def test_a_description_that_could_not_be_stored_is_not_asked_for_every_ten_seconds(
        self, sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(description_cache, "MAX_COMPRESSED_BYTES", 100)
        first = open_connection(sites[0], space)
        for _ in range(5):
            clocks.advance(11)
            assert open_connection(sites[0], space) is first
        open_connection(sites[1], space)
        assert space.paths() == ASKED * 2
        assert moments(sites[0]) == []

    def test_a_page_does_not_wait_for_a_busy_database(self, sites: tuple[Flask, Flask], space: FakeSpace) -> None:
        with sites[0].extensions["database_turn"]:  # somebody writes, and goes on writing
            open_connection(sites[0], space)
            assert moments(sites[0]) == []
        stored(sites[0])


def test_what_is_too_large_is_not_stored(app: Flask) -> None:
    with app.app_context():
        assert description_cache.compress_description(RawDescription({}, {})) is not None
        assert description_cache.compress_description(RawDescription({"x": "é" * 2_600_000}, {})) is None, (
            "too long, whatever it compresses to"
        )
        assert description_cache.compress_description(RawDescription({"x": os.urandom(1_200_000).hex()}, {})) is None, (
            "too much, though not too long"
        )


def test_a_call_costs_one_light_query_in_ten_seconds(
    sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks
) -> None:
    asked_and_stored(sites[0], space)
    statements: list[str] = []
    engine = sites[0].extensions["database"].kw["bind"]
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    for _ in range(30):
        clocks.advance(1)
        open_connection(sites[0], space)
        open_connection(sites[0], space)
    looks = [each for each in statements if each != "BEGIN"]
    assert len(looks) == 3
    assert all("content" not in each and each.startswith("SELECT") for each in looks)


def test_old_ones_are_pruned(sites: tuple[Flask, Flask], space: FakeSpace, clocks: Clocks) -> None:
    asked_and_stored(sites[0], space)
    with sites[0].app_context():
        clocks.advance(590)
        eviction.prune_all()
        assert len(moments(sites[0])) == 1
        clocks.advance(20)
        eviction.prune_all()
        with database.read_session() as session:
            assert session.scalar(select(func.count()).select_from(SpaceDescription)) == 0
