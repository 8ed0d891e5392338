"""Search in the lessons and the glossary: what is found, what is shown, and that no question breaks it."""

import os

import pytest
from flask import Flask

from hfcourse.lessons import search
from hfcourse.lessons.reference.spelling import Vocabulary
from hfcourse.lessons.search import TextExtractor
from tests.support.clients import BrowserClient
from tests.support.cpu_time import measure_cpu_seconds
from tests.support.lesson_parts import CHECKLIST, GLOSSARY_TOML, SINGLE_CHOICE_QUIZ
from tests.support.lessons import CourseFolder

SEARCH_SECONDS = 0.010
BODY = f"""Une œuvre du début.

## Créer une clé

L'**été**, on crée des clés : vite ! <b>

```python
api_name="/predict"
```

## Ailleurs

Du texte d'été, encore.

{SINGLE_CHOICE_QUIZ}
{CHECKLIST}"""
NASTY = (
    "", " ", "*", '"', '""', '"a', "'", "a'b", "AND", "OR", "NOT", "NEAR(", "a AND", "a NEAR/2 b", "title:a", "a*b*",
    "(", ")", "a)(b", "^a", "-a", "+", "{title}: a", "%", "_", "\\", ";", "DROP TABLE passages", "\0", "a\0b", "\x02",
    "\ud800", "\u0301", "é" * 500, "mot " * 300, "🔍", "漢字", "ß", "ﬁ", "Ⅷ", "½", "ª", "a\u200bb", "<script>", "&amp;",
)  # fmt: skip


@pytest.fixture
def written(course: CourseFolder) -> CourseFolder:
    course.write("31.md", "3.1", "un", BODY)
    (course.content / "glossary.toml").write_text(GLOSSARY_TOML, encoding="utf-8")
    return course


def found(app: Flask, typed: str) -> list[str]:
    """The addresses found, the best first."""
    with app.app_context():
        return [result.address for result in search.search_course(typed).results]


def test_a_text_has_its_words_and_no_button_or_drawing():
    html = (
        "<p>L’<strong>eau</strong> : «\u00a0oui\u00a0»</p><svg><title>Non</title></svg><button>Non</button><p>Fin</p>"
    )
    assert TextExtractor(html).plain_text == "L’eau : «\u00a0oui\u00a0» Fin"


@pytest.mark.usefixtures("written")
class TestFinding:
    @pytest.mark.parametrize("typed", ["clé", "CLÉ", "cle", "Clés", "cre", "créer une clé", "d'une cle", "l’clé"])
    def test_accents_case_and_plural_make_no_difference(self, app: Flask, typed: str) -> None:
        assert found(app, typed)[0] == "/lecons/un#creer-une-cle"

    @pytest.mark.parametrize("typed", ["œuvre", "oeuvre", "OEUVRE"])
    def test_nor_does_the_way_to_write_oe(self, app: Flask, typed: str) -> None:
        assert found(app, typed) == ["/lecons/un"]

    def test_all_words_are_wanted_before_some(self, app: Flask) -> None:
        assert found(app, "été encore") == ["/lecons/un#ailleurs"]
        assert set(found(app, "clé zzzz")) == {"/lecons/un#creer-une-cle", "/glossaire#jeton"}

    def test_a_word_in_a_title_counts_for_more(self, app: Flask) -> None:
        assert found(app, "ailleurs")[0] == "/lecons/un#ailleurs"

    def test_code_is_searched(self, app: Flask) -> None:
        assert found(app, "api_name predict") == ["/lecons/un#creer-une-cle"]

    @pytest.mark.parametrize("typed", ["jeton", "Access Token", "access"])
    def test_a_word_of_the_glossary_is_found_by_each_of_its_names(self, app: Flask, typed: str) -> None:
        assert found(app, typed) == ["/glossaire#jeton"]

    def test_questions_do_not_give_their_answers_away(self, app: Flask) -> None:
        assert found(app, "serveur") == []
        assert found(app, "licence") == []

    def test_what_is_found_is_marked_and_the_rest_is_text(self, app: Flask) -> None:
        with app.app_context():
            (result,) = search.search_course("crée vite").results
        assert "on <mark>crée</mark> des clés\u00a0: <mark>vite</mark>\u202f! &lt;b&gt;" in result.passage
        assert result.title == "<mark>Créer</mark> une clé"
        assert result.place == "Leçon 3.1"

    def test_an_edit_is_found(self, app: Flask, written: CourseFolder) -> None:
        assert found(app, "nouveauté") == []
        os.utime(written.write("31.md", "3.1", "un", "Une nouveauté."), ns=(1, 1))
        assert found(app, "nouveauté") == ["/lecons/un"]

    @pytest.mark.parametrize("typed", NASTY)
    def test_nothing_that_is_typed_breaks_it(self, app: Flask, typed: str) -> None:
        with app.app_context():
            assert isinstance(search.search_course(typed).results, list)

    @pytest.mark.parametrize("typed", [typed for typed in NASTY if typed != "\ud800"])
    def test_nor_the_page(self, student: BrowserClient, typed: str) -> None:
        response = student.client.get("/recherche", query_string={"q": typed})
        assert response.status_code == 200
        assert b"<script>" not in response.data.replace(b"</script>", b"")


class TestPage:
    def test_without_a_question_there_is_a_box_and_no_result(self, student: BrowserClient) -> None:
        page = student.open_page("/recherche")
        assert page.select("form[role=search] input[name=q][autofocus]")
        assert not page.select("[role=status]")

    def test_results_lead_to_the_passages(self, student: BrowserClient) -> None:
        page = student.open_page("/recherche?q=jeton")
        assert page.select_one("input[name=q]")["value"] == "jeton"  # type: ignore[index]
        assert page.select(".results mark")
        for link in page.select(".results a"):
            path, _, anchor = str(link["href"]).partition("#")
            target = student.open_page(path)
            assert not anchor or target.select(f"[id='{anchor}']"), link["href"]

    def test_nothing_found_says_what_to_do(self, student: BrowserClient) -> None:
        assert "Essayez un mot plus court" in student.open_page("/recherche?q=zzzz").get_text()

    def test_what_is_searched_is_kept_nowhere(self, student: BrowserClient) -> None:
        response = student.client.get("/recherche?q=jeton")
        assert "Set-Cookie" not in response.headers

    def test_behind_a_proxy_the_links_keep_the_path_of_the_site(self, student: BrowserClient) -> None:
        page = student.client.get("/recherche?q=jeton", environ_overrides={"SCRIPT_NAME": "/cours"}).text
        assert 'href="/cours/lecons/' in page
        assert 'href="/lecons/' not in page

    def test_every_page_has_a_way_to_it(self, student: BrowserClient) -> None:
        assert student.open_page("/espaces/").select("header a[href='/recherche'][aria-keyshortcuts='/']")


def test_a_search_takes_less_than_ten_milliseconds(app: Flask):
    typed = ("jeton", "clé d'API", "comment créer un compte", "a", "Space endormi quota", "e de la un des")
    with app.app_context():
        search.search_course("premier")  # which makes the index
        assert (
            measure_cpu_seconds(lambda: [search.search_course(each) for each in typed * 10]) / (10 * len(typed))
            < SEARCH_SECONDS
        )


MISSPELT = {
    "jetton": "jeton", "bibliotheqe": "bibliothèque", "huging face": "hugging face", "inferance": "inférence",
    "modelle": "modèle", "bibliotèque": "bibliothèque", "authentifcation": "authentification", "gradoi": "gradio",
}  # fmt: skip


@pytest.mark.parametrize("typed", MISSPELT)
def test_a_misspelt_word_is_searched_for_as_the_course_writes_it(student: BrowserClient, typed: str):
    page = student.open_page(f"/recherche?q={typed}")
    note, _ = page.select("[role=status]")
    assert f"Le cours n’a pas « {typed}" in note.get_text().replace("\u00a0", " ")
    assert note.select_one("a").get_text().lower() == MISSPELT[typed]
    assert page.select(".results li mark")


@pytest.mark.parametrize(
    "typed", ["jeton", "jetons", "API", "jet", "hf.space", "le token de l’élève", "CLÉ", "Xyzzyqwk"]
)
def test_a_word_of_the_course_and_one_that_resembles_none_are_left_alone(app: Flask, typed: str):
    with app.app_context():
        assert search.search_course(typed).corrected == ""


def test_only_the_unknown_words_are_replaced():
    vocabulary = Vocabulary(["Créer une clé", "créer un jeton", "Un espace"])
    assert vocabulary.correct_spelling("crer, une  jetton !") == "créer, une  jeton !"
    assert vocabulary.correct_spelling("xqzt jetton") == "xqzt jeton"
    assert vocabulary.correct_spelling("crée") == ""
    assert vocabulary.correct_spelling("a" * 41) == ""
    assert Vocabulary([]).correct_spelling("jetton") == ""


def test_a_long_question_of_unknown_words_costs_little(app: Flask):
    with app.app_context():
        search.search_course("premier")
        assert measure_cpu_seconds(lambda: search.search_course("zqxjwk " * 300)) < 5 * SEARCH_SECONDS
