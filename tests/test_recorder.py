"""What is stored of the events of a run, and when."""

from collections.abc import Iterator

import pytest
from flask import Flask

from hfcourse.runs import store
from hfcourse.runs.recorder import Recorder
from hfcourse.spaces.description import Endpoint, Return
from hfcourse.spaces.events import Log, Partial, Queued, Started


@pytest.fixture(autouse=True)
def inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def recorder() -> Recorder:
    """Records a run that somebody has in hand, of an endpoint with one text."""
    run_id = store.create("awa", space="a/b", endpoint="/e", title="E", parameters=[], inputs={}, files={})
    run = store.claim(run_id)
    assert run is not None
    recording = Recorder(run)
    recording.endpoint = Endpoint("/e", "E", "", (), (Return("Sortie", "Textbox"),))
    return recording


def stored(recorder: Recorder) -> list[str]:
    run = store.find(recorder.run.id, "awa")
    assert run is not None
    return [event.kind for event in run.events]


def test_a_place_in_the_queue_is_stored_at_once(recorder: Recorder) -> None:
    recorder.record(Queued(2, 5, 40.0))
    assert stored(recorder) == ["queued"]


def test_the_end_of_the_wait_is_stored_at_once(recorder: Recorder) -> None:
    recorder.record(Queued(1, 5, 40.0))
    recorder.record(Started(None))
    assert stored(recorder) == ["queued", "started"]


def test_what_changes_nothing_to_see_is_stored_with_the_next_event_that_does(recorder: Recorder) -> None:
    recorder.record(Queued(0, 1, None))
    recorder.record(Started(0.1))
    assert stored(recorder) == []
    recorder.record(Log("info", "Bonjour"))
    assert stored(recorder) == ["queued", "started", "log"]


def test_nothing_that_was_held_back_is_lost_at_the_end(recorder: Recorder) -> None:
    recorder.record(Queued(0, 1, None))
    recorder.record(Started(0.1))
    recorder.finish(["Bonjour"], lambda _path: b"")
    assert stored(recorder) == ["queued", "started"]
    run = store.find(recorder.run.id, "awa")
    assert run is not None
    assert (run.status, run.outputs[0]["value"]) == ("succeeded", "Bonjour")


def test_a_partial_output_takes_the_place_of_the_one_before(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pause in ("TOLD_SECONDS", "STORE_SHARE"):
        monkeypatch.setattr(f"hfcourse.runs.recorder.{pause}", 0)
    for text in ("B", "Bo", "Bon"):
        recorder.record(Partial((text,)))
    run = store.find(recorder.run.id, "awa")
    assert run is not None
    assert stored(recorder) == ["partial"]
    assert (run.partials, run.latest("partial")["outputs"][0]["value"]) == (3, "Bon")
