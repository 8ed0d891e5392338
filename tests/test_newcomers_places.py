"""Which runs of newcomers of one address start, from the form that they send to the queue of the process."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from hfcourse import create_app
from tests.spaces.slow_space import SlowSpace
from tests.support.apps import close_app, write_catalogue
from tests.support.clients import BrowserClient


@pytest.fixture
def site(tmp_path: Path, slow_space: SlowSpace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setenv("HFCOURSE_RUNS_AT_ONCE", "8")
    write_catalogue(tmp_path, slow_space.url)
    made = create_app({"INSTANCE": str(tmp_path / "instance"), "TESTING": True})
    yield made
    close_app(made)


@pytest.fixture
def minute() -> int:
    """The minute in which the test begins: a later one may begin before its end."""
    return int(time.time()) // 60


def student_of(site: Flask, visitor: str, minute: int) -> BrowserClient:
    """Return a student whose cookie was made in this minute."""
    student = BrowserClient(site.test_client())
    with student.client.session_transaction() as session:
        session.update(visitor=visitor, since=minute * 60)
    return student


def starts(site: Flask, student: BrowserClient) -> bool:
    """Send a slow run; has it left the queue?"""
    answer = student.submit_form(student.open_page("/espaces/a/b"), words="un")
    assert answer.status_code == 303
    return answer.headers["Location"].rpartition("/")[2] not in site.extensions["dispatcher"].queue.waiting_ids()


def test_newcomers_find_a_place_beside_the_jars_of_another_minute(site: Flask, minute: int) -> None:
    jars = [starts(site, student_of(site, f"jar {n}", minute - 2)) for n in range(6)]
    assert jars == [True] * 4 + [False] * 2
    assert not starts(site, student_of(site, "bilal", minute - 2))
    assert starts(site, student_of(site, "awa", minute - 5))


def test_a_newcomers_second_run_waits_beside_those_of_others(site: Flask, minute: int) -> None:
    awa, bilal = student_of(site, "awa", minute - 2), student_of(site, "bilal", minute - 2)
    assert starts(site, awa)
    assert starts(site, bilal)
    assert not starts(site, awa)
