"""The panel of the code of a call: it follows the form, marks what changed, and is downloaded; for runs too."""

import copy
import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.test import TestResponse

from hfcourse.limits.rate_limits import KeyedTokenBuckets
from hfcourse.playground.code.languages.listings import LANGUAGES
from hfcourse.spaces.registry import known_spaces
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeSpace, make_component
from tests.support.clients import BrowserClient
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page

CODE = "/espaces/a/b/code"
TOKEN = "hf_" + "a" * 30


def typed(page: BeautifulSoup, **changes: Any) -> dict[str, list[Any]]:
    """What a browser posts of the page, with the hidden field beside the code."""
    form = page.select_one("form[data-endpoint]")
    assert form is not None
    sent = collect_form_fields(form)
    sent |= {str(each["name"]): [str(each["value"])] for each in page.select("input[form=formulaire]")}
    return sent | {f"arg-{name}": [value] for name, value in changes.items()}


def follow(student: BrowserClient, page: BeautifulSoup, **changes: Any) -> TestResponse:
    """The panel as the script asks for it."""
    return student.client.post(CODE, data=typed(page, **changes), headers={"X-Fragment": "code"})


def shown(page: BeautifulSoup, language: str = "python") -> str:
    listing = page.select_one(f'pre[data-lang="{language}"]')
    assert listing is not None
    return listing.get_text()


def marked(page: BeautifulSoup, language: str = "python") -> list[str]:
    return [each.get_text().strip() for each in page.select(f'pre[data-lang="{language}"] mark')]


def become_number(space: FakeSpace) -> None:
    """The parameter of the endpoint is a number."""
    space.config["components"] = [make_component(1, "number"), *fake_servers.ECHO_CONFIG["components"][1:]]
    info = copy.deepcopy(fake_servers.ECHO_INFO["named_endpoints"])
    info["/echo"]["parameters"][0] |= {"component": "Number", "type": {"type": "number"}}
    space.info["named_endpoints"] = info


class TestFollowing:
    def test_code_has_the_values_as_they_are_typed_and_no_run_is_made(
        self, site_student: BrowserClient, space: FakeSpace
    ) -> None:
        page = parse_page(follow(site_student, site_student.open_page("/espaces/a/b"), words="l’été"))
        for language in LANGUAGES:
            assert "l’été" in shown(page, language.value), language.title
        assert page.select("h1, form[data-endpoint]") == []
        assert site_student.client.get("/essais/").text.count("data-run") == 0

    def test_update_creates_no_visitor(self, site_student: BrowserClient, space: FakeSpace) -> None:
        page = site_student.open_page("/espaces/a/b")
        answer = follow(site_student, page, words="un")
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers

    def test_lines_of_the_last_change_are_marked_in_every_language(
        self, site_student: BrowserClient, space: FakeSpace
    ) -> None:
        page = site_student.open_page("/espaces/a/b")
        assert marked(page) == []
        first = parse_page(follow(site_student, page, words="un"))
        assert marked(first) == ['words="un",']
        assert marked(first, "curl") == ['"words": "un"']
        assert "la ligne 11" in first.select_one("[data-code-status]").get_text()  # type: ignore[union-attr]
        again = site_student.client.post(
            CODE,
            data=typed(page, words="un") | {"code-lines": [str(first.select_one("[name=code-lines]")["value"])]},  # type: ignore[index]
            headers={"X-Fragment": "code"},
        )
        assert marked(parse_page(again)) == []

    def test_button_brings_the_page_back_with_its_code_and_everything_typed(
        self, site_student: BrowserClient, space: FakeSpace
    ) -> None:
        page = site_student.open_page("/espaces/a/b")
        button = page.select_one("[data-code-update] button")
        assert button is not None
        assert (button["form"], button["formaction"]) == ("formulaire", f"{CODE}#code")
        answer = site_student.client.post(CODE, data=typed(page, words="deux"))
        back = parse_page(answer)
        assert answer.status_code == 200
        assert collect_form_fields(back.select_one("form[data-endpoint]"))["arg-words"] == ["deux"]  # type: ignore[arg-type]
        assert marked(back) == ['words="deux",']
        assert list_error_codes(back) == []

    def test_what_looks_like_a_token_is_in_no_code(self, site_student: BrowserClient, space: FakeSpace) -> None:
        page = site_student.open_page("/espaces/a/b")
        for answer in (
            follow(site_student, page, words=TOKEN),
            site_student.client.post(CODE, data=typed(page, words=TOKEN)),
        ):
            assert TOKEN not in answer.text
            assert "[jeton masqué]" in shown(parse_page(answer))

    def test_updates_of_one_visitor_are_limited(
        self, site_student: BrowserClient, space: FakeSpace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = site_student.client.application
        monkeypatch.setitem(app.extensions, "code_updates", KeyedTokenBuckets(3, 3_600))  # a slow test refills none
        page = site_student.open_page("/espaces/a/b")
        codes = [follow(site_student, page, words=str(number)).status_code for number in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        assert site_student.client.post(CODE, data=typed(page, words="x")).status_code == 200  # the button still works

    def test_form_of_another_site_is_refused_and_comes_back(
        self, site_student: BrowserClient, space: FakeSpace
    ) -> None:
        page = site_student.open_page("/espaces/a/b")
        sent = typed(page, words="gardé") | {"csrf_token": ["faux"]}
        for address in (CODE, f"{CODE}/python"):
            answer = site_student.client.post(address, data=sent)
            assert answer.status_code == 400
            assert collect_form_fields(parse_page(answer).select_one("form[data-endpoint]"))["arg-words"] == ["gardé"]  # type: ignore[arg-type]

    def test_endpoint_that_is_gone_is_said(self, site_student: BrowserClient, space: FakeSpace) -> None:
        sent = typed(site_student.open_page("/espaces/a/b")) | {"endpoint": ["/parti"]}
        assert site_student.client.post(CODE, data=sent).status_code == 404


class TestDownload:
    @pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.value)
    def test_file_has_the_values_that_are_typed(
        self, site_student: BrowserClient, space: FakeSpace, language: Any
    ) -> None:
        page = site_student.open_page("/espaces/a/b")
        button = page.select_one(f"[data-download][formaction='{CODE}/{language.value}']")
        assert button is not None
        assert button["form"] == "formulaire"
        answer = site_student.client.post(str(button["formaction"]), data=typed(page, words="l’été"))
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"] == f"attachment; filename={language.file_name}"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "l’été" in (
            json.dumps(answer.get_json(force=True), ensure_ascii=False) if language.build_file else answer.text
        )

    def test_secret_is_refused_as_in_a_run(self, site_student: BrowserClient, space: FakeSpace) -> None:
        answer = site_student.client.post(
            f"{CODE}/python", data=typed(site_student.open_page("/espaces/a/b"), words=TOKEN)
        )
        assert answer.status_code == 400
        assert TOKEN not in answer.text
        assert list_error_codes(parse_page(answer))[0] == "secret-in-input"

    def test_value_that_the_form_refuses_gives_the_form_with_its_error(
        self, site_student: BrowserClient, space: FakeSpace
    ) -> None:
        become_number(space)
        answer = site_student.client.post(
            f"{CODE}/python", data=typed(site_student.open_page("/espaces/a/b"), words="douze")
        )
        assert answer.status_code == 400
        page = parse_page(answer)
        assert list_error_codes(page)[0] == "invalid-input"
        assert collect_form_fields(page.select_one("form[data-endpoint]"))["arg-words"] == ["douze"]  # type: ignore[arg-type]
        assert "Le formulaire refuse" in page.get_text(" ", strip=True)

    def test_long_values_are_said_and_kept(self, site_student: BrowserClient, space: FakeSpace) -> None:
        page, long = site_student.open_page("/espaces/a/b"), "x" * 30_000
        answer = site_student.client.post(f"{CODE}/python", data=typed(page, words=long))
        assert answer.status_code == 400
        assert collect_form_fields(parse_page(answer).select_one("form[data-endpoint]"))["arg-words"] == [long]  # type: ignore[arg-type]
        assert "trop longues pour un programme" in parse_page(follow(site_student, page, words=long)).get_text()

    def test_language_that_does_not_exist_is_not_found(self, site_student: BrowserClient, space: FakeSpace) -> None:
        assert (
            site_student.client.post(f"{CODE}/cobol", data=typed(site_student.open_page("/espaces/a/b"))).status_code
            == 404
        )


class TestRun:
    def test_run_has_the_code_of_its_call_and_its_files(self, site_student: BrowserClient, space: FakeSpace) -> None:
        answer = site_student.submit_form(site_student.open_page("/espaces/a/b"), words="Zoé")
        address = answer.headers["Location"]
        site_student.wait_for_end(address)
        page = site_student.open_page(address)
        assert 'words="Zoé"' in shown(page)
        assert space.url.removeprefix("http://") not in str(page)
        links = [str(each["href"]) for each in page.select(".call-code a[href*='/code/']")]
        assert len(links) == len(LANGUAGES)
        assert 'words="Zoé"' in site_student.client.get(links[0]).text

    def test_code_of_a_run_is_its_visitors_alone(
        self, site: Flask, site_student: BrowserClient, space: FakeSpace
    ) -> None:
        address = site_student.submit_form(site_student.open_page("/espaces/a/b"), words="Zoé").headers["Location"]
        assert BrowserClient(site.test_client()).client.get(f"{address}/code/python").status_code == 404
        assert site_student.client.get(f"{address}/code/cobol").status_code == 404

    def test_page_of_a_run_asks_its_space_for_nothing(
        self, site: Flask, site_student: BrowserClient, space: FakeSpace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address = site_student.submit_form(site_student.open_page("/espaces/a/b"), words="Zoé").headers["Location"]
        site_student.wait_for_end(address)
        space.close()
        site.extensions.pop("directory").http_client.close()
        page = site_student.open_page(address)
        assert 'words="Zoé"' in shown(page)
        with site.app_context():
            assert known_spaces.get_known_client("a/b") is None
