"""Runs that a killed process left: `interrupted` on every page at once, though no page writes it."""

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select, update
from sqlalchemy.engine import Engine

from hfcourse import database
from hfcourse.runs.history.queries import OUTCOMES, RunFilter, count_runs, stop_and_delete_runs
from hfcourse.runs.live import run_watcher, sse
from hfcourse.runs.store import effective_status, heartbeat, run_store
from hfcourse.runs.store.effective_status import EFFECTIVE_STATUS, STALE_SECONDS, make_status_condition
from hfcourse.runs.store.models import FINAL_STATUSES, RUNS, UNFINISHED_STATUSES, Run
from hfcourse.runs.store.queue_counts import QueuedRun
from tests.support.factories import make_run
from tests.support.waiting import wait_until

VISITOR, OTHER_PROCESS = "awa", "another-machine-1"
OUTPUTS = [{"label": "Sortie", "component": "Textbox", "value": "1… 2…"}]
READ = re.compile(r"\s*(SELECT|BEGIN|COMMIT|ROLLBACK|PRAGMA)\b", re.IGNORECASE)
RECORD_VIEW = "INSERT INTO run_looks"  # that its visitor saw a run, which protects it from pruning
PATIENCE_SECONDS = 20


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as session:
        session["visitor"] = VISITOR
    return client


def abandon(run_id: str, seconds: float = STALE_SECONDS + 1, process: str = OTHER_PROCESS) -> str:
    """Let the process of this run have been silent for so long; return the id."""
    with database.write_session() as session:
        silent = database.utc_now() - timedelta(seconds=seconds)
        session.execute(update(Run).where(Run.id == run_id).values(heartbeat=silent, process=process))
    return run_id


@pytest.fixture
def abandoned(app: Flask) -> str:
    """A run that had begun to answer when its process was killed."""
    with app.app_context():
        run_id = make_run(VISITOR, "running", sent={"prenom": "Zoé"})
        run_store.append_partial(run_id, [run_store.NewEvent("partial", {"outputs": OUTPUTS})], 1)
        return abandon(run_id)


@pytest.fixture
def writes(app: Flask) -> Iterator[list[str]]:
    """The statements of the site, of all its threads, that are no queries."""
    with app.app_context():
        engine: Engine = app.extensions["database"].kw["bind"]
    found: list[str] = []

    def note(_connection, _cursor, statement: str, *_rest) -> None:
        if not READ.match(statement) and not statement.startswith(RECORD_VIEW):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def stored_status(app: Flask, run_id: str) -> str:
    with app.app_context(), database.read_connection() as connection:
        return connection.execute(select(RUNS.c.status).where(RUNS.c.id == run_id)).scalar_one()


BLUEPRINTS = ("runs", "live", "history", "trace")


def every_address(app: Flask, run_id: str) -> list[str]:
    """Each address of /essais that answers to GET, with and without filter."""
    values = {"run_id": run_id, "n": 0, "form": "txt", "file_id": "x" * 16}
    found = ["/", "/metriques"]
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint.partition(".")[0] in BLUEPRINTS and "GET" in (rule.methods or ()):
                found.append(url_for(rule.endpoint, **{name: values[name] for name in rule.arguments}))
    return [*found, *(f"/essais/?issue={outcome}" for outcome in OUTCOMES), "/essais/supprimer?issue=interrompu"]


def test_no_page_of_runs_writes_though_each_shows_the_run_interrupted(
    app: Flask, browser: FlaskClient, abandoned: str, writes: list[str]
) -> None:
    addresses = every_address(app, abandoned)
    assert {f"/essais/{abandoned}{end}" for end in ("", ".json", ".md", "/statut", "/flux")} <= {*addresses}
    ends = ("/fichiers/0", "/fichiers/0.svg", "/sorties/0/apercu", "/sorties/0/image")
    expected = {address: 404 if address.endswith(ends) else 200 for address in addresses}
    expected |= {f"/essais/envois/{'x' * 16}": 404, f"/essais/{abandoned}/flux": 204}  # nothing to follow any more
    expected["/essais/serie"] = 302  # the table of no run
    assert {address: browser.get(address).status_code for address in addresses} == expected
    assert writes == []
    assert stored_status(app, abandoned) == "running"


def test_an_abandoned_run_is_interrupted_wherever_it_is_shown(browser: FlaskClient, abandoned: str) -> None:
    address = f"/essais/{abandoned}"
    run = browser.get(f"{address}.json").get_json()
    assert (run["status"], run["error"], run["outputs"][0]["value"]) == ("interrupted", None, "1… 2…")
    assert run["timings"]["finished"] is not None
    for end in ("", "/statut", "?dans=lecon"):
        page = browser.get(address + end).text
        assert 'data-status="interrupted"' in page, end
        assert "data-stream" not in page, end
    assert "nterrompu" in browser.get(f"{address}.md").text
    archive = zipfile.ZipFile(io.BytesIO(browser.get("/essais/archive.zip").data))
    stored = next(name for name in archive.namelist() if name.endswith(".json"))
    assert json.loads(archive.read(stored))["status"] == "interrupted"
    assert "Interrompu" in browser.get("/").text


def test_a_page_that_follows_a_run_learns_that_it_was_abandoned(app: Flask, writes: list[str]) -> None:
    with app.app_context():
        run_id = abandon(make_run(VISITOR, "running"), seconds=0)
        run = run_store.find_run(run_id, VISITOR)
        assert run is not None
        watched = run_watcher.get_watcher().watch_run(run)
        abandon(run_id)
        writes.clear()
        events = list(sse.stream_run(watched, run.cursor, lambda run: f"<p>{run.status}</p>"))
    assert "data: <p>interrupted</p>" in events[-1]
    assert writes == []
    assert stored_status(app, run_id) == "running"


def test_an_abandoned_run_is_listed_and_counted_as_interrupted(
    app: Flask, browser: FlaskClient, abandoned: str
) -> None:
    with app.app_context():
        running = make_run(VISITOR, "running")
        make_run(VISITOR)
        counts = {outcome: count_runs(VISITOR, RunFilter(outcome=outcome)) for outcome in OUTCOMES}
    assert counts == {"reussi": 1, "echec": 0, "arrete": 0, "interrompu": 1, "en-cours": 1}
    assert abandoned in browser.get("/essais/?issue=interrompu").text
    going_on = browser.get("/essais/?issue=en-cours").text
    assert running in going_on
    assert abandoned not in going_on
    metrics = browser.get("/metriques").text
    assert 'hfcourse_runs_total{error="",status="interrupted"} 1.0' in metrics
    assert "hfcourse_runs_running 1.0" in metrics


def what_is_said(browser: FlaskClient, run_id: str) -> list[str]:
    addresses = (f"/essais/{run_id}.json", f"/essais/{run_id}.md", "/essais/?issue=interrompu", "/metriques")
    return [browser.get(address).text for address in addresses]


def test_marking_an_abandoned_run_changes_nothing_that_is_said(
    app: Flask, browser: FlaskClient, abandoned: str
) -> None:
    with app.app_context():
        abandon(make_run(VISITOR, "queued"), 3601, effective_status.ANY_WORKER)
    before = what_is_said(browser, abandoned)
    with app.app_context():
        heartbeat.mark_abandoned()
    assert stored_status(app, abandoned) == "interrupted"
    assert what_is_said(browser, abandoned) == before


def test_the_monitor_marks_on_its_beat(app: Flask, abandoned: str) -> None:
    app.extensions["dispatcher"].monitor.tick()
    assert stored_status(app, abandoned) == "interrupted"


def test_the_next_run_of_a_process_marks_what_another_left(app: Flask, abandoned: str) -> None:
    dispatcher = app.extensions["dispatcher"]
    dispatcher.limits.max_active = 0
    with app.app_context():
        dispatcher.enqueue(QueuedRun(make_run("bilal", "queued"), "bilal", "a/b"))
    assert wait_until(lambda: stored_status(app, abandoned) == "interrupted", PATIENCE_SECONDS)


def test_a_stop_does_not_change_the_end_of_an_abandoned_run(app: Flask, browser: FlaskClient) -> None:
    with app.app_context():
        run_id = abandon(make_run(VISITOR, "queued"))
        app.extensions["dispatcher"].stop_run(run_id)
    assert browser.get(f"/essais/{run_id}.json").get_json()["status"] == "interrupted"


def test_a_process_that_was_only_slow_goes_on_with_its_run(app: Flask, browser: FlaskClient, abandoned: str) -> None:
    address = f"/essais/{abandoned}.json"
    assert browser.get(address).get_json()["status"] == "interrupted"
    with app.app_context():
        heartbeat.renew_heartbeats([abandoned])
    assert browser.get(address).get_json()["status"] == "running"
    with app.app_context():
        heartbeat.mark_abandoned()
        assert run_store.finish_run(abandoned, "succeeded", OUTPUTS)


def test_a_process_that_is_late_does_not_take_its_own_runs_for_abandoned(app: Flask) -> None:
    with app.app_context():
        run_id = abandon(make_run(VISITOR, "running"), 60, effective_status.get_process_name())
        own = effective_status.get_own_heartbeats(app)
        own.renewed_at = database.utc_now() - timedelta(seconds=60)
        heartbeat.mark_abandoned()
        assert effective_of(run_id) == "running"
        own.renewed_at = database.utc_now()
        assert effective_of(run_id) == "interrupted", "the monitor renewed the others, and not this one"
        own.renewed_at = None
        assert effective_of(run_id) == "interrupted", "a process of the same name had it before"


def effective_of(run_id: str) -> str:
    run = run_store.load_run(run_id)
    assert run is not None
    return run.status


def test_no_run_looks_abandoned_just_after_the_database_failed(app: Flask, abandoned: str) -> None:
    with app.app_context():
        app.extensions["database_failure"].at = time.monotonic()
        assert effective_of(abandoned) == "running"
        heartbeat.mark_abandoned()
        app.extensions["database_failure"].at = time.monotonic() - STALE_SECONDS
        assert effective_of(abandoned) == "interrupted"


def test_an_abandoned_run_that_is_deleted_is_counted_as_interrupted(
    app: Flask, browser: FlaskClient, abandoned: str
) -> None:
    with app.app_context():
        assert stop_and_delete_runs([abandoned]) == 1
    metrics = browser.get("/metriques").text
    assert 'hfcourse_runs_total{error="",status="interrupted"} 1.0' in metrics
    assert 'hfcourse_runs_total{error="",status="stopped"} 0.0' in metrics


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([*UNFINISHED_STATUSES, *FINAL_STATUSES]),
            st.sampled_from([OTHER_PROCESS, effective_status.ANY_WORKER, "own"]),
            st.sampled_from([-30.0, 0.0, 5.0, 15.0, 45.0, 3_500.0, 3_700.0]),
        ),
        max_size=6,
    ),
    late=st.sampled_from([None, 0.0, 40.0]),
)
def test_sql_and_python_agree_on_the_effective_status(
    app: Flask, rows: list[tuple[str, str, float]], late: float | None
) -> None:
    with app.app_context():
        now = database.utc_now()
        effective_status.get_own_heartbeats(app).renewed_at = None if late is None else now - timedelta(seconds=late)
        expected: dict[str, str] = {}
        with database.write_connection() as connection:
            connection.execute(RUNS.delete())
        for status, process, age in rows:
            run_id = make_run(VISITOR, "queued")
            owner = effective_status.get_process_name() if process == "own" else process
            values = {"status": status, "process": owner, "heartbeat": now - timedelta(seconds=age)}
            with database.write_connection() as connection:
                connection.execute(RUNS.update().where(RUNS.c.id == run_id).values(values))
            is_gone = effective_status.is_abandoned(status, owner, values["heartbeat"])  # type: ignore[arg-type]
            expected[run_id] = "interrupted" if is_gone else status
            assert effective_of(run_id) == expected[run_id]
        with database.read_connection() as connection:
            found = dict(connection.execute(select(RUNS.c.id, EFFECTIVE_STATUS)).all())
            assert found == expected
            for statuses in (UNFINISHED_STATUSES, *((each,) for each in FINAL_STATUSES), ("interrupted", "running")):
                counting = select(func.count()).select_from(RUNS).where(make_status_condition(statuses))
                assert connection.scalar(counting) == sum(each in statuses for each in expected.values())
