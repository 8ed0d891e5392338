"""Messages of an answer, found in the value that the Space returned: one answer, or a whole conversation. Pure.

A Space may return any conversation: without the visitor's message, with another one, or with earlier messages that it
rewrote. What differs from what was sent is stated by `Answer`, so that the page can say it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hfcourse.runs.outputs import chat_messages
from hfcourse.runs.outputs.chat_messages import get_message_parts, parse_message_part
from hfcourse.runs.values.value_types import is_message

MAX_COMPARED_CHARACTERS = 1_000  # of each text that the Space may have rewritten


@dataclass(frozen=True)
class Answer:
    """Answer of a Space within the conversation that it returned.

    Attributes:
        messages: the whole conversation, or the answer alone.
        start: position of the first message of the answer.
        is_message_missing: does the conversation lack the visitor's message?
        rewritten_message: the visitor's message as the Space returned it, '' if it is the one that was sent.
        is_history_changed: do the earlier messages differ from those that were sent?
    """

    messages: Sequence[dict[str, Any]]
    start: int = 0
    is_message_missing: bool = False
    rewritten_message: str = ""
    is_history_changed: bool = False

    @property
    def count(self) -> int:
        """Number of messages of the answer."""
        return len(self.messages) - self.start


def find_answer(value: Any, *, text: str = "", sent_history: Sequence[dict[str, Any]] = ()) -> Answer:
    """Find the answer in a conversation that was returned: what follows the visitor's last message.

    Args:
        value: the output.
        text: the visitor's message, '' if it has files only.
        sent_history: the messages that were sent before it, none if the session of the Space keeps them.
    """
    messages, known = chat_messages.normalize_messages(value), len(sent_history)
    own = max((place for place, message in enumerate(messages) if message.get("role") == "user"), default=-1)
    if own < known < len(messages):  # the Space added an answer and no question
        return Answer(messages, known, bool(text), is_history_changed=has_changed(sent_history, messages))
    returned = extract_text(messages[own]) if own >= 0 else ""
    is_other = bool(text and returned) and not is_same_text(text, returned)
    return Answer(
        messages,
        own + 1,
        is_message_missing=bool(text) and own < 0,
        rewritten_message=returned[:MAX_COMPARED_CHARACTERS] if is_other else "",
        is_history_changed=own >= 0 and has_changed(sent_history, messages[:own]),
    )


def list_answer_messages(value: Any) -> list[dict[str, Any]]:
    """Return what the function of a chat returned as messages: a text, a message, several, or parts of one."""
    if isinstance(value, list) and value and all(map(is_message, value)):
        return value
    if is_message(value):
        return [value]
    text = value if isinstance(value, str | list | dict) else str(value)
    return [{"role": "assistant", "content": text}]


def has_changed(sent: Sequence[dict[str, Any]], returned: Sequence[dict[str, Any]]) -> bool:
    """Do the returned messages not begin with those that were sent? Metadata and files are not compared."""
    return len(returned) < len(sent) or not all(map(is_same_message, sent, returned))


def is_same_message(sent: dict[str, Any], returned: dict[str, Any]) -> bool:
    """Has the returned message the same role and text?"""
    if sent.get("role") != returned.get("role"):
        return False
    return sent.get("content") == returned.get("content") or is_same_text(extract_text(sent), extract_text(returned))


def is_same_text(sent: str, returned: str) -> bool:
    """Is this the same text but for white space, which Gradio trims, or within more words of the Space?"""
    first, second = ("".join(text[:MAX_COMPARED_CHARACTERS].split()) for text in (sent, returned))
    return first in second


def extract_text(message: dict[str, Any]) -> str:
    """Return the texts of a message, one after another, without its files and components."""
    parts = map(parse_message_part, get_message_parts(message))
    return "\n".join(part.value for part in parts if not part.component and isinstance(part.value, str))
