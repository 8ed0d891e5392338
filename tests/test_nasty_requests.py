"""Every route of the site, asked with values that no page of ours sends: no answer is an error of the site."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from flask import Flask
from werkzeug.routing import Rule

from hfcourse import database
from tests.spaces.fake_servers import FakeSpace
from tests.support.apps import open_app
from tests.support.clients import BrowserClient
from tests.support.services import Postgres
from tests.support.url_rules import fill_rule, list_rules

LESSON = "3-1-presentation"
PARTS = (
    "%00", "a%00b", "%ED%A0%80", "%FF%FE", "9" * 30, "9" * 5_000, "-1", "0x10", "%D9%A3", "..", "%2e%2e", "a" * 3_000,
    "%0d%0aX:y", "%F0%9F%92%A5", "1.5", "1e400", "NaN", "%22%3E", "'%20OR%201=1--", "2147483648", "9223372036854775808",
)  # fmt: skip
HEADERS = (
    ("Origin", "http://["), ("Origin", "null"), ("Origin", "http://localhost:99999999"), ("Referer", "https://["),
    ("Referer", "https://localhost:x/"), ("Last-Event-ID", "9" * 5_000), ("Last-Event-ID", "\u00b2"),
    ("Range", "bytes=9-" + "9" * 5_000), ("Range", "bytes=" + "9" * 40 + "-"),
    ("If-Range", "Mon, 99 Zzz 99999 99:99:99"),
    ("If-Modified-Since", "Mon, 01 Jan 99999 00:00:00 GMT"), ("If-None-Match", '"' * 500),
    ("Cookie", "hfcourse=" + "." * 500), ("Cookie", "hfcourse=\xff\x00; theme=\x00; hfcourse-device=..."),
    ("Accept-Encoding", "br;q=9e999, gzip;q=x, " + "," * 500), ("Content-Length", "9" * 5_000),
    ("Content-Type", "multipart/form-data"), ("Content-Type", "multipart/form-data; boundary=\xe9"),
    ("Content-Type", "application/x-www-form-urlencoded; charset=zzz"), ("X-Forwarded-For", "\x00, [::"),
    ("X-Fragment", "\x00"), ("Sec-Fetch-Site", "\x00"), ("X-CSRFToken", "\xff" * 99),
)  # fmt: skip
WITHOUT_END = {"live.stream"}
LINE_ENDS = {ord("\r"): None, ord("\n"): None}
QUERY = ("essai", "endpoint", "exemple", "q", "nom", "avant", "apres", "espace", "issue", "depuis", "dans", "page")
FIELDS = (
    "space",
    "endpoint",
    "quiz",
    "choix",
    "lue",
    "coche",
    "suite",
    "jusqua",
    "q",
    "espace",
    "mot-de-passe",
    "add-row",
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, empty_database: bytes
) -> Iterator[Flask]:
    """A site on each database, that knows a visitor, and whose errors are answered as a reader gets them."""
    folder: Path = tmp_path_factory.mktemp("nasty")
    space = FakeSpace()
    (folder / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{space.url}"\n')
    server = Postgres() if request.param == "postgresql" else None
    settings = {"INSTRUCTOR_PASSWORD": "craie et tableau noir"}
    if server:
        server.start()
        settings["DATABASE_URL"] = server.url
    with open_app(folder, empty_database, **settings) as made:
        made.config.update(PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
        made.testing = False
        if server:
            with made.app_context():
                database.migrate_current_database()
        yield made
    space.close()
    if server:
        server.discard()


@pytest.fixture(scope="module")
def run_address(served: Flask) -> str:
    """The address of a run that has ended, of the visitor who asks."""
    client = served.test_client()
    with client.session_transaction() as session:
        session["visitor"] = "awa"
    student = BrowserClient(client)
    address = student.submit_form(student.open_form("/echo", space="/espaces/a/b")).headers["Location"]
    assert student.wait_for_end(address)["status"] == "succeeded"
    return address


def is_deletion(rule: Rule, method: str) -> bool:
    """Would this request delete the run?"""
    return method == "POST" and rule.rule.endswith("/supprimer")


def ask(app: Flask, path: str, method: str = "GET", **more: object) -> int:
    """The status of an answer to a visitor whom the site knows; its text is read to the end."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["visitor"] = "awa"
    response = client.open(path, method=method, **more)
    response.get_data()
    response.close()
    return response.status_code


def failed(statuses: dict[str, int]) -> dict[str, int]:
    """The requests that ended in an error of the site (503: no Hub is reachable here)."""
    return {what: status for what, status in statuses.items() if status >= 500 and status != 503}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part[:12])
def test_paths_with_nasty_parts_are_no_error_of_the_site(served: Flask, part: str) -> None:
    answers = {}
    for method in ("GET", "POST"):
        for rule in list_rules(served, method):
            if rule.arguments:
                path = fill_rule(rule, part)
                answers[f"{method} {path[:80]}"] = ask(served, path, method)
    assert answers
    assert failed(answers) == {}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part[:12])
def test_queries_with_nasty_values_are_no_error_of_the_site(served: Flask, part: str) -> None:
    query = "&".join(f"{name}={part}" for name in QUERY)
    paths = ["/", "/essais/", "/essais/supprimer", "/recherche", f"/lecons/{LESSON}", "/essais/nope/flux",
             "/essais/nope/statut", "/espaces/hfcourse/entrainement", "/enseignant/", "/glossaire",
             "/et-si/", "/et-si/coupure"]  # fmt: skip
    answers = {path: ask(served, path, query_string=query) for path in paths}
    assert failed(answers) == {}


@pytest.mark.parametrize(("name", "value"), HEADERS, ids=lambda value: value[:12])
def test_headers_with_nasty_values_are_no_error_of_the_site(served: Flask, name: str, value: str) -> None:
    key = name.upper().replace("-", "_")
    environ = {key if key.startswith("CONTENT") else f"HTTP_{key}": value}
    answers = {}
    for path, method in (("/", "GET"), (f"/lecons/{LESSON}", "GET"), (f"/lecons/{LESSON}", "POST"), ("/essais", "POST"),
                         ("/essais/", "GET"), ("/essais/nope/flux", "GET"), ("/robots.txt", "GET"),
                         ("/enseignant/", "POST")):  # fmt: skip
        answers[f"{method} {path}"] = ask(served, path, method, environ_overrides=environ)
    assert failed(answers) == {}


@pytest.mark.parametrize("value", ["\0", "a\0b", "9" * 5_000, "\ufffd", "-1", "[", "http://["])
def test_forms_with_nasty_fields_are_no_error_of_the_site(served: Flask, value: str) -> None:
    paths = [fill_rule(rule, "nope") for rule in list_rules(served, "POST")] + [f"/lecons/{LESSON}"]
    answers = {path: ask(served, path, "POST", data=dict.fromkeys(FIELDS, value)) for path in paths}
    assert failed(answers) == {}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part[:12])
def test_routes_of_a_run_with_nasty_numbers_are_no_error_of_the_site(
    served: Flask, run_address: str, part: str
) -> None:
    assert ask(served, run_address) == 200
    run_id = run_address.rpartition("/")[2]
    answers = {}
    for method in ("GET", "POST"):
        for rule in list_rules(served, method):
            if rule.endpoint in WITHOUT_END or "<run_id:run_id>" not in rule.rule or is_deletion(rule, method):
                continue
            path = re.sub(r"<[^>]*>", lambda _: part, rule.rule.replace("<run_id:run_id>", run_id))
            query = "&".join(f"{name}={part}" for name in QUERY)
            answers[f"{method} {path[:80]}"] = ask(served, path, method, query_string=query)
    assert len(answers) > 8
    assert failed(answers) == {}


@pytest.mark.parametrize("part", [*PARTS, "0", "1"], ids=lambda part: part[:12])
def test_the_stream_of_a_run_takes_any_cursor(served: Flask, run_address: str, part: str) -> None:
    """It has ended, so that the stream does too."""
    environ = {"HTTP_LAST_EVENT_ID": unquote_to_bytes(part).decode("latin-1").translate(LINE_ENDS)}
    answers = {
        "query": ask(served, f"{run_address}/flux", query_string=f"depuis={part}"),
        "header": ask(served, f"{run_address}/flux", environ_overrides=environ),
        "status": ask(served, f"{run_address}/statut", query_string=f"depuis={part}"),
    }
    assert failed(answers) == {}
