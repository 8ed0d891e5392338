"""The cast and the stage: a site in a folder of its own, a student, a stranger, an awake practice Space."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from hfcourse import create_app, database
from hfcourse.practice.server import PracticeServer
from hfcourse.spaces.shelf import SpaceDescription
from tests.buckets import bucket, files_url, s3_server  # noqa: F401  (a site may keep its files in a bucket)
from tests.posting import Student
from tests.practice_fixtures import practice, until  # noqa: F401  (one for the whole session: it takes seconds to wake)

pytest.register_assert_rewrite("tests.trials", "tests.filling", "tests.answering")  # their asserts say what differs


def end(app: Flask) -> None:
    """What the end of a process does: no call, connection or file of the site stays open."""
    app.extensions["dispatcher"].close()
    app.extensions["following"].end()
    if "directory" in app.extensions:
        app.extensions["directory"].wire.close()
    app.extensions["database"].kw["bind"].dispose()


def forget_spaces(app: Flask) -> None:
    """As after ten minutes: the site knows of no Space what it said of itself."""
    app.extensions.pop("directory").wire.close()
    assert until(lambda: not any(each.name == "store-description" for each in threading.enumerate()), 5)
    with app.app_context(), database.changing() as connection:
        connection.execute(delete(SpaceDescription))


@pytest.fixture
def app(tmp_path: Path, files_url: str) -> Iterator[Flask]:  # noqa: F811
    """A site of its own, with nothing in it; what it started ends with the test."""
    made = create_app({"INSTANCE": str(tmp_path / "instance"), "TESTING": True, "FILES_URL": files_url})
    own_practice = made.extensions["practice"]
    yield made
    end(made)
    own_practice.stop()


@pytest.fixture
def awake(app: Flask, practice: PracticeServer) -> PracticeServer:  # noqa: F811
    """The site's practice Space is the session's, and awake."""
    practice.wake()
    assert practice.wait(60), practice.failure
    app.extensions["practice"] = practice
    return practice


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody's browser, cookies kept."""
    return app.test_client()


@pytest.fixture
def student(client: FlaskClient) -> Student:
    """A student in front of the site."""
    return Student(client)


@pytest.fixture
def stranger(app: Flask) -> Student:
    """Somebody else, with cookies of their own."""
    return Student(app.test_client())
