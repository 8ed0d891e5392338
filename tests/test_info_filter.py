"""A large `/info` is reduced while it arrives: what a form needs stays, tables repeated in code and examples go."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.errors import CallError
from hfcourse.spaces.registry import info_filter
from hfcourse.spaces.registry.info_filter import filter_info
from hfcourse.spaces.untrusted import json_stream
from hfcourse.spaces.untrusted.json_stream import JsonStream
from tests.support.strategies import JSON_VALUES, QUICK_SETTINGS, TEXTS

ROWS = [[f"organisation-{n % 90}/modele-{n}", *(n / 7 + column for column in range(14))] for n in range(4_000)]
TABLE = {"headers": ["modèle", *map(str, range(14))], "data": ROWS, "metadata": None}


def pieces(raw: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(raw), size):
        yield raw[start : start + size]


def reduced(info: Any, size: int = 64_000, ensure_ascii: bool = False) -> Any:
    return json.loads(b"".join(filter_info(pieces(json.dumps(info, ensure_ascii=ensure_ascii).encode(), size))))


def leaderboard() -> dict[str, Any]:
    """Three endpoints that take a table, which stands in their defaults, examples and snippets: 12 MB."""
    parameter = {
        "label": "Tableau",
        "parameter_name": "table",
        "parameter_has_default": True,
        "parameter_default": TABLE,
        "type": {"type": "object"},
        "component": "Dataframe",
        "example_input": TABLE,
    }
    entry = {"parameters": [parameter], "returns": [{"label": "n", "type": {"type": "number"}}], "description": "Lire."}
    snippets = {"python": json.dumps(TABLE), "bash": json.dumps(TABLE)}
    endpoints = {f"/read_{n}": {**entry, "code_snippets": snippets} for n in range(3)}
    return {"named_endpoints": endpoints, "unnamed_endpoints": {"0": entry}}


def test_large_info_keeps_what_a_form_needs_and_drops_repeated_tables() -> None:
    found = reduced(leaderboard())
    assert set(found) == {"named_endpoints"}
    assert [*found["named_endpoints"]] == ["/read_0", "/read_1", "/read_2"]
    entry = found["named_endpoints"]["/read_1"]
    assert set(entry) == {"parameters", "returns", "description"}
    assert set(entry["parameters"][0]) == {"label", "parameter_name", "parameter_has_default", "type", "component"}
    assert entry["returns"] == [{"label": "n", "type": {"type": "number"}}]


def test_small_info_is_left_as_it_is() -> None:
    info = {"named_endpoints": {"/x": {"code_snippets": {"python": "x"}}}, "unnamed_endpoints": {}}
    assert reduced(info) == info


MEMBERS = st.dictionaries(TEXTS | st.sampled_from(["parameters", "returns", "type", "label"]), JSON_VALUES, max_size=4)
ENTRIES = st.fixed_dictionaries(
    {"parameters": st.lists(MEMBERS, max_size=3), "returns": st.lists(MEMBERS, max_size=2)},
    optional={"description": TEXTS, "code_snippets": JSON_VALUES, "api_visibility": JSON_VALUES},
)


@QUICK_SETTINGS
@given(
    endpoints=st.dictionaries(TEXTS, ENTRIES, max_size=3),
    others=st.dictionaries(TEXTS, JSON_VALUES, max_size=2),
    size=st.integers(1, 40),
    ensure_ascii=st.booleans(),
)
def test_reduction_is_the_same_wherever_the_text_is_cut(
    endpoints: dict[str, Any], others: dict[str, Any], size: int, ensure_ascii: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(info_filter, "MAX_UNFILTERED_BYTES", -1)
        found = reduced({**others, "named_endpoints": endpoints}, size, ensure_ascii)
    kept = {name: {key: entry[key] for key in entry if key != "code_snippets"} for name, entry in endpoints.items()}
    assert found == {"named_endpoints": kept}


@QUICK_SETTINGS
@given(value=JSON_VALUES, size=st.integers(1, 9))
def test_value_is_copied_to_the_byte_or_skipped(value: Any, size: int) -> None:
    written = json.dumps(value, separators=(",", ":")).encode()
    stream = JsonStream(pieces(b" [" + written + b" , " + written + b"]", size))
    items = stream.iter_items()
    next(items)
    assert stream.copy_value(len(written)) == written
    next(items)
    assert stream.copy_value(len(written) - 1) is None
    assert next(items, "end") == "end"


@pytest.mark.parametrize("value", ['a\\"b', "x" * 90, 1.5, "]"])
def test_values_between_two_brackets_cost_some_steps_for_each_chunk(
    value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of a million cells is read at the pace of a regular expression."""
    written = json.dumps([value] * 100_000, separators=(",", ":")).encode()
    monkeypatch.setattr(json_stream, "MAX_STEPS", 4 * (len(written) // 64_000 + 2))
    assert JsonStream(pieces(written + b" ", 64_000)).copy_value(len(written)) == written


@pytest.mark.parametrize(
    ("start", "repeated", "code"),
    [
        (b"", b"[],", "bad-answer"),
        (b'{"named_endpoints":{', b'"a":1,', "bad-answer"),
        (b'{"x":[', b'"",', "bad-answer"),  # strings cost next to nothing
        (b'{"x":[', b"[],", "answer-too-large"),
        (b'{"x":', b"[", "answer-too-large"),
        (b'{"x":', b" ", "bad-answer"),
        (b'{"x":"', b'\\"', "bad-answer"),
        (b'{"x":', b"1", "bad-answer"),
        (b'{"named_endpoints":{"/a":{"parameters":[', b'{"a":1},', "answer-too-large"),
        (b'{"named_endpoints":{', b'"/a":{},', "answer-too-large"),
        (b'{"named_endpoints":{"' + b"a" * 5_000 + b'":', b"{},", "bad-answer"),
    ],
)
def test_text_that_is_no_description_is_refused_within_bounds(
    start: bytes, repeated: bytes, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "MAX_STEPS", 100_000)
    monkeypatch.setattr(info_filter, "MAX_REDUCED_BYTES", 250_000)
    steps = repeated * (2_000_000 // len(repeated))
    with pytest.raises(CallError) as failure:
        for _ in filter_info(pieces(start + steps, 64_000)):
            pass
    assert failure.value.code == code
