"""How far a visitor has come: on the front page, at the end of a lesson, forgotten with one button."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import func, select
from time_machine import Traveller

from hfcourse import database
from hfcourse.lessons.exercises import progress
from hfcourse.lessons.exercises import progress_store as marks_kept
from hfcourse.lessons.exercises.progress_store import ProgressRecord
from hfcourse.limits.rate_limits import KeyedTokenBuckets
from tests.support.clients import BrowserClient
from tests.support.form_parsing import list_error_codes, parse_page
from tests.support.french_typography import find_page_typography_faults
from tests.support.lesson_parts import (
    CHECKLIST,
    LESSON_PATH,
    MULTIPLE_CHOICE_QUIZ,
    SINGLE_CHOICE_QUIZ,
    load_progress_records,
    submit_checklist,
    submit_quiz_answer,
)
from tests.support.lessons import CourseFolder, render_lesson_body

BODY = f"Un chapeau.\n\n{SINGLE_CHOICE_QUIZ}\n{MULTIPLE_CHOICE_QUIZ}\n{CHECKLIST}"


@pytest.fixture(autouse=True)
def two(course: CourseFolder) -> CourseFolder:
    """Two lessons with two questions and two lines to tick each."""
    course.write("31.md", "3.1", "un", BODY)
    course.write("32.md", "3.2", "deux", BODY)
    return course


def say_read(student: BrowserClient, how: str = "oui", address: str = LESSON_PATH) -> str:
    sent = student.client.post(address, data={"lue": how})
    assert sent.status_code == 303
    return sent.headers["Location"]


def states(page: BeautifulSoup) -> list[str]:
    return [each.get_text(" ", strip=True) for each in page.select(".syllabus .lesson-progress")]


def test_progress_counts_what_is_read_passed_and_ticked():
    parts = render_lesson_body(BODY).parts
    keys = [part.key for part in parts if isinstance(part, progress.Quiz)]
    assert progress.compute_progress(parts, {}) == progress.LessonProgress(False, 0, 2, 0, 2)
    some = progress.compute_progress(parts, {"lue": "1", keys[0]: "a", keys[1]: "ac"})
    assert (some.is_read, some.passed, some.done, some.total) == (True, 1, 2, 5)


def test_somebody_new_is_told_the_length_of_the_lessons_and_has_nothing_to_forget(student: BrowserClient):
    page = student.open_page("/")
    assert states(page) == ["1 section, 6\u00a0min"] * 2
    assert "Commencer la leçon 3.1" in page.get_text()
    assert "Oublier" not in page.get_text()


def test_the_front_page_shows_what_was_done_and_what_comes_next(student: BrowserClient):
    submit_quiz_answer(student, 1, "b")
    submit_checklist(student, 1)
    page = student.open_page("/")
    assert states(page)[0] == "À lire 1 question sur 2 1 coche sur 2"
    assert len(page.select(".syllabus .progress-strokes .done")) == 2
    assert "Continuer par la leçon 3.1" in page.get_text()
    say_read(student)
    page = student.open_page("/")
    assert states(page)[0].startswith("Lue")
    assert "Continuer par la leçon 3.2" in page.get_text()


def test_a_lesson_is_finished_when_all_of_it_is_done(student: BrowserClient):
    submit_quiz_answer(student, 1, "b")
    submit_quiz_answer(student, 2, "a", "c")
    submit_checklist(student, 0, 1)
    say_read(student)
    assert states(student.open_page("/"))[0] == "Terminée"


def test_when_all_is_read_nothing_comes_next(student: BrowserClient):
    say_read(student)
    say_read(student, address="/lecons/deux")
    assert "Continuer" not in student.open_page("/").get_text()


def test_a_lesson_is_read_when_its_reader_says_so_and_until_they_say_no(student: BrowserClient):
    assert student.open_page(LESSON_PATH).select("#lue [value=oui]")
    assert say_read(student) == f"{LESSON_PATH}#lue"
    page = student.open_page(LESSON_PATH)
    assert "Leçon lue" in page.get_text()
    assert page.select("#lue [value=non]")
    say_read(student, "non")
    assert "Leçon lue" not in student.open_page(LESSON_PATH).get_text()


def test_nobody_else_sees_it(student: BrowserClient, stranger: BrowserClient):
    say_read(student)
    assert "Leçon lue" not in stranger.open_page(LESSON_PATH).get_text()
    assert states(stranger.open_page("/")) == ["1 section, 6\u00a0min"] * 2


def test_all_is_forgotten_with_one_button_and_nothing_of_others(
    student: BrowserClient, stranger: BrowserClient, app: Flask
):
    submit_quiz_answer(student, 1, "b")
    submit_checklist(student, 1)
    say_read(student)
    say_read(stranger)
    form = student.open_page("/").select_one("form[action='/lecons/oublier']")
    assert form is not None
    sent = student.client.post(str(form["action"]))
    assert (sent.status_code, sent.headers["Location"]) == (303, "/#cours")
    assert "Oublier" not in student.open_page("/").get_text()
    assert len(load_progress_records(app)) == 1
    assert "Leçon lue" in stranger.open_page(LESSON_PATH).get_text()


def test_somebody_unknown_has_nothing_to_forget(student: BrowserClient):
    sent = student.client.post("/lecons/oublier")
    assert sent.status_code == 303
    assert "Set-Cookie" not in sent.headers


def test_another_site_cannot_make_it_be_forgotten(student: BrowserClient, app: Flask):
    say_read(student)
    sent = student.client.post("/lecons/oublier", headers={"Origin": "https://ailleurs.example"})
    assert (sent.status_code, list_error_codes(parse_page(sent))) == (400, ["400"])
    assert len(load_progress_records(app)) == 1


def test_the_privacy_page_tells_what_is_kept_and_how_to_have_it_forgotten(student: BrowserClient):
    page = student.open_page("/confidentialite").get_text(" ", strip=True)
    assert "les leçons que vous dites avoir lues" in page
    assert "Oublier ma progression" in page


# Whoever never comes back


def rows(app: Flask) -> int:
    with app.app_context(), database.read_session() as session:
        return session.scalar(select(func.count()).select_from(ProgressRecord)) or 0


def read_by(app: Flask, **client: str) -> int:
    """Somebody without a cookie says that a lesson is read."""
    return app.test_client().post(LESSON_PATH, data={"lue": "oui"}, environ_base=client).status_code


@pytest.mark.usefixtures("course")
def test_marks_of_who_never_comes_back_go_after_a_day(app: Flask, wall_clock: Traveller) -> None:
    assert {read_by(app) for _ in range(20)} == {303}
    assert rows(app) == 20
    wall_clock.shift(timedelta(hours=25))
    with app.app_context():
        marks_kept.delete_expired_progress()
    assert rows(app) == 0


@pytest.mark.usefixtures("course")
def test_marks_of_who_comes_back_after_ten_minutes_are_kept(app: Flask, wall_clock: Traveller) -> None:
    student = BrowserClient(app.test_client())
    student.client.post(LESSON_PATH, data={"lue": "oui"})
    student.open_page(LESSON_PATH)
    with app.app_context():
        with database.read_session() as session:
            assert session.scalar(select(ProgressRecord.is_confirmed)) is False, "the same visit"
        wall_clock.shift(timedelta(minutes=11))
        student.open_page(LESSON_PATH)
        wall_clock.shift(timedelta(days=80))
        marks_kept.delete_expired_progress()
    assert rows(app) == 1


@pytest.mark.usefixtures("course")
def test_first_marks_of_one_address_are_limited_and_those_of_another_are_not(app: Flask) -> None:
    app.extensions["new_visitors"] = KeyedTokenBuckets(5, refill_seconds=5_000)
    statuses = [read_by(app, REMOTE_ADDR=f"2001:db8::{n}") for n in range(8)]
    assert statuses == [303] * 5 + [429] * 3
    assert rows(app) == 5
    assert read_by(app, REMOTE_ADDR="2001:db8:1::1") == 303
    refused = app.test_client().post(LESSON_PATH, data={"lue": "oui"}, environ_base={"REMOTE_ADDR": "2001:db8::9"})
    assert "Attendez une minute" in refused.get_data(as_text=True)
    assert find_page_typography_faults(parse_page(refused)) == []


@pytest.mark.usefixtures("course")
def test_a_known_visitor_is_not_limited(app: Flask) -> None:
    app.extensions["new_visitors"] = KeyedTokenBuckets(1, refill_seconds=1_000)
    student = BrowserClient(app.test_client())
    for said in ("oui", "non", "oui"):
        assert student.client.post(LESSON_PATH, data={"lue": said}).status_code == 303


def test_the_daily_pruning_deletes_old_marks_too(app: Flask) -> None:
    assert marks_kept.delete_expired_progress in app.extensions["daily_chores"]
