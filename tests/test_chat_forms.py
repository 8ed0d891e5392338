"""Forms of a conversation and a student who tries things: nothing is sent twice, nothing typed is lost."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from hfcourse import database
from hfcourse.chat import conversations, turn_creation
from hfcourse.runs.store.conversation_models import Conversation, Turn
from hfcourse.runs.store.models import Run
from tests.spaces.chat_spaces import make_interface_space, make_multimodal_space
from tests.support.chat_pages import (
    OpenSite,
    fill_form,
    store_conversation,
    talk,
)
from tests.support.clients import BrowserClient
from tests.support.factories import count_rows, log_in_as
from tests.support.form_parsing import collect_form_fields, parse_page
from tests.support.french_typography import find_language_errors


@pytest.mark.parametrize("text", [" \n\t ", "\u200b", "\u202e\u2066", "\0"])
def test_message_of_invisible_characters_is_refused(open_chat_site: OpenSite, text: str) -> None:
    student = BrowserClient(open_chat_site(make_interface_space()).test_client())
    page = student.open_page("/discussion/?espace=a/b")
    refused = student.post_form("/discussion/", fill_form(page, message=text))
    assert refused.status_code == 400
    (link,) = parse_page(refused).select("#fautes a")
    assert link["href"] == "#message"
    assert "Écrivez un message" in link.get_text()


def test_invalid_option_and_message_are_listed_with_links(open_chat_site: OpenSite) -> None:
    student = BrowserClient(open_chat_site(make_interface_space()).test_client())
    for page in (student.open_page("/discussion/?espace=a/b"), talk(student, "bonjour")):
        path = str(page.select_one("form[data-composer]")["action"])  # type: ignore[index]
        refused = student.post_form(path, fill_form(page, message="", **{"arg-temperature": "chaud"}))
        assert refused.status_code == 400
        again = parse_page(refused)
        assert "2 valeurs ne conviennent pas" in again.get_text()
        targets = [str(link["href"]).removeprefix("#") for link in again.select("#fautes a[data-fault]")]
        assert targets == ["message", "arg-temperature"]
        assert all(again.find(id=target) for target in targets)
        assert find_language_errors(again) == []


def test_form_that_is_posted_twice_sends_one_message(open_chat_site: OpenSite) -> None:
    app = open_chat_site(make_interface_space())
    student = BrowserClient(app.test_client())
    first = fill_form(student.open_page("/discussion/?espace=a/b"), message="un")
    places = {student.post_form("/discussion/", first).headers["Location"] for _ in range(2)}
    assert len(places) == 1
    path = places.pop()
    second = fill_form(student.wait_for_answers(path), message="deux")
    assert len({student.post_form(path, second).headers["Location"] for _ in range(2)}) == 1
    page = student.wait_for_answers(path)
    again = collect_form_fields(page.select("form[action$='/refaire']")[-1])
    address = str(page.select("form[action$='/refaire']")[-1]["action"])
    assert len({student.post_form(address, again).headers["Location"] for _ in range(2)}) == 1
    student.wait_for_answers(path)
    student.post_form(path, second | {"message": ["autre texte"]})  # the Back button, and another message
    with app.app_context(), database.read_session() as session:
        assert count_rows(Conversation) == 1
        assert sorted(session.scalars(select(Turn.text))) == ["autre texte", "deux", "deux", "un"]
        assert session.scalar(select(func.count()).select_from(Run)) == 4


def test_form_that_is_stored_by_another_request_meanwhile_sends_one_message(
    open_chat_site: OpenSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_chat_site(make_interface_space())
    first, second = (log_in_as(BrowserClient(app.test_client()), "awa") for _ in range(2))
    pages = [student.open_page("/discussion/?espace=a/b") for student in (first, second)]
    form = fill_form(pages[0], message="un")
    same = fill_form(pages[1], message="un", tour=form["tour"][0])
    places: list[str] = []

    def store_after(read: Callable[[str], Any]) -> Callable[[str], Any]:
        """Have the form of the first request stored by the second, once the first has read this for the first time."""

        def read_then_store(turn_id: str) -> Any:
            found = read(turn_id)
            if not places:
                places.append("")
                other = threading.Thread(
                    target=lambda: places.append(second.post_form("/discussion/", same).headers["Location"])
                )
                other.start()
                other.join()
            return found

        return read_then_store

    for name in ("has_turn", "find_own_turn"):
        monkeypatch.setattr(conversations, name, store_after(getattr(conversations, name)))
    assert first.post_form("/discussion/", form).headers["Location"] == places[1]
    first.wait_for_answers(places[1])
    with app.app_context():
        assert (count_rows(Conversation), count_rows(Turn), count_rows(Run)) == (1, 1, 1)


def test_conversation_deleted_while_its_message_is_sent_keeps_the_message(
    open_chat_site: OpenSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    student = BrowserClient(open_chat_site(make_interface_space()).test_client())
    page = talk(student, "un")
    path = str(page.select_one("form[data-composer]")["action"])  # type: ignore[index]
    create_turn = turn_creation.create_turn

    def delete_then_create(composer, place, *more):
        conversations.delete_conversation(place.conversation.id)
        return create_turn(composer, place, *more)

    monkeypatch.setattr(turn_creation, "create_turn", delete_then_create)
    response = student.post_form(path, fill_form(page, message="trop tard"))
    assert response.status_code == 404
    assert "n’existe plus" in response.text
    assert collect_form_fields(parse_page(response).select("form[data-composer]")[0])["message"] == ["trop tard"]


def test_form_cannot_take_the_turn_of_a_stranger(open_chat_site: OpenSite) -> None:
    app = open_chat_site(make_interface_space())
    student, stranger = BrowserClient(app.test_client()), BrowserClient(app.test_client())
    form = fill_form(student.open_page("/discussion/?espace=a/b"), message="un")
    mine = student.post_form("/discussion/", form).headers["Location"]
    page = stranger.open_page("/discussion/?espace=a/b")
    theirs = stranger.post_form("/discussion/", fill_form(page, message="un", tour=form["tour"][0]))
    assert theirs.headers["Location"] != mine
    odd = stranger.post_form("/discussion/", fill_form(page, message="deux", tour="../../x\0"))
    assert odd.status_code == 303
    for path in (theirs.headers["Location"], odd.headers["Location"]):
        stranger.wait_for_answers(path)


def test_message_with_a_microphone_offers_the_recorder(open_chat_site: OpenSite) -> None:
    student = BrowserClient(open_chat_site(make_multimodal_space()).test_client())
    page = student.open_page("/discussion/?espace=a/b")
    recorder = page.select_one("[data-composer] [data-record=audio]")
    assert recorder is not None
    assert page.find(id=str(recorder["data-into"]), type="file") is not None
    assert page.select_one("script[src*='recorder']") is not None


def test_projected_conversation_stays_projected(open_chat_site: OpenSite) -> None:
    student = BrowserClient(open_chat_site(make_interface_space()).test_client())
    page = talk(student, "un")
    link = next(each for each in page.select("a[href*='projeter=1']") if each.get_text() == "Projeter")
    page = student.open_page(str(link["href"]))
    assert page.select_one("link[href*='project']")
    assert page.select_one("header.presentation-header h1") is not None
    assert len(page.select("h1")) == 1
    assert page.select_one(".chat-management, .site-header") is None
    form = page.select_one("form[data-composer]")
    assert form is not None
    response = student.post_form(str(form["action"]), fill_form(page, message="deux"))
    assert "projeter=1" in response.headers["Location"]
    page = student.wait_for_answers(response.headers["Location"])
    assert all("projeter=1" in str(each["href"]) for each in page.select(".chat-turns a[href*='modifier']"))
    leave = page.select_one("a[data-leave]")
    assert leave is not None
    assert "projeter" not in str(leave["href"])
    assert find_language_errors(page) == []


# --- without scripts each action is a form or a link ---


def test_each_action_has_a_plain_form_or_link(open_chat_site: OpenSite) -> None:
    student = BrowserClient(open_chat_site(make_interface_space()).test_client())
    page = talk(student, "un")
    path = str(page.select_one("form[data-composer]")["action"])  # type: ignore[index]
    forms = {(str(form.get("action")).removeprefix(path), form["method"]) for form in page.select("form")}
    turn = str(page.select_one("[data-turn]")["data-turn"])  # type: ignore[index]
    assert {("", "post"), (f"/tours/{turn}/refaire", "post"), ("/titre", "post")} <= forms
    links = [str(each["href"]) for each in page.select("a[href]")]
    assert any("modifier=" in link for link in links)
    assert {f"{path}.json", f"{path}/supprimer"} <= set(links)
    assert any(link.startswith(f"{path}.md") for link in links)
    assert all(form.select_one("button, input[type=submit]") for form in page.select("form:not([hidden])"))
    assert student.open_page("/discussion/").select_one("form[role=search][method=get] button[type=submit]")
    assert student.open_page(f"{path}/supprimer").select_one("main form[method=post] button[type=submit]")


def test_conversation_without_answers_is_exported(app: Flask, awa: BrowserClient) -> None:
    with app.app_context():
        path = store_conversation(None, ["un", "deux"])
        with database.write_session() as session:
            session.execute(update(Run).where(Run.visitor == "awa").values(status="stopped", outputs=json.loads("[]")))
    assert awa.client.get(path + ".md").text.count("(rien)") == 2
    assert [turn["status"] for turn in awa.client.get(path + ".json").get_json()["turns"]] == ["stopped", "stopped"]


def test_conversations_of_a_stranger_stay_theirs(app: Flask, awa: BrowserClient, stranger: BrowserClient) -> None:
    with app.app_context():
        path = store_conversation("oui", ["un"])
        with database.read_session() as session:
            turn = session.scalar(select(Turn.id))
    log_in_as(stranger, "bilal")
    for part in ("", ".md", ".json", "/supprimer", "?projeter=1", f"?tour={turn}", f"/tours/{turn}"):
        assert stranger.client.get(path + part).status_code == 404
        assert awa.client.get(path + part).status_code == 200


def test_message_to_a_deleted_conversation_is_kept_for_a_new_one(app: Flask, awa: BrowserClient) -> None:
    with app.app_context():
        path = store_conversation("oui", ["un"])
    form = {"csrf_token": collect_csrf_token(awa, path), "message": ["encore <là>"]}
    awa.post_form(path + "/supprimer", form)
    response = awa.post_form(path, form)
    page = parse_page(response)
    assert response.status_code == 404
    assert "n’existe plus" in page.get_text()
    composer = page.select_one("form[data-composer]")
    assert composer is not None
    assert composer["action"] == "/discussion/"
    assert collect_form_fields(composer)["message"] == ["encore <là>"]
    assert find_language_errors(page) == []


def collect_csrf_token(student: BrowserClient, path: str) -> list[str]:
    return [str(student.open_page(path).select("input[name=csrf_token]")[0]["value"])]


def test_title_without_csrf_token_is_kept_in_its_box(app: Flask, awa: BrowserClient) -> None:
    with app.app_context():
        path = store_conversation("oui", ["un"])
    response = awa.post_form(path + "/titre", {"titre": ["Mon <titre> hf_" + "a" * 30]})
    page = parse_page(response)
    assert response.status_code == 400
    assert page.select("#titre")[0]["value"] == "Mon <titre> [jeton masqué]"
    assert page.select_one(".chat-management[open] #e-titre") is not None
    assert awa.open_page(path).select("h1")[0].get_text() == "Essai"
    assert find_language_errors(page) == []


def test_list_beyond_its_last_page_says_so(app: Flask, awa: BrowserClient) -> None:
    with app.app_context():
        store_conversation("oui", ["un"])
    page = awa.open_page("/discussion/?page=9")
    assert "Cette page de la liste est vide" in page.get_text()
