"""What a run keeps of a Space that says too much, or whose file is gone: through the site, before a stand-in."""

import io
import itertools
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from hfcourse import create_app
from hfcourse.errors import CallError
from hfcourse.limits.deadline import CancelScope
from hfcourse.playground import run_submission
from hfcourse.runs.execution.event_throttle import DELIVERY_DUTY_DIVISOR
from hfcourse.runs.execution.output_serializer import MAX_OUTPUT_BYTES, OutputSerializer
from hfcourse.runs.execution.recorder import Recorder
from hfcourse.runs.retention import pruning
from hfcourse.runs.store import run_store
from hfcourse.spaces.client import space_client
from hfcourse.spaces.client.call_events import PartialOutputEvent
from hfcourse.spaces.form.uploads import UPLOAD_GONE
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeSpace, make_generating
from tests.spaces.hostile_spaces import build_file_taking_space
from tests.support.apps import close_app
from tests.support.clients import BrowserClient
from tests.support.clocks import ManualClock
from tests.support.form_parsing import list_error_codes, parse_page


def run_of(student: BrowserClient) -> dict[str, Any]:
    """A run of the only endpoint, over."""
    page = student.open_page("/espaces/a/b")
    return student.wait_for_end(student.submit_form(page, words="bonjour").headers["Location"])


def test_what_may_be_stored_is_what_one_message_may_hold() -> None:
    assert MAX_OUTPUT_BYTES == space_client.MAX_EVENT_BYTES


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every partial output is worth storing, however fast they come or long storing took."""
    for pause in ("EVENT_INTERVAL_SECONDS", "DELIVERY_DUTY_DIVISOR"):
        monkeypatch.setattr(f"hfcourse.runs.execution.event_throttle.{pause}", 0)


@pytest.mark.usefixtures("unhurried")
def test_a_generator_that_grows_without_end_is_refused_and_what_fitted_is_kept(site: Flask, space: FakeSpace) -> None:
    half = "x" * (MAX_OUTPUT_BYTES // 2 - 1000)
    space.messages = [make_generating([half]), *[make_generating([[["append", [], half]]])] * 6]
    run = run_of(BrowserClient(site.test_client()))
    assert run["error"]["code"] == "answer-too-large"
    assert len(run["outputs"][0]["value"].encode()) <= MAX_OUTPUT_BYTES
    assert run["outputs"][0]["value"].startswith(half)


def make_recorder(app: Flask, clock: ManualClock | None = None) -> Recorder:
    """Create the recorder of a run with one output, by the clock of the test if it has one."""
    with app.app_context():
        run_id = run_store.create_run("awa", space="a/b", endpoint="/e", title="", parameters=[], inputs={}, files=[])
        run = run_store.claim_run(run_id)
        assert run is not None
        timing = {"call_at": clock.call_at, "clock": clock.read} if clock else {}
        return Recorder(run, OutputSerializer([ReturnValue("Sortie", "Textbox")]), **timing)


@pytest.mark.usefixtures("unhurried")
def test_a_value_too_large_to_store_ends_the_run_with_the_one_before(app: Flask) -> None:
    recording = make_recorder(app)
    with app.app_context():
        recording.record_event(PartialOutputEvent(("petit",)))
        with pytest.raises(CallError, match="answer-too-large"):
            recording.record_event(PartialOutputEvent(("x" * MAX_OUTPUT_BYTES,)))
        recording.finish_without_result("failed", "answer-too-large")
        run = run_store.load_run(recording.run.id)
    assert run is not None
    assert [output["value"] for output in run.outputs] == ["petit"]


def test_partial_outputs_that_take_long_to_store_are_stored_less_often(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    recording, stored, begun = make_recorder(app, clock), [], clock.now

    def store_slowly(run_id: str, events: list, received: int) -> None:
        stored.append(clock.now - begun)
        clock.advance(0.1)

    monkeypatch.setattr(run_store, "append_partial", store_slowly)
    with app.app_context():
        while clock.now < begun + 1.2:
            recording.record_event(PartialOutputEvent(("x",)))
            clock.advance(0.01)
    pauses = [later - earlier for earlier, later in itertools.pairwise(stored)]
    assert len(pauses) == 2
    assert all(pause == pytest.approx(0.1 * DELIVERY_DUTY_DIVISOR, abs=0.011) for pause in pauses)


def test_a_file_that_vanishes_while_its_run_is_made_is_asked_for_again(
    site: Flask, space: FakeSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking = build_file_taking_space(fake_servers.reply_with(["/tmp/x"]))
    space.config, space.info = taking["config"], taking["info"]
    student = BrowserClient(site.test_client())
    page = student.open_page("/espaces/a/b")
    kept_of = run_submission.collect_run_fields

    def kept_then_gone(endpoint, values):
        given = kept_of(endpoint, values)
        pruning.delete_orphan_files([file_id for _, file_id in given["files"]])
        return given

    monkeypatch.setattr(run_submission, "collect_run_fields", kept_then_gone)
    response = student.submit_form(page, piece=(io.BytesIO(b"texte"), "note.txt"))
    assert response.status_code == 400
    again = parse_page(response)
    assert list_error_codes(again)[0] == "invalid-input"
    assert UPLOAD_GONE in again.get_text()
    assert space.requests_to("/join") == []


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://a-b.hf.space", True),
        ("https://a-b.hf.space/", True),
        ("https://spaces.example.org/some/path", True),
        ("https://a-b.hf.space/path", False),
        ("http://a-b.hf.space", False),
        ("https://a.b.hf.space", False),
        ("https://a-b.hf.space.example.org", False),
        ("https://a-b.hf.space:8443", False),
        ("https://spaces.example.org:8443", False),
        ("https://elsewhere.example.org", False),
    ],
)
def test_where_a_space_of_the_catalogue_may_be_lent_the_token(app: Flask, url: str, is_allowed: bool) -> None:
    app.config["SPACE_ORIGINS"] = ("https://spaces.example.org",)
    with app.app_context():
        assert resolver.is_allowed_origin(url) is is_allowed


def test_a_private_space_of_the_catalogue_named_by_its_address_is_lent_the_token(tmp_path: Path) -> None:
    (tmp_path / "spaces.toml").write_text('[[space]]\nid = "a/b"\ntoken = true\nurl = "https://a-b.hf.space"\n')
    made = create_app({"INSTANCE": str(tmp_path), "TESTING": True})
    with made.app_context():
        place = resolver.resolve_space("a/b", CancelScope(1))
    close_app(made)
    assert (place.url, place.may_have_token) == ("https://a-b.hf.space", True)


def test_a_space_that_breaks_down_on_an_empty_field_is_told_so(site: Flask, space: FakeSpace) -> None:
    taking = build_file_taking_space(fake_servers.reply_with(["/tmp/x"]))
    space.config, space.info = taking["config"], taking["info"]
    space.messages = [fake_servers.make_failed(error=None)]
    student = BrowserClient(site.test_client())
    run = student.wait_for_end(student.submit_form(student.open_page("/espaces/a/b")).headers["Location"])
    assert run["error"]["code"] == "space-exception"
    assert "Un champ est parti vide" in student.open_page(f"/essais/{run['id']}").get_text(" ", strip=True)
