"""Whose turn it is among all workers: each visitor, Space and session within its limits, nothing told twice or lost."""

import itertools
import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from time_machine import Traveller

from hfcourse import database
from hfcourse.runs.queue import admission
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.retention import eviction, pruning
from hfcourse.runs.store import effective_status, heartbeat, newcomers, run_store
from hfcourse.runs.store.models import Run
from hfcourse.runs.store.rate_log import RunStart

pytestmark = pytest.mark.usefixtures("app_context")


def limited(per_visitor: int = 2, per_space: int | None = None, per_minute: int = 20) -> Limits:
    return Limits(
        max_active=1,
        max_active_per_visitor=per_visitor,
        max_active_per_space=per_space,
        max_starts_per_minute=per_minute,
        max_queued=500,
    )


NUMBERS = itertools.count()


def make_waiting_run(
    visitor: str = "awa",
    space: str = "a/b",
    keeps_state: bool = False,
    origin: str | None = None,
    endpoint: str = "/e",
) -> str:
    """A run that waits for any worker, made later than those before it: never in the same millisecond."""
    asked = {"space": space, "endpoint": endpoint, "title": "E", "parameters": [], "inputs": {}}
    of_client = {"origin": origin, "is_newcomer": origin is not None}
    run_id = run_store.create_run(
        visitor, **asked, keeps_state=keeps_state, owner=effective_status.ANY_WORKER, **of_client
    )
    with database.write_session() as session:
        moment = database.utc_now() - timedelta(minutes=1) + timedelta(milliseconds=next(NUMBERS))
        session.execute(update(Run).where(Run.id == run_id).values(created=moment))
    return run_id


def told(run_id: str, seconds_ago: float) -> None:
    with database.write_session() as session:
        moment = database.utc_now() - timedelta(seconds=seconds_ago)
        session.execute(update(Run).where(Run.id == run_id).values(dispatched_at=moment))


def started(run_id: str, seconds_ago: float) -> None:
    with database.write_session() as session:
        moment = database.utc_now() - timedelta(seconds=seconds_ago)
        session.execute(update(RunStart).where(RunStart.run_id == run_id).values(at=moment))


def starts_kept() -> set[str]:
    with database.read_session() as session:
        return set(session.scalars(select(RunStart.run_id)))


def test_a_run_is_claimed_once() -> None:
    run_id = make_waiting_run()
    assert admission.claim_admissible_run(run_id, limited())
    assert admission.claim_admissible_run(run_id, limited()) is None
    assert admission.claim_admissible_run("no-such-run", limited()) is None


def test_a_visitor_has_so_many_at_once_and_the_others_are_held_until_one_ends() -> None:
    first, second, third = (make_waiting_run() for _ in range(3))
    assert admission.claim_admissible_run(first, limited())
    assert admission.claim_admissible_run(second, limited())
    assert admission.claim_admissible_run(third, limited()) is None
    assert admission.admit_next(limited()) == []
    assert admission.claim_admissible_run(make_waiting_run("bilal"), limited())
    run_store.finish_run(first, "succeeded", [])
    assert admission.admit_next(limited()) == [third]
    assert admission.admit_next(limited()) == [], "it is told once"
    assert admission.claim_admissible_run(third, limited())


def test_a_space_has_so_many_at_once() -> None:
    assert admission.claim_admissible_run(make_waiting_run("awa"), limited(per_space=1))
    held = make_waiting_run("bilal")
    assert admission.claim_admissible_run(held, limited(per_space=1)) is None
    assert admission.claim_admissible_run(make_waiting_run("bilal", "a/c"), limited(per_space=1))


def test_calls_of_one_session_come_one_after_the_other() -> None:
    first, second = make_waiting_run(keeps_state=True), make_waiting_run(keeps_state=True)
    assert admission.claim_admissible_run(first, limited())
    assert admission.claim_admissible_run(second, limited()) is None
    assert admission.claim_admissible_run(make_waiting_run(space="a/c", keeps_state=True), limited())
    run_store.finish_run(first, "stopped")
    assert admission.admit_next(limited()) == [second]


def test_a_visitor_starts_so_many_in_a_minute() -> None:
    runs = [make_waiting_run() for _ in range(3)]
    for run_id in runs[:2]:
        assert admission.claim_admissible_run(run_id, limited(per_minute=2))
        run_store.finish_run(run_id, "succeeded", [])
    assert admission.claim_admissible_run(runs[2], limited(per_minute=2)) is None
    assert admission.admit_next(limited(per_minute=2)) == []
    started(runs[0], 61)
    assert admission.admit_next(limited(per_minute=2)) == [runs[2]]


def test_who_deletes_runs_has_started_them_all_the_same() -> None:
    runs = [make_waiting_run() for _ in range(3)]
    for run_id in runs[:2]:
        assert admission.claim_admissible_run(run_id, limited(per_minute=2))
        run_store.finish_run(run_id, "succeeded", [])
        assert pruning.delete_run(run_id) == 1
    assert admission.claim_admissible_run(runs[2], limited(per_minute=2)) is None
    assert admission.claim_admissible_run(make_waiting_run("bilal"), limited(per_minute=2))


def test_a_start_that_was_noted_before_the_clock_went_back_does_not_count() -> None:
    first, second = make_waiting_run(), make_waiting_run()
    assert admission.claim_admissible_run(first, limited(per_minute=1))
    started(first, -3600)
    assert admission.claim_admissible_run(second, limited(per_minute=1))


def test_who_started_what_is_kept_for_a_minute() -> None:
    first, second, third = (make_waiting_run() for _ in range(3))
    for run_id in (first, second):
        assert admission.claim_admissible_run(run_id, limited())
        run_store.finish_run(run_id, "succeeded", [])
    started(first, 61)
    assert admission.claim_admissible_run(third, limited())
    assert starts_kept() == {second, third}
    started(second, 61)
    eviction.prune_all()
    assert starts_kept() == {third}


def test_a_run_that_is_stopped_while_it_is_claimed_is_not_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = make_waiting_run()
    monkeypatch.setattr(
        run_store, "claim_row", lambda *_: False
    )  # as when the stop comes before the claim's own UPDATE_KEY
    assert admission.claim_admissible_run(run_id, limited()) is None
    assert starts_kept() == set()


def test_no_more_are_told_than_may_start() -> None:
    runs = [make_waiting_run() for _ in range(5)]
    admission.put_back(runs)
    assert admission.admit_next(limited()) == runs[:2]
    assert admission.admit_next(limited()) == []


def test_a_message_that_is_lost_is_told_again_and_one_that_waits_at_the_broker_is_not() -> None:
    lost, fresh = make_waiting_run("awa"), make_waiting_run("bilal")
    told(lost, admission.LOST_MESSAGE_AGE.total_seconds() + 1)
    assert admission.admit_next(limited()) == [], "only who asked the broker knows"
    assert admission.admit_next(limited(), messages=1) == []
    assert admission.admit_next(limited(), messages=0) == [lost]
    assert admission.admit_next(limited(), messages=0) == []
    assert admission.claim_admissible_run(fresh, limited())


def test_two_workers_that_decide_at_once_let_in_no_one_too_many(app: Flask) -> None:
    runs, claimed, ready = [make_waiting_run() for _ in range(8)], [], threading.Barrier(8)

    def claim(run_id: str) -> None:
        with app.app_context():
            ready.wait(10)
            claimed.append(admission.claim_admissible_run(run_id, limited()))

    threads = [threading.Thread(target=claim, args=(run_id,)) for run_id in runs]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(run is not None for run in claimed) == 2


def test_a_run_that_waits_for_any_worker_has_nobodys_heartbeat() -> None:
    waiting, forgotten = make_waiting_run(), make_waiting_run()
    with database.write_session() as session:
        for run_id, minutes in ((waiting, 59), (forgotten, 61)):
            moment = database.utc_now() - timedelta(minutes=minutes)
            session.execute(update(Run).where(Run.id == run_id).values(heartbeat=moment))
    heartbeat.mark_abandoned()
    statuses = [run.status for run in map(run_store.load_run, (waiting, forgotten)) if run]
    assert statuses == ["queued", "interrupted"]
    assert heartbeat.count_queued_runs().visitors == {"awa": 1}


def test_places_are_counted_where_a_run_waits() -> None:
    shared = [make_waiting_run() for _ in range(3)]
    own = run_store.create_run("awa", space="a/b", endpoint="/e", title="E", parameters=[], inputs={})
    assert heartbeat.fetch_queue_positions([shared[2], own, "none"]) == {shared[2]: (2, 3), own: (0, 1)}
    run_store.claim_run(shared[0])
    assert heartbeat.fetch_queue_positions(shared) == {shared[1]: (0, 2), shared[2]: (1, 2)}


def test_a_worker_is_there_as_long_as_it_says_so(wall_clock: Traveller) -> None:
    assert not admission.has_live_worker()
    admission.record_worker_heartbeat()
    assert admission.has_live_worker()
    wall_clock.shift(effective_status.STALE_SECONDS + 1)
    assert not admission.has_live_worker()


# Under pressure


def eight_places() -> Limits:
    return Limits(
        max_active=8, max_active_per_visitor=2, max_active_per_space=None, max_starts_per_minute=20, max_queued=500
    )


def test_newcomers_of_one_address_are_held_back_before_they_have_every_place() -> None:
    admission.record_worker_heartbeat()
    jars = [make_waiting_run(f"jar {n}", origin="school") for n in range(8)]
    claimed = [admission.claim_admissible_run(run_id, eight_places()) is not None for run_id in jars]
    assert claimed == [True] * 4 + [False] * 4
    assert admission.admit_next(eight_places()) == []
    run_store.finish_run(jars[0], "succeeded", [])
    assert admission.admit_next(eight_places()) == [jars[4]]
    assert admission.claim_admissible_run(jars[4], eight_places())
    assert admission.claim_admissible_run(make_waiting_run("awa", origin="home"), eight_places())
    assert admission.claim_admissible_run(make_waiting_run("cora", "a/other", origin="school"), eight_places())


def test_newcomers_of_another_endpoint_or_minute_find_a_place_beside_those_who_hold_half() -> None:
    admission.record_worker_heartbeat()
    for n in range(4):
        assert admission.claim_admissible_run(make_waiting_run(f"jar {n}", origin="school"), eight_places())
    quick, same = (
        make_waiting_run("awa", origin="school", endpoint="/quick"),
        make_waiting_run("bilal", origin="school"),
    )
    assert admission.claim_admissible_run(same, eight_places()) is None
    assert admission.claim_admissible_run(quick, eight_places())
    run_store.finish_run(quick, "succeeded", [])
    arrival = database.utc_now() - timedelta(minutes=5)
    newcomers.record_arrival(newcomers.Client("cora", "school", is_newcomer=True, arrival=arrival))
    assert admission.claim_admissible_run(make_waiting_run("cora", origin="school"), eight_places())


def test_a_newcomers_second_run_waits_while_others_of_the_address_hold_places() -> None:
    admission.record_worker_heartbeat()
    first, other = make_waiting_run("awa", origin="school"), make_waiting_run("bilal", origin="school")
    assert admission.claim_admissible_run(first, eight_places())
    assert admission.claim_admissible_run(other, eight_places())
    second = make_waiting_run("awa", "a/other", origin="school")
    assert admission.claim_admissible_run(second, eight_places()) is None
    assert admission.admit_next(eight_places()) == []
    run_store.finish_run(first, "succeeded", [])
    assert admission.admit_next(eight_places()) == [second]
    assert admission.claim_admissible_run(second, eight_places())


def test_a_message_out_of_turn_leaves_the_place_to_whoever_holds_fewer() -> None:
    admission.record_worker_heartbeat()
    for n in range(6):
        assert admission.claim_admissible_run(make_waiting_run(f"visitor {n}"), eight_places())
    assert admission.claim_admissible_run(make_waiting_run("bilal"), eight_places())
    second, first = make_waiting_run("bilal"), make_waiting_run("awa", origin="home")
    assert admission.claim_admissible_run(second, eight_places()) is None
    assert admission.claim_admissible_run(first, eight_places())
    run_store.finish_run(first, "succeeded", [])
    assert admission.admit_next(eight_places()) == [second]


def test_places_are_those_of_the_workers_that_are_there(monkeypatch: pytest.MonkeyPatch, wall_clock: Traveller) -> None:
    def places() -> float:
        with database.read_connection() as connection:
            return admission.count_worker_slots(connection, eight_places())

    assert places() == float("inf")
    admission.record_worker_heartbeat()
    assert places() == 8
    with monkeypatch.context() as other:
        other.setattr(effective_status, "get_process_name", lambda: "elsewhere-1")
        admission.record_worker_heartbeat()
        assert places() == 16
        admission.unregister_worker()
    assert places() == 8
    wall_clock.shift(effective_status.STALE_SECONDS + 1)
    assert places() == float("inf")
