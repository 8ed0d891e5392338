"""What there is to do in a lesson, in a browser: questions, lists, progress; on paper and in a file."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.support.paths import ROOT
from tests.support.processes import build_environment
from tests.support.site_process import SiteProcess

LESSON = "/lecons/3-1-presentation"


def first_question(page: Page) -> Locator:
    page.goto(LESSON)
    return page.locator("form.quiz").first


def choose(question: Locator, is_right: bool) -> Locator:
    """Choose an answer that is right, or one that is not, and send it; the answer."""
    box = question.locator(f"[name=choix]{'[data-right]' if is_right else ':not([data-right])'}").first
    box.check()
    question.get_by_role("button", name="Répondre").click()
    return question.locator(".answer").filter(has=box.page.locator("[name=choix]:checked"))


def test_a_wrong_answer_is_explained_and_tried_again(reader_page: Page):
    question = first_question(reader_page)
    wrong = choose(question, is_right=False)
    expect(wrong.get_by_text("Faux", exact=True)).to_be_visible()
    expect(wrong.locator(".explanation")).to_be_visible()
    expect(question.get_by_text("Juste", exact=True)).to_have_count(question.locator("[data-right]").count())
    expect(question.get_by_text("Juste", exact=True).first).to_be_hidden()
    expect(question).to_be_in_viewport()
    right = choose(question, is_right=True)
    expect(right.get_by_text("Juste", exact=True)).to_be_visible()
    expect(question.get_by_text("Faux", exact=True).first).to_be_hidden()


def test_an_answer_is_still_there_when_one_comes_back(reader_page: Page):
    question = first_question(reader_page)
    with reader_page.expect_response(lambda answer: answer.request.method == "POST"):
        choose(question, is_right=True)
    question = first_question(reader_page)
    expect(question.get_by_text("Juste", exact=True).first).to_be_visible()
    expect(question.locator("[data-right]").first).to_be_checked()


def test_no_answer_is_told(reader_page: Page):
    question = first_question(reader_page)
    expect(question.get_by_text("Choisissez une réponse")).to_be_hidden()
    question.get_by_role("button", name="Répondre").click()
    expect(question.get_by_text("Choisissez une réponse")).to_be_visible()


def test_the_keyboard_alone_answers(page: Page):
    question = first_question(page)
    question.locator("[name=choix]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(question.get_by_role("button", name="Répondre")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question.locator(".answer").nth(1).locator(".explanation")).to_be_visible()


@pytest.mark.parametrize("is_right", [True, False])
def test_each_state_of_a_question_is_for_everybody(page: Page, is_right: bool):
    choose(first_question(page), is_right)
    assert find_page_faults(page) == []


def put_in_order(ordering: Locator) -> None:
    """Give each line its place: with the buttons that move it, or with its number where no script runs."""
    lines = ordering.locator("li")
    count = lines.count()
    if ordering.locator("select").first.is_visible():
        for line in lines.all():
            line.locator("select").select_option(label=line.get_attribute("data-places"))
    else:
        for place in range(1, count + 1):
            line = ordering.locator(f"li[data-places='{place}']")
            while line.evaluate("line => [...line.parentElement.children].indexOf(line)") >= place:
                before = line.evaluate("line => [...line.parentElement.children].indexOf(line)")
                line.get_by_role("button", name="Monter").click()
                expect(lines.nth(before - 1)).to_have_attribute("data-places", str(place))
    ordering.get_by_role("button", name="Vérifier").click()


def test_lines_are_put_in_order_and_stay_so(reader_page: Page):
    reader_page.goto(LESSON)
    ordering = reader_page.locator(".ordering").first
    is_numbered = ordering.locator("select").first.is_visible()
    # Each answer is waited for: what a page has not sent when it is left goes beside the request for the next page.
    with reader_page.expect_response(lambda answer: answer.request.method == "POST"):
        ordering.get_by_role("button", name="Vérifier").click()
    refusal = "Donnez un numéro à chaque ligne" if is_numbered else "Ce n’est pas encore le bon ordre"
    expect(ordering.get_by_text(refusal)).to_be_visible()
    with reader_page.expect_response(lambda answer: answer.request.method == "POST"):
        put_in_order(ordering)
    expect(ordering.get_by_text("C’est le bon ordre.")).to_be_visible()
    reader_page.goto(LESSON)
    expect(ordering.get_by_text("C’est le bon ordre.")).to_be_visible()
    places = [line.get_attribute("data-places") for line in ordering.locator("li").all()]
    assert places == sorted(places, key=str)


def test_a_line_is_moved_with_the_keyboard_alone(page: Page):
    page.goto(LESSON)
    ordering = page.locator(".ordering").first
    second = ordering.locator("li").nth(1)
    place = second.get_attribute("data-places")
    second.get_by_role("button", name="Monter").focus()
    page.keyboard.press("Enter")
    expect(ordering.locator("li").first).to_have_attribute("data-places", str(place))
    expect(ordering.locator("li").first.get_by_role("button", name="Monter")).to_be_focused()
    expect(ordering.locator("[data-moved]")).to_have_text("Place 1 sur 6")
    ordering.get_by_role("button", name="Vérifier").click()
    assert find_page_faults(page) == []


def test_ticks_are_kept(reader_page: Page):
    reader_page.goto(LESSON)
    boxes = reader_page.locator(".checklist [name=coche]")
    boxes.nth(0).check()
    if reader_page.get_by_role("button", name="Garder mes coches").is_visible():
        boxes.nth(2).check()
        reader_page.get_by_role("button", name="Garder mes coches").click()
    else:
        with reader_page.expect_response(lambda answer: (answer.request.post_data or "").count("coche=") == 2):
            boxes.nth(2).check()
    reader_page.goto(LESSON)
    for number, is_ticked in enumerate([True, False, True]):
        expect(boxes.nth(number)).to_be_checked(checked=is_ticked)


def test_progress_shows_on_the_front_page_and_is_forgotten_with_one_button(reader_page: Page):
    reader_page.goto(LESSON)
    reader_page.get_by_role("button", name="J’ai lu cette leçon").click()
    expect(reader_page.get_by_text("Leçon lue")).to_be_in_viewport()
    reader_page.goto("/")
    expect(reader_page.locator(".syllabus .lesson-progress").first).to_contain_text("Lue")
    expect(reader_page.get_by_role("link", name="Continuer par la leçon 3.2")).to_be_visible()
    reader_page.get_by_role("button", name="Oublier ma progression").click()
    expect(reader_page.get_by_role("button", name="Oublier ma progression")).to_have_count(0)
    expect(reader_page.get_by_role("link", name="Commencer la leçon 3.1")).to_be_visible()


def test_the_front_page_of_somebody_who_has_begun_is_for_everybody(page: Page):
    page.goto(LESSON)
    page.get_by_role("button", name="J’ai lu cette leçon").click()
    expect(page.get_by_text("Leçon lue")).to_be_visible()
    page.goto("/")
    assert find_page_faults(page) == []


def test_paper_has_the_text_alone_and_nothing_folded(page: Page):
    page.goto("/imprimer")
    page.emulate_media(media="print")
    for hidden in ("header", "footer", "[data-print]", ".try-it .button", ".quiz .button", ".copy-button"):
        expect(page.locator(hidden).first).to_be_hidden()
    listings = page.locator(".code:has(.tabs) pre").all()
    assert len(listings) >= 3
    for listing in listings:
        expect(listing).to_be_visible()
    solution = page.locator(".solution .code").first
    expect(solution).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(solution).to_be_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(solution).to_be_hidden()


def test_the_exported_file_works_by_itself(site: SiteProcess, open_student_page: OpenStudentPage, tmp_path: Path):
    written = tmp_path / "course.html"
    subprocess.run(
        [sys.executable, "-m", "flask", "export", str(written)],
        cwd=ROOT,
        env=build_environment(HFCOURSE_INSTANCE=str(tmp_path / "instance")),
        check=True,
        capture_output=True,
    )
    page = open_student_page(site, offline=True)
    page.goto(written.as_uri())
    page.locator("#sommaire a").nth(1).click()
    question = page.locator("[id='3-2-compte-et-jeton-quiz-1']")
    right = choose(question, is_right=True)
    expect(right.get_by_text("Juste", exact=True)).to_be_visible()
    expect(right.locator(".explanation")).to_be_visible()
    ordering = page.locator(".ordering").first
    put_in_order(ordering)
    expect(ordering.get_by_text("C’est le bon ordre.")).to_be_visible()
    page.get_by_role("button", name="Changer de thème").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert find_page_faults(page, has_own_theme=True) == []
