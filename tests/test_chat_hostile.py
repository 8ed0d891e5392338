"""Conversations with Spaces that answer anything: pages stay small, and say what is true."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from hfcourse import database
from hfcourse.chat import turn_loading
from hfcourse.runs.store.models import Run
from hfcourse.runs.values.page_budget import MAX_HTML_BYTES
from tests.spaces.chat_spaces import make_history_space
from tests.support.chat_pages import (
    OpenSite,
    store_conversation,
    talk,
)
from tests.support.clients import BrowserClient
from tests.support.clocks import FakeCpuClock
from tests.support.form_parsing import parse_page
from tests.support.french_typography import find_language_errors

TURNS, FRAME_BYTES = 20, 70_000  # the turns of a page, and its HTML beside the answers


def say(content: Any, **more: Any) -> dict[str, Any]:
    """A message of the Space."""
    return {"role": "assistant", "content": content, **more}


BOMBS: dict[str, Any] = {
    "suggested replies": [say("a", options=[{"value": "v"}] * 20)] * 100,
    "parts": [say(["p"] * 20)] * 100,
    "nulls": [say([None] * 20)] * 100,
    "JSON": [say([{"component": "json", "value": [0] * 30, "props": {}}] * 20)] * 100,
    "tables": [say([{"component": "dataframe", "value": {"headers": ["a"], "data": [[1]] * 30}, "props": {}}] * 20)]
    * 20,
    "thoughts": [say(["p"] * 20, metadata={"title": "T" * 200, "log": "<" * 2_000})] * 100,
    "Markdown": [say("[a](https://e.org/x) " * 300)] * 20,
}


@pytest.mark.parametrize("name", BOMBS)
def test_page_of_huge_answers_has_the_size_of_one_page(app: Flask, awa: BrowserClient, name: str) -> None:
    with app.app_context():
        path = store_conversation(BOMBS[name], ["bonjour"] * TURNS)
    response = awa.client.get(path)
    assert response.status_code == 200
    assert len(response.data) < MAX_HTML_BYTES + FRAME_BYTES
    page = parse_page(response)
    assert [each.get_text() for each in page.select(".chat-text")] == ["bonjour"] * TURNS
    assert page.select("article[data-run]")[0].select_one("[data-left-out] a, .output-text") is not None


def test_latest_answer_is_shown_and_those_before_have_room(app: Flask, awa: BrowserClient) -> None:
    with app.app_context():
        path = store_conversation("mot " * 100_000, ["bonjour"] * 4)
    answers = [each.get_text() for each in awa.open_page(path).select("[data-words]")]
    assert all(answer.count("mot ") > 1_000 for answer in answers)
    assert answers[-1].count("mot ") > 20_000


def test_last_messages_of_an_answer_are_shown_and_the_others_counted(
    app: Flask, awa: BrowserClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCpuClock(monkeypatch)  # a page is cut by its size alone
    with app.app_context():
        trees = [{"component": "json", "value": [0] * 30, "props": {}}] * 19
        path = store_conversation([say([f"n{number} ", *trees]) for number in range(90)], ["bonjour"])
    words = awa.open_page(path).select_one("[data-words]")
    assert words is not None
    said = words.get_text(" ").split()
    assert "n89" in said
    note = words.select_one("[data-left-out]")
    assert note is not None
    shown = [number for number in range(90) if f"n{number}" in said]
    assert int(str(note["data-left-out"])) == 90 - len(shown)
    assert shown == [*range(shown[0], 90)]


def test_page_loads_few_turns_of_large_runs(app: Flask, awa: BrowserClient) -> None:
    with app.app_context():
        path = store_conversation("ok", [f"t{number}" for number in range(8)])
        with database.write_session() as session:
            session.execute(update(Run).values(text_bytes=turn_loading.MAX_LOADED_BYTES // 3))
    page = awa.open_page(path)
    assert [each.get_text() for each in page.select(".chat-text")] == ["t5", "t6", "t7"]
    earlier = page.find("a", string=lambda text: "messages précédents" in (text or "")) or page.select_one(
        "a.button[href*=jusqua]"
    )
    assert earlier is not None
    page = awa.open_page(str(earlier["href"]))  # type: ignore[index]
    assert [each.get_text() for each in page.select(".chat-text")] == ["t2", "t3", "t4"]
    exported = awa.client.get(path + ".json").get_json()
    assert [turn["message"]["text"] for turn in exported["turns"]] == [f"t{number}" for number in range(8)]


def test_own_messages_are_shown_whatever_the_space_answers(app: Flask, awa: BrowserClient) -> None:
    with app.app_context():
        path = store_conversation("x" * 300_000, ["un", "deux", "long " * 10_000])
    page = awa.open_page(path)
    texts = [each.get_text() for each in page.select(".chat-text")]
    assert texts[:2] == ["un", "deux"]
    assert 10_000 < len(texts[2]) < 30_000
    assert "a le reste" in page.select("li.chat-message--user")[2].get_text()


@pytest.mark.parametrize(
    "value",
    [[{"role": "assistant"}], {"role": "assistant"}, [{"role": {"a": 1}, "content": [None, True, {"type": 3}]}], {}],
)
def test_message_without_its_parts_is_no_server_error(app: Flask, awa: BrowserClient, value: Any) -> None:
    with app.app_context():
        path = store_conversation(value, ["bonjour"])
    assert awa.client.get(path).status_code == 200
    for kind in (".md", ".json"):
        assert awa.client.get(path + kind).status_code == 200


def test_role_of_a_message_is_shown_unless_it_is_the_assistant(app: Flask, awa: BrowserClient) -> None:
    with app.app_context():
        path = store_conversation([say("a"), say("b") | {"role": "<outil>"}], ["bonjour"])
    words = awa.open_page(path).select_one("[data-words]")
    assert words is not None
    assert [each.get_text() for each in words.select("p > code")] == ["<outil>"]


def test_export_has_lone_surrogates_and_failures(app: Flask, awa: BrowserClient) -> None:
    with app.app_context():
        path = store_conversation({"a": ["\ud800", None]}, ["bonjour"])
        with database.write_session() as session:
            session.execute(update(Run).values(status="failed", error="space-error", error_detail="`rm` *non*"))
    markdown = awa.client.get(path + ".md")
    assert markdown.status_code == 200
    assert '"a": ["' in markdown.text
    assert "Raison\u00a0: `" in markdown.text
    assert "`rm` *non*" in markdown.text
    assert awa.client.get(path + ".json").get_json()["turns"][0]["error"]["code"] == "space-error"


# --- a Space that returns another conversation than the one that it should ---


def own(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


UNTRUE: dict[str, tuple[Any, list[str]]] = {
    "polite": (lambda text, history: [*history, own(text), say(f"à {text}")], []),
    "without": (lambda text, history: [*history, say(f"à {text}")], ["n’est pas dans la conversation"]),
    "another": (lambda text, history: [*history, own("Vire"), say(f"à {text}")], ["un autre texte", "Vire"]),
    "twice": (lambda text, history: [*history, own(text), own(text), say(f"à {text}")], []),
    "rewritten": (
        lambda text, history: [*(each | {"content": "X"} for each in history), own(text), say(f"à {text}")],
        ["a changé des messages précédents"],
    ),
    "shorter": (lambda text, history: [own(text), say(f"à {text}")], ["a changé des messages précédents"]),
}


@pytest.mark.parametrize("name", UNTRUE)
def test_page_says_what_the_space_changed_in_the_conversation(open_chat_site: OpenSite, name: str) -> None:
    answer, notes = UNTRUE[name]
    page = talk(BrowserClient(open_chat_site(make_history_space(answer)).test_client()), "un", "deux")
    assert [each.get_text(strip=True) for each in page.select("[data-words]")] == ["à un", "à deux"]
    said = " ".join(each.get_text(" ", strip=True) for each in page.select("[data-differences]"))
    assert bool(said) == bool(notes)
    assert all(note in said for note in notes)
    assert find_language_errors(page) == []
