"""Calling a Space: what is sent, what comes back, what a hostile one gets and how long it may take."""

import dataclasses
import inspect
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio_client
import gradio_client.client
import gradio_client.utils
import pytest

from hfcourse import tokens
from hfcourse.errors import CallCancelled, CallError, CourseError, ValidationRejected
from hfcourse.files.file_store import FileHandle
from hfcourse.files.storage_backends import LocalBackend
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.client.call_events import (
    LogEvent,
    OutputEvent,
    PartialOutputEvent,
    ProgressEvent,
    QueuedEvent,
    StartedEvent,
)
from hfcourse.spaces.client.http_client import HttpClient
from hfcourse.spaces.client.space_client import SpaceClient
from hfcourse.spaces.registry.space_registry import SpaceRegistry, open_space_client
from hfcourse.spaces.schema.page import ranking
from hfcourse.tokens import AccessToken
from tests.spaces import fake_servers
from tests.spaces.fake_servers import (
    Behaviour,
    Exchange,
    FakeServer,
    FakeSpace,
    make_completed,
    make_component,
    make_generating,
)
from tests.support.calls import ThreadedCall, get_error_code, time_call
from tests.support.waiting import GRACE_SECONDS, wait_until

SECONDS = 0.5
TOKEN = "hf_" + "a" * 30
ROOT = Path(__file__).parents[1]

ECHO = fake_servers.ECHO_CONFIG["dependencies"][0]
Open = Callable[..., FakeSpace]


@pytest.fixture
def open_space() -> Iterator[Open]:
    """Opens fake Spaces that close with the test."""
    opened: list[FakeSpace] = []

    def open_one(**parts: Any) -> FakeSpace:
        opened.append(FakeSpace(**parts))
        return opened[-1]

    yield open_one
    for space in opened:
        space.close()


@pytest.fixture
def foreign_server() -> Iterator[FakeServer]:
    """Another origin, which must stay silent."""
    server = FakeServer(fake_servers.reply_with({"secret": "of another server"}))
    yield server
    server.close()


def open_connection(space: FakeSpace, http_client: HttpClient, token: AccessToken | None = None) -> SpaceClient:
    return open_space_client(space.url, http_client, CancelScope(5), token)


def call_and_collect(
    connection: SpaceClient, *arguments: Any, endpoint: str = "/echo", seconds: float = 5, **more: Any
) -> list:
    """Every event of one call."""
    return list(connection.call_endpoint(endpoint, arguments or ("bonjour",), CancelScope(seconds), **more))


def downloaded(connection: SpaceClient, path: Any, seconds: float = 5) -> bytes:
    """The whole of an output file."""
    return b"".join(connection.fetch_file(path, CancelScope(seconds)))


def failure(action: Callable[[], Any]) -> CourseError:
    result, seconds = time_call(action)
    assert isinstance(result, CourseError), result
    assert seconds < SECONDS + GRACE_SECONDS
    return result


class TestDescribing:
    def test_two_requests_and_nothing_else(self, http_client: HttpClient, open_space: Open) -> None:
        space = open_space()
        connection = open_connection(space, http_client)
        assert space.paths() == ["/config", "/gradio_api/info"]
        assert [endpoint.name for endpoint in connection.description.endpoints] == ["/echo"]
        assert connection.description.title == "Écho"

    @pytest.mark.parametrize("part", ["/config", "/info"])
    @pytest.mark.parametrize(
        ("behaviour", "code"),
        [
            (fake_servers.never_reply, "timeout"),
            (fake_servers.drip_head, "timeout"),
            (fake_servers.drip_body, "timeout"),
            (fake_servers.close_early, "connection-lost"),
            (fake_servers.close_at_once, "connection-lost"),
            (fake_servers.reply_gzipped, "bad-answer"),
            (fake_servers.reply_not_http, "bad-answer"),
            (fake_servers.send_endless_json, "answer-too-large"),
            (fake_servers.reply_html, "no-api"),
            (fake_servers.reply_bad_json, "bad-answer"),
            (fake_servers.reply_deep_json, "bad-answer"),
            (fake_servers.reply_with({"detail": "Not authenticated"}, 401), "space-login"),
            (fake_servers.reply_with({}, 404), "no-api"),
            (fake_servers.reply_with({}, 429), "too-many-requests"),
            (fake_servers.reply_with({}, 500), "bad-answer"),
        ],
    )
    def test_a_hostile_description_ends_with_its_code_within_the_leash(
        self, http_client: HttpClient, open_space: Open, part: str, behaviour: Behaviour, code: str
    ) -> None:
        space = open_space(answers={part: behaviour})
        # What has no end is read up to its cap, which a busy machine does not reach in SECONDS.
        seconds = 10 * SECONDS if behaviour is fake_servers.send_endless_json else SECONDS
        assert failure(lambda: open_space_client(space.url, http_client, CancelScope(seconds))).code == code

    @pytest.mark.parametrize("part", ["/config", "/info"])
    def test_a_redirection_leads_nowhere(
        self, http_client: HttpClient, open_space: Open, foreign_server: FakeServer, part: str
    ) -> None:
        space = open_space(answers={part: fake_servers.redirect_to(foreign_server.url)})
        assert failure(lambda: open_connection(space, http_client, AccessToken(TOKEN))).code == "bad-answer"
        assert foreign_server.requests == []

    @pytest.mark.parametrize(
        ("config", "code"),
        [
            ({"dependencies": None}, "no-api"),
            ({"protocol": "ws"}, "space-too-old"),
            ({"protocol": "sse"}, "space-too-old"),
            ({"protocol": ["sse_v3"]}, "space-too-old"),
            ({"components": None}, "bad-answer"),
            ({"components": [1]}, "bad-answer"),
            ({"components": [{"type": "textbox"}]}, "bad-answer"),
            ({"dependencies": [{"id": 0, "api_name": "echo"}]}, "bad-answer"),
            ({"dependencies": ["echo"]}, "bad-answer"),
            ({"dependencies": [ECHO | {"inputs": [9]}]}, "bad-answer"),
            ({"version": "not a version"}, "bad-answer"),
            ({"version": 6}, "bad-answer"),
            ({"api_prefix": 5}, "bad-answer"),
        ],
    )  # fmt: skip
    def test_a_config_that_makes_no_sense(
        self, http_client: HttpClient, open_space: Open, config: dict[str, Any], code: str
    ) -> None:
        assert failure(lambda: open_connection(open_space(config=config), http_client)).code == code

    @pytest.mark.parametrize(
        "info", [{"named_endpoints": None}, {"named_endpoints": {"/echo": None}}, {"named_endpoints": {"/echo": {}}}]
    )
    def test_an_info_that_makes_no_sense(self, http_client: HttpClient, open_space: Open, info: dict[str, Any]) -> None:
        assert failure(lambda: open_connection(open_space(info=info), http_client)).code == "bad-answer"

    @pytest.mark.parametrize("made", ["{}", "{}/gradio_api", "//{}", "/..", "/a/../b", "/a?b", "/a#b", "/a@{}", "a"])
    def test_an_api_prefix_never_leads_to_another_origin(
        self, http_client: HttpClient, open_space: Open, foreign_server: FakeServer, made: str
    ) -> None:
        space = open_space(config={"api_prefix": made.format(foreign_server.url)})
        assert failure(lambda: open_connection(space, http_client)).code == "bad-answer"
        assert (space.paths(), foreign_server.requests) == (["/config"], [])

    @pytest.mark.parametrize("prefix", ["", "/gradio_api", "/gradio_api/", "/my-app/api"])
    def test_an_api_prefix_of_the_space_itself_is_followed(
        self, http_client: HttpClient, open_space: Open, prefix: str
    ) -> None:
        space = open_space(prefix=prefix.rstrip("/"), config={"api_prefix": prefix})
        assert call_and_collect(open_connection(space, http_client))[-1] == OutputEvent(("bonjour",))

    def test_parameters_of_an_old_gradio_are_numbered(self, http_client: HttpClient, open_space: Open) -> None:
        """Before 4.23 /info gives them no name; measured on 4.19.2."""
        echo = fake_servers.ECHO_INFO["named_endpoints"]["/echo"]
        nameless = {key: echo["parameters"][0][key] for key in ("label", "type", "component")}
        space = open_space(info={"named_endpoints": {"/echo": {"parameters": [nameless], "returns": echo["returns"]}}})
        connection = open_connection(space, http_client)
        assert [(each.name, each.label) for each in connection.description.endpoints[0].parameters] == [("1", "Texte")]
        assert call_and_collect(connection)[-1] == OutputEvent(("bonjour",))

    def test_a_space_under_a_path_is_called_there(self, http_client: HttpClient, open_space: Open) -> None:
        space = open_space(prefix="/myapp/gradio/gradio_api", answers={"/config": lambda exchange: exchange.reply(
            fake_servers.ECHO_CONFIG | {"api_prefix": "/gradio_api"})})  # fmt: skip
        connection = open_space_client(f"{space.url}/myapp/gradio/", http_client, CancelScope(5))
        assert call_and_collect(connection)[-1] == OutputEvent(("bonjour",))
        assert all(path.startswith("/myapp/gradio/") for path in space.paths())

    def test_an_endpoint_made_to_keep_us_busy_is_closed_in_time(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        heavy = [{"id": 0, "api_name": "echo", "inputs": [1] * 200_000, "outputs": [2]}]
        many = [make_component(1, "textbox"), make_component(2, "textbox")] + [
            {"id": n, "type": "x"} for n in range(3, 50_000)
        ]
        space = open_space(config={"dependencies": heavy, "components": list(reversed(many))})
        result, seconds = time_call(lambda: open_space_client(space.url, http_client, CancelScope(5)))
        assert isinstance(result, SpaceClient), result
        assert [each.blocked_reason for each in result.description.endpoints] == [ranking.TOO_LARGE_FOR_FORM]
        assert failure(lambda: call_and_collect(result)).code == "endpoint-gone"
        assert seconds < 3

    def test_what_is_kept_of_a_description_is_small(self, http_client: HttpClient, open_space: Open) -> None:
        components = [make_component(1, "textbox", value="x" * 100_000), make_component(2, "textbox")]
        space = open_space(config={"css": "x" * 1_000_000, "components": components})
        assert len(repr(vars(open_connection(space, http_client).described_client))) < 10_000


class TestCalling:
    def test_the_value_comes_back(self, http_client: HttpClient, open_space: Open) -> None:
        space = open_space()
        assert call_and_collect(open_connection(space, http_client), 'a"b\n$(id) é') == [OutputEvent(('a"b\n$(id) é',))]
        sent = space.wait_for("/queue/join").json
        assert (sent["data"], sent["fn_index"]) == (['a"b\n$(id) é'], 0)
        assert f"session_hash={sent['session_hash']}" in space.wait_for("/queue/data").target

    def test_a_second_call_makes_two_requests_on_the_same_connection(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        space = open_space()
        connection = open_connection(space, http_client)
        call_and_collect(connection)
        call_and_collect(connection)
        assert space.paths()[2:] == ["/gradio_api/queue/join", "/gradio_api/queue/data"] * 2
        assert len({request.connection for request in space.requests}) == 1

    def test_each_call_has_a_session_of_its_own_unless_one_is_given(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        space = open_space()
        connection = open_connection(space, http_client)
        call_and_collect(connection)
        call_and_collect(connection)
        call_and_collect(connection, session="kept")
        sessions = [request.json["session_hash"] for request in space.requests_to("/queue/join")]
        assert len(set(sessions)) == 3
        assert sessions[2] == "kept"

    def test_state_is_filled_in_and_left_out_of_the_outputs(self, http_client: HttpClient, open_space: Open) -> None:
        components = [make_component(1, "textbox"), make_component(2, "textbox"), make_component(3, "state")]
        dependencies = [{"id": 4, "api_name": "echo", "inputs": [3, 1], "outputs": [3, 2], "targets": []}]
        space = open_space(
            config={"components": components, "dependencies": dependencies}, messages=[make_completed([None, "out"])]
        )
        connection = open_connection(space, http_client)
        assert connection.description.endpoints[0].has_session_state
        assert call_and_collect(connection, "in") == [OutputEvent(("out",))]
        assert (space.wait_for("/queue/join").json["data"], space.requests_to("/queue/join")[0].json["fn_index"]) == (
            [None, "in"],
            4,
        )

    def test_everything_that_is_told_arrives_in_order(self, http_client: HttpClient, open_space: Open) -> None:
        steps = [{"index": 1, "length": 4, "unit": "steps", "progress": None, "desc": "…"}]
        space = open_space(messages=[
            {"msg": "estimation", "rank": 2, "queue_size": 5, "rank_eta": 1.5},
            {"msg": "process_starts", "eta": 3},
            {"msg": "progress", "progress_data": steps},
            {"msg": "log", "log": "<b>Presque</b>", "level": "warning"},
            {"msg": "heartbeat"},
            make_completed(["fin"]),
        ])  # fmt: skip
        assert call_and_collect(open_connection(space, http_client)) == [
            QueuedEvent(2, 5, 1.5), StartedEvent(3.0), ProgressEvent(tuple(steps)),
            LogEvent("warning", "Presque"), OutputEvent(("fin",)),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("first", "diffs", "wholes"),
        [
            (["a"], [[["append", [], "b"]], [["append", [], "c"]]], ["a", "ab", "abc"]),
            ([{"n": [1]}], [[["add", ["n", 1], 2]], [["replace", ["n", 0], 9]], [["delete", ["n", 1], None]]],
             [{"n": [1]}, {"n": [1, 2]}, {"n": [9, 2]}, {"n": [9]}]),
            ([None], [[["replace", [], {"k": "v"}]], [["append", ["k"], "w"]], []],
             [None, {"k": "v"}, {"k": "vw"}, {"k": "vw"}]),
        ],
    )  # fmt: skip
    def test_a_generator_gives_each_of_its_values_whole(
        self, http_client: HttpClient, open_space: Open, first: list, diffs: list, wholes: list
    ) -> None:
        messages = [make_generating(first), *(make_generating([diff]) for diff in diffs), make_completed(["fin"])]
        events = call_and_collect(open_connection(open_space(messages=messages), http_client))
        assert events == [*(PartialOutputEvent((whole,)) for whole in wholes), OutputEvent(("fin",))]

    def test_the_first_protocol_has_no_diffs(self, http_client: HttpClient, open_space: Open) -> None:
        space = open_space(
            config={"protocol": "sse_v1"},
            messages=[make_generating(["a"]), make_generating(["ab"]), make_completed(["c"])],
        )
        assert call_and_collect(open_connection(space, http_client)) == [
            PartialOutputEvent(("a",)),
            PartialOutputEvent(("ab",)),
            OutputEvent(("c",)),
        ]

    def test_messages_of_other_events_are_not_ours(self, http_client: HttpClient, open_space: Open) -> None:
        messages = [make_completed(["not mine"]) | {"event_id": "event-of-somebody"}, make_completed(["mine"])]
        assert call_and_collect(open_connection(open_space(messages=messages), http_client)) == [OutputEvent(("mine",))]

    def test_an_unknown_kind_of_message_is_ignored(self, http_client: HttpClient, open_space: Open) -> None:
        space = open_space(messages=[{"msg": "of_tomorrow", "x": 1}, {"x": 1}, make_completed(["fin"])])
        assert call_and_collect(open_connection(space, http_client)) == [OutputEvent(("fin",))]

    def test_an_unknown_endpoint_is_gone_and_nothing_leaves(self, http_client: HttpClient, open_space: Open) -> None:
        space = open_space()
        connection = open_connection(space, http_client)
        assert failure(lambda: call_and_collect(connection, endpoint="/nope")).code == "endpoint-gone"
        assert space.requests_to("/queue/join") == []

    def test_an_output_is_whole_even_if_the_stream_then_stays_open(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        def tell(exchange: Exchange) -> None:
            exchange.start_chunked()
            exchange.send_event(**make_completed(["fin"]), event_id="event-1")
            exchange.stall()

        space = open_space(answers={"/queue/data": tell})
        connection, leash = open_connection(space, http_client), CancelScope(60)
        events, seconds = time_call(lambda: list(connection.call_endpoint("/echo", ["x"], leash)))
        assert events == [OutputEvent(("fin",))]
        assert seconds < 10
        assert leash.check_remaining_seconds() > 50  # files may still be fetched
        assert space.requests_to("/cancel") == []

    @pytest.mark.parametrize(
        ("part", "behaviour", "code"),
        [
            ("/join", fake_servers.never_reply, "timeout"),
            ("/join", fake_servers.drip_head, "timeout"),
            ("/join", fake_servers.drip_body, "timeout"),
            ("/join", fake_servers.close_at_once, "connection-lost"),
            ("/join", fake_servers.close_early, "connection-lost"),
            ("/join", fake_servers.send_endless_json, "answer-too-large"),
            ("/join", fake_servers.reply_gzipped, "bad-answer"),
            ("/join", fake_servers.reply_not_http, "bad-answer"),
            ("/join", fake_servers.reply_html, "bad-answer"),
            ("/join", fake_servers.reply_bad_json, "bad-answer"),
            ("/join", fake_servers.reply_with([]), "bad-answer"),
            ("/join", fake_servers.reply_with({"event_id": 5}), "bad-answer"),
            ("/join", fake_servers.reply_with({"event_id": "x" * 1000}), "bad-answer"),
            ("/join", fake_servers.reply_with({"detail": "Queue is full"}, 503), "queue-full"),
            ("/join", fake_servers.reply_with({}, 401), "space-login"),
            ("/join", fake_servers.reply_with({}, 404), "endpoint-gone"),
            ("/join", fake_servers.reply_with({}, 422), "bad-answer"),
            ("/join", fake_servers.reply_with({"detail": "no list"}, 422), "bad-answer"),
            ("/join", fake_servers.reply_with({}, 429), "too-many-requests"),
            ("/join", fake_servers.reply_with({}, 400), "space-exception"),
            ("/join", fake_servers.reply_with({}, 500), "space-exception"),
            ("/join", fake_servers.reply_with({}, 204), "bad-answer"),
            ("/data", fake_servers.never_reply, "timeout"),
            ("/data", fake_servers.drip_head, "timeout"),
            ("/data", fake_servers.drip_stream, "timeout"),
            ("/data", fake_servers.close_at_once, "connection-lost"),
            ("/data", fake_servers.close_stream_early, "connection-lost"),
            ("/data", fake_servers.reply_html, "bad-answer"),
            ("/data", fake_servers.reply_bad_json, "bad-answer"),
            ("/data", fake_servers.reply_with({}, 404), "connection-lost"),
            ("/data", fake_servers.stream_bytes(b"data: {\n\n"), "bad-answer"),
            ("/data", fake_servers.stream_bytes(b"data: 5\n\n"), "bad-answer"),
            ("/data", fake_servers.stream_bytes(b"data: " + b"[" * 50_000 + b"\n\n"), "bad-answer"),
            (
                "/data",
                fake_servers.stream_bytes(b'data: {"msg": "close_stream", "event_id": null}\n\n'),
                "connection-lost",
            ),
        ],
    )  # fmt: skip
    def test_a_hostile_answer_ends_with_its_code_within_the_leash(
        self, http_client: HttpClient, open_space: Open, part: str, behaviour: Behaviour, code: str
    ) -> None:
        connection = open_connection(open_space(answers={part: behaviour}), http_client)
        assert failure(lambda: call_and_collect(connection, seconds=SECONDS)).code == code

    @pytest.mark.parametrize("behaviour", [fake_servers.send_endless_event, fake_servers.send_event_flood])
    def test_a_stream_without_end_is_cut_at_its_cap(
        self, http_client: HttpClient, open_space: Open, behaviour: Behaviour
    ) -> None:
        connection = open_connection(open_space(answers={"/data": behaviour}), http_client)
        assert get_error_code(time_call(lambda: call_and_collect(connection, seconds=20))[0]) == "answer-too-large"

    @pytest.mark.parametrize(
        ("message", "code", "said"),
        [
            (fake_servers.make_failed(error="Non <b>!</b>", title="Error", duration=10), "space-error", "Non !"),
            (fake_servers.make_failed(error=None), "space-exception", ""),
            (fake_servers.make_failed(error=" "), "space-exception", ""),
            (fake_servers.make_failed(error={"a": 1}), "space-exception", ""),
            (fake_servers.make_failed(), "space-exception", ""),
            (fake_servers.make_failed(error="x" * 2_000), "space-error", "x" * 500),
            (
                fake_servers.make_failed(error="You have exceeded your GPU quota (60s requested)."),
                "quota-exceeded",
                "You have exceeded your GPU quota (60s requested).",
            ),
            (
                fake_servers.make_failed(error="You have exceeded your free ZeroGPU quota."),
                "quota-exceeded",
                "You have exceeded your free ZeroGPU quota.",
            ),
            (fake_servers.make_failed(error="Half \ud800 of a character\0"), "space-error", "Half ? of a character"),
            ({"msg": "process_completed", "success": False, "output": None}, "space-exception", ""),
            ({"msg": "process_completed", "success": True, "output": None}, "bad-answer", ""),
            ({"msg": "process_completed", "success": True}, "bad-answer", ""),
            ({"msg": "process_completed", "success": True, "output": {}}, "bad-answer", ""),
            ({"msg": "process_completed", "success": True, "output": {"data": None}}, "bad-answer", ""),
            ({"msg": "process_completed", "success": True, "output": {"data": "abc"}}, "bad-answer", ""),
            ({"msg": "process_completed", "success": True, "output": {"data": {"a": 1}}}, "bad-answer", ""),
            ({"msg": "process_generating", "success": True, "output": None}, "bad-answer", ""),
            ({"msg": "process_generating", "success": False, "output": {"error": "non"}}, "space-error", "non"),
            ({"msg": "progress", "progress_data": None}, "bad-answer", ""),
            ({"msg": "unexpected_error", "message": "/srv/app.py failed"}, "space-exception", ""),
            ({"msg": "anything", "message": "Server stopped unexpectedly."}, "connection-lost", ""),
        ],
    )  # fmt: skip
    def test_a_failure_is_told_by_its_code_and_its_authors_words(
        self, http_client: HttpClient, open_space: Open, message: dict[str, Any], code: str, said: str
    ) -> None:
        failed = failure(lambda: call_and_collect(open_connection(open_space(messages=[message]), http_client)))
        assert (failed.code, failed.detail) == (code, said)

    def test_diffs_that_do_not_apply_are_a_bad_answer(self, http_client: HttpClient, open_space: Open) -> None:
        for diff in ([["append", ["no", "such"], 1]], [["jump", [], 1]], [["add"]], 5, [["replace", ["x"], 1]]):
            space = open_space(messages=[make_generating(["a"]), make_generating([diff]), make_completed(["b"])])
            assert (
                failure(lambda space=space: call_and_collect(open_connection(space, http_client))).code == "bad-answer"
            )

    def test_an_error_text_made_to_keep_us_busy_does_not(self, http_client: HttpClient, open_space: Open) -> None:
        space = open_space(messages=[fake_servers.make_failed(error="exceeded your " * 100_000)])
        assert failure(lambda: call_and_collect(open_connection(space, http_client))).code == "space-error"

    def test_the_spaces_validator_tells_which_values_it_refuses(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        """It answers for every input of the function, in order, session state included."""
        detail = [
            {"__type__": "validate", "is_valid": True, "message": "fine"},
            {"is_valid": True, "message": ""},
            {"__type__": "validate", "is_valid": False, "message": "Âge : au moins 18."},
            {"__type__": "validate", "is_valid": False, "message": "Une ville."},
        ]
        kinds = ["textbox", "state", "number", "textbox"]
        words = fake_servers.ECHO_INFO["named_endpoints"]["/echo"]["parameters"][0]
        space = open_space(
            answers={"/join": fake_servers.reply_with({"detail": detail}, 422)},
            config={
                "components": [make_component(number, kind) for number, kind in enumerate(kinds)],
                "dependencies": [ECHO | {"inputs": [0, 1, 2, 3], "outputs": [0]}],
            },
            info={"named_endpoints": {"/echo": {
                "parameters": [words | {"parameter_name": name} for name in ("name", "age", "town")],
                "returns": fake_servers.ECHO_INFO["named_endpoints"]["/echo"]["returns"],
            }}},
        )  # fmt: skip
        refused = failure(lambda: call_and_collect(open_connection(space, http_client), "Awa", 12, ""))
        assert isinstance(refused, ValidationRejected)
        assert (refused.code, refused.detail) == ("invalid-input", "Âge : au moins 18. Une ville.")
        assert refused.field_errors == {"age": "Âge : au moins 18.", "town": "Une ville."}

    @pytest.mark.parametrize(
        ("detail", "code"),
        [
            ([{"__type__": "validate", "is_valid": False, "message": None}], "invalid-input"),
            ([{"__type__": "validate", "is_valid": False}], "invalid-input"),
            ([{}, {}, {"__type__": "validate", "is_valid": False, "message": "x" * 9999}], "invalid-input"),
            ([{"loc": ["body", "data"], "msg": "field required", "type": "missing"}], "bad-answer"),
            ([], "bad-answer"),
            ([None, 5, "x", []], "bad-answer"),
            ("no", "bad-answer"),
            ({"is_valid": False}, "bad-answer"),
            (None, "bad-answer"),
        ],
    )
    def test_whatever_a_validator_answers_is_explained(
        self, http_client: HttpClient, open_space: Open, detail: Any, code: str
    ) -> None:
        space = open_space(answers={"/join": fake_servers.reply_with({"detail": detail}, 422)})
        refused = failure(lambda: call_and_collect(open_connection(space, http_client)))
        assert refused.code == code
        assert isinstance(refused, ValidationRejected) == (code == "invalid-input")
        assert len(refused.detail) <= 500

    @pytest.mark.parametrize("part", ["/join", "/data", "/upload"])
    def test_a_redirection_leads_nowhere(
        self, http_client: HttpClient, open_space: Open, foreign_server: FakeServer, stored_file: FileHandle, part: str
    ) -> None:
        space = open_space(answers={part: fake_servers.redirect_to(foreign_server.url)})
        connection = open_connection(space, http_client, AccessToken(TOKEN))
        assert failure(lambda: call_and_collect(connection, stored_file)).code == "bad-answer"
        assert foreign_server.requests == []


class TestStopping:
    def test_a_stop_ends_the_call_within_a_second_and_tells_the_space(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        space, leash = open_space(answers={"/queue/data": fake_servers.never_reply}), CancelScope(60)
        connection = open_connection(space, http_client)
        thread = ThreadedCall(lambda: list(connection.call_endpoint("/echo", ["x"], leash)))
        space.wait_for("/queue/data")
        leash.cancel()
        assert isinstance(thread.end(1), CallCancelled)
        cancelled, joined = space.wait_for("/cancel").json, space.wait_for("/queue/join").json
        assert cancelled == {"event_id": "event-1", "fn_index": 0, "session_hash": joined["session_hash"]}

    @pytest.mark.parametrize(
        "answer", [fake_servers.close_at_once, fake_servers.reply_not_http, fake_servers.reply_with({}, 500)]
    )
    def test_whatever_the_space_says_to_that(
        self, http_client: HttpClient, open_space: Open, answer: Behaviour
    ) -> None:
        space = open_space(answers={"/queue/data": fake_servers.never_reply, "/cancel": answer})
        assert failure(lambda: call_and_collect(open_connection(space, http_client), seconds=SECONDS)).code == "timeout"
        space.wait_for("/cancel")

    def test_a_reader_who_leaves_early_cancels_the_call(self, http_client: HttpClient, open_space: Open) -> None:
        space = open_space(messages=[{"msg": "process_starts"}, make_completed(["fin"])])
        events = open_connection(space, http_client).call_endpoint("/echo", ["x"], CancelScope(5))
        assert next(events) == StartedEvent(None)
        events.close()
        space.wait_for("/cancel")

    def test_a_call_that_succeeds_is_not_cancelled(self, http_client: HttpClient, open_space: Open) -> None:
        space = open_space()
        call_and_collect(open_connection(space, http_client))
        assert space.requests_to("/cancel") == []

    def test_nothing_is_left_behind_by_calls_that_time_out(self, http_client: HttpClient, open_space: Open) -> None:
        space = open_space(answers={"/queue/data": fake_servers.never_reply})
        connection = open_connection(space, http_client)
        before = our_threads()
        calls = [ThreadedCall(lambda: call_and_collect(connection, seconds=0.5)) for _ in range(20)]
        assert {get_error_code(call.end(10)) for call in calls} == {"timeout"}
        space.answers.clear()
        assert call_and_collect(connection) == [OutputEvent(("bonjour",))]
        # What tells the Space that nobody waits may take as long as CANCEL_TIMEOUT_SECONDS, and no longer.
        assert wait_until(lambda: our_threads() <= before)


def our_threads() -> set[str]:
    """The threads of this process but those of the pretended Space."""
    return {thread.name for thread in threading.enumerate() if "process_request" not in thread.name}


class TestFiles:
    def test_a_kept_file_is_uploaded_wherever_it_stands(
        self, http_client: HttpClient, open_space: Open, stored_file: FileHandle
    ) -> None:
        space = open_space()
        call_and_collect(open_connection(space, http_client), {"files": [stored_file]})
        data = {"path": "/tmp/gradio/kept.png", "orig_name": stored_file.name, "size": 10, "mime_type": "image/png",
                "meta": {"_type": "gradio.FileData"}}  # fmt: skip
        assert space.wait_for("/queue/join").json["data"] == [{"files": [data]}]
        body = space.wait_for("/upload").body
        assert b"\x89PNG bytes" in body
        assert b'filename="un %22chat%22%0D%0AX: y.png"' in body

    @pytest.mark.parametrize("answer", [[], ["a", "b"], [5], {"path": "a"}, "a", None])
    def test_an_upload_answered_by_nonsense_is_a_bad_answer(
        self, http_client: HttpClient, open_space: Open, stored_file: FileHandle, answer: Any
    ) -> None:
        space = open_space(answers={"/upload": fake_servers.reply_with(answer)})
        assert failure(lambda: call_and_collect(open_connection(space, http_client), stored_file)).code == "bad-answer"
        assert space.requests_to("/queue/join") == []

    @pytest.mark.parametrize("size", [0, 5, 65_536, 300_001])
    def test_a_file_is_sent_in_pieces_of_which_the_space_gets_the_whole(
        self, http_client: HttpClient, open_space: Open, tmp_path: Path, size: int
    ) -> None:
        content, folder = (b"0123456789\r\n--" * 30_000)[:size], LocalBackend(tmp_path)
        folder.write_bytes("cd" * 16, content)
        space = open_space()
        call_and_collect(
            open_connection(space, http_client),
            FileHandle("cd" * 16, "x.bin", "application/octet-stream", size, folder),
        )
        sent = space.wait_for("/upload")
        assert int(sent.headers["content-length"]) == len(sent.body)
        boundary = sent.headers["content-type"].partition("boundary=")[2].encode()
        assert sent.body.split(b"\r\n\r\n", 1)[1] == content + b"\r\n--" + boundary + b"--\r\n"

    @pytest.mark.parametrize("size", [9, 11, 200_000])
    def test_a_file_that_is_not_as_long_as_it_was_is_unreachable(
        self, http_client: HttpClient, open_space: Open, stored_file: FileHandle, size: int
    ) -> None:
        space = open_space()
        changed = dataclasses.replace(stored_file, size=size)
        assert (
            failure(lambda: call_and_collect(open_connection(space, http_client), changed)).code == "file-unreachable"
        )
        assert space.requests_to("/queue/join") == []

    def test_a_file_that_is_gone_is_unreachable_before_anything_is_sent(
        self, http_client: HttpClient, open_space: Open, stored_file: FileHandle
    ) -> None:
        space = open_space()
        stored_file.storage.remove(stored_file.id)
        assert (
            failure(lambda: call_and_collect(open_connection(space, http_client), stored_file)).code
            == "file-unreachable"
        )
        assert space.requests_to("/upload") == []

    def test_an_output_file_is_fetched_from_its_path_on_the_space(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        space = open_space()
        content = downloaded(open_connection(space, http_client), "/tmp/gradio/é b?c#d.png")
        assert content == space.file_content
        assert space.requests[-1].target == "/gradio_api/file=/tmp/gradio/%C3%A9%20b%3Fc%23d.png"

    @pytest.mark.parametrize(
        "path",
        ["", None, 5, ["a"], "http://{}/x", "file:///etc/passwd", "/tmp/../etc/passwd", "..", "a\\..\\b", "/a\nb",
         "/a\0b", "/" + "a" * 1024],
    )  # fmt: skip
    def test_an_unsafe_path_is_not_asked_for(
        self, http_client: HttpClient, open_space: Open, foreign_server: FakeServer, path: Any
    ) -> None:
        space = open_space()
        connection = open_connection(space, http_client)
        unsafe = path.format(foreign_server.url.removeprefix("http://")) if isinstance(path, str) else path
        assert failure(lambda: downloaded(connection, unsafe)).code == "bad-answer"
        assert len(space.requests) == 2
        assert foreign_server.requests == []

    @pytest.mark.parametrize(
        ("behaviour", "code"),
        [
            (fake_servers.never_reply, "timeout"),
            (fake_servers.drip_body, "timeout"),
            (fake_servers.send_endless_json, "answer-too-large"),
            (fake_servers.reply_gzipped, "bad-answer"),
            (fake_servers.reply_with({}, 403), "bad-answer"),
        ],
    )
    def test_a_hostile_file_ends_with_its_code_within_the_leash(
        self, http_client: HttpClient, open_space: Open, behaviour: Behaviour, code: str
    ) -> None:
        connection = open_connection(open_space(answers={"x.png": behaviour}), http_client)
        assert failure(lambda: downloaded(connection, "/tmp/x.png", SECONDS)).code == code

    def test_a_file_that_is_elsewhere_is_not_followed(
        self, http_client: HttpClient, open_space: Open, foreign_server: FakeServer
    ) -> None:
        connection = open_connection(
            open_space(answers={"x.png": fake_servers.redirect_to(foreign_server.url)}), http_client, AccessToken(TOKEN)
        )
        assert failure(lambda: downloaded(connection, "/tmp/x.png")).code == "bad-answer"
        assert foreign_server.requests == []


class TestToken:
    ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in TOKEN)

    @pytest.mark.parametrize("told", [TOKEN, ESCAPED, TOKEN.replace("_", "\\u200b_"), "&#104;f_" + TOKEN[3:]])
    def test_a_space_that_repeats_the_token_in_any_letters_is_masked_wherever_it_says_it(
        self, http_client: HttpClient, open_space: Open, told: str
    ) -> None:
        messages = (
            {"msg": "log", "log": "X", "level": "info"},
            {"msg": "progress", "progress_data": [{"desc": "X", "index": 1, "X": 2}]},
            make_generating(["X"]),
            make_generating([[["replace", [], "hf"]]]),
            make_generating([[["append", [], TOKEN[2:]]]]),
            make_completed([{"X": ["X"], "path": "/tmp/a", "orig_name": "X.png"}]),
        )

        def tell(exchange: Exchange) -> None:
            exchange.start_chunked()
            for message in messages:
                written = json.dumps(message | {"event_id": "event-1"}).replace("X", told)
                exchange.send_chunk(b"data: " + written.encode() + b"\n\n")
            exchange.send_chunk(b"")

        label = json.loads(f'"{told}"')
        components = [make_component(1, "textbox", label=label), make_component(2, "textbox")]
        space = open_space(config={"components": components, "title": label}, answers={"/queue/data": tell})
        connection = open_connection(space, http_client, AccessToken(TOKEN))
        events = call_and_collect(connection)
        assert TOKEN[3:] not in repr((connection.description, events))
        assert repr(events).count(tokens.MASK_TEXT) >= 7
        assert events[4] == PartialOutputEvent((tokens.MASK_TEXT,)), "put together by two diffs"
        assert connection.description.title == tokens.MASK_TEXT

    def test_what_a_validator_or_an_error_says_is_masked(self, http_client: HttpClient, open_space: Open) -> None:
        def refuse(exchange: Exchange) -> None:
            detail = json.dumps({"detail": [{"__type__": "validate", "is_valid": False, "message": "X"}]})
            exchange.reply(detail.replace("X", self.ESCAPED).encode(), 422)

        refused = failure(
            lambda: call_and_collect(
                open_connection(open_space(answers={"/join": refuse}), http_client, AccessToken(TOKEN))
            )
        )
        assert isinstance(refused, ValidationRejected)
        assert (refused.detail, list(refused.field_errors.values())) == (tokens.MASK_TEXT, [tokens.MASK_TEXT])
        failed = {"msg": "process_completed", "success": False, "output": {"error": "h\0f" + TOKEN[2:]}}
        ended = failure(
            lambda: call_and_collect(open_connection(open_space(messages=[failed]), http_client, AccessToken(TOKEN)))
        )
        assert (ended.code, ended.detail) == ("space-error", tokens.MASK_TEXT)

    def test_a_file_that_repeats_the_token_is_masked_wherever_it_is_cut(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        space = open_space(file_content=b"x" * 65_520 + TOKEN.encode() + b"y")
        content = downloaded(open_connection(space, http_client, AccessToken(TOKEN)), "/tmp/x.txt")
        assert content == b"x" * 65_520 + tokens.MASK_TEXT.encode() + b"y"

    def do_everything(self, connection: SpaceClient, kept: FileHandle) -> None:
        call_and_collect(connection, kept)
        downloaded(connection, "/tmp/x.png")
        connection.call_endpoint("/echo", ["x"], CancelScope(5)).close()
        events = connection.call_endpoint("/echo", ["x"], CancelScope(5))
        next(events)
        events.close()

    @pytest.fixture
    def space(self, open_space: Open) -> FakeSpace:
        return open_space(messages=[{"msg": "process_starts"}, make_completed(["fin"])])

    def test_a_space_that_is_not_lent_it_never_sees_it(
        self, http_client: HttpClient, space: FakeSpace, stored_file: FileHandle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", TOKEN)  # a library that looked there would send it
        self.do_everything(open_connection(space, http_client), stored_file)
        assert len(space.requests) > 8
        assert TOKEN not in repr(space.requests)

    def test_a_space_that_is_lent_it_gets_it_in_one_header_of_each_request(
        self, http_client: HttpClient, space: FakeSpace, stored_file: FileHandle
    ) -> None:
        self.do_everything(open_connection(space, http_client, AccessToken(TOKEN)), stored_file)
        assert {request.path for request in space.requests} >= {f"/gradio_api{part}" for part in (
            "/info", "/upload", "/queue/join", "/queue/data", "/cancel", "/file=/tmp/x.png")}  # fmt: skip
        for request in space.requests:
            carrying = {name: value for name, value in request.headers.items() if TOKEN in value}
            assert carrying == {"x-hf-authorization": f"Bearer {TOKEN}"}, request.path
            assert TOKEN not in request.target + repr(request.body)

    def test_a_connection_does_not_show_it(self, http_client: HttpClient, space: FakeSpace) -> None:
        connection = open_connection(space, http_client, AccessToken(TOKEN))
        assert TOKEN not in repr(connection)
        assert TOKEN not in repr(vars(connection.described_client))


class TestDirectory:
    def test_a_description_is_asked_for_once(self, http_client: HttpClient, open_space: Open) -> None:
        space, directory = open_space(), SpaceRegistry(http_client)
        assert directory.get_client(space.url, CancelScope(5)) is directory.get_client(space.url, CancelScope(5))
        assert space.paths() == ["/config", "/gradio_api/info"]

    def test_thirty_students_at_once_make_one_request(self, http_client: HttpClient, open_space: Open) -> None:
        space, directory = open_space(), SpaceRegistry(http_client)
        threads = [ThreadedCall(lambda: directory.get_client(space.url, CancelScope(5))) for _ in range(30)]
        assert len({id(thread.end(5)) for thread in threads}) == 1
        assert space.paths() == ["/config", "/gradio_api/info"]

    def test_a_failure_is_remembered_so_that_a_room_does_not_wait_in_turn(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        space, directory = open_space(answers={"/config": fake_servers.never_reply}), SpaceRegistry(http_client)
        _, seconds = time_call(lambda: [
            thread.end(5) for thread in
            [ThreadedCall(lambda: directory.get_client(space.url, CancelScope(SECONDS))) for _ in range(10)]
        ])  # fmt: skip
        assert seconds < SECONDS + GRACE_SECONDS
        result, seconds = time_call(lambda: directory.get_client(space.url, CancelScope(SECONDS)))
        assert (get_error_code(result), seconds < 0.5) == ("timeout", True)
        assert len(space.requests) == 1

    def test_who_waits_for_anothers_request_waits_no_longer_than_their_own_leash(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        space, directory, first = (
            open_space(answers={"/config": fake_servers.never_reply}),
            SpaceRegistry(http_client),
            CancelScope(30),
        )
        thread = ThreadedCall(lambda: directory.get_client(space.url, first))
        space.wait_for("/config")
        assert failure(lambda: directory.get_client(space.url, CancelScope(SECONDS))).code == "timeout"
        first.cancel()
        thread.end(1)

    def test_a_forgotten_description_is_asked_for_anew(self, http_client: HttpClient, open_space: Open) -> None:
        space, directory = open_space(), SpaceRegistry(http_client)
        directory.invalidate_space(directory.get_client(space.url, CancelScope(5)))
        directory.get_client(space.url, CancelScope(5))
        assert len(space.requests_to("/config")) == 2

    def test_an_old_description_is_asked_for_anew(self, http_client: HttpClient, open_space: Open) -> None:
        space, directory = open_space(), SpaceRegistry(http_client, ttl_seconds=0)
        directory.get_client(space.url, CancelScope(5))
        directory.get_client(space.url, CancelScope(5))
        assert len(space.requests_to("/config")) == 2

    def test_a_space_that_is_lent_the_token_shares_nothing_with_one_that_is_not(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        space, directory = open_space(), SpaceRegistry(http_client)
        directory.get_client(space.url, CancelScope(5), AccessToken(TOKEN))
        connection = directory.get_client(space.url, CancelScope(5))
        assert connection.token is None
        call_and_collect(connection)
        assert "x-hf-authorization" not in space.wait_for("/queue/join").headers


class TestTheLibraryThatWeReplaceInPart:
    def test_version_of_the_library_is_the_one_that_was_read(self) -> None:
        pinned = re.search(r"^gradio_client==(\S+)", (ROOT / "requirements.in").read_text("utf-8"), re.MULTILINE)
        assert pinned
        assert gradio_client.__version__ == pinned[1]

    @pytest.mark.parametrize(
        ("name", "parameters"),
        [
            ("_get_config", ["self"]),
            ("_get_api_info", ["self"]),
            ("_get_space_state", ["self"]),
            ("_space_name_to_src", ["self", "space"]),
        ],
    )
    def test_what_we_override_is_there(self, name: str, parameters: list[str]) -> None:
        assert list(inspect.signature(getattr(gradio_client.Client, name)).parameters) == parameters

    def test_the_constructor_takes_what_we_give_it(self) -> None:
        taken = inspect.signature(gradio_client.Client.__init__).parameters
        assert {"src", "token", "download_files", "analytics_enabled", "verbose", "max_workers"} <= set(taken)

    def test_the_constructor_asks_only_what_we_override(self) -> None:
        source = inspect.getsource(gradio_client.Client.__init__)
        asked = set(re.findall(r"self\.(_[a-z_]+)\(", source))
        assert asked == {"_get_config", "_get_api_info", "_get_space_state", "_space_name_to_src", "_login"}
        assert 'self.config.get("connect_heartbeat", True)' in source  # else it would open a stream of its own

    @pytest.mark.parametrize("name", ["insert_empty_state", "remove_skipped_components"])
    def test_what_we_use_of_an_endpoint_is_there(self, name: str) -> None:
        parameters = inspect.signature(getattr(gradio_client.client.Endpoint, name)).parameters.values()
        assert [parameter.kind.name for parameter in parameters] == ["POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL"]

    def test_an_endpoint_knows_its_name_its_number_and_whether_it_is_public(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        known = open_connection(open_space(), http_client).described_client.get_named_endpoint("/echo")
        assert (known.api_name, known.fn_index, known.is_valid) == ("/echo", 0, True)
        assert [kind.skip for kind in known.input_component_types] == [False]

    def test_knowing_a_space_opens_no_connection_and_starts_no_thread(
        self, http_client: HttpClient, open_space: Open
    ) -> None:
        space = open_space()
        before = threading.active_count()
        connection = open_connection(space, http_client)
        assert connection.described_client.analytics_enabled is False
        assert threading.active_count() - before <= 1  # the fake's own thread for this connection
        assert len(space.requests) == 2


def test_a_call_failed_is_a_course_error_with_a_known_code() -> None:
    assert isinstance(CallError("timeout"), CourseError)
    assert CallError("timeout").explanation.sentence
