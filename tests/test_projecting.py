"""A lesson for a room: cut into its sections, nothing lost, nothing kept of what is answered."""

from itertools import accumulate

import pytest
from flask import Flask

from hfcourse import instructors
from hfcourse.lessons import library
from hfcourse.lessons.markup.instructor_notes import INSTRUCTOR_KEY, InstructorNote
from hfcourse.lessons.slides import split_slides
from hfcourse.lessons.speaker_notes import group_notes_by_section
from tests.support.clients import BrowserClient

LESSONS = ("3-1-presentation", "3-2-compte-et-jeton", "3-3-tester-un-space", "3-4-mini-chatbot")


@pytest.mark.parametrize("slug", LESSONS)
def test_the_sections_together_are_the_lesson(app: Flask, slug: str) -> None:
    with app.app_context():
        lesson = library.get_lesson(slug)
    assert lesson is not None
    slides = split_slides(lesson)
    assert "".join(slide.html for slide in slides) == str(lesson.html).replace(' method="post"', "")
    assert [slide.heading for slide in slides] == ["", *(section.anchor for section in lesson.sections)]
    for slide in slides[1:]:
        assert slide.html.startswith(f'<h2 id="{slide.heading}"')


@pytest.mark.parametrize("slug", LESSONS)
def test_every_section_has_a_name_and_leads_to_its_neighbours(student: BrowserClient, slug: str) -> None:
    page = student.open_page(f"/lecons/{slug}/projeter")
    sections = page.select(".slides > section")
    names = [str(each["id"]) for each in sections]
    ids = [str(each["id"]) for each in page.select("[id]")]
    assert len(ids) == len(set(ids))
    assert len(sections) > 4
    for number, section in enumerate(sections):
        label = section.get("aria-label") or page.select_one(f"[id='{section['aria-labelledby']}']")
        assert label
        leads = {str(link["rel"][0]): str(link["href"]) for link in section.select(".slide-nav a")}
        around = {"prev": names[number - 1] if number else None, "next": (*names, None)[number + 1]}
        assert leads == {name: f"#{target}" for name, target in around.items() if target}


def test_a_lesson_leads_there_and_back(student: BrowserClient) -> None:
    address = f"/lecons/{LESSONS[1]}"
    assert student.open_page(address).select_one(f"a[href='{address}/projeter']")
    assert student.open_page(f"{address}/projeter").select_one(f"a[data-leave][href='{address}']")


def test_nothing_of_it_is_sent_or_kept(student: BrowserClient) -> None:
    page = student.open_page(f"/lecons/{LESSONS[1]}/projeter")
    assert page.select("form.quiz")
    assert not page.select("form[method], form[action]")
    assert "Set-Cookie" not in student.client.get(f"/lecons/{LESSONS[1]}/projeter").headers


def test_behind_a_proxy_its_links_keep_the_path_of_the_site(student: BrowserClient) -> None:
    overrides = {"SCRIPT_NAME": "/cours"}
    page = student.client.get(f"/lecons/{LESSONS[0]}/projeter", environ_overrides=overrides).text
    assert 'href="/cours/lecons/' in page
    assert 'href="/lecons/' not in page


def test_slides_of_an_unknown_lesson_do_not_exist(student: BrowserClient) -> None:
    assert student.client.get("/lecons/9-9-rien/projeter").status_code == 404


def test_the_notes_are_the_instructors_alone(student: BrowserClient) -> None:
    answer = student.client.get(f"/lecons/{LESSONS[0]}/projeter/notes")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/enseignant/"
    assert not student.open_page(f"/lecons/{LESSONS[0]}/projeter").select("[href$='/notes']")
    assert student.client.get("/lecons/9-9-rien/projeter/notes").status_code == 404


@pytest.mark.parametrize("slug", LESSONS)
def test_each_note_stands_in_the_section_that_is_projected_with_it(
    app: Flask, student: BrowserClient, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instructors, "is_logged_in", lambda: True)
    page = student.open_page(f"/lecons/{slug}/projeter/notes")
    with app.app_context():
        lesson = library.get_lesson(slug)
        assert lesson is not None
        sections = group_notes_by_section(lesson)
    assert [each.anchor for each in sections] == [slide.anchor for slide in split_slides(lesson)]
    assert (
        sum(len(each.notes) for each in sections) == sum(isinstance(part, InstructorNote) for part in lesson.parts) > 0
    )
    assert [each.minutes_before for each in sections[1:]] == list(accumulate(each.minutes for each in sections[:-1]))
    drawn = str(lesson.render_html({INSTRUCTOR_KEY: "1"})).split("<h2")
    for section, part, shown in zip(sections, drawn, page.select(".speaker-view > section"), strict=True):
        for note in section.notes:
            assert note in part
        assert len(shown.select(".prose")) == len(section.notes)
    assert student.open_page(f"/lecons/{slug}/projeter").select(f"[href='/lecons/{slug}/projeter/notes']")
