"""Detection of the endpoints that can hold a conversation, and of the role of each of their values. Pure.

No field of Gradio says « this is a chat ». Four forms differ by the components of the endpoint:

- a gr.ChatInterface: a message in, its hidden response component out; the session keeps the history;
- a chat that takes the history: a gr.Chatbot in and out, with a message beside it or, in the second step of the
  usual `user` then `bot` pair, as its last entry;
- a chat that shows the history: a message in, a gr.Chatbot out; the session keeps the history;
- a function with session state that takes one text and returns one text.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from hfcourse.spaces.schema.endpoints.return_values import CHAT_ANSWER, ReturnValue
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.spaces.schema.json_schema import get_properties, get_schema_type, resolve_schema
from hfcourse.spaces.schema.parameters.parameter import Parameter

MESSAGE_NAMES = (
    "message",
    "msg",
    "prompt",
    "question",
    "query",
    "user_input",
    "user_message",
    "input",
    "text",
    "texte",
)
TEXT_RETURN_COMPONENTS = ("textbox", "markdown", "html", "json")
MESSAGE_COMPONENTS = ("textbox", "multimodaltextbox")


class HistoryFormat(Enum):
    """How a Space takes the history of a conversation.

    SESSION: it keeps the history in the session of the visitor.
    PAIRS: a list of pairs, a question and its answer (gr.Chatbot of Gradio 3 and 4).
    MESSAGES: a list of messages whose content is a text or a file (Gradio 4.44 to 5).
    PARTS: a list of messages whose content is a list of parts (Gradio 6).
    """

    SESSION = "session"
    PAIRS = "pairs"
    MESSAGES = "messages"
    PARTS = "parts"


@dataclass(frozen=True)
class ChatRoles:
    """Roles of the values of an endpoint in a conversation.

    Attributes:
        message: the parameter of the visitor's message; None if it is the last entry of the history.
        history: the parameter of the history, None if the session keeps it.
        history_format: how the Space takes the history.
        answer_index: position of the answer among the return values.
        returns_history: is the answer the last message of a whole conversation?
        options: the other parameters, such as a system prompt or a temperature.
    """

    message: Parameter | None
    history: Parameter | None
    history_format: HistoryFormat
    answer_index: int
    returns_history: bool
    options: tuple[Parameter, ...] = ()

    @property
    def takes_files(self) -> bool:
        """May a message hold files?"""
        return self.message is not None and self.message.component == "multimodaltextbox"


def list_chat_endpoints(description: Description) -> list[tuple[Endpoint, ChatRoles]]:
    """Return the endpoints that can hold a conversation, with their roles, the most relevant first.

    Of a chain such as `user` then `bot`, only the step that answers is returned.
    """
    found = [(endpoint, roles) for endpoint in description.endpoints if (roles := find_chat_roles(endpoint))]
    names = {endpoint.name for endpoint, _ in found}
    followed = {endpoint.previous_name for endpoint, roles in found if roles.message is None and endpoint.previous_name}
    return [pair for pair in found if pair[0].name not in followed & names]


def find_chat_roles(endpoint: Endpoint) -> ChatRoles | None:
    """Return the roles of the values of this endpoint in a conversation, None if it cannot hold one."""
    if endpoint.blocked_reason or endpoint.is_unreachable:
        return None
    history = find_component(endpoint.parameters, ("chatbot",))
    message = find_message(endpoint.parameters)
    chat_return = find_return(endpoint.returns, lambda each: each.component.lower() == "chatbot")
    answer = find_return(endpoint.returns, lambda each: each.rendering_hints.get("answers") == CHAT_ANSWER)
    if history and chat_return is not None:
        return make_history_roles(endpoint, message, history, chat_return)
    if message is None or history:
        return None
    if answer is not None:
        return make_session_roles(endpoint, message, answer)
    if chat_return is not None:
        return make_session_roles(endpoint, message, chat_return, returns_history=True)
    return find_state_roles(endpoint, message)


def make_history_roles(
    endpoint: Endpoint, message: Parameter | None, history: Parameter, answer_index: int
) -> ChatRoles | None:
    """Return the roles of an endpoint that takes the history; None for a button such as « Undo »."""
    if message is None and not endpoint.previous_name:
        return None
    return ChatRoles(
        message,
        history,
        detect_history_format(history),
        answer_index,
        returns_history=True,
        options=list_options(endpoint, message, history),
    )


def make_session_roles(
    endpoint: Endpoint, message: Parameter, answer_index: int, *, returns_history: bool = False
) -> ChatRoles:
    """Return the roles of an endpoint whose session keeps the history."""
    options = list_options(endpoint, message)
    return ChatRoles(message, None, HistoryFormat.SESSION, answer_index, returns_history, options)


def find_state_roles(endpoint: Endpoint, message: Parameter) -> ChatRoles | None:
    """Return the roles of a function with session state that takes one text and returns one text."""
    others = list_options(endpoint, message)
    texts = [index for index, each in enumerate(endpoint.returns) if each.component.lower() in TEXT_RETURN_COMPONENTS]
    is_chat = endpoint.has_session_state and len(endpoint.returns) == 1 and bool(texts)
    if not is_chat or any(each.is_expected for each in others):
        return None
    return make_session_roles(endpoint, message, texts[0])


def find_component(parameters: Iterable[Parameter], components: Sequence[str]) -> Parameter | None:
    """Return the first parameter with one of these components, None if there is none."""
    return next((each for each in parameters if each.component in components), None)


def find_message(parameters: Sequence[Parameter]) -> Parameter | None:
    """Return the parameter of the visitor's message, None if there is none.

    A box for text and files, else a text box with a usual name, else the only text box.
    """
    boxes = [each for each in parameters if each.component in MESSAGE_COMPONENTS]
    if multimodal := find_component(boxes, ("multimodaltextbox",)):
        return multimodal
    named = [each for name in MESSAGE_NAMES for each in boxes if each.name.lower() == name]
    expected = [each for each in boxes if each.is_expected]
    if named:
        return named[0]
    return boxes[0] if len(boxes) == 1 else expected[0] if len(expected) == 1 else None


def find_return(returns: Sequence[ReturnValue], test: Callable[[ReturnValue], bool]) -> int | None:
    """Return the position of the first return value that passes the test, None if there is none."""
    return next((index for index, each in enumerate(returns) if test(each)), None)


def list_options(endpoint: Endpoint, *excluded: Parameter | None) -> tuple[Parameter, ...]:
    """Return the parameters other than these."""
    return tuple(each for each in endpoint.parameters if all(each is not one for one in excluded))


def detect_history_format(history: Parameter) -> HistoryFormat:
    """Return the format that the schema of a gr.Chatbot declares, PAIRS if it declares none.

    Source: /info of Gradio 4.44, 5.49 and 6.31, whose items are tuples, messages, and messages with a list as content.
    """
    items = resolve_schema(history.resolved_schema.get("items"), history.schema)
    properties = get_properties(items)
    if "role" not in properties:
        return HistoryFormat.PAIRS
    content = resolve_schema(properties.get("content"), history.schema)
    return HistoryFormat.PARTS if get_schema_type(content) == "array" else HistoryFormat.MESSAGES


def find_chat_endpoint(description: Description) -> str | None:
    """Return the name of the first endpoint that can hold a conversation, None if there is none."""
    return next((endpoint.name for endpoint, _ in list_chat_endpoints(description)), None)
