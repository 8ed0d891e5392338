"""From the front page to a question answered and a form tried: with the keyboard alone, and with JavaScript off."""

from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenStudentPage
from tests.support.site_process import SiteProcess

MOST_STEPS = 80
ANSWER = "Un Space est une application"
# What a person who looks at the page would say has the focus: its words, its label, its value.
WHERE = """() => {
  const {activeElement: element} = document;
  const named = element.labels?.[0]?.textContent ?? element.getAttribute("aria-label") ?? element.textContent;
  return named.trim();
}"""


def step_to(page: Page, words: str, key: str = "Tab", tag: str = "") -> None:
    """Press the key until what has the focus is called this (an element of that `tag`), and can be seen to have it."""
    seen = []
    for _ in range(MOST_STEPS):
        page.keyboard.press(key)
        seen.append(page.evaluate(WHERE))
        if words in seen[-1] and page.evaluate("document.activeElement.tagName").startswith(tag):
            expect(page.locator(":focus-visible")).to_be_in_viewport()
            return
    raise AssertionError(f"{words} is not reached: {seen}")


def choose(page: Page, answer: str) -> None:
    """Step to the first group of answers, then to this one with the arrows, as radio buttons are chosen."""
    step_to(page, "Un Space est un modèle plus puissant")
    step_to(page, answer, "ArrowDown")
    expect(page.locator(":focus")).to_be_checked()


def test_the_keyboard_alone_leads_to_a_passed_quiz_and_a_finished_try(page: Page):
    page.goto("/")
    step_to(page, "Aller au contenu")
    page.keyboard.press("Enter")
    step_to(page, "Commencer la leçon 3.1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lecons/3-1-*")
    step_to(page, "Aller au contenu")
    page.keyboard.press("Enter")
    step_to(page, "Essayer ici")
    page.keyboard.press("Enter")
    block = page.locator("section.try-it").first
    expect(block.locator("form[data-endpoint='/classer']")).to_be_visible()
    step_to(page, "Phrase", tag="TEXTAREA")
    page.keyboard.type("Il fait beau ce matin.")
    step_to(page, "Lancer l’essai")
    page.keyboard.press("Enter")
    expect(block.locator("article[data-run]")).to_have_attribute("data-status", "succeeded")
    expect(block.locator("[data-output='0']")).to_contain_text("français")
    choose(page, ANSWER)
    step_to(page, "Répondre")
    page.keyboard.press("Enter")
    expect(page.locator("form.quiz").filter(has_text=ANSWER).get_by_text("Juste", exact=True).first).to_be_visible()


def test_without_javascript_too(site: SiteProcess, open_student_page: OpenStudentPage):
    page = open_student_page(site, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="Commencer la leçon 3.1").click()
    block = page.locator("section.try-it").first
    expect(block.get_by_role("button", name="Essayer ici")).to_be_hidden()
    block.get_by_role("link", name="Ouvrir le formulaire").click()
    page.get_by_label("Phrase").fill("Il fait beau ce matin.")
    page.get_by_role("button", name="Lancer l’essai").click()
    expect(page.locator("article[data-run]")).to_have_attribute("data-status", "succeeded")
    expect(page.locator("[data-output='0']")).to_contain_text("français")
    page.get_by_role("link", name="Cours").first.click()
    page.locator(".syllabus h3 a").first.click()
    question = page.locator("form.quiz").filter(has_text=ANSWER)
    question.get_by_label(ANSWER).check()
    question.get_by_role("button", name="Répondre").click()
    expect(question.get_by_text("Juste", exact=True).first).to_be_visible()
    expect(question).to_be_in_viewport()
