"""Runs from the outside: the form is posted, the Space is called, the page and the stored row say what happened."""

import io
import os
import re
import signal
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, update

from hfcourse import create_app, database
from hfcourse.files.file_store import StoredFile
from hfcourse.practice.server import PracticeServer
from hfcourse.runs.store import effective_status, run_store
from hfcourse.runs.store.models import Run, RunEvent
from tests.support.apps import close_app
from tests.support.clients import PRACTICE_PATH, BrowserClient
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page
from tests.support.samples import make_png

pytestmark = pytest.mark.usefixtures("awake_practice")

TOKEN = "hf_" + "a1B2" * 8  # made here, so that no file holds anything that looks like one


def stored(app: Flask) -> list[Run]:
    with app.app_context(), database.read_session() as session:
        return list(session.scalars(select(Run)))


def test_a_greeting_comes_back_and_is_stored(student: BrowserClient, app: Flask) -> None:
    run = student.run_endpoint("/saluer", prenom="Awa")
    assert run["status"] == "succeeded"
    assert run["error"] is None
    assert "Awa" in run["outputs"][0]["value"]
    assert run["outputs"][0]["component"] == "Textbox"
    assert run["inputs"]["prenom"] == "Awa"
    assert [row.status for row in stored(app)] == ["succeeded"]


def test_the_json_of_a_run_keeps_its_contract(student: BrowserClient) -> None:
    run = student.run_endpoint("/saluer", prenom="Awa")
    assert set(run) == {
        *("id", "space", "endpoint", "status", "error", "inputs", "outputs"),
        *("partials", "queue", "progress", "log", "timings"),
    }
    assert set(run["queue"]) == {"rank", "size", "eta"}
    assert set(run["outputs"][0]) == {"label", "component", "value"}
    assert (run["space"], run["endpoint"]) == ("hfcourse/entrainement", "/saluer")
    moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    assert all(moment.fullmatch(run["timings"][name]) for name in ("created", "started", "first_output", "finished"))
    assert run["timings"]["created"] <= run["timings"]["started"] <= run["timings"]["finished"]


def test_the_page_of_a_run_shows_outputs_and_a_way_back_to_the_form(student: BrowserClient) -> None:
    run = student.run_endpoint("/calculer", a="7", b="2", operation="division")
    page = student.open_page(f"/essais/{run['id']}")
    article = page.select_one("article[data-run]")
    assert article is not None
    assert (article["data-run"], article["data-status"]) == (run["id"], "succeeded")
    section = article.select_one('section[data-output="0"]')
    assert section is not None
    assert section["data-component"] == "Number"
    assert "3,5" in section.get_text()
    again = page.select_one("a.button--primary")
    assert again is not None
    form = student.open_page(str(again["href"])).select_one("form[data-endpoint]")
    assert form is not None
    assert collect_form_fields(form)["arg-a"] == ["7"]
    assert collect_form_fields(form)["arg-operation"] == ["division"]


def test_dividing_by_zero_shows_the_words_of_the_author(student: BrowserClient) -> None:
    run = student.run_endpoint("/calculer", a="1", b="0", operation="division")
    assert run["status"] == "failed"
    assert run["error"]["code"] == "space-error"
    assert "zéro" in run["error"]["message"]
    page = student.open_page(f"/essais/{run['id']}")
    assert list_error_codes(page)[0] == "space-error"
    words = page.select_one("[data-error] code")
    assert words is not None
    assert "zéro" in words.get_text()


def test_a_decimal_comma_is_a_number(student: BrowserClient) -> None:
    run = student.run_endpoint("/calculer", a="3,5", b="2", operation="multiplication")
    assert run["inputs"]["a"] == 3.5
    assert run["outputs"][0]["value"] == 7


def test_a_generator_leaves_partial_outputs_and_progress(student: BrowserClient) -> None:
    response = student.submit_form(student.open_form("/compter"), jusqua="4", pause="0,4")
    address = response.headers["Location"]
    half = student.wait_for_run(address, lambda run: run["outputs"] and run["progress"])
    assert half["status"] == "running"
    assert half["outputs"][0]["value"].startswith("1")
    article = student.open_page(address).select_one("article")
    assert article is not None
    assert article["data-status"] == "running"
    assert str(article["data-poll"]).endswith("/statut")
    assert article.select_one("progress") is not None
    run = student.wait_for_end(address)
    assert run["partials"] >= 4
    fragment = student.client.get(address + "/statut").get_data(as_text=True)
    assert "data-poll" not in fragment, "a finished run must not ask for itself again"
    assert "<html" not in fragment


def test_a_running_run_can_be_stopped_and_keeps_what_arrived(student: BrowserClient) -> None:
    page = student.open_form("/compter")
    address = student.submit_form(page, jusqua="20", pause="1").headers["Location"]
    student.wait_for_run(address, lambda run: run["partials"] > 0)
    button = student.open_page(address).select_one("form[action$=arreter]")
    assert button is not None
    assert student.client.post(str(button["action"]), data=collect_form_fields(button)).status_code == 303
    run = student.wait_for_end(address)
    assert run["status"] == "stopped"
    assert run["error"] is None
    assert run["outputs"][0]["value"].startswith("1")


def test_a_picture_goes_and_comes_back(student: BrowserClient, app: Flask) -> None:
    run = student.run_endpoint("/filtrer", image=(io.BytesIO(make_png()), "chat.png"), filtre="négatif")
    assert run["status"] == "succeeded", run
    sent, came = run["inputs"]["image"], run["outputs"][0]["value"]
    assert (sent["name"], sent["media_type"], sent["bytes"]) == ("chat.png", "image/png", len(make_png()))
    response = student.client.get(came["file"], buffered=True)
    assert response.status_code == 200
    assert Image.open(io.BytesIO(response.data)).size == (40, 30)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "private, no-store"
    with app.app_context(), database.read_session() as session:
        assert len(session.scalars(select(StoredFile)).all()) == 2


def test_the_file_of_a_run_is_sent_again_without_being_chosen_again(student: BrowserClient) -> None:
    run = student.run_endpoint("/filtrer", image=(io.BytesIO(make_png()), "chat.png"))
    page = student.open_form("/filtrer", f"&essai={run['id']}")
    assert "chat.png" in page.get_text()
    second = student.wait_for_end(student.submit_form(page).headers["Location"])
    assert second["status"] == "succeeded"
    assert second["inputs"]["image"]["name"] == "chat.png"


def test_the_state_of_a_conversation_is_kept_for_each_visitor_alone(
    student: BrowserClient, stranger: BrowserClient
) -> None:
    student.run_endpoint("/discuter", message="Qui a fondé Hugging Face ?")
    asked = "Quelle était ma première question ?"
    mine = student.run_endpoint("/discuter", message=asked)["outputs"][0]["value"]
    theirs = stranger.run_endpoint("/discuter", message=asked)["outputs"][0]["value"]
    assert "fondé" in mine
    assert "fondé" not in theirs


def test_a_stranger_gets_404_for_everything_of_a_run(student: BrowserClient, stranger: BrowserClient) -> None:
    run = student.run_endpoint("/filtrer", image=(io.BytesIO(make_png()), "chat.png"))
    address = f"/essais/{run['id']}"
    pages = (
        address,
        address + ".json",
        address + "/statut",
        run["outputs"][0]["value"]["file"],
        run["inputs"]["image"]["file"],
    )
    stranger.open_page(PRACTICE_PATH)
    for page in pages:
        assert stranger.client.get(page).status_code == 404, page
        assert student.client.get(page, buffered=True).status_code == 200, page
    token = collect_form_fields(stranger.open_form("/saluer").select_one("form[data-endpoint]"))["csrf_token"]
    assert stranger.client.post(address + "/arreter", data={"csrf_token": token}).status_code == 404
    page = stranger.open_form("/saluer", f"&essai={run['id']}")
    assert "chat.png" not in page.get_text()
    assert run["id"] not in stranger.open_page("/essais/").decode()


def test_a_strangers_upload_cannot_be_named(student: BrowserClient, stranger: BrowserClient, app: Flask) -> None:
    student.run_endpoint("/filtrer", image=(io.BytesIO(make_png()), "chat.png"))
    with app.app_context(), database.read_session() as session:
        theirs = session.scalars(select(StoredFile.id)).first()
    response = stranger.submit_form(stranger.open_form("/filtrer"), **{"image-kept": theirs})
    assert response.status_code == 400
    assert list_error_codes(parse_page(response))[0] == "invalid-input"


def test_my_runs_lists_mine_newest_first(student: BrowserClient) -> None:
    assert "Aucun essai" in student.open_page("/essais/").get_text()
    first = student.run_endpoint("/saluer", prenom="Awa")
    second = student.run_endpoint("/calculer", a="1", b="2", operation="addition")
    links = [str(link["href"]) for link in student.open_page("/essais/").select("a.row-link")]
    assert links == [f"/essais/{second['id']}", f"/essais/{first['id']}"]
    assert [str(link["href"]) for link in student.open_page("/").select("a.row-link")][:2] == links


def drop_empty_files(values: list[Any]) -> list[Any]:
    """Return the values of a field, an empty file as its name: two streams of bytes are never equal."""
    return [each if isinstance(each, str) else (each[0].read(), each[1]) for each in values]


@pytest.mark.parametrize(
    ("endpoint", "changes", "field"),
    [
        ("/calculer", {"a": "douze"}, "arg-a"),
        ("/calculer", {"a": None}, "arg-a"),
        ("/compter", {"jusqua": "999"}, "arg-jusqua"),
        ("/calculer", {"operation": "racine"}, "arg-operation"),
        ("/filtrer", {"image": (io.BytesIO(b"ceci est du texte"), "faux.png")}, "arg-image"),
        ("/filtrer", {"image": "un texte"}, "arg-image"),
        ("/resumer", {"table-0-1": "beaucoup"}, "table"),
    ],
)
def test_a_wrong_value_is_refused_beside_its_field_and_the_rest_is_kept(
    student: BrowserClient, app: Flask, endpoint: str, changes: dict, field: str
) -> None:
    page = student.open_form(endpoint)
    before = collect_form_fields(page.select_one("form[data-endpoint]"))
    response = student.submit_form(page, **changes)
    assert response.status_code == 400
    again = parse_page(response)
    assert list_error_codes(again)[0] == "invalid-input"
    form = again.select_one("form[data-endpoint]")
    assert form is not None
    fault = form.select_one(".error")
    assert fault is not None
    assert fault.get_text(strip=True)
    assert form.select_one('[aria-invalid="true"]') is not None
    after = collect_form_fields(form)
    for name, value in before.items():
        if name.startswith("arg-") and not any(name.endswith(changed) for changed in changes):
            assert drop_empty_files(after[name]) == drop_empty_files(value), name
    name, typed = next(iter(changes.items()))
    if isinstance(typed, str) and field not in ("arg-operation", "arg-image"):
        assert after[f"arg-{name}"] == [typed]
    assert stored(app) == []


def test_a_missing_field_says_how_to_mend_it(student: BrowserClient) -> None:
    response = student.submit_form(student.open_form("/saluer"), prenom=None)
    assert "rechargez" in parse_page(response).get_text()


def test_a_good_file_survives_a_wrong_value_beside_it(student: BrowserClient) -> None:
    page = student.open_form("/filtrer")
    refused = parse_page(student.submit_form(page, image=(io.BytesIO(make_png()), "chat.png"), filtre="inconnu"))
    assert "chat.png" in refused.get_text()
    accepted = student.submit_form(refused, filtre="négatif")
    run = student.wait_for_end(accepted.headers["Location"])
    assert run["inputs"]["image"]["name"] == "chat.png"


def test_an_upload_that_is_too_large_is_413_and_the_words_are_kept(student: BrowserClient, app: Flask) -> None:
    page = student.open_form("/filtrer")
    huge = io.BytesIO(make_png() + b"\0" * 50_000_000)
    response = student.submit_form(page, image=(huge, "grande.png"), filtre="flou")
    assert response.status_code == 413
    again = parse_page(response)
    assert list_error_codes(again)[0] == "invalid-input"
    assert "20" in again.get_text()
    assert collect_form_fields(again.select_one("form[data-endpoint]"))["arg-filtre"] == ["flou"]
    assert stored(app) == []


def test_a_form_without_csrf_token_is_400_and_can_be_sent_again_as_it_is(app: Flask, student: BrowserClient) -> None:
    page = student.open_form("/saluer")
    csrf = page.select_one("[name=csrf_token]")
    assert csrf is not None
    csrf["value"] = "faux"
    response = student.submit_form(page, prenom="Awa")
    assert response.status_code == 400
    again = parse_page(response)
    assert list_error_codes(again)[0] == "invalid-input"
    assert collect_form_fields(again.select_one("form[data-endpoint]"))["arg-prenom"] == ["Awa"]
    assert stored(app) == []
    run = student.wait_for_end(student.submit_form(again).headers["Location"])
    assert "Awa" in run["outputs"][0]["value"]


def test_a_token_stops_the_run_and_is_kept_nowhere(student: BrowserClient, app: Flask) -> None:
    response = student.submit_form(student.open_form("/saluer"), prenom=f"voici {TOKEN} !")
    assert response.status_code == 400
    body = response.get_data(as_text=True)
    page = parse_page(response)
    assert list_error_codes(page)[0] == "secret-in-input"
    assert TOKEN not in body
    assert collect_form_fields(page.select_one("form[data-endpoint]"))["arg-prenom"] == ["voici [jeton masqué] !"]
    assert stored(app) == []


def test_a_token_in_a_small_text_file_or_a_file_name_stops_the_run(student: BrowserClient, app: Flask) -> None:
    page = student.open_form("/filtrer")
    response = student.submit_form(page, image=(io.BytesIO(make_png()), f"{TOKEN}.png"))
    assert list_error_codes(parse_page(response))[0] == "secret-in-input"
    assert TOKEN not in response.get_data(as_text=True)
    assert stored(app) == []


def test_adding_a_row_gives_the_form_back_and_creates_no_run(student: BrowserClient, app: Flask) -> None:
    page = student.open_form("/resumer")
    form = page.select_one("form[data-endpoint]")
    assert form is not None
    rows = len(form.select("tbody tr"))
    sent = collect_form_fields(form) | {"add-row": ["table"], "arg-table-0-0": ["papaye"]}
    response = student.post_form("/essais", sent)
    assert response.status_code == 200
    again = parse_page(response).select_one("form[data-endpoint]")
    assert again is not None
    assert len(again.select("tbody tr")) == rows + 1
    assert collect_form_fields(again)["arg-table-0-0"] == ["papaye"]
    assert stored(app) == []


def test_adding_a_row_masks_a_token_too(student: BrowserClient) -> None:
    sent = collect_form_fields(student.open_form("/resumer").select_one("form[data-endpoint]"))
    response = student.post_form("/essais", sent | {"add-row": ["table"], "arg-table-0-0": [TOKEN]})
    form = parse_page(response).select_one("form[data-endpoint]")
    assert form is not None
    assert TOKEN not in response.get_data(as_text=True)
    assert collect_form_fields(form)["arg-table-0-0"] == ["[jeton masqué]"]
    assert "jeton" in str(form.select_one(".error"))


def test_an_unknown_endpoint_is_404_and_lists_the_others(student: BrowserClient) -> None:
    page = student.open_page(f"{PRACTICE_PATH}?endpoint=/rien", 404)
    assert list_error_codes(page) == ["endpoint-gone"]
    assert "/saluer" in page.get_text()
    form_page = student.open_form("/saluer")
    target = form_page.select_one("[name=endpoint]")
    assert target is not None
    target["value"] = "/rien"
    response = student.submit_form(form_page, prenom="Awa")
    assert response.status_code == 404
    again = parse_page(response)
    assert list_error_codes(again)[0] == "endpoint-gone"
    assert "Awa" in again.decode(), "what was typed must not be lost with the endpoint"


@pytest.mark.parametrize("name", ["../etc/passwd", "x", "a//b", "hfcourse/entrainement/x", "http://127.0.0.1:1"])
def test_a_malformed_space_name_is_refused_before_anything_is_asked(student: BrowserClient, name: str) -> None:
    page = student.open_form("/saluer")
    space = page.select_one("[name=space]")
    assert space is not None
    space["value"] = name
    response = student.submit_form(page, prenom="Awa")
    assert response.status_code == 404
    assert list_error_codes(parse_page(response))[0] == "space-not-found"
    assert "Awa" in parse_page(response).decode()


def test_two_tabs_send_two_runs(student: BrowserClient, app: Flask) -> None:
    one, two = student.open_form("/saluer"), student.open_form("/saluer")
    addresses = {
        student.submit_form(page, prenom=name).headers["Location"]
        for page, name in ((one, "Awa"), (two, "Bilal"), (one, "Cléa"))
    }
    assert len(addresses) == 3
    assert all(student.wait_for_end(address)["status"] == "succeeded" for address in addresses)
    assert len(stored(app)) == 3


def test_a_run_over_the_visitors_limit_waits_its_turn_and_says_its_place(student: BrowserClient) -> None:
    addresses = [
        student.submit_form(student.open_form("/compter"), jusqua="3", pause="0,5").headers["Location"]
        for _ in range(3)
    ]
    waiting = student.client.get(addresses[2] + ".json").get_json()
    assert waiting["status"] == "queued"
    assert waiting["queue"] == {"rank": 0, "size": 1, "eta": None}
    assert all(student.wait_for_end(address)["status"] == "succeeded" for address in addresses)


def test_a_full_waiting_room_refuses_and_keeps_what_was_typed(student: BrowserClient, app: Flask) -> None:
    app.extensions["dispatcher"].limits.max_queued = 0
    response = student.submit_form(student.open_form("/saluer"), prenom="Awa")
    assert response.status_code == 429
    page = parse_page(response)
    assert list_error_codes(page)[0] == "limit-reached"
    assert collect_form_fields(page.select_one("form[data-endpoint]"))["arg-prenom"] == ["Awa"]


def test_a_call_past_its_deadline_is_a_timeout_that_keeps_what_arrived(student: BrowserClient, app: Flask) -> None:
    app.extensions["dispatcher"]._active_runs.deadline_seconds = 4  # a busy machine has counted to one by then
    run = student.run_endpoint("/compter", jusqua="20", pause="0,5")
    assert run["status"] == "failed"
    assert run["error"]["code"] == "timeout"
    assert run["outputs"][0]["value"].startswith("1")


def test_the_practice_space_killed_while_it_computes_ends_the_run_and_wakes_again(
    student: BrowserClient, awake_practice: PracticeServer
) -> None:
    address = student.submit_form(student.open_form("/compter"), jusqua="20", pause="1").headers["Location"]
    student.wait_for_run(address, lambda run: run["partials"] > 0)
    assert awake_practice.pid
    os.kill(awake_practice.pid, signal.SIGKILL)
    run = student.wait_for_end(address)
    assert (run["status"], run["error"]["code"]) == ("failed", "connection-lost")
    assert run["inputs"]["jusqua"] == 20
    assert student.run_endpoint("/saluer", prenom="Awa")["status"] == "succeeded"


def test_a_run_left_by_a_site_that_was_killed_is_interrupted_with_its_values(
    student: BrowserClient, app: Flask
) -> None:
    run = student.run_endpoint("/calculer", a="5", b="6", operation="addition")
    silent = database.utc_now() - timedelta(seconds=effective_status.STALE_SECONDS + 1)
    with app.app_context(), database.write_session() as session:
        session.execute(update(Run).values(status="running", finished=None, process="gone", heartbeat=silent))
    later = student.client.get(f"/essais/{run['id']}.json").get_json()
    assert later["status"] == "interrupted"
    assert later["inputs"]["a"] == 5
    page = student.open_page(f"/essais/{run['id']}")
    again = page.select_one("a.button--primary")
    assert again is not None
    assert collect_form_fields(student.open_page(str(again["href"])).select_one("form[data-endpoint]"))["arg-a"] == [
        "5"
    ]


def test_a_run_is_claimed_once(student: BrowserClient, app: Flask) -> None:
    run = student.run_endpoint("/saluer", prenom="Awa")
    with app.app_context():
        assert not run_store.claim_run(run["id"])
        with database.write_session() as session:
            session.execute(update(Run).values(status="queued"))
        assert run_store.claim_run(run["id"])
        assert not run_store.claim_run(run["id"])


def test_only_the_latest_partial_output_is_kept(student: BrowserClient, app: Flask) -> None:
    run = student.run_endpoint("/compter", jusqua="5", pause="0,2")
    with app.app_context(), database.read_session() as session:
        kinds = session.scalars(select(RunEvent.kind).where(RunEvent.run_id == run["id"])).all()
    assert kinds.count("partial") == 1
    assert run["partials"] >= 5


def test_the_runs_are_there_after_a_restart(student: BrowserClient, app: Flask) -> None:
    run = student.run_endpoint("/saluer", prenom="Awa")
    again = create_app({"INSTANCE": app.config["INSTANCE"], "TESTING": True})
    client = again.test_client()
    cookie = student.client.get_cookie("hfcourse")
    assert cookie is not None
    client.set_cookie("hfcourse", cookie.value)
    assert client.get(f"/essais/{run['id']}.json").get_json()["outputs"] == run["outputs"]
    close_app(again)
