"""Who has standing, and what is kept of an address: a keyed digest, while it is needed."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, session
from time_machine import Traveller

from hfcourse import visitors
from hfcourse.runs.store import heartbeat, newcomers, run_store, stop_requests
from hfcourse.runs.store.models import RunClient, VisitorArrival
from tests.support.factories import count_rows, make_run


def digest(app: Flask, address: str) -> str:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
        return visitors.digest_client_address()


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        ("2001:DB8:0:1::1", "2001:db8::1:0:0:0:2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "unix", False),
    ],
)
def test_an_address_digest_is_that_of_the_network_of_one_client(
    app: Flask, one: str, other: str, is_same: bool
) -> None:
    assert (digest(app, one) == digest(app, other)) is is_same


def test_an_address_digest_needs_the_sites_key(app: Flask) -> None:
    first = digest(app, "192.0.2.1")
    assert "192" not in first
    app.config["SECRET_KEY"] = "another key of this site"
    assert digest(app, "192.0.2.1") != first


@pytest.mark.parametrize(
    ("cookie", "has_run", "is_newcomer"),
    [
        ({}, False, True),
        ({"visitor": "awa"}, False, True),
        ({"visitor": "awa"}, True, False),  # a cookie of before they had a moment
        ({"visitor": "awa", "since": 0}, True, False),
        ({"visitor": "awa", "since": "now"}, True, True),  # a jar that makes one quick run first
        ({"visitor": "awa", "since": 0}, False, True),  # one that is stored for later
    ],
)
def test_standing_takes_an_old_cookie_and_a_run_that_was_executed(
    app: Flask, cookie: dict[str, object], has_run: bool, is_newcomer: bool
) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.1"}):
        if has_run:
            make_run("awa")
        session.update({key: int(time.time()) if value == "now" else value for key, value in cookie.items()})
        client = newcomers.get_current_client()
        assert client.is_newcomer is is_newcomer
        assert count_rows(VisitorArrival) == int(is_newcomer)
        assert client == newcomers.get_current_client(), "noted once"


@pytest.mark.parametrize(
    ("age_seconds", "arrival_seconds"),
    [(0, 0), (90, 90), (599, 599), (3600, 0), (None, 0)],  # of an old one the minute of the first form
)
def test_a_newcomers_cohort_is_the_minute_in_which_the_cookie_was_made(
    app: Flask, wall_clock: Traveller, age_seconds: int | None, arrival_seconds: int
) -> None:
    moment = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
    wall_clock.move_to(moment)
    with app.test_request_context("/"):
        cookie = {} if age_seconds is None else {"since": int(moment.timestamp()) - age_seconds}
        session.update({"visitor": "awa"} | cookie)
        first = newcomers.get_current_client()
        assert first.cohort == (int(moment.timestamp()) - arrival_seconds) // 60
        wall_clock.shift(timedelta(minutes=7))
        assert newcomers.get_current_client().cohort == first.cohort, "it is noted"


@pytest.mark.parametrize(("status", "is_newcomer"), [("stopped", True), ("running", True), ("failed", False)])
def test_a_run_that_was_not_executed_to_its_end_gives_no_standing(app: Flask, status: str, is_newcomer: bool) -> None:
    with app.test_request_context("/"):
        session.update({"visitor": "awa", "since": 0})
        make_run("awa", status)
        assert newcomers.get_current_client().is_newcomer is is_newcomer


def test_a_cookie_is_recent_for_ten_minutes(app: Flask, wall_clock: Traveller) -> None:
    with app.test_request_context("/"):
        visitors.get_or_create_visitor()
        assert visitors.is_new_visitor()
        wall_clock.shift(timedelta(minutes=10, seconds=1))
        assert not visitors.is_new_visitor()


def waiting_run(visitor: str = "awa") -> str:
    described = {"space": "a/b", "endpoint": "/e", "title": "E", "parameters": [], "inputs": {}}
    return run_store.create_run(visitor, **described, origin="digest", is_newcomer=True)


@pytest.mark.usefixtures("app_context")
class TestTheClientOfARun:
    """The digest is kept while the run is unfinished, and no longer."""

    def test_client_is_counted_while_the_run_waits(self) -> None:
        waiting_run()
        counts = heartbeat.count_queued_runs()
        assert counts.groups == {("newcomers", "digest"): 1}
        assert ("digest", "newcomers", "a/b", "/e", 0) in counts.nested_groups

    def test_client_is_counted_in_the_cohort_of_its_visitor(self) -> None:
        arrival = datetime(1970, 1, 1, 0, 5, 59, tzinfo=UTC)
        newcomers.record_arrival(newcomers.Client("awa", "digest", is_newcomer=True, arrival=arrival))
        waiting_run()
        assert ("digest", "newcomers", "a/b", "/e", 5) in heartbeat.count_queued_runs().nested_groups

    def test_client_is_forgotten_when_the_run_has_ended(self) -> None:
        run_id = waiting_run()
        run_store.claim_run(run_id)
        assert count_rows(RunClient) == 1
        run_store.finish_run(run_id, "succeeded", [])
        assert count_rows(RunClient) == 0

    def test_client_is_forgotten_when_the_run_is_stopped_before_it_starts(self) -> None:
        stop_requests.request_stop(waiting_run())
        assert count_rows(RunClient) == 0

    def test_client_is_kept_when_a_run_that_goes_on_is_only_asked_to_stop(self) -> None:
        run_id = waiting_run()
        run_store.claim_run(run_id)
        stop_requests.request_stop(run_id)
        assert count_rows(RunClient) == 1

    def test_client_is_forgotten_when_the_run_is_interrupted(self) -> None:
        first, _other = waiting_run(), waiting_run("bilal")
        heartbeat.interrupt_runs([first])
        assert count_rows(RunClient) == 1
