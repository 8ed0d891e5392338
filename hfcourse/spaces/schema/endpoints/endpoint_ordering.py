"""Ordering of a Space's endpoints by relevance, with merged twins and unique titles. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hfcourse.spaces.schema.page.endpoint_families import find_twins
from hfcourse.spaces.schema.page.endpoint_titles import disambiguate_titles, name_default_buttons
from hfcourse.spaces.schema.page.page_analysis import PageAnalysis
from hfcourse.spaces.schema.page.ranking import ONLY_FILLS_FIELDS, TRIGGERED_BY_PAGE
from hfcourse.spaces.schema.page.relevance import NO_RELEVANCE

if TYPE_CHECKING:
    from hfcourse.spaces.schema.endpoints.space_description import Endpoint


def arrange_endpoints(endpoints: Sequence["Endpoint"], page: PageAnalysis) -> list["Endpoint"]:
    """Sort endpoints, the most relevant first, link twins and make duplicate titles unique."""
    authored = sorted(endpoints, key=lambda each: page.numbers.get(each.name, len(page.flow.chains.steps)))
    ranked = sorted(
        demote_automatic_endpoints(sorted(promote_filler_buttons(authored, page), key=make_endpoint_sort_key), page),
        key=make_endpoint_sort_key,
    )
    return disambiguate_endpoint_titles(sorted(merge_twins(ranked, page), key=make_endpoint_sort_key), page)


def merge_twins(ranked: Sequence["Endpoint"], page: PageAnalysis) -> list["Endpoint"]:
    """Merge twins into one endpoint: the one without Gradio's numeric suffix, with the best title of all."""
    listed = [each for each in ranked if not (each.blocked_reason or each.lead_name)]
    twins = find_twins((each.name, page.get_twin_key(each.name), page.get_button_label(each.name)) for each in listed)
    groups: dict[str, list[str]] = {}
    for name, first in twins.items():
        groups.setdefault(first, [first]).append(name)
    chosen = {first: min(names, key=lambda name: name != page.get_base_name(name)) for first, names in groups.items()}
    best = {chosen[each.name]: each for each in listed if each.name in chosen}
    twin_of = {name: chosen[first] for first, names in groups.items() for name in names if name != chosen[first]}
    return [inherit_best_twin(each, best.get(twin_of.get(each.name, each.name)), twin_of) for each in ranked]


def inherit_best_twin(endpoint: "Endpoint", best: "Endpoint | None", twin_of: Mapping[str, str]) -> "Endpoint":
    """Copy title and relevance from the best of its twins, if it has any."""
    if not best:
        return endpoint
    twin = twin_of.get(endpoint.name, "")
    return replace(
        endpoint, title=best.title, relevance=best.relevance, internal_reason=best.internal_reason, twin_name=twin
    )


def make_endpoint_sort_key(endpoint: "Endpoint") -> tuple[Any, ...]:
    """Return the sort key: callable, listed, meant for people and reachable endpoints first, then by relevance.

    Nested endpoints stay in the author's order, which for steps is that of the chain.
    """
    if not endpoint.is_listed:
        return bool(endpoint.blocked_reason), True, False, False, *NO_RELEVANCE
    group = bool(endpoint.blocked_reason), False, bool(endpoint.internal_reason), endpoint.is_unreachable
    return *group, *(-part for part in endpoint.relevance)


def promote_filler_buttons(endpoints: Sequence["Endpoint"], page: PageAnalysis) -> list["Endpoint"]:
    """Promote buttons that only fill fields to main endpoints if there are no others."""
    if not all(each.is_internal or each.lead_name for each in endpoints):
        return [*endpoints]
    buttons = {name for name, number in page.numbers.items() if page.flow.is_triggered_by_button(number)}
    is_filler = {each.name: each.internal_reason == ONLY_FILLS_FIELDS and each.name in buttons for each in endpoints}
    return [replace(each, internal_reason="") if is_filler[each.name] else each for each in endpoints]


def demote_automatic_endpoints(ranked: Sequence["Endpoint"], page: PageAnalysis) -> list["Endpoint"]:
    """Mark endpoints that the page triggers itself as internal, unless the first endpoint is one of them."""
    automatic = {name for name, number in page.numbers.items() if page.flow.is_triggered_by_page(number)}
    if not ranked or ranked[0].is_internal or ranked[0].name in automatic:
        return [*ranked]
    return [
        replace(each, internal_reason=each.internal_reason or TRIGGERED_BY_PAGE) if each.name in automatic else each
        for each in ranked
    ]


def disambiguate_endpoint_titles(ranked: Sequence["Endpoint"], page: PageAnalysis) -> list["Endpoint"]:
    """Make titles unique within the main list and within the collapsed group."""
    renamed: dict[str, str] = {}
    for is_aside in (False, True):
        listed = [each for each in ranked if each.is_listed and each.is_internal is is_aside]
        marks = [page.collect_distinguishing_labels(each.name) for each in listed]
        titles = name_default_buttons(
            disambiguate_titles([each.title for each in listed], marks), [tab for tab, *_ in marks]
        )
        renamed |= {each.name: title for each, title in zip(listed, titles, strict=True)}
    return [replace(each, title=renamed.get(each.name, each.title)) for each in ranked]
