"""A form tried in a lesson, in a browser: opened, sent, refused, followed, stopped, left and come back to."""

import itertools
import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.accessibility import find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.support.samples import make_image
from tests.support.site_process import WAKE_TIMEOUT_SECONDS, SiteProcess

LESSON = "/lecons/3-3-tester-un-space"
WAKE_MS = WAKE_TIMEOUT_SECONDS * 1000
ALL_IDS = "() => [...document.querySelectorAll('[id]')].map(({id}) => id)"
BREAK_UPLOADS = """() => {
  window.kept = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function () { this.onerror(); };
}"""
FOCUSED = "() => document.activeElement.textContent"


def block_of(page: Page, endpoint: str) -> Locator:
    """The card of this endpoint in the lesson on show."""
    return page.locator("section.try-it").filter(has=page.locator("h3", has_text=f"/{endpoint}"))


def opened(page: Page, endpoint: str, lesson: str = LESSON) -> Locator:
    """The card, with its form."""
    if lesson not in page.url:
        page.goto(lesson)
    block = block_of(page, endpoint)
    block.get_by_role("button", name="Essayer ici").click()
    expect(block.locator("form[data-endpoint]")).to_be_visible()
    return block


def fill(block: Locator, **values: str) -> None:
    for name, text in values.items():
        block.locator(f"[name=arg-{name}]").fill(text)


def send(block: Locator, **values: str) -> None:
    fill(block, **values)
    block.locator("form .form-actions").get_by_role("button", name="Lancer l’essai").click()


def expect_status(block: Locator, status: str) -> None:
    expect(block.locator(".try-result:not(.try-result--previous) article[data-run]")).to_have_attribute(
        "data-status", status
    )


def answered(page: Page) -> Locator:
    """A block that shows an answer."""
    block = opened(page, "saluer")
    send(block, prenom="Awa")
    expect_status(block, "succeeded")
    return block


def expect_focus(page: Page, words: str) -> None:
    page.wait_for_function(f"(words) => ({FOCUSED})().includes(words)", arg=words)


# --- from the closed block to the answer


def test_an_opened_lesson_wakes_nobody_and_a_block_waits_until_the_space_is_awake(
    sleeping_site: SiteProcess, open_student_page: OpenStudentPage
):
    page = open_student_page(sleeping_site)
    page.goto(LESSON)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_load_state("networkidle")
    assert "Endormi" in sleeping_site.fetch_page("/espaces/")
    block = block_of(page, "saluer")
    block.get_by_role("button", name="Essayer ici").click()
    expect(block.locator("[data-error='space-sleeping']")).to_be_visible()
    expect(block).to_contain_text("Ce cadre se met à jour seul")
    assert find_page_faults(page) == []
    expect(block.locator("form[data-endpoint='/saluer']")).to_be_visible(timeout=WAKE_MS)
    expect(block.get_by_role("status")).to_contain_text("Le Space est réveillé")
    send(block, prenom="Zoé")
    expect(block.locator("[data-output]")).to_contain_text("Bonjour Zoé")
    assert page.url.endswith(LESSON)


def test_the_answer_stands_in_the_lesson_and_leads_to_the_page_of_the_run(page: Page):
    block = opened(page, "saluer")
    expect_focus(page, "Saluer")
    expect(block.get_by_role("status").first).to_have_text("Le formulaire est là.")
    send(block, prenom="Awa")
    expect(block.locator("[data-output='0']")).to_contain_text("Bonjour Awa")
    expect_focus(page, "Essai réussi")
    expect(block.locator(".run-status")).to_have_attribute("aria-live", "polite")
    expect(page.locator("h1")).to_have_count(1)
    assert page.url.endswith(LESSON)
    assert page.title().startswith("3.3")
    block.get_by_role("link", name="Reprendre ces valeurs").click()
    expect_focus(page, "Saluer")
    expect(block.get_by_label("Prénom")).to_have_value("Awa")
    send(block, prenom="Noé")
    expect(block.locator("[data-output='0']").first).to_contain_text("Bonjour Noé")
    block.get_by_role("link", name="Ouvrir la page de cet essai").first.click()
    expect(page).to_have_url(re.compile("/essais/[^/]+$"))
    expect(page.locator("[data-output='0']")).to_contain_text("Bonjour Noé")


def test_a_value_is_changed_and_its_answer_stands_beside_the_one_before(page: Page):
    block = answered(page)
    expect(block.get_by_label("Prénom")).to_have_value("Awa")
    expect(block.locator("[data-sent]")).to_have_text(
        re.compile("^Envoyé\u00a0: Prénom\u00a0: Awa · Tutoyer\u00a0: oui$")
    )
    for name in ("Noé", "Zoé"):
        send(block, prenom=name)
        expect(block.locator(".try-result").first.locator("[data-output='0']")).to_contain_text(f"Bonjour {name}")
    latest, former = block.locator(".try-result").all()
    expect(latest.get_by_text("Réponse précédente")).to_be_hidden()
    expect(former.get_by_text("Réponse précédente")).to_be_visible()
    expect(former.locator("[data-sent]")).to_contain_text("Noé")
    expect(former.locator("[data-output='0']")).to_contain_text("Bonjour Noé")
    (left, right) = (each.bounding_box() for each in (latest, former))
    assert left
    assert right
    assert left["y"] == pytest.approx(right["y"], abs=2)
    assert left["x"] < right["x"]
    ids = page.evaluate(ALL_IDS)
    assert len(ids) == len(set(ids))
    assert find_page_faults(page) == []
    former.get_by_role("link", name="Reprendre ces valeurs").click()
    expect(block.get_by_label("Prénom")).to_have_value("Noé")
    expect(block.locator(".try-result")).to_have_count(2)


def unfold(answer: Locator, title: str) -> None:
    """Open a folded part with the keyboard."""
    summary = answer.locator("summary", has_text=title)
    summary.focus()
    answer.page.keyboard.press("Enter")
    expect(summary).to_be_in_viewport()


@pytest.mark.parametrize("width", [1280, 360])
def test_code_and_trace_unfold_in_place_for_everybody(
    site: SiteProcess, open_student_page: OpenStudentPage, width: int
):
    page = open_student_page(site, viewport={"width": width, "height": 900})
    block = opened(page, "saluer")
    send(block, prenom="Awa")
    expect_status(block, "succeeded")
    send(block, prenom="Noé $HOME")
    expect(block.locator(".try-result").first.locator("[data-output='0']")).to_contain_text("Bonjour Noé")
    expect_status(block, "succeeded")
    for answer in block.locator(".try-result").all():
        unfold(answer, "Le code de cet appel")
        unfold(answer, "Sous le capot")
        expect(answer.locator("[data-trace-state=stored] .flow-step[data-lane=space]").first).to_be_visible()
    latest, former = block.locator(".try-result [data-run-code]").all()
    expect(latest.locator("pre[data-lang=python]")).to_contain_text('prenom="Noé $HOME"')
    expect(former.locator("pre[data-lang=python]")).to_contain_text('prenom="Awa"')
    latest.get_by_role("radio", name="cURL").check()
    expect(latest.locator("pre[data-lang=curl]")).to_contain_text("/gradio_api/call/")
    expect(latest.locator("pre[data-lang=python]")).to_be_hidden()
    ids = page.evaluate(ALL_IDS)
    assert len(ids) == len(set(ids))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert find_page_faults(page) == []
    assert page.url.endswith(LESSON)


def test_a_part_that_arrives_late_does_not_push_the_focus_out_of_the_window(
    site: SiteProcess, open_student_page: OpenStudentPage
):
    page = open_student_page(site, viewport={"width": 360, "height": 740})
    block = answered(page)
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    page.route("**/code", hold)
    with page.expect_request("**/code"):
        unfold(block.locator(".try-result"), "Le code de cet appel")
    unfold(block.locator(".try-result"), "Sous le capot")
    expect(block.locator("[data-trace-state=stored]")).to_be_visible()
    for route in late:
        route.continue_()
    expect(block.locator("[data-run-code] pre").first).to_be_attached()
    expect(block.locator("summary", has_text="Sous le capot")).to_be_in_viewport()


def test_the_workshop_opens_with_the_values_of_an_answer_and_back_finds_the_lesson_again(page: Page):
    block = answered(page)
    block.get_by_role("link", name="Ouvrir dans l’atelier").click()
    expect(page).to_have_url(re.compile(r"/espaces/hfcourse/entrainement\?endpoint=/saluer&essai="))
    expect(page.get_by_label("Prénom")).to_have_value("Awa")
    expect(page.locator("#reponse [data-output='0']")).to_contain_text("Bonjour Awa")
    page.go_back()
    expect(block.locator("[data-output='0']")).to_contain_text("Bonjour Awa")
    unfold(block.locator(".try-result"), "Sous le capot")
    expect(block.locator("[data-trace-state=stored]")).to_be_visible()


def test_a_part_that_cannot_be_loaded_leaves_its_link(page: Page):
    page.route("**/code", lambda route: route.fulfill(status=503))
    block = answered(page)
    unfold(block.locator(".try-result"), "Le code de cet appel")
    block.get_by_role("link", name="Voir cet appel en six langages").click()
    expect(page).to_have_url(re.compile(r"/essais/[\w-]+#code-[\w-]+$"))
    expect(page.locator(".run-code pre[data-lang=python]")).to_be_visible()


def test_an_example_of_the_space_fills_the_form_in_place(page: Page):
    block = opened(page, "saluer")
    block.locator(".examples a", has_text="Awa").click()
    expect(block.get_by_label("Prénom")).to_have_value("Awa")
    assert page.url.endswith(LESSON)


def test_two_blocks_are_two(page: Page):
    first, second = opened(page, "compter"), opened(page, "calculer")
    send(first, jusqua="12", pause="0,4")
    expect_status(first, "running")
    send(second, a="12", b="4")
    expect(second.locator("[data-output='0']")).to_contain_text("3")
    ids = page.evaluate(ALL_IDS)
    assert len(ids) == len(set(ids))
    expect_status(first, "succeeded")
    expect(first.locator("[data-output='0']")).to_contain_text("12\u202f!")
    expect(second.locator("[data-output='0']")).to_contain_text("3")
    ids = page.evaluate(ALL_IDS)
    assert len(ids) == len(set(ids))


def test_a_label_leads_to_the_field_of_its_own_block(page: Page):
    first, second = opened(page, "saluer"), opened(page, "calculer")
    second.locator("label", has_text="Nombre a").click()
    expect(second.locator("[name=arg-a]")).to_be_focused()
    first.locator("label", has_text="Prénom").click()
    expect(first.locator("[name=arg-prenom]")).to_be_focused()


def test_a_file_is_sent_and_a_picture_comes_back(page: Page):
    block = opened(page, "filtrer", "/lecons/3-1-presentation")
    block.locator("[name=arg-image]").set_input_files(
        {"name": "rouge.png", "mimeType": "image/png", "buffer": make_image("red")}
    )
    send(block)
    expect(block.locator("[data-output='0'] img")).to_be_visible()
    block.get_by_role("link", name="Reprendre ces valeurs").click()
    expect(block.get_by_text("Déjà reçu")).to_contain_text("rouge.png")
    send(block)
    expect(block.locator("[data-output='0'] img")).to_have_count(2)
    expect(block.locator("[data-output='0'] img").first).to_be_visible()


def test_folded_and_unfolded_it_is_as_before(page: Page):
    block = opened(page, "saluer")
    fill(block, prenom="Awa")
    block.get_by_role("button", name="Refermer").click()
    expect(block.locator("form")).to_be_hidden()
    expect(block.get_by_role("button", name="Essayer ici")).to_be_focused()
    block.get_by_role("button", name="Essayer ici").click()
    expect(block.get_by_label("Prénom")).to_have_value("Awa")


# --- what goes wrong


def test_a_refused_form_says_why_in_place_and_loses_nothing(page: Page):
    block = opened(page, "calculer")
    send(block, a="douze", b="3")
    expect(block.locator("[data-error='invalid-input']")).to_be_focused()
    expect(block.locator("[name=arg-a]")).to_have_value("douze")
    expect(block.locator("[name=arg-a]")).to_have_attribute("aria-invalid", "true")
    send(block, a="12")
    expect(block.locator("[data-output='0']")).to_contain_text("4")


def test_an_error_of_the_space_is_told_in_place(page: Page):
    block = opened(page, "calculer")
    send(block, b="0")
    expect_status(block, "failed")
    expect(block.locator("[data-error='space-error']")).to_contain_text("diviser par zéro")
    block.get_by_role("link", name="Reprendre ces valeurs").click()
    expect(block.locator("[name=arg-b]")).to_have_value("0")


def test_a_site_that_does_not_answer_loses_nothing(page: Page):
    block = opened(page, "saluer")
    page.evaluate(BREAK_UPLOADS)
    send(block, prenom="Awa")
    expect(block.locator("[data-error='connection-lost']")).to_be_focused()
    expect(block.locator("[data-error='connection-lost']")).to_contain_text("Ce que vous avez saisi est encore là")
    page.evaluate("() => { XMLHttpRequest.prototype.send = window.kept; }")
    expect(block.get_by_label("Prénom")).to_have_value("Awa")
    send(block)
    expect(block.locator("[data-output='0']")).to_contain_text("Bonjour Awa")
    expect(block.locator("[data-error]")).to_have_count(0)


def test_an_answer_without_a_form_stands_above_the_one_that_was_typed(page: Page):
    block = opened(page, "saluer")
    body = '<section class="error-panel"><p data-error="413">C’est trop gros.</p></section>'
    page.route("**/essais", lambda route: route.fulfill(status=413, content_type="text/html; charset=utf-8", body=body))
    for _ in range(2):
        send(block, prenom="Awa")
        expect(block.locator("[data-error='413']")).to_be_focused()
        expect(block.locator("[data-error]")).to_have_count(1)
        expect(block.get_by_label("Prénom")).to_have_value("Awa")


def test_without_its_script_the_block_leads_to_the_page(page: Page):
    broken = "throw new Error('broken')"
    page.route("**/js/try/panels.js*", lambda route: route.fulfill(content_type="text/javascript", body=broken))
    page.goto(LESSON)
    block_of(page, "calculer").get_by_role("button", name="Essayer ici").click()
    expect(page).to_have_url(re.compile(r"/espaces/hfcourse/entrainement\?endpoint=/calculer$"))
    expect(page.locator("form[data-endpoint='/calculer']")).to_be_visible()


# --- a run that goes on


def test_a_run_is_stopped_in_place(page: Page):
    block = opened(page, "compter")
    send(block, jusqua="20", pause="2")
    expect(block.locator("[data-output='0']")).to_contain_text("1…")
    block.get_by_role("button", name="Arrêter").click()
    expect_status(block, "stopped")
    expect_focus(page, "Essai arrêté")
    expect(block.locator("[data-output='0']")).to_contain_text("1…")
    assert page.url.endswith(LESSON)


def test_without_a_stream_it_asks(page: Page):
    page.route("**/flux*", lambda route: route.fulfill(status=204))
    block = opened(page, "compter")
    send(block, jusqua="6", pause="0,5")
    expect(block.locator("[data-output='0']")).to_contain_text("6\u202f!")
    expect_status(block, "succeeded")


def test_a_run_that_was_deleted_elsewhere_gives_the_form_back(page: Page):
    page.route("**/flux*", lambda route: route.fulfill(status=204))
    block = opened(page, "compter")
    send(block, jusqua="20", pause="2")
    expect_status(block, "running")
    other = page.context.new_page()
    other.goto(f"/essais/{block.locator('article').get_attribute('data-run')}")
    other.get_by_role("link", name="Supprimer l’essai").click()
    other.get_by_role("button", name="Supprimer l’essai").click()
    expect(other.get_by_role("status")).to_be_visible()
    page.bring_to_front()
    expect(block.locator("form[data-endpoint]")).to_be_visible()
    expect(block.get_by_role("status").first).to_have_text("Cet essai n’existe plus.")
    expect(block.locator(".try-result")).to_have_count(0)


def test_what_is_read_below_stays_where_it_is_while_the_answer_grows(page: Page):
    block = opened(page, "compter")
    send(block, jusqua="20", pause="0,1")
    expect_status(block, "running")
    below = page.locator("#ce-que-nous-utiliserons")
    below.evaluate("element => element.scrollIntoView({block: 'center', behavior: 'instant'})")
    before = below.evaluate("element => element.getBoundingClientRect().top")
    expect_status(block, "succeeded")
    assert below.evaluate("element => element.getBoundingClientRect().top") == pytest.approx(before, abs=2)


def count_listeners(page: Page) -> int:
    """Count the event listeners that the page keeps alive."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return next(int(each["value"]) for each in metrics if each["name"] == "JSEventListeners")


def test_ten_runs_in_one_lesson_leave_no_listener_and_no_stream_behind(page: Page):
    streams: list[str] = []
    followed: list[str] = []  # a run that succeeds at once is shown without a stream
    for urls in (streams, followed):
        page.on("request", lambda request, urls=urls: urls.append(request.url) if "/flux" in request.url else None)
    page.on("requestfinished", lambda request: "/flux" in request.url and streams.remove(request.url))
    page.on("requestfailed", lambda request: "/flux" in request.url and streams.remove(request.url))
    block = opened(page, "saluer")
    counts: list[tuple[int, int]] = []
    for number in range(10):
        followed_before = len(followed)
        send(block, prenom=f"Awa {number}")
        expect(block.locator(".try-result").first.locator("[data-output='0']")).to_contain_text(f"Bonjour Awa {number}")
        expect_status(block, "succeeded")
        counts.append((len(followed) - followed_before, count_listeners(page)))
    expect(block.locator(".try-result")).to_have_count(2)
    # Two answers are shown, and one that was followed has more listeners than another: compare like with like.
    first: dict[tuple[int, int], int] = {}
    for (before, _), (latest, listeners) in itertools.pairwise(counts):
        assert listeners <= first.setdefault((before, latest), listeners), counts
    assert len(streams) <= 1, "that of the latest run may not have ended"


# --- left and come back to, on paper, on the wall


def test_who_comes_back_finds_the_answer_and_what_was_typed(page: Page):
    block = answered(page)
    fill(block, prenom="Inès")
    fill(opened(page, "discuter"), message="Qu’est-ce qu’un jeton ?")
    block.get_by_role("link", name="Ouvrir la page de cet essai").click()
    expect(page).to_have_url(re.compile("/essais/"))
    page.go_back()
    for _ in range(2):
        expect(block.locator("[data-output='0']")).to_contain_text("Bonjour Awa")
        expect(block.get_by_label("Prénom")).to_have_value("Inès")
        expect(block_of(page, "discuter").locator("[name=arg-message]")).to_have_value("Qu’est-ce qu’un jeton ?")
        page.reload()
    page.goto("/")
    page.goto(LESSON)  # a new visit begins with closed blocks
    expect(block.get_by_role("button", name="Essayer ici")).to_be_visible()
    expect(page.locator(".try-panel")).to_have_count(0)


def test_on_paper_a_block_is_its_words(page: Page):
    block = answered(page)
    page.emulate_media(media="print")
    expect(block.locator(".try-panel")).to_be_hidden()
    expect(block.get_by_text("Saisissez un prénom")).to_be_visible()
    expect(block.get_by_role("button")).to_have_count(0)


def test_on_the_wall_of_a_classroom_it_is_tried_too(site: SiteProcess, open_student_page: OpenStudentPage):
    page = open_student_page(site, viewport={"width": 1280, "height": 720})
    page.goto(f"{LESSON}/projeter#tester-un-space")
    block = block_of(page, "saluer")
    block.get_by_role("button", name="Essayer ici").click()
    block.get_by_label("Prénom").fill("Awa")
    for key in ("ArrowRight", "PageDown", "Escape"):
        page.keyboard.press(key)
    expect(block.get_by_label("Prénom")).to_have_value("Awa")
    page.keyboard.press("Enter")
    expect(block.locator("[data-output='0']")).to_contain_text("Bonjour Awa")
    assert page.url.endswith("/projeter#tester-un-space")
    assert find_page_faults(page) == []


# --- for everybody


@pytest.fixture
def in_each_state(page: Page) -> Page:
    """A lesson whose blocks show an answer, an error, a run in progress, a form that is refused."""
    answered(page)
    send(opened(page, "calculer"), a="douze")
    expect(page.locator("[aria-invalid=true]")).to_be_visible()
    running = opened(page, "compter")
    send(running, jusqua="20", pause="2")
    expect(running.locator("[data-output='0']")).to_be_visible()
    return page


def test_an_open_block_is_for_everybody_in_each_state(in_each_state: Page):
    assert find_page_faults(in_each_state) == []
    send(block_of(in_each_state, "calculer"), a="1", b="0")
    expect_status(block_of(in_each_state, "calculer"), "failed")
    opened(in_each_state, "discuter")
    assert find_page_faults(in_each_state) == []


def test_the_headings_of_an_answer_stand_under_those_of_the_lesson(page: Page):
    answered(page)
    found = page.locator("main :is(h1, h2, h3, h4, h5)").evaluate_all(
        "all => all.map((each) => Number(each.localName[1]))"
    )
    assert found.count(1) == 1
    assert 4 in found
    assert all(after <= before + 1 for before, after in itertools.pairwise(found))
