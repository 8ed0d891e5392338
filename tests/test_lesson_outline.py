"""The head and the foot of a lesson, and its minutes of reading."""

import pytest
from bs4 import BeautifulSoup

from hfcourse.lessons.markup.markdown import RenderedLesson, render_lesson
from tests.support.lessons import FRONT_MATTER, list_lint_messages, render_lesson_body
from tests.support.plain_typography import untypeset


def render_with(before: str, after: str, body: str = "") -> RenderedLesson:
    assert before in FRONT_MATTER
    return render_lesson(FRONT_MATTER.replace(before, after) + body, {}, {})


def test_head_follows_the_lede_with_objectives_and_prerequisites() -> None:
    page = BeautifulSoup(render_lesson_body("## Un titre\n").html, "html.parser")
    brief = page.select_one(".lead + .lesson-summary")
    assert brief is not None
    lists = {
        page.find(id=each["aria-labelledby"]).get_text(): [item.get_text() for item in each("li")]  # type: ignore[union-attr]
        for each in brief("ul")
    }
    assert lists == {
        "À la fin, vous saurez\u00a0:": ["Lire.", "Essayer.", "Choisir."],
        "Il vous faut\u00a0:": ["Un navigateur."],
    }


def test_lines_are_markdown_set_in_french() -> None:
    rendered = render_with('"Lire."', '"Lire « `x` » et [ici](#un-titre) !"', "## Un titre\n")
    assert list_lint_messages(rendered) == []
    assert '<li>Lire «\u00a0<code>x</code>\u00a0» et <a href="#un-titre">ici</a>\u202f!</li>' in rendered.html


@pytest.mark.parametrize("sources", ["## Sources\n\nDes pages.\n", ""])
def test_key_points_are_a_section_before_the_sources(sources: str) -> None:
    rendered = render_lesson_body(f"## Un titre\n\nDu texte.\n\n{sources}")
    titles = [section.title for section in rendered.sections]
    assert titles == ["Un titre", "À retenir", *(["Sources"] if sources else [])]
    assert "<li>Un.</li>\n<li>Deux.</li>\n<li>Trois.</li>" in rendered.html


def test_a_heading_inside_a_block_is_not_the_sources() -> None:
    rendered = render_lesson_body("::: note\n## Sources\n:::\n\n## Sources\n")
    assert rendered.html.index("a-retenir") > rendered.html.index('id="sources"')


@pytest.mark.parametrize(
    ("words", "declared", "is_far"),
    [(400, 2, False), (400, 5, False), (400, 6, True), (2_000, 10, False), (2_000, 5, False), (2_000, 3, True)],
)
def test_reading_minutes_are_measured_at_two_hundred_words_a_minute(words: int, declared: int, is_far: bool) -> None:
    rendered = render_with("reading_minutes = 1", f"reading_minutes = {declared}", "mot " * words)
    assert [untypeset(fault.problem) for fault in rendered.lint_errors] == (
        [f"reading_minutes vaut {declared}, alors que le texte se lit en {words // 200} min environ."] if is_far else []
    )


@pytest.mark.parametrize("block", ["enseignant", "exercice A", "edition"])
def test_what_few_read_takes_no_reading_minutes(block: str) -> None:
    rendered = render_lesson_body(f"::: {block}\n{'mot ' * 2_000}\n:::\n")
    assert not [fault for fault in rendered.lint_errors if "reading_minutes" in fault.problem]
