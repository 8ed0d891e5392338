"""What every page and every form obeys, where no Space is needed."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.spaces.fake_servers import ECHO_CONFIG, ECHO_INFO, FakeSpace, make_component
from tests.support.apps import MakeApp
from tests.support.clients import BrowserClient
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page

TOKEN = "hf_" + "d" * 30
PAGES = ["/", "/espaces/", "/essais/", "/confidentialite", "/sante", "/motifs", "/no-such-page", "/essais/no-such-run"]
LIMIT_BYTES = 1_000_000
URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture
def space() -> Iterator[FakeSpace]:
    """A Space with a text, a number and a file, that echoes the text."""
    parameters = [
        ECHO_INFO["named_endpoints"]["/echo"]["parameters"][0],
        {"label": "Nombre", "parameter_name": "count", "type": {"type": "number"}, "component": "Number"},
        {"label": "Fichier", "parameter_name": "document", "type": {"type": "object"}, "component": "File"},
    ]
    entry = ECHO_INFO["named_endpoints"]["/echo"] | {"parameters": parameters}
    components = [*ECHO_CONFIG["components"], make_component(3, "number"), make_component(4, "file")]
    made = FakeSpace(
        config={"components": components, "dependencies": [ECHO_CONFIG["dependencies"][0] | {"inputs": [1, 3, 4]}]},
        info={"named_endpoints": {"/echo": entry}},
    )
    yield made
    made.close()


@pytest.fixture
def app(tmp_path: Path, space: FakeSpace, make_app: MakeApp) -> Flask:
    """A site whose catalogue has that Space."""
    (tmp_path / "site-0").mkdir()
    (tmp_path / "site-0" / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{space.url}"\n')
    return make_app(UPLOAD_LIMIT_BYTES=LIMIT_BYTES)


def post(student: BrowserClient, changes: dict[str, Any]) -> TestResponse:
    """Send the form of the Space with some fields changed, None to leave one out; a run is waited for."""
    form = student.open_page("/espaces/a/b?endpoint=/echo").select_one("form[data-endpoint]")
    assert form is not None
    sent = collect_form_fields(form) | changes
    boundary, body = encode_multipart({name: as_sent(value) for name, value in sent.items() if value is not None})
    response = student.client.post("/essais", data=body, content_type=f"multipart/form-data; boundary={boundary}")
    if response.status_code == 303:
        student.wait_for_end(response.headers["Location"])
    return response


def as_sent(value: Any) -> Any:
    """A field's value, or its list of one, as `encode_multipart` takes it."""
    single = value[0] if isinstance(value, list) else value
    return FileStorage(*single) if isinstance(single, tuple) else single


def file_of(size: int, name: str = "gros.bin") -> tuple[io.BytesIO, str]:
    return io.BytesIO(b"\0" * size), name


class TestHeaders:
    @pytest.mark.parametrize("path", PAGES)
    def test_every_page_has_them_errors_included(self, client: FlaskClient, path: str) -> None:
        response = client.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert {"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"

    @pytest.mark.parametrize("path", [page for page in PAGES if page != "/sante"])
    def test_no_page_needs_what_they_forbid(self, client: FlaskClient, path: str) -> None:
        page = client.get(path).get_data(as_text=True)
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page)

    def test_static_files_have_them_too(self, client: FlaskClient) -> None:
        response = client.get("/static/css/base.css")
        assert response.status_code == 200
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        response.close()

    def test_page_of_ours_that_breaks_has_the_headers(self, make_app: MakeApp) -> None:
        app = make_app(TESTING=False)
        app.add_url_rule("/broken", "broken", lambda: {}["no such key"])
        response = app.test_client().get("/broken")
        assert response.status_code == 500
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert "no such key" not in response.get_data(as_text=True)
        assert "KeyError" not in response.get_data(as_text=True)


class TestErrors:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/nope", 404),
            ("POST", "/espaces/", 405),
            ("GET", "/static/../secret-key", 404),
            ("DELETE", "/", 405),
        ],
    )
    def test_an_error_is_a_page_in_french(self, app: Flask, method: str, path: str, status: int) -> None:
        app.config["WTF_CSRF_ENABLED"] = False
        response = app.test_client().open(path, method=method)
        page = parse_page(response)
        assert response.status_code == status
        assert list_error_codes(page) == [str(status)]
        assert len(page.select("h1")) == 1
        assert page.html is not None
        assert page.html["lang"] == "fr"

    def test_a_script_gets_the_part_that_it_asked_for(self, client: FlaskClient) -> None:
        body = client.get("/nope", headers={"X-Fragment": "lecon"}).get_data(as_text=True)
        assert 'data-error="404"' in body
        assert "<html" not in body


class TestCsrf:
    POSTS = (
        "/discussion/",
        "/discussion/some-chat",
        "/discussion/some-chat/supprimer",
        "/discussion/some-chat/titre",
        "/discussion/some-chat/tours/some-turn/arreter",
        "/discussion/some-chat/tours/some-turn/refaire",
        "/essais",
        "/essais/serie",
        "/essais/some-run/arreter",
        "/essais/some-run/refaire",
        "/essais/some-run/supprimer",
        "/essais/supprimer",
        "/enseignant/",
        "/enseignant/espaces",
        "/enseignant/sortir",
        "/enseignant/sortir-partout",
        "/espaces/some/space/code",
        "/espaces/some/space/code/python",
        "/quitter",
        "/et-si/coupure",
    )

    def test_every_post_of_the_site_is_one_of_those_tested_here(self, app: Flask) -> None:
        rules = [rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
        without_cookie = ["/lecons/<slug>", "/lecons/oublier"]  # see test_quiz, test_progress
        names = {"some-run": "<run_id:run_id>", "some/space": "<owner>/<name>", "python": "<language>"}
        names |= {"some-chat": "<run_id:conversation_id>", "some-turn": "<run_id:turn_id>", "coupure": "<slug>"}
        protected = [re.sub("|".join(names), lambda found: names[found[0]], path) for path in self.POSTS]
        assert sorted(rules) == sorted([*protected, *without_cookie])

    @pytest.mark.parametrize("path", POSTS)
    def test_a_post_without_a_csrf_token_is_refused(self, client: FlaskClient, path: str) -> None:
        assert client.post(path, data={"space": "a/b", "endpoint": "/echo"}).status_code == 400
        # Without a Space there is no form to send back.
        is_of_a_space = path in (
            "/essais",
            "/essais/serie",
            "/espaces/some/space/code",
            "/espaces/some/space/code/python",
        )
        assert client.post(path, data={}).status_code == (404 if is_of_a_space else 400)

    def test_the_form_comes_back_with_all_that_was_typed_and_no_run_is_made(
        self, student: BrowserClient, space: FakeSpace
    ) -> None:
        response = post(student, {"csrf_token": "forged", "arg-words": "à garder"})
        page = parse_page(response)
        assert (response.status_code, list_error_codes(page)) == (400, ["invalid-input"])
        control = page.select_one("[name=arg-words]")
        assert control is not None
        assert control.text.strip() == "à garder"
        assert space.requests_to("/queue/join") == []

    def test_the_csrf_token_of_another_visitor_is_refused(
        self, student: BrowserClient, stranger: BrowserClient
    ) -> None:
        form = stranger.open_page("/espaces/a/b?endpoint=/echo").select_one("form[data-endpoint]")
        assert form is not None
        theirs = collect_form_fields(form)["csrf_token"]
        assert post(student, {"csrf_token": theirs}).status_code == 400

    def test_a_stop_without_a_csrf_token_stops_nothing(self, client: FlaskClient) -> None:
        response = client.post("/essais/some-run/arreter")
        assert (response.status_code, list_error_codes(parse_page(response))) == (400, ["400"])

    def test_a_token_typed_in_a_form_that_expired_is_masked(self, student: BrowserClient) -> None:
        response = post(student, {"csrf_token": "forged", "arg-words": TOKEN})
        assert response.status_code == 400
        assert TOKEN not in response.get_data(as_text=True)


class TestCookies:
    def cookie(self, client: FlaskClient, **more: Any) -> str:
        return client.get("/espaces/a/b?endpoint=/echo", **more).headers.get("Set-Cookie", "")

    def test_a_form_sets_one_that_no_script_reads(self, client: FlaskClient) -> None:
        cookie = self.cookie(client)
        assert cookie.startswith("hfcourse=")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie

    def test_cookie_is_secure_over_https(self, client: FlaskClient) -> None:
        assert "; Secure" in self.cookie(client, base_url="https://localhost")

    @pytest.mark.parametrize("path", ["/", "/espaces/", "/confidentialite", "/sante", "/no-such-page"])
    def test_reading_leaves_no_trace(self, client: FlaskClient, path: str) -> None:
        assert "Set-Cookie" not in client.get(path).headers

    def test_what_a_proxy_says_is_believed_only_if_there_is_one(self, client: FlaskClient, make_app: MakeApp) -> None:
        said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "9.9.9.9"}
        assert "Secure" not in self.cookie(client, headers=said)
        behind = make_app(TRUSTED_PROXIES=1)
        behind.add_url_rule("/who", "who", lambda: request.scheme)
        assert behind.test_client().get("/who", headers=said).data == b"https"


class TestSizes:
    def test_a_file_that_is_too_large_leaves_the_words_typed_beside_it(
        self, student: BrowserClient, space: FakeSpace
    ) -> None:
        response = post(student, {"arg-words": "à garder", "arg-document": file_of(5 * LIMIT_BYTES)})
        page = parse_page(response)
        assert (response.status_code, list_error_codes(page)[0]) == (413, "invalid-input")
        control = page.select_one("[name=arg-words]")
        assert control is not None
        assert control.text.strip() == "à garder"
        assert space.requests_to("/queue/join") == []

    def test_no_half_of_it_is_kept_for_the_next_try(self, student: BrowserClient, app: Flask) -> None:
        page = parse_page(post(student, {"arg-document": file_of(5 * LIMIT_BYTES)}))
        assert page.select("[name=arg-document-kept]") == []
        assert not list((Path(app.instance_path) / "files").rglob("*"))

    def test_a_token_beside_it_is_masked(self, student: BrowserClient) -> None:
        response = post(student, {"arg-words": TOKEN, "arg-document": file_of(5 * LIMIT_BYTES)})
        assert response.status_code == 413
        assert TOKEN not in response.get_data(as_text=True)

    def test_one_within_the_limit_is_taken(self, student: BrowserClient) -> None:
        assert post(student, {"arg-document": file_of(LIMIT_BYTES - 1)}).status_code == 303

    def test_several_files_share_the_limit(self, student: BrowserClient) -> None:
        half = LIMIT_BYTES * 2 // 3
        assert post(student, {"arg-document": file_of(half), "other": file_of(half)}).status_code == 413

    def test_a_body_without_measure_is_refused_unread(self, student: BrowserClient) -> None:
        response = post(student, {"arg-document": file_of(11 * LIMIT_BYTES)})
        assert (response.status_code, list_error_codes(parse_page(response))) == (413, ["413"])

    @pytest.mark.parametrize("kind", ["multipart/form-data", URLENCODED])
    def test_more_than_a_thousand_fields_are_refused(self, student: BrowserClient, kind: str) -> None:
        many = {f"x{number}": "" for number in range(1_001)}
        assert student.client.post("/essais", data=many, content_type=kind).status_code == 413
        same = {"x": [""] * 1_001}
        assert student.client.post("/essais", data=same, content_type=kind).status_code == 413

    def test_no_field_of_a_long_form_is_lost(self, app: Flask) -> None:
        for length in range(20, 70):  # which field a piece of 64 kB would end in
            _, body = encode_multipart({f"x{number}": "" for number in range(900)}, boundary="b" * length)
            kind = f"multipart/form-data; boundary={'b' * length}"
            with app.test_request_context(method="POST", data=body, content_type=kind):
                assert list(request.form.values()) == [""] * 900

    def test_text_that_is_no_text_any_more_is_refused(self, student: BrowserClient) -> None:
        boundary, body = encode_multipart({"x": "x" * 2_100_000})
        for kind, sent in ((f"multipart/form-data; boundary={boundary}", body), (URLENCODED, b"x=" + b"x" * 2_100_000)):
            assert student.client.post("/essais", data=sent, content_type=kind).status_code == 413

    def test_fields_that_nobody_asked_for_are_ignored(self, student: BrowserClient, space: FakeSpace) -> None:
        response = post(student, {"arg-other": "x", "arg-headers": "x", "arg-document": None, "arg-document-kept": ""})
        assert response.status_code == 400  # the file's own control is one that a browser always sends
        assert post(student, {"arg-other": "x", "arg-headers": "x"}).status_code == 303
        assert space.wait_for("/queue/join").json["data"] == ["", 0, None]


class TestRefusedForms:
    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"arg-count": "abc"}, 400, "invalid-input"),
            ({"arg-count": None}, 400, "invalid-input"),
            ({"arg-document": "/etc/passwd"}, 400, "invalid-input"),
            ({"arg-words": TOKEN}, 400, "secret-in-input"),
            ({"endpoint": "/nope"}, 404, "endpoint-gone"),
            ({"endpoint": None}, 404, "endpoint-gone"),
            ({"space": "../x"}, 404, "space-not-found"),
            ({"space": None}, 404, "space-not-found"),
        ],
    )
    def test_nothing_leaves_and_the_code_is_told(
        self, student: BrowserClient, space: FakeSpace, changes: dict[str, Any], status: int, code: str
    ) -> None:
        response = post(student, {"arg-words": "à garder"} | changes)
        assert (response.status_code, list_error_codes(parse_page(response))[0]) == (status, code)
        assert space.requests_to("/queue/join") + space.requests_to("/upload") == []
        assert TOKEN not in response.get_data(as_text=True)
        if "arg-words" not in changes:
            assert "à garder" in response.get_data(as_text=True)

    def test_markup_typed_by_a_student_stays_text(self, student: BrowserClient) -> None:
        response = post(student, {"arg-count": '"><script>alert(1)</script>'})
        assert b"<script>alert" not in response.data

    def test_markup_of_a_spaces_author_stays_text(self, app: Flask, space: FakeSpace) -> None:
        attack = '"><script>alert(1)</script>'
        parameter = {"label": attack, "type": {"type": "string"}, "component": "Textbox"}
        parameters = [parameter | {"parameter_name": f"{attack}{number}"} for number in range(3)]
        entry = ECHO_INFO["named_endpoints"]["/echo"] | {"parameters": parameters, "description": attack}
        props = {"info": attack, "placeholder": attack, "value": attack, "choices": [[attack, attack]]}
        components = [make_component(n, kind, **props) for n, kind in ((1, "textbox"), (2, "radio"), (3, "dropdown"))]
        space.config = {
            "title": attack, "components": components,
            "dependencies": [ECHO_CONFIG["dependencies"][0] | {"inputs": [1, 2, 3], "outputs": []}],
        }  # fmt: skip
        space.info = {"named_endpoints": {"/echo": entry, f"/{attack}": entry}}
        response = app.test_client().get("/espaces/a/b?endpoint=/echo")
        assert b"data-endpoint" in response.data
        assert b"<script>alert" not in response.data
        assert b"alert(1)" in response.data


def test_pages_are_compressed_for_who_asks(client: FlaskClient) -> None:
    assert client.get("/confidentialite", headers={"Accept-Encoding": "br, gzip"}).headers["Content-Encoding"] == "br"
    assert "Content-Encoding" not in client.get("/confidentialite").headers


@pytest.mark.parametrize(
    ("path", "view", "status"),
    [
        ("/essais", "runs.create", 404),
        ("/essais/nope/arreter", "live.stop", 400),
        ("/enseignant/", "classroom.enter", 400),
        ("/lecons/3-1-presentation", "lessons", 400),
    ],
)
def test_a_form_without_a_csrf_token_is_a_line_of_the_security_log(
    app: Flask, path: str, view: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    with caplog.at_level("INFO", logger="hfcourse.security"):
        response = app.test_client().post(path, data={"csrf_token": "forged", "q": "mot saisi"}, headers=headers)
    assert response.status_code == status
    (line,) = [json.loads(each.getMessage()) for each in caplog.records if each.name == "hfcourse.security"]
    assert line["event"] == "csrf_refused"
    assert line["view"].startswith(view)
    assert "mot saisi" not in caplog.text
