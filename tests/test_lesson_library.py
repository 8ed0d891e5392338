"""The library of lessons: order, cache, and the faults that only all the lessons together can show."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from hfcourse.lessons import content_checks, library
from hfcourse.lessons.lesson_files import render_cached_lesson
from tests.support.lessons import LESSON_TEMPLATE, CourseFolder, collect_lint_messages
from tests.support.plain_typography import untypeset

WAIT_TIMEOUT_SECONDS = 30


def test_lessons_come_in_the_order_of_their_numbers(course: CourseFolder):
    for number in ("3.10", "3.2", "3.1"):
        course.write(f"{number}.md", number, number.replace(".", "-"))
    assert [lesson.number for lesson in course.library.get_lessons()] == ["3.1", "3.2", "3.10"]


def test_a_lesson_knows_its_neighbours(app: Flask, course: CourseFolder):
    for number in ("3.1", "3.2", "3.3"):
        course.write(f"{number}.md", number, number.replace(".", "-"))
    with app.app_context():
        first, second, third = library.get_lessons()
        assert library.get_neighbours(first) == (None, second)
        assert library.get_neighbours(second) == (first, third)
        assert library.get_neighbours(third) == (second, None)


def test_an_edit_shows_at_the_next_reading(course: CourseFolder):
    path = course.write("31.md", "3.1", "un")
    assert "Un chapeau." in course.library.get_lessons()[0].html
    course.write("31.md", "3.1", "un", "Un autre.")
    os.utime(path, ns=(1, 1))
    assert "Un autre." in course.library.get_lessons()[0].html


def test_nothing_is_rendered_again_while_no_content_changes(course: CourseFolder):
    path = course.write("31.md", "3.1", "un")
    first = course.library.get_lessons()
    assert course.library.get_lessons() is first
    before = render_cached_lesson.cache_info().misses
    os.utime(path, ns=(1, 1))
    assert course.library.get_lessons() is not first
    assert render_cached_lesson.cache_info().misses == before


def test_an_edited_figure_shows(course: CourseFolder):
    course.write("31.md", "3.1", "un", "Un chapeau.\n\n::: figure A.svg\nUne figure.\n:::")
    (course.figures / "A.svg").write_text("<svg><title>Avant</title></svg>")
    assert "Avant" in course.library.get_lessons()[0].html
    (course.figures / "A.svg").write_text("<svg><title>Ensuite</title></svg>")
    assert "Ensuite" in course.library.get_lessons()[0].html


def test_an_edited_file_shows_where_a_lesson_includes_it(app: Flask, course: CourseFolder):
    course.write("31.md", "3.1", "un", "Un chapeau.\n\n```python essai/app.py\n```")
    assert collect_lint_messages(app) == ["31.md:17: le fichier « essai/app.py » est introuvable."]
    (course.content / "essai" / "templates").mkdir(parents=True)
    (course.content / "essai" / "app.py").write_text("avant = 1\n")
    (course.content / "essai" / "templates" / "page.html").write_text("<p>")
    (course.content / "essai" / "app.pyc").write_bytes(b"\xff")
    assert "avant" in course.library.get_lessons()[0].html
    (course.content / "essai" / "app.py").write_text("ensuite = 1\n")
    assert "ensuite" in course.library.get_lessons()[0].html
    assert [name for name, _ in course.library.listing_texts] == ["essai/app.py", "essai/templates/page.html"]


def test_a_lesson_without_a_slug_is_served_under_the_name_of_its_file(course: CourseFolder):
    (course.content / "31-brouillon.md").write_text("Bonjour.\n")
    assert course.library.get_lessons()[0].slug == "31-brouillon"


def test_a_file_that_is_not_utf8_is_a_fault_and_not_an_exception(app: Flask, course: CourseFolder):
    course.write("31.md", "3.1", "un").write_bytes(
        LESSON_TEMPLATE.format(number="3.1", slug="un", title="Leçon", body="Été.").encode("latin-1")
    )
    assert any("un caractère est illisible." in fault for fault in collect_lint_messages(app))


@pytest.mark.parametrize(
    "address", ["/lecons/deux", "/lecons/deux#ici", "#la", "/lecons/", "/espaces/", "/", "/lecons/deux?x=1", "/lecons"]
)
def test_a_living_link_is_no_fault(app: Flask, course: CourseFolder, address: str):
    course.write("31.md", "3.1", "un", f"Un [lien]({address}).\n\n## Là")
    course.write("32.md", "3.2", "deux", "Un chapeau.\n\n## Ici")
    assert collect_lint_messages(app) == []


@pytest.mark.parametrize(
    "address", ["/lecons/trois", "/lecons/deux#nulle-part", "#nulle-part", "/nulle-part", "/essais/a/arreter"]
)
def test_a_dead_link_is_told_with_its_line(app: Flask, course: CourseFolder, address: str):
    course.write("31.md", "3.1", "un", f"Un chapeau.\n\nUn mot,\nun [lien]({address}).")
    course.write("32.md", "3.2", "deux", "Un chapeau.\n\n## Ici")
    assert collect_lint_messages(app) == [f"31.md:18: le lien « {address} » est mort."]


def test_two_lessons_may_not_share_a_slug_or_a_number(app: Flask, course: CourseFolder):
    course.write("31.md", "3.1", "un")
    course.write("32.md", "3.1", "un")
    assert [fault.split(" est aussi")[0] for fault in collect_lint_messages(app)] == [
        "32.md:1: le numéro (number)", "32.md:1: le slug",
    ]  # fmt: skip


def test_a_fault_says_where_what_and_how_to_mend(app: Flask, course: CourseFolder):
    path = course.write("31.md", "3.1", "un", "Un chapeau.\n\n::: astuce\nUn détail.\n:::")
    with app.app_context():
        (fault,) = content_checks.collect_lint_errors()
    assert str(fault) == (
        f"{path}:17: le bloc «\u00a0::: astuce\u00a0» est inconnu. "
        "Les noms sont note, attention, edition, enseignant, figure, onglets, essayez, et-si, telecharger, quiz, "
        "ordre, exercice, solution, checklist."
    )


def test_the_command_fails_on_a_broken_lesson_and_names_the_file_and_the_line(app: Flask, course: CourseFolder):
    course.write("31.md", "3.1", "un", "Un [lien](/nulle-part).")
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["check"])
    assert result.exit_code == 1
    assert "31.md:15: le lien « /nulle-part » est mort." in untypeset(result.output)


def test_the_real_lessons_have_no_fault(app: Flask):
    with app.app_context():
        faults = content_checks.collect_lint_errors()
    assert not faults, "\n" + "\n".join(map(str, faults))


def test_the_real_course_has_its_lessons_in_order(app: Flask):
    with app.app_context():
        assert [lesson.slug for lesson in library.get_lessons()][:4] == [
            "3-1-presentation", "3-2-compte-et-jeton", "3-3-tester-un-space", "3-4-mini-chatbot",
        ]  # fmt: skip


def test_visitors_who_come_together_load_the_lessons_once(course: CourseFolder, monkeypatch: pytest.MonkeyPatch):
    course.write("31.md", "3.1", "un")
    loads, is_loading, may_go_on = [], threading.Event(), threading.Event()
    load_lessons = course.library.load_lessons

    def load_slowly():
        loads.append(threading.current_thread())
        is_loading.set()
        assert may_go_on.wait(WAIT_TIMEOUT_SECONDS)
        return load_lessons()

    monkeypatch.setattr(course.library, "load_lessons", load_slowly)
    with ThreadPoolExecutor(8) as visitors:
        first = visitors.submit(course.library.get_lessons)
        assert is_loading.wait(WAIT_TIMEOUT_SECONDS)
        others = [visitors.submit(course.library.get_lessons) for _ in range(7)]
        assert not any(each.done() for each in others)
        may_go_on.set()
        assert [each.result(WAIT_TIMEOUT_SECONDS) for each in others] == [first.result(WAIT_TIMEOUT_SECONDS)] * 7
    assert len(loads) == 1
