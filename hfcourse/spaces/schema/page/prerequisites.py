"""Prerequisites of an endpoint: other calls, or a selection in the Space's own page. Pure.

`/config` does not contain the initial value of a State. So a State that no step writes is treated as a constant,
and one that its own step writes as a memory that may start empty.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hfcourse.spaces.schema.page.dataflow import DataFlow, get_input_ids, get_output_ids
from hfcourse.spaces.schema.page.endpoint_titles import get_component_label
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.text.typography import typeset_french

# Components that a person cannot edit. A hidden or read-only field may only depend on another choice.
PAGE_FILLED_COMPONENTS = {"state", "json", "html", "markdown", "label", "plot", "annotatedimage"}
# Files that a person may send, but that a previous step may also compute from its own inputs.
PREPARED_FILE_COMPONENTS = {"image", "audio", "video", "gallery", "model3d", "file"}
CHOICE_COMPONENTS = {"dropdown", "radio", "checkboxgroup"}
MAX_NAMED_ENDPOINTS = 5

EARLIER_STEP_NOTICE = typeset_french(
    "Sur la page du Space, une étape passe avant et prépare ce dont il se sert. Appelez d’abord :"
)
PRODUCER_NOTICE = typeset_french("Il se sert de ce qu’un autre point d’accès prépare. Appelez d’abord :")
SELECTION_NOTICE = typeset_french(
    "Ce point d’accès se sert d’un choix fait dans la page du Space{}, qu’on ne peut pas faire d’ici."
)
REPLACEMENT_NOTICE = typeset_french("Pour vous en passer, appelez d’abord :")
PAGE_ONLY_NOTICE = typeset_french(
    "Ce point d’accès se sert d’une valeur que seule la page du Space remplit : d’ici, il peut échouer."
)
NO_CHOICES_NOTICE = typeset_french("« {} » n’a pas encore de choix : c’est la page du Space qui les remplit.")
CHOICE_SOURCES_NOTICE = typeset_french("Pour les obtenir, appelez d’abord :")


@dataclass(frozen=True)
class Notice:
    """Message above a form, and the endpoints that it links to."""

    words: str
    endpoints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prerequisites:
    """Prerequisites of one endpoint.

    Attributes:
        earlier_steps: names of endpoints in its own chain.
        producers: names of endpoints in other chains.
        selections: labels of the components in which only the page can select something.
        is_page_only: only a private step fills one of its inputs.
    """

    earlier_steps: tuple[str, ...] = ()
    producers: tuple[str, ...] = ()
    needs_selection: bool = False
    selections: tuple[str, ...] = ()
    is_page_only: bool = False

    @property
    def is_out_of_reach(self) -> bool:
        """Does it need an action on the page that no endpoint can replace?"""
        return (self.needs_selection or self.is_page_only) and not (self.producers or self.earlier_steps)


def find_prerequisites(flow: DataFlow, number: int) -> Prerequisites:
    """Find the prerequisites of a step by the writers of its inputs."""
    step, before = flow.chains.steps[number], flow.chains.find_preceding_ids(number)
    own = set(get_output_ids(step))
    earlier: list[int] = []
    producers: list[int] = []
    private: list[int] = []
    for each in dict.fromkeys(get_input_ids(step)):
        writers = [writer for writer in flow.get_writers(each) if writer != number]
        in_chain = [writer for writer in writers if writer in before and writer in flow.names]
        if in_chain and flow.get_component_type(each) in {*PAGE_FILLED_COMPONENTS, "chatbot"}:
            earlier += in_chain
        elif in_chain and flow.get_component_type(each) in PREPARED_FILE_COMPONENTS:
            preparers = flow.find_preparers(each)
            earlier += [writer for writer in in_chain if writer in preparers]
        elif each not in own and flow.get_component_type(each) in PAGE_FILLED_COMPONENTS:
            producers += [writer for writer in writers if is_producer(flow, writer)]
            private += find_private_writers(flow, each, writers)
    selecting = [each for each in private if flow.chains.steps[each].get("collects_event_data")]
    return Prerequisites(
        earlier_steps=collect_endpoint_names(flow, sorted(earlier)),
        producers=collect_endpoint_names(flow, producers),
        needs_selection=bool(selecting),
        selections=collect_target_labels(flow, selecting),
        is_page_only=len(selecting) < len(private),
    )


def is_producer(flow: DataFlow, number: int) -> bool:
    """Can this step be called to fill an input of another one? Steps triggered by loading the page are excluded."""
    if number not in flow.names or flow.is_triggered_by_load(number) or flow.is_filler(number):
        return False
    return bool(get_input_ids(flow.chains.steps[number])) or flow.is_triggered_by_button(number)


def find_private_writers(flow: DataFlow, component: Any, writers: list[int]) -> list[int]:
    """Return the writers of a State: all if none can be called, else the private ones that select something."""
    if flow.get_component_type(component) != "state" or any(flow.is_triggered_by_load(each) for each in writers):
        return []
    private = [each for each in writers if each not in flow.names]
    selecting = [each for each in private if flow.chains.steps[each].get("collects_event_data")]
    return private if len(private) == len(writers) else selecting


def collect_endpoint_names(flow: DataFlow, numbers: Iterable[int]) -> tuple[str, ...]:
    """Return the names of these endpoints, without duplicates, at most MAX_NAMED_ENDPOINTS."""
    return tuple(dict.fromkeys(flow.names[each] for each in numbers))[:MAX_NAMED_ENDPOINTS]


def collect_target_labels(flow: DataFlow, numbers: Iterable[int]) -> tuple[str, ...]:
    """Return the labels of the components that trigger these steps, without duplicates."""
    components = [flow.get_component(target) for each in numbers for target, _ in flow.get_triggers(each)]
    labels = (get_component_label(each) for each in components)
    return tuple(dict.fromkeys(label for label in labels if label))[:MAX_NAMED_ENDPOINTS]


def build_prerequisite_notices(needed: Prerequisites) -> tuple[Notice, ...]:
    """Build the notices for these prerequisites."""
    notices = []
    replacement = needed.producers if needed.needs_selection else ()
    if needed.needs_selection:
        named = ", ".join(f"« {label} »" for label in needed.selections)
        words = SELECTION_NOTICE.format(typeset_french(f" ({named})") if named else "")
        notices.append(Notice(f"{words} {REPLACEMENT_NOTICE}" if replacement else words, replacement))
    elif needed.is_page_only:
        notices.append(Notice(PAGE_ONLY_NOTICE))
    if needed.earlier_steps:
        notices.append(Notice(EARLIER_STEP_NOTICE, needed.earlier_steps))
    if needed.producers and not replacement:
        notices.append(Notice(PRODUCER_NOTICE, needed.producers))
    return tuple(notices)


def build_empty_choice_notices(flow: DataFlow, numbered: dict[Any, Parameter]) -> tuple[Notice, ...]:
    """Build notices for lists without choices yet, with the endpoints that return their choices, if any."""
    notices = []
    for number, parameter in numbered.items():
        is_empty = parameter.component in CHOICE_COMPONENTS and not (parameter.choices or parameter.allows_custom)
        if is_empty and flow.get_writers(number):
            words = NO_CHOICES_NOTICE.format(parameter.label)
            fillers = collect_endpoint_names(flow, (each for each in flow.get_writers(number) if each in flow.names))
            notices.append(Notice(f"{words} {CHOICE_SOURCES_NOTICE}" if fillers else words, fillers))
    return tuple(notices[:MAX_NAMED_ENDPOINTS])
