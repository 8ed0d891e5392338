"""French typography and spelling in everything that the site shows."""

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from spellchecker import SpellChecker

from hfcourse import error_messages
from hfcourse.error_messages import ErrorExplanation
from hfcourse.practice.server import PracticeServer
from hfcourse.web import error_pages
from tests.support import spelling
from tests.support.clients import BrowserClient
from tests.support.form_parsing import parse_page
from tests.support.french_typography import (
    find_language_errors,
    find_misspellings,
    find_page_typography_faults,
    find_typography_faults,
)
from tests.support.spelling import find_unknown_words

LESSONS = ("3-1-presentation", "3-2-compte-et-jeton", "3-3-tester-un-space", "3-4-mini-chatbot")
PAGES = {
    "/": 200,
    **{f"/lecons/{slug}": 200 for slug in LESSONS},
    "/imprimer": 200,
    "/glossaire": 200,
    "/depannage": 200,
    "/depannage?q=proxy": 200,
    "/depannage?q=xylophone": 200,
    "/et-si/": 200,
    "/et-si/coupure": 200,
    "/et-si/jeton-invalide": 200,
    "/recherche": 200,
    "/recherche?q=licence": 200,
    "/recherche?q=xylophone": 200,
    "/espaces/": 200,
    "/espaces/?nom=sans-barre": 400,
    "/espaces/?q=a/b/c": 400,
    "/espaces/?q=hf_aaaaaaaaaaaaaaaaaaaaaaaa": 400,
    "/essais/": 200,
    "/discussion/?espace=sans-barre": 404,
    "/confidentialite": 200,
    "/enseignant/": 200,
    "/motifs": 200,
    "/motifs/lecons": 200,
    "/cette-page-n-existe-pas": 404,
}
EXPLANATIONS: dict[object, ErrorExplanation] = {
    **error_messages.EXPLANATIONS,
    **error_pages.HTTP_EXPLANATIONS,
    **{f"hub: {code}": told for code, told in error_messages.HUB_EXPLANATIONS.items()},
    "upload": error_pages.UPLOAD_TOO_LARGE,
    "form": error_pages.FORM_EXPIRED,
    "file": error_pages.FILE_GONE,
    "csrf": error_pages.CSRF_EXPLANATION,
}


@pytest.mark.parametrize(("address", "status"), PAGES.items())
def test_a_page_is_written_as_french_is(client: FlaskClient, address: str, status: int) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert find_language_errors(parse_page(response)) == []


@pytest.mark.parametrize("endpoint", ["saluer", "calculer", "compter", "filtrer", "classer", "resumer", "discuter"])
def test_a_form_is_written_as_french_is(student: BrowserClient, awake_practice: PracticeServer, endpoint: str) -> None:
    assert find_language_errors(student.open_form(f"/{endpoint}")) == []


@pytest.mark.parametrize(
    ("endpoint", "changes"),
    [
        ("/saluer", {"prenom": "Awa"}),
        ("/calculer", {"b": "0"}),
        ("/resumer", {}),
        ("/discuter", {"message": "Qu’est-ce qu’un Space\u202f?"}),
    ],
)
def test_a_run_is_written_as_french_is(
    student: BrowserClient, awake_practice: PracticeServer, endpoint: str, changes: dict[str, str]
) -> None:
    address = student.submit_form(student.open_form(endpoint), **changes).headers["Location"]
    student.wait_for_end(address)
    assert find_language_errors(student.open_page(address)) == []
    assert find_language_errors(student.open_page("/essais/")) == []


def test_a_refused_form_is_written_as_french_is(student: BrowserClient, awake_practice: PracticeServer) -> None:
    refused = parse_page(student.submit_form(student.open_form("/calculer"), a="douze", operation="puissance"))
    assert find_language_errors(refused) == []


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_an_error_is_written_as_french_is(code: object) -> None:
    told = EXPLANATIONS[code]
    texts = (told.sentence, told.reason, *told.steps)
    assert [*(fault for text in texts for fault in find_typography_faults(text)), *find_misspellings(*texts)] == []


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_an_error_says_what_happened_and_what_to_do(code: object) -> None:
    told = EXPLANATIONS[code]
    assert told.steps
    for text in (told.sentence, told.reason, *told.steps):
        assert text[0].isupper()
        assert text[-1] in ".!?"


# --- the eye that reads them


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Une erreure de l’élève.", ["erreure"]),
        ("Aujourd’hui, qu’a-t-on apris jusqu’ici\u202f?", ["apris"]),
        ("Un mot-clé, un mot-clès, un Space.", ["mot-clès"]),
        ("Coupé au mil…, voir huggingface.co/spaces, app.py et prof@ecole.example.", []),
        ("Le 3ᵉ point d’accès, 20 Mo, à 14 h 30.", []),
    ],
)
def test_a_word_that_does_not_exist_is_seen(text: str, unknown: list[str]) -> None:
    assert find_unknown_words(text) == unknown


def test_our_list_of_words_is_in_order_and_has_none_too_many() -> None:
    words = spelling.EXTRA_WORDS_PATH.read_text(encoding="utf-8").split()
    assert words == sorted(set(words), key=lambda word: (word.casefold(), word))
    french = SpellChecker(language="fr").word_frequency.dictionary
    assert [word for word in words if word.casefold() in french] == []


@pytest.mark.parametrize(
    "html",
    [
        "<p>Attention : oui.</p>",
        "<p>Attention: oui.</p>",
        "<p>Attention:oui.</p>",
        "<p>Attention\u202f: oui.</p>",
        "<p>Le mot <b>jeton</b> : un secret.</p>",
        "<p>Le mot <code>hf_…</code>: un secret.</p>",
        "<p>Prêt ?</p>",
        "<p>Prêt?</p>",
        "<p>Prêt\u00a0?</p>",
        "<p>Prêt\n!</p>",
        "<p>Un mot ; un autre.</p>",
        "<p>Le « mot\u00a0».</p>",
        "<p>Le «\u00a0mot ».</p>",
        "<p>Le «mot\u00a0».</p>",
        '<p>Le « <span lang="en">word</span>\u00a0».</p>',
        "<p>L'essai.</p>",
        "<p>Patience...</p>",
        '<button aria-label="Thème : clair"></button>',
        '<img alt="Qui ?">',
        '<input placeholder="L\'essai">',
        '<p title="Patience...">Oui</p>',
        '<meta name="description" content="Lire : essayer">',
    ],
)
def test_a_fault_is_seen(html: str) -> None:
    assert find_page_typography_faults(BeautifulSoup(html, "html.parser")) != []


@pytest.mark.parametrize(
    "html",
    [
        "<p>Attention\u00a0: «\u00a0oui\u00a0»\u202f! Vraiment\u202f?! Un mot\u202f; un autre…</p>",
        "<p>À 14:02, la leçon 3.1, sur https://huggingface.co/?a=1:2 ou huggingface.co/join.</p>",
        "<p>Le mot <code>f(a, b) : 'x'?</code>\u00a0: du code.</p>",
        '<p>Le tri <span lang="en">Sort: Trending!</span> est réglé.</p>',
        "<pre>a: b; c? d! 'e' ...</pre><script>a ? b : c;</script><svg><title>A: b</title></svg>",
        "<h2>Un titre</h2><p>Du texte.</p>",
        '<meta name="viewport" content="width=device-width; initial-scale=1">',
        "<!doctype html><!-- a: 'b' ... --><p>Oui.</p>",
    ],
)
def test_good_french_and_other_languages_pass(html: str) -> None:
    assert find_page_typography_faults(BeautifulSoup(html, "html.parser")) == []
