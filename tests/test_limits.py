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


def made(app: Flask, visitor: str) -> str:
    """A run that waits."""
    return run_store.create_run(visitor, space="a/b", endpoint="/e", title="E", parameters=[], inputs={}, files=[])


def asking(visitor: str, space: str = "a/b", **client: Any) -> QueuedRun:
    """A run that a form asks for."""
    return QueuedRun("", visitor, space, **client)


def room(waiting: int) -> Limits:
    return Limits(at_once=1, per_visitor=1, per_space=None, per_minute=20, waiting=waiting)


@pytest.mark.parametrize(("waiting", "share"), [(0, 0), (1, 1), (3, 3), (9, 9), (10, 1), (19, 1), (20, 2), (500, 50)])
def test_a_visitor_may_take_a_tenth_of_a_waiting_room_that_can_be_divided(waiting: int, share: int) -> None:
    assert room(waiting).max_queued_per_visitor == share


def test_one_visitor_cannot_fill_the_waiting_room(app: Flask) -> None:
    limited = room(20)
    with app.app_context():
        for _ in range(2):
            limited.check_queue_capacity(asking("awa"))
            made(app, "awa")
        with pytest.raises(FormRejected, match="limit-reached"):
            limited.check_queue_capacity(asking("awa"))
        limited.check_queue_capacity(asking("bilal"))
        for number in range(18):
            made(app, f"student {number}")
        with pytest.raises(FormRejected, match="limit-reached"):
            limited.check_queue_capacity(asking("bilal"))


def test_runs_that_started_no_longer_count(app: Flask) -> None:
    limited = room(10)
    with app.app_context():
        run_id = made(app, "awa")
        with pytest.raises(FormRejected):
            limited.check_queue_capacity(asking("awa"))
        assert run_store.claim_run(run_id)
        limited.check_queue_capacity(asking("awa"))


def test_of_ten_thousand_visitors_the_one_who_has_rested_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_REMEMBERED_VISITORS", 3)
    limited = room(10)
    for visitor in ("a", "b", "c", "a", "d"):
        limited.record_start(visitor)
    assert [limited.count_recent_starts(visitor) for visitor in "abcd"] == [2, 0, 1, 1]


def test_looking_at_a_visitor_remembers_nothing() -> None:
    limited = room(10)
    assert limited.count_recent_starts("stranger") == 0
    assert len(limited._started) == 0


def test_a_run_of_a_file_that_is_gone_is_refused_and_not_stored(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(FormRejected, match="invalid-input"):
            run_store.create_run(
                "awa", space="a/b", endpoint="/e", title="E", parameters=[], inputs={}, files=[("p", "gone")]
            )
        assert queries.fetch_latest_summaries("awa", 1) == []
        assert database.is_reachable()


def test_newcomers_of_one_address_leave_room_to_others(app: Flask) -> None:
    limited, refused = room(20), 0
    with app.app_context():
        for number in range(30):
            try:
                limited.check_queue_capacity(asking(f"jar {number}", origin="school", is_newcomer=True, endpoint="/e"))
            except FormRejected:
                refused += 1
            else:
                sent = {"endpoint": "/e", "title": "E", "parameters": [], "inputs": {}}
                run_store.create_run(f"jar {number}", space="a/b", origin="school", is_newcomer=True, **sent)
        assert refused == 20
        limited.check_queue_capacity(asking("awa", origin="home", is_newcomer=True))
        limited.check_queue_capacity(asking("bilal", origin="school"))
        limited.check_queue_capacity(asking("cora", "a/other", origin="school", is_newcomer=True))


def test_one_visitor_has_fewer_places_in_a_waiting_room_that_is_half_full(app: Flask) -> None:
    limited = room(80)
    with app.app_context():
        for _ in range(2):
            limited.check_queue_capacity(asking("awa"))
            made(app, "awa")
        for number in range(40):
            made(app, f"student {number}")
        with pytest.raises(FormRejected, match="limit-reached"):
            limited.check_queue_capacity(asking("awa"))
        limited.check_queue_capacity(asking("bilal"))
