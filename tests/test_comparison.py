"""Runs beside one another: the results in lists, the strip beside a form, two runs compared."""

import pytest
from bs4 import BeautifulSoup

from hfcourse.runs.store import run_store
from hfcourse.runs.values.result_summary import MAX_SUMMARY_CHARACTERS, summarize_outputs
from hfcourse.text.typography import NO_BREAK
from tests.support.clients import BrowserClient
from tests.support.factories import make_run
from tests.support.form_parsing import parse_page
from tests.support.french_typography import find_page_typography_faults
from tests.support.samples import PNG_BYTES

TEXT = {"label": "Salutation", "component": "Textbox", "value": "Bonjour Awa"}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("deux\nlignes", "deux lignes"),
        (3.5, "3,5"),
        (True, "oui"),
        (None, ""),
        ({"label": "espagnol", "confidences": [{"label": "espagnol", "confidence": 0.97}]}, "espagnol 97\u00a0%"),
        ({"label": "espagnol", "confidences": None}, "espagnol"),
        ({"label": "x", "confidences": [{"label": "x", "confidence": 1e9}]}, "x"),
        ({"$file": 0}, "un fichier"),
        ({"__type__": "update", "value": "nouveau"}, "nouveau"),
        ([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "b"),
        ([], ""),
        ("x" * 10_000, "x" * 59 + "…"),
    ],
)
def test_summary_of_an_output_is_short_and_readable(value: object, wanted: str) -> None:
    assert summarize_outputs([{"value": value}]) == wanted


def test_summary_of_many_outputs_is_bounded() -> None:
    assert len(summarize_outputs([{"value": "mot " * 15}] * 100)) <= MAX_SUMMARY_CHARACTERS


def describe_list(student: BrowserClient, address: str = "/essais/") -> str:
    return " ".join(student.open_page(address).get_text(" ", strip=True).split())


@pytest.mark.usefixtures("app_context")
def test_list_names_values_and_shows_what_came_back(awa: BrowserClient) -> None:
    make_run("awa", sent={"prenom": "Awa", "fois": 4}, came=[TEXT])
    make_run("awa", "failed", sent={"prenom": "Noé"}, error="space-error", error_detail="Un prénom, voyons")
    make_run("awa", "failed", sent={"prenom": "Zoé"}, error="timeout")
    make_run("awa", sent={"prenom": "Léo"})
    words = describe_list(awa)
    assert "Prénom\u00a0: Awa · fois\u00a0: 4" in awa.client.get("/essais/").get_data(as_text=True)
    assert "→ Bonjour Awa" in words
    assert "Un prénom, voyons" in words
    assert "→ rien en retour" in words
    assert find_page_typography_faults(awa.open_page("/essais/")) == []


@pytest.mark.usefixtures("app_context")
def test_list_is_filtered_by_endpoint(awa: BrowserClient) -> None:
    make_run("awa", sent={"prenom": "Awa"})
    make_run("awa", endpoint="/compter", sent={"prenom": "Noé"})
    assert "Noé" not in describe_list(awa, "/essais/?point=/saluer")
    assert "Awa" in describe_list(awa, "/essais/?point=/saluer")
    assert "laissé de côté" in describe_list(awa, "/essais/?point=/inconnu")


@pytest.mark.usefixtures("app_context")
def test_comparison_marks_what_differs(awa: BrowserClient) -> None:
    first = make_run("awa", sent={"prenom": "Awa", "fois": 2}, came=[TEXT])
    second = make_run("awa", sent={"prenom": "<b>Noé</b>", "fois": 2}, came=[TEXT | {"value": "Bonjour Noé"}])
    page = awa.open_page(f"/essais/comparer?a={first}&b={second}")
    lines = {row.th.find(string=True).strip(): row for row in page.select("tbody tr")}
    assert [mark.get_text() for mark in lines["Prénom"].select("mark")] == ["Awa", "<b>Noé</b>"]
    assert "pareil" in lines["fois"].get_text()
    assert [each.get_text(" ", strip=True) for each in page.select("[data-output] p.output-text, [data-output] pre")]
    assert "Bonjour Noé" in page.get_text()
    ids = [str(tag["id"]) for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))
    third = make_run("awa", sent={"prenom": "Awa", "fois": 2}, came=[TEXT])
    words = describe_list(awa, f"/essais/comparer?a={first}&b={third}")
    assert "Vous avez envoyé deux fois les mêmes valeurs" in words
    assert "Pareil dans les deux essais" in words


@pytest.mark.usefixtures("app_context")
def test_comparison_of_ticked_runs(awa: BrowserClient) -> None:
    first, second = make_run("awa"), make_run("awa", "failed", error="timeout")
    answer = awa.client.get(f"/essais/comparer?essai={first}&essai={second}")
    assert answer.status_code == 302
    assert awa.open_page(answer.headers["Location"]).h1.get_text() == "Comparer deux essais"
    assert "cochez-en un second" in describe_list(awa, f"/essais/comparer?essai={first}")
    third = make_run("awa")
    ticked = f"essai={first}&essai={second}&essai={third}&essai=x&essai=%00"
    assert "3 essais : gardez-en deux" in describe_list(awa, f"/essais/comparer?{ticked}").replace(NO_BREAK, " ")
    assert "cochez-en deux" in describe_list(awa, "/essais/comparer")


def list_boxes(page: BeautifulSoup) -> dict[str, bool]:
    """The runs offered to compare, each with whether it is ticked."""
    return {str(box["value"]): box.has_attr("checked") for box in page.select("form [name=essai]")}


@pytest.mark.usefixtures("app_context")
def test_page_that_asks_for_two_runs_keeps_the_ticked_ones(awa: BrowserClient, bilal: BrowserClient) -> None:
    first, second, third = (make_run("awa") for _ in range(3))
    stranger = make_run("bilal")
    page = awa.open_page(f"/essais/comparer?essai={first}&essai={second}&essai={third}&essai={stranger}")
    assert list_boxes(page) == {third: True, second: True, first: True}
    page = awa.open_page(f"/essais/comparer?essai={first}&essai={first}")
    assert list_boxes(page) == {first: True, third: False, second: False}
    assert find_page_typography_faults(page) == []
    assert list_boxes(bilal.open_page("/essais/comparer")) == {stranger: False}


@pytest.mark.usefixtures("app_context")
def test_run_is_not_compared_with_itself(awa: BrowserClient) -> None:
    run_id = make_run("awa")
    page = awa.open_page(f"/essais/comparer?a={run_id}&b={run_id}")
    assert "C’est deux fois le même essai" in page.get_text()
    assert list_boxes(page) == {run_id: True}


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize(
    ("values", "seen"),
    [
        ([{"a": [1, 2]}, {"a": [1, 3]}], ['{"a": [1, 2]}', '{"a": [1, 3]}']),
        ([["un", "deux"], ["un", "trois"]], ["un, deux", "un, trois"]),
        ([True, None], ["oui", "vide"]),
        (["x" * 2000 + "a", "x" * 2000 + "b"], ["x" * 2000 + "…"] * 2),
    ],
)
def test_values_that_differ_look_different(awa: BrowserClient, values: list[object], seen: list[str]) -> None:
    first, second = (make_run("awa", sent={"valeur": value}) for value in values)
    row = awa.open_page(f"/essais/comparer?a={first}&b={second}").select_one("tbody tr[data-differs]")
    assert [cell.get_text(strip=True) for cell in row.select("td")] == seen
    assert ("plus loin" in row.th.get_text()) == (seen[0] == seen[1])


@pytest.mark.usefixtures("app_context")
def test_tables_and_pictures_that_were_sent_are_shown(awa: BrowserClient) -> None:
    table = {"headers": ["mot"], "data": [["un"]]}
    sent = [{"tableau": table}, {"tableau": table | {"data": [["deux"]]}}]
    first, second = (make_run("awa", sent=each, file=("chat.png", PNG_BYTES)) for each in sent)
    page = awa.open_page(f"/essais/comparer?a={first}&b={second}")
    assert [cell.get_text() for cell in page.select("td td")] == ["un", "deux"]
    assert [picture["src"] for picture in page.select("td img")] == [
        f"/essais/{run_id}/fichiers/0" for run_id in (first, second)
    ]
    assert page.select_one("tbody tr:not([data-differs]) img") is not None


@pytest.mark.usefixtures("app_context")
def test_comparison_says_how_each_run_ended_and_pairs_their_outputs(awa: BrowserClient) -> None:
    came = [TEXT, TEXT | {"label": "Suite", "value": "À demain"}]
    first = make_run("awa", came=came)
    second = make_run("awa", "failed", came=[TEXT | {"value": "Bonj"}], error="space-error", error_detail="Trop tard")
    page = awa.open_page(f"/essais/comparer?a={first}&b={second}")
    assert "Trop tard" in page.get_text()
    pairs = [pair.p.get_text(strip=True) for pair in page.select(".compared-output")]
    assert pairs == ["Diffère", "Dans un seul des deux essais"]
    files = [make_run("awa", came=[TEXT | {"component": "Image", "value": {"$file": 0}}]) for _ in range(2)]
    assert "à vous de les comparer" in describe_list(awa, f"/essais/comparer?a={files[0]}&b={files[1]}")


@pytest.mark.usefixtures("app_context")
def test_comparison_of_a_run_in_progress_updates_itself_until_the_end(awa: BrowserClient) -> None:
    first, second = make_run("awa", came=[TEXT]), make_run("awa", "running")
    address = f"/essais/comparer?a={first}&b={second}"
    page = awa.open_page(address)
    assert page.select_one("#comparaison")["data-refresh"] == address
    assert page.select_one("noscript meta[http-equiv=refresh]") is not None
    assert "Rien n’est revenu" not in page.get_text()
    run_store.finish_run(second, "succeeded", [TEXT])
    page = awa.open_page(address)
    assert page.select_one("[data-refresh], noscript meta") is None


@pytest.mark.usefixtures("app_context")
def test_strangers_run_is_neither_compared_nor_listed(awa: BrowserClient, bilal: BrowserClient) -> None:
    own, other = make_run("bilal"), make_run("awa", sent={"prenom": "Secret"}, came=[TEXT])
    for query in (f"a={own}&b={other}", f"a={other}&b={own}", f"a={own}&b=%00", f"a={own}&b=inconnu"):
        assert bilal.client.get(f"/essais/comparer?{query}").status_code == 404
    strip = f"/essais/derniers?espace=a/b&point=/saluer&essai={other}"
    assert "Secret" not in bilal.client.get(strip).get_data(as_text=True)
    assert "Secret" in awa.client.get(strip).get_data(as_text=True)


@pytest.mark.usefixtures("app_context")
def test_comparison_of_long_values_weighs_no_more_than_a_page(awa: BrowserClient) -> None:
    sent = {f"p{number}": '"' * 30_000 for number in range(200)}
    came = [TEXT | {"value": "é" * 90_000}] * 20
    first, second = (make_run("awa", sent=sent | {"p0": text}, came=came) for text in ("un", "deux"))
    answer = awa.client.get(f"/essais/comparer?a={first}&b={second}")
    assert len(answer.data) < 1_500_000
    assert parse_page(answer).select("tbody tr[data-differs]")


@pytest.mark.usefixtures("app_context")
def test_run_that_ended_once_keeps_its_first_result(awa: BrowserClient) -> None:
    run_id = make_run("awa", "stopped", came=[TEXT])
    assert not run_store.finish_run(run_id, "succeeded", [TEXT | {"value": "trop tard"}])
    assert "→ Bonjour Awa" in describe_list(awa)
    assert "trop tard" not in describe_list(awa)
