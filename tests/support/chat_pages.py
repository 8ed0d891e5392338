"""Conversations in the process of a test: stored as the site stores them, or held with a fake Space."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from hfcourse import database
from hfcourse.chat import conversations
from tests.spaces.fake_servers import FakeSpace
from tests.support.apps import open_app
from tests.support.clients import BrowserClient
from tests.support.factories import make_run
from tests.support.form_parsing import collect_form_fields, parse_page

CHAT_OUTPUT = {"label": "R", "component": "Json", "hints": {"answers": "chat-answer"}, "holds_files": False}
OpenSite = Callable[[FakeSpace], Flask]


def store_conversation(value: Any, texts: list[str], visitor: str = "awa") -> str:
    """Store a conversation whose answers are all this value; return its path."""
    conversation_id, parent = conversations.make_id(), None
    columns = {
        "id": conversation_id,
        "visitor": visitor,
        "space": "a/b",
        "endpoint": "/chat",
        "title": "Essai",
        "message_name": "message",
        "history_name": None,
        "answer_index": 0,
        "returns_history": False,
    }
    for number, text in enumerate(texts):
        run_id = make_run(visitor, endpoint="/chat", sent={"message": text}, came=[CHAT_OUTPUT | {"value": value}])
        turn_id = conversations.make_id()
        turn = {"id": turn_id, "conversation_id": conversation_id, "parent_id": parent, "text": text}
        insert = conversations.build_insertion(columns, turn | {"omitted_messages": 0}, is_new=number == 0)
        with database.write_connection() as connection:
            insert(connection, run_id)
        parent = turn_id
    return f"/discussion/{conversation_id}"


@pytest.fixture
def open_chat_site(tmp_path: Path, empty_database: bytes) -> Iterator[OpenSite]:
    """Open a site in front of a fake Space, `a/b`; both are closed at the end."""
    with ExitStack() as stack:

        def open_for(space: FakeSpace) -> Flask:
            stack.callback(space.close)
            folder = tmp_path / "site"
            folder.mkdir()
            (folder / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{space.url}"\n')
            return stack.enter_context(open_app(folder, empty_database))

        yield open_for


def fill_form(page: BeautifulSoup, **changes: str) -> dict[str, list[Any]]:
    form = page.select_one("form[data-composer]")
    assert form is not None, page.get_text(" ", strip=True)
    return collect_form_fields(form) | {name: [value] for name, value in changes.items()}


def talk(student: BrowserClient, *texts: str) -> BeautifulSoup:
    """Hold a conversation with `a/b`; its page once the last answer has ended."""
    path, page = "/discussion/", student.open_page("/discussion/?espace=a/b")
    for text in texts:
        response = student.post_form(path, fill_form(page, message=text))
        assert response.status_code == 303, parse_page(response).get_text(" ", strip=True)
        path = path if path != "/discussion/" else response.headers["Location"]
        page = student.wait_for_answers(path)
    return page
