"""Detection of a main function that the author of a page did not make public. Pure."""

from collections.abc import Mapping
from typing import Any

from hfcourse.spaces.schema.labels import clean_label
from hfcourse.spaces.schema.page.dataflow import DataFlow, get_input_ids, get_output_ids
from hfcourse.spaces.schema.page.page_analysis import PageAnalysis
from hfcourse.spaces.schema.page.ranking import parse_targets
from hfcourse.spaces.schema.page.relevance import MAX_COUNTED_FIELDS


def find_private_main_button(page: PageAnalysis, best_score: int) -> str | None:
    """Return the label of the button of the main function if it cannot be called, else None.

    An author who offers an endpoint only through the API (`gr.api`, a hidden button) has considered API callers:
    then the result is None. A primary button without an event in `/config` belongs to a part of the page that is
    rendered later.

    Args:
        best_score: the highest score of the endpoints that can be called.

    Returns:
        The label, '' for a button without one; None if the main function can be called.
    """
    flow = page.flow
    if any(is_api_only(flow, number) for number in flow.names):
        return None
    private = [each for each in flow.chains.steps if each not in flow.names and flow.is_triggered_by_button(each)]
    better = [
        each
        for each in private
        if score_private_step(page, each) > max(0, best_score) and not has_public_equivalent(flow, each)
    ]
    if better:
        return read_button_label(flow, max(better, key=lambda each: score_private_step(page, each)))
    if any(is_result_action(flow, each) for each in flow.names):
        return None
    return find_unanswered_primary_button(flow)


def is_result_action(flow: DataFlow, number: int) -> bool:
    """Does a button compute a result from the inputs of a person?"""
    has_inputs = any(flow.is_api_component(each) for each in get_input_ids(flow.chains.steps[number]))
    return has_inputs and flow.is_triggered_by_button(number) and flow.has_result(number)


def is_api_only(flow: DataFlow, number: int) -> bool:
    """Does this endpoint have inputs, but no visible trigger?"""
    targets = flow.get_triggers(number)
    hidden = [is_hidden(flow.get_component(target)) for target, event in targets if event == "click"]
    return bool(get_input_ids(flow.chains.steps[number])) and (not targets or (bool(hidden) and all(hidden)))


def is_hidden(component: Mapping[str, Any]) -> bool:
    """Is this component itself hidden?"""
    return (component.get("props") or {}).get("visible", True) is not True


def score_private_step(page: PageAnalysis, number: int) -> int:
    """Return the score that a private step would have as an endpoint (see relevance.py), 0 without a result."""
    flow, step = page.flow, page.flow.chains.steps[number]
    fields = [
        each for each in get_input_ids(step) if flow.is_api_component(each) and not is_hidden(flow.get_component(each))
    ]
    weight = flow.weigh_outputs(number)
    is_action = step.get("backend_fn") is not False and fields and weight
    return 4 + 2 * page.is_on_opening_tab(number) + min(MAX_COUNTED_FIELDS, len(fields)) + weight if is_action else 0


def has_public_equivalent(flow: DataFlow, number: int) -> bool:
    """Is there an endpoint with the same inputs and a common output: the same action with another trigger?"""
    step = flow.chains.steps[number]
    taken = {each for each in get_input_ids(step) if flow.is_api_component(each)}
    writers = {
        writer for each in get_output_ids(step) if flow.is_api_component(each) for writer in flow.get_writers(each)
    }
    return any(taken <= set(get_input_ids(flow.chains.steps[each])) for each in writers if each in flow.names)


def read_button_label(flow: DataFlow, number: int) -> str:
    """Return the label of the button that triggers the chain of this step, '' without one."""
    for target, event in flow.get_triggers(number):
        if event == "click":
            return clean_label((flow.get_component(target).get("props") or {}).get("value"), "")
    return ""


def find_unanswered_primary_button(flow: DataFlow) -> str | None:
    """Return the label of the first visible primary button without an event in `/config`, None without one."""
    answered = {
        target for step in flow.chains.steps.values() for target, _ in parse_targets(step) if target is not None
    }
    for number, component in flow.components.items():
        props = component.get("props") or {}
        is_main = component.get("type") == "button" and props.get("variant") == "primary" and not props.get("link")
        if is_main and not is_hidden(component) and number not in answered:
            return clean_label(props.get("value"), "")
    return None
