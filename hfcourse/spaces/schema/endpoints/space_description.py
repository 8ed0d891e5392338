"""Data model of a Space: its description and its endpoints. Pure."""

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
    """Callable function of a Space.

    Attributes:
        blocked_reason: why it cannot be called through the API, '' if it can.
        internal_reason: why it is probably not meant for people, '' if it is.
        previous_name: the endpoint that the Space's own page calls just before.
        lead_name: the main endpoint of its chain, '' if it is that one itself.
        twin_name: the endpoint that it duplicates on the same components.
        base_name: the name of its function, without Gradio's numeric suffix.
        positions: the position of each parameter on the page, by parameter name.
        captions: the short texts of the page.
        fixed_inputs: the inputs that a caller does not send, by position (see fixed_inputs.py).
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
        """Is it listed in the collapsed group, with its reason?"""
        return bool(self.blocked_reason or self.internal_reason)

    @property
    def is_listed(self) -> bool:
        """Is it a top-level item of the list, not nested under another one?"""
        return not (self.lead_name or self.twin_name)


@dataclass(frozen=True)
class Description:
    """Parsed description of a Space.

    Attributes:
        title: its own title, '' without one.
        endpoints: its endpoints, the most relevant first.
        introduction: the first sentences of its page, as plain text.
        opening_events: the events by which its page opens a session.
        app_id: an id that changes when the Space restarts.
        private_main_button: the label of the button of its main function if that cannot be called,
            None if it can.
    """

    title: str
    gradio_version: str
    endpoints: tuple[Endpoint, ...]
    introduction: str = ""
    opening_events: tuple[PageEvent, ...] = ()
    app_id: str = ""
    private_main_button: str | None = None

    def find_endpoint(self, name: str) -> Endpoint | None:
        """Return the endpoint with this name, None if it is missing."""
        return next((endpoint for endpoint in self.endpoints if endpoint.name == name), None)

    @cached_property
    def examples_by_file_key(self) -> Mapping[str, tuple[Endpoint, Example]]:
        """Index of endpoint and example by the key of each example file."""
        examples = ((endpoint, example) for endpoint in self.endpoints for example in endpoint.examples)
        return {file.key: (endpoint, example) for endpoint, example in examples for file in example.files}

    @cached_property
    def main_endpoints(self) -> tuple[Endpoint, ...]:
        """Endpoints listed first: those meant for people, by default all that can be called."""
        listed = [endpoint for endpoint in self.endpoints if endpoint.is_listed]
        public = tuple(endpoint for endpoint in listed if not endpoint.is_internal)
        return public or tuple(endpoint for endpoint in listed if not endpoint.blocked_reason)

    @cached_property
    def internal_endpoints(self) -> tuple[Endpoint, ...]:
        """Endpoints of the collapsed group."""
        main_names = {endpoint.name for endpoint in self.main_endpoints}
        return tuple(each for each in self.endpoints if each.is_listed and each.name not in main_names)

    @cached_property
    def main_lines(self) -> tuple[EndpointListItem, ...]:
        """List items of the main endpoints."""
        return build_endpoint_list(self.main_endpoints, self.endpoints)

    @cached_property
    def internal_lines(self) -> tuple[EndpointListItem, ...]:
        """List items of the collapsed group."""
        return build_endpoint_list(self.internal_endpoints, self.endpoints)
