"""Tabs of commands on narrow screens: no label overlaps another or the button that copies, none leaves its box."""

import pytest

from tests.browser.conftest import StudentAt
from tests.support.site_process import Site

LESSONS = ("3-2-compte-et-jeton", "3-3-tester-un-space", "3-4-mini-chatbot")
OUT_OF_PLACE = """heads => heads.flatMap(head => {
  const place = head.getBoundingClientRect(), parts = [...head.querySelectorAll("label, .copy")];
  const boxes = parts.map(part => part.getBoundingClientRect());
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return parts.filter((part, i) => part.scrollWidth > part.clientWidth + 1
    || boxes[i].left < place.left - 1 || boxes[i].right > place.right + 1
    || boxes.some((other, j) => j !== i && meet(boxes[i], other))).map(part => part.textContent.trim());
})"""


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_tabs_of_commands_do_not_overlap(site: Site, student_at: StudentAt, width: int) -> None:
    page = student_at(site, viewport={"width": width, "height": 740})
    for lesson in LESSONS:
        page.goto(f"/lecons/{lesson}")
        heads = page.locator(".code-head:has(.tabs)")
        assert heads.count()
        assert (lesson, heads.evaluate_all(OUT_OF_PLACE)) == (lesson, [])
