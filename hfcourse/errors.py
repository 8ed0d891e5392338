"""Exceptions that are explained to the student: each has an error code. Pure.

    CourseError                  explained to the student, never shown as a traceback
    ├── FormRejected             before anything is sent: the form is rendered again with its values
    ├── SpaceUnavailable         a Space, or the Hub, that cannot be reached or described
    │   ├── GatewayError         … because the proxy in front of the Space responds in its place
    │   └── HubError             … because a request to the Hub failed
    │       └── HubRequestSkipped   … because no request was sent; not cached for other visitors
    └── CallError                a call that was sent and failed
        ├── CallNotQueued        … because the Space rejected it from its queue: its cached description may be stale
        ├── ValidationRejected   … because the Space's own validator rejected some values
        └── CallCancelled        … because the visitor cancelled it; a status, not an error

The code of an exception is chosen where it is raised; error_messages.py explains the codes.
"""

from collections.abc import Mapping

from hfcourse.error_messages import EXPLANATIONS, GATEWAY_EXPLANATIONS, HUB_EXPLANATIONS, ErrorExplanation

MAX_DETAIL_CHARACTERS = 500


class CourseError(Exception):
    """Base class: `code` is a key of EXPLANATIONS, `detail` the author's own message (text, never HTML)."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = said[:MAX_DETAIL_CHARACTERS].replace("\0", "")  # PostgreSQL rejects NUL in text

    @property
    def explanation(self) -> ErrorExplanation:
        return EXPLANATIONS[self.code]


class FormRejected(CourseError):
    """Rejected form; `field_errors` maps parameter names to messages."""

    def __init__(self, code: str, said: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(code, said)
        self.field_errors = dict(fields or {})


class SpaceUnavailable(CourseError):
    """The Space cannot be reached or described now."""


class GatewayError(SpaceUnavailable):
    """The proxy in front of a Space responds in its place: the Space is starting, down or overloaded."""

    @property
    def explanation(self) -> ErrorExplanation:
        return GATEWAY_EXPLANATIONS.get(self.code) or EXPLANATIONS[self.code]


class HubError(SpaceUnavailable):
    """A request to the Hub failed: its codes are explained by HUB_EXPLANATIONS."""

    @property
    def explanation(self) -> ErrorExplanation:
        return HUB_EXPLANATIONS.get(self.code) or EXPLANATIONS[self.code]


class HubRequestSkipped(HubError):
    """No request was sent to the Hub: it is silent, asked us to wait, or a rate limit is reached. Not cached."""


class CallError(CourseError):
    """The call was sent and returned no valid result."""


class CallNotQueued(CallError):
    """The Space did not queue the call: Gradio's response (500) when the endpoint's function no longer exists."""


class ValidationRejected(CallError):
    """The Space's validator rejects values: `field_errors` has its message by parameter name, '' for none."""

    def __init__(self, said: str, fields: Mapping[str, str]) -> None:
        super().__init__("invalid-input", said)
        self.field_errors = {name: text[:MAX_DETAIL_CHARACTERS].replace("\0", "") for name, text in fields.items()}


class CallCancelled(CallError):
    """The visitor cancelled the call."""

    def __init__(self) -> None:
        super().__init__("stopped")
