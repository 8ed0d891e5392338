"""Running again with the same values: what is sent, what is said when it cannot be."""

import io

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
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeSpace
from tests.spaces.hostile_spaces import build_file_taking_space
from tests.support.apps import forget_space_descriptions
from tests.support.clients import BrowserClient
from tests.support.factories import make_run
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page
from tests.support.samples import make_png
from tests.support.waiting import wait_until

CASES = {
    "/saluer": {"prenom": "  Zoé & <b>l’été</b>\n", "tutoyer": None},
    "/calculer": {"a": "-0,5", "b": "1e3", "operation": "multiplication"},
    "/compter": {"jusqua": "3", "pause": "0,1"},
    "/resumer": {"table-0-0": "figue", "table-0-1": "2,5"},
    "/discuter": {"message": "Qu’est-ce qu’un Space ?"},
}


def again(student: BrowserClient, run_id: str, page_of: str = "/essais/"):
    """Press « Refaire » in the list, or on the page of the run."""
    page = student.open_page(page_of)
    address = f"/essais/{run_id}/refaire"
    assert page.select(f'[formaction="{address}"], form[action="{address}"] button')
    token = page.select_one("main [name=csrf_token]")
    assert token is not None
    return student.client.post(address, data={"csrf_token": token["value"]})


@pytest.mark.parametrize("endpoint", CASES)
def test_run_again_sends_exactly_what_was_sent(
    student: BrowserClient, awake_practice: PracticeServer, endpoint: str
) -> None:
    first = student.run_endpoint(endpoint, **CASES[endpoint])
    assert first["status"] == "succeeded"
    response = again(student, first["id"])
    assert response.status_code == 303
    second = student.wait_for_end(response.headers["Location"])
    assert second["id"] != first["id"]
    assert second["status"] == "succeeded"
    assert second["inputs"] == first["inputs"]


def test_run_again_sends_the_files_again_and_the_disk_keeps_them_once(
    student: BrowserClient, app: Flask, awake_practice: PracticeServer
) -> None:
    first = student.run_endpoint("/filtrer", image=(io.BytesIO(make_png()), "chat.png"), filtre="négatif")
    second = student.wait_for_end(again(student, first["id"], f"/essais/{first['id']}").headers["Location"])
    assert second["status"] == "succeeded"
    assert second["inputs"]["filtre"] == "négatif"
    with app.app_context(), database.read_session() as session:
        sent = session.scalars(select(RunFile.file_id).where(RunFile.parameter == "image")).all()
        assert len(session.scalars(select(StoredFile)).all()) == 3
    assert len(sent) == 2
    assert len(set(sent)) == 1
    page = student.open_page(f"/essais/{first['id']}/supprimer").select_one("main form")
    assert page is not None
    student.client.post(str(page["action"]), data=collect_form_fields(page))
    kept = student.client.get(second["inputs"]["image"]["file"], buffered=True)
    assert kept.data == make_png(), "the second run still needs it"


def test_a_run_that_goes_on_can_be_deleted_and_the_space_is_told(
    student: BrowserClient, app: Flask, awake_practice: PracticeServer
):
    address = student.submit_form(student.open_form("/compter"), jusqua="20", pause="1").headers["Location"]
    student.wait_for_run(address, lambda run: run["partials"] > 0)
    form = student.open_page(f"{address}/supprimer").select_one("main form")
    assert form is not None
    assert "sera d’abord arrêté" in student.open_page(f"{address}/supprimer").get_text()
    assert student.client.post(str(form["action"]), data=collect_form_fields(form)).status_code == 303
    assert student.client.get(address).status_code == 404
    dispatcher = app.extensions["dispatcher"]
    assert wait_until(lambda: not dispatcher.active_run_ids()), "the call goes on"
    with app.app_context(), database.read_session() as session:
        for table in (Run, RunEvent, RunSearchText):
            assert session.scalars(select(table)).all() == []


def test_a_file_that_comes_after_its_run_was_deleted_is_not_kept(app: Flask) -> None:
    with app.app_context():
        run = run_store.load_run(make_run("awa", "running"))
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
        run_id = make_run("awa", "running")
        queries.stop_and_delete_runs([run_id])
        with pytest.raises(CallCancelled):
            add(run_id, [run_store.NewEvent("partial", {"outputs": []})])
        with database.read_session() as session:
            assert session.scalars(select(RunEvent)).all() == []


# Where the Space has changed


def test_a_form_that_has_changed_comes_with_the_values_that_it_still_has(
    site_awa: BrowserClient, space: FakeSpace
) -> None:
    run_id = make_run("awa", endpoint="/echo", sent={"words": "bonjour", "gone": 1})
    response = again(site_awa, run_id)
    assert response.status_code == 400
    page = parse_page(response)
    assert list_error_codes(page)[0] == "invalid-input"
    assert "a changé depuis cet essai" in page.get_text()
    assert collect_form_fields(page.select_one("form[data-endpoint]"))["arg-words"] == ["bonjour"]
    assert space.requests_to("/join") == []


def test_what_looks_like_a_token_stops_it_though_an_earlier_version_let_it_pass(
    site_awa: BrowserClient, space: FakeSpace
) -> None:
    run_id = make_run("awa", endpoint="/echo", sent={"words": "hf_" + "a1B2" * 8})
    response = again(site_awa, run_id)
    assert response.status_code == 400
    assert list_error_codes(parse_page(response))[0] == "secret-in-input"
    assert "a1B2a1B2" not in response.get_data(as_text=True)
    assert space.requests_to("/join") == []


def test_an_endpoint_that_is_gone_is_told(site_awa: BrowserClient) -> None:
    response = again(site_awa, make_run("awa", endpoint="/gone", sent={"words": "bonjour"}))
    assert response.status_code == 404
    assert list_error_codes(parse_page(response))[0] == "endpoint-gone"


def test_a_space_that_does_not_answer_leads_to_its_page_which_has_the_values_once_it_does(
    site_awa: BrowserClient, site: Flask, space: FakeSpace
) -> None:
    run_id = make_run("awa", endpoint="/echo", sent={"words": "bonjour"})
    space.answers["/config"] = fake_servers.reply_with({}, 503)
    response = again(site_awa, run_id)
    assert response.status_code == 303
    address = response.headers["Location"]
    assert list_error_codes(site_awa.open_page(address))
    del space.answers["/config"]
    forget_space_descriptions(site)  # as after ten seconds: the failure is forgotten
    assert collect_form_fields(site_awa.open_page(address).select_one("form[data-endpoint]"))["arg-words"] == [
        "bonjour"
    ]


def test_a_file_that_is_no_longer_on_the_disk_is_asked_for_again(site_awa: BrowserClient, space: FakeSpace) -> None:
    taking = build_file_taking_space(fake_servers.reply_with(["/tmp/x"]))
    space.config, space.info = taking["config"], taking["info"]
    first = site_awa.wait_for_end(
        site_awa.submit_form(site_awa.open_page("/espaces/a/b"), piece=(io.BytesIO(b"texte"), "note.txt")).headers[
            "Location"
        ]
    )
    run = run_store.load_run(first["id"])
    assert run is not None
    file_store.get_file_storage().remove(run.files[0].file_id)
    response = again(site_awa, first["id"])
    assert response.status_code == 400
    page = parse_page(response)
    assert list_error_codes(page)[0] == "invalid-input"
    assert UPLOAD_GONE in page.get_text()
    assert len(space.requests_to("/join")) == 1
