"""A student's way through a page that its author laid out: one field in sight, the rest in folds."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import StudentAt
from tests.browser.test_every_page import DESK, PHONE, faults
from tests.spaces.served_apps import Served, serving

STUDIO, PORTRAITS = "/espaces/essai/atelier", "/espaces/essai/portraits"
TEN_DIGITS = "1994967667"


@pytest.fixture(scope="module")
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("layouts"), program="tests.spaces.serve_layouts") as running:
        yield running


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def student(request: pytest.FixtureRequest, served: Served, student_at: StudentAt) -> Page:
    return student_at(served.site, java_script_enabled=request.param)


def fold(page: Page, words: str) -> Locator:
    return page.locator("details.section > summary", has_text=words)


def top_of(field: Locator) -> float:
    box = field.bounding_box()
    assert box
    return box["y"]


def test_advanced_setting_is_found_changed_sent_and_seen_again(student: Page) -> None:
    student.goto(STUDIO)
    expect(student.get_by_role("heading", level=1)).to_contain_text("Pocket Painter")
    expect(student.locator(".own-words")).to_contain_text("Describe a picture in one sentence and press Paint.")
    steps, seed = student.locator("[name=arg-steps]"), student.locator("[name=arg-seed]")
    expect(student.locator("[name=arg-prompt]")).to_be_visible()
    expect(steps).to_be_hidden()
    student.locator("[name=arg-prompt]").fill("A fox")
    fold(student, "Advanced Settings").click()
    steps.fill("douze")
    student.get_by_role("button", name="Lancer l’essai").click()
    expect(steps).to_be_visible()
    expect(steps).to_have_attribute("aria-invalid", "true")
    steps.fill("12")
    student.locator("[name=arg-randomize_seed]").uncheck()
    seed.fill("42")
    student.get_by_role("button", name="Lancer l’essai").click()
    expect(student.locator("article[data-run]")).to_have_attribute("data-status", "succeeded")
    expect(student.locator("[data-output='0']")).to_contain_text(
        "A fox without nothing: 12 steps, 3.5, seed 42, 0.8, 4"
    )
    student.goto(f"{STUDIO}?essai={student.url.rstrip('/').rpartition('/')[2]}")
    expect(steps).to_have_value("12")
    expect(student.locator("[name=arg-tiles]")).to_be_hidden()


def test_seed_is_whole_and_grey_while_its_box_is_ticked(student: Page) -> None:
    student.goto(STUDIO)
    fold(student, "Advanced Settings").click()
    seed, box = student.locator("[name=arg-seed]"), student.locator("[name=arg-randomize_seed]")
    expect(seed).to_have_value(TEN_DIGITS)
    assert seed.evaluate("each => each.scrollWidth <= each.clientWidth")
    expect(seed).to_be_enabled()
    expect(seed).to_have_css("border-style", "dashed")
    box.uncheck()
    expect(seed).to_have_css("border-style", "solid")


def test_fields_of_a_row_are_beside_each_other_where_there_is_room(served: Served, student_at: StudentAt) -> None:
    page = student_at(served.site)
    page.goto(STUDIO)
    fold(page, "Advanced Settings").click()
    steps, guidance = page.locator("[name=arg-steps]"), page.locator("[name=arg-guidance]")
    page.set_viewport_size(DESK)
    assert abs(top_of(steps) - top_of(guidance)) < 2
    page.set_viewport_size(PHONE)
    assert top_of(guidance) > top_of(steps) + 40


@pytest.mark.parametrize("path", [STUDIO, PORTRAITS])
def test_open_form_is_for_everybody(served: Served, student_at: StudentAt, path: str) -> None:
    page = student_at(served.site)
    page.goto(path)
    page.locator("details.section").evaluate_all("folds => folds.forEach((each) => { each.open = true; })")
    assert faults(page) == []
