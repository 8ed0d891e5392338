"""The shares of running calls and of the waiting room under pressure: who gets the next place, who always finds one."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfcourse.runs.scheduling import (
    WAITING_RESERVES,
    Reserve,
    is_among_next,
    is_under_pressure,
    is_within_share,
    select_next,
)
from hfcourse.runs.turns import GoingOn, Waiting

NUMBERS = itertools.count()
PER_VISITOR = 2


def newcomer(visitor: str, space: str = "a/slow", origin: str = "school") -> Waiting:
    return Waiting(str(next(NUMBERS)), visitor, space, origin=origin, is_newcomer=True)


def established(visitor: str, space: str = "a/slow", origin: str = "school") -> Waiting:
    return Waiting(str(next(NUMBERS)), visitor, space, origin=origin)


def jars(count: int, *spaces: str, origin: str = "school") -> Iterator[Waiting]:
    """Two runs of each of so many visitors without a history, at each Space in turn."""
    for n in range(count):
        for space in spaces or ("a/slow",):
            yield from (newcomer(f"jar {n}", space, origin) for _ in range(2))


class Site:
    """Places, what waits for them and what goes on, with the limit of a visitor."""

    def __init__(self, places: int) -> None:
        self.places, self.counts = places, GoingOn()
        self.waiting: list[Waiting] = []
        self.running: list[Waiting] = []

    def send(self, *runs: Waiting) -> "Site":
        for run in runs:
            self.waiting.append(run)
            self.fill()
        return self

    def end(self, run: Waiting) -> None:
        self.running.remove(run)
        self.counts.remove(run)
        self.fill()

    def fill(self) -> None:
        while (run := select_next(self.waiting, self.counts, self.places, self.is_allowed)) is not None:
            self.waiting.remove(run)
            self.running.append(run)
            self.counts.add(run)

    def is_allowed(self, run: Waiting) -> bool:
        return self.counts.visitors[run.visitor] < PER_VISITOR

    def starts(self, run: Waiting) -> bool:
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


def test_without_pressure_whoever_comes_first_is_served() -> None:
    site = Site(8).send(*jars(2))
    assert [run.visitor for run in site.running] == ["jar 0", "jar 0", "jar 1", "jar 1"]


def test_the_next_place_goes_to_the_group_that_holds_the_fewest() -> None:
    site = Site(8).send(*jars(8), *jars(8, origin="flat"))
    late = newcomer("awa", origin="home")
    assert site.starts(late)
    waiting = established("bilal")
    site.waiting.append(waiting)
    site.end(next(run for run in site.running if run.origin == "school"))
    assert waiting in site.running


def test_a_visitors_second_run_waits_while_others_have_none() -> None:
    counts = GoingOn([established("awa"), established("cora"), established("dora")])
    second, first = established("awa"), established("bilal")
    assert select_next([second, first], counts, 6, lambda _: True) == first
    assert select_next([second], counts, 6, lambda _: True) == second


def test_a_run_of_unknown_origin_counts_by_its_visitor() -> None:
    site = Site(8).send(*(Waiting(str(n), f"v{n}", "a/b") for n in range(8)))
    assert len(site.running) == 8


def test_a_message_that_comes_out_of_turn_is_not_among_the_next() -> None:
    counts = GoingOn(jars(3))
    last, first = newcomer("jar 0"), newcomer("awa", origin="home")
    assert is_among_next(first, [last, first], counts, 8)
    assert is_among_next(last, [last, first], counts, 9) is False
    full = GoingOn(established(f"v{n}", origin=f"o{n}") for n in range(8))
    assert not is_among_next(first, [first], full, 8)


@pytest.mark.parametrize("room", [10, 20, 500])
def test_a_waiting_room_that_jars_fill_has_room_for_others(room: int) -> None:
    counts = GoingOn()
    for run in jars(room, "a/slow"):
        if not is_under_pressure(counts, room) or is_within_share(counts, run, room, WAITING_RESERVES):
            counts.add(run)
    assert counts.total < room
    for run in (newcomer("awa", origin="home"), established("bilal"), newcomer("cora", "a/other")):
        assert is_within_share(counts, run, room, WAITING_RESERVES)
    assert not is_within_share(counts, newcomer("one more jar"), room, WAITING_RESERVES)


def test_a_class_of_three_hundred_newcomers_finds_room() -> None:
    """Of 300 who send at the same time, 104 start and the others wait."""
    counts = GoingOn(newcomer(f"student {n}") for n in range(195))
    assert is_within_share(counts, newcomer("the last"), 500, WAITING_RESERVES)


@settings(deadline=None)  # a busy machine
@given(st.integers(1, 1000), st.integers(1, 10), st.integers(0, 50))
def test_a_reserve_leaves_at_least_one_place_to_its_group(places: int, divisor: int, most: int) -> None:
    held = Reserve(divisor, most).apply(places)
    assert 1 <= held <= places
    assert places - held <= most


RUNS = st.builds(
    lambda visitor, space, origin, is_newcomer: Waiting(
        str(next(NUMBERS)), f"{origin}{visitor}", space, origin=origin, is_newcomer=is_newcomer
    ),
    st.integers(0, 8),
    st.sampled_from(["a/b", "a/c", "a/d"]),
    st.sampled_from([None, "school", "home"]),
    st.booleans(),
)


@settings(deadline=None)  # a busy machine
@given(st.integers(1, 20), st.lists(st.one_of(RUNS, st.integers(0, 100)), max_size=80))
def test_bounds_hold_for_any_order_of_arrivals_and_ends(places: int, events: list[Waiting | int]) -> None:
    """A number ends one of those that go on."""
    site = Site(places)
    for each in events:
        if isinstance(each, Waiting):
            site.send(each)
        elif site.running:
            site.end(site.running[each % len(site.running)])
        assert len(site.running) == site.counts.total <= places
        assert all(held <= PER_VISITOR for held in site.counts.visitors.values())
        for group, held in site.counts.groups.items():
            if group[0] == "newcomers":
                assert held <= max(places // 2, Reserve(4, 16).apply(places))


@settings(deadline=None)  # a busy machine
@given(st.integers(1, 20), st.lists(RUNS, min_size=1, max_size=60), st.data())
def test_nobody_starves_whatever_ends_first(places: int, runs: list[Waiting], data: st.DataObject) -> None:
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
