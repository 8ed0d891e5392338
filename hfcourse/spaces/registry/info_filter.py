"""Streaming filter of `/info` down to the parts that a form needs. Pure.

`/info` of a leaderboard has 5 to 30 MB: the code snippets of each endpoint repeat its tables, and
so do the example and the default of each parameter, which `/config` has too.
"""

from collections.abc import Iterable, Iterator

from hfcourse.errors import CallError
from hfcourse.spaces.untrusted.json_stream import JsonStream, TooManySteps

# Up to this size a description is parsed unfiltered: it costs little.
MAX_UNFILTERED_BYTES = 1_000_000
MAX_REDUCED_BYTES = 5_000_000
ENDPOINTS_KEY = b'"named_endpoints"'
SNIPPETS_KEY = b'"code_snippets"'
LIST_KEYS = (b'"parameters"', b'"returns"')
# Limit of one property: a schema may list thousands of choices.
MAX_PROPERTY_BYTES = 1_000_000
# Limit of one value: a form shows 100,000 characters of a default; the component's own value is in
# `/config`.
VALUE_KEYS = (b'"parameter_default"', b'"example_input"')
MAX_VALUE_BYTES = 200_000


def filter_info(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the JSON of `/info`; of a large one only the named endpoints, without oversized parts.

    Raises:
        CallError: `bad-answer`, it is not JSON; `answer-too-large`, the filtered JSON exceeds the
            limit.
    """
    iterator, head = iter(chunks), bytearray()
    for chunk in iterator:
        head += chunk
        if len(head) > MAX_UNFILTERED_BYTES:
            break
    else:
        yield bytes(head)
        return
    bytes_left = MAX_REDUCED_BYTES
    try:
        for piece in reduce_info(JsonStream(prepend_bytes(head, iterator))):
            bytes_left -= len(piece)
            if bytes_left < 0:
                raise CallError("answer-too-large")
            yield piece
    except TooManySteps:
        raise CallError("answer-too-large") from None
    except ValueError:
        raise CallError("bad-answer") from None


def prepend_bytes(head: bytearray, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the bytes that were already read, in chunks, then the rest."""
    size = 64_000
    for start in range(0, len(head), size):
        yield bytes(head[start : start + size])
    yield from rest


def reduce_info(stream: JsonStream) -> Iterator[bytes]:
    """Yield an object with `named_endpoints` only, the last one of duplicates."""
    yield b"{"
    separator = b""
    for key in stream.iter_members():
        if key != ENDPOINTS_KEY:
            stream.skip_value()
            continue
        yield separator + key + b":{"
        yield from reduce_endpoints(stream)
        yield b"}"
        separator = b","
    yield b"}"


def reduce_endpoints(stream: JsonStream) -> Iterator[bytes]:
    """Yield the endpoints, each reduced."""
    separator = b""
    for name in stream.iter_members():
        yield separator + name + b":{"
        yield from reduce_endpoint(stream)
        yield b"}"
        separator = b","


def reduce_endpoint(stream: JsonStream) -> Iterator[bytes]:
    """Yield the members of one endpoint without its code snippets."""
    separator = b""
    for key in stream.iter_members():
        if key == SNIPPETS_KEY:
            stream.skip_value()
        elif key in LIST_KEYS and stream.peek_byte() == b"[":
            yield separator + key + b":["
            yield from reduce_list(stream)
            yield b"]"
            separator = b","
        elif (value := stream.copy_value(MAX_PROPERTY_BYTES)) is not None:
            yield separator + key + b":" + value
            separator = b","


def reduce_list(stream: JsonStream) -> Iterator[bytes]:
    """Yield the parameters or returns of an endpoint, each without its oversized properties."""
    separator = b""
    for _ in stream.iter_items():
        if stream.peek_byte() != b"{":
            raise ValueError("no object")
        properties = []
        for key in stream.iter_members():
            value = stream.copy_value(MAX_VALUE_BYTES if key in VALUE_KEYS else MAX_PROPERTY_BYTES)
            properties += [] if value is None else [key + b":" + value]
        yield separator + b"{" + b",".join(properties) + b"}"
        separator = b","
