"""JSON written by a stranger, as we can store, show and send it again. Pure."""

import json
import math
from typing import Any

from hfcourse.errors import CallFailed

# Far above what people send; Python's own limit is met later, by whoever walks the value to store or show it.
MOST_LEVELS = 200


def read_json(raw: bytes) -> Any:
    """A stranger's JSON, as we can store, show and send it again.

    What Python reads and nothing else does is replaced: NaN and infinities by null, half of a character
    (a lone surrogate, which no page and no database takes) by « ? ».

    Raises:
        CallFailed: `bad-answer`, it is none (too deep counts).
    """
    try:
        value = json.loads(raw.decode(errors="replace"), parse_float=finite, parse_constant=finite)
        if b"\\ud" in raw or b"\\uD" in raw:
            value = json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        raise CallFailed("bad-answer") from None
    check_depth(value)
    return value


def check_depth(value: Any) -> None:
    """Refuse JSON with too many levels.

    Raises:
        CallFailed: `bad-answer`.
    """
    level = [value]
    for _ in range(MOST_LEVELS):
        lists = [list(item.values()) if isinstance(item, dict) else item for item in level]
        level = [child for children in lists if isinstance(children, list) for child in children]
        if not level:
            return
    raise CallFailed("bad-answer")


def finite(written: str) -> float | None:
    """A number of JSON, None for one that is not finite."""
    value = float(written)
    return value if math.isfinite(value) else None
