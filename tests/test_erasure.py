"""What is deleted is nowhere on the disk any more; a shared computer is left without a trace."""

import sqlite3
from pathlib import Path

import pytest
from flask import Flask, session
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from hfcourse import database, wal_truncation
from hfcourse.lessons.exercises import progress_store
from hfcourse.runs.execution import sessions
from hfcourse.runs.history import queries
from hfcourse.runs.history.queries import RunFilter
from hfcourse.runs.store.models import Run, SpaceSession
from tests.support.clients import BrowserClient
from tests.support.factories import make_run
from tests.support.form_parsing import collect_form_fields
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("app_context")
WORDS = "motsecretdezoe"


def holding(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and WORDS.encode() in path.read_bytes()]


def delete_all(visitor: str) -> None:
    for run_ids in queries.iter_run_ids(visitor, RunFilter()):
        queries.stop_and_delete_runs(run_ids)


def test_deletion_leaves_the_typed_words_in_no_file_of_the_site(app: Flask) -> None:
    folder = Path(app.instance_path)
    for _ in range(3):
        make_run("awa", sent={"prenom": WORDS * 300}, file=("a.txt", WORDS.encode()))
    assert holding(folder)
    delete_all("awa")
    assert wait_until(lambda: not holding(folder)), holding(folder)


def test_deletion_is_erased_once_a_reader_has_gone(app: Flask) -> None:
    folder = Path(app.instance_path)
    make_run("awa", sent={"prenom": WORDS})
    with database.read_session() as reader:
        reader.scalar(select(func.count()).select_from(Run))
        delete_all("awa")
        assert not wal_truncation.truncate_wal()
    assert wait_until(lambda: not holding(folder)), holding(folder)


def test_session_at_a_space_goes_with_the_last_run_there(app: Flask) -> None:
    first, second = make_run("awa"), make_run("awa")
    sessions.get_or_create_session("awa", "a/b", "")
    queries.stop_and_delete_runs([first])
    with database.read_session() as session:
        assert session.get(SpaceSession, ("awa", "a/b"))
    queries.stop_and_delete_runs([second])
    with database.read_session() as session:
        assert session.get(SpaceSession, ("awa", "a/b")) is None


@pytest.mark.parametrize("is_erasing", [False, True])
def test_leaving_a_computer_forgets_the_visitor_there(awa: BrowserClient, is_erasing: bool) -> None:
    make_run("awa")
    form = awa.open_page("/confidentialite").select_one("form[action='/quitter']")
    assert form is not None
    answer = awa.client.post("/quitter", data=collect_form_fields(form) | ({"effacer": "1"} if is_erasing else {}))
    assert answer.status_code == 200
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert "ne vous connaît plus" in answer.text
    assert "Aucun essai" in awa.client.get("/essais/").text
    assert queries.count_runs("awa", RunFilter()) == (0 if is_erasing else 1)


def test_leaving_a_computer_needs_a_form_of_ours(awa: BrowserClient) -> None:
    assert awa.client.post("/quitter").status_code == 400


def test_privacy_page_names_who_is_responsible_and_sets_no_cookie(app: Flask, student: BrowserClient) -> None:
    assert "Demandez à la personne qui anime le cours" in student.client.get("/confidentialite").text
    app.config["REPORT_TO"] = "cours@example.org"
    answer = student.client.get("/confidentialite")
    assert "mailto:cours@example.org" in answer.text
    assert "CNIL" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_erasure_survives_a_database_that_fails(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(app.instance_path)
    make_run("awa", sent={"prenom": WORDS})
    failures = iter([sqlite3.OperationalError("disk I/O error"), sqlite3.OperationalError("database is locked")])
    connect = sqlite3.connect

    def failing(path, **named):
        if failure := next(failures, None):
            raise failure
        return connect(path, **named)

    monkeypatch.setattr(wal_truncation.sqlite3, "connect", failing)
    delete_all("awa")
    assert wait_until(lambda: not holding(folder)), holding(folder)


def test_erasure_leaves_the_pooled_connections_as_they_were(app: Flask) -> None:
    wal_truncation.truncate_wal()
    with database.read_connection() as connection:
        waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    assert waits == database.LOCK_TIMEOUT_SECONDS * 1000


def test_forgotten_progress_is_in_no_file_of_the_site(app: Flask) -> None:
    folder = Path(app.instance_path)
    with app.test_request_context():
        session["visitor"] = "awa"
        progress_store.store_progress(WORDS, {"0": "a"})
        assert holding(folder)
        progress_store.delete_visitor_progress()
    assert wait_until(lambda: not holding(folder)), holding(folder)


def test_leaving_with_a_database_that_fails_answers_an_error_page(
    awa: BrowserClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run("awa")
    form = awa.open_page("/confidentialite").select_one("form[action='/quitter']")
    assert form is not None

    def failing(*_):
        raise OperationalError("DELETE", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(queries, "stop_and_delete_runs", failing)
    answer = awa.client.post("/quitter", data=collect_form_fields(form) | {"effacer": "1"})
    assert answer.status_code == 503
    assert "Traceback" not in answer.text
    assert "Clear-Site-Data" not in answer.headers
