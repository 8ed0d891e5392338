"""The page that shows how a lesson is written: every construct, by examples that hold."""

import tomllib

import pytest
from flask import Flask

from hfcourse.lessons import authoring, library
from hfcourse.lessons.markup import directives
from hfcourse.lessons.markup.markdown import render_lesson
from hfcourse.lessons.syntax.front_matter import FRONT_MATTER_EXAMPLES, FRONT_MATTER_FENCE
from tests.support.clients import BrowserClient

PAGE = "/motifs/lecons"
READ = tomllib.loads(authoring.CONSTRUCTS_PATH.read_text(encoding="utf-8"))["construct"]
FRONT = "\n".join([FRONT_MATTER_FENCE, *FRONT_MATTER_EXAMPLES.values(), FRONT_MATTER_FENCE, "", "Un chapeau.", "", ""])
SHOWN = (
    ".callout--note",
    ".callout--warning",
    ".edition-note",
    ".fact",
    ".facts",
    ".ordering",
    ".diff",
    ".download",
    ".steps",
    ".tabs",
    ".table",
    "figure svg",
    ".try-it",
    ".quiz",
    ".solution",
    ".checklist",
)


@pytest.mark.parametrize("each", READ, ids=lambda each: each["title"])
def test_an_example_has_nothing_to_mend(app: Flask, each: dict[str, str]) -> None:
    with app.app_context():
        lessons = library.get_library()
        lessons.get_lessons()
    for text in (each["source"], each["words"]):
        rendered = render_lesson(
            FRONT + text, dict(lessons.figure_texts), dict(lessons.listing_texts), (), lessons.fact_file.facts
        )
        assert [str(fault) for fault in rendered.lint_errors] == []


@pytest.mark.parametrize("name", directives.DIRECTIVES)
def test_every_block_has_an_example(name: str) -> None:
    assert any(f"::: {name}" in each["source"] for each in READ)


def test_each_example_stands_beside_what_becomes_of_it(student: BrowserClient) -> None:
    page = student.open_page(PAGE)
    ids = [str(each["id"]) for each in page.select("[id]")]
    assert len(ids) == len(set(ids))
    sources = [pre.get_text().strip() for pre in page.select("pre[data-lang=text]")]
    for each in READ:
        assert each["source"].strip() in sources
    for shown in SHOWN:
        assert page.select(shown), shown


def test_what_a_lesson_begins_with_is_shown_and_right(student: BrowserClient) -> None:
    (front, *_) = [pre.get_text() for pre in student.open_page(PAGE).select("pre[data-lang=text]")]
    rendered = render_lesson(front.strip() + "\n\nUn chapeau.\n", {}, {})
    assert rendered.lint_errors == ()
    assert rendered.front.number == "3.1"


def test_nothing_on_it_is_sent(student: BrowserClient) -> None:
    assert not student.open_page(PAGE).select("form[method]")
    assert "Set-Cookie" not in student.client.get(PAGE).headers


def test_the_page_of_patterns_leads_there(student: BrowserClient) -> None:
    assert student.open_page("/motifs").select(f"a[href='{PAGE}']")
