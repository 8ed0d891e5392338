"""Running again with the same values: what is sent, what is said when it cannot be."""

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from hfcourse import database
from hfcourse.errors import CallCancelled
from hfcourse.files import file_store
from hfcourse.files.file_store import StoredFile
from hfcourse.practice.server import PracticeServer
from hfcourse.runs.execution.output_files import OutputFileFetcher
from hfcourse.runs.history import queries
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run, RunEvent, RunFile, RunSearchText
from hfcourse.spaces.form.uploads import UPLOAD_GONE
from tests.conftest import forget_spaces
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeSpace
from tests.spaces.hostile_spaces import takes_file
from tests.support.clients import Student, error_codes, fields_of, read
from tests.support.factories import kept_run, known_as
from tests.support.practice_space import until
from tests.test_runs import picture

CASES = {
    "/saluer": {"prenom": "  Zoé & <b>l’été</b>\n", "tutoyer": None},
    "/calculer": {"a": "-0,5", "b": "1e3", "operation": "multiplication"},
    "/compter": {"jusqua": "3", "pause": "0,1"},
    "/resumer": {"table-0-0": "figue", "table-0-1": "2,5"},
    "/discuter": {"message": "Qu’est-ce qu’un Space ?"},
}


def again(student: Student, run_id: str, page_of: str = "/essais/"):
    """Press « Refaire » in the list, or on the page of the run."""
    page = student.open(page_of)
    address = f"/essais/{run_id}/refaire"
    assert page.select(f'[formaction="{address}"], form[action="{address}"] button')
    token = page.select_one("main [name=csrf_token]")
    assert token is not None
    return student.client.post(address, data={"csrf_token": token["value"]})


@pytest.mark.parametrize("endpoint", CASES)
def test_it_sends_exactly_what_was_sent(student: Student, awake: PracticeServer, endpoint: str) -> None:
    first = student.run(endpoint, **CASES[endpoint])
    assert first["status"] == "succeeded"
    response = again(student, first["id"])
    assert response.status_code == 303
    second = student.finished(response.headers["Location"])
    assert second["id"] != first["id"]
    assert second["status"] == "succeeded"
    assert second["inputs"] == first["inputs"]


def test_it_sends_the_files_again_and_the_disk_keeps_them_once(
    student: Student, app: Flask, awake: PracticeServer
) -> None:
    first = student.run("/filtrer", image=(io.BytesIO(picture()), "chat.png"), filtre="négatif")
    second = student.finished(again(student, first["id"], f"/essais/{first['id']}").headers["Location"])
    assert second["status"] == "succeeded"
    assert second["inputs"]["filtre"] == "négatif"
    with app.app_context(), database.read_session() as session:
        sent = session.scalars(select(RunFile.file_id).where(RunFile.parameter == "image")).all()
        assert len(session.scalars(select(StoredFile)).all()) == 3
    assert len(sent) == 2
    assert len(set(sent)) == 1
    page = student.open(f"/essais/{first['id']}/supprimer").select_one("main form")
    assert page is not None
    student.client.post(str(page["action"]), data=fields_of(page))
    kept = student.client.get(second["inputs"]["image"]["file"], buffered=True)
    assert kept.data == picture(), "the second run still needs it"


def test_a_run_that_goes_on_can_be_deleted_and_the_space_is_told(student: Student, app: Flask, awake: PracticeServer):
    address = student.send(student.open_form("/compter"), jusqua="20", pause="1").headers["Location"]
    student.wait_for(address, lambda run: run["partials"] > 0)
    form = student.open(f"{address}/supprimer").select_one("main form")
    assert form is not None
    assert "sera d’abord arrêté" in student.open(f"{address}/supprimer").get_text()
    assert student.client.post(str(form["action"]), data=fields_of(form)).status_code == 303
    assert student.client.get(address).status_code == 404
    dispatcher = app.extensions["dispatcher"]
    assert until(lambda: not dispatcher.active_run_ids()), "the call goes on"
    with app.app_context(), database.read_session() as session:
        for table in (Run, RunEvent, RunSearchText):
            assert session.scalars(select(table)).all() == []


def test_a_file_that_comes_after_its_run_was_deleted_is_not_kept(app: Flask) -> None:
    with app.app_context():
        run = run_store.load_run(kept_run("awa", "running"))
        assert run is not None

        def fetch(_path: str) -> list[bytes]:
            queries.stop_and_delete_runs([run.id])
            return [b"PNG"]

        with pytest.raises(CallCancelled):
            OutputFileFetcher(run, fetch).replace_files({"path": "/tmp/x.png", "meta": {"_type": "gradio.FileData"}})
        with database.read_session() as session:
            assert session.scalars(select(StoredFile)).all() == []
        assert [path for path in file_store.get_file_storage().path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "add", [run_store.append_and_notify, lambda run_id, told: run_store.append_partial(run_id, told, 1)]
)
def test_an_event_that_comes_after_its_run_was_deleted_ends_the_call(app: Flask, add) -> None:
    with app.app_context():
        run_id = kept_run("awa", "running")
        queries.stop_and_delete_runs([run_id])
        with pytest.raises(CallCancelled):
            add(run_id, [run_store.NewEvent("partial", {"outputs": []})])
        with database.read_session() as session:
            assert session.scalars(select(RunEvent)).all() == []


# Where the Space has changed


@pytest.fixture
def awa(site: Flask) -> Iterator[Student]:
    with site.app_context():
        yield known_as(Student(site.test_client()), "awa")


def test_a_form_that_has_changed_comes_with_the_values_that_it_still_has(awa: Student, space: FakeSpace) -> None:
    run_id = kept_run("awa", endpoint="/echo", sent={"words": "bonjour", "gone": 1})
    response = again(awa, run_id)
    assert response.status_code == 400
    page = read(response)
    assert error_codes(page)[0] == "invalid-input"
    assert "a changé depuis cet essai" in page.get_text()
    assert fields_of(page.select_one("form[data-endpoint]"))["arg-words"] == ["bonjour"]
    assert space.asked("/join") == []


def test_what_looks_like_a_token_stops_it_though_an_earlier_version_let_it_pass(awa: Student, space: FakeSpace) -> None:
    run_id = kept_run("awa", endpoint="/echo", sent={"words": "hf_" + "a1B2" * 8})
    response = again(awa, run_id)
    assert response.status_code == 400
    assert error_codes(read(response))[0] == "secret-in-input"
    assert "a1B2a1B2" not in response.get_data(as_text=True)
    assert space.asked("/join") == []


def test_an_endpoint_that_is_gone_is_told(awa: Student) -> None:
    response = again(awa, kept_run("awa", endpoint="/gone", sent={"words": "bonjour"}))
    assert response.status_code == 404
    assert error_codes(read(response))[0] == "endpoint-gone"


def test_a_space_that_does_not_answer_leads_to_its_page_which_has_the_values_once_it_does(
    awa: Student, site: Flask, space: FakeSpace
) -> None:
    run_id = kept_run("awa", endpoint="/echo", sent={"words": "bonjour"})
    space.answers["/config"] = fake_servers.says({}, 503)
    response = again(awa, run_id)
    assert response.status_code == 303
    address = response.headers["Location"]
    assert error_codes(awa.open(address))
    del space.answers["/config"]
    forget_spaces(site)  # as after ten seconds: the failure is forgotten
    assert fields_of(awa.open(address).select_one("form[data-endpoint]"))["arg-words"] == ["bonjour"]


def test_a_file_that_is_no_longer_on_the_disk_is_asked_for_again(awa: Student, space: FakeSpace) -> None:
    taking = takes_file(fake_servers.says(["/tmp/x"]))
    space.config, space.info = taking["config"], taking["info"]
    first = awa.finished(
        awa.send(awa.open("/espaces/a/b"), piece=(io.BytesIO(b"texte"), "note.txt")).headers["Location"]
    )
    run = run_store.load_run(first["id"])
    assert run is not None
    file_store.get_file_storage().remove(run.files[0].file_id)
    response = again(awa, first["id"])
    assert response.status_code == 400
    page = read(response)
    assert error_codes(page)[0] == "invalid-input"
    assert UPLOAD_GONE in page.get_text()
    assert len(space.asked("/join")) == 1
