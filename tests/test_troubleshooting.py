"""The troubleshooting page: its entries, how a message finds one, and the errors of the site that lead there."""

import random
import re
from itertools import pairwise

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from hfcourse import error_messages
from hfcourse.lessons import content_checks, library, search
from hfcourse.lessons import single_page as whole_course
from hfcourse.lessons.reference import troubleshooting
from hfcourse.lessons.reference.message_search import (
    MAX_LINE_CHARACTERS,
    MAX_QUERY_LINES,
    MessageIndex,
    extract_trigrams,
    normalize_message,
)
from hfcourse.lessons.reference.troubleshooting import TroubleshootingGuide
from hfcourse.web import error_pages
from tests.support.cpu_time import measure_cpu_seconds
from tests.support.form_parsing import parse_page
from tests.support.lessons import CourseFolder, collect_lint_messages
from tests.support.plain_typography import untypeset
from tests.support.troubleshooting_guide import MESSAGE_INDEX, TROUBLESHOOTING_GUIDE

MIN_ENTRIES = 35
ENTRY = """[[entry]]
id = "pain-brule"
topic = "Cuire"
title = "Le pain est noir"
messages = ["Alarm: smoke"]
cause = "Un four `trop` chaud."
cure = "Baissez-le : voyez [le début](/)."
where = ["3.1"]
codes = ["500"]
"""
CODES = [
    *error_messages.EXPLANATIONS,
    *map(str, error_pages.HTTP_EXPLANATIONS),
    str(error_pages.TOO_MANY_NEW_VISITORS.status),
]


def find(typed: str) -> list[str]:
    return [entry.id for entry in MESSAGE_INDEX.search_entries(typed)]


# --- the entries


def test_entries_are_many_and_without_fault(app: Flask) -> None:
    assert len(TROUBLESHOOTING_GUIDE.entries) >= MIN_ENTRIES
    with app.test_request_context():
        assert content_checks.find_guide_errors() == []


def test_entries_of_a_topic_stand_together() -> None:
    topics = [entry.topic for entry in TROUBLESHOOTING_GUIDE.entries]
    assert len([1 for one, next_one in pairwise(topics) if one != next_one]) == len(set(topics)) - 1


def test_an_entry_is_read_as_html_and_as_words() -> None:
    (entry,) = troubleshooting.parse_guide(ENTRY).entries
    assert entry.cause == "<p>Un four <code>trop</code> chaud.</p>\n"
    assert entry.cure == '<p>Baissez-le\u00a0: voyez <a href="/">le début</a>.</p>\n'
    assert entry.text == "Un four trop chaud. Baissez-le\u00a0: voyez le début."
    assert entry.codes == ("500",)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("title", "titel", "manque, est mal écrit ou est inconnu"),
        ('"Le pain est noir"', "3", "manque, est mal écrit ou est inconnu"),
        ('["Alarm: smoke"]', "[]", "manque, est mal écrit ou est inconnu"),
        ('["Alarm: smoke"]', '"Alarm"', "manque, est mal écrit ou est inconnu"),
        ('"pain-brule"', '"Pain brûlé"', "manque, est mal écrit ou est inconnu"),
        ('["3.1"]', '["lesson one"]', "manque, est mal écrit ou est inconnu"),
        ("[le début](/)", "[le début](ailleurs)", "ne mène nulle part"),
        ("Un four `trop` chaud.", "```\\ncode\\n```", "autre chose que des paragraphes et des listes"),
        ('"500"]\n', '"500"]\n' + ENTRY, "est déjà celui d'une autre fiche"),
        ('"500"]\n', '"500"]\n' + ENTRY.replace("pain-brule", "autre"), "le code « 500 » mène déjà à"),
        ("[[entry]]", "[[entry", "ce n'est pas du TOML : [[...]] n'est pas refermé"),
    ],
)
def test_an_entry_that_is_wrong_is_a_fault_with_its_line(old: str, new: str, what: str) -> None:
    faults = troubleshooting.parse_guide(ENTRY.replace(old, new, 1)).lint_errors
    assert any(what in untypeset(fault.problem) for fault in faults), faults
    assert all(fault.line and fault.advice for fault in faults)


def test_check_finds_dead_links_to_and_from_entries(app: Flask, course: CourseFolder) -> None:
    course.write("31.md", "3.1", "un", "[Du pain](/depannage#pain-brule) et [rien](/depannage#rien).")
    path = course.content / library.TROUBLESHOOTING_FILE
    path.write_text(ENTRY.replace("](/)", "](/depannage#absent)").replace('"3.1"', '"9.9"'), encoding="utf-8")
    with app.app_context():
        whats = sorted(untypeset(fault.problem) for fault in content_checks.find_guide_errors())
    assert whats == [
        "la fiche « pain-brule » nomme la leçon 9.9, qui n'existe pas.",
        "le lien « /depannage#absent » est mort.",
    ]
    assert [line.partition(": ")[2] for line in collect_lint_messages(app)] == ["le lien « /depannage#rien » est mort."]


# --- the errors of the site


@pytest.mark.parametrize("code", CODES)
def test_each_error_of_the_site_leads_to_an_entry(code: str) -> None:
    assert code in TROUBLESHOOTING_GUIDE.by_code


def test_entries_name_only_codes_that_exist() -> None:
    assert TROUBLESHOOTING_GUIDE.by_code.keys() <= set(CODES)


@pytest.mark.parametrize("code", error_messages.EXPLANATIONS)
def test_an_error_links_to_its_entry(app: Flask, code: str) -> None:
    with app.test_request_context():
        html = render_template("_error.html", explanation=error_messages.EXPLANATIONS[code], code=code, status=200)
    assert f'href="/depannage#{TROUBLESHOOTING_GUIDE.by_code[code].id}"' in html


def test_the_page_of_an_error_links_to_its_entry(client: FlaskClient) -> None:
    assert 'href="/depannage#page-introuvable"' in client.get("/nulle-part").text


# --- finding an entry


@pytest.mark.parametrize("entry", TROUBLESHOOTING_GUIDE.entries, ids=lambda entry: entry.id)
def test_each_message_finds_its_own_entry_first(entry: troubleshooting.TroubleshootingEntry) -> None:
    assert [message for message in entry.messages if find(message)[:1] != [entry.id]] == []


def misspell(message: str) -> str:
    """Two letters of a long word change places, and a letter is missing in another."""
    words = sorted(set(re.findall(r"[A-Za-zé]{6,}", message)), key=len, reverse=True)[:2]
    for word in words[:1]:
        message = message.replace(word, word[:2] + word[3] + word[2] + word[4:])
    for word in words[1:]:
        message = message.replace(word, word[:3] + word[4:])
    return message


@pytest.mark.parametrize("entry", TROUBLESHOOTING_GUIDE.entries, ids=lambda entry: entry.id)
def test_a_misspelt_message_still_finds_its_entry(entry: troubleshooting.TroubleshootingEntry) -> None:
    long = [message for message in entry.messages if len(extract_trigrams(message)) > 20]
    assert [message for message in long if entry.id not in find(misspell(message))[:3]] == []


@pytest.mark.parametrize("entry", TROUBLESHOOTING_GUIDE.entries, ids=lambda entry: entry.id)
def test_a_whole_traceback_finds_the_entry_of_its_last_line(entry: troubleshooting.TroubleshootingEntry) -> None:
    before = 'Traceback (most recent call last):\n  File "/home/awa/projet/appel.py", line 7, in <module>\n    main()\n'
    long = [message for message in entry.messages if len(extract_trigrams(message)) > 20]
    assert [message for message in long if entry.id not in find(before + message + "\n")[:2]] == []


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("externaly managed", "externally-managed-environment"),
        ("exécution de scripts désactivée", "powershell-scripts"),
        ("execution policy", "powershell-scripts"),
        ("No module named 'requests'", "module-introuvable"),
        ("KeyError HF_TOKEN", "keyerror-hf-token"),
        ("401", "erreur-401"),
        ("erreur 402", "erreur-402"),
        ("HTTP 403", "erreur-403"),
        ("410 gone", "ancienne-adresse"),
        ("429", "erreur-429"),
        ("port 5000", "port-occupe"),
        ("airplay", "port-occupe"),
        ("adress alredy in use", "port-occupe"),
        ("CERTIFICATE_VERIFY_FAILED", "certificat"),
        ("proxy", "proxy"),
        ("CORS", "cors"),
        ("mixed content", "contenu-mixte"),
        ("await", "await-oublie"),
        ("Promise pending", "await-oublie"),
        ("quota zerogpu", "quota-zerogpu"),
        ("le Space dort", "space-endormi"),
        ("queue is ful", "file-pleine"),
        ("mon fichier est trop gros", "fichier-trop-gros"),
        ("UnicodeDecodeError", "encodage"),
        ("hf_token argument", "hf-token-argument"),
        ("ValueError: Cannot find a function with `api_name`: /salur", "api-name-faux"),
    ],
)
def test_what_one_types_finds_its_entry(typed: str, wanted: str) -> None:
    assert wanted in find(typed)[:2]


@pytest.mark.parametrize("typed", ["", " \n ", "recette de cuisine", "aaaaaaaaaaaa", "é", "bonjour", "…", "\0"])
def test_what_is_no_message_finds_nothing(typed: str) -> None:
    assert find(typed) == []


def test_a_guide_without_entries_finds_nothing() -> None:
    assert MessageIndex(TroubleshootingGuide().entries).search_entries("401") == []


def test_search_costs_no_more_for_a_text_that_is_made_to_cost() -> None:
    chance = random.Random(1)
    hostile = "\n".join("".join(chance.choices("abcdefghij k", k=MAX_LINE_CHARACTERS)) for _ in range(400))
    # What is compared is cut: a hundred times the text takes no more than its last lines do.
    cut = "\n".join(hostile.splitlines()[-MAX_QUERY_LINES:])
    assert (
        measure_cpu_seconds(lambda: MESSAGE_INDEX.search_entries(hostile * 25))
        < 3 * max(measure_cpu_seconds(lambda: MESSAGE_INDEX.search_entries(cut)) for _ in range(3)) + 0.05
    )


def test_texts_are_compared_without_accents_case_or_signs() -> None:
    assert normalize_message("[Errno 98] Déjà pris’") == "errno 98 deja pris"
    assert extract_trigrams("Ab") == {"  a", " ab", "ab "}


# --- the page


def test_the_page_holds_every_entry_under_its_topic(client: FlaskClient) -> None:
    page = parse_page(client.get("/depannage"))
    assert [each["id"] for each in page.select(".troubleshooting-entry")] == [
        entry.id for entry in TROUBLESHOOTING_GUIDE.entries
    ]
    assert [each.text for each in page.select("main h2")] == list(
        dict.fromkeys(entry.topic for entry in TROUBLESHOOTING_GUIDE.entries)
    )
    assert page.select_one("form[role=search] [name=q]")


def test_the_page_shows_what_was_found_and_keeps_what_was_typed(client: FlaskClient) -> None:
    page = parse_page(client.get("/depannage", query_string={"q": "adress alredy in <b>use</b>"}))
    assert page.select(".troubleshooting-entry")[0]["id"] == "port-occupe"
    assert page.select_one("[name=q]").text == "adress alredy in <b>use</b>"
    assert not page.select("main b")


def test_the_page_says_when_nothing_was_found_and_shows_all(client: FlaskClient) -> None:
    page = parse_page(client.get("/depannage?q=recette+de+cuisine"))
    assert "Aucune entrée ne ressemble" in page.select_one("[role=status]").text
    assert len(page.select(".troubleshooting-entry")) == len(TROUBLESHOOTING_GUIDE.entries)


def test_links_of_an_entry_stay_under_the_path_that_the_site_is_mounted_under(client: FlaskClient) -> None:
    html = client.get("/depannage", environ_overrides={"SCRIPT_NAME": "/cours"}).text
    assert 'href="/cours/recherche"' in html
    assert 'href="/recherche' not in html


def test_a_script_gets_the_entries_alone(client: FlaskClient) -> None:
    response = client.get("/depannage?q=401", headers={"X-Fragment": "depannage"})
    assert "<html" not in response.text
    assert 'id="erreur-401"' in response.text
    assert "X-Fragment" in response.headers["Vary"]


def test_a_token_in_what_was_typed_is_masked(client: FlaskClient) -> None:
    token = "hf_" + "e" * 30
    assert token not in client.get("/depannage", query_string={"q": f"401 {token}"}).text


def test_a_very_long_message_is_cut_at_its_beginning(client: FlaskClient) -> None:
    page = parse_page(client.get("/depannage", query_string={"q": "x y z\n" * 2000 + "KeyError: 'HF_TOKEN'"}))
    assert page.select(".troubleshooting-entry")[0]["id"] == "keyerror-hf-token"


def test_the_search_of_the_site_finds_an_entry_by_its_message(app: Flask) -> None:
    with app.test_request_context():
        assert "/depannage#externally-managed-environment" in [
            result.address for result in search.search_course("externally managed environment").results
        ]


def test_the_exported_course_holds_every_entry_and_its_links_stay_within(app: Flask) -> None:
    with app.test_request_context():
        html = whole_course.render_course_export(None)
    for entry in TROUBLESHOOTING_GUIDE.entries:
        assert f'id="depannage-{entry.id}"' in html
    assert 'href="#depannage"' in html
    assert 'href="/depannage' not in html
