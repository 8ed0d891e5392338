"""The list of values of a series: nothing that was typed is lost, whatever becomes of its runs."""

from itertools import count
from typing import Any

import pytest
from bs4 import BeautifulSoup

from hfcourse.errors import FormRejected, SpaceUnavailable
from hfcourse.playground import space_page
from hfcourse.runs.history import queries
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.store import run_store
from tests.support.clients import BrowserClient
from tests.support.form_parsing import collect_form_fields, parse_page
from tests.support.series import get_typed_values, list_run_ids, post_series, wait_for_series

pytestmark = pytest.mark.usefixtures("awake_practice", "app_context")


def follow_link_to_form(student: BrowserClient, address: str) -> BeautifulSoup:
    """The page behind « Revenir au formulaire » of a table."""
    links = student.open_page(address).select("a.button")
    (link,) = (each for each in links if "Revenir au formulaire" in each.get_text())
    return student.open_page(str(link["href"]))


def test_form_behind_the_table_of_a_series_has_its_list_as_it_was_typed(
    student: BrowserClient, stranger: BrowserClient
) -> None:
    typed = ["Un, deux", "  trois ; quatre ", "Un, deux"]
    address = post_series(student, "/saluer", "prenom", "\r\n\r\n".join(typed)).headers["Location"]
    assert [run["inputs"]["prenom"] for run in wait_for_series(student, address)] == typed
    page = follow_link_to_form(student, address)
    field = page.select_one("details#serie[open] #serie-valeurs")
    assert field is not None
    assert field.get_text().removeprefix("\n") == "\n\n".join(typed)
    assert page.select_one("#serie-parametre option[selected]")["value"] == "prenom"
    first = list_run_ids(address)[0]
    assert get_typed_values(student.open_form("/saluer", f"&essai={first}")) == []
    assert get_typed_values(student.open_form("/calculer", f"&serie={first}")) == []
    assert get_typed_values(stranger.open_form("/saluer", f"&serie={first}")) == []
    assert get_typed_values(student.open_form("/saluer", "&serie=%00")) == []


def test_list_of_a_series_counts_as_text_of_its_first_run(student: BrowserClient) -> None:
    values = f"Awa{' ' * 500}\nZoé"
    address = post_series(student, "/saluer", "prenom", values).headers["Location"]
    wait_for_series(student, address)
    sizes = [run_store.load_run(run_id).text_bytes for run_id in list_run_ids(address)]
    assert sizes[0] > sizes[1] + 2 * 500


def test_table_of_a_series_remains_without_the_runs_that_were_deleted(student: BrowserClient) -> None:
    address = post_series(student, "/saluer", "prenom", "Awa\nZoé\nLéo").headers["Location"]
    wait_for_series(student, address)
    run_ids = list_run_ids(address)
    queries.stop_and_delete_runs(run_ids[:1])
    page = student.open_page(address)
    assert [row.a.contents[-1] for row in page.select("tbody tr")] == ["Zoé", "Léo"]
    assert "Un essai de la série n’existe plus" in page.get_text()
    assert get_typed_values(follow_link_to_form(student, address)) == []
    queries.stop_and_delete_runs(run_ids[1:])
    assert student.client.get(address).status_code == 404


def refuse_after(calls: int) -> Any:
    """Return a check that refuses from its call number `calls` on."""
    number = count()

    def check(*_args: object) -> None:
        if next(number) >= calls:
            raise FormRejected("limit-reached")

    return check


def test_values_that_a_limit_kept_back_are_announced_in_the_table_and_wait_in_the_form(
    student: BrowserClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limits, "check_queue_capacity", refuse_after(2))
    page = parse_page(post_series(student, "/calculer", "b", "1\n2\n3\n4", a="12"))
    address = str(page.select_one("#alertes a[href^='/essais/serie']")["href"])
    wait_for_series(student, address)
    assert "2 valeurs de la série ne sont pas parties" in student.open_page(address).get_text()
    assert get_typed_values(follow_link_to_form(student, address)) == ["3", "4"]


def test_list_of_a_series_survives_a_space_that_is_gone(
    student: BrowserClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise SpaceUnavailable("space-sleeping")

    form = student.open_form("/calculer").select_one("form[data-endpoint]")
    fields = collect_form_fields(form) | {"serie-parametre": ["b"], "serie-valeurs": ["1\r\n2"]}
    with monkeypatch.context() as patch:
        patch.setattr(space_page.resolver, "connect_to_space", fail)
        page = parse_page(student.post_form("/essais/serie", fields, is_multipart=False))
    assert get_typed_values(page) == ["1", "2"]
    kept = page.select_one("form[action='/essais']")
    button = kept.select_one("[formaction]")
    answer = student.post_form(str(button["formaction"]), collect_form_fields(kept), is_multipart=False)
    assert len(list_run_ids(answer.headers["Location"])) == 2


def test_list_of_a_series_survives_a_form_that_expired(student: BrowserClient) -> None:
    form = student.open_form("/calculer").select_one("form[data-endpoint]")
    fields = collect_form_fields(form) | {"serie-valeurs": ["1\r\n2"], "csrf_token": ["faux"]}
    page = parse_page(student.post_form("/essais/serie", fields, is_multipart=False))
    assert get_typed_values(page) == ["1", "2"]


@pytest.mark.parametrize(
    ("typed", "sent"), [("oui\nNon", [True, False]), ("faux\nVRAI", [False, True]), ("1\n0", [True, False])]
)
def test_series_ticks_and_unticks_a_box(student: BrowserClient, typed: str, sent: list[bool]) -> None:
    address = post_series(student, "/saluer", "tutoyer", typed, prenom="Awa").headers["Location"]
    assert [run["inputs"]["tutoyer"] for run in wait_for_series(student, address)] == sent


def test_word_that_neither_ticks_nor_unticks_is_refused(student: BrowserClient) -> None:
    page = parse_page(post_series(student, "/saluer", "tutoyer", "oui\npeut-être", prenom="Awa"))
    assert "« non » pour une case vide" in page.select_one("#serie-faute").get_text().replace("\u00a0", " ")
    assert get_typed_values(page) == ["oui", "peut-être"]
