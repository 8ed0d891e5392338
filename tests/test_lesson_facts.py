"""Facts: how they are written, cited, listed in the sources of a lesson, and found due."""

from datetime import date
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.lessons import library
from hfcourse.lessons.markup.markdown import RenderedLesson, render_lesson
from hfcourse.lessons.reference.facts import FACT_EXAMPLES, find_due_facts, read_facts
from hfcourse.web import template_globals
from tests.support.clients import BrowserClient
from tests.support.lessons import BODY_FIRST_LINE, FRONT_MATTER, CourseFolder, collect_lint_messages, list_lint_messages
from tests.support.plain_typography import untypeset

NOT_TOML = "ce n'est pas du TOML : [...] n'est pas refermé par un crochet, à la colonne 9."
CREDITS = "[credits]\n" + "\n".join(FACT_EXAMPLES.values()) + "\n"
AGE = """[age-minimal]
statement = "Il faut au moins *treize* ans."
source = "https://huggingface.co/terms-of-service"
title = "Terms of Service : âge"
read = 2026-11-01
read_again = 2027-05-01
seen = "run"
"""
BOTH = f"{CREDITS}\n{AGE}"
CITED = "Il faut [treize ans]{fait=age-minimal}, et [de l'argent]{fait=credits} ; [treize]{fait=age-minimal}.\n"


def cite(body: str) -> RenderedLesson:
    return render_lesson(FRONT_MATTER + body, {}, {}, (), read_facts(BOTH).facts)


class TestReading:
    def test_facts_are_read_in_order_with_their_line(self) -> None:
        found = read_facts(BOTH)
        assert found.lint_errors == ()
        assert [(fact.id, fact.line) for fact in found.facts] == [("credits", 1), ("age-minimal", 9)]

    @pytest.mark.parametrize(
        ("before", "after", "fault"),
        [
            ("read = 2026-08-22\n", "", "1: le champ « read » manque au fait « credits »."),
            ("read = 2026-08-22", 'read = "août"', "1: le champ « read » du fait « credits » est mal écrit."),
            (
                "read = 2026-08-22",
                "read = 2026-08-22T10:00:00",
                "1: le champ « read » du fait « credits » est mal écrit.",
            ),
            ("read_again = 2026-12-22\n", "", "1: le champ « read_again » manque au fait « credits »."),
            ("2026-12-22", "2026-08-21", "1: le fait « credits » serait à relire avant d'avoir été lu."),
            ("https://", "http://", "1: le champ « source » du fait « credits » est mal écrit."),
            ("https://", "javascript:", "1: le champ « source » du fait « credits » est mal écrit."),
            ('"copy"', '"memory"', "1: le champ « seen » du fait « credits » est mal écrit."),
            ('"copy"', "[]", "1: le champ « seen » du fait « credits » est mal écrit."),
            ("seen = ", "auteur = 1\nseen = ", "1: le fait « credits » a un champ inconnu, « auteur »."),
            ("[credits]", '["Crédits"]', "1: « Crédits » n'est pas un id de fait."),
            ("[credits]", "autre = 1\n[credits]", "1: « autre » n'est pas une section."),
            (
                "[credits]",
                "[credits",
                f"1: {NOT_TOML}",
            ),
        ],
    )
    def test_a_mistake_is_reported_with_its_line(self, before: str, after: str, fault: str) -> None:
        assert before in CREDITS
        found = read_facts(CREDITS.replace(before, after, 1))
        assert fault in [f"{each.line}: {untypeset(each.problem)}" for each in found.lint_errors]
        assert all(each.advice for each in found.lint_errors)

    @given(
        st.dictionaries(
            st.text(max_size=8), st.dictionaries(st.sampled_from(list(FACT_EXAMPLES)), st.text(max_size=8) | st.dates())
        )
    )
    def test_no_entry_breaks_the_reading(self, entries: dict[str, dict[str, object]]) -> None:
        def quoted(value: object) -> str:
            return value.isoformat() if isinstance(value, date) else f"'{clean(str(value))}'"

        def clean(text: str) -> str:
            return "".join(letter for letter in text if letter.isprintable() and letter not in "'\"\\")

        named = {f"{number}{clean(name)}": entry for number, (name, entry) in enumerate(entries.items())}
        found = read_facts(
            "".join(
                f'["{name}"]\n' + "".join(f"{field} = {quoted(value)}\n" for field, value in entry.items())
                for name, entry in named.items()
            )
        )
        good = {fact.id for fact in found.facts}
        assert all(
            name in good or any(f"«\u00a0{name}\u00a0»" in fault.problem for fault in found.lint_errors)
            for name in named
        )


class TestCiting:
    def test_words_are_marked_with_a_number_that_leads_to_the_sources(self) -> None:
        rendered = cite(CITED)
        assert list_lint_messages(rendered) == []
        page = BeautifulSoup(rendered.html, "html.parser")
        assert [each.get_text() for each in page.select(".fact")] == ["treize ans", "de l’argent", "treize"]
        assert [(each.get_text(), each["href"]) for each in page.select(".cite a")] == [
            ("1", "#fait-age-minimal"), ("2", "#fait-credits"), ("1", "#fait-age-minimal"),
        ]  # fmt: skip
        assert len(page.select("[id=cite-age-minimal]")) == 1

    def test_sources_say_where_and_when_a_fact_was_read(self) -> None:
        page = BeautifulSoup(cite(CITED).html, "html.parser")
        lines = page.select("#sources + .facts li")
        assert [each["id"] for each in lines] == ["fait-age-minimal", "fait-credits"]
        assert (
            "Il faut au moins treize ans. Terms of Service\u00a0: âge, essayé le 1ᵉʳ novembre 2026"
            in lines[0].get_text()
        )
        assert "lu le 22 août 2026 dans une copie enregistrée" in lines[1].get_text()
        assert [each["href"] for each in lines[0]("a")] == [
            "https://huggingface.co/terms-of-service", "#cite-age-minimal",
        ]  # fmt: skip

    def test_hand_written_sources_follow_the_list(self) -> None:
        rendered = cite(f"{CITED}\n## Sources\n\nUn livre.\n")
        page = BeautifulSoup(rendered.html, "html.parser")
        assert page.select_one("#sources + .facts + p")
        assert [section.title for section in rendered.sections] == ["À retenir", "Sources"]

    def test_a_lesson_without_facts_has_no_list(self) -> None:
        assert "facts" not in cite("Rien.\n").html

    def test_key_points_and_objectives_may_cite(self) -> None:
        source = FRONT_MATTER.replace('"Deux."', '"[Deux]{fait=credits}."')
        rendered = render_lesson(source, {}, {}, (), read_facts(BOTH).facts)
        assert list_lint_messages(rendered) == []
        assert [fact.id for fact in rendered.facts] == ["credits"]

    @pytest.mark.parametrize(
        ("words", "mend"),
        [("{fait=credit}", "Vouliez-vous écrire « credits » ?"), ("{fait=zzz}", "Écrivez-le dans facts.toml.")],
    )
    def test_an_unknown_fact_is_a_fault_and_its_words_stay(self, words: str, mend: str) -> None:
        rendered = cite(f"Des [mots]{words} ici.\n")
        assert list_lint_messages(rendered)[0].startswith(f"{BODY_FIRST_LINE}: le fait « ")
        assert untypeset(rendered.lint_errors[0].advice) == mend
        assert "mots" in rendered.html

    def test_what_a_fact_says_is_text(self) -> None:
        facts = read_facts(AGE.replace("*treize*", "<b>x</b>").replace("Terms", "<i>Terms")).facts
        html = render_lesson(FRONT_MATTER + "[x]{fait=age-minimal}\n", {}, {}, (), facts).html
        assert "<b>" not in html
        assert "<i>" not in html


class TestDue:
    def test_a_fact_is_due_after_its_day(self) -> None:
        facts = read_facts(BOTH).facts
        assert find_due_facts(facts, date(2026, 12, 22)) == []
        assert [fact.id for fact in find_due_facts(facts, date(2026, 12, 23))] == ["credits"]
        assert [fact.id for fact in find_due_facts(facts, date(2028, 1, 1))] == ["credits", "age-minimal"]

    def test_check_warns_of_what_is_due_and_passes(
        self,
        app: Flask,
        course: CourseFolder,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (course.content / "facts.toml").write_text(CREDITS, encoding="utf-8")
        course.write("31.md", "3.1", "un", "Un [chapeau]{fait=credits}.")
        monkeypatch.setattr(template_globals, "get_today", lambda: date(2027, 1, 1))
        with app.app_context():
            result = app.test_cli_runner().invoke(args=["check"])
        assert result.exit_code == 0, result.output
        assert "À relire depuis le 22 décembre 2026 : le fait « credits », https://huggingface.co/docs/" in untypeset(
            result.output
        )

    def test_an_unused_fact_and_a_mistake_are_faults_of_the_course(self, app: Flask, course: CourseFolder) -> None:
        path = course.content / "facts.toml"
        path.write_text(f"{BOTH}\n[trop]\n", encoding="utf-8")
        course.write("31.md", "3.1", "un", "Un [chapeau]{fait=credits}.")
        found = collect_lint_messages(app)
        assert "facts.toml:9: aucune leçon ne cite le fait « age-minimal »." in found
        assert "facts.toml:17: le champ « statement » manque au fait « trop »." in found

    def test_an_edited_fact_shows_at_the_next_reading(self, course: CourseFolder) -> None:
        path = course.content / "facts.toml"
        path.write_text(CREDITS, encoding="utf-8")
        course.write("31.md", "3.1", "un", "Un [chapeau]{fait=credits}.")
        assert "Pricing and billing" in course.library.get_lessons()[0].html
        path.write_text(CREDITS.replace("Pricing and billing", "Tarifs"), encoding="utf-8")
        assert "Tarifs" in course.library.get_lessons()[0].html


def test_real_facts_are_kept_in_toml(app: Flask) -> None:
    with app.app_context():
        library.get_lessons()
        assert Path(library.CONTENT_FOLDER / library.FACTS_FILE).is_file() == bool(
            app.extensions["lessons"].fact_file.facts
        )


def test_a_citation_in_the_course_on_one_page_stays_in_its_lesson(student: BrowserClient, course: CourseFolder) -> None:
    (course.content / "facts.toml").write_text(CREDITS, encoding="utf-8")
    course.write("31.md", "3.1", "un", "Un [chapeau]{fait=credits}.")
    page = student.open_page("/imprimer")
    (link,) = page.select(".cite a")
    assert link["href"] == "#un-fait-credits"
    assert page.find(id="un-fait-credits")
