"""/metriques: every end of a run is counted once, whoever ends it, and for good."""

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from hfcourse import database
from hfcourse.error_messages import EXPLANATIONS
from hfcourse.files import file_store
from hfcourse.runs import metrics
from hfcourse.runs.history import queries
from hfcourse.runs.retention import eviction
from hfcourse.runs.store import effective_status, heartbeat, run_statistics, run_store, stop_requests
from hfcourse.runs.store.models import Run
from hfcourse.runs.store.queue_counts import QueuedRun
from hfcourse.runs.store.run_statistics import (
    DURATION_BOUNDS_MILLISECONDS,
    NOT_STARTED,
    OVERFLOW,
    WAIT_BOUNDS_MILLISECONDS,
    RunStatistic,
)
from tests.support.factories import make_run
from tests.support.paths import ROOT
from tests.support.processes import build_environment

VISITOR = "awa-whose-name-is-nobodys-business"
SPACE = "secret-owner/secret-space"
# Another process that shares the database: its runs succeed, so many of them.
OTHER = """
import sys
from hfcourse import create_app
from tests.support.factories import make_run

with create_app().app_context():
    for _ in range(int(sys.argv[1])):
        make_run("bilal")
"""

Sample = tuple[str, frozenset[tuple[str, str]]]


def sample(name: str, **labels: str) -> Sample:
    return name, frozenset(labels.items())


@pytest.fixture
def read(client: FlaskClient) -> Callable[[], dict[Sample, float]]:
    """What Prometheus reads at the moment: each value by its name and labels."""

    def read() -> dict[Sample, float]:
        answer = client.get("/metriques")
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.text)
        return {sample(each.name, **each.labels): each.value for family in families for each in family.samples}

    return read


@pytest.fixture
def grown(read: Callable[[], dict[Sample, float]]) -> Callable[[], dict[tuple[str, str], float]]:
    """How many runs have ended, by status and error; the outcomes alone that there were."""

    def grown() -> dict[tuple[str, str], float]:
        runs = {labels: value for (name, labels), value in read().items() if name == "hfcourse_runs_total" and value}
        return {(dict(labels)["status"], dict(labels)["error"]): value for labels, value in runs.items()}

    return grown


Grown = Callable[[], dict[tuple[str, str], float]]
Reading = Callable[[], dict[Sample, float]]


def backdate_heartbeat(run_id: str, seconds: float) -> None:
    """Let this run's process have been silent for so long."""
    with database.write_session() as session:
        before = database.utc_now() - timedelta(seconds=seconds)
        session.execute(update(Run).where(Run.id == run_id).values(heartbeat=before))


# The answer


def test_metrics_page_is_text_that_prometheus_reads_and_sets_no_cookie(client: FlaskClient, read: Reading) -> None:
    answer = client.get("/metriques")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert "Set-Cookie" not in answer.headers
    assert read()[sample("hfcourse_runs_queued")] == 0


def test_every_outcome_is_there_before_its_first_run(read: Reading) -> None:
    values = read()
    for code in EXPLANATIONS:
        assert values[sample("hfcourse_runs_total", status="failed", error=code)] == 0
    for status in ("succeeded", "stopped", "interrupted"):
        assert values[sample("hfcourse_runs_total", status=status, error="")] == 0


def test_metrics_page_names_neither_visitor_nor_space_nor_what_was_sent(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        make_run(VISITOR, "failed", space=SPACE, sent={"prenom": "Zoé"}, error="space-error", error_detail="Oups")
    told = client.get("/metriques").text
    assert 'error="space-error",status="failed"} 1.0' in told
    for word in (VISITOR, *SPACE.split("/"), "Zoé", "Oups", "127.0.0.1"):
        assert word not in told


def test_a_database_in_trouble_is_told_in_a_sentence(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), database.write_session() as session:
        session.execute(text("ALTER TABLE run_tallies RENAME TO gone"))
    answer = client.get("/metriques")
    assert (answer.status_code, answer.mimetype) == (503, "text/plain")
    assert answer.text.startswith("La base de données ne répond pas")


def test_no_page_links_to_it(client: FlaskClient) -> None:
    for page in ("/", "/espaces/", "/confidentialite", "/enseignant/"):
        assert "metriques" not in client.get(page).text


# Every end is counted


@pytest.mark.parametrize(
    ("status", "error", "counted"),
    [
        ("succeeded", None, ("succeeded", "")),
        ("failed", "timeout", ("failed", "timeout")),
        ("stopped", None, ("stopped", "")),
    ],
)
def test_the_end_of_a_call_is_counted_once(
    app: Flask, grown: Grown, status: str, error: str | None, counted: tuple[str, str]
) -> None:
    with app.app_context():
        run_id = make_run(VISITOR, status, error=error)
        assert not run_store.finish_run(run_id, "failed", error="bad-answer")
        stop_requests.request_stop(run_id)
        heartbeat.interrupt_runs([run_id])
    assert grown() == {counted: 1}


def test_a_run_that_is_stopped_while_it_waits_is_counted_and_took_no_time(
    app: Flask, read: Reading, grown: Grown
) -> None:
    with app.app_context():
        run_id = make_run(VISITOR, "queued")
        assert read()[sample("hfcourse_runs_queued")] == 1
        stop_requests.request_stop(run_id)
        stop_requests.request_stop(run_id)
    assert grown() == {("stopped", ""): 1}
    values = read()
    assert values[sample("hfcourse_runs_queued")] == 0
    assert values[sample("hfcourse_run_duration_seconds_count", status="stopped")] == 0
    assert values[sample("hfcourse_run_wait_seconds_count")] == 0


def test_a_run_that_is_asked_to_stop_is_counted_when_it_has(app: Flask, read: Reading, grown: Grown) -> None:
    with app.app_context():
        run_id = make_run(VISITOR, "running")
        stop_requests.request_stop(run_id)
        assert grown() == {}
        assert read()[sample("hfcourse_runs_running")] == 1
        run_store.finish_run(run_id, "stopped")
    assert grown() == {("stopped", ""): 1}
    assert read()[sample("hfcourse_runs_running")] == 0


def test_runs_that_a_killed_process_left_are_counted_by_whoever_reads(app: Flask, read: Reading, grown: Grown) -> None:
    with app.app_context():
        for status in ("queued", "running", "running"):
            backdate_heartbeat(make_run(VISITOR, status), effective_status.STALE_SECONDS + 1)
        make_run(VISITOR, "running")
    values = read()
    assert values[sample("hfcourse_runs_queued")] == 0
    assert values[sample("hfcourse_runs_running")] == 1
    assert values[sample("hfcourse_run_duration_seconds_count", status="interrupted")] == 2
    assert grown() == {("interrupted", ""): 3}


def test_runs_that_a_process_leaves_at_its_end_are_counted(app: Flask, grown: Grown) -> None:
    dispatcher = app.extensions["dispatcher"]
    dispatcher.limits.max_active = 0
    with app.app_context():
        dispatcher.enqueue(QueuedRun(make_run(VISITOR, "queued"), VISITOR, SPACE))
    dispatcher.shut_down()
    dispatcher.shut_down()
    assert grown() == {("interrupted", ""): 1}


def test_a_run_that_is_deleted_while_it_goes_on_is_counted(app: Flask, grown: Grown) -> None:
    with app.app_context():
        run_id = make_run(VISITOR, "running")
        assert queries.stop_and_delete_runs([run_id]) == 1
        assert not run_store.finish_run(run_id, "succeeded")
    assert grown() == {("stopped", ""): 1}


def test_nothing_is_taken_back_when_runs_are_deleted_or_pruned(app: Flask, grown: Grown) -> None:
    with app.app_context():
        deleted = make_run(VISITOR)
        old = database.utc_now() - timedelta(days=app.config["KEEP_DAYS"] + 1)
        make_run(VISITOR, "failed", error="space-error", at=old)
        before = grown()
        assert queries.stop_and_delete_runs([deleted]) == 1
        assert eviction.prune_all() == 1
        with database.read_session() as session:
            assert session.scalars(select(Run)).all() == []
    assert grown() == before == {("succeeded", ""): 1, ("failed", "space-error"): 1}


def test_no_run_ends_that_cannot_be_counted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "RETRY_TIMEOUT_SECONDS", 0.5)
    with app.app_context():
        run_id = make_run(VISITOR, "running")
        with database.write_session() as session:
            session.execute(text("ALTER TABLE run_tallies RENAME TO gone"))
        with pytest.raises(OperationalError, match="run_tallies"):
            run_store.finish_run(run_id, "succeeded", events=[run_store.NewEvent("log", {})])
        run = run_store.find_run(run_id, VISITOR)
        assert run is not None
        assert (run.status, run.events) == ("running", [])


# Times


@pytest.mark.parametrize(
    ("seconds", "bounds", "bound"),
    [
        (0, DURATION_BOUNDS_MILLISECONDS, 100),
        (0.1, DURATION_BOUNDS_MILLISECONDS, 100),
        (0.101, DURATION_BOUNDS_MILLISECONDS, 250),
        (120, DURATION_BOUNDS_MILLISECONDS, 120_000),
        (120.001, DURATION_BOUNDS_MILLISECONDS, OVERFLOW),
        (0.005, WAIT_BOUNDS_MILLISECONDS, 10),
        (3_000, WAIT_BOUNDS_MILLISECONDS, OVERFLOW),
    ],
)
def test_a_time_is_counted_under_the_next_bound(seconds: float, bounds: tuple[int, ...], bound: int) -> None:
    assert run_statistics.find_bucket_bound(seconds, bounds) == bound


def set_back(run_id: str, **seconds: float) -> None:
    """Let these moments of a run lie so many seconds before now."""
    with database.write_session() as session:
        moments = {name: database.utc_now() - timedelta(seconds=before) for name, before in seconds.items()}
        session.execute(update(Run).where(Run.id == run_id).values(moments))


def test_runs_are_counted_by_how_long_they_took_and_waited(app: Flask, read: Reading) -> None:
    with app.app_context():
        for created, started in ((9, 7), (204, 200)):
            run_id = make_run(VISITOR, "running")
            set_back(run_id, created=created, started=started)
            run_store.finish_run(run_id, "succeeded")
    values = read()
    within = {
        bound: values[sample("hfcourse_run_duration_seconds_bucket", status="succeeded", le=bound)]
        for bound in ("5.0", "10.0", "120.0", "+Inf")
    }
    assert within == {"5.0": 0, "10.0": 1, "120.0": 1, "+Inf": 2}
    assert values[sample("hfcourse_run_duration_seconds_count", status="succeeded")] == 2
    assert values[sample("hfcourse_run_duration_seconds_sum", status="succeeded")] == pytest.approx(207, abs=2)
    assert values[sample("hfcourse_run_wait_seconds_bucket", le="1.0")] == 0
    assert values[sample("hfcourse_run_wait_seconds_bucket", le="5.0")] == 2
    assert values[sample("hfcourse_run_wait_seconds_sum")] == pytest.approx(6, abs=0.1)


def test_a_clock_that_is_put_back_takes_nothing_away(app: Flask, read: Reading) -> None:
    with app.app_context():
        run_id = make_run(VISITOR, "running")
        set_back(run_id, created=-50, started=-100)
        run_store.finish_run(run_id, "succeeded")
    values = read()
    assert values[sample("hfcourse_run_duration_seconds_sum", status="succeeded")] == 0
    assert values[sample("hfcourse_run_duration_seconds_bucket", status="succeeded", le="0.1")] == 1


def test_other_bounds_leave_what_was_counted_under_those_before() -> None:
    assert metrics.accumulate_buckets([(100, 3), (250, 2), (OVERFLOW, 1), (NOT_STARTED, 9)], (200, 1_000)) == [
        ("0.2", 3),
        ("1.0", 5),
        ("+Inf", 6),
    ]


# What is told besides


def test_the_errors_of_spaces_are_apart_from_forms_that_are_wrong(app: Flask, read: Reading) -> None:
    with app.app_context():
        for code in ("space-error", "space-error", "queue-full", "invalid-input"):
            make_run(VISITOR, "failed", error=code)
    errors = {labels: value for (name, labels), value in read().items() if name == "hfcourse_space_errors_total"}
    assert {dict(labels)["error"]: value for labels, value in errors.items() if value} == {
        "space-error": 2,
        "queue-full": 1,
    }


def test_the_bytes_of_the_kept_files_are_told(app: Flask, read: Reading) -> None:
    with app.app_context():
        make_run(VISITOR, file=("chat.png", b"x" * 700))
        file_store.save_file("bilal", "chien.png", b"x" * 34)
    assert read()[sample("hfcourse_kept_files_bytes")] == 734


# Many at once


def test_runs_that_end_at_the_same_moment_are_all_counted(app: Flask, grown: Grown) -> None:
    runs, threads = 10, 8
    gate = threading.Barrier(threads)
    with app.app_context():
        waiting = [[make_run(VISITOR, "running") for _ in range(runs)] for _ in range(threads)]

    def finish(run_ids: list[str]) -> None:
        gate.wait()
        with app.app_context():
            for run_id in run_ids:
                run_store.finish_run(run_id, "succeeded")

    finishing = [threading.Thread(target=finish, args=(run_ids,)) for run_ids in waiting]
    for thread in finishing:
        thread.start()
    for thread in finishing:
        thread.join()
    assert grown() == {("succeeded", ""): runs * threads}


def test_processes_that_share_a_database_tell_what_all_of_them_did(app: Flask, grown: Grown) -> None:
    runs = 40
    instance = build_environment(HFCOURSE_INSTANCE=app.instance_path)
    other = subprocess.Popen([sys.executable, "-c", OTHER, str(runs)], cwd=ROOT, env=instance)
    with app.app_context():
        for _ in range(runs):
            make_run(VISITOR, "failed", error="timeout")
    assert other.wait(60) == 0
    assert grown() == {("succeeded", ""): runs, ("failed", "timeout"): runs}
    with app.app_context(), database.read_session() as session:
        assert {tally.status for tally in session.scalars(select(RunStatistic))} == {"succeeded", "failed"}
