"""What is deleted is nowhere on the disk any more; a shared computer is left without a trace."""

from pathlib import Path

import pytest
from flask import Flask

from hfcourse import database
from hfcourse.runs import history, store
from hfcourse.runs.history import Filter
from hfcourse.runs.models import SpaceSession
from tests.keeping import kept_run
from tests.posting import Student, fields_of
from tests.practice_fixtures import until

pytestmark = pytest.mark.usefixtures("inside")
WORDS = "motsecretdezoe"


def holding(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and WORDS.encode() in path.read_bytes()]


def delete_all(visitor: str) -> None:
    for run_ids in history.all_ids(visitor, Filter()):
        history.delete(run_ids)


def test_deletion_leaves_the_typed_words_in_no_file_of_the_site(app: Flask) -> None:
    folder = Path(app.instance_path)
    for _ in range(3):
        kept_run("awa", sent={"prenom": WORDS * 300}, file=("a.txt", WORDS.encode()))
    assert holding(folder)
    delete_all("awa")
    assert until(lambda: not holding(folder), 30), holding(folder)


def test_deletion_is_erased_once_a_reader_has_gone(app: Flask) -> None:
    folder = Path(app.instance_path)
    kept_run("awa", sent={"prenom": WORDS})
    with database.looking() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM runs").all()
        delete_all("awa")
        assert not database.truncate_wal()
    assert until(lambda: not holding(folder), 30), holding(folder)


def test_session_at_a_space_goes_with_the_last_run_there(app: Flask) -> None:
    first, second = kept_run("awa"), kept_run("awa")
    store.session_hash("awa", "a/b")
    history.delete([first])
    with database.reading() as session:
        assert session.get(SpaceSession, ("awa", "a/b"))
    history.delete([second])
    with database.reading() as session:
        assert session.get(SpaceSession, ("awa", "a/b")) is None


@pytest.mark.parametrize("is_erasing", [False, True])
def test_leaving_a_computer_forgets_the_visitor_there(awa: Student, is_erasing: bool) -> None:
    kept_run("awa")
    form = awa.open("/confidentialite").select_one("form[action='/quitter']")
    assert form is not None
    answer = awa.client.post("/quitter", data=fields_of(form) | ({"effacer": "1"} if is_erasing else {}))
    assert answer.status_code == 200
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert "ne vous connaît plus" in answer.text
    assert "Aucun essai" in awa.client.get("/essais/").text
    assert history.count("awa", Filter()) == (0 if is_erasing else 1)


def test_leaving_a_computer_needs_a_form_of_ours(awa: Student) -> None:
    assert awa.client.post("/quitter").status_code == 400


def test_privacy_page_names_who_is_responsible_and_sets_no_cookie(app: Flask, student: Student) -> None:
    assert "Demandez à la personne qui anime le cours" in student.client.get("/confidentialite").text
    app.config["REPORT_TO"] = "cours@example.org"
    answer = student.client.get("/confidentialite")
    assert "mailto:cours@example.org" in answer.text
    assert "CNIL" in answer.text
    assert "Set-Cookie" not in answer.headers
