"""Which endpoints can hold a conversation, and the role of each of their values."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.chat.answer_messages import list_answer_messages
from hfcourse.chat.chat_roles import HistoryFormat, find_chat_endpoint, find_chat_roles, list_chat_endpoints
from hfcourse.chat.conversation_history import MAX_HISTORY_CHARACTERS, append_message, trim_history
from hfcourse.chat.conversations import make_title
from hfcourse.database import utc_now
from hfcourse.runs.store.conversation_models import MAX_CONVERSATION_TITLE_CHARACTERS
from hfcourse.runs.store.conversation_store import TurnLink, walk_to_root
from hfcourse.spaces.schema.endpoints.return_values import CHAT_ANSWER, ReturnValue
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.spaces.schema.parameters.parameter import Parameter
from tests.support.recordings import RECORDING_NAMES, describe_recording

PAIRS: dict[str, Any] = {"type": "array", "items": {"type": "array"}}
ROLE = {"role": {"type": "string"}}
MESSAGES = {"type": "array", "items": {"type": "object", "properties": ROLE | {"content": {"type": "string"}}}}
PARTS = {"type": "array", "items": {"type": "object", "properties": ROLE | {"content": {"type": "array"}}}}
ANSWER = ReturnValue("Response", "Json", {"answers": CHAT_ANSWER})
CHATBOT, TEXT, IMAGE = (ReturnValue(name, name) for name in ("Chatbot", "Textbox", "Image"))


def parameter(name: str, component: str = "textbox", schema: dict[str, Any] | None = None) -> Parameter:
    return Parameter(name, name, component, schema or {})


def endpoint(
    parameters: Iterable[Parameter], returns: Iterable[ReturnValue], name: str = "/x", **more: Any
) -> Endpoint:
    return Endpoint(name, name, "", tuple(parameters), tuple(returns), **more)


def test_chat_interface_takes_a_message_and_options() -> None:
    roles = find_chat_roles(endpoint([parameter("message"), parameter("system"), parameter("t", "slider")], [ANSWER]))
    assert roles is not None
    assert roles.message is not None
    assert (roles.message.name, roles.history, roles.returns_history) == ("message", None, False)
    assert [each.name for each in roles.options] == ["system", "t"]
    assert roles.history_format is HistoryFormat.SESSION


def test_multimodal_message_takes_files() -> None:
    roles = find_chat_roles(endpoint([parameter("system"), parameter("m", "multimodaltextbox")], [ANSWER]))
    assert roles is not None
    assert roles.takes_files


def test_answer_is_found_beside_other_outputs() -> None:
    roles = find_chat_roles(endpoint([parameter("message")], [IMAGE, ANSWER, TEXT]))
    assert roles is not None
    assert roles.answer_index == 1


@pytest.mark.parametrize(
    ("schema", "expected"),
    [(PAIRS, HistoryFormat.PAIRS), (MESSAGES, HistoryFormat.MESSAGES), (PARTS, HistoryFormat.PARTS)],
)
def test_history_has_the_form_of_its_schema(schema: dict[str, Any], expected: HistoryFormat) -> None:
    both = [parameter("message"), parameter("history", "chatbot", schema)]
    roles = find_chat_roles(endpoint(both, [TEXT, CHATBOT]))
    assert roles is not None
    assert (roles.history_format, roles.answer_index, roles.returns_history) == (expected, 1, True)


def test_second_step_of_a_chain_is_the_chat() -> None:
    history = parameter("history", "chatbot", MESSAGES)
    first = endpoint([parameter("message"), history], [TEXT, CHATBOT], "/user")
    second = endpoint([history], [CHATBOT], "/bot", previous_name="/user")
    undo = endpoint([history], [CHATBOT], "/undo")
    description = Description("", "", (first, second, undo))
    assert [each.name for each, _ in list_chat_endpoints(description)] == ["/bot"]
    assert find_chat_endpoint(description) == "/bot"


def test_text_for_text_is_a_chat_only_with_session_state() -> None:
    assert find_chat_roles(endpoint([parameter("message")], [TEXT])) is None
    assert find_chat_roles(endpoint([parameter("message")], [TEXT], has_session_state=True)) is not None


@pytest.mark.parametrize(
    "other",
    [
        endpoint([], [CHATBOT]),
        endpoint([parameter("image", "image")], [ANSWER]),
        endpoint([parameter("message")], [ANSWER], blocked_reason="private"),
        endpoint([parameter("message")], [ANSWER], is_unreachable=True),
        endpoint([parameter("message")], [TEXT, IMAGE], has_session_state=True),
        endpoint([parameter("history", "chatbot")], [TEXT]),
    ],
)
def test_other_endpoints_hold_no_conversation(other: Endpoint) -> None:
    assert find_chat_roles(other) is None
    assert find_chat_endpoint(Description("", "", (other,))) is None


def test_recorded_spaces_that_hold_a_conversation_are_found() -> None:
    found = {name: find_chat_endpoint(describe_recording(name)) for name in RECORDING_NAMES}
    assert {name: endpoint for name, endpoint in found.items() if endpoint} == {
        "chatbot_streaming": "/bot",
        "chatinterface_echo_multimodal": "/chat",
    }


COMPONENTS = st.sampled_from(["textbox", "chatbot", "multimodaltextbox", "slider", "image", "state", "api"])
RETURNS = st.sampled_from([ANSWER, CHATBOT, TEXT, IMAGE])


@given(st.lists(st.tuples(st.text(max_size=9), COMPONENTS), max_size=6), st.lists(RETURNS, max_size=4), st.booleans())
def test_each_parameter_has_one_role(names: list[tuple[str, str]], returns: list[ReturnValue], keeps: bool) -> None:
    tried = endpoint([parameter(*each) for each in names], returns, has_session_state=keeps, previous_name="/before")
    roles = find_chat_roles(tried)
    if roles is None:
        return
    own = [each for each in (roles.message, roles.history) if each is not None]
    assert own
    assert sorted(map(id, [*own, *roles.options])) == sorted(map(id, tried.parameters))
    assert roles.answer_index < len(returns)


@pytest.mark.parametrize(
    ("value", "contents"),
    [
        ("mot", ["mot"]),
        (3, ["3"]),
        ({"role": "assistant", "content": "a"}, ["a"]),
        ([{"role": "assistant", "content": "a"}, {"role": "assistant", "content": "b"}], ["a", "b"]),
        ({"text": "a"}, [{"text": "a"}]),
        ([], [[]]),
        (["a", "b"], [["a", "b"]]),
    ],
)
def test_answer_of_any_form_is_messages(value: Any, contents: list[Any]) -> None:
    assert [each["content"] for each in list_answer_messages(value)] == contents


def test_own_message_has_the_form_of_the_history() -> None:
    history = parameter("history", "chatbot", PARTS)
    roles = find_chat_roles(endpoint([history], [CHATBOT], previous_name="/user"))
    assert roles is not None
    assert append_message([1], roles, "mot")[1]["content"] == [{"type": "text", "text": "mot"}]


@given(st.lists(st.integers(0, MAX_HISTORY_CHARACTERS // 2), max_size=9))
def test_long_history_loses_its_beginning(sizes: list[int]) -> None:
    messages = ["x" * size for size in sizes]
    kept = trim_history(messages)
    assert kept == messages[len(messages) - len(kept) :]
    assert sum(map(len, kept)) <= MAX_HISTORY_CHARACTERS
    assert (
        len(kept) == len(messages) or sum(map(len, kept)) + len(messages[-len(kept) - 1]) + 99 > MAX_HISTORY_CHARACTERS
    )


@given(st.text())
def test_title_is_one_line_that_fits(text: str) -> None:
    title = make_title(text)
    assert title
    assert "\n" not in title
    assert len(title) <= MAX_CONVERSATION_TITLE_CHARACTERS


@given(st.dictionaries(st.integers(0, 8), st.integers(0, 8) | st.none(), max_size=9), st.integers(0, 8))
def test_branch_of_any_tree_ends(parents: dict[int, int | None], leaf: int) -> None:
    now = utc_now()
    links = [
        TurnLink(str(each), None if parent is None else str(parent), f"r{each}", "succeeded", now)
        for each, parent in parents.items()
    ]
    branch = walk_to_root(links, str(leaf))
    assert len({each.id for each in branch}) == len(branch)
    assert [each.id for each in branch[-1:]] == ([str(leaf)] if leaf in parents else [])
    assert all(later.parent_id == earlier.id for earlier, later in pairwise(branch))
