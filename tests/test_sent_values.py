"""What was sent, on the page of its run and in a form that holds it already: files seen and heard, tables as tables."""

import io
import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hfcourse.runs.values.page_budget import TextAllowance
from hfcourse.runs.values.sent_tables import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_ROWS, excerpt_table
from hfcourse.web import headers
from tests.support.clients import BrowserClient
from tests.support.form_parsing import parse_page


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 6), "#cc2233").save(content, "PNG")
    return content.getvalue()


def test_policy_lets_a_page_show_files_of_its_own_memory_and_nothing_more() -> None:
    policy = dict(each.split(" ", 1) for each in headers.CONTENT_SECURITY_POLICY.split("; "))
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["media-src"] == "'self' blob:"
    assert not [name for name, sources in policy.items() if "blob:" in sources and name not in ("img-src", "media-src")]


@pytest.mark.usefixtures("awake_practice")
class TestPages:
    def test_picture_that_was_sent_stands_beside_the_answer(self, student: BrowserClient) -> None:
        page = student.open_form("/filtrer")
        response = student.submit_form(page, image=(io.BytesIO(picture()), "rouge vif.png"))
        student.wait_for_end(response.headers["Location"])
        run = student.open_page(response.headers["Location"])
        (shown,) = run.select(".side-by-side #valeurs img")
        assert "rouge vif.png" in shown["alt"]
        with student.client.get(shown["src"]) as answered:
            assert answered.data == picture()
        assert shown.find_parent("a")["href"] == shown["src"]
        (answer,) = run.select(".side-by-side [data-output='0'] a img")
        assert answer.find_parent("a")["href"] == answer["src"]

    def test_table_that_was_sent_is_a_table(self, student: BrowserClient) -> None:
        response = student.submit_form(student.open_form("/resumer"), table__0__0="<b>papaye</b>", table__1__2="2,50")
        student.wait_for_end(response.headers["Location"])
        table = student.open_page(response.headers["Location"]).select_one("#valeurs table")
        assert table is not None
        rows = [[cell.get_text() for cell in row.select("th, td")] for row in table.select("tr")]
        assert rows[:3] == [["fruit", "kilos", "prix"], ["<b>papaye</b>", "12", "1,5"], ["banane", "20", "2,5"]]

    def test_file_that_a_form_holds_is_shown_to_its_visitor_alone(self, student: BrowserClient, app: Flask) -> None:
        page = student.open_form("/filtrer")
        refused = parse_page(student.submit_form(page, image=(io.BytesIO(picture()), "rouge.png"), filtre="aucun"))
        (shown,) = refused.select("form[data-endpoint] .uploaded-file img")
        with student.client.get(shown["src"]) as answer:
            assert answer.data == picture()
            assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
            assert answer.headers["Cache-Control"] == "private, no-store"
        stranger = app.test_client()
        assert stranger.get(shown["src"]).status_code == 404
        assert "Set-Cookie" not in stranger.get(shown["src"]).headers
        assert student.client.get("/essais/envois/" + "0" * 32).status_code == 404

    def test_run_names_what_was_run_in_its_heading(self, student: BrowserClient) -> None:
        response = student.submit_form(student.open_form("/saluer"), prenom="Awa")
        student.wait_for_end(response.headers["Location"])
        heading = student.open_page(response.headers["Location"]).select_one("h1")
        assert heading is not None
        assert heading.get_text(" ", strip=True) == "Essai réussi Saluer"

    def test_run_and_form_lead_back_to_the_block_of_the_lesson(self, student: BrowserClient) -> None:
        page = student.open_form("/calculer")
        response = student.submit_form(page)
        for each in (page, student.open_page(response.headers["Location"])):
            (link,) = each.select("nav.back-links a")
            lesson, _, anchor = str(link["href"]).partition("#")
            assert lesson == "/lecons/3-3-tester-un-space"
            block = student.open_page(lesson).find(id=anchor).find_parent("section")
            assert "/calculer" in block.select_one("h3").get_text()

    def test_endpoint_of_several_lessons_leads_to_each(self, student: BrowserClient) -> None:
        links = student.open_form("/saluer").select("nav.back-links a")
        assert [str(each["href"]).split("/")[2][:3] for each in links] == ["3-2", "3-3"]

    def test_part_of_a_lesson_needs_no_way_back(self, student: BrowserClient) -> None:
        student.open_form("/saluer")
        address = "/espaces/hfcourse/entrainement?endpoint=/saluer"
        part = student.client.get(address, headers={"X-Fragment": "lecon"})
        assert parse_page(part).select("nav.back-links") == []


def test_a_space_of_no_lesson_has_no_way_back(site: Flask) -> None:
    assert BrowserClient(site.test_client()).open_page("/espaces/a/b").select("nav.back-links") == []


LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=2_000), st.just({"a": [1]}))


@given(st.lists(st.text(max_size=500), max_size=40), st.lists(st.lists(LEAVES, max_size=40), max_size=60))
def test_any_table_is_cut_to_what_a_page_holds(titles: list[str], rows: list[list[Any]]) -> None:
    allowance = TextAllowance(5_000)
    table = excerpt_table({"headers": titles, "data": rows}, allowance)
    assert (table.row_count, len(table.rows)) == (len(rows), min(len(rows), MAX_ROWS))
    assert len(table.titles) <= MAX_COLUMNS
    assert all(len(row) <= MAX_COLUMNS for row in table.rows)
    texts = [*table.titles, *(cell for row in table.rows for cell in row if isinstance(cell, str))]
    assert sum(map(len, texts)) <= 5_000 + len(texts) * 3
    assert all(len(text) <= MAX_CELL_CHARACTERS + 1 for text in texts)
    json.dumps(table.rows)
