"""Pages of conversations: what each does with the practice Space, and that a stranger sees nothing of them."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from hfcourse import database
from hfcourse.practice.server import PracticeServer
from hfcourse.runs.retention import pruning
from hfcourse.runs.store.conversation_models import Conversation, ConversationSession, Turn
from hfcourse.runs.store.models import Run
from tests.support.clients import BrowserClient
from tests.support.factories import log_in_as
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page
from tests.support.french_typography import find_language_errors
from tests.support.waiting import wait_until

TOKEN = "hf_" + "Q" * 34


def start_conversation(student: BrowserClient, text: str = "Qu'est-ce qu'un jeton ?") -> str:
    """Begin a conversation with the practice Space; its address once it has answered."""
    page = student.open_page("/discussion/")
    response = student.post_form("/discussion/", fill_composer(page, text))
    assert response.status_code == 303, parse_page(response).get_text(" ", strip=True)
    student.wait_for_answers(response.headers["Location"])
    return response.headers["Location"]


def read_message(student: BrowserClient, address: str) -> str:
    """The first message in the form of a new conversation."""
    return student.open_page(address).select("form[data-composer] textarea[name=message]")[0].get_text().strip()


def test_link_brings_the_first_message_also_while_the_space_sleeps(student: BrowserClient) -> None:
    assert read_message(student, "/discussion?message= Bonjour <b>") == "Bonjour <b>"


def test_message_that_a_link_brings_begins_a_conversation_once_sent(
    student: BrowserClient, awake_practice: PracticeServer
) -> None:
    assert read_message(student, f"/discussion?message=Un {TOKEN}") == "Un [jeton masqué]"
    assert len(read_message(student, "/discussion?message=" + "é" * 1_500)) == 1_000
    form = student.open_page("/discussion?message=Bonjour&point=/discuter").select("form[data-composer]")[0]
    response = student.post_form("/discussion/", collect_form_fields(form))
    page = student.wait_for_answers(response.headers["Location"])
    assert "Bonjour" in page.select(".chat-text")[0].get_text()


def test_trace_of_each_turn_has_the_form_that_sent_it(student: BrowserClient, awake_practice: PracticeServer) -> None:
    with student.post_form("/discussion/", fill_composer(student.open_page("/discussion/"), "Bonjour")) as first:
        address = first.headers["Location"]
    page = student.wait_for_answers(address)
    with student.post_form(address, fill_composer(page, "Encore")) as second:
        page = student.wait_for_answers(second.headers["Location"])
    run_ids = [str(article["data-run"]) for article in page.select("article[data-run]")]
    targets = ["/discussion/", address]
    for run_id, target in zip(run_ids, targets, strict=True):
        assert wait_until(partial(is_first_exchange, student, run_id, target))


def is_first_exchange(student: BrowserClient, run_id: str, target: str) -> bool:
    """Does the stored trace of this run begin with the request for `target`?"""
    har: Any = student.client.get(f"/essais/{run_id}/echanges.har").json
    return any(entry["request"]["url"].endswith(target) for entry in har["log"]["entries"][:1])


def fill_composer(page: BeautifulSoup, text: str, **changes: str) -> dict[str, list[str]]:
    form = page.select_one("form[data-composer]")
    assert form is not None, page.get_text(" ", strip=True)
    return collect_form_fields(form) | {"message": [text]} | {name: [value] for name, value in changes.items()}


def send_message(student: BrowserClient, address: str, text: str, **changes: str) -> BeautifulSoup:
    response = student.post_form(address, fill_composer(student.open_page(address), text, **changes))
    assert response.status_code == 303, parse_page(response).get_text(" ", strip=True)
    return student.wait_for_answers(response.headers["Location"])


def list_rows(app: Flask, model: type) -> list:
    with app.app_context(), database.read_session() as session:
        return list(session.scalars(select(model)).all())


@pytest.fixture
def conversation(awake_practice: PracticeServer, student: BrowserClient) -> str:
    return start_conversation(log_in_as(student, "awa"))


def test_conversation_remembers_what_was_asked(conversation: str, student: BrowserClient) -> None:
    page = send_message(student, conversation, "quelle était ma première question ?")
    assert "jeton" in page.select("[data-words]")[-1].get_text()
    assert len(page.select("li.chat-message--user")) == 2


def test_stranger_gets_404_everywhere(
    conversation: str, stranger: BrowserClient, student: BrowserClient, app: Flask
) -> None:
    log_in_as(stranger, "bilal")
    (turn,) = list_rows(app, Turn)
    for part in ("", ".md", ".json", "/supprimer", f"/tours/{turn.id}", "?tour=" + turn.id, "?modifier=" + turn.id):
        assert stranger.client.get(conversation + part).status_code == 404, part
        assert student.client.get(conversation + part).status_code == 200, part
    form = fill_composer(stranger.open_page("/discussion/"), "bonjour")
    for part in ("", "/titre", "/supprimer", f"/tours/{turn.id}/refaire", f"/tours/{turn.id}/arreter"):
        assert stranger.post_form(conversation + part, form).status_code == 404, part
    assert len(list_rows(app, Turn)) == 1
    assert list_rows(app, Conversation)[0].title.startswith("Qu'est-ce")
    assert conversation not in str(stranger.open_page("/discussion/"))
    assert stranger.client.get(f"/essais/{turn.run_id}/statut?dans=discussion").status_code == 404


def test_turn_of_another_conversation_is_404(conversation: str, student: BrowserClient, app: Flask) -> None:
    other = start_conversation(student, "Autre chose")
    mine = next(each for each in list_rows(app, Turn) if each.text == "Autre chose")
    assert student.client.get(f"{conversation}/tours/{mine.id}").status_code == 404
    assert student.client.get(f"{other}/tours/{mine.id}").status_code == 200


def test_pages_are_written_as_french_is(awake_practice: PracticeServer, student: BrowserClient) -> None:
    conversation = start_conversation(student, "Bonjour")
    rejected = student.post_form(conversation, fill_composer(student.open_page(conversation), ""))
    paths = ("/discussion/", conversation, f"{conversation}/supprimer", "/discussion/?q=rien")
    for page in (parse_page(rejected), *map(student.open_page, paths)):
        assert find_language_errors(page) == [], page.title


def test_message_to_a_stranger_without_csrf_token_is_refused(
    conversation: str, stranger: BrowserClient, app: Flask
) -> None:
    response = stranger.client.post(conversation, data={"message": "sans preuve"})
    assert (response.status_code, list_error_codes(parse_page(response))) == (400, ["400"])
    assert len(list_rows(app, Turn)) == 1


@pytest.mark.parametrize("text", ["", "   \n "])
def test_empty_message_is_refused_in_french(conversation: str, student: BrowserClient, app: Flask, text: str) -> None:
    response = student.post_form(conversation, fill_composer(student.open_page(conversation), text))
    assert response.status_code == 400
    assert "Écrivez un message" in response.text
    assert len(list_rows(app, Run)) == 1


def test_token_in_a_message_is_masked_and_not_sent(conversation: str, student: BrowserClient, app: Flask) -> None:
    response = student.post_form(conversation, fill_composer(student.open_page(conversation), f"voici {TOKEN} merci"))
    assert list_error_codes(parse_page(response)) == ["secret-in-input"]
    assert TOKEN not in response.text
    box = parse_page(response).select_one("#message")
    assert box is not None
    assert "merci" in box.get_text()
    assert len(list_rows(app, Turn)) == 1


def test_message_to_a_space_that_is_gone_is_kept(conversation: str, student: BrowserClient, app: Flask) -> None:
    form = fill_composer(student.open_page(conversation), "ne te perds pas")
    with app.app_context(), database.write_session() as session:
        session.query(Conversation).update({"space": "personne/ici"})
    response = student.post_form(conversation, form)
    assert response.status_code >= 400
    box = parse_page(response).select_one("#message")
    assert box is not None
    assert "ne te perds pas" in box.get_text()
    assert "ne te perds pas" not in [turn.text for turn in list_rows(app, Turn)]


def test_first_message_to_no_space_is_refused(awake_practice: PracticeServer, student: BrowserClient) -> None:
    form = fill_composer(student.open_page("/discussion/"), "bonjour", space="pas un nom")
    response = student.post_form("/discussion/", form)
    assert response.status_code == 404
    assert "bonjour" in response.text


def test_unfinished_answer_holds_the_next_message_back(conversation: str, student: BrowserClient, app: Flask) -> None:
    with app.app_context(), database.write_session() as session:
        session.query(Run).update({"status": "queued", "process": "ailleurs", "heartbeat": database.utc_now()})
    response = student.post_form(conversation, fill_composer(student.open_page(conversation), "trop tôt"))
    assert response.status_code == 409
    assert "trop tôt" in response.text
    assert "arrive encore" in response.text


def test_script_gets_the_new_turn_alone(conversation: str, student: BrowserClient) -> None:
    form = {name: values[0] for name, values in fill_composer(student.open_page(conversation), "et ensuite ?").items()}
    response = student.client.post(conversation, data=form, headers={"X-Fragment": "discussion"})
    assert "/tours/" in response.headers["Location"]
    fragment = parse_page(student.client.get(response.headers["Location"]))
    assert fragment.select_one("html") is None
    assert [str(each["class"][0]) for each in fragment.select("li[class]")] == [
        "chat-message--user",
        "chat-message--model",
    ]


def test_conversation_is_renamed(conversation: str, student: BrowserClient, app: Flask) -> None:
    form = collect_form_fields(student.open_page(conversation).select_one("form[action$='/titre']"))  # type: ignore[arg-type]
    assert student.post_form(conversation + "/titre", form | {"titre": [f"Mes  <jetons> {TOKEN}"]}).status_code == 303
    title = list_rows(app, Conversation)[0].title
    assert title.startswith("Mes <jetons>")
    assert TOKEN not in title
    assert "<jetons>" not in student.client.get(conversation).text
    assert student.post_form(conversation + "/titre", form | {"titre": [" "]}).status_code == 422
    assert list_rows(app, Conversation)[0].title == title
    long = student.post_form(conversation + "/titre", form | {"titre": ["é" * 1000]})
    assert long.status_code == 303
    assert len(list_rows(app, Conversation)[0].title) == 120


def test_conversations_are_searched_by_title_and_words(conversation: str, student: BrowserClient) -> None:
    start_conversation(student, "Où habite le zèbre ?")
    assert len(student.open_page("/discussion/").select(".ruled-list > li")) == 2
    for words, count in (("zebre", 1), ("jeton", 1), ("girafe", 0), ("%", 0), ("ZÈBRE habite", 1)):
        assert len(student.open_page(f"/discussion/?q={words}").select(".ruled-list > li")) == count, words


def test_deleted_conversation_takes_its_runs_along(conversation: str, student: BrowserClient, app: Flask) -> None:
    send_message(student, conversation, "et ensuite ?")
    page = student.open_page(conversation + "/supprimer")
    assert "2 messages" in page.get_text()
    form = collect_form_fields(page.select_one("main form"))  # type: ignore[arg-type]
    assert student.post_form(conversation + "/supprimer", form).headers["Location"] == "/discussion/"
    assert [list_rows(app, model) for model in (Conversation, Turn, ConversationSession, Run)] == [[], [], [], []]
    assert student.client.get(conversation).status_code == 404


def test_conversation_goes_with_its_last_run(conversation: str, student: BrowserClient, app: Flask) -> None:
    send_message(student, conversation, "et ensuite ?")
    first, second = sorted(list_rows(app, Turn), key=lambda turn: turn.created)
    with app.app_context():
        pruning.delete_run(first.run_id)
    page = student.open_page(conversation)
    assert len(page.select("li.chat-message--user")) == 1
    assert "Le début de cette discussion a été effacé" in page.get_text()
    send_message(student, conversation, "encore")
    with app.app_context():
        for turn in list_rows(app, Turn):
            pruning.delete_run(turn.run_id)
    assert list_rows(app, Conversation) == []
    assert second.run_id


def test_conversation_expires_with_its_runs(conversation: str, app: Flask) -> None:
    past = database.utc_now() - timedelta(days=app.config["KEEP_DAYS"] + 1)
    with app.app_context():
        with database.write_session() as session:
            session.query(Run).update({"created": past})
        assert list_rows(app, Conversation)
        with database.write_session() as session:
            session.execute(Run.__table__.update().values(created=past))
        app.extensions["noted_looks"].clear()
        with database.write_connection() as connection:
            connection.exec_driver_sql("DELETE FROM run_looks")
        pruning.delete_expired()
    assert list_rows(app, Conversation) == []


def test_leaving_with_erasure_deletes_the_conversations(conversation: str, student: BrowserClient, app: Flask) -> None:
    form = collect_form_fields(student.open_page("/confidentialite").select_one("form[action='/quitter']"))  # type: ignore[arg-type]
    student.post_form("/quitter", form | {"effacer": ["1"]})
    assert [list_rows(app, model) for model in (Conversation, Turn, ConversationSession)] == [[], [], []]


def test_export_has_every_message_and_quotes_it(conversation: str, student: BrowserClient) -> None:
    send_message(student, conversation, "# Titre\n```\n<script>")
    markdown = student.client.get(conversation + ".md")
    assert markdown.mimetype == "text/markdown"
    assert "attachment" in markdown.headers["Content-Disposition"]
    assert "````\n# Titre\n```\n<script>\n````" in markdown.text
    assert markdown.text.count("## Vous") == markdown.text.count("## Réponse") == 2
    exported = student.client.get(conversation + ".json").get_json()
    assert [turn["message"]["text"] for turn in exported["turns"]] == [
        "Qu'est-ce qu'un jeton ?",
        "# Titre\n```\n<script>",
    ]
    assert exported["turns"][1]["parent"] == exported["turns"][0]["id"]
    assert exported["turns"][0]["answer"][0]["content"]


def test_regenerated_answers_stand_beside_each_other(conversation: str, student: BrowserClient, app: Flask) -> None:
    (turn,) = list_rows(app, Turn)
    page = student.open_page(conversation)
    token = {"csrf_token": [str(page.select_one("input[name=csrf_token]")["value"])]}  # type: ignore[index]
    response = student.post_form(f"{conversation}/tours/{turn.id}/refaire", token)
    assert response.status_code == 303
    page = student.wait_for_answers(response.headers["Location"])
    assert "Version 2 sur 2" in page.get_text(" ", strip=True)
    assert {each.parent_id for each in list_rows(app, Turn)} == {None}
    assert "Version 1 sur 2" in student.open_page(f"{conversation}?tour={turn.id}").get_text(" ", strip=True)


@pytest.mark.parametrize("query", ["?tour=x", "?jusqua=%00", "?tour=" + "é" * 500, "?modifier="])
def test_unknown_turn_in_the_address_is_no_error(conversation: str, student: BrowserClient, query: str) -> None:
    assert student.client.get(conversation + query).status_code == 200


@pytest.mark.parametrize(
    "query", ["?page=0", "?page=-1", "?page=9999999", "?page=²", "?espace=a%00b", "?q=%00", "?point=x"]
)
def test_odd_query_of_the_list_is_no_server_error(
    awake_practice: PracticeServer, student: BrowserClient, query: str
) -> None:
    assert student.client.get("/discussion/" + query).status_code < 500


def test_form_without_csrf_token_is_refused_and_keeps_the_message(
    conversation: str, student: BrowserClient, app: Flask
) -> None:
    form = fill_composer(student.open_page(conversation), "sans preuve")
    form.pop("csrf_token")
    response = student.post_form(conversation, form)
    assert response.status_code == 400
    box = parse_page(response).select_one("#message")
    assert box is not None
    assert box.get_text().strip() == "sans preuve"
    assert len(list_rows(app, Turn)) == 1


def test_first_message_without_csrf_token_is_refused_and_kept(
    awake_practice: PracticeServer, student: BrowserClient, app: Flask
) -> None:
    form = fill_composer(student.open_page("/discussion/"), f"sans preuve {TOKEN}")
    form.pop("csrf_token")
    response = student.post_form("/discussion/", form)
    assert response.status_code == 400
    assert "sans preuve" in response.text
    assert TOKEN not in response.text
    assert list_rows(app, Run) == []
