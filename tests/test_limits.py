"""How much one visitor may ask: the share of the waiting room, and what is remembered of whom."""

from typing import Any

import pytest
from flask import Flask

from hfcourse import database
from hfcourse.errors import FormRejected
from hfcourse.runs.history import queries
from hfcourse.runs.queue import limits
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.store import run_store
from hfcourse.runs.store.queue_counts import QueuedRun


def make_waiting_run(app: Flask, visitor: str) -> str:
    """A run that waits."""
    return run_store.create_run(visitor, space="a/b", endpoint="/e", title="E", parameters=[], inputs={}, files=[])


def make_waiting_entry(visitor: str, space: str = "a/b", **client: Any) -> QueuedRun:
    """A run that a form asks for."""
    return QueuedRun("", visitor, space, **client)


def make_limits(waiting: int) -> Limits:
    return Limits(
        max_active=1, max_active_per_visitor=1, max_active_per_space=None, max_starts_per_minute=20, max_queued=waiting
    )


@pytest.mark.parametrize(("waiting", "share"), [(0, 0), (1, 1), (3, 3), (9, 9), (10, 1), (19, 1), (20, 2), (500, 50)])
def test_a_visitor_may_take_a_tenth_of_a_waiting_room_that_can_be_divided(waiting: int, share: int) -> None:
    assert make_limits(waiting).max_queued_per_visitor == share


def test_one_visitor_cannot_fill_the_waiting_room(app: Flask) -> None:
    limited = make_limits(20)
    with app.app_context():
        for _ in range(2):
            limited.check_queue_capacity(make_waiting_entry("awa"))
            make_waiting_run(app, "awa")
        with pytest.raises(FormRejected, match="limit-reached"):
            limited.check_queue_capacity(make_waiting_entry("awa"))
        limited.check_queue_capacity(make_waiting_entry("bilal"))
        for number in range(18):
            make_waiting_run(app, f"student {number}")
        with pytest.raises(FormRejected, match="limit-reached"):
            limited.check_queue_capacity(make_waiting_entry("bilal"))


def test_runs_that_started_no_longer_count(app: Flask) -> None:
    limited = make_limits(10)
    with app.app_context():
        run_id = make_waiting_run(app, "awa")
        with pytest.raises(FormRejected):
            limited.check_queue_capacity(make_waiting_entry("awa"))
        assert run_store.claim_run(run_id)
        limited.check_queue_capacity(make_waiting_entry("awa"))


def test_least_recent_visitor_is_forgotten_beyond_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_REMEMBERED_VISITORS", 3)
    limited = make_limits(10)
    for visitor in ("a", "b", "c", "a", "d"):
        limited.record_start(visitor)
    assert [limited.count_recent_starts(visitor) for visitor in "abcd"] == [2, 0, 1, 1]


def test_count_of_recent_starts_does_not_remember_a_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_REMEMBERED_VISITORS", 1)
    limited = make_limits(10)
    limited.record_start("a")
    assert limited.count_recent_starts("stranger") == 0
    limited.record_start("a")
    assert limited.count_recent_starts("a") == 2, "the stranger has taken no place"


def test_a_run_of_a_file_that_is_gone_is_refused_and_not_stored(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(FormRejected, match="invalid-input"):
            run_store.create_run(
                "awa", space="a/b", endpoint="/e", title="E", parameters=[], inputs={}, files=[("p", "gone")]
            )
        assert queries.fetch_latest_summaries("awa", 1) == []
        assert database.is_reachable()


def test_newcomers_of_one_address_leave_room_to_others(app: Flask) -> None:
    limited, refused = make_limits(20), 0
    with app.app_context():
        for number in range(30):
            try:
                limited.check_queue_capacity(
                    make_waiting_entry(f"jar {number}", origin="school", is_newcomer=True, endpoint="/e")
                )
            except FormRejected:
                refused += 1
            else:
                sent = {"endpoint": "/e", "title": "E", "parameters": [], "inputs": {}}
                run_store.create_run(f"jar {number}", space="a/b", origin="school", is_newcomer=True, **sent)
        assert refused == 20
        limited.check_queue_capacity(make_waiting_entry("awa", origin="home", is_newcomer=True))
        limited.check_queue_capacity(make_waiting_entry("bilal", origin="school"))
        limited.check_queue_capacity(make_waiting_entry("cora", "a/other", origin="school", is_newcomer=True))


def test_one_visitor_has_fewer_places_in_a_waiting_room_that_is_half_full(app: Flask) -> None:
    limited = make_limits(80)
    with app.app_context():
        for _ in range(2):
            limited.check_queue_capacity(make_waiting_entry("awa"))
            make_waiting_run(app, "awa")
        for number in range(40):
            make_waiting_run(app, f"student {number}")
        with pytest.raises(FormRejected, match="limit-reached"):
            limited.check_queue_capacity(make_waiting_entry("awa"))
        limited.check_queue_capacity(make_waiting_entry("bilal"))
