"""Reading the course in a browser: from lesson to lesson, theme, code."""

import re

from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenStudentPage
from tests.support.site_process import SiteProcess

CODE = "/lecons/3-3-tester-un-space"
LESSONS = ("3.1", "3.2", "3.3", "3.4")


def test_the_course_reads_from_the_first_lesson_to_the_last_and_back(reader_page: Page):
    reader_page.goto("/")
    reader_page.get_by_role("link", name="Commencer la leçon 3.1").click()
    for number in LESSONS:
        expect(reader_page.get_by_role("heading", level=1)).to_contain_text(number)
        reader_page.locator(".pager a.next").click()
    expect(reader_page).to_have_url(re.compile("/espaces/$"))
    reader_page.goto("/lecons/3-4-mini-chatbot")
    for number in reversed(LESSONS):
        expect(reader_page.get_by_role("heading", level=1)).to_contain_text(number)
        reader_page.locator(".pager a").first.click()
    expect(reader_page).to_have_url(re.compile("/#cours$"))


def test_the_list_of_lessons_leads_to_each(reader_page: Page):
    reader_page.goto("/")
    titles = reader_page.locator(".syllabus h3 a").all_inner_texts()
    assert len(titles) == len(LESSONS)
    for title in titles:
        reader_page.goto("/")
        reader_page.locator(".syllabus").get_by_role("link", name=title).click()
        expect(reader_page.get_by_role("heading", level=1)).to_contain_text(title)


def test_the_contents_lead_to_every_section(reader_page: Page):
    reader_page.goto(CODE)
    contents = reader_page.get_by_role("navigation", name="Dans cette leçon")
    for link in contents.get_by_role("link").all():
        link.click()
        anchor = (link.get_attribute("href") or "").removeprefix("#")
        expect(reader_page).to_have_url(re.compile(f"#{re.escape(anchor)}$"))
        expect(reader_page.locator(f"[id='{anchor}']")).to_be_in_viewport()


def test_the_contents_say_which_section_is_being_read(page: Page):
    page.goto(CODE)
    contents = page.get_by_role("navigation", name="Dans cette leçon")
    here = contents.locator("[aria-current=true]")
    expect(here).to_have_count(0)
    titles = [link.inner_text() for link in contents.get_by_role("link").all()]
    for title in (titles[2], titles[-1], titles[0]):
        page.locator(".prose > h2", has_text=title).evaluate("title => title.scrollIntoView()")
        expect(here).to_have_text(title)


def test_the_contents_are_folded_above_the_text_on_a_telephone(site: SiteProcess, open_student_page: OpenStudentPage):
    phone = open_student_page(site, viewport={"width": 360, "height": 740})
    phone.goto(CODE)
    contents = phone.get_by_role("navigation", name="Dans cette leçon")
    expect(contents.get_by_role("link").first).to_be_hidden()
    contents.get_by_text("Dans cette leçon").click()
    expect(contents.get_by_role("link").first).to_be_visible()


def test_a_lesson_leads_to_the_form_of_the_endpoint_it_speaks_of(site: SiteProcess, open_student_page: OpenStudentPage):
    reader = open_student_page(
        site, java_script_enabled=False
    )  # with scripts it comes into the lesson: see test_try_it.py
    reader.goto(CODE)
    reader.locator("section.try-it", has_text="/calculer").get_by_role("link", name="Ouvrir le formulaire").click()
    expect(reader.locator("form[data-endpoint='/calculer']")).to_be_visible()


def test_the_chosen_theme_lasts_and_the_server_renders_it(page: Page):
    page.goto("/")
    expect(page.locator("html")).not_to_have_attribute("data-theme", re.compile("."))
    page.get_by_role("button", name="Changer de thème").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    answer = page.goto("/espaces/")
    assert answer is not None
    assert '<html lang="fr" data-theme="dark">' in answer.text()
    page.get_by_role("button", name="Changer de thème").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_what_needs_a_script_is_not_shown_without_it(site: SiteProcess, open_student_page: OpenStudentPage):
    page = open_student_page(site, java_script_enabled=False)
    page.goto(CODE)
    expect(page.get_by_role("button", name="Changer de thème")).to_be_hidden()
    expect(page.locator("[data-copy]").first).to_be_hidden()


def test_copying_gives_the_code_of_the_language_on_show(page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(CODE)
    block = page.locator(".code", has=page.get_by_role("group", name="Ce qui change"))
    for language, words in (("Python", "client.predict(name="), ("JavaScript", "await client.predict")):
        block.get_by_role("radio", name=language).check()
        block.locator("[data-copy]").click()
        expect(block.locator("[data-copy]")).to_contain_text("Copié")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert words in copied
        assert copied.strip() == block.locator("pre:visible").inner_text().strip()


def test_the_language_of_code_is_remembered(page: Page):
    page.goto(CODE)
    page.get_by_role("radio", name="cURL").first.check()
    page.reload()
    expect(page.get_by_role("radio", name="cURL").first).to_be_checked()


def test_a_page_that_does_not_exist_says_so_and_leads_back(reader_page: Page):
    answer = reader_page.goto("/lecons/9-9-rien")
    assert answer is not None
    assert answer.status == 404
    expect(reader_page.locator("[data-error]")).to_contain_text("Cette page n’existe pas")
    reader_page.get_by_role("link", name="Revenir au cours").click()
    expect(reader_page.get_by_role("heading", level=1)).to_contain_text("Lire une idée")


def test_the_skip_link_comes_first_and_leads_to_the_text(page: Page):
    page.goto(CODE)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_word_shows_its_definition_in_place_by_mouse_and_keyboard(page: Page):
    page.goto("/lecons/3-2-compte-et-jeton")
    word = page.locator("a.term").first
    definition = page.locator(f"#terme-{(word.get_attribute('href') or '').partition('#')[2]}")
    expect(definition).to_be_hidden()
    word.click()
    expect(definition).to_be_visible()
    expect(definition).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(definition).to_be_hidden()
    expect(word).to_be_focused()
    page.keyboard.press("Enter")
    expect(definition).to_be_focused()
    page.mouse.click(1200, 10)
    expect(definition).to_be_hidden()


def test_a_word_shows_its_definition_on_a_telephone(site: SiteProcess, open_student_page: OpenStudentPage):
    phone = open_student_page(site, viewport={"width": 360, "height": 740}, has_touch=True)
    phone.goto("/lecons/3-2-compte-et-jeton")
    for word in phone.locator("a.term").all()[:3]:
        word.tap()
        definition = phone.locator("[popover]:popover-open")
        expect(definition).to_be_in_viewport(ratio=1)
        phone.keyboard.press("Escape")
        expect(definition).to_have_count(0)


def test_without_scripts_a_word_leads_to_its_entry_and_back(site: SiteProcess, open_student_page: OpenStudentPage):
    reader = open_student_page(site, java_script_enabled=False)
    reader.goto("/lecons/3-2-compte-et-jeton")
    word = reader.locator("a.term").first
    anchor = (word.get_attribute("href") or "").partition("#")[2]
    word.click()
    expect(reader).to_have_url(re.compile(f"/glossaire#{anchor}$"))
    expect(reader.locator(f"[id='{anchor}'] dd")).to_be_in_viewport()
    reader.locator(f"[id='{anchor}']").get_by_role("link", name="leçon 3.2").click()
    expect(reader.locator(f"#mot-{anchor}")).to_be_in_viewport()


def test_the_course_is_searched(reader_page: Page):
    reader_page.goto("/lecons/3-1-presentation")
    reader_page.get_by_role("link", name="Rechercher dans le cours").click()
    reader_page.get_by_role("searchbox").fill("cle d'api")
    reader_page.get_by_role("button", name="Chercher").click()
    expect(reader_page.locator(".results mark").first).to_be_visible()
    reader_page.get_by_role("link", name="Créer une clé d’API (Access Token)").click()
    expect(reader_page.locator("#creer-une-cle-d-api-access-token")).to_be_in_viewport()


def test_a_key_leads_to_the_search_box_and_is_a_letter_where_one_types(page: Page):
    page.goto("/lecons/3-1-presentation")
    page.keyboard.press("/")
    box = page.get_by_role("searchbox")
    expect(box).to_be_focused()
    page.keyboard.type("a/b")
    expect(box).to_have_value("a/b")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=a%2Fb"))
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(box).to_be_focused()


def test_search_shortcut_can_be_switched_off_and_on_again(page: Page):
    page.goto("/lecons/3-1-presentation")
    switch = page.get_by_role("button", name="vers la recherche")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.press("Enter")
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("link", name="Rechercher dans le cours")).not_to_have_attribute("aria-keyshortcuts", "/")
    for address in ("/", "/lecons/3-2-compte-et-jeton"):
        page.goto(address)
        expect(switch).to_have_attribute("aria-pressed", "false")
        page.keyboard.press("/")
        page.keyboard.press("Tab")  # handled after the slash, in order
        expect(page).to_have_url(re.compile(f"{address}$"))
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("/")
    page.wait_for_url(re.compile("/recherche"))
    assert not [each for each in page.context.cookies() if each["name"] == "raccourci"]


def test_slash_typed_into_any_field_is_text(page: Page):
    page.goto("/espaces/hfcourse/entrainement?endpoint=/saluer")
    page.locator("[name=arg-prenom]").press("/")
    page.locator("[name=arg-tutoyer]").press("/")
    expect(page).to_have_url(re.compile("endpoint=/saluer"))
    expect(page.locator("[name=arg-prenom]")).to_have_value(re.compile("/"))


def test_on_paper_code_is_whole_and_keeps_the_name_of_its_file(page: Page):
    page.goto("/lecons/3-4-mini-chatbot")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 900})
    cut = "blocks => blocks.filter(each => each.scrollWidth > each.clientWidth).length"
    assert page.locator(".code pre, .figure").evaluate_all(cut) == 0
    expect(page.locator(".code-header").filter(has_text="requirements.txt")).to_be_visible()
