"""Create applications in the process of the tests, and close what they opened."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from hfcourse import create_app, database
from hfcourse.spaces.registry.description_cache import SpaceDescription
from tests.support.waiting import wait_until


def close_app(app: Flask) -> None:
    """What the end of a process does: no call, connection or file of the site stays open."""
    dispatcher = app.extensions["dispatcher"]
    dispatcher.shut_down()
    dispatcher._active_runs.wait_until_done(5)
    for thread in threading.enumerate():
        if thread.name == "cancel":  # it cancels a call at the Space, and has a socket meanwhile
            thread.join()
    app.extensions["following"].release_all()
    if "directory" in app.extensions:
        app.extensions["directory"].http_client.close()
    app.extensions["database"].kw["bind"].dispose()


def forget_space_descriptions(app: Flask) -> None:
    """As after ten minutes: the site knows of no Space what it said of itself."""
    app.extensions.pop("directory").http_client.close()
    assert wait_until(lambda: not any(each.name == "store-description" for each in threading.enumerate()))
    with app.app_context(), database.write_connection() as connection:
        connection.execute(delete(SpaceDescription))


@contextmanager
def open_app(instance: Path, content: bytes, **settings: str) -> Iterator[Flask]:
    """A site that began with this database; what it started ends with the block."""
    instance.mkdir(exist_ok=True)
    (instance / "hfcourse.sqlite").write_bytes(content)
    made = create_app({"INSTANCE": str(instance), "TESTING": True} | settings)
    own_practice = made.extensions["practice"]
    yield made
    close_app(made)
    own_practice.stop()


MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        made.append(create_app({"INSTANCE": str(tmp_path / f"site-{len(made)}"), "TESTING": True} | settings))
        return made[-1]

    yield make
    for app in made:
        close_app(app)


@contextmanager
def open_app_for_space(folder: Path, url: str) -> Iterator[Flask]:
    """A site with this one Space."""
    (folder / "instance").mkdir()
    (folder / "instance" / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{url}"\n')
    app = create_app({"INSTANCE": str(folder / "instance"), "TESTING": True})
    yield app
    close_app(app)


def write_catalogue(folder: Path, url: str) -> Path:
    """A folder for a site whose catalogue has this Space, as `a/b`."""
    (folder / "instance").mkdir(parents=True, exist_ok=True)
    (folder / "instance" / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{url}"\n')
    return folder
