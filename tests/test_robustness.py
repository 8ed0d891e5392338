"""What a hostile Space, a busy class or a bad moment must not break: pages, memory, and the end of every run."""

import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from hfcourse import database
from hfcourse.errors import CallCancelled, CallError
from hfcourse.files import file_store
from hfcourse.limits.deadline import CancelScope
from hfcourse.practice.server import PracticeServer
from hfcourse.runs.execution import sessions
from hfcourse.runs.execution.event_throttle import MAX_LOG_MESSAGES
from hfcourse.runs.execution.output_serializer import OutputSerializer
from hfcourse.runs.execution.recorder import Recorder
from hfcourse.runs.queue import monitor
from hfcourse.runs.retention import eviction
from hfcourse.runs.store import effective_status, heartbeat, run_store
from hfcourse.runs.store.models import Run, RunEvent, SpaceSession
from hfcourse.runs.store.queue_counts import QueuedRun
from hfcourse.spaces import catalogue
from hfcourse.spaces.client.call_events import CallEvent, LogEvent, PartialOutputEvent, ProgressEvent, QueuedEvent
from hfcourse.spaces.client.queue_protocol import QueueProtocol
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue
from hfcourse.spaces.untrusted.safe_json import MAX_JSON_LEVELS, parse_untrusted_json
from tests.spaces.fake_servers import make_generating

VISITOR = "awa"


def store_run(**values: Any) -> str:
    """A stored run of the visitor."""
    run_id = run_store.create_run(VISITOR, space="a/b", endpoint="/e", title="E", parameters=[], inputs={}, files=[])
    if values:
        with database.write_session() as session:
            session.execute(update(Run).where(Run.id == run_id).values(**values))
    return run_id


def start_run() -> str:
    """A run of the visitor that somebody has in hand."""
    run_id = store_run()
    assert run_store.claim_run(run_id)
    return run_id


def load_run(run_id: str) -> Run:
    run = run_store.load_run(run_id)
    assert run is not None
    return run


def make_recorder(run_id: str, *components: str) -> Recorder:
    """What records a run of an endpoint with these outputs."""
    return Recorder(load_run(run_id), OutputSerializer([ReturnValue("Sortie", name) for name in components]))


@pytest.fixture
def visitor(client: FlaskClient) -> FlaskClient:
    """The browser of the visitor whose runs are made here."""
    with client.session_transaction() as session:
        session["visitor"] = VISITOR
    return client


# What a Space says of itself


def described(parameters: list[dict[str, Any]], components: list[dict[str, Any]], inputs: list[int], times: int = 1):
    """The description of a Space with the same endpoint so many times."""
    dependencies = [{"api_name": f"e{n}", "inputs": inputs, "outputs": []} for n in range(times)]
    named = {f"/e{n}": {"parameters": parameters, "returns": []} for n in range(times)}
    return build_description({"components": components, "dependencies": dependencies}, {"named_endpoints": named})


def parameter(name: str) -> dict[str, Any]:
    return {"parameter_name": name, "label": name, "type": {}, "component": "Dropdown"}


@pytest.mark.parametrize("props", [{"choices": [["a", 1]] * 2000}, {"headers": ["a"] * 5000}, {"value": "a" * 20_000}])
def test_one_component_used_twenty_thousand_times_is_read_once(props: dict[str, Any]) -> None:
    parameters = [parameter(f"p{n}") for n in range(100)]
    found = described(parameters, [{"id": 1, "type": "dropdown", "props": props}], [1] * 100, times=200)
    used = [each for endpoint in found.endpoints for each in endpoint.parameters]
    assert len(used) == 20_000
    assert len({id(each.choices) for each in used}) == 1
    assert len({id(each.headers) for each in used}) == 1


def test_no_name_or_label_holds_a_character_that_postgresql_refuses() -> None:
    endpoint = described([parameter("a\0b")], [], []).endpoints[0]
    assert (endpoint.parameters[0].name, endpoint.parameters[0].label) == ("ab", "ab")


# What comes back


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_an_answer_with_too_many_levels_is_refused_before_anything_walks_it() -> None:
    assert parse_untrusted_json(nested(MAX_JSON_LEVELS - 1).encode()) is not None
    with pytest.raises(CallError, match="bad-answer"):
        parse_untrusted_json(nested(MAX_JSON_LEVELS + 1).encode())


def test_diffs_that_deepen_a_value_step_by_step_are_refused_too() -> None:
    reading = QueueProtocol("sse_v3", lambda *values: values, 60)

    list(reading.parse_events(make_generating([[]])))
    for depth in range(1, 151, 50):
        list(reading.parse_events(make_generating([[["add", [0] * depth, parse_untrusted_json(nested(50).encode())]]])))
    with pytest.raises(CallError, match="bad-answer"):
        list(reading.parse_events(make_generating([[["add", [0] * 151, parse_untrusted_json(nested(50).encode())]]])))


@pytest.mark.parametrize(
    ("component", "value"),
    [
        ("Chatbot", [{"role": "user", "content": True}]),
        ("Chatbot", [{"role": None, "content": {"file": 1}}]),
        ("Label", {"label": "x", "confidences": [{"label": "x", "confidence": 10**400}]}),
        ("Image", {"file": "/x", "name": "x", "bytes": None, "media_type": []}),
        ("Json", parse_untrusted_json(nested(MAX_JSON_LEVELS - 1).encode())),
        ("Number", 10**400),
        ("Dataframe", {"headers": [{}], "data": [[None, {}, True], []]}),
    ],
    ids=["chat of no text", "chat of a dict", "huge share", "file of nothing", "deep", "huge number", "ragged table"],
)
def test_a_value_of_a_strange_shape_is_shown_and_no_page_breaks(
    app: Flask, visitor: FlaskClient, component: str, value: Any
) -> None:
    with app.app_context():
        run_id = start_run()
        recording = make_recorder(run_id, component)
        recording.record_event(PartialOutputEvent((value,)))
        pages = f"/essais/{run_id}", f"/essais/{run_id}/statut", f"/essais/{run_id}.json"
        assert [visitor.get(page).status_code for page in pages] == [200] * 3
        recording.finish_with_outputs((value,), lambda path: b"")
        assert [visitor.get(page).status_code for page in pages] == [200] * 3


def test_a_very_long_table_shows_its_beginning_and_says_so(app: Flask, visitor: FlaskClient) -> None:
    with app.app_context():
        run_id = start_run()
        table = {"headers": ["a"], "data": [[n] for n in range(2000)]}
        make_recorder(run_id, "Dataframe").finish_with_outputs((table,), lambda path: b"")
    page = BeautifulSoup(visitor.get(f"/essais/{run_id}").text, "html.parser")
    assert len(page.select("tbody tr")) == 500
    assert "2\u202f000" in page.get_text()
    assert len(visitor.get(f"/essais/{run_id}.json").get_json()["outputs"][0]["value"]["data"]) == 2000


def test_a_space_cannot_write_a_link_in_the_place_of_a_file_of_ours(app: Flask, visitor: FlaskClient) -> None:
    forged = {"file": "javascript:alert(1)", "name": "x", "bytes": 1, "media_type": "text/plain"}
    with app.app_context():
        run_id = start_run()
        make_recorder(run_id, "Json", "File").finish_with_outputs((forged, [forged]), lambda path: b"")
        with database.write_session() as session:
            typed = {"parameters": [{"name": "p", "label": "P"}], "inputs": {"p": forged}}
            session.execute(update(Run).where(Run.id == run_id).values(**typed))
    page = BeautifulSoup(visitor.get(f"/essais/{run_id}").text, "html.parser")
    assert not [tag for tag in page.select("[href], [src]") if "javascript:" in str(tag.attrs)]


def test_a_space_that_talks_without_end_is_stored_in_part(app: Flask) -> None:
    with app.app_context():
        run_id = start_run()
        recording = make_recorder(run_id)
        events: list[CallEvent] = [
            LogEvent("info", "encore"),
            ProgressEvent(({"progress": 0.1},)),
            QueuedEvent(1, 2, None),
        ]
        for _ in range(MAX_LOG_MESSAGES * 3):
            for event in events:
                recording.record_event(event)
        with database.read_session() as session:
            kinds = list(session.scalars(select(RunEvent.kind).where(RunEvent.run_id == run_id)))
    assert kinds.count("log") == MAX_LOG_MESSAGES
    assert kinds.count("progress") < MAX_LOG_MESSAGES
    assert kinds.count("queued") < MAX_LOG_MESSAGES


def test_every_partial_output_is_counted_though_not_every_one_is_stored(app: Flask) -> None:
    with app.app_context():
        run_id = start_run()
        recording = make_recorder(run_id, "Textbox")
        for n in range(5):
            recording.record_event(PartialOutputEvent((str(n),)))
        recording.finish_without_result("stopped")
        run = load_run(run_id)
    assert (run.partials, run.outputs[0]["value"]) == (5, "4")


# Who has a run in hand


def test_a_run_that_nobody_has_in_hand_is_interrupted_though_its_process_lives(app: Flask) -> None:
    old = database.utc_now() - timedelta(seconds=effective_status.STALE_SECONDS + 1)
    dispatcher = app.extensions["dispatcher"]
    dispatcher.limits.max_active = 0
    with app.app_context():
        lost, held = store_run(heartbeat=old), store_run(heartbeat=old)
        dispatcher.enqueue(QueuedRun(held, VISITOR, "a/b"))
        dispatcher.monitor.tick()
        heartbeat.mark_abandoned()
        assert load_run(lost).status == "interrupted"
        assert load_run(held).status == "queued"


def test_runs_left_behind_do_not_fill_the_waiting_room(app: Flask) -> None:
    with app.app_context():
        store_run(heartbeat=database.utc_now() - timedelta(seconds=effective_status.STALE_SECONDS + 1))
        assert heartbeat.count_queued_runs().total == 0
        store_run()
        assert heartbeat.count_queued_runs().total == 1


def test_a_run_stopped_while_it_waits_gives_up_its_place(app: Flask) -> None:
    dispatcher = app.extensions["dispatcher"]
    dispatcher.limits.max_active = 0
    with app.app_context():
        first, second = store_run(), store_run()
        for run_id in (first, second):
            dispatcher.enqueue(QueuedRun(run_id, VISITOR, "a/b"))
        assert dispatcher.find_queue_position(second) == (1, 2)
        dispatcher.stop_run(first)
        assert dispatcher.find_queue_position(second) == (0, 1)
        assert load_run(first).status == "stopped"


def test_a_run_waits_when_the_system_gives_no_thread(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    dispatcher = app.extensions["dispatcher"]
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith("run-"):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with app.app_context():
        run_id = store_run()
        dispatcher.enqueue(QueuedRun(run_id, VISITOR, "a/b"))
    assert dispatcher.find_queue_position(run_id) == (0, 1)
    assert not dispatcher.queue.active_counts.visitors


def test_runs_end_before_the_practice_space_at_exit(tmp_path) -> None:
    script = f"""
from hfcourse import create_app
from hfcourse.practice.server import PracticeServer
from hfcourse.runs.queue.dispatcher import Dispatcher
Dispatcher.shut_down = lambda self, grace: print("runs")
PracticeServer.stop = lambda self: print("practice")
app = create_app({{"INSTANCE": {str(tmp_path)!r}}})
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.split() == ["runs", "practice"]


def test_a_run_can_be_stopped_while_the_practice_space_wakes(app: Flask, tmp_path) -> None:
    waking = PracticeServer(tmp_path / "never", command=(sys.executable, "-c", "import time; time.sleep(60)"))
    app.extensions["practice"] = waking
    leash = CancelScope(30)
    threading.Timer(0.3, leash.cancel).start()
    with app.app_context(), pytest.raises(CallCancelled), resolver.keep_awake(catalogue.PRACTICE_SPACE_ID, leash):
        pass
    waking.stop()


# Disk, log


def test_files_of_forms_that_were_never_sent_go_before_those_of_runs(app: Flask) -> None:
    with app.app_context():
        loose, ours, new = (file_store.save_file(VISITOR, "x", b"x" * 100) for _ in range(3))
        old = database.utc_now() - timedelta(minutes=2)
        with database.write_session() as session:
            names = [loose.id, ours.id]
            session.execute(
                update(file_store.StoredFile).where(file_store.StoredFile.id.in_(names)).values(created=old)
            )
        kept = [("image", ours.id)]
        run_id = run_store.create_run(
            VISITOR, space="a/b", endpoint="/e", title="", parameters=[], inputs={}, files=kept
        )
        run_store.finish_run(run_id, "succeeded", [])
        assert eviction.enforce_total_limit(250) == 0
        assert [file_store.find_file(VISITOR, each.id) is None for each in (loose, ours, new)] == [True, False, False]
        assert eviction.enforce_total_limit(150) == 0, "the run stays, without its file"
        assert run_store.load_run(run_id) is not None
        assert [each.is_missing() for each in (ours, new)] == [True, False]


def test_old_sessions_at_spaces_are_forgotten(app: Flask) -> None:
    with app.app_context():
        hashes = [sessions.get_or_create_session(VISITOR, space, "")[0] for space in ("a/b", "a/c")]
        past = database.utc_now() - timedelta(days=app.config["KEEP_DAYS"] + 1)
        with database.write_session() as session:
            session.execute(update(SpaceSession).where(SpaceSession.space == "a/b").values(created=past))
        eviction.prune_all()
        assert sessions.get_or_create_session(VISITOR, "a/c", "")[0] == hashes[1]
        assert sessions.get_or_create_session(VISITOR, "a/b", "")[0] != hashes[0]


def test_what_a_student_typed_is_not_in_the_text_of_a_database_error(app: Flask) -> None:
    with app.app_context():
        run_id = store_run()
        with pytest.raises(IntegrityError) as raised, database.write_session() as session:
            session.execute(update(Run).where(Run.id == run_id).values(title="mon secret", status=None))
    assert "mon secret" not in str(raised.value)


def test_the_keeper_does_not_wait_for_the_pruning(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    pruned, may_end = threading.Event(), threading.Event()

    def slow() -> int:
        pruned.set()
        may_end.wait(20)
        return 0

    monkeypatch.setattr(monitor.eviction, "prune_all", slow)
    app.extensions["dispatcher"].monitor.tick()
    assert pruned.wait(5)
    app.extensions["dispatcher"].monitor.tick()
    may_end.set()


def test_what_had_arrived_of_an_interrupted_run_is_shown(app: Flask, visitor: FlaskClient) -> None:
    with app.app_context():
        run_id = start_run()
        outputs = [{"label": "Sortie", "component": "Textbox", "value": "1… 2…"}]
        run_store.append_partial(run_id, [run_store.NewEvent("partial", {"outputs": outputs})], 1)
        heartbeat.interrupt_runs([run_id])
    run = visitor.get(f"/essais/{run_id}.json").get_json()
    assert (run["status"], run["outputs"][0]["value"]) == ("interrupted", "1… 2…")
    assert "1… 2…" in visitor.get(f"/essais/{run_id}").get_data(as_text=True)
