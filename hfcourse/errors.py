"""Exceptions that are explained to the student: each carries a code. Pure.

    CourseError            something that is explained to the student, never a traceback
    ├── Refused            before anything leaves the server: the form comes back with all that was typed
    ├── Unavailable        a Space, or the Hub, that cannot be asked or described
    │   ├── GatewayError  … because the proxy in front of the Space answers in its place
    │   └── HubError      … because the Hub, asked about Spaces, gave no good answer
    │       └── HubRequestSkipped   … because this site does not ask it now: nobody else need be told the same
    └── CallError         a call that was made and did not succeed
        ├── CallNotQueued       … because the Space did not even queue it: what we know of it may be out of date
        ├── ValidationRejected       … because the Space's own validator refuses some of the values
        └── Stopped        … because the visitor stopped it; a status, not an error

Which code an exception gets is decided where it is raised; error_messages.py has what a code says.
"""

from collections.abc import Mapping

from hfcourse.error_messages import EXPLANATIONS, GATEWAY_EXPLANATIONS, HUB_EXPLANATIONS, ErrorExplanation

MAX_DETAIL_CHARACTERS = 500


class CourseError(Exception):
    """Base of all: `code` is one of EXPLANATIONS, `said` an author's own words (text, never HTML)."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = said[:MAX_DETAIL_CHARACTERS].replace("\0", "")  # PostgreSQL keeps no text with a NUL

    @property
    def explanation(self) -> ErrorExplanation:
        return EXPLANATIONS[self.code]


class FormRejected(CourseError):
    """A form that is refused; `fields` says what is wrong with which parameter."""

    def __init__(self, code: str, said: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(code, said)
        self.field_errors = dict(fields or {})


class SpaceUnavailable(CourseError):
    """The Space cannot be reached or described now."""


class GatewayError(SpaceUnavailable):
    """The proxy in front of a Space answers in its place: the Space starts, is down or is overloaded."""

    @property
    def explanation(self) -> ErrorExplanation:
        return GATEWAY_EXPLANATIONS.get(self.code) or EXPLANATIONS[self.code]


class HubError(SpaceUnavailable):
    """The Hub was asked about Spaces and gave no good answer: what its codes say is then of the Hub."""

    @property
    def explanation(self) -> ErrorExplanation:
        return HUB_EXPLANATIONS.get(self.code) or EXPLANATIONS[self.code]


class HubRequestSkipped(HubError):
    """The Hub was not asked: it is silent, asked us to wait, or was asked too often. Not remembered as an answer."""


class CallError(CourseError):
    """The call went out and no good answer came back."""


class CallNotQueued(CallError):
    """The Space did not queue the call: Gradio answers so (500) when it no longer has the endpoint's function."""


class ValidationRejected(CallError):
    """The Space's validator refuses values: `fields` has its words by parameter name, '' where it says nothing."""

    def __init__(self, said: str, fields: Mapping[str, str]) -> None:
        super().__init__("invalid-input", said)
        self.field_errors = {name: words[:MAX_DETAIL_CHARACTERS].replace("\0", "") for name, words in fields.items()}


class CallCancelled(CallError):
    """The visitor stopped the call."""

    def __init__(self) -> None:
        super().__init__("stopped")
