"""Description of a Space: its endpoints in order, each with what its form needs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from hfcourse.spaces.schema.endpoints.endpoint_list import EndpointListItem, build_endpoint_list
from hfcourse.spaces.schema.endpoints.endpoint_wiring import EndpointWiring
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue
from hfcourse.spaces.schema.examples.example_values import Example
from hfcourse.spaces.schema.layout.block_tree import Position
from hfcourse.spaces.schema.layout.captions import Caption
from hfcourse.spaces.schema.page.page_events import PageEvent
from hfcourse.spaces.schema.page.prerequisites import Notice
from hfcourse.spaces.schema.page.relevance import NO_RELEVANCE, SortKey
from hfcourse.spaces.schema.parameters.fixed_inputs import FixedInputs
from hfcourse.spaces.schema.parameters.parameter import (
    Parameter,
)


@dataclass(frozen=True)
class Endpoint:
    """One function of the Space.

    `obstacle` says why it cannot be called from outside, '' if it can; `plumbing` why it is hardly meant for people;
    `follows` names the endpoint that the Space's own page calls just before. `lead` names the endpoint that the author
    means of the chain of which this one is another step, '' if it is that one itself. `twin_of` names the one that it
    repeats on the same components; `family` is the name of its function, without the number that Gradio adds.
    `positions` says where each parameter is on that page, by its name; `captions` are the short texts of that page.
    `fixed_inputs` are the values that no caller gives, by position (see fixed_inputs.py).
    """

    name: str
    title: str
    help: str
    parameters: tuple[Parameter, ...]
    returns: tuple[ReturnValue, ...]
    blocked_reason: str = ""
    internal_reason: str = ""
    previous_name: str = ""
    has_session_state: bool = False
    is_generator: bool = False
    relevance: SortKey = NO_RELEVANCE
    examples: tuple[Example, ...] = ()
    positions: Mapping[str, Position] = field(default_factory=dict)
    captions: tuple[Caption, ...] = ()
    wiring: EndpointWiring = field(default_factory=EndpointWiring)
    lead_name: str = ""
    is_before_lead: bool = False
    twin_name: str = ""
    base_name: str = ""
    is_unreachable: bool = False
    notices: tuple[Notice, ...] = ()
    fixed_inputs: FixedInputs = field(default_factory=dict)

    @property
    def is_internal(self) -> bool:
        """Is it to be folded away, with its reason?"""
        return bool(self.blocked_reason or self.internal_reason)

    @property
    def is_listed(self) -> bool:
        """Has it a line of its own in the list, rather than a place under another one?"""
        return not (self.lead_name or self.twin_name)


@dataclass(frozen=True)
class Description:
    """A Space: its own title ('' if it has none), its version of Gradio, its endpoints, the one meant first first.

    `introduction` is the first sentences of its page, as plain text.
    `private_main` is what the button of its main function says where that cannot be called, None where it can.
    `opening` has the events by which its page begins a session; `app_id` changes when the Space is started again.
    """

    title: str
    gradio_version: str
    endpoints: tuple[Endpoint, ...]
    introduction: str = ""
    opening_events: tuple[PageEvent, ...] = ()
    app_id: str = ""
    private_main_button: str | None = None

    def find_endpoint(self, name: str) -> Endpoint | None:
        """The endpoint of that name."""
        return next((endpoint for endpoint in self.endpoints if endpoint.name == name), None)

    @cached_property
    def examples_by_file_key(self) -> Mapping[str, tuple[Endpoint, Example]]:
        """Of each example file an endpoint and its example, by the place where the description names the file."""
        examples = ((endpoint, example) for endpoint in self.endpoints for example in endpoint.examples)
        return {file.key: (endpoint, example) for endpoint, example in examples for file in example.files}

    @cached_property
    def main_endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints to show: those meant for people; where there are none, whatever can be called."""
        listed = [endpoint for endpoint in self.endpoints if endpoint.is_listed]
        meant = tuple(endpoint for endpoint in listed if not endpoint.is_internal)
        return meant or tuple(endpoint for endpoint in listed if not endpoint.blocked_reason)

    @cached_property
    def internal_endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints to fold away."""
        first = {endpoint.name for endpoint in self.main_endpoints}
        return tuple(each for each in self.endpoints if each.is_listed and each.name not in first)

    @cached_property
    def main_lines(self) -> tuple[EndpointListItem, ...]:
        """The list of the endpoints to show."""
        return build_endpoint_list(self.main_endpoints, self.endpoints)

    @cached_property
    def internal_lines(self) -> tuple[EndpointListItem, ...]:
        """The list of those to fold away."""
        return build_endpoint_list(self.internal_endpoints, self.endpoints)
