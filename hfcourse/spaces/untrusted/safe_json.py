"""JSON written by a stranger, as we can store, show and send it again. Pure."""

import json
import math
from typing import Any

from hfcourse.errors import CallError
from hfcourse.spaces.untrusted.json_nodes import MAX_JSON_NODES, collect_json_children, has_too_many_nodes

# Far above what people send; Python's own limit is met later, by whoever walks the value to store or show it.
MAX_JSON_LEVELS = 200


def parse_untrusted_json(raw: bytes, max_nodes: int = MAX_JSON_NODES) -> Any:
    """Parse a stranger's JSON into what we can store, show and send again.

    What Python reads and nothing else does is replaced: NaN and infinities by null, half of a character
    (a lone surrogate, which no page and no database takes) by « ? ».

    Raises:
        CallError: `bad-answer`, it is none (too deep counts); `answer-too-large`, it has too many nodes.
    """
    if has_too_many_nodes(raw, max_nodes):
        raise CallError("answer-too-large")
    try:
        value = json.loads(
            raw.decode(errors="replace"), parse_float=parse_float_or_null, parse_constant=parse_float_or_null
        )
        if b"\\ud" in raw or b"\\uD" in raw:
            value = json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        raise CallError("bad-answer") from None
    check_json_depth(value)
    return value


def check_json_depth(value: Any, levels_above: int = 0) -> None:
    """Refuse JSON with too many levels.

    Args:
        levels_above: how many containers the value stands in.

    Raises:
        CallError: `bad-answer`.
    """
    level = [value]
    for _ in range(MAX_JSON_LEVELS - levels_above):
        level = collect_json_children(level)
        if not level:
            return
    raise CallError("bad-answer")


def parse_float_or_null(written: str) -> float | None:
    """A number of JSON, None for one that is not finite."""
    value = float(written)
    return value if math.isfinite(value) else None
