"""What is stored of the events of a run, and when."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from hfcourse.errors import CallError
from hfcourse.files import file_store
from hfcourse.runs.execution.preview_images import PreviewImages
from hfcourse.runs.execution.recorder import Recorder
from hfcourse.runs.store import run_store
from hfcourse.spaces.client.call_events import LogEvent, PartialOutputEvent, ProgressEvent, QueuedEvent, StartedEvent
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from tests.support.practice_space import until

PATIENCE_SECONDS = 20


@pytest.fixture(autouse=True)
def inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def recorder() -> Recorder:
    """Records a run that somebody has in hand, of an endpoint with one text."""
    run_id = run_store.create_run("awa", space="a/b", endpoint="/e", title="E", parameters=[], inputs={}, files=[])
    run = run_store.claim_run(run_id)
    assert run is not None
    recording = Recorder(run)
    recording.endpoint = Endpoint("/e", "E", "", (), (ReturnValue("Sortie", "Textbox"),))
    return recording


def stored(recorder: Recorder) -> list[str]:
    run = run_store.find_run(recorder.run.id, "awa")
    assert run is not None
    return [event.kind for event in run.events]


def test_a_place_in_the_queue_is_stored_at_once(recorder: Recorder) -> None:
    recorder.record_event(QueuedEvent(2, 5, 40.0))
    assert stored(recorder) == ["queued"]


def test_the_end_of_the_wait_is_stored_at_once(recorder: Recorder) -> None:
    recorder.record_event(QueuedEvent(1, 5, 40.0))
    recorder.record_event(StartedEvent(None))
    assert stored(recorder) == ["queued", "started"]


def test_what_changes_nothing_to_see_is_stored_with_the_next_event_that_does(recorder: Recorder) -> None:
    recorder.record_event(QueuedEvent(0, 1, None))
    recorder.record_event(StartedEvent(0.1))
    assert stored(recorder) == []
    recorder.record_event(LogEvent("info", "Bonjour"))
    assert stored(recorder) == ["queued", "started", "log"]


def test_nothing_that_was_held_back_is_lost_at_the_end(recorder: Recorder) -> None:
    recorder.record_event(QueuedEvent(0, 1, None))
    recorder.record_event(StartedEvent(0.1))
    recorder.finish_with_outputs(["Bonjour"], lambda _path: b"")
    assert stored(recorder) == ["queued", "started"]
    run = run_store.find_run(recorder.run.id, "awa")
    assert run is not None
    assert (run.status, run.outputs[0]["value"]) == ("succeeded", "Bonjour")


def test_a_partial_output_takes_the_place_of_the_one_before(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pause in ("EVENT_INTERVAL_SECONDS", "STORE_DUTY_DIVISOR"):
        monkeypatch.setattr(f"hfcourse.runs.execution.recorder.{pause}", 0)
    for text in ("B", "Bo", "Bon"):
        recorder.record_event(PartialOutputEvent((text,)))
    run = run_store.find_run(recorder.run.id, "awa")
    assert run is not None
    assert stored(recorder) == ["partial"]
    assert (run.partials, run.get_latest_event("partial")["outputs"][0]["value"]) == (3, "Bon")


def latest(recorder: Recorder, kind: str) -> dict:
    run = run_store.find_run(recorder.run.id, "awa")
    assert run is not None
    return run.get_latest_event(kind)


def test_what_comes_too_soon_is_stored_a_moment_later_though_nothing_follows(recorder: Recorder) -> None:
    for part in (0.1, 0.2, 0.3):
        recorder.record_event(ProgressEvent(({"progress": part},)))
    assert until(lambda: latest(recorder, "progress")["steps"][0]["progress"] == 0.3, PATIENCE_SECONDS)
    for words in ("un", "un deux"):
        recorder.record_event(PartialOutputEvent((words,)))
    assert until(lambda: latest(recorder, "partial")["outputs"][0]["value"] == "un deux", PATIENCE_SECONDS)


def test_a_call_that_stays_the_next_one_at_a_space_is_said_to_wait(recorder: Recorder) -> None:
    recorder.record_event(QueuedEvent(0, 1, None))
    assert until(lambda: latest(recorder, "queued").get("rank") == 0, PATIENCE_SECONDS)


def test_nothing_that_was_put_off_is_stored_after_the_end(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    put_off = []
    monkeypatch.setattr("hfcourse.runs.execution.recorder.timers.call_at", lambda _moment, do: put_off.append(do))
    recorder.record_event(PartialOutputEvent(("un",)))
    recorder.record_event(PartialOutputEvent(("un deux",)))
    recorder.finish_with_outputs(["fin"], lambda _path: b"")
    before = stored(recorder)
    for do in put_off:
        do()
    assert stored(recorder) == before


def painted(path: str) -> PartialOutputEvent:
    return PartialOutputEvent(({"path": path, "orig_name": "image.png", "meta": {"_type": "gradio.FileData"}},))


@pytest.fixture
def painter(recorder: Recorder) -> Recorder:
    """Records a run of an endpoint with one picture, whose Space has every one that it names."""
    recorder.endpoint = Endpoint("/e", "E", "", (), (ReturnValue("Image", "Image"),))
    recorder.preview_images = PreviewImages(recorder.run, lambda path: [b"\x89PNG\r\n\x1a\n", path.encode()])
    return recorder


def pictures(recorder: Recorder) -> list[bytes]:
    """What is kept of the run's pictures; another thread may be deleting one of them."""
    while True:
        run = run_store.load_run(recorder.run.id)
        assert run is not None
        with suppress(FileNotFoundError):
            return [file_store.FileHandle.from_row(item.file).read_content()[8:] for item in run.files]


def paint(painter: Recorder, *paths: str) -> None:
    for path in paths:
        painter.record_event(painted(path))
        assert until(lambda path=path: path.encode() in pictures(painter), PATIENCE_SECONDS), path


def test_pictures_that_replace_each_other_are_deleted_soon(painter: Recorder, app: Flask) -> None:
    paint(painter, *(f"/tmp/{n}.png" for n in range(6)))
    latest_three = [b"/tmp/3.png", b"/tmp/4.png", b"/tmp/5.png"]
    assert until(lambda: pictures(painter) == latest_three, PATIENCE_SECONDS)
    painter.finish_without_result("stopped")
    assert pictures(painter) == [b"/tmp/5.png"], "what had arrived is kept"
    kept = [path for path in (Path(app.instance_path) / "files").rglob("*") if path.is_file()]
    assert len(kept) == 1


def test_of_the_pictures_of_a_run_that_succeeded_its_own_are_left(
    painter: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(painter, "/tmp/1.png", "/tmp/2.png")
    put_off = []
    monkeypatch.setattr("hfcourse.runs.execution.recorder.timers.call_at", lambda _moment, do: put_off.append(do))
    painter.finish_with_outputs(painted("/tmp/3.png").values, lambda path: [path.encode()] * 2)
    for do in put_off:
        do()
    assert pictures(painter) == [b"/tmp/3.png/tmp/3.png"[8:]]


def test_a_file_that_is_no_picture_comes_at_the_end(painter: Recorder) -> None:
    painter.record_event(painted("/tmp/film.mp4"))
    assert latest(painter, "partial")["outputs"][0]["value"]["$why"] == "later"
    assert pictures(painter) == []


def test_a_picture_that_the_space_is_slow_to_give_ends_nothing(painter: Recorder) -> None:
    def fail(_path: str) -> list[bytes]:
        raise CallError("timeout")

    painter.preview_images = PreviewImages(painter.run, fail)
    painter.record_event(painted("/tmp/1.png"))
    assert latest(painter, "partial")["outputs"][0]["value"]["$file"] is None
