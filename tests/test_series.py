"""A series of runs from one form, against the practice Space."""

from functools import partial
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from hfcourse.errors import FormRejected
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.store import run_store
from tests.support.clients import BrowserClient
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page
from tests.support.series import get_typed_values, list_run_ids, post_series
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("awake_practice")

TOKEN = "hf_" + "a1B2" * 8


def test_series_runs_each_value_and_shows_one_table(
    student: BrowserClient, stranger: BrowserClient, app: Flask
) -> None:
    answer = post_series(student, "/calculer", "b", "2\n\n 3 \n0", a="12")
    assert answer.status_code == 303
    address = answer.headers["Location"]
    ended = [student.wait_for_end(f"/essais/{run_id}") for run_id in list_run_ids(address)]
    assert [(run["inputs"]["a"], run["inputs"]["b"]) for run in ended] == [(12, 2), (12, 3), (12, 0)]
    assert [run["status"] for run in ended] == ["succeeded", "succeeded", "failed"]
    page = student.open_page(address)
    rows = [row.get_text(" ", strip=True) for row in page.select("tbody tr")]
    assert [("Réussi" in rows[0], "6" in rows[0]), ("4" in rows[1]), ("Échec" in rows[2])] == [(True, True), True, True]
    assert page.select_one("[data-refresh]") is None
    assert stranger.client.get(address).status_code == 404


def has_form_in_trace(student: BrowserClient, run_id: str) -> bool:
    """Is the form that created the run the first of its exchanges, once they are written?"""
    har: Any = student.client.get(f"/essais/{run_id}/echanges.har").json
    return any(entry["request"]["url"].endswith("/essais/serie") for entry in har["log"]["entries"][:1])


def test_each_run_of_a_series_has_the_form_in_its_trace(student: BrowserClient) -> None:
    with post_series(student, "/calculer", "b", "2\n3", a="12") as answer:  # sent once it is closed
        run_ids = list_run_ids(answer.headers["Location"])
    for run_id in run_ids:
        student.wait_for_end(f"/essais/{run_id}")
        assert wait_until(partial(has_form_in_trace, student, run_id))


def test_series_varies_a_choice_and_ignores_the_value_in_the_form(student: BrowserClient) -> None:
    answer = post_series(student, "/calculer", "b", "2\n4", a="12", b="sept")
    assert len(list_run_ids(answer.headers["Location"])) == 2


@pytest.mark.parametrize(
    ("parameter", "values", "said"),
    [
        ("b", " \n ", "Écrivez les valeurs"),
        ("b", "\n".join(map(str, range(11))), "10 valeurs au plus"),
        ("b", "1\nabc\n3", "Valeur 2 de la série"),
        ("inconnu", "1\n2", "Choisissez le paramètre"),
    ],
)
def test_rejected_series_keeps_what_was_typed_and_runs_nothing(
    student: BrowserClient, parameter: str, values: str, said: str
) -> None:
    answer = post_series(student, "/calculer", parameter, values, a="13")
    page = parse_page(answer)
    assert (answer.status_code, list_error_codes(page)[0]) == (400, "invalid-input")
    field = page.select_one("#serie-valeurs[aria-invalid=true]")
    assert field is not None
    link = page.select_one(".error-summary a[href='#serie-valeurs']")
    assert link is not None
    assert said in link.get_text()
    assert said in page.select_one("#serie-faute").get_text()
    assert get_typed_values(page) == values.strip().splitlines()
    assert page.select_one("[name=arg-a]")["value"] == "13"
    assert "Aucun essai" in student.open_page("/essais/").get_text()


def test_each_invalid_value_of_a_series_has_its_error(student: BrowserClient) -> None:
    page = parse_page(post_series(student, "/calculer", "b", "deux\n3\n4 ; 5", a="12"))
    errors = [each.get_text(" ", strip=True) for each in page.select("#serie-faute .error")]
    assert [each.partition(" de la série")[0] for each in errors] == ["Valeur 1", "Valeur 3"]
    assert [("allez à la ligne" in each) for each in errors] == [False, True]
    assert len(page.select(".error-summary a")) == 2


def test_value_that_is_no_choice_is_answered_with_the_choices(student: BrowserClient) -> None:
    page = parse_page(post_series(student, "/calculer", "operation", "addition\nmodulo"))
    error = page.select_one("#serie-faute .error").get_text()
    assert "Valeur 2" in error
    assert "division" in error


def test_invalid_value_beside_the_series_is_explained_at_its_field(student: BrowserClient) -> None:
    page = parse_page(post_series(student, "/calculer", "b", "1\n2", a="douze"))
    assert page.select_one("[name=arg-a][aria-invalid=true]") is not None
    assert get_typed_values(page) == ["1", "2"]
    assert "Aucun essai" in student.open_page("/essais/").get_text()


@pytest.mark.parametrize("values", [f"Awa\n{TOKEN}", "Awa\nZoé"])
def test_token_in_a_series_stops_it_and_comes_back_masked(student: BrowserClient, values: str) -> None:
    answer = post_series(student, "/saluer", "prenom", values, prenom=TOKEN if TOKEN not in values else "Awa")
    assert list_error_codes(parse_page(answer))[0] == "secret-in-input"
    assert TOKEN not in answer.text
    assert "Aucun essai" in student.open_page("/essais/").get_text()


def fail_after(calls: int, error: Exception) -> Any:
    """Return a function that raises from its call number `calls` on."""
    number = count()

    def fail(*_args: object, **_values: object) -> None:
        if next(number) >= calls:
            raise error

    return fail


@pytest.mark.parametrize(("sent", "left"), [(0, ["1", "2", "3"]), (1, ["2", "3"]), (2, ["3"])])
def test_series_that_a_limit_stops_keeps_the_values_that_are_left(
    student: BrowserClient, monkeypatch: pytest.MonkeyPatch, sent: int, left: list[str]
) -> None:
    monkeypatch.setattr(Limits, "check_queue_capacity", fail_after(sent, FormRejected("limit-reached")))
    answer = post_series(student, "/calculer", "b", "1\n2\n3", a="12")
    page = parse_page(answer)
    assert (answer.status_code, list_error_codes(page)[0]) == (429, "limit-reached")
    assert get_typed_values(page) == left
    link = page.select_one("#alertes a[href^='/essais/serie']")
    assert len(list_run_ids(str(link["href"]))) == sent if link else sent == 0


def test_series_that_is_not_stored_keeps_its_values(student: BrowserClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_store, "create_run", fail_after(0, OperationalError("", {}, Exception())))
    page = parse_page(post_series(student, "/calculer", "b", "1\n2", a="12"))
    assert list_error_codes(page)[0] == "not-stored"
    assert get_typed_values(page) == ["1", "2"]


def test_values_of_a_series_survive_a_run_that_is_refused(student: BrowserClient) -> None:
    form = student.open_form("/calculer").select_one("form[data-endpoint]")
    assert form is not None
    fields = collect_form_fields(form) | {"arg-a": ["douze"], "serie-valeurs": ["1\r\n2"]}
    page = parse_page(student.post_form("/essais", fields, is_multipart=False))
    assert get_typed_values(page) == ["1", "2"]
