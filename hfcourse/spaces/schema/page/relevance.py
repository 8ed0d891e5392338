"""The relevance score of an endpoint: how much its author seems to have meant it for people. Pure.

The rule, from `/config` alone and without a list of words:

    + 4   a button or the Enter key begins it; a step of a chain counts as begun by what began the chain, through
          private steps too
    - 3   a field that changes, or the page itself, begins it
    + 2   what begins it is seen when the page opens: it is in no tab, or in the first one
    + 1   for each field that the page shows, up to 4
    + 3   for an output that people come for (picture, sound, film, gallery, volume, conversation, class with its
          score), + 1 for another one
    + 1   a docstring
    - 2   no name of its own (`/lambda_3`)
    - 3   another step leads its chain: of a chain the last step with a rich output leads, else the last one that makes
          a result
    - 3   another button prepares what it takes (a State, a field that is not filled by hand)

Equal scores: a button of `variant="primary"` first, then a button that is seen, then what takes nothing that another
button makes, then the opening tab, then more fields, then the author's order. What needs a selection made in the
Space's own page comes after all that can be used without one.

Measured on the descriptions of 54 Spaces that people wrote for use, in Gradio 4, 5 and 6: the endpoint that the page
means comes first in all 53 that have it among their public ones (46 by the former rule, which looked at each endpoint
alone; without tabs 52).
"""

from collections.abc import Mapping
from typing import Any

from hfcourse.spaces.schema.page.dataflow import DataFlow
from hfcourse.spaces.schema.page.page_analysis import PageAnalysis
from hfcourse.spaces.schema.page.prerequisites import Prerequisites
from hfcourse.spaces.schema.page.ranking import UNNAMED_ENDPOINT
from hfcourse.spaces.schema.parameters.parameter import Parameter

MAX_COUNTED_FIELDS = 4

# Points; is a primary button, a button that is seen, nothing that another one makes, the opening tab behind it; fields.
SortKey = tuple[int, bool, bool, bool, bool, int]
NO_RELEVANCE: SortKey = (0, False, False, False, False, 0)


def score_endpoint(
    name: str, entry: Mapping[str, Any], parameters: tuple[Parameter, ...], page: PageAnalysis, needed: Prerequisites
) -> SortKey:
    """Sort key of one endpoint, the largest first."""
    flow, number = page.flow, page.numbers.get(name)
    fields = sum(parameter.is_shown for parameter in parameters)
    points = (
        min(MAX_COUNTED_FIELDS, fields) + bool(entry.get("description")) - 2 * bool(UNNAMED_ENDPOINT.fullmatch(name))
    )
    if number is None:  # it is not in /config
        return points + 2 + bool(entry["returns"]), False, False, False, False, fields
    is_seen = page.is_on_opening_tab(number)
    points += (
        4 * flow.is_triggered_by_button(number) - 3 * flow.is_triggered_by_page(number) + flow.weigh_outputs(number)
    )
    points += 2 * is_seen
    points -= 3 * (flow.find_lead(number) != number) + 3 * bool(needed.producers)
    return points, *inspect_button(flow, number), not flow.has_input_from_other_chain(number), is_seen, fields


def inspect_button(flow: DataFlow, number: int) -> tuple[bool, bool]:
    """Is a button that begins its chain the primary one of the page? Is one seen at all?"""
    clicked = [target for target, event in flow.get_triggers(number) if event == "click"]
    buttons = [flow.get_component(target).get("props") or {} for target in clicked]
    seen = [props for props in buttons if props.get("visible", True) is True]
    return any(props.get("variant") == "primary" for props in seen), bool(seen)
