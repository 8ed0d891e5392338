"""The words of the course: how they are written, linked at their first use, and found."""

import re

import pytest
from flask import Flask

from hfcourse.lessons import library
from hfcourse.lessons.markup import glossary
from hfcourse.lessons.markup.glossary import GlossaryTerm
from hfcourse.lessons.markup.markdown import RenderedLesson, render_lesson
from tests.support.clients import BrowserClient
from tests.support.lesson_parts import GLOSSARY_TOML
from tests.support.lessons import BODY_FIRST_LINE, FRONT_MATTER, CourseFolder, collect_lint_messages
from tests.support.plain_typography import untypeset


def terms(source: str = GLOSSARY_TOML) -> tuple[GlossaryTerm, ...]:
    return glossary.parse_glossary(source).terms


def lesson(body: str) -> RenderedLesson:
    return render_lesson(FRONT_MATTER + body, {}, {}, terms())


def links(rendered: RenderedLesson) -> list[str]:
    """The words that lead to the glossary, as the reader sees them."""
    return re.findall(r'<a [^>]*class="term"[^>]*>([^<]*)</a>', rendered.html)


class TestWriting:
    def test_words_come_in_the_order_of_the_alphabet_and_are_typeset(self) -> None:
        assert [(term.anchor, term.name) for term in terms()] == [
            ("api", "API"), ("front-end", "front-end"), ("jeton", "jeton"), ("point-d-acces", "point d’accès"),
        ]  # fmt: skip
        assert terms()[2].html == "Une clé\u00a0: <code>hf_</code>, secrète."
        assert terms()[2].text == "Une clé\u00a0: hf_, secrète."

    @pytest.mark.parametrize(
        ("source", "line", "what"),
        [
            ("[[term]\n", 1, "ce n'est pas du TOML : [[...]] n'est pas refermé"),
            (
                '[[term]]\nterm = "a"\n',
                1,
                "un champ de cette entrée manque, est mal écrit ou est inconnu (écrits : term).",
            ),
            (GLOSSARY_TOML.replace("lang", "langue"), 12, "un champ de cette entrée manque, est mal écrit"),
            (GLOSSARY_TOML.replace('"Une fonction."', "3"), 7, "un champ de cette entrée manque, est mal écrit"),
            (GLOSSARY_TOML.replace('["Access Token"]', '"Access Token"'), 1, "un champ de cette entrée manque"),
            (
                GLOSSARY_TOML.replace("Une fonction.", "- Une\\n- Deux"),
                7,
                "la définition de « point d'accès » n'est pas un seul",
            ),
            (GLOSSARY_TOML.replace('term = "API"', 'term = "Endpoint"'), 17, "« Endpoint » a déjà une entrée."),
        ],
    )
    def test_what_is_wrong_is_told_with_its_line(self, source: str, line: int, what: str) -> None:
        faults = glossary.parse_glossary(source).lint_errors
        assert any(fault.line == line and untypeset(fault.problem).startswith(what) for fault in faults), faults
        assert all(fault.advice for fault in faults)

    def test_no_glossary_is_none(self) -> None:
        assert glossary.parse_glossary("") == glossary.Glossary()


class TestMarking:
    def test_a_word_is_linked_once_where_it_is_first_used(self) -> None:
        rendered = lesson("Un jeton, puis un autre jeton.\n\nUn jeton encore.\n")
        assert links(rendered) == ["jeton"]
        assert '<a class="term" id="mot-jeton" href="/glossaire#jeton">jeton</a>, puis' in rendered.html
        assert [term.anchor for term in rendered.terms] == ["jeton"]

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("Deux jetons.", "jetons"),
            ("Jeton perdu.", "Jeton"),
            ("L'API.", "API"),
            ("Des points d'accès.", "points d’accès"),
            ("Du code *front-end*.", "front-end"),
            ("La page [Access Tokens]{lang=en}.", "Access Tokens"),
            ("| Le jeton | b |\n| --- | --- |\n| x | y |", "jeton"),
        ],
    )
    def test_however_it_is_written(self, text: str, word: str) -> None:
        assert links(lesson(text + "\n")) == [word]

    @pytest.mark.parametrize(
        "text",
        [
            "Du code : `jeton`.",
            "## Le jeton",
            "Un [jeton neuf](/lecons/un).",
            "Un jetonnier, un mini-jeton, un jeton-clé.",
            "Une apiculture.",
            "```text\njeton\n```",
            "::: quiz\nUn jeton ?\n\n- [x] Un jeton.\n  > Un jeton.\n- [ ] Non.\n  > Un jeton.\n:::",
        ],
    )
    def test_but_not_inside_another_word_code_a_heading_a_link_or_a_question(self, text: str) -> None:
        assert links(lesson(text + "\n")) == []

    def test_an_author_may_say_where(self) -> None:
        rendered = lesson("Un [secret](/glossaire#jeton), puis le jeton.\n")
        assert links(rendered) == ["secret"]
        assert [term.anchor for term in rendered.terms] == ["jeton"]
        assert rendered.links[0].line == BODY_FIRST_LINE

    def test_the_longest_form_wins(self) -> None:
        words = terms(GLOSSARY_TOML + '\n[[term]]\nterm = "clé d\'API"\ndefinition = "Un mot de passe."\n')
        assert links(render_lesson(FRONT_MATTER + "Une clé d'API, puis une API.\n", {}, {}, words)) == [
            "clé d’API",
            "API",
        ]


@pytest.fixture
def worded(course: CourseFolder) -> CourseFolder:
    (course.content / "glossary.toml").write_text(GLOSSARY_TOML, encoding="utf-8")
    course.write("31.md", "3.1", "un", "Un jeton.")
    return course


@pytest.mark.usefixtures("worded")
class TestPages:
    def test_each_word_has_an_entry_that_says_where_it_is_used(self, student: BrowserClient) -> None:
        entry = student.open_page("/glossaire").select_one("#jeton")
        assert entry is not None
        assert entry.select_one("dfn").get_text() == "jeton"  # type: ignore[union-attr]
        assert entry.select_one("dt [lang=en]").get_text() == "Access Token"  # type: ignore[union-attr]
        assert entry.select_one("a")["href"] == "/lecons/un#mot-jeton"  # type: ignore[index]
        assert student.open_page("/lecons/un").select("#mot-jeton")

    def test_a_lesson_has_the_definitions_of_its_words_and_no_other(self, student: BrowserClient) -> None:
        shown = student.open_page("/lecons/un").select("[popover]")
        assert [each["id"] for each in shown] == ["terme-jeton"]
        assert "Une clé\u00a0: hf_, secrète." in shown[0].get_text()

    def test_behind_a_proxy_the_links_keep_the_path_of_the_site(self, student: BrowserClient) -> None:
        page = student.client.get("/lecons/un", environ_overrides={"SCRIPT_NAME": "/cours"}).text
        assert 'href="/cours/glossaire#jeton"' in page
        assert 'href="/glossaire' not in page

    def test_an_edit_of_the_glossary_shows_in_the_lesson(self, student: BrowserClient, worded: CourseFolder) -> None:
        student.open_page("/lecons/un")
        (worded.content / "glossary.toml").write_text(GLOSSARY_TOML.replace("secrète", "à cacher"), encoding="utf-8")
        assert "à cacher" in student.open_page("/lecons/un").get_text()

    @pytest.mark.parametrize(("anchor", "is_dead"), [("jeton", False), ("jetton", True)])
    def test_a_reference_to_a_missing_word_is_a_dead_link(
        self, app: Flask, worded: CourseFolder, anchor: str, is_dead: bool
    ) -> None:
        worded.write("32.md", "3.2", "deux", f"Un [mot](/glossaire#{anchor}).")
        assert collect_lint_messages(app) == [f"32.md:15: le lien « /glossaire#{anchor} » est mort."] * is_dead

    def test_a_fault_of_the_glossary_is_told_with_its_file(self, app: Flask, worded: CourseFolder) -> None:
        (worded.content / "glossary.toml").write_text(GLOSSARY_TOML.replace('term = "API"', 'term = "Jeton"'))
        assert collect_lint_messages(app) == ["glossary.toml:17: « Jeton » a déjà une entrée."]


def test_a_course_without_a_glossary_has_an_empty_page(course: CourseFolder, student: BrowserClient):
    course.write("31.md", "3.1", "un", "Un jeton.")
    assert "Aucun mot" in student.open_page("/glossaire").get_text()


def test_the_real_glossary_has_the_words_of_the_course_and_each_is_used(app: Flask):
    with app.app_context():
        words = library.get_terms()
        used = {term.anchor for lesson in library.get_lessons() for term in lesson.terms}
    assert len(words) >= 35
    assert {"jeton", "space", "api", "point-d-acces", "quota", "variable-d-environnement"} <= used
    assert all(20 < len(term.text) < 300 for term in words)
