"""Choices that a Space gave a list while the visitor's session lives: later forms offer them. Pure.

`gr.update(choices=…)` changes the component of one session at the Space (Gradio 4 to 6 keep the blocks of a session),
whose next call is checked against the new choices. From here endpoints with State share a session, and
those whose lists are linked (linked_lists.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hfcourse.spaces.schema.listed_choices import parse_choice_list
from hfcourse.spaces.schema.parameters.parameter_defaults import WholeDefaultBudget, limit_default
from hfcourse.spaces.schema.parameters.widgets import get_control_kind
from hfcourse.spaces.schema.values.form_budget import CHOICE_CONTROLS, fit_parameters_to_form

if TYPE_CHECKING:  # which knows this module's callers
    from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
    from hfcourse.spaces.schema.parameters.parameter import Parameter

MAX_SOURCES = 20

# Where new choices come from: of each endpoint that gives some, the position of the output and the parameter's name.
ChoiceSources = Mapping[str, Sequence[tuple[int, str]]]


def find_choice_sources(description: "Description", endpoint: "Endpoint") -> ChoiceSources:
    """Return the outputs that are components of this endpoint's lists; none where no session is kept."""
    if not endpoint.has_session_state:
        return {}
    names = {
        number: parameter.name
        for number, parameter in zip(endpoint.wiring.parameter_ids, endpoint.parameters, strict=False)
        if number is not None and get_control_kind(parameter) in CHOICE_CONTROLS
    }
    sources: dict[str, Sequence[tuple[int, str]]] = {}
    for each in description.endpoints if names else ():
        found = [(place, names[number]) for place, number in enumerate(each.wiring.return_ids) if number in names]
        if found and each.has_session_state and len(sources) < MAX_SOURCES:
            sources[each.name] = found
    return sources


def apply_choice_updates(endpoint: "Endpoint", updates: Mapping[str, Mapping[str, Any]]) -> "Endpoint":
    """The endpoint with the choices, and the value if one came along, of these updates by parameter name."""
    budget = WholeDefaultBudget()
    parameters = tuple(
        apply_choice_update(each, updates[each.name], budget) if each.name in updates else each
        for each in endpoint.parameters
    )
    fitted = fit_parameters_to_form(parameters, {}, budget) if updates else None
    return endpoint if fitted is None else replace(endpoint, parameters=fitted)


def apply_choice_update(parameter: "Parameter", update: Mapping[str, Any], budget: WholeDefaultBudget) -> "Parameter":
    choices = parse_choice_list(update.get("choices"))
    if choices is None:
        return parameter
    changed = replace(parameter, choices=choices, max_shown_choices=None)
    if "value" not in update:
        return changed
    default = limit_default(update["value"], parameter.component, budget)
    return replace(changed, default=default.value, default_is_cut=default.is_cut, whole_json=default.whole_json)
