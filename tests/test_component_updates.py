"""Component updates among the outputs of a call: what has no value of its own leaves the one before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.spaces.client.call_events import OutputEvent, PartialOutputEvent
from hfcourse.spaces.client.queue_protocol import QueueProtocol
from hfcourse.spaces.schema.component_updates import MAX_UPDATE_KEYS, LatestOutputs, merge_update
from tests.spaces.all_components import make_file_data
from tests.spaces.fake_servers import make_completed, make_generating
from tests.support.space_answers import MakeAnswer

SKIP: dict[str, Any] = {"__type__": "update"}
HIDDEN = SKIP | {"visible": False}


@pytest.mark.parametrize(
    ("before", "after", "merged"),
    [
        ("un", "deux", "deux"),
        ("un", None, None),
        ("un", SKIP, "un"),
        (None, SKIP, None),
        (SKIP, SKIP, SKIP),
        ("un", HIDDEN, HIDDEN | {"value": "un"}),
        (None, HIDDEN, HIDDEN | {"value": None}),
        ("un", SKIP | {"value": "deux"}, SKIP | {"value": "deux"}),
        ("un", SKIP | {"value": None}, SKIP | {"value": None}),
        (SKIP | {"value": "un", "label": "L"}, SKIP, SKIP | {"value": "un", "label": "L"}),
        (SKIP | {"value": "un", "label": "L"}, HIDDEN, HIDDEN | {"value": "un", "label": "L"}),
        (HIDDEN, SKIP | {"label": "L"}, HIDDEN | {"label": "L"}),
        ({"a": 1}, SKIP, {"a": 1}),
        ("un", {"__type__": "autre"}, {"__type__": "autre"}),
    ],
)
def test_update_without_value_keeps_the_value_before(before: Any, after: Any, merged: Any) -> None:
    assert merge_update(before, after) == merged


def test_properties_of_updates_stay_bounded_and_the_value_stays() -> None:
    last, merged = LatestOutputs(), ()
    last.merge_outputs(["un"])
    for n in range(10_000):
        merged = last.merge_outputs([SKIP | {f"p{n}": n}])
    assert len(merged[0]) <= MAX_UPDATE_KEYS
    assert merged[0]["value"] == "un"
    assert merged[0]["p9999"] == 9999


VALUES = st.none() | st.text() | st.integers() | st.just(SKIP) | st.just(HIDDEN)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1))
def test_each_output_keeps_its_own_last_value(messages: list[tuple[Any, Any]]) -> None:
    last = LatestOutputs()
    shown = [last.merge_outputs(message) for message in messages][-1]
    for merged, came in zip(shown, zip(*messages, strict=True), strict=True):
        values = [value for value in came if value not in (SKIP, HIDDEN)]
        if values:
            assert (merged["value"] if isinstance(merged, dict) else merged) == values[-1]
        else:
            assert merged == (HIDDEN if HIDDEN in came else SKIP)


def test_partial_and_last_outputs_keep_what_a_message_skips() -> None:
    reading = QueueProtocol("sse_v3", lambda *values: values, 60)
    told = [
        make_generating(["un", SKIP]),
        make_generating([[["append", [], " deux"]], []]),
        make_generating([[["replace", [], SKIP]], [["replace", [], 3]]]),
        make_completed([SKIP, HIDDEN]),
    ]
    events = [event for each in told for event in reading.parse_events(each)]
    assert events == [
        PartialOutputEvent(("un", SKIP)),
        PartialOutputEvent(("un deux", SKIP)),
        PartialOutputEvent(("un deux", 3)),
        OutputEvent(("un deux", HIDDEN | {"value": 3})),
    ]


def test_run_ends_with_the_values_and_files_before_a_skip(make_answer: MakeAnswer) -> None:
    answer = make_answer(
        ("Textbox", ""),
        ("Image", None),
        ("File", None),
        ("Number", None),
        messages=[
            make_generating(["un deux trois", make_file_data("chat.png"), make_file_data("notes.txt"), SKIP]),
            make_completed([SKIP, SKIP, HIDDEN, 3]),
        ],
    )
    assert answer.value(0) == "un deux trois"
    assert "un deux trois" in answer.words(0)
    assert answer.section(1).select_one("img")
    assert answer.value(2)["value"]["name"] == "notes.txt"
    assert answer.section(2).select_one("a[download]")
    assert answer.value(3) == 3
    assert "inchangé" not in answer.page.get_text()
