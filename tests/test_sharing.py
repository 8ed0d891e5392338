"""What a search or a page that links to the course finds; where a reader reports a mistake."""

from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from flask import Flask

from hfcourse.lessons import library
from tests.support.clients import BrowserClient

LESSON = "/lecons/3-2-compte-et-jeton"
PRACTICE = "/espaces/hfcourse/entrainement"
PUBLIC_PAGES = ["/", LESSON, "/glossaire", "/depannage", "/imprimer", "/espaces/", PRACTICE, "/discussion", "/et-si/"]
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def meta(page, name: str) -> str:
    found = page.select_one(f"meta[name='{name}'], meta[property='{name}']")
    return str(found["content"]) if found else ""


@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_a_page_says_what_it_is_about(student: BrowserClient, path: str) -> None:
    page = student.open_page(path)
    assert 50 <= len(meta(page, "description")) <= 200
    assert meta(page, "og:description") == meta(page, "description")
    assert page.title is not None
    assert meta(page, "og:title") == page.title.get_text().removesuffix(" · hfcourse")
    assert meta(page, "og:locale") == "fr_FR"
    assert meta(page, "og:type") == ("article" if path == LESSON else "website")


def test_no_two_pages_say_the_same(student: BrowserClient, app: Flask) -> None:
    with app.app_context():
        lessons = [f"/lecons/{lesson.slug}" for lesson in library.get_lessons()]
    paths = [*lessons, *(path for path in PUBLIC_PAGES if path != LESSON)]
    said = [meta(student.open_page(path), "description") for path in paths]
    assert len(set(said)) == len(paths)


def test_what_is_a_visitors_own_is_not_shared(student: BrowserClient) -> None:
    assert student.open_page("/essais/").select("meta[property^='og:']") == []


def test_the_sitemap_lists_pages_that_are_there(app: Flask, student: BrowserClient) -> None:
    answer = student.client.get("/sitemap.xml", base_url="https://cours.localhost/")
    assert answer.mimetype == "application/xml"
    listed = ElementTree.fromstring(answer.data)
    addresses = [str(each.text) for each in listed.iter(f"{SITEMAP}loc")]
    assert f"https://cours.localhost{LESSON}" in addresses
    for address in addresses:
        student.open_page(address.removeprefix("https://cours.localhost"))
    with app.app_context():
        reviewed = [lesson.front.reviewed for lesson in library.get_lessons()]
    assert [each.text for each in listed.iter(f"{SITEMAP}lastmod")] == [day.isoformat() for day in reviewed if day]


def test_search_engines_keep_out_of_what_is_a_visitors_own(student: BrowserClient) -> None:
    answer = student.client.get("/robots.txt", base_url="https://cours.localhost/")
    assert answer.mimetype == "text/plain"
    assert answer.text.splitlines() == [
        "User-agent: *",
        "Disallow: /essais/",
        "Disallow: /discussion/",
        "Disallow: /recherche",
        "Disallow: /metriques",
        "Sitemap: https://cours.localhost/sitemap.xml",
    ]


@pytest.mark.parametrize("path", ["/sitemap.xml", "/robots.txt"])
def test_sitemap_and_robots_set_no_cookie(student: BrowserClient, path: str) -> None:
    assert "Set-Cookie" not in student.client.get(path).headers


def test_a_mistake_is_reported_by_mail(app: Flask, student: BrowserClient) -> None:
    assert student.open_page(LESSON).select(".report-link") == []
    app.config["REPORT_TO"] = "prof@ecole.example"
    link = student.open_page(LESSON).select_one(".report-link a")
    assert link is not None
    address, _, subject = str(link["href"]).partition("?subject=")
    assert address == "mailto:prof@ecole.example"
    assert unquote(subject) == "Erreur dans la leçon 3.2 (3-2-compte-et-jeton)"


def test_error_report_links_to_the_issue_page(app: Flask, student: BrowserClient) -> None:
    app.config["REPORT_TO"] = "https://git.example/cours/issues"
    link = student.open_page(LESSON).select_one(".report-link a")
    assert link is not None
    assert link["href"] == "https://git.example/cours/issues"
