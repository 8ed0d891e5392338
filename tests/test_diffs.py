"""The diffs of a generator: applied as gradio_client does, at the price of what they bring."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gradio_client.utils
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfcourse.errors import CallError
from hfcourse.limits.cpu_budget import CpuBudget, CpuBudgetExceeded
from hfcourse.spaces.client.output_diffs import StreamedOutputs
from hfcourse.spaces.client.queue_protocol import QueueProtocol
from hfcourse.spaces.untrusted.json_nodes import MAX_JSON_NODES, count_nodes
from tests.support.cpu_time import measure_cpu_seconds

# What a diff that does not fit may raise: the reading of messages makes one refusal of all of them.
MISFITS = (TypeError, ValueError, LookupError, OverflowError, AttributeError)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
actions = st.sampled_from(["replace", "append", "add", "delete", "jump"])
steps = st.integers(-2, 3) | st.sampled_from("abc")
edits = st.lists(st.tuples(actions, st.lists(steps, max_size=3), values).map(list), max_size=4)


def running(*first: Any) -> StreamedOutputs:
    outputs = StreamedOutputs(CpuBudget(60))
    outputs.replace_values(first)
    return outputs


def as_json(value: Any) -> Any:
    """The value once it was sent: a key that is a number becomes a text."""
    return json.loads(json.dumps(value))


def generating(*data: Any) -> dict[str, Any]:
    return {"msg": "process_generating", "success": True, "output": {"data": list(data)}}


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(value=values, diff=edits)
def test_a_diff_gives_what_gradio_client_gives(value: Any, diff: list[Any]) -> None:
    before = copy.deepcopy(value)
    outputs = running(value)
    try:
        outputs.apply_diffs([diff])
    except MISFITS:
        return
    finally:
        assert value == before, "the values that were yielded before have changed"
    assert outputs.values == [as_json(gradio_client.utils.apply_diff(before, diff))]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(old=values, new=values)
def test_the_diffs_that_gradio_makes_lead_from_one_value_to_the_next(old: Any, new: Any) -> None:
    from gradio.utils import diff as gradio_diff

    made = json.loads(json.dumps(gradio_diff(old, new)))
    try:
        expected = gradio_client.utils.apply_diff(old, made)
    except MISFITS:
        return
    outputs = running(old)
    outputs.apply_diffs([made])
    assert outputs.values == [expected]


def test_an_edit_copies_what_stands_on_its_path_and_nothing_else() -> None:
    beside = {"a": [1] * 100}
    first = [{"beside": beside, "here": [1]}]
    outputs = running(first)
    outputs.apply_diffs([[["add", [0, "here", 1], 2], ["add", [0, "here", 2], 3]]])
    assert outputs.values == [[{"beside": beside, "here": [1, 2, 3]}]]
    assert first == [{"beside": beside, "here": [1]}]
    assert outputs.values[0][0]["beside"] is beside


class CopyCountedList(list[Any]):
    """List that knows how often it and its copies were copied."""

    def __init__(self, items: Iterable[Any], copies: list[int] | None = None) -> None:
        super().__init__(items)
        self.copies = [] if copies is None else copies

    def copy(self) -> "CopyCountedList":
        self.copies.append(len(self))
        return CopyCountedList(self, self.copies)


def test_a_thousand_edits_of_one_list_copy_it_once() -> None:
    first = CopyCountedList(range(10))
    outputs = running(first)
    outputs.apply_diffs([[["replace", [0], n] for n in range(1000)]])
    assert outputs.values == [[999, *range(1, 10)]]
    assert first.copies == [10]


@pytest.mark.parametrize(
    "diff",
    [
        [["append", [0], 1]],
        [["append", [], 1]],
        [["add", [10**30], 1]],
        [["add", ["9" * 5000], 1]],
        [["replace", [True], 1]],
        [["replace", [0, 0], 1]],
        [["delete", [9], None]],
        [["add", [], 1]],
        [["replace", {"a": 1}, 1]],
        [["replace", 5, 1]],
        [["replace"]],
        5,
        None,
    ],
)
def test_a_diff_that_does_not_fit_is_a_bad_answer(diff: Any) -> None:
    reading = QueueProtocol("sse_v3", lambda *values: values, 60)
    list(reading.parse_events(generating([1e308])))
    with pytest.raises(CallError, match="bad-answer"):
        list(reading.parse_events(generating(diff)))


def test_edits_end_when_their_budget_is_used_up() -> None:
    budget = CpuBudget(0.05)
    outputs = StreamedOutputs(budget)
    outputs.replace_values([["x" * 1_000_000]])
    with pytest.raises(CpuBudgetExceeded), budget.measure():
        outputs.apply_diffs([[["append", [0], "x"] for _ in range(100_000)]])


def test_a_call_whose_messages_take_a_tenth_of_its_time_ends_as_too_large() -> None:
    reading = QueueProtocol("sse_v3", lambda *values: values, 0.5)
    reading.read_message(json.dumps({**generating(["x" * 1_000_000]), "event_id": "e"}).encode(), "e")
    small = json.dumps({**generating([["append", [0], "x"]]), "event_id": "e"}).encode()

    def read_without_end() -> None:
        for _ in range(1_000_000):
            reading.read_message(small, "e")

    def read_to_the_end() -> None:
        with pytest.raises(CallError, match="answer-too-large"):
            read_without_end()

    assert measure_cpu_seconds(read_to_the_end) < 0.5


def test_values_that_grow_diff_by_diff_are_counted() -> None:
    outputs = running([])
    brought = [[]] * (MAX_JSON_NODES // 3)

    def grow() -> None:
        for _ in range(20):
            outputs.apply_diffs([[["add", [0], brought]]])

    with pytest.raises(CallError, match="answer-too-large"):
        grow()
    assert count_nodes(outputs.values) <= 2 * MAX_JSON_NODES


def test_values_that_replace_each_other_are_not_summed_up() -> None:
    outputs = running(None)
    for n in range(20):
        outputs.apply_diffs([[["replace", [], [n] * (MAX_JSON_NODES // 3)]]])
    assert outputs.values is not None
    assert outputs.values[0][0] == 19


def test_small_diffs_of_a_long_conversation_cost_little() -> None:
    """Against the same diffs applied to deep copies, a hundred times fewer."""
    messages = [{"role": "user", "content": "mot " * 50, "metadata": {}} for _ in range(1000)]
    diff = [["append", [999, "content"], "x"]]
    outputs = running(messages)

    def apply_many() -> None:
        for _ in range(100):
            outputs.apply_diffs([diff])

    assert (
        measure_cpu_seconds(apply_many)
        < measure_cpu_seconds(lambda: gradio_client.utils.apply_diff(messages, diff)) * 10
    )


WORST = """
import json, sys, time
from hfcourse.errors import CallError
from hfcourse.spaces.client.queue_protocol import QueueProtocol
first, diff = json.loads(sys.argv[1])
first = eval(first)
reading = QueueProtocol("sse_v3", lambda *values: values, 8)
said = lambda data: json.dumps({"msg": "process_generating", "success": True, "output": {"data": [data]}}).encode()
try:
    reading.read_message(said(first), "e")
    for _ in range(10**7):
        reading.read_message(said(diff), "e")
except CallError as failed:
    print(failed.code, time.thread_time())
"""


@pytest.mark.parametrize(
    ("first", "diff"),
    [
        ("'x' * 1_800_000", [["append", [], "x"]]),
        ("[['x'] for _ in range(60_000)]", [["append", [0, 0], "x"]]),
        ("{str(n): n for n in range(90_000)}", [["replace", ["5"], 1]]),
        ("[0] * 190_000", [["add", [0], 1], ["delete", [0], None]] * 1000),
        ("[0] * 190_000", []),
        ("['x' * 1_800_000]", [["append", [0], "x"]] * 1000),
    ],
    ids=["text", "lists", "dict", "inserts", "nothing", "appends"],
)
def test_edits_written_to_be_slow_end_in_a_tenth_of_the_deadline(first: str, diff: list[Any]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WORST, json.dumps([first, diff])],
        check=True, capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    code, seconds = ended.stdout.split()
    assert code == "answer-too-large"
    assert float(seconds) < 4  # the import of the modules and the making of the messages included
