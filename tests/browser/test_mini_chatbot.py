"""The chatbot of lesson 3.4 in a browser, started by the command that the lesson gives."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from hfcourse.practice.server import PracticeServer
from tests.browser.conftest import StudentAt
from tests.browser.site import ROOT, START_SECONDS, Site, environment, free_port

TOKEN = "hf_" + "z" * 34
AXE = ROOT / "tests" / "browser" / "axe-4.14.1.min.js"
QUESTION = "Qu’est-ce qu’un Space ?"


class Chatbot(Site):
    """The mini chatbot in a process of its own; its page is all there is to ask."""

    def is_up(self) -> bool:
        try:
            return bool(self.get("/"))
        except OSError:
            return False


@pytest.fixture(scope="module")
def chatbot(browser: Browser, practice: PracticeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chatbot]:
    """The program, with the token of somebody who wrote one into `.env`."""
    port, log = free_port(), tmp_path_factory.mktemp("chatbot") / "log"
    settings = {"SPACE": practice.url or "", "HF_TOKEN": TOKEN, "WITH_TOKEN": "yes"}
    with log.open("wb") as kept:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "run", "--port", str(port)],
            cwd=ROOT / "hfcourse" / "content" / "mini-chatbot",
            env=environment(GRADIO_ANALYTICS_ENABLED="False", FLASK_SKIP_DOTENV="1", PYTHONDONTWRITEBYTECODE="1")
            | settings,
            stdout=kept,
            stderr=kept,
        )
    made = Chatbot(f"http://127.0.0.1:{port}", process, Path(log))
    try:
        made.wait(made.is_up, START_SECONDS)
        yield made
    finally:
        process.terminate()
        process.wait()


def ask(page: Page, question: str) -> None:
    page.get_by_label("Votre message").fill(question)
    page.get_by_role("button", name="Envoyer").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_it_answers_with_a_script_and_without(chatbot: Chatbot, student_at: StudentAt, scripts: bool):
    page = student_at(chatbot, java_script_enabled=scripts)
    page.goto("/")
    ask(page, QUESTION)
    expect(page.locator(".answer")).to_contain_text("mini-application")
    ask(page, "Quelle était ma première question ?")
    expect(page.locator(".answer").last).to_contain_text("Qu’est-ce qu’un Space")
    page.reload()
    expect(page.locator(".question")).to_have_count(2)


def texts_of_the_answer(page: Page) -> list[str]:
    """What stood in the place of the answer to a first question, from its beginning to its end."""
    page.context.clear_cookies()
    page.goto("/")
    page.evaluate(
        """() => {
            window.seen = [];
            const note = () => window.seen.push(document.querySelector(".answer")?.textContent ?? "");
            new MutationObserver(note).observe(document.querySelector("ol"), { childList: true, subtree: true });
        }"""
    )
    ask(page, QUESTION)
    expect(page.locator(".answer")).to_contain_text("et ensuite")
    return page.evaluate("window.seen")


def test_the_answer_appears_bit_by_bit(chatbot: Chatbot, student_at: StudentAt):
    page = student_at(chatbot)
    for _ in range(10):  # a machine that is busy may draw all of an answer at once
        seen = texts_of_the_answer(page)
        if [said for said in seen if 1 < len(said) < len(seen[-1]) and seen[-1].startswith(said)]:
            return
    pytest.fail(f"no answer was seen half-written: {seen}")


def test_two_browsers_do_not_see_each_other(chatbot: Chatbot, student_at: StudentAt):
    awa, noe = student_at(chatbot), student_at(chatbot)
    for page, question in ((awa, "Qu’est-ce qu’un jeton ?"), (noe, "Qu’est-ce qu’un quota ?")):
        page.goto("/")
        ask(page, question)
        expect(page.locator(".answer")).not_to_have_text("…")
    for page, word in ((awa, "jeton"), (noe, "quota")):
        ask(page, "Quelle était ma première question ?")
        expect(page.locator(".answer").last).to_contain_text(word)


def test_html_is_text_and_no_token_reaches_the_browser(chatbot: Chatbot, student_at: StudentAt):
    page = student_at(chatbot)
    received: list[str] = []

    def note(route: Route) -> None:  # on its way: once the page has gone on, the browser forgets what it received
        answer = route.fetch(max_redirects=0)
        received.append(answer.text() + str(answer.headers))
        route.fulfill(response=answer)

    page.route("**/*", note)
    page.goto("/")
    ask(page, "<img src=x onerror=alert(1)>")
    expect(page.locator(".question")).to_have_text("<img src=x onerror=alert(1)>")
    ask(page, "Quelle était ma première question ?")
    expect(page.locator(".answer").last).to_contain_text("<img src=x")
    page.reload()
    expect(page.locator(".question").first).to_have_text("<img src=x onerror=alert(1)>")
    assert page.locator("img").count() == 0
    assert len(received) >= 6
    assert not any(TOKEN in each for each in received)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(chatbot: Chatbot, student_at: StudentAt, theme: str):
    page = student_at(chatbot, color_scheme=theme, viewport={"width": 360, "height": 740})
    page.goto("/")
    for message in (QUESTION, TOKEN):
        ask(page, message)
        expect(page.get_by_role("button")).to_be_enabled()
    expect(page.locator(".failure")).to_contain_text("ressemble à un jeton")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate("axe.run()")["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_server_that_stopped_gives_a_french_sentence(chatbot: Chatbot, student_at: StudentAt):
    page = student_at(chatbot)
    page.goto("/")
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError()) }")
    ask(page, QUESTION)
    expect(page.locator(".failure")).to_have_text("Notre serveur ne répond plus. Rechargez la page.")
