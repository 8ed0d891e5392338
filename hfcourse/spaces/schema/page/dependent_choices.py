"""Detection of lists whose choices one endpoint updates and another reads: a country, then its cities. Pure.

Gradio validates a choice against the choices of the list in the session of the call (`gr.update(choices=…)`
changes them for one session), so these endpoints must be called in one session, even without a State.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from hfcourse.spaces.schema.page.dataflow import DataFlow, get_input_ids, get_output_ids
from hfcourse.spaces.schema.page.prerequisites import (
    CHOICE_COMPONENTS,
    MAX_NAMED_ENDPOINTS,
    Notice,
    collect_endpoint_names,
)
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.text.typography import typeset_french

DEPENDENT_CHOICES_NOTICE = typeset_french(
    "Sur la page du Space, les choix de {} suivent d’autres champs. Pour les changer, appelez d’abord :"
)


def has_dependent_choices(flow: DataFlow, number: int | None) -> bool:
    """Does this endpoint read a list that another one writes, or write a list that another one reads?"""
    if number is None or number not in flow.names:
        return False
    step = flow.chains.steps[number]
    is_reader = any(
        find_choice_writers(flow, number, each) for each in find_choice_components(flow, get_input_ids(step))
    )
    is_writer = any(
        flow.callable_readers.get(each, set()) - {number} for each in find_choice_components(flow, get_output_ids(step))
    )
    return is_reader or (is_writer and not is_triggered_by_examples(flow, number))


def find_choice_components(flow: DataFlow, components: Iterable[Any]) -> list[Any]:
    """Return the lists of choices among these components, without duplicates."""
    return [each for each in dict.fromkeys(components) if flow.get_component_type(each) in CHOICE_COMPONENTS]


def find_choice_writers(flow: DataFlow, number: int, component: Any) -> list[int]:
    """Return the other endpoints that write this list; a row of examples only sets its value."""
    writers = (each for each in flow.get_writers(component) if each != number and each in flow.names)
    return [each for each in writers if not is_triggered_by_examples(flow, each)]


def is_triggered_by_examples(flow: DataFlow, number: int) -> bool:
    """Do only clicks on rows of examples trigger this step?"""
    triggers = flow.get_triggers(number)
    return bool(triggers) and all(flow.get_component_type(target) == "dataset" for target, _ in triggers)


def build_dependent_choice_notices(
    flow: DataFlow, number: int | None, numbered: Mapping[Any, Parameter]
) -> tuple[Notice, ...]:
    """Build notices for lists whose choices change when another field of the page changes."""
    if number is None:
        return ()
    labels: list[str] = []
    writers: list[int] = []
    for component, parameter in numbered.items():
        is_list = parameter.component in CHOICE_COMPONENTS and bool(parameter.choices)
        found = find_choice_writers(flow, number, component) if is_list else []
        changing = [
            each for each in found if get_input_ids(flow.chains.steps[each]) and flow.is_triggered_by_page(each)
        ]
        labels += [typeset_french(f"« {parameter.label} »")] if changing else []
        writers += changing
    if not labels:
        return ()
    named = ", ".join(labels[:MAX_NAMED_ENDPOINTS])
    return (Notice(DEPENDENT_CHOICES_NOTICE.format(named), collect_endpoint_names(flow, writers)),)
