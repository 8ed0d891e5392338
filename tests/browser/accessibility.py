"""Check a page in Chromium: axe, overflow, duplicate identifiers, in both themes."""

from pathlib import Path

from playwright.sync_api import Page

AXE_SOURCE = (Path(__file__).parent / "axe-4.14.1.min.js").read_text(encoding="utf-8")


FORMAT_VIOLATIONS_JS = """({violations}) => violations.map(({id, help, nodes}) =>
  `${id}: ${help}\\n` + nodes.map(({target, failureSummary}) => `  ${target}: ${failureSummary}`).join("\\n"))"""


# All the rules that are on by default, and those of WCAG 2.2 AA, of which some are not. Not in frames: those of the
# site are sealed, and the browser complains of a message to one of them.
FULL_AXE_JS = f"""async () => {{
  const rules = Object.fromEntries(axe.getRules(["wcag22aa"]).map((rule) => [rule.ruleId, {{enabled: true}}]));
  return ({FORMAT_VIOLATIONS_JS})(await axe.run(document, {{rules, iframes: false, resultTypes: ["violations"]}}));
}}"""


# What a theme or a width can make different; the rest has been looked at.
THEME_AXE_JS = f"""async () => {{
  const runOnly = ["color-contrast", "target-size", "scrollable-region-focusable"];
  return ({FORMAT_VIOLATIONS_JS})(await axe.run(document, {{runOnly, iframes: false, resultTypes: ["violations"]}}));
}}"""


NO_AXE_JS = "() => []"  # a chosen theme has been looked at on the telephone


OVERFLOW_JS = "() => document.documentElement.scrollWidth - innerWidth"


# Labels of tabs and copy buttons that overlap, are cut, or leave their header.
MISPLACED_TABS_JS = """heads => heads.flatMap(head => {
  const place = head.getBoundingClientRect(), parts = [...head.querySelectorAll("label, .copy-button")];
  const boxes = parts.map(part => part.getBoundingClientRect());
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return parts.filter((part, i) => part.scrollWidth > part.clientWidth + 1
    || boxes[i].left < place.left - 1 || boxes[i].right > place.right + 1
    || boxes.some((other, j) => j !== i && meet(boxes[i], other))).map(part => part.textContent.trim());
})"""

PHONE_VIEWPORT = {"width": 360, "height": 740}


DESKTOP_VIEWPORT = {"width": 1280, "height": 900}


def find_page_faults(page: Page, has_own_theme: bool = False) -> list[str]:
    """What is wrong with the page on show: light on a telephone, dark on a desk; in its own theme if it has one."""
    found = []
    page.evaluate(AXE_SOURCE)
    # Without motion: a colour on its way from one theme to the other is nobody's contrast.
    for theme, size, look in (
        ("light", PHONE_VIEWPORT, FULL_AXE_JS),
        ("dark", DESKTOP_VIEWPORT, NO_AXE_JS if has_own_theme else THEME_AXE_JS),
    ):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size(size)
        where = f"{theme}, {size['width']} px"
        found += [f"{where}: {violation}" for violation in page.evaluate(look)]
        if (excess := page.evaluate(OVERFLOW_JS)) > 0:
            found.append(f"{where}: the document is {excess} px wider than the window")
    return found
