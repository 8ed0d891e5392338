"""Parser of untrusted JSON into values that can be stored, rendered and sent again. Pure."""

import json
import math
from typing import Any

from hfcourse.errors import CallError
from hfcourse.spaces.untrusted.json_nodes import MAX_JSON_NODES, collect_json_children, has_too_many_nodes

# Far above real values; deeper ones reach Python's recursion limit later, when they are stored or
# rendered.
MAX_JSON_LEVELS = 200


def parse_untrusted_json(raw: bytes, max_nodes: int = MAX_JSON_NODES) -> Any:
    """Parse untrusted JSON into a value that can be stored, rendered and sent again.

    Values that only Python accepts are replaced: NaN and infinities by null, a lone surrogate
    (which no page and no database accepts) by « ? ».

    Raises:
        CallError: `bad-answer`, it is not JSON or too deep; `answer-too-large`, it has too many
            nodes.
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
    """Reject JSON with too many levels.

    Args:
        levels_above: number of containers around the value.

    Raises:
        CallError: `bad-answer`.
    """
    level = [value]
    for _ in range(MAX_JSON_LEVELS - levels_above):
        level = collect_json_children(level)
        if not level:
            return
    raise CallError("bad-answer")


def parse_float_or_null(text: str) -> float | None:
    """Parse a JSON number, None for one that is not finite."""
    value = float(text)
    return value if math.isfinite(value) else None
