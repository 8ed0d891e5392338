"""Lesson 3.4 followed to the letter in an empty folder, its commands included, and looked at in Chromium."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.lesson_terminal import BackgroundCommand, LessonTerminal
from tests.support.lesson_steps import LESSON_FILE, CompareStep, RunStep, WriteStep, iter_steps
from tests.support.paths import ROOT

AXE = ROOT / "tests" / "browser" / "axe-4.14.1.min.js"
PROGRAMS = ROOT / "hfcourse" / "content" / "mini-chatbot"
QUESTION, FIRST = "Qu’est-ce qu’un Space ?", "Quelle était ma première question ?"
DEFINITION = "mini-application"
TOKEN = "hf_" + "z" * 34


@dataclass
class Follower:
    """A beginner with a terminal, an editor and a browser, who does what the lesson says and nothing else."""

    terminal: LessonTerminal
    browser: Browser
    instance: Path
    practice: BackgroundCommand | None = None
    site: BackgroundCommand | None = None
    practice_command: str = ""
    seen: list[int] = field(default_factory=list)

    def follow(self, lesson: str) -> None:
        """Type each block where the lesson says, and look where it shows what must be seen."""
        for step in iter_steps(lesson):
            if isinstance(step, RunStep):
                self.run(step.commands)
            elif isinstance(step, WriteStep):
                self.write(step)
            elif isinstance(step, CompareStep):
                getattr(self, f"look_at_{step.program}")()
                self.seen.append(step.program)

    def run(self, commands: str) -> None:
        if "flask practice" in commands:
            self.practice_command = commands
            self.start_practice()
        elif commands.startswith("flask "):
            self.site = self.terminal.serve(commands, "Debugger is active!")
        else:
            self.terminal.run_commands(commands)

    def write(self, step: WriteStep) -> None:
        """Save a file; a server that runs with --debug starts again by itself when it is the program."""
        path = self.terminal.folder / step.path
        assert path.parent.is_dir(), f"the lesson has not created the folder of {step.path}"
        printed = len(self.site.read_output()) if self.site else 0
        path.write_text(self.terminal.replace_ports(step.text), encoding="utf-8")
        if self.site and step.path == "app.py":
            self.site.wait_for_output("Debugger is active!", after=printed)

    def start_practice(self) -> None:
        self.practice = self.terminal.serve_practice(self.practice_command, self.instance)

    def stop_practice(self) -> None:
        assert self.practice
        self.practice.interrupt()

    def visitor(self, port: str = "5001", **options: object) -> BrowserContext:
        address = f"http://127.0.0.1:{self.terminal.map_port(port)}"
        return self.browser.new_context(base_url=address, locale="fr-FR", **options)  # type: ignore[arg-type]

    def look_at_1(self) -> None:
        """A question and its answer; then, as the next part asks, the Space stopped and the trace."""
        with self.visitor() as context:
            page = open_page(context)
            ask(page, QUESTION)
            expect(page.locator(".question")).to_have_text(QUESTION)
            expect(page.locator(".answer")).to_contain_text(DEFINITION)
            expect(page.get_by_label("Votre question")).to_have_value("")
            self.stop_practice()
            ask(page, QUESTION)
            expect(page.locator("body")).to_contain_text("ConnectError: [Errno 111] Connection refused")

    def look_at_2(self) -> None:
        """The Space is still stopped: a sentence, the question kept; then the Space is back."""
        with self.visitor() as context:
            page = open_page(context)
            ask(page, QUESTION)
            expect(page.get_by_role("alert")).to_contain_text("Le Space est injoignable.")
            expect(page.get_by_label("Votre question")).to_have_value(QUESTION)
            self.start_practice()
            page.get_by_role("button", name="Envoyer").click()
            expect(page.locator(".answer")).to_contain_text(DEFINITION)
        assert self.site
        assert "Échec de l’appel : ConnectError" in self.site.read_output()

    def look_at_3(self) -> None:
        """The conversation is remembered, and another browser sees none of it."""
        with self.visitor() as context, self.visitor() as other:
            page = open_page(context)
            ask(page, QUESTION)
            ask(page, FIRST)
            expect(page.locator(".answer")).to_have_count(2)
            expect(page.locator(".answer").last).to_contain_text("Qu’est-ce qu’un Space")
            stranger = open_page(other)
            expect(stranger.locator("#conversation p")).to_have_count(0)
            ask(stranger, FIRST)
            expect(stranger.locator(".answer")).to_contain_text("premier message")

    def look_at_4(self) -> None:
        """The answer is seen half-written, and each step stands on a line; without scripts it comes all at once."""
        with self.visitor() as context:
            page = open_page(context)
            assert_grows(page)
            ask(page, FIRST)
            expect(page.locator(".answer").last).to_contain_text("Qu’est-ce qu’un Space")
            page.reload()
            expect(page.locator(".question")).to_have_count(2)
        with self.visitor(java_script_enabled=False) as context:
            page = open_page(context)
            ask(page, QUESTION)
            expect(page.locator(".answer")).to_contain_text(DEFINITION)


def open_page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("heading", name="Mini chatbot")).to_be_visible()
    return page


def ask(page: Page, question: str) -> None:
    page.get_by_label("Votre question").fill(question)
    page.get_by_role("button", name="Envoyer").click()
    if page.locator("#conversation").count():
        expect(page.get_by_role("button", name="Envoyer")).to_be_enabled()


def assert_grows(page: Page) -> None:
    """Ask a question, and find among the texts of the answer one that is its beginning."""
    page.evaluate(
        """() => {
            window.seen = [];
            const note = () => window.seen.push(document.querySelector(".answer")?.textContent ?? "");
            const whole = { childList: true, subtree: true, characterData: true };
            new MutationObserver(note).observe(document.querySelector("#conversation"), whole);
        }"""
    )
    ask(page, QUESTION)
    expect(page.locator(".answer")).to_contain_text("et ensuite")
    seen = page.evaluate("window.seen")
    assert [text for text in seen if 1 < len(text) < len(seen[-1]) and seen[-1].startswith(text)], seen


@pytest.fixture(scope="module")
def follower(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Follower]:
    """A beginner in an empty folder."""
    home = tmp_path_factory.mktemp("lesson")
    (home / "projects").mkdir()
    terminal = LessonTerminal(home / "projects", home / "tools")
    yield Follower(terminal, browser, home / "instance")
    terminal.close()


def test_the_lesson_followed_to_the_letter_gives_its_four_programs(follower: Follower):
    follower.follow(LESSON_FILE.read_text(encoding="utf-8"))
    assert follower.seen == [1, 2, 3, 4]


# --- what goes with publishing: the program that is downloaded, started by the command of the lesson


@pytest.fixture(scope="module")
def published(follower: Follower) -> Follower:
    """The fifth program beside the others, in the same environment, served by gunicorn; it holds somebody's token."""
    if follower.seen != [1, 2, 3, 4]:
        pytest.skip("the lesson could not be followed as far as this")
    found = re.search(r"```bash\n *(pip install .*)\n *(gunicorn .*)\n", LESSON_FILE.read_text(encoding="utf-8"))
    assert found
    shutil.copytree(PROGRAMS / "5-en-ligne", follower.terminal.folder / "5-en-ligne")
    follower.terminal.run_commands("cd 5-en-ligne\ncat ../.env .env.exemple > .env")
    settings = follower.terminal.folder / ".env"
    kept = settings.read_text(encoding="utf-8").replace("SPACE=http://127.0.0.1:7860\n", "")
    settings.write_text(f"{kept}WITH_TOKEN=yes\nHF_TOKEN={TOKEN}\n", encoding="utf-8")
    follower.terminal.run_commands(found[1])
    follower.terminal.serve(found[2], "Listening at")
    return follower


def test_the_published_program_streams_and_remembers(published: Follower):
    with published.visitor("8000") as context:
        page = open_page(context)
        assert_grows(page)
        ask(page, FIRST)
        expect(page.locator(".answer").last).to_contain_text("Qu’est-ce qu’un Space")


def test_no_token_reaches_the_browser(published: Follower):
    received = []
    with published.visitor("8000") as context:
        page = open_page(context)
        page.on("response", lambda response: received.append(str(response.all_headers())))
        ask(page, f"Voici {TOKEN}")
        expect(page.locator(".failure")).to_contain_text("contient un jeton")
        page.reload()
        assert TOKEN not in page.content()
        assert TOKEN not in "".join(received)
        assert received


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_can_be_used_by_everybody(published: Follower, theme: str):
    with published.visitor("8000", color_scheme=theme, viewport={"width": 360, "height": 740}) as context:
        page = open_page(context)
        for message in (QUESTION, TOKEN, "<img src=x onerror=alert(1)>" * 20):
            ask(page, message)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate("axe.run()")["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.locator("img").count() == 0


def test_a_server_that_stopped_gives_a_sentence_and_keeps_the_question(published: Follower):
    with published.visitor("8000") as context:
        page = open_page(context)
        page.route("**/flux", lambda route: route.abort())
        ask(page, QUESTION)
        expect(page.locator(".failure")).to_have_text("Notre serveur ne répond plus. Réessayez.")
        expect(page.get_by_label("Votre question")).to_have_value(QUESTION)
