"""Call a fake Space that returns given outputs, and read the page of the run."""

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

from hfcourse import create_app
from tests.spaces.all_components import make_all_components_space
from tests.spaces.fake_servers import FakeSpace
from tests.support.apps import close_app
from tests.support.clients import BrowserClient

MakeAnswer = Callable[..., "SpaceAnswer"]


class SpaceAnswer:
    """A run that is over, at its address, in the browser of a student."""

    def __init__(self, student: BrowserClient, address: str) -> None:
        self.student, self.address = student, address
        self.run = student.wait_for_end(address)

    @cached_property
    def page(self) -> BeautifulSoup:
        return self.student.open_page(self.address)

    def get(self, address: str) -> TestResponse:
        """The answer at this address, read to its end."""
        return self.student.client.get(address, buffered=True)

    def section(self, number: int = 0) -> Tag:
        [found] = self.page.select(f'[data-output="{number}"]')
        return found

    def value(self, number: int = 0) -> Any:
        return self.run["outputs"][number]["value"]

    def words(self, number: int = 0) -> str:
        return " ".join(self.section(number).get_text(" ").split())


def create_app_for_space(space: FakeSpace, folder: Path) -> Flask:
    """A site whose catalogue has this Space."""
    folder.mkdir(parents=True)
    (folder / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{space.url}"\n')
    return create_app({"INSTANCE": str(folder), "TESTING": True})


def call_space(site: Flask) -> SpaceAnswer:
    student = BrowserClient(site.test_client())
    address = student.submit_form(student.open_page("/espaces/a/b"), words="bonjour").headers["Location"]
    return SpaceAnswer(student, address)


@pytest.fixture
def make_answer(tmp_path: Path) -> Iterator[MakeAnswer]:
    """`answering((component, value), …, messages=…)`: the answer of a Space of its own."""
    opened: list[tuple[Flask, FakeSpace]] = []

    def answer(*outputs: tuple[str, Any], messages: list[dict[str, Any]] | None = None) -> SpaceAnswer:
        space = make_all_components_space([(f"Sortie {n}", kind, value, {}) for n, (kind, value) in enumerate(outputs)])
        space.messages = messages or space.messages
        site = create_app_for_space(space, tmp_path / str(len(opened)))
        opened.append((site, space))
        return call_space(site)

    yield answer
    for site, space in opened:
        close_app(site)
        space.close()


def find_link(section: Tag, words: str) -> str:
    """The address of the link that says so."""
    return next(str(each["href"]) for each in section.select("a[href]") if words in each.get_text())
