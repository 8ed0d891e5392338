"""The list of one's runs: what it shows, finds and narrows, page by page; what is deleted from it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import event, select

from hfcourse import database
from hfcourse.files.file_store import StoredFile
from hfcourse.runs.history import queries
from hfcourse.runs.history.queries import RUNS_PER_PAGE
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.store import notifications, run_store, stop_requests
from hfcourse.runs.store.models import Run, RunEvent, RunSearchText, RunView
from tests.support.clients import BrowserClient
from tests.support.factories import count_rows, log_in_as, make_run
from tests.support.form_parsing import collect_form_fields, parse_page
from tests.support.french_typography import find_page_typography_faults

pytestmark = pytest.mark.usefixtures("app_context")


def ids_on(page: BeautifulSoup) -> list[str]:
    """The runs of a list, as their addresses name them."""
    return [str(link["href"]).removeprefix("/essais/") for link in page.select("a.row-link")]


def found(student: BrowserClient, **query: str) -> list[str]:
    response = student.client.get("/essais/", query_string=query)
    assert response.status_code == 200
    return ids_on(parse_page(response))


def some_runs(count: int, visitor: str = "awa") -> list[str]:
    """So many runs, two at each moment; the newest first, as the list has them."""
    begun = database.utc_now() - timedelta(days=1)
    made = [make_run(visitor, at=begun + timedelta(seconds=n // 2), sent={"prenom": f"n{n:03}"}) for n in range(count)]
    with database.read_session() as session:
        order = session.scalars(select(Run.id).where(Run.visitor == visitor).order_by(Run.created, Run.id)).all()
    assert sorted(order) == sorted(made)
    return list(reversed(order))


def link(page: BeautifulSoup, words: str) -> str:
    """The address of the link with these words."""
    chosen = [each for each in page.select("main a") if words in each.get_text(" ", strip=True)]
    assert len(chosen) == 1, (words, [each.get_text(" ", strip=True) for each in page.select("main a")])
    return str(chosen[0]["href"])


def text_of(page: BeautifulSoup) -> str:
    main = page.select_one("main")
    assert main is not None
    return " ".join(main.get_text(" ", strip=True).split())


def only_form(page: BeautifulSoup) -> Tag:
    form = page.select_one("main form[method=post]")
    assert form is not None
    return form


def confirm(student: BrowserClient, address: str) -> BeautifulSoup:
    """Open the page that asks, press its button, follow."""
    form = only_form(student.open_page(address))
    answer = student.client.post(str(form["action"]), data=collect_form_fields(form))
    assert answer.status_code == 303
    return student.open_page(answer.headers["Location"])


# What is shown


@pytest.mark.parametrize("name", [None, "awa"])
def test_nobody_has_runs_at_first(student: BrowserClient, name: str | None) -> None:
    page = student.open_page("/essais/") if name is None else log_in_as(student, name).open_page("/essais/")
    assert "Aucun essai" in text_of(page)
    assert page.select("main form") == []
    for words in ("?q=zoe", "?espace=a/b", "?avant=1.x", "?issue=reussi"):
        assert "Aucun essai" in text_of(student.open_page(f"/essais/{words}"))


def test_a_line_says_which_run_it_is(awa: BrowserClient) -> None:
    make_run("awa", sent={"prenom": "Zoé & <b>Léa</b>"}, file=("chat.png", b"abc"))
    line = awa.open_page("/essais/").select_one(".ruled-list > li")
    assert line is not None
    words = line.get_text(" ", strip=True)
    assert "Image : chat.png · Prénom : Zoé & <b>Léa</b>" in words
    for said in ("Saluer quelqu’un", "Réussi", "a/b", "/saluer", "Refaire", "Supprimer"):
        assert said in words


def test_a_run_that_goes_on_is_not_run_again_from_the_list(awa: BrowserClient) -> None:
    make_run("awa", "running")
    assert "Refaire" not in text_of(awa.open_page("/essais/"))


def test_a_stranger_sees_none_of_it(awa: BrowserClient, bilal: BrowserClient) -> None:
    mine, theirs = make_run("awa", sent={"prenom": "Zoé"}), make_run("bilal", sent={"prenom": "Zoé"}, space="c/d")
    assert (found(awa), found(bilal)) == ([mine], [theirs])
    assert found(bilal, q="zoe") == [theirs]
    assert found(bilal, espace="a/b") == [theirs], "a Space of somebody else's is none"
    assert "a/b" not in text_of(bilal.open_page("/essais/?espace=a/b"))


def test_a_strangers_run_is_404_whatever_is_asked_of_it(awa: BrowserClient, bilal: BrowserClient) -> None:
    run_id = make_run("awa", sent={"prenom": "Zoé"})
    own = make_run("bilal")
    token = collect_form_fields(only_form(bilal.open_page(f"/essais/{own}/supprimer")))["csrf_token"]
    for what in ("supprimer", "refaire"):
        assert bilal.client.post(f"/essais/{run_id}/{what}", data={"csrf_token": token}).status_code == 404
    for address in (f"/essais/{run_id}.md", f"/essais/{run_id}/supprimer"):
        assert bilal.client.get(address).status_code == 404
        assert awa.client.get(address).status_code == 200
    assert run_store.load_run(run_id) is not None


# What is narrowed


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        ("reussi", ["succeeded"]),
        ("echec", ["failed"]),
        ("arrete", ["stopped"]),
        ("interrompu", ["interrupted"]),
        ("en-cours", ["queued", "running"]),
    ],
)
def test_an_outcome_narrows_the_list(awa: BrowserClient, outcome: str, statuses: list[str]) -> None:
    made = {status: make_run("awa", status) for status in ("succeeded", "stopped", "interrupted", "queued", "running")}
    made["failed"] = make_run("awa", "failed", error="timeout")
    assert set(found(awa, issue=outcome)) == {made[status] for status in statuses}
    page = awa.open_page(f"/essais/?issue={outcome}")
    chosen = page.select_one("#issue option[selected]")
    assert chosen is not None
    assert chosen["value"] == outcome
    assert f"{len(statuses)} essai" in text_of(page)
    assert "sur 6" in text_of(page)


def test_a_space_narrows_the_list_to_its_own_runs(awa: BrowserClient) -> None:
    first, second = make_run("awa"), make_run("awa", space="a/b-c")
    assert found(awa, espace="a/b") == [first]
    assert found(awa, espace="a/b-c") == [second]
    options = [each.get_text() for each in awa.open_page("/essais/").select("#espace option")]
    assert options == ["Tous", "a/b", "a/b-c"]


@pytest.mark.parametrize("query", [{"espace": "x/y"}, {"issue": "succeeded"}, {"issue": "reussi' OR 1=1"}])
def test_a_filter_that_does_not_exist_is_left_aside_and_told(awa: BrowserClient, query: dict[str, str]) -> None:
    run_id = make_run("awa")
    page = parse_page(awa.client.get("/essais/", query_string=query))
    assert ids_on(page) == [run_id]
    assert "est laissé de côté" in text_of(page)


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("zoé", True),
        ("ZOE", True),
        ("oe", True),
        ("l’été", True),
        ("L'ETE", True),
        ("ete zoe", True),
        ("coeur", True),
        ("prenom", True),
        ("CHAT", True),
        ("  ete  ", True),
        ("100 %", True),
        ("b_c", True),
        ("\\", True),
        ("a/b", True),
        ("zoé léa", False),
        ("%", True),
        ("z%e", False),
        ("bxc", False),
        ("_oe", False),
        ("//", False),
        ("' OR '1'='1", False),
        ("{", False),
        ("$file", False),
    ],
)
def test_words_are_found_whatever_their_case_and_accents_and_are_no_pattern(
    awa: BrowserClient, words: str, is_found: bool
) -> None:
    text = "Zoé, l’été au cœur : 100 % b_c \\ a/b"
    run_id = make_run("awa", sent={"prenom": text}, file=("Chat.PNG", b"abc"))
    make_run("awa", sent={"autre": "rien de tel"}, endpoint="/autre")
    assert found(awa, q=words) == ([run_id] if is_found else [])


def test_what_is_asked_together_is_found_together(awa: BrowserClient) -> None:
    wanted = make_run("awa", "stopped", sent={"prenom": "Zoé"})
    make_run("awa", "succeeded", sent={"prenom": "Zoé"})
    make_run("awa", "stopped", sent={"prenom": "Léa"})
    make_run("awa", "stopped", sent={"prenom": "Zoé"}, space="c/d")
    assert found(awa, q="zoe", espace="a/b", issue="arrete") == [wanted]


@pytest.mark.parametrize("words", ["", "   ", "\0", "\u0301"])
def test_no_word_is_no_search(awa: BrowserClient, words: str) -> None:
    run_id = make_run("awa")
    assert found(awa, q=words) == [run_id]


def test_what_was_typed_is_typed_still(awa: BrowserClient) -> None:
    make_run("awa", sent={"prenom": "Zoé"})
    page = parse_page(awa.client.get("/essais/", query_string={"q": '"Zoé" & <b>'}))
    field = page.select_one("#q")
    assert field is not None
    assert field["value"] == '"Zoé" & <b>'


def test_nothing_found_says_which_part_to_take_away(awa: BrowserClient) -> None:
    make_run("awa", sent={"prenom": "Zoé"})
    make_run("awa", "stopped")
    page = parse_page(awa.client.get("/essais/", query_string={"q": "lea", "issue": "arrete"}))
    assert "Aucun de vos 2 essais" in text_of(page)
    assert link(page, "Chercher d’autres mots") == "/essais/?issue=arrete"
    assert link(page, "Regarder tous les résultats") == "/essais/?q=lea"
    assert link(page, "Voir tous mes essais") == "/essais/"
    assert "Supprimer" not in text_of(page)


@pytest.mark.parametrize(
    "query", [{}, {"q": "zoe"}, {"espace": "a/b", "issue": "reussi"}, {"avant": "99999999999999.x"}]
)
def test_nothing_is_looked_through_but_what_is_the_visitors_own(
    app: Flask, awa: BrowserClient, query: dict[str, str]
) -> None:
    make_run("awa", sent={"prenom": "Zoé"})
    engine, asked = app.extensions["database"].kw["bind"], []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        asked.append((statement, parameters))

    found(awa, **query)
    event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        plans = [
            row[3]
            for statement, parameters in asked
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert any("ix_runs_of_visitor" in step for step in plans)
    assert [step for step in plans if step.startswith(("SCAN runs", "SCAN run_words", "SCAN files"))] == []


# Page by page


def test_pages_lead_through_all_of_it_and_back(awa: BrowserClient) -> None:
    runs = some_runs(2 * RUNS_PER_PAGE + 7)
    pages = [awa.open_page("/essais/?issue=reussi")]
    assert "Plus récents" not in text_of(pages[0])
    for _ in range(2):
        pages.append(awa.open_page(link(pages[-1], "Plus anciens")))
    assert "Plus anciens" not in text_of(pages[-1])
    assert [run_id for page in pages for run_id in ids_on(page)] == runs
    back = awa.open_page(link(pages[2], "Plus récents"))
    assert ids_on(back) == ids_on(pages[1])
    first = awa.open_page(link(back, "Plus récents"))
    assert ids_on(first) == ids_on(pages[0])
    assert parse_qs(urlsplit(link(first, "Plus anciens")).query)["issue"] == ["reussi"]


def test_a_page_is_whole_when_newer_runs_have_come(awa: BrowserClient) -> None:
    runs = some_runs(RUNS_PER_PAGE + 2)
    second = awa.open_page(link(awa.open_page("/essais/"), "Plus anciens"))
    new = make_run("awa")
    assert ids_on(awa.open_page(link(second, "Plus récents"))) == runs[:RUNS_PER_PAGE]
    assert found(awa) == [new, *runs[: RUNS_PER_PAGE - 1]]


def test_a_page_whose_neighbour_is_gone_still_leads_on(awa: BrowserClient) -> None:
    runs = some_runs(RUNS_PER_PAGE + 2)
    address = link(awa.open_page("/essais/"), "Plus anciens")
    queries.stop_and_delete_runs(runs[RUNS_PER_PAGE - 1 : RUNS_PER_PAGE])
    assert ids_on(awa.open_page(address)) == runs[RUNS_PER_PAGE:]
    queries.stop_and_delete_runs(runs[RUNS_PER_PAGE:])
    assert ids_on(awa.open_page(address)) == runs[: RUNS_PER_PAGE - 1], "nothing is older: the newest are shown"


@pytest.mark.parametrize("place", ["", "x", "1", "1.", ".x", "99999999999999.x", "999999999999999.x", "-1.x", "1.\0"])
@pytest.mark.parametrize("way", ["avant", "apres"])
def test_a_place_that_is_none_does_no_harm(awa: BrowserClient, way: str, place: str) -> None:
    run_id = make_run("awa")
    assert found(awa, **{way: place}) == [run_id]


# What is deleted


def test_one_run_is_deleted_with_all_that_is_its_own(awa: BrowserClient) -> None:
    run_id, other = make_run("awa", file=("chat.png", b"abc")), make_run("awa")
    awa.open_page(f"/essais/{run_id}")
    assert (count_rows(Run), count_rows(RunView), count_rows(StoredFile)) == (2, 1, 1)
    page = confirm(awa, f"/essais/{run_id}/supprimer")
    assert "L’essai est supprimé" in text_of(page)
    assert ids_on(page) == [other]
    assert (count_rows(Run), count_rows(RunSearchText), count_rows(RunView), count_rows(StoredFile)) == (1, 1, 0, 0)
    assert "L’essai est supprimé" not in text_of(awa.open_page("/essais/")), "it is said once"


def test_opening_the_question_deletes_nothing(awa: BrowserClient) -> None:
    run_id = make_run("awa")
    awa.open_page(f"/essais/{run_id}/supprimer")
    awa.open_page("/essais/supprimer")
    assert run_store.load_run(run_id) is not None


@pytest.mark.parametrize("address", ["/essais/{}/supprimer", "/essais/{}/refaire", "/essais/supprimer"])
def test_a_forged_form_does_nothing(awa: BrowserClient, address: str) -> None:
    run_id = make_run("awa")
    for data in ({}, {"csrf_token": "faux"}):
        response = awa.client.post(address.format(run_id), data=data)
        assert response.status_code == 400
        assert parse_page(response).select_one("h1") is not None
    assert found(awa) == [run_id]


def test_all_are_deleted_and_nobody_elses(awa: BrowserClient, bilal: BrowserClient) -> None:
    some_runs(7)
    theirs = make_run("bilal")
    assert "Supprimer vos 7 essais" in text_of(awa.open_page("/essais/supprimer"))
    page = confirm(awa, "/essais/supprimer")
    assert "7 essais sont supprimés" in text_of(page)
    assert "Aucun essai" in text_of(page)
    assert found(bilal) == [theirs]


def test_those_that_the_filter_shows_are_deleted_and_no_other(awa: BrowserClient) -> None:
    kept = [make_run("awa", sent={"prenom": "Léa"}), make_run("awa", "stopped", sent={"prenom": "Zoé"})]
    make_run("awa", sent={"prenom": "Zoé"})
    make_run("awa", sent={"prenom": "zoe"})
    address = link(
        parse_page(awa.client.get("/essais/", query_string={"q": "zoé", "issue": "reussi"})), "Supprimer ces 2 essais"
    )
    question = text_of(awa.open_page(address))
    assert "Seuls partent les essais que votre filtre montre" in question
    assert "Réussi" in question
    assert "zoé" in question
    assert sorted(ids_on(confirm(awa, address))) == sorted(kept)


def test_a_run_that_came_after_the_question_stays(awa: BrowserClient) -> None:
    some_runs(3)
    form = only_form(awa.open_page("/essais/supprimer"))
    new = make_run("awa")
    awa.client.post(str(form["action"]), data=collect_form_fields(form))
    assert found(awa) == [new]


@pytest.mark.parametrize("wrong", [{"espace": "x/y"}, {"issue": "tout"}])
def test_a_filter_that_does_not_exist_deletes_nothing(awa: BrowserClient, wrong: dict[str, str]) -> None:
    run_id = make_run("awa")
    form = only_form(awa.open_page("/essais/supprimer"))
    assert awa.client.get("/essais/supprimer", query_string=wrong).status_code == 302
    response = awa.client.post(str(form["action"]), data=collect_form_fields(form) | wrong)
    assert response.status_code == 303
    assert "est laissé de côté" in text_of(awa.open_page(response.headers["Location"]))
    assert run_store.load_run(run_id) is not None


def test_two_tabs_delete_the_same_run(awa: BrowserClient) -> None:
    run_id = make_run("awa")
    one, several = (
        only_form(awa.open_page(f"/essais/{run_id}/supprimer")),
        only_form(awa.open_page("/essais/supprimer")),
    )
    answers = [awa.client.post(str(form["action"]), data=collect_form_fields(form)) for form in (one, one, several)]
    assert [answer.status_code for answer in answers] == [303, 404, 303]
    page = awa.open_page("/essais/")
    assert "Rien à supprimer" in text_of(page)
    awa.open_page("/essais/supprimer", 302)


def test_more_than_a_batch_is_deleted_with_one_button(awa: BrowserClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfcourse.runs.retention.pruning.RUNS_PER_BATCH", 4)
    some_runs(9)
    assert "9 essais sont supprimés" in text_of(confirm(awa, "/essais/supprimer"))
    assert count_rows(Run) == 0


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_run_that_is_deleted_while_it_goes_on_never_comes_back(awa: BrowserClient, status: str) -> None:
    run_id = make_run("awa", status)
    confirm(awa, f"/essais/{run_id}/supprimer")
    assert run_store.claim_run(run_id) is None
    assert not run_store.finish_run(run_id, "succeeded", [], events=[run_store.NewEvent("log", {})])
    assert (count_rows(Run), count_rows(RunEvent), count_rows(RunSearchText)) == (0, 0, 0)
    assert dispatcher.get_dispatcher().find_queue_position(run_id) is None
    going_on = make_run("awa", status)
    assert stop_requests.find_stop_requests([run_id, going_on]) == [run_id], "its process ends the call"


@pytest.mark.parametrize("status", ["queued", "running"])
def test_deletion_of_an_unfinished_run_shows_it_at_no_moment_as_stopped(
    app: Flask, awa: BrowserClient, status: str
) -> None:
    run_id = make_run("awa", status)
    seen: list[str | None] = []

    def record_status(changed_id: str) -> None:
        with database.read_session() as session:
            seen.append(session.scalar(select(Run.status).where(Run.id == changed_id)))

    notifications.subscribe(app, record_status, lambda _: None)
    queries.stop_and_delete_runs([run_id])
    assert set(seen) == {None}, "a page that follows the run learns that it is gone"


def test_status_fragment_of_a_deleted_run_is_a_404(awa: BrowserClient) -> None:
    run_id = make_run("awa", "running")
    address = str(awa.open_page(f"/essais/{run_id}").select("[data-poll]")[0]["data-poll"])
    assert awa.client.get(address).status_code == 200
    queries.stop_and_delete_runs([run_id])
    response = awa.client.get(address)
    assert response.status_code == 404
    assert "Cette page n’existe pas" in response.get_data(as_text=True)


def test_every_page_of_the_list_is_typeset_as_french_is(awa: BrowserClient) -> None:
    runs = [make_run("awa", sent={"prenom": "Zoé\u202f!"}), make_run("awa", "running")]
    addresses = ["/essais/", "/essais/?q=zoe", "/essais/?q=rien&issue=echec", "/essais/?espace=x/y"]
    addresses += ["/essais/supprimer", "/essais/supprimer?q=zoe", *(f"/essais/{run_id}/supprimer" for run_id in runs)]
    for address in addresses:
        assert find_page_typography_faults(awa.open_page(address)) == [], address
    assert find_page_typography_faults(confirm(awa, "/essais/supprimer")) == []
