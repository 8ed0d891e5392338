"""Chains of events: what began each step, however they are linked."""

from collections.abc import Collection
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hfcourse.spaces.schema.endpoints.description_limits import MAX_PRIVATE_STEPS, limit_description
from hfcourse.spaces.schema.page.event_chains import EventChains
from tests.support.cpu_time import measure_cpu_seconds
from tests.support.page_builder import PageBuilder

REFERENCES = st.none() | st.integers(-1, 9) | st.just("2") | st.just([1]) | st.just(1.0)
PAGES = st.lists(REFERENCES, min_size=1, max_size=9)


def linked(references: Collection[Any]) -> EventChains:
    return EventChains({"id": place, "trigger_after": reference} for place, reference in enumerate(references))


def walk_back(references: list[Any], number: int) -> list[int]:
    """The steps before this one, the nearest first, until the beginning or a step that was there already."""
    path = [number]
    while type(references[path[-1]]) is int and 0 <= references[path[-1]] < len(references):
        path.append(references[path[-1]])
        if path.count(path[-1]) > 1:
            break
    return path[1:]


@given(PAGES)
def test_root_is_where_walking_back_ends(references: list[Any]) -> None:
    chains = linked(references)
    for number in range(len(references)):
        before = walk_back(references, number)
        is_circle = len({number, *before}) <= len(before)
        assert (
            chains.get_root_id(number) in {number, *before}
            if is_circle
            else chains.get_root_id(number) == [number, *before][-1]
        )


@given(PAGES)
def test_steps_of_one_chain_have_one_root(references: list[Any]) -> None:
    chains = linked(references)
    for number in range(len(references)):
        assert {chains.get_root_id(each) for each in (number, *walk_back(references, number))} == {
            chains.get_root_id(number)
        }
        assert number in chains.list_member_ids(number)


@given(PAGES, st.sets(st.integers(0, 8)))
def test_nearest_kept_step_is_found_through_the_others(references: list[Any], kept: set[int]) -> None:
    nearest = linked(references).find_nearest_included(kept)
    for number in range(len(references)):
        before = [each for each in walk_back(references, number) if each in kept]
        assert nearest.get(number) == (before[0] if before else None)


def test_steps_before_are_those_that_lead_to_it() -> None:
    chains = linked([None, 0, 1, 1, None])
    assert [chains.find_preceding_ids(number) for number in range(5)] == [set(), {0}, {0, 1}, {0, 1}, set()]


def test_chain_of_ten_thousand_steps_costs_as_much_per_step_as_a_short_one() -> None:
    def cost(length: int) -> float:
        references = [None, *range(length - 1)]
        return min(measure_cpu_seconds(lambda: linked(references).find_nearest_included({0})) for _ in range(3))

    assert cost(20_000) < 60 * cost(1_000)


def test_bounded_description_keeps_what_began_a_chain_through_private_steps() -> None:
    page = PageBuilder()
    button, box = page.add_component("button", "Partir"), page.add_component("textbox", "Mot")
    step = page.add_event("", button, public=False)
    for _ in range(2 * MAX_PRIVATE_STEPS):
        step = page.add_next_step(step, "", public=False)
    page.add_next_step(step, "arrive", [box], [box])
    once = limit_description(page.config, page.info)
    assert len(once[0]["dependencies"]) == MAX_PRIVATE_STEPS + 1
    assert limit_description(*once) == once
    chains = EventChains(once[0]["dependencies"])
    assert chains.get_root_step(step + 1)["targets"] == [[button, "click"]]
    assert page.describe().endpoints[0].title == "Partir"
