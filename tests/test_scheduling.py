"""The shares of running calls and of the waiting room under pressure: who gets the next place, who always finds one."""

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfcourse.runs.queue.scheduling import (
    RUNNING_RESERVES,
    WAITING_RESERVES,
    Reserve,
    is_among_next,
    is_under_pressure,
    is_within_share,
    select_next,
)
from hfcourse.runs.store.queue_counts import ActiveCounts, QueuedRun

NUMBERS = itertools.count()
PER_VISITOR = 2


def newcomer(
    visitor: str, space: str = "a/slow", origin: str = "school", endpoint: str = "/slow", cohort: int = 7
) -> QueuedRun:
    run_id = str(next(NUMBERS))
    return QueuedRun(run_id, visitor, space, origin=origin, is_newcomer=True, endpoint=endpoint, cohort=cohort)


def established(visitor: str, space: str = "a/slow", origin: str = "school") -> QueuedRun:
    return QueuedRun(str(next(NUMBERS)), visitor, space, origin=origin)


def jars(count: int, *spaces: str, origin: str = "school", runs: int = 2, cohorts: int = 1) -> Iterator[QueuedRun]:
    """Two runs of each of so many visitors without a history, at each Space in turn; made in so many minutes."""
    for n in range(count):
        for space in spaces or ("a/slow",):
            cohort = 7 + n * cohorts // count
            yield from (newcomer(f"jar {n}", space, origin, cohort=cohort) for _ in range(runs))


def no_starts(visitor: str) -> int:
    """The runs of a visitor who started none in the last minute."""
    return 0


class Site:
    """Places, what waits for them and what goes on, with the limit of a visitor."""

    def __init__(self, places: float) -> None:
        self.places, self.counts = places, ActiveCounts()
        self.waiting: list[QueuedRun] = []
        self.running: list[QueuedRun] = []
        self.started: Counter[str] = Counter()

    def send(self, *runs: QueuedRun) -> "Site":
        for run in runs:
            self.waiting.append(run)
            self.fill()
        return self

    def end(self, run: QueuedRun) -> None:
        self.running.remove(run)
        self.counts.remove(run)
        self.fill()

    def fill(self) -> None:
        while (run := self.next_run()) is not None:
            self.waiting.remove(run)
            self.started[run.visitor] += 1
            self.running.append(run)
            self.counts.add(run)

    def next_run(self) -> QueuedRun | None:
        return select_next(self.waiting, self.counts, self.places, self.is_allowed, self.started.__getitem__)

    def is_allowed(self, run: QueuedRun) -> bool:
        return self.counts.visitors[run.visitor] < PER_VISITOR

    def starts(self, run: QueuedRun) -> bool:
        """Does it start at once?"""
        self.send(run)
        return run in self.running


@pytest.mark.parametrize("places", [4, 8, 32, 128, 300])
@pytest.mark.parametrize("spaces", [("a/slow",), ("a/slow", "a/slower")])
class TestOneStudentWithAHundredJars:
    """Slow calls of newcomers of one address never leave nothing for the others."""

    def flooded(self, places: int, spaces: tuple[str, ...]) -> Site:
        return Site(places).send(*jars(places, *spaces))

    def test_a_visitor_of_another_address_starts_at_once(self, places: int, spaces: tuple[str, ...]) -> None:
        assert self.flooded(places, spaces).starts(newcomer("awa", origin="home"))

    def test_a_visitor_with_standing_starts_at_once(self, places: int, spaces: tuple[str, ...]) -> None:
        if places >= 8:
            assert self.flooded(places, spaces).starts(established("awa"))

    def test_a_newcomer_at_another_space_starts_at_once(self, places: int, spaces: tuple[str, ...]) -> None:
        if places >= 8 or len(spaces) == 1:
            assert self.flooded(places, spaces).starts(newcomer("awa", "a/other"))


def test_jars_that_have_aged_leave_places_to_other_addresses() -> None:
    for places in (8, 128):
        site = Site(places).send(*(established(f"jar {n}") for n in range(places)))
        assert len(site.waiting) > 0
        assert site.starts(newcomer("awa", origin="home"))


@pytest.mark.parametrize("addresses", [2, 3, 5])
def test_jars_behind_several_addresses_leave_places_to_one_more(addresses: int) -> None:
    site = Site(128)
    for n in range(addresses):
        site.send(*jars(128, origin=f"address {n}"))
    assert site.starts(newcomer("awa", origin="home"))


def test_a_class_of_a_hundred_newcomers_starts_all_at_once() -> None:
    site = Site(128).send(*(newcomer(f"student {n}") for n in range(100)))
    assert len(site.running) == 100


@pytest.mark.parametrize(("places", "cohorts"), [(8, 1), (32, 2), (64, 1), (128, 1), (128, 3), (300, 2)])
@pytest.mark.parametrize("count", [100, 200])
class TestManyJarsAtOneEndpoint:
    """However many there are: who can be told from them at the same Space, from the same address, starts at once."""

    def flooded(self, places: int, count: int, cohorts: int) -> Site:
        return Site(places).send(*jars(count, cohorts=cohorts))

    def test_a_newcomer_at_another_endpoint_starts_at_once(self, places: int, count: int, cohorts: int) -> None:
        site = self.flooded(places, count, cohorts)
        for n in range(29):  # each ends before the next one comes
            run = newcomer(f"student {n}", endpoint="/quick")
            assert site.starts(run)
            site.end(run)

    def test_a_newcomer_of_another_minute_starts_at_once(self, places: int, count: int, cohorts: int) -> None:
        site = self.flooded(places, count, cohorts)
        for n, cohort in itertools.product(range(15), (5, 70)):
            run = newcomer(f"student {n} {cohort}", cohort=cohort)
            assert site.starts(run)
            site.end(run)

    def test_those_who_were_first_lose_nothing(self, places: int, count: int, cohorts: int) -> None:
        site = Site(places)
        students = [newcomer(f"student {n}", cohort=3) for n in range(places // 2)]
        site.send(*students, *jars(count, cohorts=cohorts))
        assert all(run in site.running for run in students)


@pytest.mark.parametrize("runs", [1, 2, 5])
class TestAHundredJarsLikeTheClass:
    """Cookies of the same minute, at the same endpoint: of each jar one run is started, which leaves some places."""

    def test_the_class_that_comes_after_starts_at_once(self, runs: int) -> None:
        site = Site(128).send(*jars(100, runs=runs))
        for n in range(29):
            run = newcomer(f"student {n}")
            assert site.starts(run)
            site.end(run)

    def test_the_class_that_comes_between_starts_at_once(self, runs: int) -> None:
        site, sent = Site(128), list(jars(100, runs=runs))
        for n, run in enumerate(sent):
            site.send(run)
            if n % 5 == 0:
                student = newcomer(f"student {n}")
                assert site.starts(student)
                site.end(student)

    def test_the_class_whose_runs_are_slow_too_waits_before_no_second_run(self, runs: int) -> None:
        site = Site(128).send(*jars(100, runs=runs))
        students = [newcomer(f"student {n}") for n in range(29)]
        site.send(*students)
        for _ in range(len(students)):
            site.end(next(run for run in site.running if run not in students))
        assert all(run in site.running for run in students)


@pytest.mark.parametrize("spread", [2, 3])
@pytest.mark.parametrize("kind", ["endpoint", "cohort"])
def test_jars_in_several_groups_that_come_one_after_the_other_leave_a_place(spread: int, kind: str) -> None:
    site = Site(128)
    for part in range(spread):
        chosen = {"endpoint": f"/slow-{part}"} if kind == "endpoint" else {"cohort": part}
        site.send(*(newcomer(f"jar {part} {n}", **chosen) for n in range(150)))
    assert site.starts(newcomer("awa", endpoint="/quick", cohort=9))


def test_a_freed_place_goes_to_the_cohort_that_holds_the_fewest() -> None:
    site = Site(128).send(*jars(150))
    students = [newcomer(f"student {n}", cohort=3) for n in range(29)]
    site.send(*students)
    held = [run in site.running for run in students].count(True)
    assert 1 < held < 29
    site.end(next(run for run in site.running if run not in students))
    assert [run in site.running for run in students].count(True) == held + 1


class TestTheSecondRunOfANewcomer:
    """It waits while newcomers of the address hold some places, and is the first one once the first has ended."""

    def test_second_run_starts_when_its_visitor_is_alone(self) -> None:
        assert Site(8).send(newcomer("awa")).starts(newcomer("awa"))

    @pytest.mark.parametrize(("places", "others"), [(8, 1), (64, 1), (128, 3), (300, 9)])
    def test_second_run_waits_while_newcomers_of_the_address_have_several(self, places: int, others: int) -> None:
        first, second = newcomer("awa"), newcomer("awa", "a/other")
        site = Site(places).send(*(newcomer(f"student {n}") for n in range(others)), first, second)
        assert site.waiting == [second]
        site.end(first)
        assert second in site.running

    def test_second_run_does_not_wait_for_other_addresses_or_visitors_with_standing(self) -> None:
        site = Site(128).send(*(newcomer(f"guest {n}", origin="home") for n in range(30)))
        site.send(*(established(f"student {n}") for n in range(30)), newcomer("awa"))
        assert site.starts(newcomer("awa"))

    def test_second_run_holds_up_none_of_a_visitor_with_standing(self) -> None:
        site = Site(128).send(*(newcomer(f"student {n}") for n in range(30)), established("bilal"))
        assert site.starts(established("bilal"))

    def test_a_message_of_one_is_not_among_the_next(self) -> None:
        counts = ActiveCounts([newcomer("awa"), newcomer("bilal")])
        second = newcomer("awa")
        assert not is_among_next(second, [second], counts, 8, no_starts)
        assert is_among_next(second, [second], ActiveCounts([newcomer("awa")]), 8, no_starts)

    def test_second_run_does_not_wait_where_the_count_of_places_is_unknown(self) -> None:
        assert Site(math.inf).send(*jars(30)).waiting == []


@pytest.mark.parametrize(("places", "most"), [(128, (120, 116, 112, 104)), (32, (28, 24, 21, 14)), (8, (7, 6, 5, 3))])
def test_nested_groups_leave_places_to_those_around_them(places: int, most: tuple[int, ...]) -> None:
    assert nested_shares(places) == most


def nested_shares(places: int) -> tuple[int, ...]:
    """What each nested group may hold of so many places that nobody else uses."""
    return tuple(
        itertools.accumulate(RUNNING_RESERVES, lambda open_to, reserve: reserve.apply(open_to), initial=places)
    )[1:]


def test_without_pressure_whoever_comes_first_is_served() -> None:
    site = Site(8).send(*(established(f"v{n // 2}") for n in range(4)))
    assert [run.visitor for run in site.running] == ["v0", "v0", "v1", "v1"]


def test_the_next_place_goes_to_the_group_that_holds_the_fewest() -> None:
    site = Site(8).send(*jars(8), *jars(8, origin="flat"))
    late = newcomer("awa", origin="home")
    assert site.starts(late)
    waiting = established("bilal")
    site.waiting.append(waiting)
    site.end(next(run for run in site.running if run.origin == "school"))
    assert waiting in site.running


def test_a_visitors_second_run_waits_while_others_have_none() -> None:
    counts = ActiveCounts([established("awa"), established("cora"), established("dora")])
    second, first = established("awa"), established("bilal")
    assert select_next([second, first], counts, 6, lambda _: True, no_starts) == first
    assert select_next([second], counts, 6, lambda _: True, no_starts) == second


def test_whoever_started_fewer_in_the_last_minute_comes_first() -> None:
    counts = ActiveCounts(established(f"v{n}") for n in range(3))
    busy, new = established("awa"), established("bilal")
    assert select_next([busy, new], counts, 6, lambda _: True, Counter(awa=1).__getitem__) == new
    assert select_next([busy, new], counts, 6, lambda _: True, no_starts) == busy


def test_a_run_of_unknown_origin_counts_by_its_visitor() -> None:
    site = Site(8).send(*(QueuedRun(str(n), f"v{n}", "a/b") for n in range(8)))
    assert len(site.running) == 8


def test_a_message_that_comes_out_of_turn_is_not_among_the_next() -> None:
    counts = ActiveCounts(established(f"v{n}") for n in range(6))
    last, first = established("v0", origin="flat"), newcomer("awa", origin="home")
    assert is_among_next(first, [last, first], counts, 7, no_starts)
    assert not is_among_next(last, [last, first], counts, 7, no_starts)
    assert is_among_next(last, [last, first], counts, 8, no_starts)
    full = ActiveCounts(established(f"v{n}", origin=f"o{n}") for n in range(8))
    assert not is_among_next(first, [first], full, 8, no_starts)


@pytest.mark.parametrize("room", [10, 20, 500])
def test_a_waiting_room_that_jars_fill_has_room_for_others(room: int) -> None:
    counts = ActiveCounts()
    for run in jars(room, "a/slow"):
        if not is_under_pressure(counts, room) or is_within_share(counts, run, room, WAITING_RESERVES):
            counts.add(run)
    assert counts.total < room
    for run in (newcomer("awa", origin="home"), established("bilal"), newcomer("cora", "a/other")):
        assert is_within_share(counts, run, room, WAITING_RESERVES)
    assert not is_within_share(counts, newcomer("one more jar"), room, WAITING_RESERVES)


def test_a_class_of_three_hundred_newcomers_finds_room() -> None:
    """Of 300 who send at the same time, 104 start and the others wait."""
    counts = ActiveCounts(newcomer(f"student {n}") for n in range(195))
    assert is_within_share(counts, newcomer("the last"), 500, WAITING_RESERVES)


@settings(deadline=None)  # a busy machine
@given(st.integers(1, 1000), st.integers(1, 10), st.integers(0, 50))
def test_a_reserve_leaves_at_least_one_place_to_its_group(places: int, divisor: int, most: int) -> None:
    held = Reserve(divisor, most).apply(places)
    assert 1 <= held <= places
    assert places - held <= most


RUNS = st.builds(
    lambda visitor, space, origin, is_newcomer, endpoint, cohort: replace(
        newcomer(f"{origin}{visitor}", space, origin, endpoint, cohort), is_newcomer=is_newcomer
    ),
    st.integers(0, 8),
    st.sampled_from(["a/b", "a/c", "a/d"]),
    st.sampled_from([None, "school", "home"]),
    st.booleans(),
    st.sampled_from(["/x", "/y"]),
    st.integers(1, 3),
)


@settings(deadline=None)  # a busy machine
@given(st.integers(1, 20), st.lists(st.one_of(RUNS, st.integers(0, 100)), max_size=80))
def test_bounds_hold_for_any_order_of_arrivals_and_ends(places: int, events: list[QueuedRun | int]) -> None:
    """A number ends one of those that go on."""
    site = Site(places)
    for each in events:
        if isinstance(each, QueuedRun):
            site.send(each)
        elif site.running:
            site.end(site.running[each % len(site.running)])
        assert len(site.running) == site.counts.total <= places
        assert all(held <= PER_VISITOR for held in site.counts.visitors.values())
        for run in site.running:
            for group, most in zip(run.nested_groups, nested_shares(places), strict=False):
                assert site.counts.nested_groups[group] <= max(places // 2, most)


@settings(deadline=None)  # a busy machine
@given(st.integers(1, 20), st.lists(RUNS, min_size=1, max_size=60), st.data())
def test_nobody_starves_whatever_ends_first(places: int, runs: list[QueuedRun], data: st.DataObject) -> None:
    """Once nothing more arrives, every run starts; some run always goes on while one waits."""
    site, seen = Site(places).send(*runs), 0
    while site.running:
        seen += 1
        site.end(site.running[data.draw(st.integers(0, len(site.running) - 1))])
    assert (seen, site.waiting) == (len(runs), [])


@settings(deadline=None)  # a busy machine
@given(st.integers(2, 12), st.integers(0, 11))
def test_a_run_starts_although_others_never_stop_coming(places: int, position: int) -> None:
    """However many visitors come after it, it is served before those of its group that came later."""
    site = Site(places).send(*jars(10))
    waiting = newcomer("awa")
    site.send(waiting)
    for n in range(400):
        if waiting not in site.waiting:
            return
        site.send(established(f"late {n}", origin="home"), newcomer(f"late jar {n}"))
        site.end(site.running[(position + n) % len(site.running)])
    pytest.fail("it was never started")
