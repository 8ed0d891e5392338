"""Conversation as chat messages, parsed from any of Gradio's formats. Pure.

Since Gradio 4.44 it is a list of messages (role, content, metadata, options), whose content is a
text, a part or a list of parts; before, it is a list of pairs, a question and its answer. The
function of a gr.ChatInterface may also return one message, or the parts of one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hfcourse.runs.values.page_budget import TextAllowance
from hfcourse.runs.values.value_types import is_drawable_number, is_file, is_message, is_message_pair, is_multimodal
from hfcourse.spaces.schema.component_updates import is_component_update

MAX_MESSAGES, MAX_PARTS = 100, 20
MAX_PART_PLACE_CHARACTERS, MAX_ROLE_CHARACTERS = 20, 40
MAX_CHAT_TITLE_CHARACTERS, MAX_LOG_CHARACTERS = 200, 5_000
ROLE_LABELS = {"user": "Vous", "assistant": "Le Space", "system": "Consigne"}


@dataclass(frozen=True)
class MessagePart:
    """Part of a message: a text, a file with its alternative text, or a component with its value.

    `component` is '' for a text or a file; `props` are the component's other properties; `place` is
    its position in the conversation (see find_part_value).
    """

    component: str
    value: Any
    words: str = ""
    props: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""

    @property
    def effective_value(self) -> Any:
        """Return the value; of an update, the value in it."""
        return self.value["value"] if is_component_update(self.value) and "value" in self.value else self.value


PartRenderer = Callable[[MessagePart], Any]


@dataclass(frozen=True)
class ThinkingStep:
    """Metadata of a message, collapsed under its title."""

    title: str
    log: str
    seconds: float | None
    is_pending: bool


@dataclass(frozen=True)
class ChatMessage:
    """Message: its speaker, its rendered parts, its suggested replies; its role as the Space wrote it, '' for none."""

    speaker: str
    is_own: bool
    parts: tuple[Any, ...]
    thinking_step: ThinkingStep | None = None
    options: tuple[str, ...] = ()
    role: str = ""


def render_messages(
    messages: Sequence[dict[str, Any]], render_part: PartRenderer, allowance: TextAllowance, most: int = MAX_MESSAGES
) -> tuple[list[ChatMessage], int]:
    """Render the last messages, `most` of them; return them and the number omitted before them.

    Rendered from last to first, so that the oldest ones are truncated when a shared budget is
    exhausted.
    """
    omitted = max(0, len(messages) - most)
    rendered = [
        render_message(messages[place], place, render_part, allowance)
        for place in range(len(messages) - 1, omitted - 1, -1)
    ]
    return rendered[::-1], omitted


def normalize_messages(value: Any) -> list[dict[str, Any]]:
    """Normalize a conversation to messages: from messages, pairs, one message, or the parts of one."""
    if isinstance(value, dict):
        return [value if is_message(value) else {"role": "assistant", "content": value}]
    if all(map(is_message, value)):
        return list(value)
    return (
        list(iter_paired_messages(value))
        if all(map(is_message_pair, value))
        else [{"role": "assistant", "content": value}]
    )


def find_part_value(value: Any, place: str) -> Any:
    """Return the value of the part at `place` (`3-0`: first part of the fourth message), None if absent."""
    message, separator, number = place.partition("-")
    if not (separator and message.isdecimal() and number.isdecimal()) or len(place) > MAX_PART_PLACE_CHARACTERS:
        return None
    messages = normalize_messages(value)[int(message) :][:1]
    parts = [part for each in messages for part in get_message_parts(each)[int(number) :][:1]]
    return parse_message_part(parts[0]).effective_value if parts else None


def iter_paired_messages(pairs: Sequence[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Iterate over the messages of a list of pairs; None yields no message."""
    for pair in pairs:
        for role, content in zip(("user", "assistant"), pair, strict=False):
            if content is not None:
                yield {"role": role, "content": content}


def get_message_parts(message: dict[str, Any]) -> list[Any]:
    """Return the unparsed parts of a message."""
    content = message.get("content")
    return content if isinstance(content, list) else [] if content is None else [content]


def render_message(
    message: dict[str, Any], place: int, render_part: PartRenderer, allowance: TextAllowance
) -> ChatMessage:
    """Render one message: its role, its parts, its replies; `place` is its position in the conversation."""
    role, options = message["role"], message.get("options")
    role = role[:MAX_ROLE_CHARACTERS] if isinstance(role, str) else ""
    parts = [
        parse_message_part(each, f"{place}-{number}")
        for number, each in enumerate(get_message_parts(message)[:MAX_PARTS])
    ]
    return ChatMessage(
        speaker=ROLE_LABELS.get(role, role) or ROLE_LABELS["assistant"],
        role=role,
        is_own=role == "user",
        parts=tuple(
            render_part(replace(each, words=allowance.cut(each.words, MAX_CHAT_TITLE_CHARACTERS))) for each in parts
        ),
        thinking_step=parse_thinking_step(message.get("metadata"), allowance),
        options=tuple(format_reply_option(each, allowance) for each in options[:MAX_PARTS])
        if isinstance(options, list)
        else (),
    )


def parse_message_part(value: Any, place: str = "") -> MessagePart:
    """Parse one part of a message."""
    if not isinstance(value, dict) or is_file(value) or is_multimodal(value):
        return MessagePart("", value, place=place)
    if is_file(value.get("file")):
        words = value.get("alt_text")
        return MessagePart("", value["file"], words if isinstance(words, str) else "", place=place)
    if isinstance(value.get("component"), str) and "value" in value:
        props = value.get("props")
        return MessagePart(
            value["component"], value["value"], props=props if isinstance(props, dict) else {}, place=place
        )
    return MessagePart("", value["text"] if isinstance(value.get("text"), str) else value, place=place)


def parse_thinking_step(metadata: Any, allowance: TextAllowance) -> ThinkingStep | None:
    """Parse `metadata`, None if it is empty."""
    if not isinstance(metadata, dict) or not any(metadata.get(key) for key in ("title", "log", "duration", "status")):
        return None
    title, log, seconds = (metadata.get(key) for key in ("title", "log", "duration"))
    return ThinkingStep(
        title=allowance.cut(title, MAX_CHAT_TITLE_CHARACTERS) if isinstance(title, str) and title else "Réflexion",
        log=allowance.cut(log, MAX_LOG_CHARACTERS) if isinstance(log, str) else "",
        seconds=max(0, seconds) if isinstance(seconds, int | float) and is_drawable_number(seconds) else None,
        is_pending=metadata.get("status") == "pending",
    )


def format_reply_option(value: Any, allowance: TextAllowance) -> str:
    """Format the text of a suggested reply."""
    if isinstance(value, dict):
        value = value.get("label") or value.get("value")
    return allowance.cut(str(value), MAX_CHAT_TITLE_CHARACTERS)
