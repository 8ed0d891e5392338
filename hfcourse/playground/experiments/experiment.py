"""Experiment: a situation, a prediction to make, the requests to send, and what they are known to give. Pure.

Texts are written in French with `code` between backticks, and stored as HTML.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from hfcourse.text.typography import typeset_french

# The first call of an app that has just started may take some seconds.
STEP_TIMEOUT_SECONDS, SILENT_STEP_TIMEOUT_SECONDS = 8, 4
EVENT_ID_FIELD = "{event_id}"
NO_TEXT = Markup("")
INLINE_CODE = re.compile(r"`([^`]*)`")


@dataclass(frozen=True)
class Choice:
    """A possible prediction; `text` and `comment` are HTML, `letter` is its value in a form."""

    letter: str
    text: Markup
    comment: Markup


@dataclass(frozen=True)
class RequestStep:
    """One request of an experiment.

    Attributes:
        path: below the address of the practice Space; may contain EVENT_ID_FIELD, the number that an earlier answer
            gave.
        body: sent as JSON; None for a request without a body.
        timeout_seconds: how long the answer may take, until its last byte.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    timeout_seconds: float = STEP_TIMEOUT_SECONDS

    @property
    def needs_event_id(self) -> bool:
        return EVENT_ID_FIELD in self.path

    @property
    def body_text(self) -> str:
        """Return the body as it is sent, '' without one."""
        return "" if self.body is None else json.dumps(self.body, ensure_ascii=False)


@dataclass(frozen=True)
class Outcome:
    """What the exchange is known to give; the page explains nothing that differs from it.

    Attributes:
        statuses: HTTP status of each answer, in order; a request that is not sent has none.
        last_event: name of the last whole event of the last answer, '' for none.
        error: error code with which the last exchange ends, '' for none.
    """

    statuses: tuple[int, ...]
    last_event: str = ""
    error: str = ""


@dataclass(frozen=True)
class Experiment:
    """One experiment; its texts are HTML but for `title`.

    Attributes:
        role: says honestly which part the practice Space plays, '' where it is only itself.
    """

    slug: str
    title: str
    situation: Markup
    question: Markup
    choices: tuple[Choice, ...]
    right_letter: str
    explanation: tuple[Markup, ...]
    steps: tuple[RequestStep, ...]
    outcome: Outcome
    role: Markup = NO_TEXT

    def find_choice(self, letter: str) -> Choice | None:
        """Return the choice of this letter."""
        return next((choice for choice in self.choices if choice.letter == letter), None)

    @property
    def right_choice(self) -> Choice:
        """Return the choice that the exchange proves."""
        return next(choice for choice in self.choices if choice.letter == self.right_letter)


def typeset_html(text: str) -> Markup:
    """Return a French text as HTML: typeset, escaped, with what is between backticks as code, unchanged."""
    parts = INLINE_CODE.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(typeset_french(part))
        for place, part in enumerate(parts)
    )


def make_experiment(
    slug: str,
    title: str,
    *,
    situation: str,
    question: str,
    choices: Sequence[tuple[str, str]],
    right: int,
    explanation: Sequence[str],
    steps: Sequence[RequestStep],
    outcome: Outcome,
    role: str = "",
) -> Experiment:
    """Build an experiment from its texts.

    Args:
        choices: text and comment of each.
        right: position of the right choice, from 0.
    """
    made = [
        Choice(letter, typeset_html(text), typeset_html(comment))
        for letter, (text, comment) in zip("abc", choices, strict=True)
    ]
    return Experiment(
        slug=slug,
        title=typeset_french(title),
        situation=typeset_html(situation),
        question=typeset_html(question),
        choices=tuple(made),
        right_letter=made[right].letter,
        explanation=tuple(map(typeset_html, explanation)),
        steps=tuple(steps),
        outcome=outcome,
        role=typeset_html(role),
    )
