"""Choice lists that a Space updates during the visitor's session; later forms offer the new choices. Pure.

`gr.update(choices=…)` changes the component of one session at the Space (Gradio 4 to 6 store the
blocks per session), which validates the next call against the new choices. Of this site's calls,
endpoints with State share a session, and those whose lists are linked (linked_lists.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hfcourse.spaces.schema.listed_choices import parse_choice_list
from hfcourse.spaces.schema.parameters.parameter_defaults import WholeDefaultBudget, limit_default
from hfcourse.spaces.schema.parameters.widgets import get_control_kind
from hfcourse.spaces.schema.values.form_budget import CHOICE_CONTROLS, fit_parameters_to_form

if TYPE_CHECKING:  # imports the callers of this module
    from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
    from hfcourse.spaces.schema.parameters.parameter import Parameter

MAX_SOURCES = 20

# By endpoint: the index of each output that updates a choice list, and the parameter's name.
ChoiceSources = Mapping[str, Sequence[tuple[int, str]]]


def find_choice_sources(description: "Description", endpoint: "Endpoint") -> ChoiceSources:
    """Return the outputs that update this endpoint's choice lists; none without session state."""
    if not endpoint.has_session_state:
        return {}
    name_by_id = {
        number: parameter.name
        for number, parameter in zip(endpoint.wiring.parameter_ids, endpoint.parameters, strict=False)
        if number is not None and get_control_kind(parameter) in CHOICE_CONTROLS
    }
    sources: dict[str, Sequence[tuple[int, str]]] = {}
    for other in description.endpoints if name_by_id else ():
        found = [
            (index, name_by_id[number]) for index, number in enumerate(other.wiring.return_ids) if number in name_by_id
        ]
        if found and other.has_session_state and len(sources) < MAX_SOURCES:
            sources[other.name] = found
    return sources


def apply_choice_updates(endpoint: "Endpoint", updates: Mapping[str, Mapping[str, Any]]) -> "Endpoint":
    """Return the endpoint with the updated choices, and values if given, by parameter name."""
    budget = WholeDefaultBudget()
    parameters = tuple(
        apply_choice_update(each, updates[each.name], budget) if each.name in updates else each
        for each in endpoint.parameters
    )
    limited = fit_parameters_to_form(parameters, {}, budget) if updates else None
    return endpoint if limited is None else replace(endpoint, parameters=limited)


def apply_choice_update(parameter: "Parameter", update: Mapping[str, Any], budget: WholeDefaultBudget) -> "Parameter":
    """Return the parameter with the choices of one update, and its value if given."""
    choices = parse_choice_list(update.get("choices"))
    if choices is None:
        return parameter
    changed = replace(parameter, choices=choices, max_shown_choices=None)
    if "value" not in update:
        return changed
    default = limit_default(update["value"], parameter.component, budget)
    return replace(changed, default=default.value, default_is_cut=default.is_cut, whole_json=default.whole_json)
