"""French typography and spelling in everything that the site shows."""

import re

import pytest
from bs4 import BeautifulSoup
from bs4.element import Comment, Doctype, Tag
from flask.testing import FlaskClient
from spellchecker import SpellChecker

from hfcourse import error_messages
from hfcourse.error_messages import ErrorExplanation
from hfcourse.practice.server import PracticeServer
from hfcourse.text.typography import NARROW_NO_BREAK, NO_BREAK
from hfcourse.web import error_pages
from tests.support import spelling
from tests.support.clients import Student, read
from tests.support.spelling import unknown_words

LESSONS = ("3-1-presentation", "3-2-compte-et-jeton", "3-3-tester-un-space", "3-4-mini-chatbot")
PAGES = {
    "/": 200,
    **{f"/lecons/{slug}": 200 for slug in LESSONS},
    "/imprimer": 200,
    "/glossaire": 200,
    "/depannage": 200,
    "/depannage?q=proxy": 200,
    "/depannage?q=xylophone": 200,
    "/recherche": 200,
    "/recherche?q=licence": 200,
    "/recherche?q=xylophone": 200,
    "/espaces/": 200,
    "/espaces/?nom=sans-barre": 400,
    "/espaces/?q=a/b/c": 400,
    "/espaces/?q=hf_aaaaaaaaaaaaaaaaaaaaaaaa": 400,
    "/essais/": 200,
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
# What is no French: a machine's words, a drawing, a quotation in another language. One character stands
# for each, so that the punctuation around it is read.
# What an example of a Space fills in is the author's.
FOREIGN = "code, pre, script, style, svg, textarea, [lang]:not(html), .examples .pair"
STAND_IN = "\ufffc"
# What is not spelled: the name of a component or of a parameter, beside its French label; a passage that was found,
# which may be of a program.
NAMES = ".mono, .label small, .results p"
READ_BY_MACHINES = ("viewport", "color-scheme", "robots", "htmx-config", "og:type", "og:locale")
# Beside these, words stand in one line; any other element begins and ends a line of its own.
INLINE = {"a", "abbr", "b", "bdi", "br", "dfn", "em", "i", "kbd", "label", "mark", "q", "small", "span", "strong"}
INLINE |= {"sub", "sup", "time"}
ATTRIBUTES = ("alt", "aria-description", "aria-label", "content", "label", "placeholder", "title")
ADDRESS = re.compile(r"\b(?:https?://|www\.)[^\s«»]*[^\s«».,;:!?)]")
FAULTS = {
    "no U+202F before ; ! ?": re.compile(rf"(?<![{NARROW_NO_BREAK}!?])[;!?]"),
    # Between figures, as in a time of day, a colon is no punctuation.
    "no U+00A0 before :": re.compile(rf"(?<!{NO_BREAK}):(?!(?<=\d:)\d)"),
    "no U+00A0 before »": re.compile(rf"(?<!{NO_BREAK})»"),
    "no U+00A0 after «": re.compile(rf"«(?!{NO_BREAK})"),
    "a straight apostrophe": re.compile(r"'"),
    "three dots": re.compile(r"\.\.\."),
}


def faults_of(text: str) -> list[str]:
    """What is wrong in a French text, each with the words around it."""
    text = ADDRESS.sub(STAND_IN, text)
    return [
        f"{name}: {text[max(0, found.start() - 30) : found.end() + 15]!r}"
        for name, pattern in FAULTS.items()
        for found in pattern.finditer(text)
    ]


def lines_of(page: BeautifulSoup) -> list[str]:
    """The French text of a page, a line for each of its blocks."""
    for node in page.find_all(string=lambda text: isinstance(text, Comment | Doctype)):
        node.extract()
    for foreign in page.select(FOREIGN):
        if foreign.parent:
            foreign.replace_with(STAND_IN)
    for block in page.find_all(lambda tag: tag.name not in INLINE):
        block.insert_before("\0")
        block.append("\0")
        block.insert(0, "\0")
        block.insert_after("\0")
    return [line for line in page.get_text().split("\0") if line.strip()]


def attributes_of(page: BeautifulSoup) -> list[str]:
    """The French text that stands in attributes, what a machine reads left out."""
    tags: list[Tag] = [
        tag for tag in page.find_all(True) if not {tag.get("name"), tag.get("property")}.intersection(READ_BY_MACHINES)
    ]
    return [str(tag[name]) for tag in tags if not tag.get("lang") for name in ATTRIBUTES if tag.has_attr(name)]


def faults_in(page: BeautifulSoup) -> list[str]:
    """What is wrong in the text and the attributes of a page."""
    return [fault for text in [*attributes_of(page), *lines_of(page)] for fault in faults_of(text)]


def misspelled_in(*texts: str) -> list[str]:
    """The words of these texts that nobody knows."""
    unknown = {word for text in texts for word in unknown_words(ADDRESS.sub(STAND_IN, text))}
    return [f"in no dictionary, nor in tests/data/words.txt: {word}" for word in sorted(unknown)]


def mistakes_in(page: BeautifulSoup) -> list[str]:
    """What is wrong, spelling included, in a page whose every word is ours."""
    faults = faults_in(page)  # which puts a stand-in where words are foreign
    for name in page.select(NAMES):
        name.decompose()
    return faults + misspelled_in(*attributes_of(page), *page.find_all(string=True))


@pytest.mark.parametrize(("address", "status"), PAGES.items())
def test_a_page_is_written_as_french_is(client: FlaskClient, address: str, status: int) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert mistakes_in(read(response)) == []


@pytest.mark.parametrize("endpoint", ["saluer", "calculer", "compter", "filtrer", "classer", "resumer", "discuter"])
def test_a_form_is_written_as_french_is(student: Student, awake: PracticeServer, endpoint: str) -> None:
    assert mistakes_in(student.open_form(f"/{endpoint}")) == []


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
    student: Student, awake: PracticeServer, endpoint: str, changes: dict[str, str]
) -> None:
    address = student.send(student.open_form(endpoint), **changes).headers["Location"]
    student.finished(address)
    assert mistakes_in(student.open(address)) == []
    assert mistakes_in(student.open("/essais/")) == []


def test_a_refused_form_is_written_as_french_is(student: Student, awake: PracticeServer) -> None:
    refused = read(student.send(student.open_form("/calculer"), a="douze", operation="puissance"))
    assert mistakes_in(refused) == []


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_an_error_is_written_as_french_is(code: object) -> None:
    told = EXPLANATIONS[code]
    texts = (told.sentence, told.reason, *told.steps)
    assert [*(fault for text in texts for fault in faults_of(text)), *misspelled_in(*texts)] == []


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
    assert unknown_words(text) == unknown


def test_our_list_of_words_is_in_order_and_has_none_too_many() -> None:
    words = spelling.OURS.read_text(encoding="utf-8").split()
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
    assert faults_in(BeautifulSoup(html, "html.parser")) != []


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
    assert faults_in(BeautifulSoup(html, "html.parser")) == []
