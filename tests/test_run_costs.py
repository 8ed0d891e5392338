"""How many statements a run costs the database, and that what they leave behind is the same with fewer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from hfcourse import database, visitors
from hfcourse.runs.retention import recent_views
from hfcourse.runs.store import newcomers, run_store
from hfcourse.runs.store.models import Run, RunEvent, RunView
from hfcourse.runs.store.run_store import NewEvent
from hfcourse.runs.values.result_summary import build_summary

pytestmark = pytest.mark.usefixtures("app_context")


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The statements that are executed inside the block, those that begin a transaction left out."""
    engine, seen = app.extensions["database"].kw["bind"], []

    def note(_connection, _cursor, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def run_id(app: Flask) -> str:
    return run_store.create_run("awa", space="a/b", endpoint="/x", title="X", parameters=[], inputs={"texte": "été"})


def test_run_is_claimed_in_two_statements(app: Flask, run_id: str) -> None:
    with statements(app) as seen:
        run = run_store.claim_run(run_id)
    assert run is not None
    assert run.files == []
    assert len(seen) == 2, seen


def test_run_is_finished_in_four_statements(app: Flask, run_id: str) -> None:
    run_store.claim_run(run_id)
    with statements(app) as seen:
        run_store.finish_run(
            run_id, "succeeded", [{"value": "é"}], events=[NewEvent("log", {"text": "a"}), NewEvent("next", {})]
        )
    assert len(seen) == 4, seen


def test_finished_run_is_read_in_two_statements(app: Flask, run_id: str) -> None:
    run_store.finish_run(run_id, "succeeded", [])
    with statements(app) as seen:
        assert run_store.find_run(run_id, "awa") is not None
    assert len(seen) == 2, seen


def test_access_check_writes_nothing_and_a_page_records_its_view(
    app: Flask, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_store.finish_run(run_id, "succeeded", [])
    monkeypatch.setattr(visitors, "get_visitor", lambda: "awa")
    with statements(app) as checked:
        recent_views.get_own_run_or_404(run_id)
    with statements(app) as viewed:
        recent_views.get_viewed_run_or_404(run_id)
    assert {statement.split()[0] for statement in checked} == {"SELECT"}
    assert [statement.split()[0] for statement in viewed] == ["SELECT", "SELECT", "INSERT"]


def test_look_is_noted_in_one_statement_and_again_in_none(app: Flask, run_id: str) -> None:
    with statements(app) as first:
        recent_views.record_view(run_id)
    with statements(app) as second:
        recent_views.record_view(run_id)
    assert (len(first), second) == (1, [])
    with database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(RunView)) == 1


def test_look_that_another_process_noted_is_moved(app: Flask, run_id: str) -> None:
    recent_views.record_view(run_id)
    app.extensions["noted_looks"].clear()
    recent_views.record_view(run_id)
    with database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(RunView)) == 1


def test_noted_looks_are_bounded(app: Flask, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_views, "MAX_REMEMBERED_VIEWS", 2)
    app.extensions["noted_looks"].update({"a": database.utc_now(), "b": database.utc_now()})
    recent_views.record_view(run_id)
    assert list(app.extensions["noted_looks"]) == [run_id]


def test_look_that_could_not_be_stored_is_not_remembered(app: Flask) -> None:
    recent_views.record_view("gone")
    assert "gone" not in app.extensions["noted_looks"]


def test_client_of_a_form_is_read_in_one_statement(app: Flask) -> None:
    with app.test_request_context("/"):
        newcomers.get_current_client()
        with statements(app) as seen:
            newcomers.get_current_client()
    assert len(seen) == 1, seen


def test_text_bytes_of_a_finished_run_are_those_of_its_stored_texts(app: Flask, run_id: str) -> None:
    outputs, told = [{"value": "é\0💡" * 50}], [NewEvent("log", {"text": "ü" * 70}), NewEvent("progress", {"at": 1})]
    run_store.append_and_notify(run_id, told[:1])
    with database.read_session() as session:
        before = session.get_one(Run, run_id).text_bytes
    run_store.finish_run(run_id, "succeeded", outputs, events=told[1:])
    with database.read_session() as session:
        after = session.get_one(Run, run_id).text_bytes
    summary = build_summary(outputs, None, "")
    assert after - before == sum(len(json.dumps(each)) for each in (outputs, summary, *(event.data for event in told)))


def test_events_are_numbered_one_after_another_whatever_stores_them(app: Flask, run_id: str) -> None:
    run_store.append_and_notify(run_id, [NewEvent("log", {"n": 1}), NewEvent("log", {"n": 2})])
    run_store.append_partial(run_id, [NewEvent("log", {"n": 3}), NewEvent("partial", {"n": 4})], 1)
    run_store.append_partial(run_id, [NewEvent("partial", {"n": 5})], 2)
    run_store.append_and_notify(run_id, [NewEvent("log", {"n": 6})])
    run_store.finish_run(run_id, "succeeded", [], events=[NewEvent("next", {"n": 7}), NewEvent("log", {"n": 8})])
    with database.read_session() as session:
        rows = session.execute(select(RunEvent.position, RunEvent.data).order_by(RunEvent.position)).all()
    assert rows.pop().position == 9  # the summary
    assert [(row.position, row.data["n"]) for row in rows] == [(1, 1), (2, 2), (3, 3), (5, 5), (6, 6), (7, 7), (8, 8)]
