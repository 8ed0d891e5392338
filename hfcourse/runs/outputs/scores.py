"""What a classifier answers: a label, and the score of each one that was possible. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfcourse.runs.values.brief_text import format_brief_value
from hfcourse.runs.values.value_types import is_ratio
from hfcourse.text.typography import NO_BREAK, format_number

MAX_SCORES = 50
# A number that an author gives to a gr.Label comes as text: `str(3e-07)`.
FLOAT_TEXT = re.compile(r"-?\d+(\.\d+(e[+-]?\d+)?|e[+-]?\d+)", re.ASCII)


@dataclass(frozen=True)
class LabelScore:
    """A label and its score as text; `percent` is the length of its bar, None for a score that is no share."""

    label: str
    text: str
    percent: float | None


@dataclass(frozen=True)
class LabelScores:
    """The label that a Space gives, and the first scores; `left` are not shown."""

    label: str
    scores: Sequence[LabelScore]
    omitted_count: int


def present_label(value: Mapping[str, Any]) -> LabelScores:
    """The value of a Label; its scores are shares only where all of them lie between 0 and 1."""
    confidences = value["confidences"] or []
    are_shares = all(is_ratio(each["confidence"]) for each in confidences)
    scores = [present_score(each, are_shares) for each in confidences[:MAX_SCORES]]
    return LabelScores(format_label(value["label"]), scores, len(confidences) - len(scores))


def present_score(item: Mapping[str, Any], is_share: bool) -> LabelScore:
    """One score: a percentage, or the number as it is (a distance, a logit, points)."""
    score = item["confidence"]
    if is_share:
        return LabelScore(format_brief_value(item["label"]), format_percentage(score), round(score * 100, 1))
    return LabelScore(format_brief_value(item["label"]), format_number(score), None)


def format_percentage(share: float) -> str:
    """A share as a percentage; what is not quite nothing or everything is not told as such."""
    percent = share * 100
    if 0 < percent < 0.05:
        return f"moins de 0,1{NO_BREAK}%"
    if 99.95 <= percent < 100:
        return f"plus de 99,9{NO_BREAK}%"
    return f"{format_number(percent, 1)}{NO_BREAK}%"


def format_label(label: Any) -> str:
    """A label as text; one that is a number of Python is written as French writes it."""
    if isinstance(label, str) and len(label) < 40 and FLOAT_TEXT.fullmatch(label):
        return format_number(float(label))
    return format_brief_value(label)
