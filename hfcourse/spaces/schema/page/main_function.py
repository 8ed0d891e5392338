"""Is the main function of a page one that its author did not make public? Pure."""

from collections.abc import Mapping
from typing import Any

from hfcourse.spaces.schema.labels import readable
from hfcourse.spaces.schema.page.dataflow import DataFlow, inputs_of, outputs_of
from hfcourse.spaces.schema.page.page_analysis import Page
from hfcourse.spaces.schema.page.ranking import targets_of
from hfcourse.spaces.schema.page.relevance import MAX_COUNTED_FIELDS


def find_private_main(page: Page, best_score: int) -> str | None:
    """The words of the button of the main function where it cannot be called ('' if it has none), else None.

    An author who gives an endpoint to the API alone (`gr.api`, a hidden button) has thought of callers: then nothing is
    said. A primary button that no event of `/config` answers belongs to a part of the page that is drawn later.

    Args:
        best_score: the best score of the endpoints that can be called.
    """
    flow = page.flow
    if any(is_for_callers(flow, number) for number in flow.names):
        return None
    private = [each for each in flow.chains.steps if each not in flow.names and flow.is_begun_by_button(each)]
    better = [each for each in private if score_private(page, each) > max(0, best_score) and not is_covered(flow, each)]
    if better:
        return words_of_button(flow, max(better, key=lambda each: score_private(page, each)))
    if any(has_result(flow, each) for each in flow.names):
        return None
    return unanswered_primary(flow)


def has_result(flow: DataFlow, number: int) -> bool:
    """Does a button make something of what a person gives?"""
    takes = any(flow.is_exchanged(each) for each in inputs_of(flow.chains.steps[number]))
    return takes and flow.is_begun_by_button(number) and flow.makes_result(number)


def is_for_callers(flow: DataFlow, number: int) -> bool:
    """Does this endpoint take something though nothing that is seen begins it?"""
    targets = flow.triggers(number)
    hidden = [is_hidden(flow.component(target)) for target, event in targets if event == "click"]
    return bool(inputs_of(flow.chains.steps[number])) and (not targets or (bool(hidden) and all(hidden)))


def is_hidden(component: Mapping[str, Any]) -> bool:
    return (component.get("props") or {}).get("visible", True) is not True


def score_private(page: Page, number: int) -> int:
    """The points that a private step would have as an endpoint, by the rule of `relevance`; none without a result."""
    flow, step = page.flow, page.flow.chains.steps[number]
    fields = [each for each in inputs_of(step) if flow.is_exchanged(each) and not is_hidden(flow.component(each))]
    weight = flow.output_weight(number)
    is_action = step.get("backend_fn") is not False and fields and weight
    return 4 + 2 * page.is_on_opening_tab(number) + min(MAX_COUNTED_FIELDS, len(fields)) + weight if is_action else 0


def is_covered(flow: DataFlow, number: int) -> bool:
    """Is there an endpoint that takes as much and gives some of it: the same action, begun in another way?"""
    step = flow.chains.steps[number]
    taken = {each for each in inputs_of(step) if flow.is_exchanged(each)}
    writers = {writer for each in outputs_of(step) if flow.is_exchanged(each) for writer in flow.writers(each)}
    return any(taken <= set(inputs_of(flow.chains.steps[each])) for each in writers if each in flow.names)


def words_of_button(flow: DataFlow, number: int) -> str:
    """What the button says that begins the chain of this step."""
    for target, event in flow.triggers(number):
        if event == "click":
            return readable((flow.component(target).get("props") or {}).get("value"), "")
    return ""


def unanswered_primary(flow: DataFlow) -> str | None:
    """The words of the first primary button of the page that no event of `/config` answers."""
    answered = {target for step in flow.chains.steps.values() for target, _ in targets_of(step) if target is not None}
    for number, component in flow.components.items():
        props = component.get("props") or {}
        is_main = component.get("type") == "button" and props.get("variant") == "primary" and not props.get("link")
        if is_main and not is_hidden(component) and number not in answered:
            return readable(props.get("value"), "")
    return None
