"""What a run keeps of a Space that says too much, or whose file is gone: through the site, before a stand-in."""

import io
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from hfcourse import create_app
from hfcourse.errors import CallError
from hfcourse.limits.deadline import CancelScope
from hfcourse.playground import run_submission
from hfcourse.runs.execution.recorder import MAX_OUTPUT_BYTES, STORE_DUTY_DIVISOR, Recorder
from hfcourse.runs.retention import pruning
from hfcourse.runs.store import run_store
from hfcourse.spaces.client import space_client
from hfcourse.spaces.client.call_events import PartialOutputEvent
from hfcourse.spaces.form.uploads import UPLOAD_GONE
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from tests.conftest import end
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeSpace, generating
from tests.spaces.hostile_spaces import takes_file
from tests.support.clients import Student, error_codes, read


def run_of(student: Student) -> dict[str, Any]:
    """A run of the only endpoint, over."""
    page = student.open("/espaces/a/b")
    return student.finished(student.send(page, words="bonjour").headers["Location"])


def test_what_may_be_stored_is_what_one_message_may_hold() -> None:
    assert MAX_OUTPUT_BYTES == space_client.MAX_EVENT_BYTES


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every partial output is worth storing, however fast they come or long storing took."""
    for pause in ("EVENT_INTERVAL_SECONDS", "STORE_DUTY_DIVISOR"):
        monkeypatch.setattr(f"hfcourse.runs.execution.recorder.{pause}", 0)


@pytest.mark.usefixtures("unhurried")
def test_a_generator_that_grows_without_end_is_refused_and_what_fitted_is_kept(site: Flask, space: FakeSpace) -> None:
    half = "x" * (MAX_OUTPUT_BYTES // 2 - 1000)
    space.messages = [generating([half]), *[generating([[["append", [], half]]])] * 6]
    run = run_of(Student(site.test_client()))
    assert run["error"]["code"] == "answer-too-large"
    assert len(run["outputs"][0]["value"].encode()) <= MAX_OUTPUT_BYTES
    assert run["outputs"][0]["value"].startswith(half)


def recorder(app: Flask) -> Recorder:
    """What records a run with one output."""
    with app.app_context():
        run_id = run_store.create_run("awa", space="a/b", endpoint="/e", title="", parameters=[], inputs={}, files=[])
        run = run_store.claim_run(run_id)
        assert run is not None
        made = Recorder(run)
    made.endpoint = Endpoint("/e", "E", "", (), (ReturnValue("Sortie", "Textbox"),))
    return made


@pytest.mark.usefixtures("unhurried")
def test_a_value_too_large_to_store_ends_the_run_with_the_one_before(app: Flask) -> None:
    recording = recorder(app)
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
    recording, stored = recorder(app), []

    def slow(run_id: str, told: list, received: int) -> None:
        stored.append(received)
        time.sleep(0.1)

    monkeypatch.setattr(run_store, "append_partial", slow)
    with app.app_context():
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            recording.record_event(PartialOutputEvent(("x",)))
    assert 2 <= len(stored) <= 1.2 / (0.1 * STORE_DUTY_DIVISOR) + 1


def test_a_file_that_vanishes_while_its_run_is_made_is_asked_for_again(
    site: Flask, space: FakeSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking = takes_file(fake_servers.says(["/tmp/x"]))
    space.config, space.info = taking["config"], taking["info"]
    student = Student(site.test_client())
    page = student.open("/espaces/a/b")
    kept_of = run_submission.collect_run_fields

    def kept_then_gone(endpoint, values):
        given = kept_of(endpoint, values)
        pruning.delete_orphan_files([file_id for _, file_id in given["files"]])
        return given

    monkeypatch.setattr(run_submission, "collect_run_fields", kept_then_gone)
    response = student.send(page, piece=(io.BytesIO(b"texte"), "note.txt"))
    assert response.status_code == 400
    again = read(response)
    assert error_codes(again)[0] == "invalid-input"
    assert UPLOAD_GONE in again.get_text()
    assert space.asked("/join") == []


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
    end(made)
    assert (place.url, place.may_have_token) == ("https://a-b.hf.space", True)


def test_a_space_that_breaks_down_on_an_empty_field_is_told_so(site: Flask, space: FakeSpace) -> None:
    taking = takes_file(fake_servers.says(["/tmp/x"]))
    space.config, space.info = taking["config"], taking["info"]
    space.messages = [fake_servers.failed(error=None)]
    student = Student(site.test_client())
    run = student.finished(student.send(student.open("/espaces/a/b")).headers["Location"])
    assert run["error"]["code"] == "space-exception"
    assert "Un champ est parti vide" in student.open(f"/essais/{run['id']}").get_text(" ", strip=True)
