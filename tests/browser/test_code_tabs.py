"""Tabs of commands on narrow screens: no label overlaps another or the button that copies, none leaves its box."""

import pytest

from tests.browser.accessibility import MISPLACED_TABS_JS
from tests.browser.chromium import OpenStudentPage
from tests.support.site_process import SiteProcess

LESSONS = ("3-2-compte-et-jeton", "3-3-tester-un-space", "3-4-mini-chatbot")


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_tabs_of_commands_do_not_overlap(site: SiteProcess, open_student_page: OpenStudentPage, width: int) -> None:
    page = open_student_page(site, viewport={"width": width, "height": 740})
    for lesson in LESSONS:
        page.goto(f"/lecons/{lesson}")
        heads = page.locator(".code-header:has(.tabs)")
        assert heads.count()
        assert (lesson, heads.evaluate_all(MISPLACED_TABS_JS)) == (lesson, [])
