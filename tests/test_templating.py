"""Addresses that are built once, and contexts that share their globals."""

import os
from pathlib import Path

import pytest
from flask import Flask, render_template_string, request, url_for

from hfcourse.web import template_environment
from tests.support.clocks import FakeMonotonic

FILE = "css/base.css"


@pytest.fixture
def built() -> list[str]:
    """The endpoints whose addresses were built, in order."""
    return []


@pytest.fixture
def app(built: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A site that is not under test: addresses are remembered, by a clock that stands still."""
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    build = app.url_for

    def count(endpoint: str, **values: str) -> str:
        built.append(endpoint)
        return build(endpoint, **values)

    monkeypatch.setattr(app, "url_for", count)
    FakeMonotonic(monkeypatch, template_environment)
    app.jinja_environment = template_environment.SharedGlobalsEnvironment
    template_environment.cache_static_urls(app)
    app.add_url_rule("/", "home", lambda: url_for("home"))
    app.add_url_rule("/pages/<name>", "page", lambda name: name)
    return app


def test_address_of_a_page_and_of_a_file_is_built_once_over_many_requests(app: Flask, built: list[str]) -> None:
    for _ in range(3):
        with app.test_request_context():
            assert (url_for("home"), url_for("static", filename=FILE)) == ("/", f"/static/{FILE}")
    assert built == ["home", "static"]


def test_address_with_values_is_built_each_time(app: Flask, built: list[str]) -> None:
    with app.test_request_context():
        assert [url_for("page", name=name) for name in ("a", "b")] == ["/pages/a", "/pages/b"]
        assert url_for("home", _external=True) == "http://localhost/"
        assert url_for("home", q="été") == "/?q=%C3%A9t%C3%A9"
        assert url_for("static", filename=FILE, v="1") == f"/static/{FILE}?v=1"
    assert len(built) == 5


def test_address_is_kept_for_its_prefix_alone(app: Flask) -> None:
    for prefix in ("", "/cours", "/autre"):
        with app.test_request_context(environ_overrides={"SCRIPT_NAME": prefix}):
            assert request.root_path == prefix
            assert url_for("home") == f"{prefix}/"


def test_address_outside_of_a_request_is_whole(app: Flask) -> None:
    app.config["SERVER_NAME"] = "cours.example"
    with app.app_context():
        assert url_for("home") == "http://cours.example/"
    with app.test_request_context():
        assert url_for("home") == "/"


def test_address_cache_does_not_grow_with_prefixes(app: Flask) -> None:
    for number in range(template_environment.MAX_CACHED_URLS + 10):
        with app.test_request_context(environ_overrides={"SCRIPT_NAME": f"/p{number}"}):
            assert url_for("home") == f"/p{number}/"
    cache = app.url_for.__closure__  # the cached function is a variable of it
    sizes = [
        cell.cell_contents.cache_info().currsize for cell in cache or () if hasattr(cell.cell_contents, "cache_info")
    ]
    assert sizes == [template_environment.MAX_CACHED_URLS]


def test_address_of_an_edited_file_has_its_new_hash_a_second_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hfcourse.web import template_globals

    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    app.jinja_environment = template_environment.SharedGlobalsEnvironment
    template_environment.cache_static_urls(app)
    template_globals.init_app(app)
    (tmp_path / "a.css").write_text("p {}")
    clock = FakeMonotonic(monkeypatch, template_environment)
    with app.test_request_context():
        first = url_for("static", filename="a.css")
        (tmp_path / "a.css").write_text("p { color: red }")
        os.utime(tmp_path / "a.css", (1, 1))
        clock.advance(1)
        assert first.startswith("/static/a.css?v=")
        assert url_for("static", filename="a.css") != first


def test_import_of_macros_is_evaluated_once_and_sees_globals(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "macros.html").write_text("{{ note() }}{% macro word() %}{{ site }}{% endmacro %}")
    app.template_folder = str(tmp_path)
    evaluated: list[int] = []
    app.jinja_env.globals.update(note=lambda: evaluated.append(1) or "", site="hfcourse")
    for _ in range(3):
        with app.test_request_context():
            assert render_template_string('{% from "macros.html" import word %}{{ word() }}') == "hfcourse"
    assert len(evaluated) == 1


def test_template_with_globals_of_its_own_keeps_them_to_itself(app: Flask) -> None:
    mine = app.jinja_env.from_string("{{ own }}", globals={"own": "à moi"})
    assert mine.render() == "à moi"
    assert app.jinja_env.from_string("{{ own }}").render() == ""
