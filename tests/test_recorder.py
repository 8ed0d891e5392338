"""What is stored of the events of a run, and when."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from hfcourse.errors import CallError
from hfcourse.files import file_store
from hfcourse.runs.execution import event_throttle
from hfcourse.runs.execution.output_serializer import OutputSerializer
from hfcourse.runs.execution.preview_images import PreviewImages
from hfcourse.runs.execution.recorder import PREVIEW_IMAGE_TTL_SECONDS, QUEUED_DEBOUNCE_SECONDS, Recorder
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.spaces.client.call_events import LogEvent, PartialOutputEvent, ProgressEvent, QueuedEvent, StartedEvent
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue
from tests.support.clocks import ManualClock
from tests.support.factories import read_stored_file
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("app_context")


def claimed_run() -> Run:
    run_id = run_store.create_run("awa", space="a/b", endpoint="/e", title="E", parameters=[], inputs={}, files=[])
    run = run_store.claim_run(run_id)
    assert run is not None
    return run


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def timed(clock: ManualClock, serializer: OutputSerializer, previews: PreviewImages | None = None) -> Recorder:
    """Records a claimed run by a clock that only the test advances."""
    run = claimed_run() if previews is None else previews.run
    return Recorder(run, serializer, previews, call_at=clock.call_at, clock=clock.read)


@pytest.fixture
def recorder(clock: ManualClock) -> Recorder:
    """Records a run of an endpoint with one text."""
    return timed(clock, OutputSerializer([ReturnValue("Sortie", "Textbox")]))


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
    assert stored(recorder) == ["queued", "started", "summary"]
    run = run_store.find_run(recorder.run.id, "awa")
    assert run is not None
    assert (run.status, run.outputs[0]["value"]) == ("succeeded", "Bonjour")


def test_a_partial_output_takes_the_place_of_the_one_before(recorder: Recorder, clock: ManualClock) -> None:
    for text in ("B", "Bo", "Bon"):
        recorder.record_event(PartialOutputEvent((text,)))
        clock.advance(1)
    run = run_store.find_run(recorder.run.id, "awa")
    assert run is not None
    assert stored(recorder) == ["partial"]
    assert (run.partials, run.get_latest_event("partial")["outputs"][0]["value"]) == (3, "Bon")


def latest(recorder: Recorder, kind: str) -> dict:
    run = run_store.find_run(recorder.run.id, "awa")
    assert run is not None
    return run.get_latest_event(kind)


def test_what_comes_too_soon_is_stored_a_moment_later_though_nothing_follows(
    recorder: Recorder, clock: ManualClock
) -> None:
    for part in (0.1, 0.2, 0.3):
        recorder.record_event(ProgressEvent(({"progress": part},)))
    for words in ("un", "un deux"):
        recorder.record_event(PartialOutputEvent((words,)))
    assert latest(recorder, "progress")["steps"][0]["progress"] == 0.1
    clock.advance(event_throttle.EVENT_INTERVAL_SECONDS + event_throttle.TIMER_MARGIN_SECONDS)
    assert latest(recorder, "progress")["steps"][0]["progress"] == 0.3
    assert latest(recorder, "partial")["outputs"][0]["value"] == "un deux"


def test_an_event_that_comes_too_soon_is_stored_by_the_real_timer() -> None:
    recorder = Recorder(claimed_run(), OutputSerializer([ReturnValue("Sortie", "Textbox")]))
    for words in ("un", "un deux"):
        recorder.record_event(PartialOutputEvent((words,)))
    assert wait_until(lambda: latest(recorder, "partial")["outputs"][0]["value"] == "un deux")


def test_a_call_that_stays_the_next_one_at_a_space_is_said_to_wait(recorder: Recorder, clock: ManualClock) -> None:
    recorder.record_event(QueuedEvent(0, 1, None))
    assert stored(recorder) == []
    clock.advance(QUEUED_DEBOUNCE_SECONDS)
    assert latest(recorder, "queued")["rank"] == 0


def test_a_call_that_starts_at_once_is_never_said_to_wait(recorder: Recorder, clock: ManualClock) -> None:
    recorder.record_event(QueuedEvent(0, 1, None))
    recorder.record_event(StartedEvent(0.1))
    clock.advance(QUEUED_DEBOUNCE_SECONDS)
    assert stored(recorder) == []


def test_nothing_that_was_put_off_is_stored_after_the_end(recorder: Recorder, clock: ManualClock) -> None:
    recorder.record_event(PartialOutputEvent(("un",)))
    recorder.record_event(PartialOutputEvent(("un deux",)))
    recorder.finish_with_outputs(["fin"], lambda _path: b"")
    before = stored(recorder)
    clock.advance(60)
    assert stored(recorder) == before == ["partial", "summary"]


def test_an_output_that_grows_too_large_between_two_timers_fails_no_timer(
    recorder: Recorder, clock: ManualClock
) -> None:
    recorder.record_event(PartialOutputEvent(("petit",)))
    recorder.record_event(PartialOutputEvent(("x" * 2_100_000,)))
    clock.advance(1)
    assert latest(recorder, "partial")["outputs"][0]["value"] == "petit"
    with pytest.raises(CallError, match="answer-too-large"):
        recorder.record_event(PartialOutputEvent(("x" * 2_100_000,)))
    recorder.finish_without_result("failed", "answer-too-large")
    run = run_store.load_run(recorder.run.id)
    assert run is not None
    assert [output["value"] for output in run.outputs] == ["petit"]


def test_an_address_of_a_space_is_masked_in_what_its_error_says(clock: ManualClock) -> None:
    recorder = timed(clock, OutputSerializer([ReturnValue("Sortie", "Textbox")], "http://10.0.0.7:7861/app"))
    recorder.record_event(LogEvent("info", "voir http://10.0.0.7:7861/app/x"))
    recorder.finish_without_result("failed", "space-error", "10.0.0.7:7861 est en panne")
    run = run_store.find_run(recorder.run.id, "awa")
    assert run is not None
    assert run.error_detail == "[adresse du Space] est en panne"
    assert "10.0.0.7" not in str([event.data for event in run.events])


def painted(path: str) -> PartialOutputEvent:
    return PartialOutputEvent(({"path": path, "orig_name": "image.png", "meta": {"_type": "gradio.FileData"}},))


def give_picture(path: str) -> list[bytes]:
    return [b"\x89PNG\r\n\x1a\n", path.encode()]


def make_painter(clock: ManualClock, fetch: Callable[[str], list[bytes]]) -> Recorder:
    """Records a run of an endpoint with one picture, whose Space gives pictures by `fetch`."""
    return timed(clock, OutputSerializer([ReturnValue("Image", "Image")]), PreviewImages(claimed_run(), fetch))


@pytest.fixture
def painter(clock: ManualClock) -> Recorder:
    """Records a run of an endpoint with one picture, whose Space has every one that it names."""
    return make_painter(clock, give_picture)


def pictures(recorder: Recorder) -> list[bytes]:
    """What is kept of the run's pictures; another thread may be deleting one of them."""
    while True:
        run = run_store.load_run(recorder.run.id)
        assert run is not None
        with suppress(FileNotFoundError):
            return [read_stored_file(file_store.FileHandle.from_row(item.file))[8:] for item in run.files]


def paint(painter: Recorder, clock: ManualClock, *paths: str) -> None:
    for path in paths:
        painter.record_event(painted(path))
        assert path.encode() in pictures(painter), path
        clock.advance(1)


def test_pictures_that_replace_each_other_are_deleted_soon(painter: Recorder, clock: ManualClock, app: Flask) -> None:
    paint(painter, clock, *(f"/tmp/{n}.png" for n in range(6)))
    assert pictures(painter) == [b"/tmp/3.png", b"/tmp/4.png", b"/tmp/5.png"]
    painter.finish_without_result("stopped")
    assert pictures(painter) == [b"/tmp/5.png"], "what had arrived is kept"
    kept = [path for path in (Path(app.instance_path) / "files").rglob("*") if path.is_file()]
    assert len(kept) == 1


def test_of_the_pictures_of_a_run_that_succeeded_its_own_are_left(painter: Recorder, clock: ManualClock) -> None:
    paint(painter, clock, "/tmp/1.png", "/tmp/2.png")
    painter.finish_with_outputs(painted("/tmp/3.png").values, lambda path: [path.encode()] * 2)
    clock.advance(PREVIEW_IMAGE_TTL_SECONDS / 2)
    assert len(pictures(painter)) == 3, "a page may still be asking for them"
    clock.advance(PREVIEW_IMAGE_TTL_SECONDS)
    assert pictures(painter) == [b"/tmp/3.png/tmp/3.png"[8:]]


def test_a_file_that_is_no_picture_comes_at_the_end(painter: Recorder) -> None:
    painter.record_event(painted("/tmp/film.mp4"))
    assert latest(painter, "partial")["outputs"][0]["value"]["$why"] == "later"
    assert pictures(painter) == []


def test_a_picture_that_the_space_is_slow_to_give_ends_nothing(clock: ManualClock) -> None:
    def fail(_path: str) -> list[bytes]:
        raise CallError("timeout")

    painter = make_painter(clock, fail)
    painter.record_event(painted("/tmp/1.png"))
    assert latest(painter, "partial")["outputs"][0]["value"]["$file"] is None
