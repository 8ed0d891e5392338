"""Output of a classifier: a label, and the score of each possible one. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfcourse.runs.values.brief_text import format_brief_value
from hfcourse.runs.values.value_types import is_ratio
from hfcourse.text.typography import NO_BREAK, format_number

MAX_SCORES = 50
# A number that an author passes to a gr.Label is sent as text: `str(3e-07)`.
FLOAT_TEXT = re.compile(r"-?\d+(\.\d+(e[+-]?\d+)?|e[+-]?\d+)", re.ASCII)


@dataclass(frozen=True)
class LabelScore:
    """Label and its score as text; `percent` is the length of its bar, None for a score that is no share."""

    label: str
    text: str
    percent: float | None


@dataclass(frozen=True)
class LabelScores:
    """Label that a Space returned, and the first scores; `omitted_count` more are not shown."""

    label: str
    scores: Sequence[LabelScore]
    omitted_count: int


def present_label(value: Mapping[str, Any]) -> LabelScores:
    """Prepare the value of a Label; scores are shares only if all of them are between 0 and 1."""
    confidences = value["confidences"] or []
    are_shares = all(is_ratio(each["confidence"]) for each in confidences)
    scores = [present_score(each, are_shares) for each in confidences[:MAX_SCORES]]
    return LabelScores(format_score_label(value["label"]), scores, len(confidences) - len(scores))


def present_score(item: Mapping[str, Any], is_share: bool) -> LabelScore:
    """Prepare one score: a percentage, or the number unchanged (a distance, a logit, points)."""
    score = item["confidence"]
    if is_share:
        return LabelScore(format_brief_value(item["label"]), format_percentage(score), round(score * 100, 1))
    return LabelScore(format_brief_value(item["label"]), format_number(score), None)


def format_percentage(share: float) -> str:
    """Format a share as a percentage; never round to exactly 0 or 100."""
    percent = share * 100
    if 0 < percent < 0.05:
        return f"moins de 0,1{NO_BREAK}%"
    if 99.95 <= percent < 100:
        return f"plus de 99,9{NO_BREAK}%"
    return f"{format_number(percent, 1)}{NO_BREAK}%"


def format_score_label(label: Any) -> str:
    """Format a label as text; one that is a Python number is written in French notation."""
    if isinstance(label, str) and len(label) < 40 and FLOAT_TEXT.fullmatch(label):
        return format_number(float(label))
    return format_brief_value(label)
