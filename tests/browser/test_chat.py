"""Conversations in a browser: answers grow in place, are stopped, edited, resumed; with keys alone, without scripts."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.support.processes import find_free_port
from tests.support.scripted_space import ScriptedSpace, run_scripted_space, run_sites_for
from tests.support.site_process import SiteProcess, run_site

PROGRAM = "tests.spaces.scripted_chat"
NEW_CONVERSATION_PATH = "/discussion/?espace=essai/mene"


@pytest.fixture(scope="module")
def scripted_space(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedSpace]:
    with run_scripted_space(tmp_path_factory.mktemp("scripted_space-chat"), PROGRAM) as space:
        yield space


@pytest.fixture(scope="module")
def chat_site(scripted_space: ScriptedSpace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteProcess]:
    with run_sites_for(scripted_space, tmp_path_factory.mktemp("chat-site")) as (made,):
        yield made


@pytest.fixture
def page(scripted_space: ScriptedSpace, chat_site: SiteProcess, open_student_page: OpenStudentPage) -> Iterator[Page]:
    """Somebody's page; an answer that it left behind ends."""
    yield open_student_page(chat_site)
    state = scripted_space.fetch_state()
    scripted_space.send_commands(*["finir"] * (state["begun"] - state["ended"]))
    scripted_space.wait_until_idle()


def start_conversation(page: Page, scripted_space: ScriptedSpace, text: str = "Bonjour") -> None:
    """Send the first message of a conversation, wait until the Space answers to it."""
    page.goto(NEW_CONVERSATION_PATH)
    page.locator("#message").fill(text)
    press_enter(page, scripted_space)


def press_enter(page: Page, scripted_space: ScriptedSpace) -> None:
    begun = scripted_space.fetch_state()["begun"]
    page.locator("#message").press("Enter")
    scripted_space.wait_until(lambda state: state["begun"] > begun)


def send_message(page: Page, scripted_space: ScriptedSpace, text: str) -> None:
    """Send the next message, wait until its turn is in the page."""
    turns = page.locator("li.chat-message--user")
    count = turns.count()
    page.locator("#message").fill(text)
    press_enter(page, scripted_space)
    expect(turns).to_have_count(count + 1)


def end_answer(page: Page, scripted_space: ScriptedSpace, *orders: str) -> None:
    scripted_space.send_commands(*orders, "finir")
    expect(find_last_answer(page)).to_have_attribute("data-status", "succeeded")


def find_last_answer(page: Page):
    return page.locator("article[data-run]").last


def expect_words(page: Page, words: str) -> None:
    expect(find_last_answer(page).locator("[data-words]")).to_have_text(re.compile(rf"^\s*{re.escape(words)}\s*$"))


def test_conversation_of_five_turns_streams_in_place(page: Page, scripted_space: ScriptedSpace) -> None:
    start_conversation(page, scripted_space)
    end_answer(page, scripted_space, "dire un")
    page.evaluate("window.kept = true")
    for number in range(1, 5):
        send_message(page, scripted_space, f"message {number}")
        scripted_space.send_commands("dire Une ")
        expect_words(page, f"[{number}] Une")
        scripted_space.send_commands("dire **phrase**.")
        expect(find_last_answer(page).locator("strong")).to_have_text("phrase")
        end_answer(page, scripted_space)
    assert page.evaluate("window.kept")
    assert page.locator("li.chat-message--user").count() == 5
    page.reload()
    assert page.locator("li.chat-message--user").count() == 5
    expect_words(page, "[4] Une phrase.")


def test_stopped_answer_keeps_what_came_and_the_conversation_goes_on(page: Page, scripted_space: ScriptedSpace) -> None:
    start_conversation(page, scripted_space)
    scripted_space.send_commands("dire Le début")
    expect_words(page, "[0] Le début")
    page.locator("#message").fill("écrit pendant ce temps")
    page.get_by_role("button", name="Arrêter").click()
    expect(find_last_answer(page)).to_have_attribute("data-status", "stopped")
    expect_words(page, "[0] Le début")
    expect(page.locator("#message")).to_have_value("écrit pendant ce temps")
    scripted_space.wait_until_idle()
    press_enter(page, scripted_space)
    end_answer(page, scripted_space, "dire suite")
    expect(page.locator("li.chat-message--user")).to_have_count(2)


def test_text_typed_while_an_answer_arrives_waits_for_it(page: Page, scripted_space: ScriptedSpace) -> None:
    start_conversation(page, scripted_space)
    scripted_space.send_commands("dire Début")
    expect_words(page, "[0] Début")
    page.locator("#message").fill("la suite")
    page.locator("#message").press("Enter")
    scripted_space.send_commands("dire , fin")
    expect_words(page, "[0] Début, fin")
    expect(page.locator("#message")).to_have_value("la suite")
    expect(page.locator("#message")).to_be_focused()
    end_answer(page, scripted_space)
    expect(page.locator("li.chat-message--user")).to_have_count(1)


def test_edited_message_opens_another_branch(page: Page, scripted_space: ScriptedSpace) -> None:
    start_conversation(page, scripted_space, "premier")
    end_answer(page, scripted_space, "dire a")
    send_message(page, scripted_space, "second")
    end_answer(page, scripted_space, "dire b")
    page.locator("li.chat-message--user").last.get_by_role("link", name="Modifier").click()
    expect(page.locator("#message")).to_have_value("second")
    page.locator("#message").fill("autre")
    begun = scripted_space.fetch_state()["begun"]
    page.get_by_role("button", name="Renvoyer").click()
    scripted_space.wait_until(lambda state: state["begun"] > begun)
    scripted_space.send_commands("dire rejoué", "finir")  # the first message, sent again to a new session
    scripted_space.wait_until(lambda state: state["begun"] > begun + 1)
    end_answer(page, scripted_space, "dire c")
    expect_words(page, "[1] c")
    expect(find_last_answer(page)).to_contain_text("1 message précédent lui a été renvoyé")
    page.get_by_role("link", name="Version précédente").click()
    expect_words(page, "[1] b")


def test_message_edited_while_its_answer_arrives_opens_another_branch(
    page: Page, scripted_space: ScriptedSpace
) -> None:
    start_conversation(page, scripted_space, "premier")
    scripted_space.send_commands("dire un")
    expect_words(page, "[0] un")
    page.locator("li.chat-message--user").get_by_role("link", name="Modifier").click()
    expect(page.locator("#message")).to_have_value("premier")
    page.locator("#message").fill("autre")
    page.get_by_role("button", name="Renvoyer").click()
    expect(page.locator("li.chat-message--user")).to_have_text(re.compile("autre"))
    begun = scripted_space.fetch_state()["begun"]
    scripted_space.send_commands("dire , deux", "finir")  # to the first answer, which the second waits for at the Space
    scripted_space.wait_until(lambda state: state["begun"] > begun)
    end_answer(page, scripted_space, "dire trois")
    expect_words(page, "[0] trois")
    page.get_by_role("link", name="Version précédente").click()
    expect_words(page, "[0] un, deux")
    expect(find_last_answer(page)).to_have_attribute("data-status", "succeeded")


def test_enter_sends_and_shift_enter_breaks_the_line(page: Page, scripted_space: ScriptedSpace) -> None:
    page.goto(NEW_CONVERSATION_PATH)
    box = page.locator("#message")
    box.press_sequentially("une")
    box.press("Shift+Enter")
    box.press_sequentially("deux")
    expect(box).to_have_value("une\ndeux")
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True})
    box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True, "cancelable": True})
    expect(box).to_have_value("une\ndeux")
    press_enter(page, scripted_space)
    end_answer(page, scripted_space)
    expect(page.locator(".chat-text")).to_have_text("une\ndeux")


def test_screen_reader_hears_finished_sentences(page: Page, scripted_space: ScriptedSpace) -> None:
    start_conversation(page, scripted_space)
    announcer = page.locator("[data-announcer]")
    scripted_space.send_commands("dire Une phrase. Et le déb")
    expect(announcer).to_have_text("[0] Une phrase.")
    scripted_space.send_commands("dire ut d’une autre")
    expect_words(page, "[0] Une phrase. Et le début d’une autre")
    expect(announcer).to_have_text("[0] Une phrase.")
    end_answer(page, scripted_space)
    expect(announcer).to_have_text("Et le début d’une autre")


def test_code_has_a_copy_button(page: Page, scripted_space: ScriptedSpace) -> None:
    start_conversation(page, scripted_space)
    end_answer(page, scripted_space, "dire \\n```python\\nprint(1)\\n```")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copier le code").click()
    expect(page.locator(".chat-words .copy-button")).to_have_text("Copié")
    assert page.evaluate("navigator.clipboard.readText()").strip() == "print(1)"


def test_rejected_message_says_why_and_leads_to_its_box(page: Page, scripted_space: ScriptedSpace) -> None:
    start_conversation(page, scripted_space)
    end_answer(page, scripted_space, "dire a")
    page.evaluate("window.kept = true")
    page.locator("#message").press("Enter")
    expect(page.locator("[data-alert] [data-error]")).to_be_focused()
    page.locator("#fautes a").click()
    expect(page.locator("#message")).to_be_focused()
    page.locator("#message").fill("mon jeton hf_" + "a" * 34)
    page.locator("#message").press("Enter")
    expect(page.locator("[data-alert] [data-error=secret-in-input]")).to_be_visible()
    expect(page.locator("#message")).to_have_value("mon jeton [jeton masqué]")
    assert page.evaluate("window.kept")
    send_message(page, scripted_space, "encore")
    expect(page.locator("[data-alert]")).to_be_empty()
    end_answer(page, scripted_space, "dire b")


def test_double_click_sends_the_first_message_once(page: Page, scripted_space: ScriptedSpace) -> None:
    page.goto(NEW_CONVERSATION_PATH)
    begun = scripted_space.fetch_state()["begun"]
    page.locator("#message").fill("une fois")
    page.get_by_role("button", name="Envoyer").dblclick()
    expect(find_last_answer(page)).to_have_attribute("data-status", "running")
    end_answer(page, scripted_space, "dire a")
    assert scripted_space.fetch_state()["begun"] == begun + 1
    page.goto("/discussion/")
    expect(page.get_by_role("link", name="une fois")).to_have_count(2)  # the conversation, and its deletion


def test_projected_conversation_is_legible_and_stays_projected(page: Page, scripted_space: ScriptedSpace) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    start_conversation(page, scripted_space)
    end_answer(page, scripted_space, "dire Un mot")
    page.get_by_role("link", name="Projeter").click()
    expect(page.get_by_role("link", name="Quitter")).to_be_visible()
    size = page.locator("[data-words] p").first.evaluate("words => parseFloat(getComputedStyle(words).fontSize)")
    assert size >= 24
    send_message(page, scripted_space, "encore")
    end_answer(page, scripted_space, "dire Un autre")
    expect(find_last_answer(page).locator("[data-words]")).to_be_in_viewport()
    assert "projeter=1" in page.url
    assert find_page_faults(page) == []


def test_two_visitors_have_their_own_memory(
    page: Page, scripted_space: ScriptedSpace, chat_site: SiteProcess, open_student_page: OpenStudentPage
) -> None:
    start_conversation(page, scripted_space)
    end_answer(page, scripted_space, "dire a")
    other = open_student_page(chat_site)
    start_conversation(other, scripted_space)
    end_answer(other, scripted_space, "dire b")
    expect_words(other, "[0] b")
    send_message(page, scripted_space, "encore")
    end_answer(page, scripted_space, "dire c")
    expect_words(page, "[1] c")
    assert other.goto(page.url).status == 404  # type: ignore[union-attr]


def test_the_end_of_an_answer_is_above_the_composer_on_a_phone(
    chat_site: SiteProcess, scripted_space: ScriptedSpace, open_student_page: OpenStudentPage
) -> None:
    page = open_student_page(chat_site, viewport={"width": 360, "height": 740})
    start_conversation(page, scripted_space)
    end_answer(page, scripted_space, "dire " + "ligne\\n\\n" * 40)
    for _ in range(2):
        page.wait_for_function(
            """() => {
              const composer = document.querySelector("[data-composer]").getBoundingClientRect();
              const messages = document.querySelector("[data-turns]").getBoundingClientRect();
              return Math.abs(composer.bottom - innerHeight) < 2 && Math.abs(messages.bottom - composer.top) < 2;
            }"""
        )
        page.reload()  # a conversation opens at its end


def test_reader_above_the_end_is_left_there(page: Page, scripted_space: ScriptedSpace) -> None:
    start_conversation(page, scripted_space)
    scripted_space.send_commands("dire " + "ligne\\n\\n" * 60)
    expect(find_last_answer(page).locator("p").nth(50)).to_be_attached()
    page.evaluate("scrollTo({top: 100, behavior: 'instant'})")
    page.wait_for_function("scrollY === 100")
    scripted_space.send_commands("dire fin")
    expect(find_last_answer(page)).to_contain_text("fin")
    assert abs(page.evaluate("scrollY") - 100) < 5
    end_answer(page, scripted_space)


def test_conversation_is_done_with_keys_alone(page: Page, scripted_space: ScriptedSpace) -> None:
    start_conversation(page, scripted_space)
    scripted_space.send_commands("dire a")
    expect_words(page, "[0] a")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-stop-answer]')"):
            break
    page.keyboard.press("Enter")
    expect(find_last_answer(page)).to_have_attribute("data-status", "stopped")
    expect(page.locator("#message")).to_be_focused()


@pytest.mark.parametrize("is_live", [False, True])
def test_pages_of_conversations_have_no_faults(page: Page, scripted_space: ScriptedSpace, is_live: bool) -> None:
    start_conversation(page, scripted_space, "Bonjour " + "sans-espace" * 12)
    scripted_space.send_commands(
        "dire Un [lien](https://example.org), `du code`.\\n\\n```python\\nprint('" + "x" * 200 + "')\\n```\\n"
    )
    expect(find_last_answer(page).locator("pre")).to_be_attached()
    if not is_live:
        end_answer(page, scripted_space)
    assert find_page_faults(page) == []
    if not is_live:
        address = page.url.partition("?")[0]
        for other in (NEW_CONVERSATION_PATH, f"{address}/supprimer"):
            page.goto(other)
            assert find_page_faults(page) == []


def test_unsent_message_stays_over_a_visit_of_another_page(page: Page, scripted_space: ScriptedSpace) -> None:
    start_conversation(page, scripted_space)
    end_answer(page, scripted_space, "dire a")
    page.locator("#message").fill("pas encore")
    page.get_by_role("link", name="Voir l’essai").click()
    expect(page.locator("#essai")).to_be_visible()
    page.go_back()
    expect(page.locator("#message")).to_have_value("pas encore")
    press_enter(page, scripted_space)
    end_answer(page, scripted_space, "dire b")
    page.reload()
    expect(page.locator("#message")).to_have_value("")
    page.goto(NEW_CONVERSATION_PATH)
    expect(page.locator("#message")).to_have_value("")  # the first message was typed here, and has been sent


def test_answer_leads_to_the_code_of_its_call(page: Page, scripted_space: ScriptedSpace) -> None:
    start_conversation(page, scripted_space, "codons")
    end_answer(page, scripted_space, "dire a")
    page.get_by_role("link", name="Le code de cet appel").click()
    expect(page.locator(".run-code pre").first).to_contain_text("codons")


def test_conversation_without_scripts(
    scripted_space: ScriptedSpace, chat_site: SiteProcess, open_student_page: OpenStudentPage
) -> None:
    page = open_student_page(chat_site, java_script_enabled=False)
    page.goto(NEW_CONVERSATION_PATH)
    begun = scripted_space.fetch_state()["begun"]
    page.locator("#message").fill("Bonjour")
    page.get_by_role("button", name="Envoyer").click()
    scripted_space.wait_until(lambda state: state["begun"] > begun)
    expect(page.locator("#message")).to_be_hidden()  # the page reloads itself, and would lose what is typed
    scripted_space.send_commands("dire Début")
    expect_words(page, "[0] Début")
    page.get_by_role("button", name="Arrêter la réponse").click()
    expect(find_last_answer(page)).to_have_attribute("data-status", "stopped")
    expect(page.locator("#message")).to_be_visible()
    scripted_space.wait_until_idle()


def test_conversation_is_resumed_after_the_site_restarts(
    browser: Browser, scripted_space: ScriptedSpace, open_student_page: OpenStudentPage, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        with run_sites_for(scripted_space, tmp_path) as (site,):
            page = open_student_page(site)
            start_conversation(page, scripted_space)
            end_answer(page, scripted_space, "dire a")
        port = int(site.url.rpartition(":")[2])
        stack.enter_context(run_site(tmp_path / "again", tmp_path / "instance", port=port))
        page.reload()
        expect_words(page, "[0] a")
        send_message(page, scripted_space, "encore")
        end_answer(page, scripted_space, "dire b")
        expect_words(page, "[1] b")


def test_space_that_dies_in_the_middle_keeps_what_came_and_is_told_again(
    browser: Browser, open_student_page: OpenStudentPage, tmp_path: Path
) -> None:
    port = find_free_port()
    with ExitStack() as stack:
        first = stack.enter_context(run_scripted_space(tmp_path / "first", PROGRAM, port))
        (site,) = stack.enter_context(run_sites_for(first, tmp_path / "sites"))
        page = open_student_page(site)
        start_conversation(page, first, "retiens ceci")
        end_answer(page, first, "dire oui")
        send_message(page, first, "et ceci")
        first.send_commands("dire Le déb")
        expect_words(page, "[1] Le déb")
        first.send_commands("mourir")
        expect(find_last_answer(page)).to_have_attribute("data-status", "failed")
        expect_words(page, "[1] Le déb")
        expect(find_last_answer(page).locator("[data-error]")).to_be_visible()
        second = stack.enter_context(run_scripted_space(tmp_path / "second", PROGRAM, port))
        page.locator("#message").fill("alors ?")
        page.locator("#message").press("Enter")
        second.wait_until(lambda state: state["begun"] == 1)
        second.send_commands("dire rejoué", "finir")
        second.wait_until(lambda state: state["begun"] == 2)
        end_answer(page, second, "dire b")
        expect_words(page, "[1] b")
        expect(find_last_answer(page)).to_contain_text("lui a été renvoyé")
