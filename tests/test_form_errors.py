"""A refused form: the error summary at its head, and the control that each of its links leads to."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from hfcourse.spaces.form import forms, table_cells
from hfcourse.spaces.form.error_summary import MAX_LISTED_ERRORS
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values import tables
from tests.spaces.fake_servers import FakeSpace
from tests.support.clients import BrowserClient
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page

EVERYTHING = json.loads((Path(__file__).parent / "data" / "every_component.json").read_text(encoding="utf-8"))
NAMES = [each["parameter_name"] for each in EVERYTHING["info"]["named_endpoints"]["/tout"]["parameters"]]
PAGE = "/espaces/a/b"
TABLE = "arg-param_23"
TOKEN = "hf_" + "d" * 34


@pytest.fixture
def space() -> Iterator[FakeSpace]:
    made = FakeSpace(config=EVERYTHING["config"], info=EVERYTHING["info"])
    yield made
    made.close()


def endpoint_of_everything() -> Endpoint:
    found = build_description(EVERYTHING["config"], EVERYTHING["info"]).find_endpoint("/tout")
    assert found is not None
    return found


def links_of(page: BeautifulSoup) -> list[Tag]:
    """The links of the error summary."""
    return page.select(".error-panel .error-summary a")


def target_of(page: BeautifulSoup, link: Tag) -> Tag:
    """The one element that a link of this page leads to."""
    (found,) = page.find_all(id=unquote(str(link["href"]).removeprefix("#")))
    return found


def send(student: BrowserClient, **changes: object) -> BeautifulSoup:
    response = student.submit_form(student.open_page(PAGE), **changes)
    assert response.status_code == 400
    return parse_page(response)


def test_summary_links_to_the_control_of_each_kind_that_is_missing(site_student: BrowserClient) -> None:
    hooks = {"csrf_token", "space", "endpoint"}
    sent = {key: value for key, value in collect_form_fields(site_student.open_page(PAGE)).items() if key in hooks}
    page, listed = parse_page(site_student.post_form("/essais", sent)), set()
    for link in links_of(page):
        listed.add(re.sub(r"-[0-9a-z-]+$", "", str(target_of(page, link)["id"]).removeprefix("arg-")))
    assert len(listed) == len(links_of(page)) == MAX_LISTED_ERRORS
    assert listed < {*NAMES}
    for entry in forms.read_form(endpoint_of_everything(), MultiDict(), MultiDict(), "awa").invalid_fields:
        target = page.find(id=entry.invalid_control_id)
        assert target is not None, entry.parameter.component
        assert target.find_parent("form")


def test_summary_repeats_each_message_and_names_its_field(site_student: BrowserClient) -> None:
    page = send(site_student, param_3="douze", param_4="mille")
    assert list_error_codes(page) == ["invalid-input"]
    assert page.select_one("[data-error]").get_text() == "2 valeurs ne conviennent pas."
    links = links_of(page)
    assert [target_of(page, link)["name"] for link in links] == ["arg-param_3", "arg-param_4"]
    for link in links:
        control = target_of(page, link)
        assert control["aria-invalid"] == "true"
        message = page.find(id=f"e-{control['name']}").get_text(strip=True)
        assert link.get_text().endswith(message)


def test_summary_stands_there_for_one_fault_too(site_student: BrowserClient) -> None:
    page = send(site_student, param_3="douze")
    assert page.select_one("[data-error]").get_text() == "Une valeur ne convient pas."
    assert len(links_of(page)) == 1
    assert page.title.string.startswith("À corriger")


def test_summary_takes_the_focus_without_scripts(site_student: BrowserClient) -> None:
    page = send(site_student, param_3="douze")
    (focused,) = page.select("[autofocus]")
    assert focused["data-error"] == "invalid-input"
    assert focused["tabindex"] == "-1"
    assert page.find(id=focused["aria-describedby"]).select("a")


def test_summary_in_a_lesson_leaves_the_focus_to_the_script(site_student: BrowserClient) -> None:
    form = site_student.open_page(PAGE).select_one("form[data-endpoint]")
    assert form is not None
    sent = collect_form_fields(form) | {"arg-param_3": ["douze"]}
    response = site_student.client.post("/essais", data=sent, headers={"X-Fragment": "lecon"})
    page = parse_page(response)
    assert len(links_of(page)) == 1
    assert page.select("[autofocus]") == []


def test_a_page_without_a_fault_has_no_summary(site_student: BrowserClient) -> None:
    page = site_student.open_page(PAGE)
    assert page.select(".error-summary, [autofocus], [aria-invalid]") == []


def test_a_masked_token_is_named_by_the_summary(site_student: BrowserClient) -> None:
    response = site_student.submit_form(site_student.open_page(PAGE), param_0=TOKEN)
    page = parse_page(response)
    assert list_error_codes(page)[0] == "secret-in-input"
    assert [target_of(page, link)["name"] for link in links_of(page)] == ["arg-param_0"]
    assert TOKEN not in response.get_data(as_text=True)


def test_a_masked_token_in_a_table_marks_its_cell(site_student: BrowserClient) -> None:
    page = send(site_student, param_23__1__0=TOKEN)
    assert [each["name"] for each in page.select("td [aria-invalid]")] == [f"{TABLE}-1-0"]


@pytest.mark.usefixtures("awake_practice")
class TestCells:
    def test_each_wrong_cell_is_marked_and_explained(self, student: BrowserClient) -> None:
        page = student.open_form("/resumer")
        refused = parse_page(student.submit_form(page, table__0__1="douze", table__2__2="1,2,3"))
        marked = refused.select("td [aria-invalid=true]")
        assert [each["name"] for each in marked] == ["arg-table-0-1", "arg-table-2-2"]
        for cell, link in zip(marked, links_of(refused), strict=True):
            assert target_of(refused, link) is cell
            assert refused.find(id=cell["aria-describedby"]).get_text(strip=True) in link.get_text()

    def test_more_wrong_cells_than_a_list_holds_are_counted(self, student: BrowserClient) -> None:
        form = student.open_form("/resumer").select_one("form[data-endpoint]")
        assert form is not None
        sent = collect_form_fields(form) | {f"arg-table-{line}-1": ["x"] for line in range(40)}
        page = parse_page(student.post_form("/essais", sent))
        assert len(page.select("td [aria-invalid=true]")) == 40
        assert len(links_of(page)) == MAX_LISTED_ERRORS
        assert f"Et {40 - MAX_LISTED_ERRORS} autres" in page.select_one(".error-summary").get_text()
        for cell in page.select("td [aria-invalid=true]"):
            assert page.find(id=cell["aria-describedby"])


@pytest.mark.usefixtures("awake_practice")
class TestRows:
    def test_a_row_is_removed_without_a_run_and_the_others_stay(self, student: BrowserClient) -> None:
        form = student.open_form("/resumer").select_one("form[data-endpoint]")
        assert form is not None
        sent = collect_form_fields(form) | {
            "remove-row": ["1:table"],
            "arg-table-0-0": ["papaye"],
            "arg-table-2-1": ["3,50"],
        }
        response = student.post_form("/essais", sent)
        assert response.status_code == 200
        again = parse_page(response)
        left = {key: value[0] for key, value in collect_form_fields(again.select_one("form[data-endpoint]")).items()}
        assert [left["arg-table-0-0"], left["arg-table-1-0"], left["arg-table-1-1"]] == ["papaye", "ananas", "3,50"]
        assert "arg-table-2-0" not in left
        assert again.select_one("[autofocus]")["name"] == "arg-table-1-0"

    @pytest.mark.parametrize("value", ["9:table", "x:table", "1", "1:", "-1:table", "1:nobody", "²:table", "0:table\n"])
    def test_a_row_that_is_none_changes_nothing(self, student: BrowserClient, value: str) -> None:
        form = student.open_form("/resumer").select_one("form[data-endpoint]")
        assert form is not None
        sent = collect_form_fields(form)
        response = student.post_form("/essais", sent | {"remove-row": [value]})
        assert response.status_code == 200
        cells = collect_form_fields(parse_page(response).select_one("form[data-endpoint]"))
        assert {key: each for key, each in cells.items() if key.startswith("arg-")} == {
            key: each for key, each in sent.items() if key.startswith("arg-")
        }

    def test_the_last_row_is_emptied(self, student: BrowserClient) -> None:
        page = student.open_form("/resumer")
        for _ in range(4):
            sent = collect_form_fields(page.select_one("form[data-endpoint]"))
            page = parse_page(student.post_form("/essais", sent | {"remove-row": ["0:table"]}))
        left = collect_form_fields(page.select_one("form[data-endpoint]"))
        assert [left[f"arg-table-0-{column}"] for column in range(3)] == [[""], [""], [""]]


CELLS = st.sampled_from(["", "1", "1,5", "douze", " 7 ", "1e3", "oui", "0x1", "-3", "1 000"])
KINDS = st.sampled_from(["str", "number", "bool"])


@given(st.data())
def test_the_marked_cells_are_those_that_parsing_refuses(data: st.DataObject) -> None:
    kinds = tuple(data.draw(st.lists(KINDS, min_size=1, max_size=4)))
    titles = tuple(f"c{n}" for n in range(len(kinds)))
    table = Parameter("t", "T", "dataframe", headers=titles, datatypes=kinds)
    row = st.lists(CELLS, min_size=len(kinds), max_size=len(kinds))
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    faults = table_cells.find_cell_faults(table, rows)
    if not faults:
        tables.parse_table(table, rows)
        return
    with pytest.raises(InvalidValue) as caught:
        tables.parse_table(table, rows)
    assert str(caught.value) == next(iter(faults.values()))
    corrected = [
        ["" if (line, column) in faults else text for column, text in enumerate(texts)]
        for line, texts in enumerate(rows)
    ]
    tables.parse_table(table, corrected)


VALUES = st.one_of(st.integers(-999, 999), st.floats(-9, 9).map(lambda x: round(x, 2)), st.text("abcé ", min_size=1))


@given(st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=8), st.randoms())
def test_rows_that_move_up_are_sent_as_they_were(pairs: list[tuple], chance: random.Random) -> None:
    """Cells of a column of texts are often numbers, and stay numbers though a row above them was removed."""
    data = [[n, *pair] for n, pair in enumerate(pairs)]  # no two read the same
    table = Parameter("t", "T", "dataframe", headers=("n", "a", "b"), default={"data": data})
    rows = tables.format_table_rows(table, table.default)
    removed = chance.randrange(len(data))
    del rows[removed]
    assert tables.parse_table(table, rows)["data"] == data[:removed] + data[removed + 1 :]
