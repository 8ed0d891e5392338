"""A conversation as bubbles, whichever of its forms a Space gives it. Pure.

Since Gradio 4.44 it is a list of messages (role, content, metadata, options), whose content is a text, a
part or a list of parts; before, it is a list of pairs, a question and its answer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hfcourse.runs.page_budget import TextAllowance
from hfcourse.runs.shapes import is_file, is_message, is_multimodal, is_number

MOST_MESSAGES, MOST_PARTS = 100, 20
TITLE_CHARACTERS, LOG_CHARACTERS = 200, 5_000
ROLES = {"user": "Vous", "assistant": "Le Space", "system": "Consigne"}

# Draws a part: the name of a component ('' for a text or a file), its value, the words that describe it.
Draw = Callable[[str, Any, str], Any]


@dataclass(frozen=True)
class Thought:
    """What a message says of itself: folded under its title."""

    title: str
    log: str
    seconds: float | None
    is_pending: bool


@dataclass(frozen=True)
class Bubble:
    """A message: who says it, what stands in it (each part drawn), the answers that it offers."""

    who: str
    is_own: bool
    parts: tuple[Any, ...]
    thought: Thought | None = None
    options: tuple[str, ...] = ()


def bubbles(
    value: Sequence[Any], draw: Draw, allowance: TextAllowance, most: int = MOST_MESSAGES
) -> tuple[list[Bubble], int]:
    """The last messages, `most` of them, and how many came before them.

    They are drawn from the last to the first: what shares a budget is used up by the oldest last.
    """
    messages = list(value) if all(map(is_message, value)) else list(unpaired(value))
    left = max(0, len(messages) - most)
    drawn = [bubble(message, draw, allowance) for message in reversed(messages[left:])]
    return drawn[::-1], left


def unpaired(pairs: Sequence[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """The messages of an older conversation; who said nothing has none."""
    for pair in pairs:
        for role, content in zip(("user", "assistant"), pair, strict=False):
            if content is not None:
                yield {"role": role, "content": content}


def bubble(message: dict[str, Any], draw: Draw, allowance: TextAllowance) -> Bubble:
    role, content = message["role"], message["content"]
    parts = content if isinstance(content, list) else [] if content is None else [content]
    options = message.get("options")
    return Bubble(
        who=ROLES.get(role, role[:40]) if isinstance(role, str) else ROLES["assistant"],
        is_own=role == "user",
        parts=tuple(part(each, draw, allowance) for each in parts[:MOST_PARTS]),
        thought=thought(message.get("metadata"), allowance),
        options=tuple(option(each, allowance) for each in options[:MOST_PARTS]) if isinstance(options, list) else (),
    )


def part(value: Any, draw: Draw, allowance: TextAllowance) -> Any:
    """One piece of a message: a text, a file with what describes it, or a component with its value."""
    if not isinstance(value, dict) or is_file(value) or is_multimodal(value):
        return draw("", value, "")
    if is_file(value.get("file")):
        words = value.get("alt_text")
        return draw("", value["file"], allowance.cut(words, TITLE_CHARACTERS) if isinstance(words, str) else "")
    if isinstance(value.get("component"), str) and "value" in value:
        return draw(value["component"], value["value"], "")
    return draw("", value["text"] if isinstance(value.get("text"), str) else value, "")


def thought(metadata: Any, allowance: TextAllowance) -> Thought | None:
    """What stands in `metadata`, None where nothing does."""
    if not isinstance(metadata, dict) or not any(metadata.get(key) for key in ("title", "log", "duration", "status")):
        return None
    title, log, seconds = (metadata.get(key) for key in ("title", "log", "duration"))
    return Thought(
        title=allowance.cut(title, TITLE_CHARACTERS) if isinstance(title, str) and title else "Réflexion",
        log=allowance.cut(log, LOG_CHARACTERS) if isinstance(log, str) else "",
        seconds=max(0, seconds) if isinstance(seconds, int | float) and is_number(seconds) else None,
        is_pending=metadata.get("status") == "pending",
    )


def option(value: Any, allowance: TextAllowance) -> str:
    """The words of an answer that is offered."""
    if isinstance(value, dict):
        value = value.get("label") or value.get("value")
    return allowance.cut(str(value), TITLE_CHARACTERS)
