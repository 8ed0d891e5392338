"""Conversations with real Spaces in Gradio 4, 5 and 6, compared with gradio_client turn by turn."""

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import gradio_client
import pytest
from bs4 import Tag

from hfcourse.chat.conversation_history import MAX_HISTORY_CHARACTERS
from tests.spaces.served_apps import ServedApps, run_site_with_apps
from tests.support.chat_browser import ChatBrowser
from tests.support.http_browser import HttpBrowser
from tests.support.optional_tools import require_gradio_python

PROGRAM = "tests.spaces.serve_chats"
MESSAGES = ["bonjour", "« et après » ?\nà la ligne", "1 < 2 & *étoiles* 🦜", "la fin"]


@pytest.fixture(scope="module", params=[4, 5, 6])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApps]:
    """The Spaces in one version, and a site in front of them."""
    python = sys.executable if request.param == 6 else require_gradio_python(request.param)
    with run_site_with_apps(tmp_path_factory.mktemp("chats"), python, PROGRAM) as found:
        yield found


@pytest.fixture
def chatter(served: ServedApps) -> Iterator[ChatBrowser]:
    with closing(ChatBrowser(served.site)) as browser:
        yield browser


def open_direct_client(served: ServedApps, app: str) -> gradio_client.Client:
    """gradio_client in front of an app, with a session of its own."""
    return gradio_client.Client(served.addresses[app], verbose=False, analytics_enabled=False)


def collect_texts(value: Any) -> Any:
    """The texts of a conversation of any form, in order."""
    if isinstance(value, dict):
        return collect_texts(value["content"] if "content" in value else value.get("text", ""))
    if isinstance(value, list | tuple):
        return [text for item in value for text in collect_texts(item)]
    return [value] if isinstance(value, str) else []


def find_option(chatter: ChatBrowser, label: str) -> str:
    """Return the name of the control of an option of the Space."""
    labels = [each for each in chatter.find_composer().select("label[for]") if label in each.get_text()]
    control = chatter.page.find(id=str(labels[0]["for"]))
    assert isinstance(control, Tag)
    return str(control["name"])


@pytest.mark.parametrize(("app", "more"), [("tuteur", ("Sois bref", 0.7)), ("memoire", ())])
def test_conversation_whose_session_keeps_the_history_answers_as_to_gradio_client(
    served: ServedApps, chatter: ChatBrowser, app: str, more: tuple[Any, ...]
) -> None:
    client, endpoint = (
        open_direct_client(served, app),
        next(iter(served.fetch_endpoints(app))),
    )  # `/chat`, in Gradio 6 as its function
    chatter.open_new(f"essai/{app}")
    for message in MESSAGES:
        chatter.send_message(message)
        expected = client.predict(message, *more, api_name=endpoint)
        assert chatter.fetch_last_run()["outputs"][0]["value"] == expected
    assert [" ".join(said.split()) for said in chatter.list_messages()] == [" ".join(each.split()) for each in MESSAGES]


def test_conversation_that_sends_its_history_answers_as_to_gradio_client(
    served: ServedApps, chatter: ChatBrowser
) -> None:
    client = open_direct_client(served, "cahier")
    history: list[Any] = []
    chatter.open_new("essai/cahier")
    for number, message in enumerate(MESSAGES):
        answer = chatter.send_message(message)
        _, history = client.predict(message, history, api_name="/noter")
        assert collect_texts(chatter.fetch_last_run()["outputs"][1]["value"]) == collect_texts(history)
        assert chatter.page.select("[data-differences]") == []
        assert answer.endswith(f"après {number}")


def test_two_step_space_answers_to_the_end_of_the_history(served: ServedApps, chatter: ChatBrowser) -> None:
    chatter.open_new("essai/deux-temps")
    for number, message in enumerate(MESSAGES, 1):
        chatter.send_message(message)
        answer = collect_texts(chatter.fetch_last_run()["outputs"][0]["value"])[-1]
        assert answer == f"Je lis… {message} ({number})"
        assert len(collect_texts(chatter.fetch_last_run()["outputs"][0]["value"])) == 2 * number
        assert chatter.page.select("[data-differences]") == []


def test_options_of_the_space_are_sent_and_stay_for_the_next_message(served: ServedApps, chatter: ChatBrowser) -> None:
    chatter.open_new("essai/tuteur")
    options = chatter.find_composer().select("details.composer-options [name^=arg-]")
    names = [str(each["name"]) for each in options]
    assert len(names) == 2
    assert chatter.send_message("un", **{names[0]: "Parle en vers", names[1]: "1,5"}).startswith(
        "Parle en vers (1.5). Question 1"
    )
    assert chatter.send_message("deux").startswith("Parle en vers (1.5). Question 2")


def test_untouched_options_are_those_of_the_space(served: ServedApps, chatter: ChatBrowser) -> None:
    chatter.open_new("essai/atelier")
    expected = open_direct_client(served, "atelier").predict(
        "un", api_name=next(iter(served.fetch_endpoints("atelier")))
    )
    assert chatter.send_message("un") == expected


def test_refused_option_keeps_the_message_and_opens_the_options(served: ServedApps, chatter: ChatBrowser) -> None:
    chatter.open_new("essai/atelier")
    chatter.send_message("un")
    number = find_option(chatter, "Mots")
    response = chatter.submit(chatter.find_composer(), message="deux\nlignes", **{number: "beaucoup"})
    assert response.status_code == 400
    assert chatter.find_message() == "deux\nlignes"
    assert chatter.page.select_one("details.composer-options[open] [aria-invalid=true]")["name"] == number  # type: ignore[index]
    assert len(chatter.page.select("article[data-run]")) == 1
    answer = chatter.send_message("deux", **{number: "4,5", find_option(chatter, "Style"): "long"})
    assert "deux | long | 4.5 |" in answer
    assert "trois | long | 4.5 |" in chatter.send_message("trois")


def test_row_is_added_to_a_table_of_the_options_and_no_message_sent(served: ServedApps, chatter: ChatBrowser) -> None:
    for path in ("new", "begun"):
        if path == "new":
            chatter.open_new("essai/atelier")
        button = chatter.page.select_one("button[name=add-row]")
        assert button is not None
        before = len(chatter.page.select(".composer-options tbody tr"))
        response = chatter.submit(chatter.find_composer(), message="attends", **{"add-row": str(button["value"])})
        assert response.status_code == 200
        assert chatter.find_message() == "attends"
        assert len(chatter.page.select(".composer-options[open] tbody tr")) == before + 1
        assert chatter.page.select("[data-error]") == []
        cells = [
            str(each["name"]) for each in chatter.page.select(".composer-options tbody tr:last-child [name^=arg-]")
        ]
        answer = chatter.send_message("part", **dict(zip(cells, (path, "x"), strict=False)))
        assert f"['{path}', 'x']" in answer


def test_long_history_is_cut_and_the_page_says_so(served: ServedApps, chatter: ChatBrowser) -> None:
    chatter.open_new("essai/cahier")
    for number in range(3):
        chatter.send_message(f"zèbre{number} " + "mot " * 4_000)
    run = chatter.fetch_last_run()
    (name,) = [each for each in run["inputs"] if each != "message" and isinstance(run["inputs"][each], list)]
    assert len(json.dumps(run["inputs"][name], ensure_ascii=False)) < MAX_HISTORY_CHARACTERS + 1_000
    assert "1" in chatter.send_message("la suite").rpartition("après")[2]
    notice = chatter.page.select("article[data-run]")[-1].select_one("[data-omitted]")
    assert notice is not None
    assert int(str(notice["data-omitted"])) == 4
    assert "ne partent plus avec le vôtre" in notice.get_text()


def test_message_is_found_in_its_own_run_alone(served: ServedApps, chatter: ChatBrowser) -> None:
    chatter.open_new("essai/cahier")
    for message in ("Ornithorynque", "et après", "la fin"):
        chatter.send_message(message)
    page = chatter.get("/essais/", q="ornithorynque")
    assert len(page.select(".ruled-list > li")) == 1
    assert len(chatter.get("/discussion/", q="ornithorynque").select(".ruled-list > li")) == 1


def test_files_go_with_the_message_and_are_shown_with_it(served: ServedApps, chatter: ChatBrowser) -> None:
    content = b"trois mots ici"
    chatter.open_new("essai/collection")
    (name,) = [str(each["name"]) for each in chatter.find_composer().select("input[type=file]")]
    answer = chatter.send_message("Voici", {name: [("mots.txt", content, "text/plain")]})
    assert answer.startswith("0 avant. Voici")
    assert hashlib.sha256(content).hexdigest() in answer
    link = chatter.page.select_one("li.chat-message--user figcaption a")
    assert link is not None
    assert chatter.browser.get(str(link["href"])).content == content
    assert hashlib.sha256(content).hexdigest() not in chatter.send_message("Sans fichier")


def test_file_without_a_text_is_a_message(served: ServedApps, chatter: ChatBrowser) -> None:
    chatter.open_new("essai/collection")
    (name,) = [str(each["name"]) for each in chatter.find_composer().select("input[type=file]")]
    assert "sha256" in chatter.send_message("", {name: [("a.txt", b"a", "text/plain")]})


def test_pictures_of_the_history_go_back_to_the_space(served: ServedApps, chatter: ChatBrowser) -> None:
    chatter.open_new("essai/peintre")
    for number in range(3):
        chatter.send_message(f"dessin {number}")
        assert chatter.fetch_last_run()["status"] == "succeeded"
        pictures = chatter.page.select("li.chat-message--model [data-words] img")
        assert len(pictures) == number + 1
        assert chatter.page.select("[data-differences]") == []
    assert chatter.browser.get(str(pictures[-1]["src"])).headers["content-type"].startswith("image/")


@pytest.mark.parametrize("app", ["tuteur", "cahier", "deux-temps", "memoire"])
def test_edited_message_continues_from_its_place(served: ServedApps, chatter: ChatBrowser, app: str) -> None:
    chatter.open_new(f"essai/{app}")
    for message in ("premier", "second", "troisième"):
        chatter.send_message(message)
    edit = chatter.page.select("li.chat-message--user a")[1]
    assert "Modifier" in edit.get_text()
    chatter.get(str(edit["href"]))
    assert chatter.list_messages() == ["premier"]
    assert chatter.find_composer().select_one("textarea").get_text().strip() == "second"  # type: ignore[union-attr]
    answer = chatter.send_message("autre")
    assert chatter.list_messages() == ["premier", "autre"]
    counted = {"tuteur": "Question 2", "cahier": "après 1", "deux-temps": "(2)", "memoire": "avant : premier"}
    assert counted[app] in answer
    assert "second" not in answer
    assert "Version 2 sur 2" in chatter.page.get_text(" ", strip=True)
    previous = chatter.page.select_one("a[aria-label='Version précédente']")
    assert previous is not None
    chatter.get(str(previous["href"]))
    assert chatter.list_messages() == ["premier", "second", "troisième"]


@pytest.mark.parametrize("app", ["tuteur", "cahier", "memoire"])
def test_regenerated_answer_does_not_remember_the_one_before(
    served: ServedApps, chatter: ChatBrowser, app: str
) -> None:
    chatter.open_new(f"essai/{app}")
    chatter.send_message("premier")
    first = chatter.send_message("second")
    assert chatter.press_button("Redemander") == first
    assert chatter.list_messages() == ["premier", "second"]
    assert chatter.fetch_last_run()["inputs"] is not None


def test_thoughts_and_tool_calls_are_folded_before_the_answer(served: ServedApps, chatter: ChatBrowser) -> None:
    if "raisonneur" not in served.addresses:
        pytest.skip("Gradio 4 has no such messages")
    chatter.open_new("essai/raisonneur")
    chatter.send_message("2 + 2 ?")
    words = chatter.page.select_one("[data-words]")
    assert words is not None
    thought, tool = words.select("details.thinking-step")
    assert not thought.has_attr("open")
    assert "Réflexion" in thought.summary.get_text()  # type: ignore[union-attr]
    assert "1,5\u00a0s" in thought.summary.get_text()  # type: ignore[union-attr]
    assert "Je pèse « 2 + 2 ? »." in thought.get_text()
    assert "Outil : calculatrice" in tool.summary.get_text()  # type: ignore[union-attr]
    assert "2 + 2" in tool.get_text()
    assert tool.select_one("code").get_text() == "4"  # type: ignore[union-attr]
    assert [each.get_text() for each in words.select("strong")] == ["quatre"]
    assert [each.get_text() for each in words.select("[data-suggested-reply]")] == ["Et 3 + 3 ?", "Dire merci"]
    for _ in range(2):  # the history of such messages is sent again
        chatter.send_message("encore")
        assert chatter.page.select("[data-differences]") == []
        assert chatter.fetch_last_run()["status"] == "succeeded"


def test_other_outputs_are_named_with_the_answer(served: ServedApps, chatter: ChatBrowser) -> None:
    if "programmeur" not in served.addresses:
        pytest.skip("Gradio 4 has no such outputs")
    chatter.open_new("essai/programmeur")
    assert chatter.send_message("un") == "Voici un"
    (link,) = chatter.page.select("article[data-run] a[href*='#sortie-1']")
    assert link.get_text() == "Programme"
    assert chatter.fetch_last_run()["outputs"][1]["value"] == "print('un')"


def test_two_conversations_of_one_visitor_do_not_mix(served: ServedApps, chatter: ChatBrowser) -> None:
    other = ChatBrowser(served.site, chatter.browser.cookies)
    chatter.open_new("essai/memoire")
    chatter.send_message("a")
    other.browser.cookies = chatter.browser.cookies
    other.open_new("essai/memoire")
    assert other.send_message("b").endswith("avant : rien")
    assert chatter.send_message("c").endswith("avant : a")
    other.close()


def test_space_that_holds_no_conversation_says_so(served: ServedApps, chatter: ChatBrowser) -> None:
    page = chatter.get("/discussion/", espace="essai/traducteur")
    assert page.select_one("form[data-composer]") is None
    assert "ne tient pas de conversation" in page.get_text()


def test_page_of_a_space_offers_a_conversation_where_there_can_be_one(served: ServedApps) -> None:
    visitor = HttpBrowser(served.site)
    offered = {app for app in served.addresses if "Discuter" in visitor.get(f"/espaces/essai/{app}").text}
    assert offered == served.addresses.keys() - {"traducteur"}
    visitor.close()
