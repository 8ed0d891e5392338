"""A conversation as bubbles, whichever of its forms a Space gives it. Pure.

Since Gradio 4.44 it is a list of messages (role, content, metadata, options), whose content is a text, a
part or a list of parts; before, it is a list of pairs, a question and its answer. The function of a gr.ChatInterface
may also return one message, or the parts of one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hfcourse.runs.values.page_budget import TextAllowance
from hfcourse.runs.values.value_types import is_file, is_message, is_message_pair, is_multimodal, is_number
from hfcourse.spaces.schema.component_updates import is_component_update

MAX_MESSAGES, MAX_PARTS = 100, 20
MAX_PART_PLACE_CHARACTERS = 20
MAX_CHAT_TITLE_CHARACTERS, MAX_LOG_CHARACTERS = 200, 5_000
ROLE_LABELS = {"user": "Vous", "assistant": "Le Space", "system": "Consigne"}


@dataclass(frozen=True)
class MessagePart:
    """One piece of a message: a text, a file with the words that describe it, or a component with its value.

    `component` is '' for a text or a file; `props` are the component's other properties; `place` says where in the
    conversation it stands (see find_part_value).
    """

    component: str
    value: Any
    words: str = ""
    props: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""

    @property
    def effective_value(self) -> Any:
        """The value; of an update, the value that comes along with it."""
        return self.value["value"] if is_component_update(self.value) and "value" in self.value else self.value


PartRenderer = Callable[[MessagePart], Any]


@dataclass(frozen=True)
class ThinkingStep:
    """What a message says of itself: folded under its title."""

    title: str
    log: str
    seconds: float | None
    is_pending: bool


@dataclass(frozen=True)
class ChatMessage:
    """A message: who says it, what stands in it (each part drawn), the answers that it offers."""

    speaker: str
    is_own: bool
    parts: tuple[Any, ...]
    thinking_step: ThinkingStep | None = None
    options: tuple[str, ...] = ()


def render_messages(
    messages: Sequence[dict[str, Any]], draw: PartRenderer, allowance: TextAllowance, most: int = MAX_MESSAGES
) -> tuple[list[ChatMessage], int]:
    """The last messages, `most` of them, and how many came before them.

    They are drawn from the last to the first: what shares a budget is used up by the oldest last.
    """
    left = max(0, len(messages) - most)
    drawn = [
        render_message(messages[place], place, draw, allowance) for place in range(len(messages) - 1, left - 1, -1)
    ]
    return drawn[::-1], left


def normalize_messages(value: Any) -> list[dict[str, Any]]:
    """The messages of a conversation, in any of its forms: messages, pairs, one message, the parts of one."""
    if isinstance(value, dict):
        return [value]
    if all(map(is_message, value)):
        return list(value)
    return (
        list(iter_paired_messages(value))
        if all(map(is_message_pair, value))
        else [{"role": "assistant", "content": value}]
    )


def find_part_value(value: Any, place: str) -> Any:
    """The value of the part at `place` (`3-0`: the first part of the fourth message), None if there is none."""
    message, separator, number = place.partition("-")
    if not (separator and message.isdecimal() and number.isdecimal()) or len(place) > MAX_PART_PLACE_CHARACTERS:
        return None
    messages = normalize_messages(value)[int(message) :][:1]
    parts = [part for each in messages for part in get_message_parts(each)[int(number) :][:1]]
    return parse_message_part(parts[0]).effective_value if parts else None


def iter_paired_messages(pairs: Sequence[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """The messages of an older conversation; who said nothing has none."""
    for pair in pairs:
        for role, content in zip(("user", "assistant"), pair, strict=False):
            if content is not None:
                yield {"role": role, "content": content}


def get_message_parts(message: dict[str, Any]) -> list[Any]:
    """The pieces that a message is made of, as the Space wrote them."""
    content = message["content"]
    return content if isinstance(content, list) else [] if content is None else [content]


def render_message(message: dict[str, Any], place: int, draw: PartRenderer, allowance: TextAllowance) -> ChatMessage:
    role, options = message["role"], message.get("options")
    parts = [
        parse_message_part(each, f"{place}-{number}")
        for number, each in enumerate(get_message_parts(message)[:MAX_PARTS])
    ]
    return ChatMessage(
        speaker=ROLE_LABELS.get(role, role[:40]) if isinstance(role, str) else ROLE_LABELS["assistant"],
        is_own=role == "user",
        parts=tuple(draw(replace(each, words=allowance.cut(each.words, MAX_CHAT_TITLE_CHARACTERS))) for each in parts),
        thinking_step=parse_thinking_step(message.get("metadata"), allowance),
        options=tuple(format_reply_option(each, allowance) for each in options[:MAX_PARTS])
        if isinstance(options, list)
        else (),
    )


def parse_message_part(value: Any, place: str = "") -> MessagePart:
    """One piece of a message as the Space wrote it."""
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
    """What stands in `metadata`, None where nothing does."""
    if not isinstance(metadata, dict) or not any(metadata.get(key) for key in ("title", "log", "duration", "status")):
        return None
    title, log, seconds = (metadata.get(key) for key in ("title", "log", "duration"))
    return ThinkingStep(
        title=allowance.cut(title, MAX_CHAT_TITLE_CHARACTERS) if isinstance(title, str) and title else "Réflexion",
        log=allowance.cut(log, MAX_LOG_CHARACTERS) if isinstance(log, str) else "",
        seconds=max(0, seconds) if isinstance(seconds, int | float) and is_number(seconds) else None,
        is_pending=metadata.get("status") == "pending",
    )


def format_reply_option(value: Any, allowance: TextAllowance) -> str:
    """The words of an answer that is offered."""
    if isinstance(value, dict):
        value = value.get("label") or value.get("value")
    return allowance.cut(str(value), MAX_CHAT_TITLE_CHARACTERS)
