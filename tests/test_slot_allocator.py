"""Which queued run starts next: one rule, whether the counts are in memory or in the database."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfcourse import database
from hfcourse.runs.queue import admission
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.queue.slot_allocator import SlotAllocator
from hfcourse.runs.store import effective_status, newcomers, run_store
from hfcourse.runs.store.models import ARRIVALS, RUNS
from hfcourse.runs.store.newcomers import Client
from hfcourse.runs.store.queue_counts import ActiveCounts, QueuedRun

SLOTS, NUMBERS = 8, count()


pytestmark = pytest.mark.usefixtures("app_context")


def limited(per_visitor: int = 2, per_space: int | None = None, per_minute: int = 20, slots: int = SLOTS) -> Limits:
    return Limits(slots, per_visitor, per_space, per_minute, 500)


def start_all(queued: Sequence[QueuedRun], counts: ActiveCounts, limits: Limits) -> list[str]:
    """The runs that start, in their order, as a process starts them by the counts of its memory."""
    starts: Counter[str] = Counter()
    allocator, waiting, started = SlotAllocator(limits, counts, starts.__getitem__), [*queued], []
    while (run := allocator.select_next(waiting, limits.max_active)) is not None:
        waiting.remove(run)
        counts.add(run)
        starts[run.visitor] += 1
        started.append(run.run_id)
    return started


def make_run(number: int, visitor: str = "awa", space: str = "a/b", **more) -> QueuedRun:
    return QueuedRun(str(number), visitor, space, **more)


@pytest.mark.parametrize(
    ("limits", "queued", "started"),
    [
        (limited(per_visitor=1), [make_run(1), make_run(2), make_run(3, "bilal")], ["1", "3"]),
        (limited(per_space=1), [make_run(1), make_run(2, "bilal"), make_run(3, "cora", "a/c")], ["1", "3"]),
        (limited(per_minute=1), [make_run(1), make_run(2), make_run(3, "bilal")], ["1", "3"]),
        (limited(), [make_run(1, keeps_state=True), make_run(2, keeps_state=True), make_run(3)], ["1", "3"]),
        (limited(slots=1), [make_run(1), make_run(2, "bilal")], ["1"]),
        (limited(slots=0), [make_run(1)], []),
    ],
)
def test_a_run_over_a_limit_waits_and_those_after_it_do_not(
    limits: Limits, queued: list[QueuedRun], started: list[str]
) -> None:
    assert start_all(queued, ActiveCounts(), limits) == started


def test_a_run_that_asks_for_itself_leaves_a_slot_to_those_before_it() -> None:
    active = [make_run(n, f"visitor {n}") for n in range(7)]
    first, second = make_run(10, "bilal"), make_run(11, "visitor 0")
    allocator = SlotAllocator(limited(), ActiveCounts(active), lambda _: 0)
    assert allocator.can_start(first, lambda: [second, first], SLOTS)
    assert not allocator.can_start(second, lambda: [second, first], SLOTS)
    assert allocator.can_start(second, lambda: [second], SLOTS)


def test_the_other_queued_runs_are_listed_only_while_slots_are_scarce() -> None:
    def fail() -> list[QueuedRun]:
        raise AssertionError

    allocator = SlotAllocator(limited(), ActiveCounts([make_run(1)]), lambda _: 0)
    assert allocator.can_start(make_run(2), fail, SLOTS)


RUNS_STRATEGY = st.lists(
    st.builds(
        QueuedRun,
        run_id=st.just(""),
        visitor=st.sampled_from(["awa", "bilal", "cora", "dina", "eli"]),
        space=st.sampled_from(["a/b", "a/c"]),
        keeps_state=st.booleans(),
        endpoint=st.sampled_from(["/e", "/f"]),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    queued=RUNS_STRATEGY,
    origins=st.lists(st.sampled_from(["home", "school"]), min_size=5, max_size=5),
    newcomers=st.lists(st.booleans(), min_size=5, max_size=5),
    per_visitor=st.integers(1, 3),
    per_space=st.sampled_from([None, 3]),
)
def test_memory_and_database_start_the_same_runs_in_the_same_order(
    queued: list[QueuedRun], origins: list[str], newcomers: list[bool], per_visitor: int, per_space: int | None
) -> None:
    limits = limited(per_visitor, per_space)
    stored = [store_run(run, origins, newcomers) for run in clear_and(queued)]
    admission.record_worker_heartbeat()
    admission.put_back([run.run_id for run in stored])
    in_memory = start_all(stored, ActiveCounts(), limits)
    assert admission.admit_next(limits) == in_memory


def clear_and(queued: list[QueuedRun]) -> list[QueuedRun]:
    """The same runs, for an empty database."""
    with database.write_connection() as connection:
        connection.execute(RUNS.delete())
        connection.execute(ARRIVALS.delete())
    return queued


def store_run(run: QueuedRun, origins: list[str], are_newcomers: list[bool]) -> QueuedRun:
    """Store a run of a visitor who has one origin, and is a newcomer or not; return it as the queue has it."""
    number = "abcde".index(run.visitor[0])
    client = Client(run.visitor, origins[number], are_newcomers[number], database.utc_now())
    newcomers.record_arrival(client)
    with database.read_connection() as connection:
        arrival = connection.execute(ARRIVALS.select().where(ARRIVALS.c.visitor == run.visitor)).one().at
    call = {"space": run.space, "endpoint": run.endpoint, "title": "E", "parameters": [], "inputs": {}}
    group = {"origin": client.origin, "is_newcomer": client.is_newcomer}
    run_id = run_store.create_run(
        run.visitor, **call, **group, keeps_state=run.keeps_state, owner=effective_status.ANY_WORKER
    )
    with database.write_connection() as connection:  # one after another, though the clock may not have moved
        moment = database.utc_now().replace(microsecond=0) + timedelta(milliseconds=next(NUMBERS))
        connection.execute(RUNS.update().where(RUNS.c.id == run_id).values(created=moment))
    return replace(run, run_id=run_id, cohort=newcomers.compute_cohort(arrival), **group)
