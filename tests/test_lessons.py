"""The lessons, the front page, privacy and patterns, as a browser gets them."""

import gzip
import re
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from hfcourse.lessons import content_checks, library
from hfcourse.runs.store import run_store

FIRST, SECOND, THIRD = "/lecons/3-1-presentation", "/lecons/3-2-compte-et-jeton", "/lecons/3-3-tester-un-space"
FOURTH = "/lecons/3-4-mini-chatbot"
LESSONS = (FIRST, SECOND, THIRD, FOURTH)
PAGES = (*LESSONS, "/", "/imprimer", "/glossaire", "/recherche", "/recherche?q=jeton", "/confidentialite", "/motifs")
FIRST_VISIT_BYTES = 40_000


@pytest.mark.parametrize("address", LESSONS)
def test_a_lesson_has_a_title_a_description_its_length_and_the_day_of_its_review(client: FlaskClient, address: str):
    page = client.get(address).text
    number = address[8:11].replace("-", ".")
    assert f"<title>{number} " in page
    assert f'<h1><span class="margin-label">{number}</span> ' in page
    assert page.count("<h1>") == 1
    assert re.search(r'<meta name="description" content="[^"]{20,}">', page)
    assert re.search(r"<li>Lecture\u00a0: \d+\u00a0min</li>\s*<li>Exercices\u00a0: \d+\u00a0min</li>", page)
    assert re.search(r'Relue le <time datetime="2026-\d\d-\d\d">\d+ \w+ 2026</time>', page)


def test_a_lesson_shows_each_of_its_parts(client: FlaskClient):
    page = client.get(THIRD).text
    for part in (
        'class="lead"',
        "callout callout--note",
        "callout callout--warning",
        'class="edition-note"',
        'class="steps"',
        'lang="en"',
    ):
        assert part in page
    for part in ('data-sync="langage"', 'class="kn"', "<figcaption>", "try-it card", 'class="table"'):
        assert part in page


def test_the_contents_list_leads_to_every_section(client: FlaskClient, app: Flask):
    page = client.get(FIRST).text
    with app.app_context():
        sections = library.get_lesson("3-1-presentation").sections
    assert len(sections) > 3
    for section in sections:
        assert f'<li><a href="#{section.anchor}">' in page
        assert f'<h2 id="{section.anchor}">' in page


def test_lessons_lead_to_each_other(client: FlaskClient):
    first, second, third, fourth = (client.get(address).text for address in LESSONS)
    assert find_related_links(first) == {"next": SECOND}
    assert find_related_links(second) == {"prev": FIRST, "next": THIRD}
    assert find_related_links(third) == {"prev": SECOND, "next": FOURTH}
    assert find_related_links(fourth) == {"prev": THIRD}


def find_related_links(page: str) -> dict[str, str]:
    links = BeautifulSoup(page, "html.parser").select("main a[rel]")
    return {relation: str(link["href"]) for link in links for relation in link["rel"] if relation in ("prev", "next")}


def test_the_header_marks_the_course(client: FlaskClient):
    assert '<a href="/" aria-current="true">Cours</a>' in client.get(FIRST).text


def test_an_unknown_lesson_is_a_404_in_french(client: FlaskClient):
    response = client.get("/lecons/9-9-nulle-part")
    assert response.status_code == 404
    assert "Cette page n’existe pas" in response.text


def test_the_list_of_lessons_is_on_the_front_page(client: FlaskClient):
    response = client.get("/lecons/")
    assert response.status_code == 302
    assert response.location == "/#cours"


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
def test_a_lesson_that_has_not_changed_is_not_sent_again(client: FlaskClient, encoding: str):
    first = client.get(FIRST, headers={"Accept-Encoding": encoding})
    assert first.headers.get("Content-Encoding", "identity") == encoding
    etag = first.headers["ETag"]
    assert not etag.startswith("W/")
    again = client.get(FIRST, headers={"Accept-Encoding": encoding, "If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)


def test_another_theme_is_another_page(client: FlaskClient):
    light = client.get(FIRST)
    client.set_cookie("theme", "dark")
    dark = client.get(FIRST, headers={"If-None-Match": light.headers["ETag"]})
    assert dark.status_code == 200
    assert 'data-theme="dark"' in dark.text
    assert "Cookie" in dark.headers["Vary"]
    assert {"private", "no-cache"} <= set(dark.headers["Cache-Control"].split(", "))


@pytest.mark.parametrize("address", PAGES)
def test_reading_leaves_no_cookie(client: FlaskClient, address: str):
    assert "Set-Cookie" not in client.get(address).headers


@pytest.mark.parametrize("address", PAGES)
def test_a_page_obeys_its_own_content_security_policy(client: FlaskClient, address: str):
    page = client.get(address).text
    assert not re.search(r"<[^>]+\sstyle=|<style|<script(?![^>]*\ssrc=)|<[^>]+\son[a-z]+=", page)


@pytest.mark.parametrize("address", PAGES)
def test_nothing_is_loaded_from_another_host(client: FlaskClient, address: str):
    page = client.get(address).text
    assert not re.search(r'\ssrc="(https?:)?//|<link[^>]+href="(https?:)?//|<img(?![^>]*\ssrc="/static/)', page)


@pytest.mark.parametrize("address", PAGES)
def test_ids_are_unique_and_every_link_in_the_page_has_its_target(client: FlaskClient, address: str):
    page = client.get(address).text
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'(?:href="#|\sfor="|aria-labelledby="|aria-describedby=")([^"]+)"', page)
    assert {one for target in targets for one in target.split()} <= set(ids)


@pytest.mark.parametrize("address", PAGES)
def test_no_link_of_the_site_is_dead(client: FlaskClient, app: Flask, address: str):
    with app.app_context():
        is_page = content_checks.make_page_check(app.url_map.bind(""))
    paths = set(re.findall(r'href="(/[^"#?]*)', client.get(address).text))
    assert [path for path in paths if not is_page(path)] == []


@pytest.mark.parametrize("address", LESSONS)
def test_a_first_visit_weighs_at_most_40_kb(client: FlaskClient, address: str):
    page = client.get(address).text
    weight = len(gzip.compress(page.encode(), 6))
    waiting = re.findall(r'(?:<link rel="stylesheet"\s+href|<script type="module"\s+src)="([^"]+)"', page)
    loaded: set[str] = set()
    while waiting:
        each = waiting.pop()
        if each in loaded:
            continue
        loaded.add(each)
        with client.get(each) as asset:
            weight += len(gzip.compress(asset.data, 6))
            imports = re.findall(r'\b(?:from|import)\s+"([^"]+)"', asset.text) if ".js" in each else []
            waiting += [urljoin(each, name) for name in imports]
    assert any("submissions.js" in each for each in loaded), "what a module imports counts too"
    assert weight <= FIRST_VISIT_BYTES


def test_one_button_at_most_is_the_next_step(client: FlaskClient):
    for address in (*LESSONS, "/"):
        page = BeautifulSoup(client.get(address).data, "html.parser")
        assert (
            len(page.select(".button--primary:not([data-bare])")) <= 1
        )  # those are seen where no script runs, in place of others


def test_behind_a_proxy_the_links_of_a_lesson_keep_the_path_of_the_site(client: FlaskClient):
    page = client.get(SECOND, environ_overrides={"SCRIPT_NAME": "/cours"}).text
    assert 'href="/cours/espaces/hfcourse/entrainement?endpoint=/saluer"' in page
    assert not re.search(r'href="/(?!cours/)', page)


def test_the_front_page_lists_the_lessons_and_invites_to_try(client: FlaskClient):
    page = client.get("/").text
    assert all(f'<a href="{address}">' in page for address in LESSONS)
    assert f'<a class="button button--primary" href="{FIRST}">Commencer la leçon 3.1' in page
    assert "/espaces/hfcourse/entrainement" in page
    assert "Mes derniers essais" not in page


def test_the_front_page_shows_the_latest_runs_of_a_visitor_and_of_nobody_else(client: FlaskClient, app: Flask):
    with app.app_context():
        sent = {"endpoint": "/saluer", "title": "Saluer Awa", "parameters": [], "inputs": {}, "files": []}
        run_id = run_store.create_run("awa", space="hfcourse/entrainement", **sent)
    assert run_id not in client.get("/").text
    with client.session_transaction() as session:
        session["visitor"] = "awa"
    page = client.get("/").text
    assert "Mes derniers essais" in page
    assert "Saluer Awa" in page
    assert f'href="/essais/{run_id}"' in page
    assert "Un premier essai" not in page


def test_the_privacy_page_says_how_long(client: FlaskClient, app: Flask):
    app.config["KEEP_DAYS"] = 17
    page = client.get("/confidentialite").text
    assert "17\u00a0jours" in page
    assert "365\u00a0jours" in page


def test_the_patterns_are_those_of_the_renderer(client: FlaskClient):
    page = client.get("/motifs").text
    for part in (
        "callout callout--note",
        "callout callout--warning",
        'class="edition-note"',
        'class="steps"',
        "try-it card",
        'class="table"',
        "badge badge--error",
    ):
        assert part in page
