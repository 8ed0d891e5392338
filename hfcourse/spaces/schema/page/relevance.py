"""Relevance score of an endpoint: how likely its author meant it for people. Pure.

The rule uses `/config` alone, without a list of keywords:

    + 4   a button or the Enter key triggers it; a step has the triggers of its chain, through private steps too
    - 3   a field change or the page itself triggers it
    + 2   its trigger is visible when the page opens: in no tab, or in the first one
    + 1   for each visible field, up to 4
    + 3   for a rich output (image, sound, video, gallery, 3D model, conversation, class with its score),
          + 1 for another one
    + 1   a docstring
    - 2   no name of its own (`/lambda_3`)
    - 3   another step leads its chain: the last step with a rich output, else the last one with a result
    - 3   another button produces one of its inputs (a State, a field that is not filled by hand)

Ties are resolved in this order: a button with `variant="primary"`, a visible button, no input that another button
produces, the opening tab, more fields, the author's order. Endpoints that need a selection in the Space's own page
are last.

Measured on the descriptions of 54 Spaces made for use by people, in Gradio 4, 5 and 6: the main endpoint of the page
ranks first in all 53 Spaces where it is public (46 by the previous rule, which scored each endpoint alone;
52 without tabs).
"""

from collections.abc import Mapping
from typing import Any

from hfcourse.spaces.schema.page.dataflow import DataFlow
from hfcourse.spaces.schema.page.page_analysis import PageAnalysis
from hfcourse.spaces.schema.page.prerequisites import Prerequisites
from hfcourse.spaces.schema.page.ranking import UNNAMED_ENDPOINT
from hfcourse.spaces.schema.parameters.parameter import Parameter

MAX_COUNTED_FIELDS = 4

# Points; has a primary button, a visible button, no produced input, its trigger on the opening tab; number of fields.
SortKey = tuple[int, bool, bool, bool, bool, int]
NO_RELEVANCE: SortKey = (0, False, False, False, False, 0)


def score_endpoint(
    name: str, entry: Mapping[str, Any], parameters: tuple[Parameter, ...], page: PageAnalysis, needed: Prerequisites
) -> SortKey:
    """Return the sort key of an endpoint; the largest ranks first."""
    flow, number = page.flow, page.numbers.get(name)
    fields = sum(parameter.is_shown for parameter in parameters)
    points = (
        min(MAX_COUNTED_FIELDS, fields) + bool(entry.get("description")) - 2 * bool(UNNAMED_ENDPOINT.fullmatch(name))
    )
    if number is None:  # missing in /config
        return points + 2 + bool(entry["returns"]), False, False, False, False, fields
    is_visible = page.is_on_opening_tab(number)
    points += (
        4 * flow.is_triggered_by_button(number) - 3 * flow.is_triggered_by_page(number) + flow.weigh_outputs(number)
    )
    points += 2 * is_visible
    points -= 3 * (flow.find_lead(number) != number) + 3 * bool(needed.producers)
    return points, *inspect_button(flow, number), not flow.has_input_from_other_chain(number), is_visible, fields


def inspect_button(flow: DataFlow, number: int) -> tuple[bool, bool]:
    """Return whether a visible primary button triggers its chain, and whether any visible button does."""
    clicked = [target for target, event in flow.get_triggers(number) if event == "click"]
    buttons = [flow.get_component(target).get("props") or {} for target in clicked]
    visible = [props for props in buttons if props.get("visible", True) is True]
    return any(props.get("variant") == "primary" for props in visible), bool(visible)
